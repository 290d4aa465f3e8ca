//! What words that are still being said would be planned as. The planner may begin with it; what it finds is used only if
//! the very same request is made in the end.

use std::time::Instant;

use super::{
    Machine,
    agenda::Agenda,
    phase::{Basis, Phase},
    request::PlanRequest,
};
use crate::answer;

/// A request that may be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreseen {
    /// The turn it would be part of.
    pub turn: u64,
    /// The request.
    pub request: PlanRequest,
}

impl<A> Machine<A> {
    /// What would be planned if `words` were said at `now`. None while a question is open, while a call runs or is planned,
    /// and for words that end something, are an agent's or would be joined with others.
    pub fn foresee(&self, now: Instant, words: &str) -> Option<Foreseen> {
        let at_rest = match &self.phase {
            Phase::Idle | Phase::Speaking { .. } | Phase::Interrupted { .. } => true,
            Phase::Planning { .. }
            | Phase::Judging { .. }
            | Phase::Confirming(_)
            | Phase::Executing { .. }
            | Phase::Between { .. } => false,
        };
        let words = words.trim();
        let alone = self.queued.is_none()
            && !self.agent_waits(now)
            && self.ear.said.is_none()
            && self.ear.hearing.is_empty();
        let ends = answer::is_dismissal(words) && !self.takes_back(words);
        if !at_rest || !alone || ends || words.is_empty() {
            return None;
        }
        match self.awaited.as_ref().filter(|awaited| now <= awaited.until) {
            Some(awaited) => {
                let then = if awaited.basis.is_new() { awaited.agenda.then() } else { Vec::new() };
                let request = self.request_with(words.to_owned(), then, awaited.basis.clone());
                Some(Foreseen { turn: self.session.last.turn, request })
            }
            None => {
                let agenda = Agenda::new(now, words);
                let request =
                    self.request_with(agenda.current.words.clone(), agenda.then(), Basis::default());
                Some(Foreseen { turn: self.session.last.turn + 1, request })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::{Command, DecidedBy, Input, Utterance};

    fn planned(machine: &mut Machine<()>, now: Instant, words: &str) -> Option<Foreseen> {
        let mut out = Vec::new();
        machine.handle(now, Input::UtteranceEnded(Utterance::Typed(words.to_owned())), &mut out);
        out.into_iter().find_map(|command| match command {
            Command::Plan { tag, request } => Some(Foreseen { turn: tag.turn, request: *request }),
            _ => None,
        })
    }

    #[test]
    fn at_rest_it_is_the_request_that_the_words_make_and_their_first_clause() {
        for words in ["remind me to call mom", "add milk to my list and then text Bob"] {
            let (mut machine, now) = (Machine::new(DecidedBy::Screen, true), Instant::now());
            let foreseen = machine.foresee(now, words);
            assert!(foreseen.is_some(), "{words}");
            assert_eq!(foreseen, planned(&mut machine, now, words), "{words}");
            assert_eq!(machine.foresee(now, words), None, "it is being planned");
        }
    }

    #[test]
    fn words_that_end_something_or_say_nothing_are_not_planned() {
        let machine = Machine::<()>::new(DecidedBy::Screen, true);
        for words in ["", "  ", "stop", "never mind"] {
            assert_eq!(machine.foresee(Instant::now(), words), None, "{words:?}");
        }
    }
}
