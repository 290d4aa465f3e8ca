//! From words to a plan, a judgement and a call.

use std::time::{Duration, Instant};

use super::{
    EXECUTING, Machine, SPEAKING, THINKING, WORDS_ANSWER,
    agenda::Agenda,
    events::{Command, Judgement, NoticeLevel, StepOutcome, Tag, TurnEvent},
    notice,
    phase::{Aside, Awaited, Basis, Phase, Said, Telling, Via},
    request::{Asker, Call, Grounds, HalfMade, Leg, Plan, PlanFault, PlanRequest},
    sentences,
    unasked::Floor,
};
use crate::planner::agenda::Kind;

impl<A> Machine<A> {
    /// Words that are no answer to anything open: a new request, or the answer to what was asked in words, which goes on
    /// with the request that it was asked for.
    pub(super) fn begin(&mut self, now: Instant, said: Said, out: &mut Vec<Command<A>>) {
        let via = said.via();
        self.leave_out_rest(out);
        let awaited = self.awaited.take().filter(|awaited| now <= awaited.until);
        let (words, basis) = match awaited {
            Some(awaited) => {
                let Some(Awaited { basis, mut agenda, .. }) = self.heard_out(now, awaited, &said, out) else {
                    return;
                };
                agenda.run(now);
                self.agenda = Some(*agenda);
                (said.text.clone(), basis)
            }
            None => {
                self.session.last.turn += 1;
                let agenda = self.agenda.insert(Agenda::new(now, &said.text));
                (agenda.current.words.clone(), Basis::default())
            }
        };
        self.plan(now, words, basis, via, out);
        self.history.person(&said.text);
    }

    /// More words for what is being planned.
    pub(super) fn join(&mut self, now: Instant, request: PlanRequest, said: Said, out: &mut Vec<Command<A>>) {
        let basis = Basis { editing: request.editing, answering: request.answering };
        let words = match &mut self.agenda {
            Some(agenda) if basis.is_new() => {
                agenda.join(&said.text);
                agenda.current.words.clone()
            }
            Some(_) | None => format!("{} {}", request.utterance, said.text),
        };
        self.plan(now, words, basis, said.via(), out);
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
        if let Some(agenda) = &mut self.agenda {
            agenda.unprepare();
        }
        let request = self.request(utterance, basis);
        let tag = self.tag();
        self.phase = Phase::Planning { tag, request: request.clone(), until: now + THINKING };
        self.patience.begin(now);
        out.push(Command::Plan { tag, request: Box::new(request) });
    }

    pub(super) fn request(&self, utterance: String, basis: Basis) -> PlanRequest {
        let then = self.agenda.as_ref().filter(|_| basis.is_new()).map(Agenda::then).unwrap_or_default();
        self.request_with(utterance, then, basis)
    }

    pub(super) fn request_with(&self, utterance: String, then: Vec<String>, basis: Basis) -> PlanRequest {
        let Basis { editing, answering } = basis;
        let (history, past) = (self.history.lines(), self.past.recent());
        PlanRequest { utterance, then, editing, answering, history, past }
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
                let half = request.answering.as_ref().and_then(|half| half.call.as_ref());
                if half.is_some_and(|half| half.capability != call.capability) {
                    self.turn_to(now, &request.utterance, out);
                }
                if let Some(agenda) = &mut self.agenda {
                    agenda.leave_nothing_out(&call);
                }
                self.publish_place(out);
                self.judge(now, call, request, out);
            }
            Ok(Plan::Instead { undo, call }) => {
                self.publish_place(out);
                self.replace(now, (undo, call), request, out);
            }
            Ok(Plan::OneRequest) if !request.then.is_empty() => self.plan_together(now, out),
            Ok(Plan::OneRequest) => self.not_planned(now, out),
            Ok(Plan::Respond) if self.may_be_one(&request) => self.plan_together(now, out),
            Ok(Plan::Respond) if request.editing.is_some() => self.stop(now, sentences::NOT_CHANGED, out),
            Ok(Plan::Respond) => {
                if request.answering.is_some() {
                    self.turn_to(now, &request.utterance, out);
                }
                self.publish_place(out);
                self.converse(now, request, out);
            }
            Ok(Plan::Ask { question, call }) => {
                self.publish_place(out);
                self.ask_in_words(now, request, question, call, out);
            }
            Err(PlanFault::Broken(_)) => self.not_planned(now, out),
            Err(PlanFault::BrokeOff(_)) => self.stop(now, sentences::THINKING_BROKE_OFF, out),
            Err(PlanFault::NotYet(sentence)) => self.finish(now, &sentence, out),
        }
    }

    /// Takes back what was done, and prepares what it should have been.
    fn replace(
        &mut self,
        now: Instant,
        (undo, call): (Call, Call),
        request: PlanRequest,
        out: &mut Vec<Command<A>>,
    ) {
        let Some(agenda) = &mut self.agenda else { return self.not_planned(now, out) };
        agenda.prepare(call);
        self.murmur(sentences::INSTEAD, out);
        let (tag, text) = (self.session.last, sentences::INSTEAD.to_owned());
        self.aside = Some(Aside { tag, text, telling: Telling::First });
        self.judge(now, undo, request, out);
    }

    /// What seemed to be an answer is a request of its own.
    fn turn_to(&mut self, now: Instant, words: &str, out: &mut Vec<Command<A>>) {
        self.leave_out_rest(out);
        self.session.last.turn += 1;
        self.agenda = Some(Agenda::one(now, words));
    }

    /// Whether a clause that no tool does may be half of a request that one does.
    fn may_be_one(&self, request: &PlanRequest) -> bool {
        let agenda = self.agenda.as_ref().filter(|_| !request.then.is_empty());
        agenda.is_some_and(|agenda| agenda.current.kind == Kind::Deed && agenda.may_be_one())
    }

    fn plan_together(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        let Some(agenda) = &mut self.agenda else { return self.not_planned(now, out) };
        agenda.together();
        let words = agenda.current.words.clone();
        self.plan(now, words, Basis::default(), self.session.via, out);
    }

    fn not_planned(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        out.push(notice(NoticeLevel::Error, "planning_failed", "no plan could be made; nothing was done"));
        self.stop(now, sentences::NOT_PLANNED, out);
    }

    /// An answer in words. What should have been done and was only talked about ends the request; after a call no model is
    /// asked to talk about it, since all it could tell is what the tool answered.
    fn converse(&mut self, now: Instant, request: PlanRequest, out: &mut Vec<Command<A>>) {
        let results = self.past.results_of(self.session.last.turn);
        if let Some(agenda) = &mut self.agenda
            && agenda.current.kind == Kind::Deed
        {
            if !results.is_empty() && !agenda.current.wants_words() {
                agenda.give_up_all();
                return self.finish(now, sentences::NO_WAY, out);
            }
            agenda.give_up();
        }
        self.reassure_before_writing(now, out);
        let tag = self.tag();
        self.history.begin(tag);
        self.open_mouth(tag, "");
        self.patience.begin(now);
        self.phase = Phase::Speaking { tag, cuts: 0, until: now + SPEAKING };
        let PlanRequest { utterance, history, .. } = request;
        out.push(Command::Converse { tag, utterance, history, results });
    }

    /// The request waits for a value, with everything that is known of it.
    fn ask_in_words(
        &mut self,
        now: Instant,
        request: PlanRequest,
        question: String,
        call: Option<Call>,
        out: &mut Vec<Command<A>>,
    ) {
        let before = request.answering.map(|half| half.utterance + " ").unwrap_or_default();
        let utterance = before + &request.utterance;
        let half = HalfMade { utterance, call, question, asker: Asker::Us };
        self.await_words(now, Basis { editing: request.editing, answering: Some(half) }, WORDS_ANSWER, out);
    }

    /// Puts a question in words, whose answer the request waits for.
    pub(super) fn await_words(
        &mut self,
        now: Instant,
        basis: Basis,
        wait: Duration,
        out: &mut Vec<Command<A>>,
    ) {
        let (words, question) = basis
            .answering
            .as_ref()
            .map(|half| (half.utterance.clone(), half.question.clone()))
            .unwrap_or_default();
        let mut agenda = self.agenda.take().unwrap_or_else(|| Agenda::one(now, &words));
        agenda.stand(now);
        let (tag, agenda) = (self.session.last, Box::new(agenda));
        let awaited = Awaited { basis, tag, heard: None, asked: 0, agenda, until: now + wait };
        self.ask_words(now, awaited, question, out);
    }

    pub(super) fn ask_words(
        &mut self,
        now: Instant,
        awaited: Awaited,
        question: String,
        out: &mut Vec<Command<A>>,
    ) {
        self.say(now, question, out);
        self.awaited = Some(Awaited { tag: self.session.last, heard: None, ..awaited });
        self.unasked.floor = Floor::Asked;
    }

    /// Puts a call before policy, if the request may make another.
    pub(super) fn judge(
        &mut self,
        now: Instant,
        call: Call,
        request: PlanRequest,
        out: &mut Vec<Command<A>>,
    ) {
        if let Some(bound) = self.agenda.as_ref().and_then(|agenda| agenda.bound(now)) {
            return self.finish(now, &sentences::bounded(bound), out);
        }
        let tag = self.tag();
        let leg = match request.answering.as_ref().map(|half| half.asker) {
            Some(Asker::Agent) => Leg::GoesOn,
            Some(Asker::Us) | None => Leg::Begins,
        };
        self.phase = Phase::Judging { tag, request, until: now + THINKING };
        out.push(Command::Judge { tag, call, grounds: self.grounds(), leg });
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
        let mut spoken = self.history.spoken();
        // A long request may have outlived the lines that are kept.
        spoken.extend(self.agenda.as_ref().map(|agenda| agenda.asked.clone()));
        Grounds { spoken, results: self.past.results() }
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
        self.tell(now, &say, out);
    }

    pub(super) fn execute(
        &mut self,
        now: Instant,
        token: A,
        call: Call,
        approval: Option<String>,
        out: &mut Vec<Command<A>>,
    ) {
        if let Some(agenda) = &mut self.agenda {
            agenda.called();
        }
        let tag = self.tag();
        self.phase = Phase::Executing { tag, call, approval, until: now + EXECUTING };
        self.patience.begin(now);
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
}
