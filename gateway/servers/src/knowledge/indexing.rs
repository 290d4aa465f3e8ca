//! The work behind the answers: watched folders are looked through as they change, and passages get their embeddings.
//!
//! One task does it all, one file or a few passages at a time. A folder that can't be found keeps its documents: a drive
//! that is not plugged in has not lost them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::access::{Found, Listing};
use super::library::{AddError, EmbedSomeError, Library};
use super::store::{DocumentId, FolderId, FolderRow, KeepError};
use super::watching::{Dirty, Urgency, Watch};
use crate::database::StoreError;

/// Changes have settled when there was none for this long.
const QUIET: Duration = Duration::from_millis(300);
/// How many times quiet is waited for while changes go on: at most 6 s.
const PATIENCE: usize = 20;
/// After a failure of the database, how long until it is tried again without being asked.
const AGAIN: Duration = Duration::from_secs(30);

/// How far a folder is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Files that have still to be read; [`None`] before it was looked through.
    pub left: Option<usize>,
    /// What is wrong with the folder as a whole.
    pub problem: Option<String>,
}

/// The worker's side and what others may know of it; clones share it.
#[derive(Debug, Clone)]
pub(super) struct Indexing {
    library: Arc<Library>,
    pub dirty: Dirty,
    progress: Arc<Mutex<HashMap<FolderId, Progress>>>,
    /// Counts what has been done; whoever waits for something looks again when it changes.
    done: watch::Sender<u64>,
}

impl Indexing {
    pub fn new(library: Arc<Library>) -> Indexing {
        Indexing { library, dirty: Dirty::default(), progress: Arc::default(), done: watch::Sender::new(0) }
    }

    /// How far a folder is.
    pub fn progress(&self, folder: &FolderId) -> Progress {
        self.all_progress().get(folder).cloned().unwrap_or_default()
    }

    /// Changes when something was done.
    pub fn done(&self) -> watch::Receiver<u64> {
        self.done.subscribe()
    }

    /// Works until `cancel`.
    pub async fn run(self, cancel: CancellationToken) {
        let mut watch = Watch::new(self.dirty.clone());
        match self.library.store.folders().await {
            Ok(folders) => folders.into_iter().for_each(|folder| self.dirty.mark(folder.id, Urgency::Now)),
            Err(problem) => tracing::warn!(%problem, "the watched folders are not known yet"),
        }
        loop {
            let worked = tokio::select! {
                () = cancel.cancelled() => return,
                worked = self.work(&mut watch) => worked,
            };
            self.done.send_modify(|done| *done += 1);
            let again = match worked {
                Ok(()) => None,
                Err(problem) => {
                    tracing::warn!(%problem, "documents wait to be read or embedded");
                    Some(AGAIN)
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.wait(again) => {}
            }
        }
    }

    /// Waits until there is work, and while only files change, until they are quiet.
    async fn wait(&self, again: Option<Duration>) {
        match again {
            // Whether it was woken or the time is over, it is tried again.
            Some(again) => drop(timeout(again, self.dirty.woken()).await),
            None => self.dirty.woken().await,
        }
        for _ in 0..PATIENCE {
            if !self.dirty.settling() || timeout(QUIET, self.dirty.woken()).await.is_err() {
                return;
            }
        }
    }

    /// Everything there is to do, folders first: words can be searched before meanings.
    async fn work(&self, watch: &mut Watch) -> Result<(), WorkError> {
        loop {
            let dirty = self.dirty.take();
            if !dirty.is_empty() {
                if let Err(error) = self.look_through(&dirty, watch).await {
                    self.dirty.put_back(dirty);
                    return Err(error.into());
                }
                self.done.send_modify(|done| *done += 1);
            }
            match self.library.embed_some().await {
                Ok(true) => self.done.send_modify(|done| *done += 1),
                Ok(false) if self.dirty.is_empty() => return Ok(()),
                Ok(false) => {}
                // Without a model there is nothing to do until one is asked for.
                Err(EmbedSomeError::None(problem)) if self.dirty.is_empty() => {
                    tracing::debug!(%problem, "passages are searched by their words alone");
                    return Ok(());
                }
                Err(EmbedSomeError::None(_)) => {}
                Err(EmbedSomeError::Store(problem)) => return Err(problem.into()),
            }
        }
    }

    async fn look_through(&self, dirty: &[FolderId], watch: &mut Watch) -> Result<(), LookError> {
        let folders = self.library.store.folders().await?;
        // Before looking, so that no change falls between.
        let unwatched = watch.only(&folders);
        self.all_progress().retain(|id, _| folders.iter().any(|folder| folder.id == *id));
        for folder in folders.iter().filter(|folder| dirty.contains(&folder.id)) {
            let problem = unwatched.get(&folder.id).map(|why| format!("its changes are not noticed: {why}"));
            self.folder(folder, problem).await?;
        }
        Ok(())
    }

    async fn folder(&self, folder: &FolderRow, mut problem: Option<String>) -> Result<(), LookError> {
        let (library, path) = (self.library.clone(), PathBuf::from(&folder.path));
        let listed = tokio::task::spawn_blocking(move || {
            library.access.folder(&path.to_string_lossy())?;
            library.access.list(&path)
        })
        .await?;
        let listing = match listed {
            Ok(listing) => listing,
            Err(error) => {
                let progress = Progress { left: Some(0), problem: Some(error.to_string()) };
                self.all_progress().insert(folder.id.clone(), progress);
                return Ok(());
            }
        };
        if listing.cut {
            problem = Some("it has more than 10,000 files that can be read: only the first are".to_owned());
        }
        let changed = self.changed(folder, listing).await?;
        let mut left = changed.len();
        for (file, before) in changed {
            self.all_progress()
                .insert(folder.id.clone(), Progress { left: Some(left), problem: problem.clone() });
            self.file(folder, file, before).await?;
            left -= 1;
            self.done.send_modify(|done| *done += 1);
        }
        self.all_progress().insert(folder.id.clone(), Progress { left: Some(0), problem });
        Ok(())
    }

    /// The files that were added or changed, with what was kept of them; those that are gone are forgotten.
    async fn changed(
        &self,
        folder: &FolderRow,
        listing: Listing,
    ) -> Result<Vec<(Found, Option<Before>)>, LookError> {
        let mut known = self.library.store.known(&folder.id).await?;
        let mut changed = Vec::new();
        for file in listing.files {
            let path = file.path.to_string_lossy();
            let before = known.read.remove(&*path);
            // What could not be read stands beside what was kept of it before.
            let seen = known.unread.remove(&*path).or(before.as_ref().map(|(_, stamp, _)| *stamp));
            if !known.left_out.remove(&*path) && seen != Some(file.stamp) {
                changed.push((file, before.map(|(document, _, sha256)| Before { document, sha256 })));
            }
        }
        let vanished: Vec<String> =
            known.read.into_keys().chain(known.unread.into_keys()).chain(known.left_out).collect();
        let gone = self.library.store.vanished(&vanished).await?;
        self.library.forget(&gone);
        Ok(changed)
    }

    /// Reads one file, unless it says what it said before.
    async fn file(&self, folder: &FolderRow, file: Found, before: Option<Before>) -> Result<(), LookError> {
        if let Some(before) = before
            && let Ok((bytes, stamp)) = self.library.bytes(&file).await
            && Sha256::digest(&bytes)[..] == before.sha256
        {
            return Ok(self.library.store.touch(&before.document, stamp).await?);
        }
        match self.library.add_file(file.clone(), Some(folder.id.clone()), None).await {
            Ok(added) => {
                tracing::debug!(passages = added.passages, "a document was read");
                Ok(())
            }
            Err(AddError::Keep(KeepError::Store(error))) => Err(error.into()),
            Err(error) => {
                let problem = match error {
                    AddError::Read { source, .. } => source.to_string(),
                    other @ (AddError::Access(_) | AddError::Keep(_) | AddError::Lost(_)) => {
                        other.to_string()
                    }
                };
                Ok(self.library.store.unread(&folder.id, &file, &problem).await?)
            }
        }
    }

    fn all_progress(&self) -> MutexGuard<'_, HashMap<FolderId, Progress>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of a file that may have changed.
struct Before {
    document: DocumentId,
    sha256: Vec<u8>,
}

/// Why a folder was not looked through.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Lost(#[from] tokio::task::JoinError),
}

/// Why there is still work.
#[derive(Debug, thiserror::Error)]
enum WorkError {
    #[error(transparent)]
    Look(#[from] LookError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
