//! Whether a voice that is heard while we speak stops us.
//!
//! Who speaks over us is heard out within 200 ms; a cough, a knock on the table or what a room and a microphone give
//! back of our own voice is no reason to stop. Both begin alike, so the first look is short where the voice is clear
//! and as loud as the person's was, and long where it is doubtful. What is not sure enough by its end has not stopped
//! us, and is left to its words.
//!
//! Pure: time is counted in frames of [`crate::vad::FRAME`] samples; levels are in dB below full scale.

use crate::vad::FRAME;

/// Frames in a row of a clear voice that stop us: with the third, 96 ms after the first.
const CLEAR_FRAMES: u32 = 3;
/// The probability of a clear voice, in each of these frames.
const CLEAR: f32 = 0.8;
/// Voiced frames of any other voice that stop us: 256 ms of it.
const DOUBTFUL_FRAMES: u32 = 8;
/// A frame of a voice.
const VOICED: f32 = 0.5;
/// Frames between two sounds of one voice that are forgiven: a stop consonant lasts 60 ms.
const GAP: u32 = 2;
/// A voice that is softer than the person's by more than this is doubtful: a room takes about so much.
const SOFTER_DB: f32 = 12.0;
/// What is known to be our own voice stops us only where it is louder than it was by this.
const OVER_ECHO_DB: f32 = 6.0;
/// How much of the newest level goes into what is known of a voice's.
const NEWEST: f32 = 0.5;

/// What a frame comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that stops us, so far.
    GoOn,
    /// Somebody speaks to us.
    Stop,
}

/// The decision for one stream.
#[derive(Debug, Default)]
pub struct BargeIn {
    run: Run,
    /// Level of the person's voice, once heard by itself.
    person: Option<f32>,
    /// Level of our own voice in this microphone, once it was found there.
    echo: Option<f32>,
    /// Level of the last utterance.
    last: Option<f32>,
}

/// The voice that is being heard.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    voiced: u32,
    /// In a row, up to the newest frame.
    clear: u32,
    silent: u32,
    /// Sum of the mean squares of the voiced frames.
    power: f64,
    /// Mean squares of the newest frames: who speaks over our own voice is louder than it from here on.
    newest: [f64; CLEAR_FRAMES as usize],
}

impl Run {
    fn level(&self) -> Option<f32> {
        (self.voiced > 0).then(|| decibels(self.power / f64::from(self.voiced)))
    }

    fn newest_level(&self) -> f32 {
        decibels(self.newest.iter().sum::<f64>() / f64::from(CLEAR_FRAMES))
    }
}

impl BargeIn {
    /// Looks at the next frame and its probability of speech. Hand in every frame, also while we are silent.
    pub fn hear(&mut self, frame: &[f32; FRAME], probability: f32) -> Verdict {
        let power = frame.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / FRAME as f64;
        self.run.newest.rotate_left(1);
        self.run.newest[CLEAR_FRAMES as usize - 1] = power;
        if probability >= VOICED {
            self.run.voiced += 1;
            self.run.silent = 0;
            self.run.power += power;
        } else {
            self.run.silent += 1;
        }
        self.run.clear = if probability >= CLEAR { self.run.clear + 1 } else { 0 };
        if self.run.silent > GAP {
            self.run = Run::default();
        }
        self.verdict()
    }

    /// Whether the voice that is being heard stops us.
    pub fn verdict(&self) -> Verdict {
        let Some(level) = self.run.level() else { return Verdict::GoOn };
        if self.echo.is_some_and(|echo| self.run.newest_level() < echo + OVER_ECHO_DB) {
            return Verdict::GoOn;
        }
        let near = self.person.is_none_or(|person| level >= person - SOFTER_DB);
        let clear = near && self.run.clear >= CLEAR_FRAMES;
        if clear || self.run.voiced >= DOUBTFUL_FRAMES { Verdict::Stop } else { Verdict::GoOn }
    }

    /// An utterance is complete: whose it was may be said of it.
    pub fn heard(&mut self, utterance: &[f32]) {
        self.last = loudest_half(utterance);
    }

    /// The last utterance was the person's.
    pub fn was_person(&mut self) {
        learn(&mut self.person, self.last);
    }

    /// The last utterance was our own voice.
    pub fn was_ours(&mut self) {
        learn(&mut self.echo, self.last);
    }
}

fn learn(known: &mut Option<f32>, newest: Option<f32>) {
    let Some(newest) = newest else { return };
    *known = Some(known.map_or(newest, |before| before + NEWEST * (newest - before)));
}

/// The level of the louder half of the frames: of the voice rather than the pauses.
fn loudest_half(samples: &[f32]) -> Option<f32> {
    let mut powers: Vec<f64> = samples
        .chunks_exact(FRAME)
        .map(|frame| frame.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / FRAME as f64)
        .collect();
    powers.sort_by(|a, b| b.total_cmp(a));
    powers.truncate(powers.len().div_ceil(2));
    let count = powers.len();
    (count > 0).then(|| decibels(powers.iter().sum::<f64>() / count as f64))
}

fn decibels(power: f64) -> f32 {
    // -100 dB is silence by any measure.
    (10.0 * power.max(1e-10).log10()) as f32
}

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
