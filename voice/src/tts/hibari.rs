//! Hibari: a small voice distilled from Kokoro. The network gives a spectrum for every 12.5 ms, [`spectrum`] makes sound
//! of it; its phonemes are espeak-ng's in Kokoro's alphabet ([`alphabet`]).

mod alphabet;
mod spectrum;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use homepilot_models::cancel::Cancel;
use homepilot_models::engine::LoadError;
use homepilot_models::store::VerifiedModel;
use rten::Value;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::network::{self, Network, Speaker};
use super::{Tts, TtsError};
use crate::audio::SampleRate;
use crate::phonemes::Espeak;
use spectrum::{BINS, Spectra, Vocoder};

/// Phonemes that the network was trained with at a time.
const LONGEST: usize = 400;

/// A loaded Hibari voice.
pub struct Hibari {
    network: Network<2, 6>,
    ids: HashMap<char, i32>,
    vocoder: Vocoder,
    espeak: Espeak,
}

impl Hibari {
    /// Loads a voice: its `.onnx`, and the `vocab.json` that lies beside it.
    pub fn load(model: &VerifiedModel) -> Result<Hibari, LoadError> {
        network::load(model, Hibari::open)
    }

    fn open(file: &Path, threads: usize) -> Result<Hibari, String> {
        Ok(Hibari {
            ids: network::beside(&alphabet_file(file))?,
            network: Network::open(
                file,
                threads,
                ["ids", "speed"],
                ["lh", "theta", "ln", "lr", "phi", "f0"],
            )?,
            vocoder: Vocoder::new(),
            espeak: Espeak::new("en-us").map_err(|e| e.to_string())?,
        })
    }
}

impl Speaker for Hibari {
    fn espeak(&self) -> &Espeak {
        &self.espeak
    }

    /// Ids between two pads. `None` if no phoneme is known.
    fn encode(&self, phonemes: &str) -> Option<Vec<i32>> {
        let spelled = alphabet::from_ipa(phonemes);
        let known = spelled.chars().filter_map(|c| self.ids.get(&c).copied());
        let ids: Vec<i32> = std::iter::once(0).chain(known.take(LONGEST)).chain([0]).collect();
        (spelled.chars().any(char::is_alphabetic) && ids.len() > 2).then_some(ids)
    }

    fn synthesise(&self, ids: Vec<i32>, speed: f32) -> Result<Vec<f32>, TtsError> {
        let failed = |what: &str| TtsError::Engine(what.to_owned());
        let [lh, theta, ln, lr, phi, f0] = self.network.run([
            NdTensor::from_data([1, ids.len()], ids).into(),
            NdTensor::from_data([1], vec![speed]).into(),
        ])?;
        let of = |value: Value| -> Result<Vec<f32>, TtsError> {
            let value: NdTensor<f32, 3> =
                value.try_into().map_err(|_| failed("its output is not a spectrum"))?;
            Ok(value.to_vec())
        };
        let pitch: NdTensor<f32, 2> = f0.try_into().map_err(|_| failed("its output has no pitch"))?;
        let spectra = Spectra {
            harmonic: of(lh)?,
            turned: of(theta)?,
            noise: of(ln)?,
            free: of(lr)?,
            phase: of(phi)?,
            pitch: pitch.to_vec(),
        };
        if !spectra.fits() {
            return Err(failed(&format!("its spectra have not {BINS} values a frame")));
        }
        Ok(self.vocoder.sound(&spectra))
    }
}

impl Tts for Hibari {
    fn rate(&self) -> SampleRate {
        SampleRate::HZ_24000
    }

    fn speak(&mut self, clause: &str, speed: f32, cancel: &Cancel) -> Result<Vec<f32>, TtsError> {
        network::speak(self, clause, speed, cancel)
    }
}

/// The alphabet lies beside the voice.
pub(super) fn alphabet_file(onnx: &Path) -> PathBuf {
    onnx.with_file_name("vocab.json")
}

#[cfg(test)]
mod tests;
