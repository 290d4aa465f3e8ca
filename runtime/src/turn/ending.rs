//! What ends a turn early: an explicit cancel, a lost connection, a deadline.

use std::time::Instant;

use super::{
    AFTER_CANCEL, Machine,
    events::{Cancel, Command, DecidedBy, NoticeLevel, StepOutcome, StepState},
    notice,
    phase::{Aloud, Phase, Stage, Telling},
    request::Ids,
    sentences,
    unasked::Floor,
};

impl<A> Machine<A> {
    pub(super) fn on_cancel(&mut self, now: Instant, cancel: Cancel, out: &mut Vec<Command<A>>) {
        let telling = self.aside.take().is_some_and(|aside| aside.telling != Telling::Cut);
        self.hush(now, out);
        self.let_go(out);
        self.patience.answered();
        self.unasked.floor = Floor::Theirs { until: now + AFTER_CANCEL };
        if let Cancel::Everything(_) = cancel {
            self.stop_hearing(out);
            self.queued = None;
            self.awaited = None;
        }
        match (&mut self.phase, cancel) {
            // What is being said is of the step before.
            (Phase::Planning { .. } | Phase::Judging { .. }, Cancel::Reply) if telling => {}
            (
                Phase::Planning { tag, .. } | Phase::Judging { tag, .. },
                Cancel::Reply | Cancel::Everything(_),
            ) => {
                out.push(Command::StopThinking { tag: *tag });
                self.phase = Phase::Idle;
                self.leave_out_rest(out);
                out.push(notice(NoticeLevel::Info, "cancelled", "stopped; nothing more was done"));
            }
            (Phase::Between { stage, .. }, Cancel::Everything(_)) => {
                if let Stage::Checking { tag, .. } = stage {
                    out.push(Command::StopThinking { tag: *tag });
                }
                self.phase = Phase::Idle;
                self.leave_out_rest(out);
                out.push(notice(NoticeLevel::Info, "cancelled", "stopped; it is not tried again"));
            }
            (Phase::Speaking { .. } | Phase::Interrupted { .. }, Cancel::Reply | Cancel::Everything(_)) => {
                self.phase = Phase::Idle;
                self.leave_out_rest(out);
            }
            (Phase::Confirming(_), Cancel::Everything(by)) => self.deny(now, by, sentences::DENIED, out),
            (Phase::Confirming(c), Cancel::Reply) => {
                if matches!(c.aloud, Aloud::Asking { .. } | Aloud::Cut) {
                    self.await_answer(now, None, out);
                }
            }
            (Phase::Executing { tag, .. }, Cancel::Everything(_)) => {
                out.push(Command::CancelExecution { tag: *tag });
                self.give_up();
                out.push(notice(NoticeLevel::Info, "cancelling", "asked to stop; the outcome follows"));
            }
            (Phase::Executing { .. } | Phase::Between { .. } | Phase::Idle, Cancel::Reply)
            | (Phase::Idle, Cancel::Everything(_)) => {}
        }
    }

    /// The person is gone: nothing is said, what was pending is denied, what runs ends by itself and in the ledger.
    pub(super) fn on_disconnected(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        self.hush(now, out);
        self.stop_hearing(out);
        self.queued = None;
        self.awaited = None;
        self.agenda = None;
        self.aside = None;
        self.unasked.clear();
        match &self.phase {
            Phase::Planning { tag, .. }
            | Phase::Judging { tag, .. }
            | Phase::Between { stage: Stage::Checking { tag, .. }, .. } => {
                out.push(Command::StopThinking { tag: *tag })
            }
            Phase::Confirming(_) => {
                self.close_question(now, DecidedBy::Disconnect, out);
            }
            Phase::Idle
            | Phase::Executing { .. }
            | Phase::Between { stage: Stage::Pausing { .. }, .. }
            | Phase::Speaking { .. }
            | Phase::Interrupted { .. } => {}
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
                self.stop(now, sentences::TOO_SLOW, out);
            }
            Phase::Between { stage: Stage::Checking { tag, .. }, .. } => {
                out.push(Command::StopThinking { tag: *tag });
                self.on_checked(now, Ok(false), out);
            }
            Phase::Between { call, stage: Stage::Pausing { .. } } => {
                let call = call.clone();
                self.call_again(now, call, out);
            }
            Phase::Confirming(_) => self.deny(now, DecidedBy::Timeout, sentences::NO_ANSWER, out),
            Phase::Executing { tag, .. } => {
                let (tag, say) = (*tag, sentences::NO_WORD.to_owned());
                let outcome = StepOutcome {
                    state: StepState::Unknown,
                    say,
                    result: String::new(),
                    ids: Ids::default(),
                };
                self.publish_step(tag, &outcome, out);
                self.tell(now, &outcome.say, out);
            }
            Phase::Speaking { .. } => {
                self.hush(now, out);
                self.phase = Phase::Idle;
            }
        }
    }
}
