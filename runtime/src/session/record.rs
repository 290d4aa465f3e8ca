//! What a session keeps of the turn that goes on, for its trace: which stages there were, from when to when. It keeps nothing
//! unless traces are asked for.
//!
//! A turn lasts from an utterance until nothing is left to do or say, or until the next request begins. What was heard
//! belongs to the turn that it begins, or, as an answer, to the one that goes on; so it is kept apart until that is known.

use std::{collections::HashMap, mem, sync::Arc, time::Instant};

use super::output::SpeechId;
use crate::{
    trace::{EndedBy, Stage, Traces, Turn, Work},
    turn::Tag,
};

/// Stages of one turn that are kept; a long answer has a few dozen.
const MOST: usize = 256;

pub(super) struct Record {
    to: Option<Arc<Traces>>,
    session: String,
    persona: String,
    /// The turn that goes on: its number at the machine, and its stages so far.
    turn: Option<(u64, Turn)>,
    /// Of words whose turn is not known.
    hearing: Vec<Stage>,
    /// The last sound of the last utterance, until its words turn out to be for us.
    last_sound: Option<Instant>,
    /// That of words that were for us, until they are answered with sound.
    unanswered: Option<Instant>,
    begun: HashMap<Tag, (Work, Instant)>,
    question: Option<Instant>,
    /// Says that it takes a moment: no answer.
    word: Option<SpeechId>,
}

impl Record {
    pub(super) fn new(to: Option<Arc<Traces>>, session: String, persona: String) -> Self {
        Self {
            to,
            session,
            persona,
            turn: None,
            hearing: Vec::new(),
            last_sound: None,
            unanswered: None,
            begun: HashMap::new(),
            question: None,
            word: None,
        }
    }

    /// `text`, if it may be told.
    pub(super) fn content(&self, text: impl FnOnce() -> String) -> Option<String> {
        self.to.as_ref().filter(|traces| traces.content()).map(|_| text())
    }

    /// An utterance is complete.
    pub(super) fn said(&mut self, last_sound: Instant, now: Instant, by: EndedBy) {
        self.last_sound = Some(last_sound);
        self.hear(Stage { work: Work::Endpoint(by), began: last_sound, ended: now });
    }

    /// A line of text came.
    pub(super) fn typed(&mut self, now: Instant) {
        self.last_sound = Some(now);
    }

    fn hear(&mut self, stage: Stage) {
        if self.to.is_some() && self.hearing.len() < MOST {
            self.hearing.push(stage);
        }
    }

    /// Words of a turn are planned. A turn of another number is over.
    pub(super) fn planning(&mut self, number: u64, now: Instant) {
        if self.to.is_none() {
            return;
        }
        if self.turn.as_ref().is_none_or(|(going_on, _)| *going_on != number) {
            self.finish(now);
            let first = self.hearing.first().map(|stage| stage.began);
            let began = first.or(self.last_sound).unwrap_or(now);
            let (session, persona) = (self.session.clone(), self.persona.clone());
            self.turn = Some((number, Turn { session, persona, began, ended: now, stages: Vec::new() }));
        }
        self.heard();
    }

    /// What was heard belongs to the turn that goes on.
    fn heard(&mut self) {
        self.unanswered = self.last_sound.take().or(self.unanswered);
        for stage in mem::take(&mut self.hearing) {
            self.stage(stage.work, stage.began, stage.ended);
        }
    }

    /// Work of `tag` began.
    pub(super) fn begin(&mut self, tag: Tag, work: Work, began: Instant) {
        if self.to.is_some() {
            self.begun.insert(tag, (work, began));
        }
    }

    /// It ended; `with` adds what is known now, or says that nothing is to be told.
    pub(super) fn end(&mut self, tag: Tag, ended: Instant, with: impl FnOnce(Work) -> Option<Work>) {
        let Some((work, began)) = self.begun.remove(&tag) else { return };
        match with(work) {
            Some(work @ Work::Transcribe { .. }) => self.hear(Stage { work, began, ended }),
            Some(work) => self.stage(work, began, ended),
            None => {}
        }
    }

    /// Nobody waits for it any more.
    pub(super) fn gave_up(&mut self, tag: Tag) {
        self.begun.remove(&tag);
    }

    pub(super) fn stage(&mut self, work: Work, began: Instant, ended: Instant) {
        if let Some((_, turn)) = self.turn.as_mut().filter(|(_, turn)| turn.stages.len() < MOST) {
            turn.stages.push(Stage { work, began, ended });
        }
    }

    pub(super) fn asked(&mut self, now: Instant) {
        self.question = Some(now);
    }

    pub(super) fn answered(&mut self, decision: &'static str, by: &'static str, now: Instant) {
        if let Some(began) = self.question.take() {
            self.stage(Work::Approval { decision, by }, began, now);
        }
        // What denies a question may be another request.
        match decision {
            "approved" => self.heard(),
            _ => self.unanswered = self.last_sound.take().or(self.unanswered),
        }
    }

    /// This speech is no answer.
    pub(super) fn acknowledged(&mut self, speech: SpeechId) {
        self.word = Some(speech);
    }

    /// Sound of a speech went out.
    pub(super) fn sounded(&mut self, speech: SpeechId, now: Instant) {
        if self.word != Some(speech)
            && self.turn.is_some()
            && let Some(began) = self.unanswered.take()
        {
            self.stage(Work::FirstAudio, began, now);
        }
    }

    /// Nothing is left to do or say: words that began no turn answered the one that is over, or were nothing.
    pub(super) fn rests(&mut self, now: Instant) {
        self.heard();
        self.finish(now);
        self.unanswered = None;
    }

    fn finish(&mut self, now: Instant) {
        self.begun.clear();
        self.question = None;
        self.word = None;
        if let (Some(traces), Some((_, mut turn))) = (&self.to, self.turn.take()) {
            turn.ended = now;
            turn.stages.sort_by_key(|stage| stage.began);
            traces.tell(&turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opentelemetry::trace::SpanId;
    use opentelemetry_sdk::trace::InMemorySpanExporter;

    use super::*;

    fn record(content: bool) -> (Record, InMemorySpanExporter) {
        let (traces, spans) = Traces::kept(content);
        (Record::new(Some(Arc::new(traces)), "s".into(), "assistant".into()), spans)
    }

    /// The stages of each trace, in the order in which the traces were told.
    fn told(spans: &InMemorySpanExporter) -> Vec<Vec<String>> {
        let mut turns: Vec<Vec<String>> = Vec::new();
        let mut stages = Vec::new();
        for span in spans.get_finished_spans().unwrap() {
            if span.parent_span_id == SpanId::INVALID {
                turns.push(std::mem::take(&mut stages));
            } else {
                stages.push(span.name.into_owned());
            }
        }
        assert!(stages.is_empty(), "a stage without its turn");
        turns
    }

    fn tag(epoch: u64) -> Tag {
        Tag { turn: 1, epoch }
    }

    fn hears(record: &mut Record, epoch: u64, at: Instant) {
        record.said(at, at + Duration::from_millis(1), EndedBy::Silence);
        let work = Work::Transcribe { model: "w".into(), ahead: false, text: None };
        record.begin(tag(epoch), work, at + Duration::from_millis(2));
        record.end(tag(epoch), at + Duration::from_millis(3), Some);
    }

    #[test]
    fn an_answer_belongs_to_the_turn_that_asked_and_a_request_to_its_own() {
        let (mut record, spans) = record(false);
        let begun = Instant::now();
        let at = |number: u64| begun + Duration::from_millis(10 * number);
        hears(&mut record, 1, at(0));
        record.planning(1, at(1));
        record.asked(at(2));
        hears(&mut record, 2, at(3));
        record.answered("approved", "voice", at(4));
        // The person goes on before it has been told what came of it.
        hears(&mut record, 3, at(5));
        record.planning(2, at(6));
        record.rests(at(7));
        // A cough at rest.
        hears(&mut record, 4, at(8));
        record.rests(at(9));
        let first = [
            "voice.endpoint",
            "voice.transcribe",
            "homepilot.approval",
            "voice.endpoint",
            "voice.transcribe",
        ];
        assert_eq!(told(&spans), [&first[..], &["voice.endpoint", "voice.transcribe"]]);
    }

    #[test]
    fn the_first_sound_is_that_of_an_answer() {
        let (mut record, spans) = record(false);
        let begun = Instant::now();
        record.typed(begun);
        record.planning(1, begun);
        record.acknowledged(SpeechId(1));
        for speech in [1, 2, 3] {
            record.sounded(SpeechId(speech), begun + Duration::from_millis(speech));
        }
        record.rests(begun + Duration::from_millis(4));
        assert_eq!(told(&spans), [["voice.first_audio"]]);
        let spans = spans.get_finished_spans().unwrap();
        let took = spans[0].end_time.duration_since(spans[0].start_time).unwrap();
        assert_eq!(took, Duration::from_millis(2));
    }

    #[test]
    fn words_are_kept_only_where_they_may_be_told_and_nothing_where_nobody_asked() {
        let nobody = Record::new(None, "s".into(), "assistant".into());
        for (record, kept) in [(nobody, None), (record(false).0, None), (record(true).0, Some("hi"))] {
            assert_eq!(record.content(|| "hi".to_owned()).as_deref(), kept);
        }
        let mut nobody = Record::new(None, "s".into(), "assistant".into());
        hears(&mut nobody, 1, Instant::now());
        nobody.planning(1, Instant::now());
        assert!(nobody.hearing.is_empty() && nobody.turn.is_none() && nobody.begun.is_empty());
    }
}
