//! Agents of others that are registered with the gateway: which of them a part fits.
//!
//! An agent that the person names is not chosen against. Else the planner chooses, as between tools, among everything that
//! the chief of staff's persona may use. What the agent is told are the person's own words. A session in text makes the
//! call, so it passes the policy, and is asked about, journalled and cancelled like any other.

use std::sync::Arc;

use async_trait::async_trait;
use homepilot_gateway::{Capability, CapabilityId};
use homepilot_models::cancel::Cancel;
use homepilot_personas::Persona;
use tokio_util::sync::CancellationToken;

use super::taken::{Others, Taken};
use crate::{
    agents::{everyday::Everyday, mind::Said},
    app::App,
    phrasing,
    planner::{self, Conversation, Decision, Tool, Toolbox, agenda},
    session::text::TextSession,
    skills,
    turn::DecidedBy,
};

/// As whom the chief of staff calls other agents.
const PERSONA: &str = "chief-of-staff";

/// The agents that are registered with the gateway.
pub(in crate::agents) struct Registered(pub Arc<App>);

#[async_trait]
impl Others for Registered {
    async fn take(&self, part: &str, passed_on: u64, cancel: &CancellationToken) -> Option<Taken> {
        let persona = self.0.persona(PERSONA).inspect_err(|error| tracing::warn!(%error)).ok()?;
        let skill = self.fitting(part, &persona, cancel).await?;
        let id = format!("a2a_{}", uuid::Uuid::now_v7().simple());
        let session = TextSession::open(self.0.clone(), persona, id, DecidedBy::Api, true);
        let said = Said { text: part.to_owned(), depth: passed_on };
        let mind = Everyday::given(session, said, skills::call(&skill, part)).await.ok()?;
        let by = format!("{} agent", phrasing::words_of(skill.server().as_str()));
        Some(Taken { by, mind: Box::new(mind) })
    }
}

impl Registered {
    /// The skill that a part is for. What has several steps is for the everyday assistant, which takes them apart.
    async fn fitting(
        &self,
        part: &str,
        persona: &Persona,
        cancel: &CancellationToken,
    ) -> Option<CapabilityId> {
        let everything = self.0.toolbox(persona);
        let all = self.0.gateway.capabilities().into_iter();
        let skills: Vec<Capability> = all
            .filter(|known| skills::is_skill(known) && everything.tool(&known.id.to_string()).is_some())
            .collect();
        if skills.is_empty() || agenda::split(part).len() > 1 {
            return None;
        }
        let named: Vec<&Capability> = skills.iter().filter(|skill| addresses(part, skill)).collect();
        let toolbox = match named.as_slice() {
            [] => everything,
            [one] => return Some(one.id.clone()),
            several => {
                let tools = several.iter().filter_map(|skill| everything.tool(&skill.id.to_string()));
                let tools: Vec<Tool> = tools.cloned().collect();
                Arc::new(Toolbox::new(tools).sensing(self.0.engines.sense.clone()))
            }
        };
        let chosen = self.chosen(part, toolbox, cancel).await?;
        skills.into_iter().map(|skill| skill.id).find(|id| id.to_string() == chosen)
    }

    /// What the planner would call for it.
    async fn chosen(&self, part: &str, toolbox: Arc<Toolbox>, cancel: &CancellationToken) -> Option<String> {
        let conversation = Conversation { utterance: part.to_owned(), ..Conversation::default() };
        let (silence, stop) = (self.0.settings.silence, Cancel::default());
        let stopped = stop.clone();
        let planned = self
            .0
            .engines
            .planner
            .run(move |model| planner::plan(model.as_mut(), &toolbox, &conversation, silence, &stopped));
        let planned = tokio::select! {
            planned = planned => planned,
            () = cancel.cancelled() => {
                stop.cancel();
                return None;
            }
        };
        let scored = match planned {
            Ok(Ok(scored)) => scored,
            Ok(Err(error)) => {
                tracing::warn!(%error, "no agent was chosen for a part");
                return None;
            }
            Err(error) => {
                tracing::warn!(%error, "no agent was chosen for a part");
                return None;
            }
        };
        match scored.decision {
            Decision::Call { tool, .. } => Some(tool),
            Decision::Respond | Decision::Ask { .. } | Decision::Instead { .. } => None,
        }
    }
}

/// Whether the words address the agent of a skill: "ask travel to …", "have the travel agent …".
fn addresses(part: &str, skill: &Capability) -> bool {
    const VERBS: &[&str] = &["ask", "tell", "have", "let", "get"];
    const ARTICLES: &[&str] = &["the", "my", "our"];
    let words = part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    let server = phrasing::words_of(skill.server.as_str());
    let name: Vec<&str> = server.split(' ').collect();
    words.iter().enumerate().filter(|(_, word)| VERBS.contains(&word.as_str())).any(|(at, _)| {
        let after = words[at + 1..].iter().map(String::as_str);
        let after: Vec<&str> = after.skip_while(|word| ARTICLES.contains(word)).collect();
        after.starts_with(&name)
    })
}
