//! A request of several clauses: its first one is planned, and those that follow are looked at, since words of which some
//! are no request may all be one. A plan that was made to find that out is kept for the clause's own turn.
//!
//! Invariant: a kept plan is the one that the model would make again. It is used only as long as the model would be shown
//! the same, so a clause that points at what was said or done before is planned when that is known.

use homepilot_models::{
    cancel::Cancel,
    lm::{LanguageModel, LmError},
};

use super::{
    Conversation, Decision, Draft, Ids, Line, PAST_CALLS, Past, PastState, Scored, Speaker, Toolbox, plan,
    prompt,
};

/// What is planned together.
#[derive(Clone, Debug)]
pub struct Clauses {
    /// The first of them, with what was before.
    pub conversation: Conversation,
    /// Which clause of the request that is.
    pub place: Place,
    /// Its plan, if there is one already.
    pub first: Option<Scored>,
    /// The words of those that follow.
    pub then: Vec<String>,
}

/// Which clause of a request is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing was called for the request yet.
    First,
    /// What the calls before it make unclear may be clear by itself.
    Later,
}

/// What clauses came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreseen {
    /// The plan of the first.
    pub first: Scored,
    /// What those that follow are.
    pub follows: Follows,
}

/// What the words after a request are.
#[derive(Clone, Debug, PartialEq)]
pub enum Follows {
    /// Requests of their own, or nothing.
    Requests(Ahead),
    /// More of the same.
    SameRequest,
}

/// Plans of clauses whose turn has not come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ahead(Vec<Kept>);

#[derive(Clone, Debug, PartialEq)]
struct Kept {
    /// What the model was shown, the clause's words at its end.
    shown: String,
    scored: Scored,
}

impl Ahead {
    /// Whether no plan was made.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The plan of the conversation's utterance, if the model would be shown the same for it.
    pub fn plan(&self, toolbox: &Toolbox, conversation: &Conversation) -> Option<Scored> {
        if conversation.editing.is_some() || conversation.asked.is_some() {
            return None;
        }
        let shown = shown(toolbox, conversation);
        self.0.iter().find(|kept| kept.shown == shown).map(|kept| kept.scored.clone())
    }
}

/// Plans the first of `clauses` and looks whether each that follows is a request that a tool can be called for.
///
/// # Errors
/// The engine's; cancelled, it is [`LmError::Cancelled`].
pub fn plan_clauses(
    model: &mut dyn LanguageModel,
    toolbox: &Toolbox,
    clauses: &Clauses,
    silence: f32,
    cancel: &Cancel,
) -> Result<Foreseen, LmError> {
    let Clauses { conversation, place, first, then } = clauses;
    let mut planned = |conversation: &Conversation, place: Place| {
        let scored = plan(model, toolbox, conversation, silence, cancel)?;
        if place == Place::First || scored.decision != Decision::Respond {
            return Ok(scored);
        }
        plan(model, toolbox, &Conversation::of(&conversation.utterance), silence, cancel)
    };
    let first = match first {
        Some(first) => first.clone(),
        None => planned(conversation, *place)?,
    };
    let mut ahead = Ahead::default();
    // What is only talked about has nothing after it that would be called.
    if first.decision == Decision::Respond {
        return Ok(Foreseen { first, follows: Follows::Requests(ahead) });
    }
    let mut before = done(conversation, &first.decision);
    for words in then {
        let next = Conversation { utterance: words.clone(), ..before };
        let scored = planned(&next, Place::Later)?;
        if scored.decision == Decision::Respond {
            return Ok(Foreseen { first, follows: Follows::SameRequest });
        }
        before = done(&next, &scored.decision);
        ahead.0.push(Kept { shown: shown(toolbox, &next), scored });
    }
    Ok(Foreseen { first, follows: Follows::Requests(ahead) })
}

fn shown(toolbox: &Toolbox, conversation: &Conversation) -> String {
    prompt::suffix(conversation, |id| toolbox.shown(id))
}

/// The conversation as it will be when what was decided has been done.
fn done(conversation: &Conversation, decision: &Decision) -> Conversation {
    let (mut earlier, mut past) = (conversation.earlier.clone(), conversation.past.clone());
    earlier.push(Line { speaker: Speaker::User, text: conversation.utterance.clone() });
    match decision {
        Decision::Call { tool, arguments } | Decision::Instead { call: Draft { tool, arguments }, .. } => {
            past.push(Past {
                tool: tool.clone(),
                arguments: arguments.clone(),
                reads: false,
                state: PastState::Done,
                said: String::new(),
                ids: Ids::default(),
            });
        }
        Decision::Respond | Decision::Ask { .. } => {}
    }
    let skip = past.len().saturating_sub(PAST_CALLS);
    Conversation { earlier, past: past.split_off(skip), ..Conversation::default() }
}

#[cfg(test)]
mod tests;
