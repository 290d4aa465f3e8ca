//! The ears of a session: frames, speech probability, endpoints. Stream time is counted from samples, wall time taken
//! once when speech is detected, so that audio sent faster than real time is dated by its arrival.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use homepilot_voice::{
    endpoint::{EndpointConfig, EndpointEvent, Endpointer},
    vad::{FRAME, Silero, SileroSession, Vad},
};

use super::Listening;

/// What was noticed, with milliseconds of stream time.
pub(super) enum Noticed {
    /// Speech began.
    Started { at: u64 },
    /// It was too short to be speech.
    False,
    /// An utterance: samples, and when its voice began.
    Ended { at: u64, samples: Vec<f32>, started: Instant },
}

pub(super) struct Ears {
    vad: SileroSession,
    endpointer: Endpointer,
    waiting: Vec<f32>,
    stream: Duration,
    voice_began: Instant,
}

impl Ears {
    pub(super) fn new(vad: &Arc<Silero>, listening: &Listening, now: Instant) -> Self {
        let config = EndpointConfig {
            threshold: listening.threshold,
            prefix_padding: listening.prefix_padding,
            silence: listening.silence,
            ..EndpointConfig::default()
        };
        Self {
            vad: vad.session(),
            endpointer: Endpointer::new(config),
            waiting: Vec::with_capacity(FRAME * 2),
            stream: Duration::ZERO,
            voice_began: now,
        }
    }

    /// Takes 16 kHz samples; about 0.2 ms of work for each 32 ms.
    pub(super) fn listen(&mut self, samples: &[f32], now: Instant) -> Vec<Noticed> {
        self.waiting.extend_from_slice(samples);
        let mut noticed = Vec::new();
        let mut used = 0;
        while let Some(frame) = self.waiting.get(used..).and_then(|rest| rest.first_chunk::<FRAME>()) {
            let probability = self.vad.speech(frame);
            let event = self.endpointer.push(frame, probability);
            used += FRAME;
            self.stream += Duration::from_millis(32);
            match event {
                None => {}
                Some(EndpointEvent::SpeechStarted { at }) => {
                    let ago = self.stream.saturating_sub(at);
                    self.voice_began = now.checked_sub(ago).unwrap_or(now);
                    noticed.push(Noticed::Started { at: millis(at) });
                }
                Some(EndpointEvent::FalseStart) => noticed.push(Noticed::False),
                Some(EndpointEvent::SpeechEnded(utterance)) => noticed.push(Noticed::Ended {
                    at: millis(utterance.ended),
                    samples: utterance.samples,
                    started: self.voice_began,
                }),
            }
        }
        self.waiting.drain(..used);
        noticed
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
