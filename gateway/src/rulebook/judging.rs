//! A decision with the facts as they are at this moment: the tool, its class, the rules, the clock and the calls of the hour.

use jiff::Zoned;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::capability::{Class, ClassSource, Tool};
use crate::discovery::UnknownCapability;
use crate::gateway::{Gateway, Shared};
use crate::id::EntryId;
use crate::name::CapabilityId;
use crate::policy::{self, Effect, Explanation, Facts, Grounds, Moment, PersonaProfile, Sent, Slot};
use crate::store::{StoreError, now};

/// A capability can't be explained.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// It can't be used at this moment.
    #[error(transparent)]
    UnknownCapability(#[from] UnknownCapability),
    /// The calls of the last hour could not be counted.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the policy says to one exact call.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) explanation: Explanation,
    /// The tool as it is at this moment.
    pub(crate) tool: Tool,
    /// The id the call has from here on.
    pub(crate) entry: EntryId,
    /// Its place among the calls of the hour, if it runs unasked.
    pub(crate) slot: Option<Slot>,
}

impl Shared {
    /// What the policy says about a tool before there is a call: boundaries that hang on its arguments or on the number of calls
    /// are listed, not applied. With it the tool as it is at this moment.
    pub(crate) fn judge(
        &self,
        persona: &PersonaProfile,
        capability: &CapabilityId,
    ) -> Result<(Explanation, Tool), UnknownCapability> {
        let (tool, class, class_source) = self.classed(capability)?;
        let rules = self.rulebook.snapshot();
        let moment = Moment { now: Zoned::now().datetime(), calls: None, sent: None };
        let ask_reads = self.config.ask_reads;
        let facts = Facts { persona, capability, class, class_source, rules: &rules.rows, ask_reads, moment };
        Ok((policy::evaluate(&facts), tool))
    }

    /// What the policy says to one exact call. If it runs unasked, its slot counts from here on.
    pub(crate) async fn judge_call(
        &self,
        persona: &PersonaProfile,
        capability: &CapabilityId,
        arguments: &Map<String, Value>,
        grounds: &Grounds,
    ) -> Result<Judged, ExplainError> {
        let entry = EntryId::fresh();
        let limited = self.rulebook.snapshot().limits_calls(capability.server());
        // Taken before anything is counted: see `Tally`.
        let slot = limited.then(|| self.tally.take(&entry, &persona.id, capability));
        let (explanation, tool) =
            self.judge_now(persona, capability, Some((arguments, grounds)), slot.as_ref()).await?;
        let slot = slot.filter(|_| explanation.effect == Effect::Runs);
        Ok(Judged { explanation, tool, entry, slot })
    }

    async fn judge_now(
        &self,
        persona: &PersonaProfile,
        capability: &CapabilityId,
        arguments: Option<(&Map<String, Value>, &Grounds)>,
        slot: Option<&Slot>,
    ) -> Result<(Explanation, Tool), ExplainError> {
        let (tool, class, class_source) = self.classed(capability)?;
        let rules = self.rulebook.snapshot();
        let sent = arguments.map(|(arguments, grounds)| Sent { schema: &tool.schema, arguments, grounds });
        let moment = Moment { now: Zoned::now().datetime(), calls: None, sent };
        let ask_reads = self.config.ask_reads;
        let mut facts =
            Facts { persona, capability, class, class_source, rules: &rules.rows, ask_reads, moment };
        if let Some(reach) = policy::to_count(&facts) {
            let taken = self.tally.taken(&reach, slot);
            let before = self.store.calls_in_the_last_hour(&reach, &taken, now()).await?;
            facts.moment.calls = Some(before.saturating_add(u32::try_from(taken.len()).unwrap_or(u32::MAX)));
        }
        let explanation = policy::evaluate(&facts);
        Ok((explanation, tool))
    }

    fn classed(&self, capability: &CapabilityId) -> Result<(Tool, Class, ClassSource), UnknownCapability> {
        let (_, tool) = self.table.find(capability)?;
        let server = capability.server();
        let entries = self.table.read();
        let entry =
            entries.get(server).ok_or_else(|| UnknownCapability::NotRegistered { server: server.clone() })?;
        let (class, source) = self.rulebook.snapshot().class_and_source(&entry.record, &tool);
        Ok((tool, class, source))
    }
}

impl Gateway {
    /// What would happen if the persona called the capability, and which rule says so. The clock counts; boundaries that hang on
    /// the arguments or on the number of calls are listed.
    ///
    /// # Errors
    /// The capability can't be used at this moment.
    pub fn explain(
        &self,
        persona: &PersonaProfile,
        capability: &CapabilityId,
    ) -> Result<Explanation, UnknownCapability> {
        self.shared().judge(persona, capability).map(|(explanation, _)| explanation)
    }

    /// As [`Gateway::explain`], and the calls of the last hour count, and so do the arguments if there are any. This is what
    /// [`Gateway::propose`] decides at this moment.
    ///
    /// # Errors
    /// The capability can't be used at this moment, or the database failed.
    pub async fn explain_call(
        &self,
        persona: &PersonaProfile,
        capability: &CapabilityId,
        arguments: Option<&Map<String, Value>>,
    ) -> Result<Explanation, ExplainError> {
        let (explanation, _) =
            self.shared().judge_now(persona, capability, arguments.zip(Some(&Grounds::Caller)), None).await?;
        Ok(explanation)
    }
}
