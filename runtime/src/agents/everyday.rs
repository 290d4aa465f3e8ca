//! The everyday assistant: its persona, in a session in text.

use std::sync::Arc;

use a2a::TaskState;
use async_trait::async_trait;
use serde_json::{Value, json};

use super::mind::{End, Event, Mind, Question, Said};
use crate::{
    phrasing,
    session::{
        Asked, Done, Ended,
        text::{Planned, Step, TextSession, Turn},
    },
    turn::Call,
};

/// A session, and what came of the request so far.
pub(super) struct Everyday {
    session: TextSession,
    turn: Turn,
    /// The question that was put last.
    asked: Option<Arc<Asked>>,
    at: At,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Rest,
    Work,
}

impl Everyday {
    pub fn new(session: TextSession) -> Self {
        Self { session, turn: Turn::default(), asked: None, at: At::Rest }
    }

    /// In which `said` is being dealt with, planned as `call`.
    pub async fn given(session: TextSession, said: Said, call: Call) -> Result<Self, Ended> {
        session.say_as(said.text, call, said.depth).await?;
        Ok(Self { at: At::Work, ..Self::new(session) })
    }

    fn asking(&mut self) -> Event {
        self.asked = self.turn.asked.take().or(self.asked.take());
        let details = self.asked.as_ref().map(|asked| {
            json!({"approval": {
                "id": asked.approval, "server": asked.server, "tool": asked.action,
                "arguments": asked.arguments, "expires_at": asked.expires_at
            }})
        });
        Event::Asking(Question { words: self.said(), details })
    }

    fn said(&mut self) -> String {
        std::mem::take(&mut self.turn.reply).trim().to_owned()
    }

    fn rested(&mut self) -> Event {
        self.at = At::Rest;
        self.asked = None;
        if let Some(asks) = self.turn.asked_back.take() {
            let details = json!({"asked_by": asks.server, "skill": asks.tool});
            return Event::Asking(Question { words: self.said(), details: Some(details) });
        }
        if self.turn.plan.as_ref().is_some_and(|plan| plan.missing.is_some()) {
            // What was done stands in the end's account.
            let (words, done) = (self.said(), std::mem::take(&mut self.turn.done));
            self.turn = Turn { done, ..Turn::default() };
            return Event::Asking(Question { words, details: None });
        }
        Event::Over(end(std::mem::take(&mut self.turn)))
    }
}

#[async_trait]
impl Mind for Everyday {
    async fn say(&mut self, said: Said) -> Result<(), Ended> {
        self.at = At::Work;
        self.session.say_passed_on(said.text, said.depth).await
    }

    async fn stop(&mut self) -> Result<Option<End>, Ended> {
        self.turn.reply.clear();
        if self.at == At::Rest {
            return Ok(Some(end(std::mem::take(&mut self.turn))));
        }
        self.session.stop().await.map(|()| None)
    }

    async fn next(&mut self) -> Result<Event, Ended> {
        loop {
            match self.session.next(&mut self.turn).await? {
                Step::Planned(planned) => {
                    if let Some(words) = intention(&planned) {
                        return Ok(Event::Progress(words));
                    }
                }
                Step::Next { number, of, words } => {
                    return Ok(Event::Progress(format!("Step {number} of {of}: {words}")));
                }
                Step::Doing => return Ok(Event::Progress("I'm doing it.".to_owned())),
                Step::Closed(_) => return Ok(Event::Closed),
                Step::Asking => return Ok(self.asking()),
                Step::Idle if self.at == At::Work => return Ok(self.rested()),
                Step::Idle | Step::Quiet | Step::Done(_) => {}
            }
        }
    }
}

/// What is about to be asked for or done.
fn intention(planned: &Planned) -> Option<String> {
    let (server, action) = planned.tool.as_ref()?.split_once("__")?;
    Some(format!("I'm about to {}, with {}.", phrasing::words_of(action), phrasing::words_of(server)))
}

/// How the request ended, by what was done: what failed or is unknown outweighs the rest; where nothing was done because
/// nobody allowed it, the caller cancelled it; where the rules refuse it, it is rejected.
fn end(turn: Turn) -> End {
    let is = |state: &'static str| turn.done.iter().any(|done| done.state == state);
    let state = if is("failed") || is("unknown") || is("not_sent") || turn.notice.is_some() {
        TaskState::Failed
    } else if turn.done.last().is_some_and(|done| done.state == "asks") {
        // The agent was not answered, and does nothing.
        TaskState::Canceled
    } else if is("succeeded") || !is("denied") {
        TaskState::Completed
    } else if turn.closed.iter().any(|closed| closed.decision != "approved") {
        TaskState::Canceled
    } else {
        TaskState::Rejected
    };
    End { state, reply: turn.reply.trim().to_owned(), calls: turn.done.iter().map(call).collect() }
}

fn call(done: &Done) -> Value {
    json!({
        "server": done.server, "tool": done.tool, "arguments": done.arguments, "state": done.state,
        "text": done.text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Closed;

    fn ended(states: &[&'static str], closed: &[&'static str]) -> TaskState {
        let done = |state: &&'static str| Done {
            approval: None,
            server: "s".to_owned(),
            tool: "t".to_owned(),
            arguments: serde_json::Map::new(),
            state,
            text: String::new(),
        };
        let shut = |decision: &&'static str| Closed { approval: String::new(), decision, decided_by: "api" };
        let turn = Turn {
            done: states.iter().map(done).collect(),
            closed: closed.iter().map(shut).collect(),
            ..Turn::default()
        };
        end(turn).state
    }

    #[test]
    fn how_it_ended_follows_from_what_was_done() {
        assert_eq!(ended(&[], &[]), TaskState::Completed);
        assert_eq!(ended(&["succeeded"], &["approved"]), TaskState::Completed);
        assert_eq!(ended(&["succeeded", "failed"], &["approved"]), TaskState::Failed);
        assert_eq!(ended(&["unknown"], &["approved"]), TaskState::Failed);
        assert_eq!(ended(&["denied"], &["denied"]), TaskState::Canceled);
        assert_eq!(ended(&["denied"], &["expired"]), TaskState::Canceled);
        assert_eq!(ended(&["denied"], &[]), TaskState::Rejected);
        assert_eq!(ended(&["asks"], &[]), TaskState::Canceled);
        assert_eq!(ended(&["asks", "succeeded"], &[]), TaskState::Completed);
        assert_eq!(ended(&["succeeded", "denied"], &["approved", "denied"]), TaskState::Completed);
    }
}
