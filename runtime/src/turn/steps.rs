//! From words to a plan, a judgement, a call and its outcome; and what ends them early.

use std::time::Instant;

use super::{
    AFTER_CANCEL, EXECUTING, Machine, SPEAKING, THINKING, WORDS_ANSWER,
    events::{Cancel, Command, DecidedBy, Judgement, NoticeLevel, StepOutcome, StepState, Tag, TurnEvent},
    notice,
    phase::{Aloud, Awaited, Basis, Mouth, Phase, Said, Via},
    request::{Call, Grounds, HalfMade, Plan, PlanFault, PlanRequest},
    sentences,
    unasked::Floor,
};

impl<A> Machine<A> {
    /// What new words may be the answer to.
    pub(super) fn answered(&mut self, now: Instant) -> Basis {
        self.awaited.take().filter(|awaited| now <= awaited.until).map(|a| a.basis).unwrap_or_default()
    }

    /// A new request.
    pub(super) fn begin(&mut self, now: Instant, said: Said, basis: Basis, out: &mut Vec<Command<A>>) {
        let via = said.via();
        self.session.last.turn += 1;
        self.plan(now, said.text.clone(), basis, via, out);
        self.history.person(&said.text);
    }

    pub(super) fn plan(
        &mut self,
        now: Instant,
        utterance: String,
        basis: Basis,
        via: Via,
        out: &mut Vec<Command<A>>,
    ) {
        self.session.via = via;
        self.unasked.floor = Floor::Free;
        let (history, past) = (self.history.lines(), self.past.recent());
        let Basis { editing, answering } = basis;
        let request = PlanRequest { utterance, editing, answering, history, past };
        let tag = self.tag();
        self.phase = Phase::Planning { tag, request: request.clone(), until: now + THINKING };
        out.push(Command::Plan { tag, request });
    }

    pub(super) fn on_planned(
        &mut self,
        now: Instant,
        result: Result<Plan, PlanFault>,
        out: &mut Vec<Command<A>>,
    ) {
        let Phase::Planning { request, .. } = &self.phase else { return };
        let request = request.clone();
        match result {
            Ok(Plan::Call(call)) => {
                let tag = self.tag();
                self.phase = Phase::Judging { tag, request, until: now + THINKING };
                out.push(Command::Judge { tag, call, grounds: self.grounds() });
            }
            Ok(Plan::Respond) if request.editing.is_some() => {
                self.say(now, sentences::NOT_CHANGED.to_owned(), out)
            }
            Ok(Plan::Respond) => {
                let tag = self.tag();
                self.history.begin(tag);
                self.mouth = Some(Mouth { tag, text: String::new(), ended: None });
                self.phase = Phase::Speaking { tag, text: None, until: now + SPEAKING };
                out.push(Command::Converse { tag, utterance: request.utterance, history: request.history });
            }
            Ok(Plan::Ask { question, call }) => {
                let before = request.answering.map(|half| half.utterance + " ").unwrap_or_default();
                let half =
                    HalfMade { utterance: before + &request.utterance, call, question: question.clone() };
                let basis = Basis { editing: request.editing, answering: Some(half) };
                self.awaited = Some(Awaited { basis, until: now + WORDS_ANSWER });
                self.say(now, question, out);
                self.unasked.floor = Floor::Asked;
            }
            Err(_) => {
                out.push(notice(
                    NoticeLevel::Error,
                    "planning_failed",
                    "no plan could be made; nothing was done",
                ));
                self.say(now, sentences::NOT_PLANNED.to_owned(), out);
            }
        }
    }

    pub(super) fn on_judged(
        &mut self,
        now: Instant,
        tag: Tag,
        judgement: Judgement<A>,
        out: &mut Vec<Command<A>>,
    ) {
        match judgement {
            Judgement::Allowed { token, call } => self.execute(now, token, call, None, out),
            Judgement::Ask(pending) => self.open_question(now, tag, pending, out),
            Judgement::Refused { call, say } => {
                self.not_done(now, None, call, say, out);
            }
        }
    }

    fn grounds(&self) -> Grounds {
        Grounds { spoken: self.history.spoken(), results: self.past.results() }
    }

    /// A call that is not made, and why.
    pub(super) fn not_done(
        &mut self,
        now: Instant,
        approval: Option<String>,
        call: Call,
        say: String,
        out: &mut Vec<Command<A>>,
    ) {
        self.past.not_done(self.session.last, call.clone(), &say);
        out.push(Command::Publish(TurnEvent::NotDone { approval, call, say: say.clone() }));
        self.tell(now, say, out);
    }

    pub(super) fn execute(
        &mut self,
        now: Instant,
        token: A,
        call: Call,
        approval: Option<String>,
        out: &mut Vec<Command<A>>,
    ) {
        let tag = self.tag();
        self.phase = Phase::Executing { tag, call, approval, until: now + EXECUTING };
        out.push(Command::Execute { tag, token });
    }

    /// The screen learns of an outcome at once, also while the person speaks.
    pub(super) fn publish_step(&mut self, tag: Tag, outcome: &StepOutcome, out: &mut Vec<Command<A>>) {
        if let Phase::Executing { call, approval, .. } = &self.phase {
            let (approval, call, outcome) = (approval.clone(), call.clone(), outcome.clone());
            self.past.ended(tag, call.clone(), &outcome);
            out.push(Command::Publish(TurnEvent::Done { approval, call, outcome }));
        }
    }

    pub(super) fn on_cancel(&mut self, now: Instant, cancel: Cancel, out: &mut Vec<Command<A>>) {
        self.hush(now, out);
        self.unasked.floor = Floor::Theirs { until: now + AFTER_CANCEL };
        if let Cancel::Everything(_) = cancel {
            self.stop_hearing(out);
            self.queued = None;
            self.awaited = None;
        }
        match (&mut self.phase, cancel) {
            (
                Phase::Planning { tag, .. } | Phase::Judging { tag, .. },
                Cancel::Reply | Cancel::Everything(_),
            ) => {
                out.push(Command::StopThinking { tag: *tag });
                self.phase = Phase::Idle;
                out.push(notice(NoticeLevel::Info, "cancelled", "stopped; nothing was done"));
            }
            (Phase::Speaking { .. } | Phase::Interrupted { .. }, Cancel::Reply | Cancel::Everything(_)) => {
                self.phase = Phase::Idle;
            }
            (Phase::Confirming(_), Cancel::Everything(by)) => self.deny(now, by, sentences::DENIED, out),
            (Phase::Confirming(c), Cancel::Reply) => {
                if matches!(c.aloud, Aloud::Asking { .. } | Aloud::Cut) {
                    self.await_answer(now, None, out);
                }
            }
            (Phase::Executing { tag, .. }, Cancel::Everything(_)) => {
                out.push(Command::CancelExecution { tag: *tag });
                out.push(notice(NoticeLevel::Info, "cancelling", "asked to stop; the outcome follows"));
            }
            (Phase::Executing { .. } | Phase::Idle, Cancel::Reply) | (Phase::Idle, Cancel::Everything(_)) => {
            }
        }
    }

    /// The person is gone: nothing is said, what was pending is denied, what runs ends by itself and in the ledger.
    pub(super) fn on_disconnected(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        self.hush(now, out);
        self.stop_hearing(out);
        self.queued = None;
        self.awaited = None;
        self.unasked.clear();
        match &self.phase {
            Phase::Planning { tag, .. } | Phase::Judging { tag, .. } => {
                out.push(Command::StopThinking { tag: *tag })
            }
            Phase::Confirming(_) => {
                self.close_question(now, DecidedBy::Disconnect, out);
            }
            Phase::Idle | Phase::Executing { .. } | Phase::Speaking { .. } | Phase::Interrupted { .. } => {}
        }
        self.phase = Phase::Idle;
    }

    fn stop_hearing(&mut self, out: &mut Vec<Command<A>>) {
        self.ear.open = None;
        self.ear.said = None;
        out.extend(self.ear.hearing.drain(..).map(|h| Command::StopThinking { tag: h.tag }));
    }

    pub(super) fn on_deadline(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        self.unasked.release(now);
        let phase_due = self.phase_deadline().is_some_and(|until| until <= now);
        if self.ear.open.is_some_and(|until| until <= now) {
            self.ear.open = None;
        }
        if let Some(at) = self.ear.hearing.iter().position(|h| h.until <= now)
            && let Some(lost) = self.ear.hearing.remove(at)
        {
            out.push(Command::StopThinking { tag: lost.tag });
            self.on_deaf(now, out);
        }
        // What the ear's end changed has a deadline of its own.
        if !phase_due || self.phase_deadline().is_none_or(|until| until > now) {
            return;
        }
        match &self.phase {
            Phase::Idle | Phase::Interrupted { .. } => {}
            Phase::Planning { tag, .. } | Phase::Judging { tag, .. } => {
                out.push(Command::StopThinking { tag: *tag });
                self.say(now, sentences::TOO_SLOW.to_owned(), out);
            }
            Phase::Confirming(_) => self.deny(now, DecidedBy::Timeout, sentences::NO_ANSWER, out),
            Phase::Executing { tag, .. } => {
                let (tag, say) = (*tag, sentences::NO_WORD.to_owned());
                let outcome = StepOutcome { state: StepState::Unknown, say, result: String::new() };
                self.publish_step(tag, &outcome, out);
                self.tell(now, outcome.say, out);
            }
            Phase::Speaking { .. } => {
                self.hush(now, out);
                self.phase = Phase::Idle;
            }
        }
    }
}
