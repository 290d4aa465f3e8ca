//! A question of an agent's, in the middle of its task: put to the person, whose next words go to that very task. They are
//! sent as they were said, so they count only when they answer what was heard to its end.

use std::time::{Duration, Instant};

use super::{
    MAX_ASKS, Machine, WORDS_ANSWER, YES_CONFIDENCE,
    events::Command,
    phase::{Awaited, Basis, Said, Via},
    request::{Asker, Call, HalfMade},
    sentences,
};

/// The same for who types, perhaps through a program that asks somebody else first.
pub const TYPED_ANSWER: Duration = Duration::from_secs(600);

impl<A> Machine<A> {
    /// Asks the person what the agent that was called wants to know.
    pub(super) fn put_agents_question(
        &mut self,
        now: Instant,
        call: Call,
        question: String,
        out: &mut Vec<Command<A>>,
    ) {
        let utterance = self.agenda.as_ref().map(|agenda| agenda.current.words.clone()).unwrap_or_default();
        let half = HalfMade { utterance, call: Some(call), question, asker: Asker::Agent };
        let wait = match self.session.via {
            Via::Voice => WORDS_ANSWER,
            Via::Text => TYPED_ANSWER,
        };
        self.await_words(now, Basis { editing: None, answering: Some(half) }, wait, out);
        self.past.told(self.session.last);
    }

    /// Whether the next words are an agent's. What was said before it asked is not, and waits.
    pub(super) fn agent_waits(&self, now: Instant) -> bool {
        let open = self.awaited.as_ref().filter(|awaited| now <= awaited.until);
        let half = open.and_then(|awaited| awaited.basis.answering.as_ref());
        half.is_some_and(|half| half.asker == Asker::Agent)
    }

    /// Words that come while a question in words is open: itself again, if they can be its answer. If they can't, they go
    /// nowhere and it is put again.
    pub(super) fn heard_out(
        &mut self,
        now: Instant,
        mut awaited: Awaited,
        said: &Said,
        out: &mut Vec<Command<A>>,
    ) -> Option<Awaited> {
        let Some(half) = awaited.basis.answering.as_ref().filter(|half| half.asker == Asker::Agent) else {
            return Some(awaited);
        };
        let counts = said.started.is_none_or(|started| {
            said.confidence >= YES_CONFIDENCE && awaited.heard.is_some_and(|heard| started > heard)
        });
        if counts {
            return Some(awaited);
        }
        let question = half.question.clone();
        self.history.person(&said.text);
        awaited.asked += 1;
        if awaited.asked > MAX_ASKS {
            self.agenda = Some(*awaited.agenda);
            self.stop(now, sentences::NOT_ANSWERED, out);
            return None;
        }
        awaited.until = awaited.until.max(now + WORDS_ANSWER);
        self.ask_words(now, awaited, question, out);
        None
    }
}
