//! An open question: asking it, hearing the answer, closing it.

use std::time::Instant;

use super::{
    MAX_ASKS, Machine, SETTLING, VOICE_ANSWER, YES_CONFIDENCE,
    events::{AskForm, Command, DecidedBy, Decision, PendingCall, Resolution, Tag, TurnEvent},
    phase::{Aloud, Basis, Confirming, Detail, Phase, Said, Via},
    request::Call,
    sentences::{self, End},
};
use crate::{
    answer::{Answer, recognise},
    phrasing::YesBy,
};

impl<A> Machine<A> {
    pub(super) fn open_question(
        &mut self,
        now: Instant,
        tag: Tag,
        pending: PendingCall,
        out: &mut Vec<Command<A>>,
    ) {
        out.push(Command::Publish(TurnEvent::QuestionOpened(pending.clone())));
        if let Some(agenda) = &mut self.agenda {
            agenda.stand(now);
        }
        let via = self.session.via;
        let (aloud, detail) = (Aloud::Cut, Detail::Unheard);
        self.phase = Phase::Confirming(Box::new(Confirming {
            tag,
            pending,
            via,
            aloud,
            detail,
            unclear: 0,
            asked: 0,
        }));
        self.ask(now, AskForm::Full, out);
    }

    pub(super) fn ask(&mut self, now: Instant, form: AskForm, out: &mut Vec<Command<A>>) {
        // What is being said of the step before is said to its end, and so is a word about the wait.
        if self.aside.is_none() && !self.patience.is_saying() {
            self.hush(now, out);
        }
        let tag = self.tag();
        let Phase::Confirming(c) = &mut self.phase else { return };
        c.asked += 1;
        if c.asked > MAX_ASKS {
            return self.deny(now, DecidedBy::Timeout, sentences::NO_ANSWER, out);
        }
        let question = &c.pending.question;
        let text = match form {
            AskForm::Full | AskForm::Repeat => question.spoken.clone(),
            AskForm::Short => question.again.clone(),
            AskForm::Otherwise => question.yes.in_words().to_owned(),
        };
        c.aloud = Aloud::Asking { tag };
        // Whatever was played is of the full question: an echo of it may come from either.
        self.open_mouth(tag, &text);
        self.history.begin(tag);
        out.push(Command::AskAloud { tag, text, form });
    }

    /// How an interrupted question is put again: shortly only to who has heard all of it.
    pub(super) fn repeat_form(&self) -> AskForm {
        match &self.phase {
            Phase::Confirming(c) if c.detail == Detail::Heard => AskForm::Short,
            Phase::Idle
            | Phase::Planning { .. }
            | Phase::Judging { .. }
            | Phase::Confirming(_)
            | Phase::Executing { .. }
            | Phase::Between { .. }
            | Phase::Speaking { .. }
            | Phase::Interrupted { .. } => AskForm::Repeat,
        }
    }

    /// The question is over, or was given up; `since` is when it was played to its end.
    pub(super) fn await_answer(&mut self, now: Instant, since: Option<Instant>, out: &mut Vec<Command<A>>) {
        let Phase::Confirming(c) = &mut self.phase else { return };
        // A hand takes longer than a word, above all with a PIN to type.
        let aloud = c.via == Via::Voice && c.pending.question.yes.takes(true);
        let until = if aloud { c.pending.expires.min(now + VOICE_ANSWER) } else { c.pending.expires };
        c.aloud = Aloud::Waiting { since, until };
        out.push(Command::Publish(TurnEvent::AnswerDue { approval: c.pending.approval.clone(), until }));
    }

    pub(super) fn on_answer(&mut self, now: Instant, said: &Said, out: &mut Vec<Command<A>>) {
        let Phase::Confirming(c) = &self.phase else { return };
        self.aside = None;
        let answer = recognise(&said.text, Some(&c.pending.question.spoken));
        let by = self.decider(said);
        if let Aloud::Settling { .. } = c.aloud {
            // Already approved: only a no still matters, and it wins while nothing has left.
            return match answer {
                Answer::No | Answer::Cancel | Answer::Edit { .. } => {
                    self.history.person(&said.text);
                    self.deny(now, by, sentences::DENIED, out);
                }
                Answer::Yes | Answer::Repeat | Answer::StopSpeaking | Answer::Unclear => {}
            };
        }
        self.history.person(&said.text);
        match answer {
            Answer::No | Answer::Cancel => self.deny(now, by, sentences::DENIED, out),
            Answer::Edit { remainder } => self.edit(now, remainder, said, out),
            Answer::Repeat => self.ask(now, AskForm::Repeat, out),
            Answer::StopSpeaking => {
                let since = self.played_since();
                self.await_answer(now, since, out);
            }
            Answer::Unclear => self.unclear(now, out),
            Answer::Yes => match self.may_approve(said) {
                Approval::Counts => self.approve(now, by, out),
                Approval::TooEarly => {
                    let form = self.repeat_form();
                    self.ask(now, form, out);
                }
                Approval::TooDoubtful => self.unclear(now, out),
                Approval::NotHere => self.deny(now, by, sentences::NOT_HERE, out),
                Approval::Otherwise => {
                    // The whole question says it too.
                    let form = match self.repeat_form() {
                        AskForm::Short => AskForm::Otherwise,
                        form => form,
                    };
                    self.ask(now, form, out);
                }
            },
        }
    }

    fn may_approve(&self, said: &Said) -> Approval {
        if !self.session.approves {
            return Approval::NotHere;
        }
        let Phase::Confirming(c) = &self.phase else { return Approval::TooDoubtful };
        // The gateway refuses it too; here it is said. A PIN is never among words, which are kept.
        let yes = c.pending.question.yes;
        if yes == YesBy::Pin || !yes.takes(said.via() == Via::Voice) {
            return Approval::Otherwise;
        }
        match (said.started, self.played_since()) {
            (None, _) => Approval::Counts,
            (Some(_), _) if said.confidence.is_nan() || said.confidence < YES_CONFIDENCE => {
                Approval::TooDoubtful
            }
            (Some(started), Some(since)) if started > since => Approval::Counts,
            (Some(_), _) => Approval::TooEarly,
        }
    }

    fn played_since(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Confirming(c) if c.detail == Detail::Heard => match c.aloud {
                Aloud::Waiting { since, .. } => since,
                Aloud::Asking { .. } | Aloud::Cut | Aloud::Settling { .. } => None,
            },
            Phase::Idle
            | Phase::Planning { .. }
            | Phase::Judging { .. }
            | Phase::Confirming(_)
            | Phase::Executing { .. }
            | Phase::Between { .. }
            | Phase::Speaking { .. }
            | Phase::Interrupted { .. } => None,
        }
    }

    fn decider(&self, said: &Said) -> DecidedBy {
        match said.via() {
            Via::Voice => DecidedBy::Voice,
            Via::Text => self.session.typed_by,
        }
    }

    fn approve(&mut self, now: Instant, by: DecidedBy, out: &mut Vec<Command<A>>) {
        self.hush(now, out);
        let Phase::Confirming(c) = &mut self.phase else { return };
        c.aloud = Aloud::Settling { until: now + SETTLING };
        out.push(Command::Answer { approval: c.pending.approval.clone(), decision: Decision::Approve, by });
    }

    pub(super) fn unclear(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        let form = self.repeat_form();
        let Phase::Confirming(c) = &mut self.phase else { return };
        c.unclear += 1;
        if c.unclear > 1 {
            self.deny(now, DecidedBy::Voice, sentences::UNCLEAR, out);
        } else {
            self.ask(now, form, out);
        }
    }

    fn edit(&mut self, now: Instant, remainder: String, said: &Said, out: &mut Vec<Command<A>>) {
        let by = self.decider(said);
        // Words about a call that takes something back, to be made again, are about what is made.
        let replaces = self.agenda.as_mut().is_some_and(super::agenda::Agenda::unprepare);
        let Some(call) = self.close_question(now, by, out) else { return };
        if replaces {
            self.plan(now, said.text.clone(), Basis::default(), said.via(), out);
        } else {
            let basis = Basis { editing: Some(call), answering: None };
            self.plan(now, remainder, basis, said.via(), out);
        }
    }

    /// Answers no and says so.
    pub(super) fn deny(&mut self, now: Instant, by: DecidedBy, end: End, out: &mut Vec<Command<A>>) {
        let approval = match &self.phase {
            Phase::Confirming(c) => c.pending.approval.clone(),
            Phase::Idle
            | Phase::Planning { .. }
            | Phase::Judging { .. }
            | Phase::Executing { .. }
            | Phase::Between { .. }
            | Phase::Speaking { .. }
            | Phase::Interrupted { .. } => return,
        };
        if let Some(call) = self.close_question(now, by, out) {
            let say = end.said(self.progress()).to_owned();
            self.not_done(now, Some(approval), call, say, out);
        }
    }

    /// Denies at the gateway and leaves the question, whatever the gateway knows by now: a grant that crosses this is
    /// stale and is discarded.
    pub(super) fn close_question(
        &mut self,
        now: Instant,
        by: DecidedBy,
        out: &mut Vec<Command<A>>,
    ) -> Option<Call> {
        self.hush(now, out);
        self.aside = None;
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Confirming(c) => {
                self.work_on(now);
                let PendingCall { approval, call, .. } = c.pending;
                out.push(Command::Answer { approval: approval.clone(), decision: Decision::Deny, by });
                out.push(closed(approval, Decision::Deny, by));
                Some(call)
            }
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// The question is answered: the request's time runs again.
    fn work_on(&mut self, now: Instant) {
        if let Some(agenda) = &mut self.agenda {
            agenda.run(now);
        }
    }

    pub(super) fn on_resolved(&mut self, now: Instant, resolution: Resolution<A>, out: &mut Vec<Command<A>>) {
        self.hush(now, out);
        self.aside = None;
        let c = match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Confirming(c) => {
                self.work_on(now);
                c
            }
            // `expects` lets a resolution through only to its question.
            other => {
                self.phase = other;
                return Self::drop_stale(super::Input::Resolved(self.session.last, resolution), out);
            }
        };
        let approval = c.pending.approval;
        let (by, end) = match resolution {
            Resolution::Granted { token, by } => {
                out.push(closed(approval.clone(), Decision::Approve, by));
                return self.execute(now, token, c.pending.call, Some(approval), out);
            }
            Resolution::Edited { pending, by } => {
                out.push(closed(approval, Decision::Deny, by));
                // What was to come after another call does not come after this one.
                if let Some(agenda) = &mut self.agenda {
                    agenda.unprepare();
                }
                return self.open_question(now, c.tag, *pending, out);
            }
            Resolution::Denied { by } if matches!(c.aloud, Aloud::Settling { .. }) => {
                (by, sentences::WITHDRAWN)
            }
            Resolution::Denied { by } => (by, sentences::DENIED),
            Resolution::Expired => (DecidedBy::Timeout, sentences::NO_ANSWER),
        };
        out.push(closed(approval.clone(), Decision::Deny, by));
        let say = end.said(self.progress()).to_owned();
        self.not_done(now, Some(approval), c.pending.call, say, out);
    }
}

enum Approval {
    Counts,
    TooEarly,
    TooDoubtful,
    NotHere,
    Otherwise,
}

fn closed<A>(approval: String, decision: Decision, by: DecidedBy) -> Command<A> {
    Command::Publish(TurnEvent::QuestionClosed { approval, decision, by })
}
