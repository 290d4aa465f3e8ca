//! A tool stays what was approved: one whose definition changed is out of use until a person has looked at the change.
//!
//! A definition is trusted when it is first seen, and remembered by server and tool. From then on a tool with another one is
//! held back: it is no capability, can't be proposed, and stays so across restarts, absence and another address of its
//! server, until the new definition is approved by its hash or the server goes back to the approved one. Built-in servers
//! change with the program itself, so their definitions are approved as they come.

mod definition;
mod diff;
mod remembered;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

pub(crate) use definition::Definition;
pub(crate) use remembered::Definitions;

use crate::canonical::Digest;
use crate::capability::Tool;
use crate::gateway::{Gateway, Shared};
use crate::name::{ServerName, ToolName};
use crate::registry::{Origin, ServerView};
use crate::store::{ApprovedBy, Step, StoreError, now};
use crate::upstream::Listing;
use remembered::MAX_REMEMBERED;

/// A tool that is out of use because its definition changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedTool {
    /// Its name.
    pub name: ToolName,
    /// Since when it has another definition than the approved one.
    pub since: Timestamp,
    /// What changed, for a person to read: a line for each change, at most 8 KiB.
    pub diff: String,
    /// The hash of the definition it has now, by which that is approved.
    pub tool_hash: Digest,
}

/// A tool that is out of use, and its server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// The server.
    pub server: ServerName,
    /// The tool and its change.
    #[serde(flatten)]
    pub change: ChangedTool,
}

/// A definition can't be approved; nothing was changed.
#[derive(Debug, Error)]
pub enum ApproveError {
    /// No such server.
    #[error("no server named {0:?} is registered")]
    UnknownServer(String),
    /// The server can't show what it offers.
    #[error("{server} can't be used right now: {reason}; its tools can be approved when it is back")]
    Unavailable {
        /// The server.
        server: ServerName,
        /// Why.
        reason: String,
    },
    /// The server offers no such tool.
    #[error("{server} has no tool named {tool:?}")]
    UnknownTool {
        /// The server.
        server: ServerName,
        /// What was given.
        tool: String,
    },
    /// The definition is not the one that was looked at.
    #[error(
        "{tool} of {server} is not defined as what was approved here; look at it again and approve {tool_hash}"
    )]
    ChangedAgain {
        /// The server.
        server: ServerName,
        /// The tool.
        tool: ToolName,
        /// The hash of its definition at this moment.
        tool_hash: Digest,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A tool that is held back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) tool: Tool,
    pub(crate) change: ChangedTool,
}

impl Shared {
    /// Moves the tools whose definition changed since it was approved out of what can be used, and remembers what is new. A
    /// tool that can't be remembered can't be used.
    pub(crate) async fn vet(&self, server: &ServerName, origin: Origin, mut listing: Listing) -> Listing {
        if let Err(error) = self.remember(server, origin, &listing.tools).await {
            tracing::error!(%server, %error, "tool definitions could not be remembered");
        }
        let (usable, held, unknown) = self.definitions.sort(server, listing.tools);
        if let Some(first) = unknown.first() {
            listing.notes.push(format!(
                "{} tools were left out because they could not be remembered, the first is {first}; at most \
                 {MAX_REMEMBERED} are remembered of a server",
                unknown.len()
            ));
        }
        listing.tools = usable;
        listing.quarantined = held;
        listing
    }

    async fn remember(&self, server: &ServerName, origin: Origin, tools: &[Tool]) -> Result<(), StoreError> {
        if !self.definitions.steps(server, origin, tools).is_empty() {
            let _order = self.amending.lock().await;
            self.take_steps(server, self.definitions.steps(server, origin, tools)).await?;
        }
        for tool in self.definitions.without_diff(server, tools) {
            let diff = match self.store.approved_definition(server, &tool.name).await? {
                Some(approved) => diff::between(&approved, &Definition::of(&tool.raw)),
                None => "the approved definition can't be read any more\n".to_owned(),
            };
            self.definitions.note_diff(server, &tool, diff);
        }
        Ok(())
    }

    /// First on disk, then here. Called under `Shared::amending`.
    async fn take_steps(&self, server: &ServerName, steps: Vec<Step>) -> Result<(), StoreError> {
        if steps.is_empty() {
            return Ok(());
        }
        let at = now();
        self.store.take_steps(server, &steps, at).await?;
        for step in &steps {
            match step {
                Step::Approve { tool, hash, by, .. } => {
                    tracing::info!(%server, %tool, %hash, ?by, "definition approved");
                }
                Step::Hold { tool, hash } => {
                    tracing::warn!(%server, %tool, %hash, "definition changed, the tool is in quarantine");
                }
                Step::Lift { tool } => tracing::info!(%server, %tool, "the approved definition is back"),
            }
        }
        let pins_may_end = steps.iter().any(|step| matches!(step, Step::Approve { .. }));
        self.definitions.take(server, steps, at);
        if pins_may_end {
            self.rulebook.reload(&self.store).await?;
        }
        Ok(())
    }
}

impl Gateway {
    /// Every tool that is out of use at this moment because its definition changed since it was approved. Those of a server
    /// that can't be reached are out of use anyway and show up again with it.
    #[must_use]
    pub fn quarantined(&self) -> Vec<Quarantined> {
        let entries = self.shared().table.read();
        entries
            .values()
            .filter_map(|entry| Some((&entry.record.name, entry.live.listing()?)))
            .flat_map(|(server, listing)| listing.quarantined.iter().map(move |held| (server, held)))
            .map(|(server, held)| Quarantined { server: server.clone(), change: held.change.clone() })
            .collect()
    }

    /// Approves the definition a tool has now, given by its hash, so that the tool can be used again. Approving what is
    /// approved already changes nothing.
    ///
    /// # Errors
    /// Says why nothing was approved; a definition that changed again in the meantime is one of the reasons.
    pub async fn approve_definition(
        &self,
        server: &str,
        tool: &str,
        hash: &str,
    ) -> Result<ServerView, ApproveError> {
        let shared = self.shared();
        let unknown = || ApproveError::UnknownServer(server.to_owned());
        let name: ServerName = server.parse().map_err(|_| unknown())?;
        {
            let _order = shared.amending.lock().await;
            let held = self.held(&name, tool, hash)?;
            if let Some(Held { tool, .. }) = held {
                let definition = Definition::of(&tool.raw);
                let step = Step::Approve {
                    tool: tool.name.clone(),
                    definition,
                    hash: tool.hash.clone(),
                    by: ApprovedBy::Operator,
                };
                shared.take_steps(&name, vec![step]).await?;
                shared.table.release(&name, &tool);
            }
        }
        // A look that was under way may publish what it found before; the next one sets that right.
        shared.table.poke(&name);
        self.server(server).ok_or_else(unknown)
    }

    /// The held tool with this very definition, or nothing if it is approved already.
    fn held(&self, name: &ServerName, tool: &str, hash: &str) -> Result<Option<Held>, ApproveError> {
        let entries = self.shared().table.read();
        let entry = entries.get(name).ok_or_else(|| ApproveError::UnknownServer(name.to_string()))?;
        let server = name.clone();
        let Some(listing) = entry.live.listing() else {
            let reason = entry.live.absence().map(|(_, reason)| reason).unwrap_or_default();
            return Err(ApproveError::Unavailable { server, reason });
        };
        let changed_again = |server, tool: &Tool| ApproveError::ChangedAgain {
            server,
            tool: tool.name.clone(),
            tool_hash: tool.hash.clone(),
        };
        if let Some(held) = listing.quarantined.iter().find(|held| held.tool.name.as_str() == tool) {
            if held.tool.hash.as_str() != hash {
                return Err(changed_again(server, &held.tool));
            }
            return Ok(Some(held.clone()));
        }
        match listing.tools.iter().find(|known| known.name.as_str() == tool) {
            Some(known) if known.hash.as_str() == hash => Ok(None),
            Some(known) => Err(changed_again(server, known)),
            None => Err(ApproveError::UnknownTool { server, tool: tool.to_owned() }),
        }
    }
}
