//! What broke off while the session is open, or just before: told on screen, and once aloud.

use super::Driver;
use crate::{engines::Part, session::output::Output, turn};

impl Driver {
    /// An engine was started anew. Who waits for it hears of it in place of the answer, unless that comes after all;
    /// everybody else when nobody speaks.
    pub(super) async fn on_break(&mut self, part: Part) {
        let waits = match part {
            Part::Ears | Part::Planner => !self.thinking.is_empty(),
            Part::Voice | Part::Detection => false,
        };
        self.notice_break(part).await;
        if let Some(sentence) = anew(part).filter(|_| !waits && self.takes_unasked()) {
            self.say_unasked(sentence.to_owned()).await;
        }
    }

    /// What this session asked of an engine ended with it; the machine says so.
    pub(super) async fn broke_off_here(&mut self, part: Part) {
        if self.breaks.see(part) {
            self.notice_break(part).await;
        }
    }

    async fn notice_break(&self, part: Part) {
        if let Some(sentence) = anew(part) {
            let message = sentence.to_owned();
            self.put(Output::Notice { level: "error", code: "engine_restarted", message }).await;
        }
    }

    /// The program itself was started anew, a short while ago.
    pub(super) async fn tell_of_program(&mut self) {
        if let Some(message) = self.app.broke_off() {
            self.put(Output::Notice { level: "warning", code: "restarted", message: message.clone() }).await;
            self.say_unasked(message).await;
        }
    }
}

fn anew(part: Part) -> Option<&'static str> {
    match part {
        Part::Ears => Some(turn::HEARING_ANEW),
        Part::Planner => Some(turn::THINKING_ANEW),
        Part::Voice => Some(turn::VOICE_ANEW),
        // Sessions run it themselves.
        Part::Detection => None,
    }
}
