//! Where an utterance begins and ends: the decision made from [`crate::vad`]'s probabilities.
//!
//! Pure: time is counted in samples pushed, so the same stream always gives the same utterances.
//!
//! Invariants:
//! - After `SpeechStarted` comes exactly one of `SpeechEnded` and `FalseStart` (or [`Endpointer::finish`]), and
//!   neither comes without it.
//! - An utterance's samples are a contiguous piece of the stream, from `started` to `ended`, never longer than
//!   `max_utterance`, and no sample is in two of them. Speech cut at that length goes on in the next utterance
//!   without a sample lost.
//! - From [`Endpointer::paused`] on, as long as nobody speaks again, [`Endpointer::so_far`] is the utterance as it will
//!   be given, sample for sample: whoever works on it works on the real one. How long the silence is still waited for
//!   ([`Endpointer::wait`]) changes nothing about it.
//!
//! With push-to-talk the button decides where an utterance ends; what is heard of it before may still be asked here.

mod hysteresis;
mod sentence;

use crate::SampleRate;
use crate::vad::FRAME;
use hysteresis::Hysteresis;
use std::collections::VecDeque;
use std::time::Duration;

pub use sentence::{Eagerness, Patience, Sentence};

/// Silence kept after the last speech, but at most half of the silence waited for: recognition needs to hear a word
/// end, and no more.
pub const TAIL: Duration = Duration::from_millis(200);

/// When speech counts as begun and as over. Durations are rounded up to frames of 32 ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EndpointConfig {
    /// Speech begins at this probability, and lasts while it stays above this less 0.15.
    pub threshold: f32,
    /// Sound kept from before speech was noticed.
    pub prefix_padding: Duration,
    /// Uninterrupted speech before it is announced. A click is shorter.
    pub onset: Duration,
    /// Silence that ends the utterance.
    pub silence: Duration,
    /// An utterance with less speech in it than this was a false start.
    pub min_speech: Duration,
    /// The longest utterance, with what was kept from before; at least two frames.
    pub max_utterance: Duration,
}

impl Default for EndpointConfig {
    fn default() -> EndpointConfig {
        EndpointConfig {
            threshold: 0.5,
            prefix_padding: Duration::from_millis(300),
            onset: Duration::from_millis(64),
            silence: Duration::from_millis(600),
            min_speech: Duration::from_millis(96),
            max_utterance: Duration::from_secs(30),
        }
    }
}

/// One endpointed stretch of speech at 16 kHz.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// Mono at 16 kHz, from `started` to `ended`.
    pub samples: Vec<f32>,
    /// Stream time of the first sample.
    pub started: Duration,
    /// Stream time of the end of the last sample.
    pub ended: Duration,
    /// Stream time at which the last speech in it was over: the moment answers are timed from.
    pub spoken_until: Duration,
}

/// What happened in a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum EndpointEvent {
    /// Someone began to speak.
    SpeechStarted {
        /// Stream time of the utterance's first sample, before the first sound of it.
        at: Duration,
    },
    /// The utterance is over.
    SpeechEnded(Utterance),
    /// What had been announced was too short to be speech.
    FalseStart,
}

/// The decision for one stream.
#[derive(Debug)]
pub struct Endpointer {
    limits: Limits,
    voiced: Hysteresis,
    /// Samples of the stream so far.
    position: u64,
    phase: Phase,
    /// The utterance's samples, or, while nobody speaks, the last ones heard. Ends at `position`.
    kept: VecDeque<f32>,
}

/// The configuration in samples and frames.
#[derive(Debug, Clone, Copy)]
struct Limits {
    prefix: usize,
    onset: usize,
    silence: usize,
    min_speech: usize,
    longest: usize,
    tail: usize,
}

/// All counts are samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Quiet,
    /// Speech too short to announce.
    Rising {
        voiced: usize,
    },
    /// Announced.
    Speaking {
        voiced: usize,
        silent: usize,
        /// So much silence is the end.
        waits: usize,
    },
}

impl Endpointer {
    /// A decision at the beginning of a stream.
    pub fn new(config: EndpointConfig) -> Endpointer {
        let samples = |time: Duration| SampleRate::HZ_16000.samples(time);
        let longest = samples(config.max_utterance).max(2 * FRAME);
        let silence = samples(config.silence).max(FRAME);
        let limits = Limits {
            prefix: samples(config.prefix_padding).min(longest),
            onset: samples(config.onset),
            silence,
            min_speech: samples(config.min_speech),
            longest,
            // The rest of the silence is the next utterance's beginning.
            tail: samples(TAIL).min(silence / 2),
        };
        let voiced = Hysteresis::new(config.threshold);
        Endpointer { limits, voiced, position: 0, phase: Phase::Quiet, kept: VecDeque::new() }
    }

    /// Takes the stream's next frame and the probability of speech in it.
    pub fn push(&mut self, frame: &[f32; FRAME], probability: f32) -> Option<EndpointEvent> {
        self.position += FRAME as u64;
        self.kept.extend(frame);
        let voiced = self.voiced.update(probability);
        match self.phase {
            Phase::Quiet | Phase::Rising { .. } if !voiced => {
                self.rest();
                None
            }
            Phase::Quiet => self.rise(FRAME),
            Phase::Rising { voiced } => self.rise(voiced + FRAME),
            Phase::Speaking { voiced: before, .. } if voiced => {
                let waits = self.limits.silence;
                self.phase = Phase::Speaking { voiced: before + FRAME, silent: 0, waits };
                self.is_full().then(|| self.end())
            }
            Phase::Speaking { voiced, silent, waits } => {
                let silent = silent + FRAME;
                self.phase = Phase::Speaking { voiced, silent, waits };
                (self.is_full() || silent >= waits).then(|| self.end())
            }
        }
    }

    /// Lets the pause that goes on end the utterance after `silence`, whatever was configured, and says what happens if
    /// it has lasted that long. Speech makes the next pause an ordinary one; without a pause nothing changes.
    pub fn wait(&mut self, silence: Duration) -> Option<EndpointEvent> {
        let Phase::Speaking { silent, waits, .. } = &mut self.phase else { return None };
        if *silent == 0 {
            return None;
        }
        *waits = SampleRate::HZ_16000.samples(silence).max(FRAME);
        (*silent >= *waits).then(|| self.end())
    }

    /// Since when nobody speaks, once all has been heard that the utterance would have if it ended with this pause.
    pub fn paused(&self) -> Option<Duration> {
        let Phase::Speaking { voiced, silent, .. } = self.phase else { return None };
        let heard = silent >= self.limits.tail && voiced >= self.limits.min_speech;
        heard.then(|| time(self.position - silent as u64))
    }

    /// The utterance that goes on, as if it were over; there once it is long enough to be one.
    pub fn so_far(&self) -> Option<Utterance> {
        let Phase::Speaking { voiced, silent, .. } = self.phase else { return None };
        (voiced >= self.limits.min_speech).then(|| self.utterance(silent))
    }

    /// Ends the stream: the utterance that was still going on, if it was long enough to be one.
    pub fn finish(&mut self) -> Option<Utterance> {
        let event = matches!(self.phase, Phase::Speaking { .. }).then(|| self.end());
        self.phase = Phase::Quiet;
        self.voiced.reset();
        self.kept.clear();
        match event {
            Some(EndpointEvent::SpeechEnded(utterance)) => Some(utterance),
            Some(EndpointEvent::SpeechStarted { .. } | EndpointEvent::FalseStart) | None => None,
        }
    }

    /// Whether speech has been announced and is not over.
    pub fn is_speaking(&self) -> bool {
        matches!(self.phase, Phase::Speaking { .. })
    }

    /// Whether the last frame was speech that has been announced.
    pub fn is_voiced(&self) -> bool {
        matches!(self.phase, Phase::Speaking { silent: 0, .. })
    }

    /// Stream time: the length of all that was pushed.
    pub fn position(&self) -> Duration {
        time(self.position)
    }

    /// Nobody speaks: only what may come before speech is kept.
    fn rest(&mut self) {
        self.phase = Phase::Quiet;
        let beyond = self.kept.len().saturating_sub(self.limits.prefix);
        self.kept.drain(..beyond);
    }

    fn rise(&mut self, voiced: usize) -> Option<EndpointEvent> {
        // One more frame must fit when speech has been announced.
        let room = self.limits.prefix.saturating_add(voiced).min(self.limits.longest - FRAME);
        let beyond = self.kept.len().saturating_sub(room);
        self.kept.drain(..beyond);
        if voiced < self.limits.onset {
            self.phase = Phase::Rising { voiced };
            return None;
        }
        self.phase = Phase::Speaking { voiced, silent: 0, waits: self.limits.silence };
        Some(EndpointEvent::SpeechStarted { at: time(self.position - self.kept.len() as u64) })
    }

    fn is_full(&self) -> bool {
        self.kept.len().saturating_add(FRAME) > self.limits.longest
    }

    fn end(&mut self) -> EndpointEvent {
        let Phase::Speaking { voiced, silent, .. } = self.phase else { return EndpointEvent::FalseStart };
        if voiced < self.limits.min_speech {
            self.rest();
            return EndpointEvent::FalseStart;
        }
        let utterance = self.utterance(silent);
        // What is given here does not come again before the next utterance.
        self.kept.drain(..utterance.samples.len());
        self.rest();
        EndpointEvent::SpeechEnded(utterance)
    }

    /// What was kept, with no more of the silence at its end than the tail.
    fn utterance(&self, silent: usize) -> Utterance {
        let started = self.position - self.kept.len() as u64;
        let keep = self.kept.len() - silent.saturating_sub(self.limits.tail).min(self.kept.len());
        let samples: Vec<f32> = self.kept.range(..keep).copied().collect();
        let ended = started + samples.len() as u64;
        let spoken_until = (self.position - silent as u64).clamp(started, ended);
        Utterance { samples, started: time(started), ended: time(ended), spoken_until: time(spoken_until) }
    }
}

fn time(samples: u64) -> Duration {
    SampleRate::HZ_16000.duration(samples)
}

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
