//! What people and rooms sound like: the product's own voices, recordings, and noise that is the same every time.

use std::{collections::HashMap, sync::Arc};

use homepilot_models::{cancel::Cancel, catalog::ModelId};
use homepilot_voice::SampleRate;

use super::dialogues::Sound;
use crate::{
    app::App,
    engines::{Saying, SpeakError},
    eval::samples,
};

/// The voices of people; the one that is set is the first.
const VOICES: [&str; 2] = ["piper-en_US-joe-medium", "hibari-heart"];
/// Samples of the generated noise: 5 s.
const GENERATED: usize = 5 * 16_000;
/// Where the generated noise begins.
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
/// What is quieter is a pause and does not count for the loudness of speech.
const PAUSE: f32 = 0.01;

/// Sounds at 16 kHz, each made once.
pub(super) struct Sounds {
    app: Arc<App>,
    voices: Vec<ModelId>,
    noises: Vec<Vec<f32>>,
    made: HashMap<Sound, Arc<[f32]>>,
}

impl Sounds {
    /// Finds out which voices are installed. Without `noises` there is a generated one.
    ///
    /// # Errors
    /// When not even the voice that is set speaks.
    pub(super) async fn open(app: Arc<App>, mut noises: Vec<Vec<f32>>) -> anyhow::Result<Self> {
        let house = app.engines.voice.house().clone();
        let others = VOICES.iter().filter_map(|name| app.engines.voice.named(name));
        let wanted: Vec<ModelId> =
            std::iter::once(house.clone()).chain(others.filter(|voice| *voice != house)).collect();
        let mut voices = Vec::new();
        for voice in wanted {
            match speak(&app, &voice, "Yes.").await {
                Ok(_) => voices.push(voice),
                Err(SpeakError::NoVoice { voice, reason, .. }) => {
                    eprintln!("{voice} is left out: {reason}");
                }
                Err(error) => return Err(error.into()),
            }
        }
        if noises.is_empty() {
            noises.push(generated(GENERATED));
        }
        Ok(Self { app, voices, noises, made: HashMap::new() })
    }

    /// Who speaks.
    pub(super) fn voices(&self) -> &[ModelId] {
        &self.voices
    }

    /// Its samples; making them takes a moment the first time.
    ///
    /// # Errors
    /// The voice's, or the file's.
    pub(super) async fn of(&mut self, sound: &Sound) -> anyhow::Result<Arc<[f32]>> {
        if let Some(made) = self.made.get(sound) {
            return Ok(made.clone());
        }
        let made: Arc<[f32]> = match sound {
            Sound::Words { voice, words } => {
                let voice = &self.voices[voice % self.voices.len()];
                speak(&self.app, voice, words).await?.as_slice().into()
            }
            Sound::Recorded(file) => samples(file)?.into(),
        };
        self.made.insert(sound.clone(), made.clone());
        Ok(made)
    }

    /// A noise that is so many decibels below `speech`.
    pub(super) fn noise(&self, which: usize, speech: &[f32], below: i32) -> Vec<f32> {
        let noise = &self.noises[which % self.noises.len()];
        let wanted = loudness(speech, PAUSE) / 10_f32.powf(below as f32 / 20.0);
        let factor = wanted / loudness(noise, 0.0).max(f32::EPSILON);
        noise.iter().map(|sample| sample * factor).collect()
    }
}

async fn speak(app: &App, voice: &ModelId, words: &str) -> Result<Arc<Vec<f32>>, SpeakError> {
    let saying = Saying::new(voice.clone(), words.to_owned(), 1.0, SampleRate::HZ_16000);
    app.engines.voice.speak(saying, Cancel::new()).await
}

/// Root mean square of the samples that are at least as loud as `pause`, 0 to 1.
fn loudness(samples: &[f32], pause: f32) -> f32 {
    let loud = samples.iter().filter(|sample| sample.abs() >= pause);
    let (count, power) = loud.fold((0_usize, 0.0_f32), |(count, power), s| (count + 1, power + s * s));
    if count == 0 { 0.0 } else { (power / count as f32).sqrt() }
}

/// Noise with more of the low tones, as in most rooms: the same samples on every machine.
fn generated(count: usize) -> Vec<f32> {
    let (mut state, mut low) = (SEED, 0.0_f32);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    };
    let sample = |_| {
        let white = next();
        low += 0.1 * (white - low);
        0.3 * (low + 0.1 * white)
    };
    (0..count).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_is_the_same_every_time_and_never_too_loud() {
        let noise = generated(1_000);
        assert_eq!(noise, generated(1_000));
        assert!(noise.iter().all(|sample| sample.abs() < 0.5) && loudness(&noise, 0.0) > 0.01);
        let mean = noise.iter().sum::<f32>() / 1_000.0;
        assert!(mean.abs() < 0.05, "{mean}");
    }

    #[test]
    fn pauses_do_not_count_for_loudness() {
        let speech = [0.5, -0.5, 0.0, 0.0];
        assert!((loudness(&speech, PAUSE) - 0.5).abs() < 1e-6);
        assert!(loudness(&[], PAUSE).abs() < 1e-6);
    }
}
