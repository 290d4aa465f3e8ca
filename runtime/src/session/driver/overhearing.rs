//! Work on speech that is not over, so that little is left to do when it is: partial transcripts while somebody speaks, the
//! final one at the start of a pause, and a plan from that during the rest of it.
//!
//! Invariants:
//! - Nothing done here has an effect: a plan is made and kept, never judged, asked, run or told.
//! - The transcript that is used is that of the very samples that are the utterance (with a button: of all of it but silence),
//!   heard for the same. The plan that is used is the one that the machine asked for.
//! - Speech that goes on cancels what was begun in the pause. What others wait for goes before what may be for nothing.

mod begun;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use homepilot_models::cancel::Cancel;
use homepilot_voice::endpoint::Sentence;
use tokio_util::sync::CancellationToken;

use super::{
    Driver, Report,
    thoughts::{Access, Kind, Thought},
};
use crate::{
    engines::Part,
    session::{
        ears::Ears,
        output::{Output, UtteranceId},
    },
    turn::{Heard, HearingFault, Input, PlanFault, PlanRequest, Tag},
};

pub(super) use begun::{Clip, Number, Overhearing};

use begun::{Ahead, Pause, Prospect};

/// Where the speech that goes on comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Microphone {
    /// Silence ends an utterance.
    Open,
    /// A button does.
    Held,
}

impl Driver {
    fn ears_of(&mut self, from: Microphone) -> Option<&mut Ears> {
        match from {
            Microphone::Open => self.ears.as_mut(),
            Microphone::Held => self.held.as_mut(),
        }
    }

    /// Looks what can be done for the speech that goes on, and what was done for nothing.
    pub(super) fn overhear(&mut self, from: Microphone, now: Instant) {
        let Some(ears) = self.ears_of(from) else { return };
        let (paused, live, due) = (ears.paused(), ears.is_live(now), ears.is_due());
        if self.overhearing.early.as_ref().is_some_and(|early| Some(early.of.since) != paused) {
            self.overhearing.give_up_pause();
        }
        if !live {
            return;
        }
        match paused {
            Some(since) if self.overhearing.early.is_none() => self.hear_early(from, since),
            Some(_) => {}
            None if due && self.overhearing.partial.is_none() => self.hear_partially(from),
            None => {}
        }
    }

    /// The final transcript, begun when a pause does.
    fn hear_early(&mut self, from: Microphone, since: Duration) {
        let Some(samples) = self.ears_of(from).and_then(Ears::so_far) else { return };
        if let Some(ears) = self.ears_of(from) {
            ears.wait_for_words();
        }
        if let Some((_, cancel)) = self.overhearing.partial.take() {
            cancel.cancel();
        }
        let (number, cancel) = (self.overhearing.number(), Cancel::default());
        let kind = Kind { options: self.asr_options(), awaited: self.machine.awaiting() };
        let hearing = self.recognise(samples, kind.clone(), cancel.clone());
        self.jobs.spawn(async move { Report::Overheard(number, from, hearing.await) });
        let of = Pause { since, kind };
        self.overhearing.early = Some(Ahead { number, of, cancel, began: Instant::now(), result: None });
    }

    /// What was said so far, if nobody needs the engine.
    fn hear_partially(&mut self, from: Microphone) {
        if !self.app.engines.ears.is_idle() {
            return;
        }
        let Some(samples) = self.ears_of(from).and_then(Ears::so_far) else { return };
        let (number, cancel, options) = (self.overhearing.number(), Cancel::default(), self.asr_options());
        self.overhearing.partial = Some((number, cancel.clone()));
        let app = self.app.clone();
        self.jobs.spawn(async move {
            let ears = &app.engines.ears;
            let stop = cancel.clone();
            let mut hearing = std::pin::pin!(
                ears.spare(move |asr| asr.transcribe(&samples, &options, &stop).map(|t| t.text))
            );
            let text = tokio::select! {
                biased;
                text = &mut hearing => text,
                () = ears.wanted() => {
                    cancel.cancel();
                    hearing.await
                }
            };
            Report::Partial(number, text.ok().and_then(Result::ok))
        });
    }

    pub(super) async fn on_partial(&mut self, number: Number, text: Option<String>) {
        if self.overhearing.partial.take_if(|(running, _)| *running == number).is_some()
            && let Some(text) = text
        {
            self.show_words(&text).await;
        }
    }

    async fn show_words(&mut self, text: &str) {
        if self.overhearing.words.push(text).is_some() {
            self.put(Output::Hearing { text: self.overhearing.words.stable() }).await;
        }
    }

    pub(super) async fn on_overheard(
        &mut self,
        number: Number,
        from: Microphone,
        result: Result<Heard, HearingFault>,
    ) {
        if let Some((tag, samples, kind)) = self.overhearing.hearings.remove(&number) {
            // What the machine gave up is stale there; what failed for another reason is tried as if nothing had been.
            if result.is_err() && self.thinking.contains_key(&tag) {
                self.hear(tag, samples, kind);
            } else {
                self.transcribed(tag, result).await;
            }
            return;
        }
        let Some(early) = self.overhearing.early.as_mut().filter(|early| early.number == number) else {
            return;
        };
        let words = result.as_ref().ok().map(|heard| heard.text.clone());
        let now = Instant::now();
        early.result = Some((result, now));
        let sentence = words.as_deref().map(|words| Sentence::of(words, &self.options.persona.language));
        let announced = self.ears_of(from).is_some_and(|ears| ears.is_announced());
        let ended = self.ears_of(from).and_then(|ears| ears.wait_after(sentence, now));
        // Of what did not stop us it is not known yet whether it is for us.
        if let Some(words) = words.filter(|_| announced) {
            self.show_words(&words).await;
            self.plan_early(now, &words);
        }
        if let Some(event) = ended {
            self.on_noticed(event).await;
        }
    }

    /// A plan for words that may be all, if the planner has nothing else to do.
    fn plan_early(&mut self, now: Instant, words: &str) {
        self.overhearing.give_up_plan();
        let Some(foreseen) = self.machine.foresee(now, words) else { return };
        if !self.app.engines.planner.is_idle() {
            return;
        }
        let (number, cancel, asked_for) =
            (self.overhearing.number(), Cancel::default(), CancellationToken::new());
        let thinking = self.thinking_of(foreseen.turn, foreseen.request.clone());
        let toolbox = thinking.toolbox.clone();
        let access = Access::Spare { asked_for: asked_for.clone() };
        let thought = thinking.think(cancel.clone(), access);
        self.jobs.spawn(async move { Report::Foreplanned(number, thought.await) });
        let of = Prospect { foreseen, toolbox, asked_for };
        self.overhearing.plan = Some(Ahead { number, of, cancel, began: now, result: None });
    }

    pub(super) async fn on_foreplanned(&mut self, number: Number, result: Result<Box<Thought>, PlanFault>) {
        if let Some((tag, request)) = self.overhearing.plans.remove(&number) {
            if result.is_err() && self.thinking.contains_key(&tag) {
                self.think_now(tag, request);
            } else {
                self.planned(tag, result).await;
            }
        } else if let Some(plan) = self.overhearing.plan.as_mut().filter(|plan| plan.number == number) {
            plan.result = Some((result, Instant::now()));
        }
    }

    /// An utterance is complete: what was overheard of it goes with it.
    pub(super) fn clip(
        &mut self,
        samples: Vec<f32>,
        utterance: UtteranceId,
        silent_since: Option<Duration>,
    ) -> Clip {
        Clip { samples, utterance, early: self.overhearing.words_until(silent_since) }
    }

    /// The button was released: since when nobody had spoken, if `samples` are what was overheard.
    pub(super) fn silent_since(&mut self, samples: &[f32]) -> Option<Duration> {
        self.held.take().filter(|held| held.heard_all_of(samples)).and_then(|held| held.paused())
    }

    /// Lets go of what was overheard: it was no speech, or something else begins.
    pub(super) fn forget_overheard(&mut self) {
        self.overhearing.give_up();
    }

    /// Takes words that are known already, or will be soon. Gives the samples back where they are not.
    pub(super) fn heard_early(&mut self, tag: Tag, clip: Clip, kind: &Kind) -> Option<Vec<f32>> {
        let Clip { samples, early, .. } = clip;
        let Some(early) = early else { return Some(samples) };
        let same = early.of.kind == *kind;
        match early.result {
            Some((Ok(heard), ended)) if same => {
                self.record.begin(tag, self.hearing_work(true), early.began);
                self.record_words(tag, ended, Some(&heard));
                self.jobs.spawn(async move { Report::Input(Input::Transcribed(tag, Ok(heard))) });
                None
            }
            None if same => {
                self.record.begin(tag, self.hearing_work(true), early.began);
                self.thinking.insert(tag, early.cancel);
                self.overhearing.hearings.insert(early.number, (tag, samples, early.of.kind));
                None
            }
            Some(_) | None => {
                early.cancel.cancel();
                Some(samples)
            }
        }
    }

    /// Takes a plan that is made already, or will be soon, if it is the one that is asked for.
    pub(super) fn planned_early(&mut self, tag: Tag, request: PlanRequest) -> Option<PlanRequest> {
        let Some(plan) = self.overhearing.plan.take() else { return Some(request) };
        let same = plan.of.foreseen.turn == tag.turn
            && plan.of.foreseen.request == request
            && Arc::ptr_eq(&plan.of.toolbox, &self.app.toolbox(&self.options.persona));
        match plan.result {
            Some((Ok(thought), ended)) if same => {
                self.record.begin(tag, self.planning_work(true), plan.began);
                self.record_plan(tag, ended, Some(&thought));
                self.jobs.spawn(async move { Report::Planned(tag, Ok(thought)) });
                None
            }
            None if same => {
                self.record.begin(tag, self.planning_work(true), plan.began);
                plan.of.asked_for.cancel();
                self.thinking.insert(tag, plan.cancel);
                self.overhearing.plans.insert(plan.number, (tag, request));
                None
            }
            Some(_) | None => {
                plan.cancel.cancel();
                Some(request)
            }
        }
    }

    /// Words are known. What they come to has been commanded when this returns: a plan that was not asked for by then never
    /// will be.
    pub(super) async fn transcribed(&mut self, tag: Tag, result: Result<Heard, HearingFault>) {
        self.thinking.remove(&tag);
        self.record_words(tag, Instant::now(), result.as_ref().ok());
        if let Err(HearingFault::BrokeOff(_)) = &result {
            self.broke_off_here(Part::Ears).await;
        }
        if let Some(utterance) = self.heard.remove(&tag) {
            let output = match &result {
                Ok(heard) => Output::Heard { utterance, text: heard.text.clone() },
                Err(fault) => Output::HearingFailed { utterance, message: fault.to_string() },
            };
            self.put(output).await;
        }
        self.input(Input::Transcribed(tag, result)).await;
        self.over = None;
        self.overhearing.give_up_plan();
    }
}
