//! What the machine tells, in the session's words.

use std::{sync::Arc, time::Instant};

use super::{Driver, acts};
use crate::{
    session::output::{Closed, Done, Output},
    turn::{Call, DecidedBy, Decision, NoticeLevel, State, TurnEvent},
};

impl Driver {
    pub(super) async fn publish(&mut self, event: TurnEvent) {
        let output = match event {
            TurnEvent::State(state) => {
                if state == State::Idle {
                    self.record.rests(Instant::now());
                }
                Output::State(state)
            }
            // Already told with the utterance's own number.
            TurnEvent::Heard { .. } => return,
            TurnEvent::OwnVoice => {
                if let Some(ears) = &mut self.ears {
                    ears.was_ours();
                }
                return;
            }
            TurnEvent::QuestionOpened(pending) => {
                self.asked = Some(Arc::new(acts::asked(pending)));
                self.record.asked(Instant::now());
                return;
            }
            TurnEvent::Step { number, of, words } => Output::Step { number, of, text: words },
            TurnEvent::AnswerDue { approval, until } => {
                let seconds = until.saturating_duration_since(Instant::now()).as_secs_f64().ceil() as u64;
                Output::Due { approval, expires_at: acts::expiry(seconds), seconds }
            }
            TurnEvent::QuestionClosed { approval, decision, by } => {
                self.asked = None;
                self.waiting.remove(&approval);
                self.answered.remove(&approval);
                let decision = match (decision, by) {
                    (Decision::Approve, _) => "approved",
                    (Decision::Deny, DecidedBy::Timeout) => "expired",
                    (Decision::Deny, _) => "denied",
                };
                let decided_by = acts::by_name(by);
                self.record.answered(decision, decided_by, Instant::now());
                Output::Closed(Closed { approval, decision, decided_by })
            }
            TurnEvent::Done { approval, call, outcome } => {
                Output::Done(done(approval, call, acts::state_name(outcome.state), outcome.say))
            }
            TurnEvent::NotDone { approval, call, say } => Output::Done(done(approval, call, "denied", say)),
            TurnEvent::Notice { level, code, message } => {
                let level = match level {
                    NoticeLevel::Info => "info",
                    NoticeLevel::Warning => "warning",
                    NoticeLevel::Error => "error",
                };
                Output::Notice { level, code, message }
            }
        };
        self.put(output).await;
    }
}

fn done(approval: Option<String>, call: Call, state: &'static str, text: String) -> Done {
    Done { approval, server: call.server, tool: call.action, arguments: call.arguments, state, text }
}
