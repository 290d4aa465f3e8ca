//! What is remembered of every tool that was ever seen, and what follows from it for the tools on offer.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;

use super::{ChangedTool, Definition, Held};
use crate::canonical::Digest;
use crate::capability::Tool;
use crate::name::{ServerName, ToolName};
use crate::registry::Origin;
use crate::store::{ApprovedBy, Step, Store, StoreError};

/// The most tools that are remembered of one server; a server that goes on inventing names is not followed further.
pub(super) const MAX_REMEMBERED: usize = 2000;

/// What is remembered of every tool that was ever seen.
#[derive(Debug)]
pub(crate) struct Definitions {
    known: RwLock<HashMap<ServerName, HashMap<ToolName, Known>>>,
}

#[derive(Clone, Debug)]
struct Known {
    approved: Digest,
    changed: Option<Changed>,
}

#[derive(Clone, Debug)]
struct Changed {
    hash: Digest,
    since: Timestamp,
    /// Made when it is first needed.
    diff: Option<Arc<str>>,
}

impl Definitions {
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let mut known: HashMap<ServerName, HashMap<ToolName, Known>> = HashMap::new();
        for row in store.definitions().await? {
            let changed = row.changed.map(|(hash, since)| Changed { hash, since, diff: None });
            known.entry(row.server).or_default().insert(row.tool, Known { approved: row.approved, changed });
        }
        Ok(Self { known: RwLock::new(known) })
    }

    /// Nothing that can panic runs under these locks with the map half-changed.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<ServerName, HashMap<ToolName, Known>>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<ServerName, HashMap<ToolName, Known>>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has to be remembered before these tools can be used.
    pub(super) fn steps(&self, server: &ServerName, origin: Origin, tools: &[Tool]) -> Vec<Step> {
        let known = self.read();
        let known = known.get(server);
        let mut room = MAX_REMEMBERED.saturating_sub(known.map_or(0, HashMap::len));
        let mut steps = Vec::new();
        for tool in tools {
            let name = tool.name.clone();
            let approve = |by| Step::Approve {
                tool: tool.name.clone(),
                definition: Definition::of(&tool.raw),
                hash: tool.hash.clone(),
                by,
            };
            match (known.and_then(|known| known.get(&name)), origin) {
                (None, Origin::Builtin | Origin::Connector) => steps.push(approve(ApprovedBy::Builtin)),
                (None, Origin::User) if room > 0 => {
                    room -= 1;
                    steps.push(approve(ApprovedBy::FirstUse));
                }
                (None, Origin::User) => {}
                (Some(known), _) if known.approved == tool.hash => {
                    if known.changed.is_some() {
                        steps.push(Step::Lift { tool: name });
                    }
                }
                (Some(_), Origin::Builtin | Origin::Connector) => steps.push(approve(ApprovedBy::Builtin)),
                (Some(known), Origin::User) => {
                    if known.changed.as_ref().is_none_or(|changed| changed.hash != tool.hash) {
                        steps.push(Step::Hold { tool: name, hash: tool.hash.clone() });
                    }
                }
            }
        }
        steps
    }

    /// Remembers here what is on disk.
    pub(super) fn take(&self, server: &ServerName, steps: Vec<Step>, at: Timestamp) {
        let mut known = self.write();
        let known = known.entry(server.clone()).or_default();
        for step in steps {
            match step {
                Step::Approve { tool, hash, .. } => {
                    known.insert(tool, Known { approved: hash, changed: None });
                }
                Step::Hold { tool, hash } => {
                    if let Some(known) = known.get_mut(&tool) {
                        let since = known.changed.as_ref().map_or(at, |changed| changed.since);
                        known.changed = Some(Changed { hash, since, diff: None });
                    }
                }
                Step::Lift { tool } => {
                    if let Some(known) = known.get_mut(&tool) {
                        known.changed = None;
                    }
                }
            }
        }
    }

    /// The tools that are as they were approved, those that are held, and those that are not remembered.
    pub(super) fn sort(
        &self,
        server: &ServerName,
        tools: Vec<Tool>,
    ) -> (Vec<Tool>, Vec<Held>, Vec<ToolName>) {
        let known = self.read();
        let known = known.get(server);
        let (mut usable, mut held, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for tool in tools {
            match known.and_then(|known| known.get(&tool.name)) {
                Some(known) if known.approved == tool.hash => usable.push(tool),
                Some(Known { changed: Some(changed), .. }) if changed.hash == tool.hash => {
                    let change = ChangedTool {
                        name: tool.name.clone(),
                        since: changed.since,
                        diff: changed.diff.as_deref().unwrap_or_default().to_owned(),
                        tool_hash: tool.hash.clone(),
                    };
                    held.push(Held { tool, change });
                }
                Some(_) | None => unknown.push(tool.name),
            }
        }
        (usable, held, unknown)
    }

    pub(super) fn without_diff(&self, server: &ServerName, tools: &[Tool]) -> Vec<Tool> {
        let known = self.read();
        let Some(known) = known.get(server) else { return Vec::new() };
        let lacks = |tool: &&Tool| {
            let changed = known.get(&tool.name).and_then(|known| known.changed.as_ref());
            changed.is_some_and(|changed| changed.hash == tool.hash && changed.diff.is_none())
        };
        tools.iter().filter(lacks).cloned().collect()
    }

    pub(super) fn note_diff(&self, server: &ServerName, tool: &Tool, diff: String) {
        let mut known = self.write();
        let known = known.get_mut(server).and_then(|known| known.get_mut(&tool.name));
        if let Some(changed) = known.and_then(|known| known.changed.as_mut())
            && changed.hash == tool.hash
        {
            changed.diff = Some(diff.into());
        }
    }
}
