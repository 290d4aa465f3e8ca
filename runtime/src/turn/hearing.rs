//! The ear: voices, utterances and their words, whatever the machine is about.

use std::time::{Duration, Instant};

use super::{
    AFTER_CANCEL, ECHO_TAIL, HEARING, LISTENING, MAX_CUTS, MAX_HEARING, Machine,
    events::{
        Awaiting, ClipId, Command, Heard, HearingFault, NoticeLevel, Played, Tag, TurnEvent, Utterance,
    },
    notice,
    phase::{Aloud, Cut, Detail, Hearing, Mouth, Phase, Said, Stage, Telling},
    request::{Asker, PastState},
    sentences::{self, Progress},
    unasked::Floor,
};
use crate::answer::{self, Answer};

impl<A> Machine<A> {
    pub(super) fn on_speech_started(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        self.ear.open = Some(now + LISTENING);
        let spoken =
            if let Phase::Speaking { tag, cuts, .. } = &self.phase { Some((*tag, *cuts)) } else { None };
        let keep = spoken.filter(|(_, cuts)| *cuts < MAX_CUTS).map(|(tag, cuts)| Cut { tag, cuts: cuts + 1 });
        self.fall_silent(now, keep.map(|cut| cut.tag), out);
        if spoken.is_some() {
            self.phase = Phase::Interrupted { cut: keep };
        } else if let Phase::Confirming(c) = &mut self.phase
            && matches!(c.aloud, Aloud::Asking { .. })
        {
            c.aloud = Aloud::Cut;
        }
    }

    /// Stops whatever is being said, for good.
    pub(super) fn hush(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        self.fall_silent(now, None, out);
    }

    fn fall_silent(&mut self, now: Instant, keep: Option<Tag>, out: &mut Vec<Command<A>>) {
        if let Some(mouth) = self.mouth.as_mut().filter(|m| m.ended.is_none()) {
            mouth.ended = Some(now);
            out.push(Command::StopSpeaking { keep });
            self.aside.take_if(|aside| aside.telling == Telling::Second);
            if let Some(aside) = &mut self.aside {
                aside.telling = Telling::Cut;
            }
        }
    }

    pub(super) fn on_utterance(&mut self, now: Instant, utterance: Utterance, out: &mut Vec<Command<A>>) {
        match utterance {
            Utterance::Typed(text) => {
                let text = text.trim().to_owned();
                if !text.is_empty() {
                    out.push(Command::Publish(TurnEvent::Heard { text: text.clone(), tag: None }));
                    self.hush(now, out);
                    self.on_words(now, Said { text, confidence: 1.0, started: None }, out);
                }
            }
            Utterance::Spoken { clip, started } => {
                if self.ear.open.is_none() {
                    self.on_speech_started(now, out);
                }
                self.ear.open = None;
                self.transcribe(now, clip, started, out);
            }
            Utterance::Overheard { clip, started } => self.transcribe(now, clip, started, out),
        }
    }

    fn transcribe(&mut self, now: Instant, clip: ClipId, started: Instant, out: &mut Vec<Command<A>>) {
        if self.ear.hearing.len() == MAX_HEARING {
            out.push(Command::Forget(clip));
            return out.push(notice(
                NoticeLevel::Warning,
                "too_much_speech",
                "an utterance was dropped: recognition is behind",
            ));
        }
        self.patience.heard(now);
        let tag = self.tag();
        self.ear.hearing.push_back(Hearing { tag, started, until: now + HEARING });
        let awaited = self.awaiting();
        out.push(Command::Transcribe { tag, clip, awaited });
    }

    /// What an utterance that is complete now would be heard for.
    pub fn awaiting(&self) -> Awaiting {
        match self.phase {
            Phase::Confirming(_) => Awaiting::Reply,
            Phase::Idle
            | Phase::Planning { .. }
            | Phase::Judging { .. }
            | Phase::Executing { .. }
            | Phase::Between { .. }
            | Phase::Speaking { .. }
            | Phase::Interrupted { .. } => Awaiting::Words,
        }
    }

    pub(super) fn on_transcribed(
        &mut self,
        now: Instant,
        tag: Tag,
        result: Result<Heard, HearingFault>,
        out: &mut Vec<Command<A>>,
    ) {
        let Some(at) = self.ear.hearing.iter().position(|h| h.tag == tag) else { return };
        let Some(hearing) = self.ear.hearing.remove(at) else { return };
        match result {
            Ok(heard) if heard.text.trim().is_empty() => {}
            Ok(heard) => {
                let text = heard.text.trim().to_owned();
                out.push(Command::Publish(TurnEvent::Heard { text: text.clone(), tag: Some(tag) }));
                self.ear.keep(Said { text, confidence: heard.confidence, started: Some(hearing.started) });
            }
            Err(HearingFault::Broken(_)) => self.on_deaf(now, out),
            Err(HearingFault::BrokeOff(_)) => {
                self.unheard(now, sentences::HEARING_BROKE_OFF.to_owned(), out);
            }
            Err(HearingFault::NotYet(sentence)) => self.unheard(now, sentence, out),
        }
    }

    /// Something was said and could not be made out.
    pub(super) fn on_deaf(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        out.push(notice(
            NoticeLevel::Error,
            "hearing_failed",
            "speech could not be turned into words; say it again",
        ));
        self.unheard(now, sentences::NOT_HEARD.to_owned(), out);
    }

    /// An answer that was not heard is none; what would have been a request gets `sentence`.
    fn unheard(&mut self, now: Instant, sentence: String, out: &mut Vec<Command<A>>) {
        match self.phase {
            Phase::Confirming(_) => self.unclear(now, out),
            Phase::Idle | Phase::Interrupted { .. } => {
                self.say(now, sentence, out);
                self.unasked.floor = Floor::Asked;
            }
            Phase::Planning { .. }
            | Phase::Judging { .. }
            | Phase::Executing { .. }
            | Phase::Between { .. }
            | Phase::Speaking { .. } => {}
        }
    }

    /// Complete words, in whatever phase they come.
    pub(super) fn on_words(&mut self, now: Instant, said: Said, out: &mut Vec<Command<A>>) {
        if self.is_ours(&said) {
            out.push(Command::Publish(TurnEvent::OwnVoice));
            return self.on_nothing_said(now, out);
        }
        if self.is_listening_sound(&said) {
            return self.on_nothing_said(now, out);
        }
        self.let_go(out);
        // Words over our speech that had not stopped it do so.
        if said.started.is_some() && !matches!(self.phase, Phase::Confirming(_)) {
            self.hush(now, out);
        }
        self.on_their_words(now, said, out);
        // Whoever spoke over what was told of a step has heard enough of it; it is on the screen.
        self.aside.take_if(|aside| aside.telling == Telling::Cut);
    }

    fn on_their_words(&mut self, now: Instant, said: Said, out: &mut Vec<Command<A>>) {
        let dismissal = answer::is_dismissal(&said.text) && !self.takes_back(&said.text);
        match &self.phase {
            Phase::Confirming(_) => self.on_answer(now, &said, out),
            Phase::Planning { tag, request, .. } | Phase::Judging { tag, request, .. } => {
                let (tag, request) = (*tag, request.clone());
                let word = match self.progress() {
                    Progress::Nothing => Interjection::More,
                    Progress::Some => Interjection::of(&said.text),
                };
                match word {
                    // Nothing is open that it could agree to.
                    Interjection::Assent if !dismissal => self.on_nothing_said(now, out),
                    Interjection::More if !dismissal => {
                        out.push(Command::StopThinking { tag });
                        self.aside = None;
                        self.join(now, request, said, out);
                    }
                    Interjection::Assent | Interjection::More | Interjection::Denial => {
                        out.push(Command::StopThinking { tag });
                        self.stop_as_told(now, &said, out);
                    }
                }
            }
            Phase::Between { stage, .. }
                if dismissal || Interjection::of(&said.text) == Interjection::Denial =>
            {
                if let Stage::Checking { tag, .. } = stage {
                    out.push(Command::StopThinking { tag: *tag });
                }
                self.stop_as_told(now, &said, out);
            }
            Phase::Executing { tag, .. } if dismissal => {
                let tag = *tag;
                self.history.person(&said.text);
                out.push(Command::CancelExecution { tag });
                self.give_up();
                self.murmur(sentences::STOPPING, out);
            }
            Phase::Executing { .. } | Phase::Between { .. } if self.queued.is_some() => {
                out.push(notice(
                    NoticeLevel::Warning,
                    "busy",
                    "not taken: one request is running and one is waiting",
                ));
                self.murmur(sentences::STILL_WORKING_FULL, out);
            }
            Phase::Executing { .. } | Phase::Between { .. } => {
                self.queued = Some(said);
                self.murmur(sentences::STILL_WORKING, out);
            }
            Phase::Idle | Phase::Speaking { .. } | Phase::Interrupted { .. } if dismissal => {
                let interrupts = !matches!(self.phase, Phase::Idle);
                self.queued = None;
                let asked = self.awaited.take().and_then(|awaited| awaited.basis.answering);
                self.leave_out_rest(out);
                self.unasked.floor = Floor::Theirs { until: now + AFTER_CANCEL };
                self.history.person(&said.text);
                self.phase = Phase::Idle;
                // Who says "stop" to speech wants silence, not an answer.
                if !interrupts {
                    let say = match asked.map(|half| half.asker) {
                        Some(Asker::Agent) => sentences::UNANSWERED,
                        Some(Asker::Us) | None => sentences::DISMISSED,
                    };
                    self.say(now, say.to_owned(), out);
                }
            }
            Phase::Idle | Phase::Speaking { .. } | Phase::Interrupted { .. } => {
                let waits = self.agent_waits(now);
                let next = self.queued.take_if(|_| !waits);
                let first = match next {
                    Some(waiting) => {
                        self.queued = Some(said);
                        waiting
                    }
                    None => said,
                };
                self.begin(now, first, out);
            }
        }
    }

    /// "cancel that" at rest, after something was done, is a request of its own.
    pub(super) fn takes_back(&self, said: &str) -> bool {
        let at_rest = matches!(self.phase, Phase::Idle | Phase::Speaking { .. } | Phase::Interrupted { .. });
        let done = self.past.recent().last().is_some_and(|past| match past.state {
            PastState::Done | PastState::Unknown => true,
            PastState::Failed | PastState::NotDone => false,
        });
        let nothing_open = self.awaited.is_none() && self.agenda.is_none();
        at_rest && done && nothing_open && answer::takes_back(said)
    }

    /// A voice turned out to be nothing: what it cut is said again, once.
    pub(super) fn on_nothing_said(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        self.retell(out);
        match &mut self.phase {
            Phase::Interrupted { cut: Some(cut) } => {
                let cut = *cut;
                self.unasked.settle();
                match self.asks_with(cut.tag) {
                    Some(question) => self.put_again(now, cut, question, out),
                    None => self.speak_on(now, cut, out),
                }
            }
            Phase::Interrupted { cut: None } => self.phase = Phase::Idle,
            Phase::Confirming(c) if matches!(c.aloud, Aloud::Cut) => {
                let form = self.repeat_form();
                self.ask(now, form, out);
            }
            Phase::Idle
            | Phase::Planning { .. }
            | Phase::Judging { .. }
            | Phase::Confirming(_)
            | Phase::Executing { .. }
            | Phase::Between { .. }
            | Phase::Speaking { .. } => {}
        }
    }

    /// What was cut does not go on.
    pub(super) fn let_go(&mut self, out: &mut Vec<Command<A>>) {
        if let Phase::Interrupted { cut } = &mut self.phase
            && cut.take().is_some()
        {
            out.push(Command::LetGo);
        }
    }

    /// The question in words that this speech puts.
    fn asks_with(&self, tag: Tag) -> Option<String> {
        let awaited = self.awaited.as_ref().filter(|awaited| awaited.tag == tag)?;
        awaited.basis.answering.as_ref().map(|half| half.question.clone())
    }

    /// A question that was cut is put again in one piece: what is answered was heard whole.
    fn put_again(&mut self, now: Instant, cut: Cut, question: String, out: &mut Vec<Command<A>>) {
        self.say(now, question, out);
        let again = self.session.last;
        if let Some(awaited) = &mut self.awaited {
            awaited.tag = again;
        }
        if let Phase::Speaking { cuts, .. } = &mut self.phase {
            *cuts = cut.cuts;
        }
    }

    /// What was cut goes on in its own words.
    fn speak_on(&mut self, now: Instant, cut: Cut, out: &mut Vec<Command<A>>) {
        let tag = self.tag();
        self.history.begin(tag);
        self.past.goes_on(cut.tag, tag);
        let text = self.mouth.take().map(|mouth| mouth.text).unwrap_or_default();
        self.mouth = Some(Mouth { tag, text, ended: None });
        self.phase = Phase::Speaking { tag, cuts: cut.cuts, until: now + super::SPEAKING };
        out.push(Command::GoOn { tag, from: cut.tag });
    }

    /// Whether the words only show that somebody listens. Where something was asked they are an answer.
    fn is_listening_sound(&self, said: &Said) -> bool {
        let (Some(started), Some(mouth)) = (said.started, &self.mouth) else { return false };
        let told = match &self.phase {
            Phase::Speaking { .. } | Phase::Interrupted { .. } => {
                mouth.covers(started, Duration::ZERO) && !mouth.text.contains('?')
            }
            Phase::Executing { .. } | Phase::Between { .. } => true,
            Phase::Idle | Phase::Planning { .. } | Phase::Judging { .. } | Phase::Confirming(_) => false,
        };
        told && self.awaited.is_none() && answer::is_listening_sound(&said.text)
    }

    /// Whether these are our own words, come back through the microphone. One that denies is believed unless it is
    /// plainly a piece of ours.
    fn is_ours(&self, said: &Said) -> bool {
        let (Some(started), Some(mouth)) = (said.started, &self.mouth) else { return false };
        if !mouth.covers(started, ECHO_TAIL) {
            return false;
        }
        answer::is_echo(&said.text, &mouth.text)
            || (answer::is_within(&said.text, &mouth.text)
                && !matches!(
                    answer::recognise(&said.text, None),
                    answer::Answer::No | answer::Answer::Cancel
                ))
    }

    pub(super) fn on_played(&mut self, now: Instant, tag: Tag, played: &Played, out: &mut Vec<Command<A>>) {
        self.history.played(tag, &played.heard);
        self.past.played(tag, &played.heard);
        self.patience.said(tag);
        self.aside.take_if(|aside| aside.tag == tag && aside.telling != Telling::Cut);
        self.on_announced(tag, played);
        if let Some(awaited) = self.awaited.as_mut().filter(|awaited| awaited.tag == tag && played.complete) {
            awaited.heard = Some(now);
        }
        if let Some(mouth) = self.mouth.as_mut().filter(|m| m.tag == tag) {
            mouth.ended.get_or_insert(now);
            if !mouth.text.contains(played.heard.trim()) {
                mouth.text = format!("{} {}", mouth.text, played.heard);
            }
        }
        match &mut self.phase {
            Phase::Speaking { tag: speaking, .. } if *speaking == tag => {
                self.phase = Phase::Idle;
                if played.heard.trim_end().ends_with('?') {
                    self.unasked.floor = Floor::Asked;
                }
            }
            Phase::Confirming(c) => {
                if let Aloud::Asking { tag: asking } = c.aloud
                    && asking == tag
                {
                    if played.complete {
                        c.detail = Detail::Heard;
                    }
                    self.await_answer(now, played.complete.then_some(now), out);
                }
            }
            Phase::Idle
            | Phase::Planning { .. }
            | Phase::Judging { .. }
            | Phase::Executing { .. }
            | Phase::Between { .. }
            | Phase::Speaking { .. }
            | Phase::Interrupted { .. } => {}
        }
    }

    pub(super) fn on_saying(&mut self, now: Instant, tag: Tag, words: &str) {
        if let Some(mouth) = self.mouth.as_mut().filter(|m| m.tag == tag && !m.text.contains(words.trim())) {
            mouth.text.push_str(words);
            self.patience.written(now);
        }
    }

    /// Says a sentence that a phase waits for.
    pub(super) fn say(&mut self, now: Instant, text: String, out: &mut Vec<Command<A>>) {
        let tag = self.tag();
        self.history.begin(tag);
        self.open_mouth(tag, &text);
        self.phase = Phase::Speaking { tag, cuts: 0, until: now + super::SPEAKING };
        out.push(Command::Speak { tag, text });
    }

    /// What is said from here, behind what is still being said: an echo may come from either.
    pub(super) fn open_mouth(&mut self, tag: Tag, text: &str) {
        self.patience.answered();
        let before = self.mouth.take().filter(|mouth| mouth.ended.is_none());
        let before = before.map(|mouth| mouth.text + " ").unwrap_or_default();
        self.mouth = Some(Mouth { tag, text: before + text, ended: None });
    }

    /// The person ended the request with words.
    fn stop_as_told(&mut self, now: Instant, said: &Said, out: &mut Vec<Command<A>>) {
        self.aside = None;
        self.history.person(&said.text);
        self.stop(now, sentences::STOPPED, out);
    }

    /// Says something that nobody waits for.
    pub(super) fn murmur(&mut self, text: &str, out: &mut Vec<Command<A>>) {
        let tag = self.tag();
        self.history.begin(tag);
        self.open_mouth(tag, text);
        out.push(Command::Speak { tag, text: text.to_owned() });
    }
}

/// What words are that come while the next step of a request is prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interjection {
    /// To what was just said; no question is open.
    Assent,
    Denial,
    More,
}

impl Interjection {
    fn of(words: &str) -> Self {
        match answer::recognise(words, None) {
            Answer::Yes => Self::Assent,
            Answer::No | Answer::Cancel => Self::Denial,
            Answer::Repeat | Answer::Edit { .. } | Answer::StopSpeaking | Answer::Unclear => Self::More,
        }
    }
}
