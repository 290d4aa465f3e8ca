//! A change to the calendar, made once.
//!
//! Every request that changes something carries a condition: that there is nothing yet (`If-None-Match: *`), or that what is
//! there is what was read (`If-Match`). So one that got lost on the way can be sent again without doing anything twice, and
//! what somebody else wrote meanwhile is never overwritten. When the answer is lost, the object itself says whether the
//! change was made: a new event by its UID, which comes from the call's key, a changed one by the call's [`MARK`].

use std::time::Duration;

use libdav::dav::{Delete, PutResource, mime_types};
use sha2::{Digest, Sha256};
use tokio::time::{sleep, timeout};

use super::account::Calendar;
use super::document::Component;
use super::error::RemoteError;

/// The property that names the last call that changed an event.
pub(super) const MARK: &str = "X-HOMEPILOT-CALL";

/// How long is waited before looking again, each time.
const WAITS: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];
/// How long finding out may take in all: the gateway gives a call a minute.
const PATIENCE: Duration = Duration::from_secs(45);

/// What is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Create,
    Replace,
    Delete,
}

/// A change of one calendar object.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub href: String,
    pub change: Change,
    /// Of the object that is changed; empty for a new one.
    pub etag: String,
    /// The object after the change; empty if there is none.
    pub data: String,
    /// Of the call.
    pub mark: String,
}

/// How a calendar object stands to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The change was made.
    Made,
    /// As it was before.
    Untouched,
    /// Neither.
    Other,
}

/// Why a change was not made, or is not known to be.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error(transparent)]
    Remote(RemoteError),
    #[error(
        "somebody changed it meanwhile: nothing of theirs was overwritten, look at it again and say what is to be done"
    )]
    Changed,
    #[error(
        "it is not known whether that was done, because the calendar's server can't be asked any more: look at the calendar before saying it again"
    )]
    Unknown,
}

/// What stands for a call: the same for the same key, and nobody can guess the key from it.
pub(super) fn mark(tool: &str, key: &str) -> String {
    let hash = Sha256::new().chain_update(tool).chain_update([0]).chain_update(key).finalize();
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

impl Calendar {
    /// Makes a change, or finds that it was made.
    pub async fn make(&self, write: &Write) -> Result<(), WriteError> {
        timeout(PATIENCE, self.make_surely(write)).await.unwrap_or(Err(WriteError::Unknown))
    }

    async fn make_surely(&self, write: &Write) -> Result<(), WriteError> {
        let mut unsure = false;
        for wait in WAITS.into_iter().map(Some).chain([None]) {
            match self.send(write).await {
                Ok(()) => return Ok(()),
                Err(RemoteError::Changed) => {
                    return match self.standing(write).await {
                        Ok(Standing::Made) => Ok(()),
                        Ok(Standing::Untouched | Standing::Other) => Err(WriteError::Changed),
                        Err(_) if unsure => Err(WriteError::Unknown),
                        Err(_) => Err(WriteError::Changed),
                    };
                }
                Err(RemoteError::Gone) if unsure && write.change == Change::Delete => return Ok(()),
                Err(problem) if problem.unsure() => unsure = true,
                Err(RemoteError::Away(_)) if unsure => {}
                Err(_) if unsure => return Err(WriteError::Unknown),
                Err(problem) => return Err(WriteError::Remote(problem)),
            }
            let Some(wait) = wait else { break };
            sleep(wait).await;
            match self.standing(write).await {
                Ok(Standing::Made) => return Ok(()),
                Ok(Standing::Other) => return Err(WriteError::Changed),
                // Sent again, under the same condition.
                Ok(Standing::Untouched) | Err(_) => {}
            }
        }
        Err(WriteError::Unknown)
    }

    async fn send(&self, write: &Write) -> Result<(), RemoteError> {
        let Write { href, etag, data, .. } = write;
        match write.change {
            Change::Create => {
                self.dav.request(PutResource::new(href).create(data, mime_types::CALENDAR)).await?;
            }
            Change::Replace => {
                self.dav.request(PutResource::new(href).update(data, mime_types::CALENDAR, etag)).await?;
            }
            Change::Delete => {
                self.dav.request(Delete::new(href).with_etag(etag)).await?;
            }
        }
        Ok(())
    }

    /// How the object stands to a change that may have been made.
    pub async fn standing(&self, write: &Write) -> Result<Standing, RemoteError> {
        let resource = self.resource(&write.href).await?;
        Ok(match (write.change, resource) {
            (Change::Create, None) => Standing::Untouched,
            // The address was made from the call's key.
            (Change::Create, Some(_)) | (Change::Delete, None) => Standing::Made,
            (Change::Replace, None) => Standing::Other,
            (Change::Replace | Change::Delete, Some(resource)) if resource.etag == write.etag => {
                Standing::Untouched
            }
            (Change::Replace, Some(resource)) if marked(&resource.document, &write.mark) => Standing::Made,
            (Change::Replace | Change::Delete, Some(_)) => Standing::Other,
        })
    }
}

fn marked(document: &Component, mark: &str) -> bool {
    document.components("VEVENT").any(|event| event.text(MARK).as_deref() == Some(mark))
}
