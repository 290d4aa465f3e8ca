//! The ears of a session: frames, speech probability, endpoints. Stream time is counted from samples, wall time taken
//! once when speech is detected, so that audio sent faster than real time is dated by its arrival.
//!
//! What is said can be overheard before it is over: [`Ears::paused`] and [`Ears::so_far`] show it. Only live sound is
//! worth that; a recording that arrives faster than it was spoken is soon complete.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use homepilot_voice::{
    barge::{BargeIn, Verdict},
    endpoint::{EndpointConfig, EndpointEvent, Endpointer, Patience, Sentence},
    vad::{FRAME, Silero, SileroSession, Vad},
};

use super::{Listening, Silence};

/// Speech between two partial transcripts.
const EVERY: Duration = Duration::from_millis(700);
/// How far live sound may be ahead of the clock: clients send it in pieces of up to this length.
const PIECE: Duration = Duration::from_millis(500);
/// Sound of a pressed button that is overheard; as much as is heard in one piece.
const LONGEST_HELD: usize = 28 * 16_000;
/// A button ends its utterance itself, whatever the silence.
const FOREVER: Duration = Duration::from_secs(3_600);

/// What was noticed, with milliseconds of stream time.
pub(super) enum Noticed {
    /// Speech began.
    Started { at: u64 },
    /// It was too short to be speech.
    False,
    /// An utterance: samples, when its voice began, and the stream time since when nobody speaks.
    Ended { at: u64, samples: Vec<f32>, started: Instant, silent_since: Duration },
    /// One over our speech that was no reason to stop it, with the stream time of its first sample.
    Overheard { at: u64, samples: Vec<f32>, started: Instant, silent_since: Duration },
}

pub(super) struct Ears {
    vad: SileroSession,
    endpointer: Endpointer,
    ending: Ending,
    waiting: Vec<f32>,
    stream: Duration,
    voice_began: Instant,
    /// When the speech that goes on was noticed, and how far the stream was.
    noticed: (Instant, Duration),
    /// Stream time of the next partial transcript.
    due: Duration,
    barge: BargeIn,
    /// When a voice began over our speech that is not known to be a reason to stop.
    withheld: Option<u64>,
}

/// What ends an utterance.
enum Ending {
    Silence(Silence),
    /// With everything since it was pressed, and how many samples there were in all.
    Button {
        kept: Vec<f32>,
        all: usize,
    },
}

impl Ears {
    pub(super) fn new(vad: &Arc<Silero>, listening: &Listening, now: Instant) -> Self {
        let config = EndpointConfig {
            threshold: listening.threshold,
            prefix_padding: listening.prefix_padding,
            silence: listening.silence.usual(),
            ..EndpointConfig::default()
        };
        Self::with(vad, config, Ending::Silence(listening.silence), now)
    }

    /// For the sound of a pressed button, which ends no utterance.
    pub(super) fn held(vad: &Arc<Silero>, now: Instant) -> Self {
        let config = EndpointConfig { silence: FOREVER, ..EndpointConfig::default() };
        Self::with(vad, config, Ending::Button { kept: Vec::new(), all: 0 }, now)
    }

    fn with(vad: &Arc<Silero>, config: EndpointConfig, ending: Ending, now: Instant) -> Self {
        Self {
            vad: vad.session(),
            endpointer: Endpointer::new(config),
            ending,
            waiting: Vec::with_capacity(FRAME * 2),
            stream: Duration::ZERO,
            voice_began: now,
            noticed: (now, Duration::ZERO),
            due: EVERY,
            barge: BargeIn::default(),
            withheld: None,
        }
    }

    /// Takes 16 kHz samples; about 0.2 ms of work for each 32 ms. While we speak, a voice is announced once it is a reason
    /// to stop.
    pub(super) fn listen(&mut self, samples: &[f32], now: Instant, we_speak: bool) -> Vec<Noticed> {
        if let Ending::Button { kept, all } = &mut self.ending {
            *all += samples.len();
            let room = LONGEST_HELD.saturating_sub(kept.len()).min(samples.len());
            kept.extend_from_slice(&samples[..room]);
        }
        self.waiting.extend_from_slice(samples);
        let mut noticed = Vec::new();
        let mut used = 0;
        while let Some(frame) = self.waiting.get(used..).and_then(|rest| rest.first_chunk::<FRAME>()) {
            let probability = self.vad.speech(frame);
            let verdict = self.barge.hear(frame, probability);
            let event = self.endpointer.push(frame, probability);
            used += FRAME;
            self.stream += Duration::from_millis(32);
            noticed.extend(event.and_then(|event| self.notice(event, now)));
            if (!we_speak || verdict == Verdict::Stop)
                && let Some(at) = self.withheld.take()
            {
                noticed.push(Noticed::Started { at });
            }
        }
        self.waiting.drain(..used);
        noticed
    }

    fn notice(&mut self, event: EndpointEvent, now: Instant) -> Option<Noticed> {
        match event {
            EndpointEvent::SpeechStarted { at } => {
                let ago = self.stream.saturating_sub(at);
                self.voice_began = now.checked_sub(ago).unwrap_or(now);
                self.noticed = (now, self.stream);
                self.due = self.stream + EVERY;
                self.withheld = Some(millis(at));
                None
            }
            EndpointEvent::FalseStart => self.withheld.take().is_none().then_some(Noticed::False),
            EndpointEvent::SpeechEnded(utterance) => {
                self.barge.heard(&utterance.samples);
                let (started, silent_since) = (self.voice_began, utterance.spoken_until);
                let (ended, samples) = (millis(utterance.ended), utterance.samples);
                Some(match self.withheld.take() {
                    Some(at) => Noticed::Overheard { at, samples, started, silent_since },
                    None => {
                        self.barge.was_person();
                        Noticed::Ended { at: ended, samples, started, silent_since }
                    }
                })
            }
        }
    }

    /// Since when nobody speaks, if what was said until then is complete and worth hearing now.
    pub(super) fn paused(&self) -> Option<Duration> {
        self.endpointer.paused()
    }

    /// How long nobody has spoken, in a pause.
    pub(super) fn quiet(&self) -> Option<Duration> {
        Some(self.stream.saturating_sub(self.paused()?))
    }

    /// Whether the speech that goes on arrives as it is spoken.
    pub(super) fn is_live(&self, now: Instant) -> bool {
        let (noticed, at) = self.noticed;
        self.stream.saturating_sub(at) <= now.saturating_duration_since(noticed) + PIECE
    }

    /// Whether the speech that goes on was announced.
    pub(super) fn is_announced(&self) -> bool {
        self.withheld.is_none()
    }

    /// Whether a partial transcript is due. Not in silence: it may be a pause, and then the final one is next.
    pub(super) fn is_due(&self) -> bool {
        self.is_announced() && self.endpointer.is_voiced() && self.stream >= self.due
    }

    /// The utterance that goes on, as it would be if it were over.
    pub(super) fn so_far(&mut self) -> Option<Vec<f32>> {
        self.due = self.stream + EVERY;
        match &self.ending {
            Ending::Silence(_) => self.endpointer.so_far().map(|utterance| utterance.samples),
            Ending::Button { kept, all } => (kept.len() == *all).then(|| kept.clone()),
        }
    }

    /// Whether `samples` are what was heard since the button was pressed, but for what the end of a stream adds.
    pub(super) fn heard_all_of(&self, samples: &[f32]) -> bool {
        /// A tenth of a second: less than any recording that is taken.
        const REST: usize = 1_600;
        match &self.ending {
            Ending::Silence(_) => false,
            Ending::Button { all, .. } => (*all..*all + REST).contains(&samples.len()),
        }
    }

    /// The words before this pause are being found out: it is no end before they are known, unless it lasts too long for
    /// any.
    pub(super) fn wait_for_words(&mut self) {
        if let Some(patience) = self.patience() {
            // No pause has lasted this long when it begins.
            self.endpointer.wait(patience.unfinished);
        }
    }

    /// The words before this pause say how long it is waited out; none, if they could not be found out.
    pub(super) fn wait_after(&mut self, words: Option<Sentence>, now: Instant) -> Option<Noticed> {
        let silence = self.patience()?.after(words.unwrap_or(Sentence::Open));
        let event = self.endpointer.wait(silence)?;
        self.notice(event, now)
    }

    fn patience(&self) -> Option<Patience> {
        match &self.ending {
            Ending::Silence(Silence::Judged(eagerness)) => Some(Patience::of(*eagerness)),
            Ending::Silence(Silence::Fixed(_)) | Ending::Button { .. } => None,
        }
    }

    /// What was heard last was our own voice.
    pub(super) fn was_ours(&mut self) {
        self.barge.was_ours();
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
