//! From one step to the next: what is said of a step that is done, what comes after it, and what is tried again.

use std::time::Instant;

use super::{
    Machine, THINKING,
    agenda::{Next, PAUSE},
    events::{Command, NoticeLevel, StepOutcome, StepState, TurnEvent},
    notice,
    phase::{Aside, Basis, Phase, Stage, Telling},
    request::{Call, PlanFault},
    sentences::{self, End, Progress},
};
use crate::planner::agenda::Until;

impl<A> Machine<A> {
    pub(super) fn on_step_finished(&mut self, now: Instant, outcome: StepOutcome, out: &mut Vec<Command<A>>) {
        let Phase::Executing { call, .. } = &self.phase else { return };
        let call = call.clone();
        let again = self.agenda.as_ref().and_then(|agenda| agenda.current.again.clone());
        match (outcome.state, again) {
            (StepState::Succeeded, Some(Until::Holds(condition))) => {
                let tag = self.tag();
                let result = format!("{} {}", outcome.say, outcome.result);
                let stage = Stage::Checking { tag, say: outcome.say, until: now + THINKING };
                self.phase = Phase::Between { call, stage };
                out.push(Command::Check { tag, condition, result });
            }
            (StepState::Asks, _) => self.put_agents_question(now, call, outcome.say, out),
            (StepState::Succeeded, Some(Until::Works) | None) => self.succeeded(now, outcome.say, out),
            // What is known not to have happened may be tried again; what may have happened never is.
            (StepState::Failed | StepState::NotSent, Some(Until::Works)) => {
                self.wait_for_another_try(now, call, outcome.say, out)
            }
            (StepState::Failed | StepState::NotSent | StepState::Unknown, _) => {
                self.tell(now, &outcome.say, out)
            }
        }
    }

    fn succeeded(&mut self, now: Instant, say: String, out: &mut Vec<Command<A>>) {
        let more = self.agenda.as_mut().is_some_and(|agenda| {
            agenda.done();
            agenda.has_more()
        });
        if more {
            self.murmur(&say, out);
            self.past.told(self.session.last);
            self.aside = Some(Aside { tag: self.session.last, text: say, telling: Telling::First });
            // The next step is taken from here, while this is being said.
            self.phase = Phase::Idle;
        } else {
            self.tell(now, &say, out);
        }
    }

    /// The next step of the request, if there is one and it may be begun.
    pub(super) fn take_next_step(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        let Some(agenda) = &mut self.agenda else { return };
        match agenda.next(now) {
            Next::Step => {
                let words = agenda.current.words.clone();
                self.plan(now, words, Basis::default(), self.session.via, out);
            }
            Next::Call(call) => self.call_again(now, call, out),
            Next::Stopped(bound) => self.finish(now, &sentences::bounded(bound), out),
            Next::Tell => self.finish(now, "", out),
            Next::Over => self.agenda = None,
        }
    }

    pub(super) fn on_checked(
        &mut self,
        now: Instant,
        holds: Result<bool, PlanFault>,
        out: &mut Vec<Command<A>>,
    ) {
        let Phase::Between { call, stage: Stage::Checking { say, .. } } = &self.phase else { return };
        let (call, say) = (call.clone(), say.clone());
        match holds {
            Ok(true) => self.succeeded(now, say, out),
            // What can't be told is not taken to hold; the bounds end it.
            Ok(false) | Err(_) => self.wait_for_another_try(now, call, say, out),
        }
    }

    fn wait_for_another_try(&mut self, now: Instant, call: Call, say: String, out: &mut Vec<Command<A>>) {
        let until = now + PAUSE;
        let Some(agenda) = &mut self.agenda else { return self.tell(now, &say, out) };
        if let Some(bound) = agenda.bound(until) {
            return self.tell(now, &format!("{} {say}", sentences::bounded(bound)), out);
        }
        if agenda.first_try() {
            self.murmur(sentences::KEEPING_ON, out);
        }
        self.phase = Phase::Between { call, stage: Stage::Pausing { until } };
    }

    /// A call of the current clause that was planned before, judged by itself.
    pub(super) fn call_again(&mut self, now: Instant, call: Call, out: &mut Vec<Command<A>>) {
        let words = self.agenda.as_ref().map(|agenda| agenda.current.words.clone()).unwrap_or_default();
        let request = self.request(words, Basis::default());
        self.judge(now, call, request, out);
    }

    /// Says the last of a request, and what of it is left out.
    pub(super) fn finish(&mut self, now: Instant, text: &str, out: &mut Vec<Command<A>>) {
        let left = self.agenda.take().map(super::agenda::Agenda::untold).unwrap_or_default();
        let text = match sentences::not_reached(&left) {
            Some(left) => format!("{text} {left}").trim().to_owned(),
            None => text.to_owned(),
        };
        self.say(now, text, out);
    }

    /// Ends the request before its next call.
    pub(super) fn stop(&mut self, now: Instant, end: End, out: &mut Vec<Command<A>>) {
        self.finish(now, end.said(self.progress()), out);
    }

    /// Says what became of the newest call, which ends the request.
    pub(super) fn tell(&mut self, now: Instant, text: &str, out: &mut Vec<Command<A>>) {
        self.finish(now, text, out);
        self.past.told(self.session.last);
    }

    pub(super) fn progress(&self) -> Progress {
        self.agenda.as_ref().map_or(Progress::Nothing, super::agenda::Agenda::progress)
    }

    /// Nothing of the request is begun any more; its end tells what that leaves out.
    pub(super) fn give_up(&mut self) {
        if let Some(agenda) = &mut self.agenda {
            agenda.give_up();
        }
    }

    /// The person turned to something else: the rest of the request goes, on the screen and without a word.
    pub(super) fn leave_out_rest(&mut self, out: &mut Vec<Command<A>>) {
        let left = self.agenda.take().map(super::agenda::Agenda::untold).unwrap_or_default();
        if let Some(left) = sentences::not_reached(&left) {
            out.push(notice(NoticeLevel::Warning, "left_out", &left));
        }
    }

    /// The screen learns which of several steps this is.
    pub(super) fn publish_place(&self, out: &mut Vec<Command<A>>) {
        let Some(agenda) = &self.agenda else { return };
        let (number, of) = agenda.place();
        if of > 1 {
            let words = agenda.current.words.clone();
            out.push(Command::Publish(TurnEvent::Step { number, of, words }));
        }
    }

    /// What a noise cut of the step before is said again, once.
    pub(super) fn retell(&mut self, out: &mut Vec<Command<A>>) {
        if let Some(aside) = self.aside.take_if(|aside| aside.telling == Telling::Cut) {
            self.murmur(&aside.text, out);
            let tag = self.session.last;
            self.aside = Some(Aside { tag, telling: Telling::Second, ..aside });
        }
    }
}
