//! The stored rules and pins in memory, and the ways to change them: first on disk, then here.

mod judging;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use thiserror::Error;

use crate::capability::{Class, ClassSource, Tool, inferred_class};
use crate::gateway::Gateway;
use crate::name::{ServerName, ToolName};
use crate::policy::{Boundaries, BoundaryError, Level, PolicyRule, RulePatch, RuleRow, YesBy, grouped};
use crate::registry::Origin;
use crate::store::{Pin, ServerRecord, Store, StoreError, now};
use crate::upstream::Listing;
pub use judging::ExplainError;
pub(crate) use judging::Judged;

/// A rule can't be stored; nothing was.
#[derive(Debug, Error)]
pub enum RuleError {
    /// No such server.
    #[error("tool {name:?} is not a registered server, use one of: {}", listed(.known))]
    UnknownServer {
        /// What was given.
        name: String,
        /// The registered ones.
        known: Vec<String>,
    },
    /// The server has no such tool.
    #[error("action {action:?} is not a tool of {server}, use one of: {}", listed(.known))]
    UnknownAction {
        /// What was given.
        action: String,
        /// The server.
        server: ServerName,
        /// Its tools.
        known: Vec<String>,
    },
    /// The tool is out of use.
    #[error("{action} of {server} changed since it was approved; look at the change and approve it again")]
    Quarantined {
        /// The server.
        server: ServerName,
        /// The tool.
        action: ToolName,
    },
    /// Its tools can't be checked.
    #[error("{server} can't be reached, so its actions can't be checked; try again when it is back")]
    Unreachable {
        /// The server.
        server: ServerName,
    },
    /// A boundary can't be used.
    #[error(transparent)]
    Boundary(#[from] BoundaryError),
    /// The actions among the boundaries can't be read.
    #[error("boundary \"actions\" must be a list of tool names")]
    Actions,
    /// At level 0 nobody is asked.
    #[error("level 0 asks nobody, so it has no \"approve\"; use it with level 1 or 2")]
    NobodyIsAsked,
    /// There is no PIN to ask for.
    #[error("no PIN is set, set one on the machine itself with: homepilot pin")]
    NoPin,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "(there are none)".to_owned() } else { names.join(", ") }
}

/// Rules and pins as they stand.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rows: Vec<RuleRow>,
    pins: HashMap<(ServerName, ToolName), Pin>,
    builtin: Arc<HashMap<(ServerName, ToolName), Class>>,
}

#[derive(Debug)]
pub(crate) struct Rulebook {
    rules: RwLock<Arc<Rules>>,
}

impl Rules {
    async fn load(
        store: &Store,
        builtin: Arc<HashMap<(ServerName, ToolName), Class>>,
    ) -> Result<Self, StoreError> {
        let pins = store
            .pins()
            .await?
            .into_iter()
            .map(|pin| ((pin.server.clone(), pin.tool.clone()), pin))
            .collect();
        Ok(Self { rows: store.rules().await?, pins, builtin })
    }

    /// What a tool is taken to do: the operator's word for this very definition, else the built-in catalogue's for a built-in
    /// server, else what the server's annotations and the name allow.
    pub(crate) fn class(&self, server: &ServerRecord, tool: &Tool) -> Class {
        self.class_and_source(server, tool).0
    }

    fn class_and_source(&self, server: &ServerRecord, tool: &Tool) -> (Class, ClassSource) {
        let key = (server.name.clone(), tool.name.clone());
        if let Some(pin) = self.pins.get(&key).filter(|pin| pin.tool_hash == tool.hash) {
            return (pin.class, ClassSource::OperatorPin);
        }
        match (server.origin, self.builtin.get(&key)) {
            (Origin::Builtin | Origin::Connector, Some(class)) => (*class, ClassSource::BuiltinCatalogue),
            (Origin::Builtin | Origin::Connector | Origin::User, _) => {
                inferred_class(&tool.name, tool.hints, server.trusted)
            }
        }
    }

    /// How many rules want the PIN with a yes.
    pub(crate) fn asking_for_the_pin(&self) -> usize {
        grouped(&self.rows).iter().filter(|rule| rule.approve == Some(YesBy::Pin)).count()
    }

    /// Whether any rule about a server limits its calls.
    fn limits_calls(&self, server: &ServerName) -> bool {
        self.rows.iter().any(|row| {
            row.server == *server
                && row.boundaries.as_ref().is_some_and(|boundaries| boundaries.calls_per_hour.is_some())
        })
    }
}

impl Rulebook {
    pub(crate) async fn load(
        store: &Store,
        builtin: &[(ServerName, ToolName, Class)],
    ) -> Result<Self, StoreError> {
        let builtin =
            builtin.iter().map(|(server, tool, class)| ((server.clone(), tool.clone()), *class)).collect();
        Ok(Self { rules: RwLock::new(Arc::new(Rules::load(store, Arc::new(builtin)).await?)) })
    }

    pub(crate) fn snapshot(&self) -> Arc<Rules> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads everything again; called under `Shared::amending`, so that an older reading can't replace a newer one.
    pub(crate) async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        let builtin = self.snapshot().builtin.clone();
        let rules = Arc::new(Rules::load(store, builtin).await?);
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
        Ok(())
    }
}

impl Gateway {
    /// Every stored rule.
    #[must_use]
    pub fn rules(&self) -> Vec<PolicyRule> {
        grouped(&self.shared().rulebook.snapshot().rows)
    }

    /// Stores a rule. At level 0 the actions it lists are pinned as reads, for the definitions they have now. Persona ids are
    /// the caller's to check.
    ///
    /// # Errors
    /// Names what is unknown and lists the known; nothing is stored then.
    pub async fn set_rule(&self, patch: RulePatch) -> Result<PolicyRule, RuleError> {
        let shared = self.shared();
        let named = named_actions(&patch)?;
        let boundaries = boundaries(&patch)?;
        if patch.boundaries.as_ref().is_some_and(|given| given.contains_key("actions")) && named.is_empty() {
            return Err(RuleError::Actions);
        }
        if patch.level == Level::ReadOnly && patch.approve.is_some() {
            return Err(RuleError::NobodyIsAsked);
        }
        let _order = shared.amending.lock().await;
        if patch.approve == Some(YesBy::Pin) && !self.has_pin().await? {
            return Err(RuleError::NoPin);
        }
        let (server, listing) = self.listing_of(&patch.tool)?;
        let mut actions = Vec::new();
        let mut pins = Vec::new();
        for action in named {
            let Some(listing) = &listing else { return Err(RuleError::Unreachable { server }) };
            if let Some(held) = listing.quarantined.iter().find(|held| held.tool.name.as_str() == action) {
                return Err(RuleError::Quarantined { server, action: held.tool.name.clone() });
            }
            let Some(tool) = listing.tools.iter().find(|tool| tool.name.as_str() == action) else {
                let known = listing.tools.iter().map(|tool| tool.name.to_string()).collect();
                return Err(RuleError::UnknownAction { action, server, known });
            };
            if actions.contains(&tool.name) {
                continue;
            }
            actions.push(tool.name.clone());
            if patch.level == Level::ReadOnly {
                let (tool_hash, tool) = (tool.hash.clone(), tool.name.clone());
                pins.push(Pin { server: server.clone(), tool, class: Class::Read, tool_hash });
            }
        }
        let row = |action| RuleRow {
            persona: patch.persona.clone(),
            server: server.clone(),
            action,
            level: patch.level,
            boundaries: boundaries.clone(),
            approve: patch.approve,
        };
        let rows: Vec<RuleRow> = if actions.is_empty() {
            vec![row(None)]
        } else {
            actions.iter().cloned().map(|action| row(Some(action))).collect()
        };
        shared.store.put_rules(&rows, &pins, now()).await?;
        shared.rulebook.reload(&shared.store).await?;
        shared.table.changed();
        let RulePatch { persona, level, approve, .. } = patch;
        Ok(PolicyRule { persona, tool: server, actions, level, boundaries, approve })
    }

    /// Removes one action's rule, or with no action every rule of that server and persona. Tells whether there was one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn remove_rule(
        &self,
        server: &str,
        persona: Option<&str>,
        action: Option<&str>,
    ) -> Result<bool, StoreError> {
        let shared = self.shared();
        let _order = shared.amending.lock().await;
        let removed = shared.store.delete_rules(server, persona, action).await?;
        shared.rulebook.reload(&shared.store).await?;
        shared.table.changed();
        Ok(removed)
    }

    fn listing_of(&self, name: &str) -> Result<(ServerName, Option<Arc<Listing>>), RuleError> {
        let entries = self.shared().table.read();
        let entry = name.parse::<ServerName>().ok().and_then(|name| entries.get(&name));
        let entry = entry.ok_or_else(|| RuleError::UnknownServer {
            name: name.to_owned(),
            known: entries.keys().map(ServerName::to_string).collect(),
        })?;
        Ok((entry.record.name.clone(), entry.live.listing().cloned()))
    }
}

/// The actions a patch names, above or in its boundaries.
fn named_actions(patch: &RulePatch) -> Result<Vec<String>, RuleError> {
    let mut actions = patch.actions.clone().unwrap_or_default();
    let bounded = patch.boundaries.as_ref().and_then(|boundaries| boundaries.get("actions"));
    if let Some(bounded) = bounded {
        for name in bounded.as_array().ok_or(RuleError::Actions)? {
            actions.push(name.as_str().ok_or(RuleError::Actions)?.to_owned());
        }
    }
    Ok(actions)
}

/// The boundaries of a patch other than its actions.
fn boundaries(patch: &RulePatch) -> Result<Option<Boundaries>, BoundaryError> {
    match (&patch.boundaries, patch.level) {
        (None, Level::ReadOnly | Level::Confirm | Level::Autonomous) => Ok(None),
        (Some(written), Level::Autonomous) => Boundaries::read(written),
        (Some(written), Level::ReadOnly | Level::Confirm) => {
            Boundaries::read(written)?;
            if written.is_empty() { Ok(None) } else { Err(BoundaryError::Level) }
        }
    }
}
