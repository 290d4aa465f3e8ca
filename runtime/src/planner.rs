//! From an utterance to one tool call, a plain answer, or a question for what is missing.
//!
//! The prompt is a fixed prefix (system text, tool lines sorted by name, worked examples), held in the key-value cache
//! and on disk under its hash; nothing volatile stands in it. A turn evaluates only the conversation's tail and the
//! utterance. The output is constrained by a grammar built from the tools, so a plan is always a call that could be made.

pub mod agenda;
mod ahead;
mod anaphora;
mod answering;
mod arguments;
mod bare;
mod condition;
mod edit;
mod examples;
mod follow_up;
mod ids;
mod prior;
mod prompt;
mod recall;
mod schema;
mod shards;

pub use ahead::{Ahead, Clauses, Follows, Foreseen, Place, plan_clauses};
pub use answering::{Brief, Honest, answer_prompt, repeats_prompt, told_prompt};
pub use arguments::Missing;
pub use condition::holds;
pub use follow_up::follow_up;
pub use ids::{Ids, name_of_id};
pub(crate) use prior::Matters;
pub use prior::{Sense, SenseError};
pub use prompt::{Asked, Conversation, Draft, Line, PAST_CALLS, Past, PastState, Speaker};

use std::sync::{Arc, OnceLock};

use homepilot_models::{
    cancel::Cancel,
    lm::{Choice, LanguageModel, LmError, Planned, Prefix, Silence},
};
use jiff::Zoned;
use serde_json::{Map, Value};

use prior::{Kin, Leaning};
use shards::Shard;

/// Tokens a plan may take: a call with a message of about 120 words.
const PLAN_TOKENS: usize = 192;

/// Share of doing nothing from which the model is not asked: small talk is answered sooner.
const SURE: f32 = 0.95;

/// A tool as the planner needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Unique id: `server__tool`.
    pub id: String,
    /// The tool's own name, shown to the model when no other tool has it.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// JSON schema of the arguments.
    pub schema: Value,
}

/// What an utterance came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Call this tool.
    Call {
        /// [`Tool::id`].
        tool: String,
        /// Arguments as the model wrote them, for [`settle`].
        arguments: Map<String, Value>,
    },
    /// What was done can't be changed: take it back, then make the call it should have been.
    Instead {
        /// Takes back what was done.
        undo: Draft,
        /// What it should have been.
        call: Draft,
    },
    /// No tool: answer in words.
    Respond,
    /// Something is missing: ask for it.
    Ask {
        /// The question, to be spoken.
        question: String,
        /// What is known of the call, if it is clear which.
        draft: Option<Draft>,
    },
}

/// A decision and how sure the model was.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// What to do.
    pub decision: Decision,
    /// Product of the shares of the chosen name's tokens, 0 to 1.
    pub confidence: f32,
    /// Share of `respond` in the first choice, 0 to 1.
    pub silence: f32,
    /// What else was considered, `respond` and `ask` included.
    pub considered: Vec<Considered>,
    /// Tokens evaluated and generated for this turn.
    pub tokens: (usize, usize),
}

/// Where the sense of a running program is found once it is loaded. Empty as long as it is not, or can't be.
pub type SharedSense = Arc<OnceLock<Sense>>;

/// A name that could have been chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Considered {
    /// As it is shown to the model.
    pub name: String,
    /// The model's own share, 0 to 1.
    pub opinion: f32,
    /// What was added to the logarithm of it.
    pub prior: f32,
}

impl Scored {
    /// Without any doubt.
    pub(crate) fn certain(decision: Decision) -> Self {
        let silence = if decision == Decision::Respond { 1.0 } else { 0.0 };
        Self { decision, confidence: 1.0, silence, considered: Vec::new(), tokens: (0, 0) }
    }
}

/// A persona's tools made ready for planning: prefixes and grammars. Building one is cheap; evaluating its prefixes is
/// not.
#[derive(Clone, Debug)]
pub struct Toolbox {
    tools: Vec<(String, Tool)>,
    shards: Vec<Shard>,
    sense: SharedSense,
    kin: OnceLock<Kin>,
}

impl Toolbox {
    /// Sorts, names and describes `tools`. The order they come in does not matter: the same set gives the same prefixes.
    pub fn new(mut tools: Vec<Tool>) -> Self {
        tools.sort_by(|a, b| a.id.cmp(&b.id));
        let shown = |tool: &Tool| {
            let alone = tools.iter().filter(|t| t.name == tool.name).count() == 1;
            let reserved = [prompt::RESPOND, prompt::ASK].contains(&tool.name.as_str());
            if alone && !reserved { tool.name.clone() } else { tool.id.clone() }
        };
        let tools: Vec<(String, Tool)> = tools.iter().map(|t| (shown(t), t.clone())).collect();
        let shards = shards::shards(&tools);
        Self { tools, shards, sense: SharedSense::default(), kin: OnceLock::new() }
    }

    /// With a sense of what utterances sound like. Without one a model's own opinion decides.
    pub fn sensing(self, sense: SharedSense) -> Self {
        Self { sense, kin: OnceLock::new(), ..self }
    }

    /// The fixed prompts, to be warmed before the first turn. Several if there are many tools.
    pub fn prefixes(&self) -> impl Iterator<Item = &Prefix> {
        self.shards.iter().map(|shard| &shard.prefix)
    }

    /// The tool with this id.
    pub fn tool(&self, id: &str) -> Option<&Tool> {
        self.tools.iter().map(|(_, t)| t).find(|t| t.id == id)
    }

    /// Every tool, by id.
    fn all(&self) -> impl Iterator<Item = &Tool> {
        self.tools.iter().map(|(_, tool)| tool)
    }

    /// The name of a tool as the model knows it.
    fn shown(&self, id: &str) -> Option<String> {
        self.tools.iter().find(|(_, tool)| tool.id == id).map(|(shown, _)| shown.clone())
    }

    /// How many tools there are.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there are none, in which case [`plan`] always responds.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// Embeds what the tools say of themselves, as far as a sense is there, so that no turn has to.
    pub fn prepare(&self) {
        if let Some(sense) = self.sense.get()
            && self.kin.get().is_none()
        {
            match sense.kin(&self.tools) {
                Ok(kin) => drop(self.kin.set(kin)),
                Err(error) => tracing::warn!(%error, "planning goes on without a prior"),
            }
        }
    }

    /// What the utterance sounds like; [`None`] if nobody can tell.
    fn leaning(&self, conversation: &Conversation) -> Option<Leaning> {
        self.prepare();
        let heard = self.sense.get()?.lean(self.kin.get()?, conversation);
        heard.map_err(|error| tracing::warn!(%error, "planning goes on without a prior")).ok()
    }

    /// The group that holds the tool of a call already begun, else the one whose tools the utterance sounds most like.
    fn shard(&self, conversation: &Conversation, leaning: Option<&Leaning>) -> Option<&Shard> {
        let begun = conversation
            .begun()
            .and_then(|draft| self.tools.iter().position(|(_, tool)| tool.id == draft.tool));
        if let Some(edited) = begun {
            return self.shards.iter().find(|shard| shard.tools.contains(&edited));
        }
        let best = |shard: &Shard| {
            leaning.map_or(0.0, |l| shard.tools.iter().map(|tool| l.tools[*tool]).fold(0.0, f32::max))
        };
        self.shards.iter().rev().max_by(|a, b| best(a).total_cmp(&best(b)))
    }
}

/// Plans one utterance. `respond` is taken whenever its share of the first choice is at least `silence`, even if a tool
/// has more: an answer in words beats a wrong write.
///
/// # Errors
/// The engine's; a cancelled plan is [`LmError::Cancelled`].
pub fn plan(
    model: &mut dyn LanguageModel,
    toolbox: &Toolbox,
    conversation: &Conversation,
    silence: f32,
    cancel: &Cancel,
) -> Result<Scored, LmError> {
    if bare::is_bare(conversation) {
        return Ok(Scored::certain(Decision::Respond));
    }
    let leaning = toolbox.leaning(conversation);
    let plain =
        conversation.earlier.is_empty() && conversation.past.is_empty() && conversation.asked.is_none();
    if let Some(silence) = leaning.as_ref().map(Leaning::silence).filter(|s| plain && *s >= SURE)
        && conversation.editing.is_none()
    {
        return Ok(Scored { confidence: silence, silence, ..Scored::certain(Decision::Respond) });
    }
    let Some(shard) = toolbox.shard(conversation, leaning.as_ref()) else {
        return Ok(Scored::certain(Decision::Respond));
    };
    let choice = Choice {
        grammar: shard.grammar.clone(),
        names: shard.names.clone(),
        prior: leaning
            .filter(|_| conversation.begun().is_none())
            .map_or_else(Vec::new, |l| l.prior(&shard.tools, conversation.asked.is_some())),
        silent: Some(Silence { name: prompt::RESPOND.into(), at_least: silence }),
        max_tokens: PLAN_TOKENS,
    };
    let suffix = prompt::suffix(conversation, |id| toolbox.shown(id));
    let planned = model.plan(&shard.prefix, &suffix, &choice, cancel)?;
    Ok(held(conversation, read(toolbox, &choice, &planned)))
}

/// A call that is changed or completed keeps what the words do not speak of.
fn held(conversation: &Conversation, scored: Scored) -> Scored {
    let drafts = conversation.editing.iter().map(|draft| (draft, edit::Source::Utterance));
    let half = conversation.asked.iter().filter_map(|asked| asked.draft.as_ref());
    let mut drafts = drafts.chain(half.map(|draft| (draft, edit::Source::Conversation)));
    let Some((draft, source)) = drafts.next() else { return scored };
    let decision = match scored.decision {
        Decision::Call { tool, arguments } if tool == draft.tool => {
            let arguments = edit::kept(&draft.arguments, &arguments, &conversation.utterance, source);
            if arguments == draft.arguments && source == edit::Source::Utterance {
                Decision::Ask { question: "What should I change?".into(), draft: Some(draft.clone()) }
            } else {
                Decision::Call { tool, arguments }
            }
        }
        other => other,
    };
    Scored { decision, ..scored }
}

/// The arguments as they were spoken, pronouns replaced by what they stand for, with exact values.
///
/// # Errors
/// What is missing or can't be used, as a question.
pub fn settle(
    arguments: Map<String, Value>,
    schema: &Value,
    conversation: &Conversation,
    now: &Zoned,
) -> Result<Map<String, Value>, Missing> {
    arguments::settle(anaphora::resolved(arguments, schema, conversation, now), schema, conversation, now)
}

/// The grammar guarantees the shape; a text that is not of it is an answer in words, never a guess at a call.
fn read(toolbox: &Toolbox, choice: &Choice, planned: &Planned) -> Scored {
    let parsed: Value = serde_json::from_str(&planned.text).unwrap_or(Value::Null);
    let name = parsed.get("name").and_then(Value::as_str).unwrap_or(prompt::RESPOND);
    let arguments = parsed.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
    let decision = match toolbox.tools.iter().find(|(shown, _)| shown == name) {
        Some((_, tool)) => Decision::Call { tool: tool.id.clone(), arguments },
        None if name == prompt::ASK => Decision::Ask {
            question: arguments
                .get("question")
                .and_then(Value::as_str)
                .unwrap_or("Could you say that again?")
                .into(),
            draft: None,
        },
        None => Decision::Respond,
    };
    let tokens = (planned.prompt_tokens, planned.generated_tokens);
    let silence =
        planned.shares.iter().find(|(name, _)| name == prompt::RESPOND).map_or(0.0, |(_, share)| *share);
    let prior = choice.prior.iter().copied().chain(std::iter::repeat(0.0));
    let considered = choice.names.iter().zip(&planned.opinion).zip(prior);
    let considered = considered
        .map(|((name, opinion), prior)| Considered { name: name.clone(), opinion: *opinion, prior })
        .collect();
    Scored { decision, confidence: planned.confidence, silence, considered, tokens }
}

#[cfg(test)]
mod conversation_tests;
