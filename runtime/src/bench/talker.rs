//! A person at a microphone: what is said arrives in real time, piece by piece, as it does from a client.

use std::time::Instant;

use tokio::time::Interval;

use super::CHUNK;
use crate::session::{Ended, Request, Session};

/// Samples of a chunk at 16 kHz.
const SAMPLES: usize = 16 * CHUNK.as_millis() as usize;
/// What counts as sound.
const LOUD: f32 = 0.02;

/// How the person takes turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A button is pressed while they speak, and released at the last sound.
    Button,
    /// They speak, and stop.
    Open,
}

/// One microphone.
pub(super) struct Talker<'s> {
    session: &'s Session,
    way: Way,
    ticks: Interval,
    /// What is being said, and how much of it was.
    saying: Vec<f32>,
    said: usize,
    ended: Option<Instant>,
    /// What is heard all the time, over and over, and how much of it was.
    noise: Vec<f32>,
    passed: usize,
}

impl<'s> Talker<'s> {
    pub(super) fn new(session: &'s Session, way: Way) -> Self {
        Self {
            session,
            way,
            ticks: tokio::time::interval(CHUNK),
            saying: Vec::new(),
            said: 0,
            ended: None,
            noise: Vec::new(),
            passed: 0,
        }
    }

    /// The room is this loud from here on. A button lets it through only while it is pressed.
    pub(super) fn stand_in(&mut self, noise: Vec<f32>) {
        (self.noise, self.passed) = (noise, 0);
    }

    /// More sound after what is being said, as it is: of a loudspeaker, or of somebody else. An open microphone alone hears
    /// it.
    pub(super) fn overhear(&mut self, sound: &[f32]) {
        if self.ended.take().is_some() {
            (self.saying, self.said) = (Vec::new(), 0);
        }
        self.saying.extend_from_slice(sound);
    }

    /// Whether all of it was said, or nothing was to be.
    pub(super) fn is_quiet(&self) -> bool {
        self.ended.is_some() || self.saying.is_empty()
    }

    fn mix(&mut self, sound: &mut [f32]) {
        for (sample, noise) in sound.iter_mut().zip(self.noise.iter().cycle().skip(self.passed)) {
            *sample += noise;
        }
        self.passed = (self.passed + sound.len()).checked_rem(self.noise.len()).unwrap_or(0);
    }

    /// Begins to say a recording, from its first sound to its last.
    pub(super) async fn say(&mut self, recording: &[f32]) -> Result<(), Ended> {
        let loud = |sample: &f32| sample.abs() > LOUD;
        let first = recording.iter().position(loud).unwrap_or(0);
        let last = recording.iter().rposition(loud).map_or(recording.len(), |last| last + 1);
        (self.saying, self.said, self.ended) = (recording[first..last].to_vec(), 0, None);
        match self.way {
            Way::Button => {
                let mut pressed = std::mem::take(&mut self.saying);
                self.mix(&mut pressed);
                self.saying = pressed;
                self.session.send(Request::Pressed).await
            }
            Way::Open => Ok(()),
        }
    }

    /// When the last of it was said.
    pub(super) fn ended(&self) -> Option<Instant> {
        self.ended
    }

    /// Waits for the next piece of time and sends what is heard in it.
    pub(super) async fn tick(&mut self) -> Result<(), Ended> {
        self.ticks.tick().await;
        let end = (self.said + SAMPLES).min(self.saying.len());
        let chunk = self.saying[self.said..end].to_vec();
        self.said = end;
        let over = end == self.saying.len() && !self.is_quiet();
        match self.way {
            Way::Button if !chunk.is_empty() => self.session.send(Request::Held(chunk)).await?,
            Way::Button => {}
            Way::Open => {
                let mut chunk = chunk;
                chunk.resize(SAMPLES, 0.0);
                self.mix(&mut chunk);
                self.session.send(Request::Audio(chunk)).await?;
            }
        }
        if over {
            self.ended = Some(Instant::now());
            if self.way == Way::Button {
                self.session.send(Request::Utterance(std::mem::take(&mut self.saying))).await?;
                self.said = 0;
            }
        }
        Ok(())
    }
}
