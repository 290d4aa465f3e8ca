//! Piper: a VITS voice in `rten`, its phonemes from espeak-ng.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use homepilot_models::cancel::Cancel;
use homepilot_models::engine::LoadError;
use homepilot_models::store::VerifiedModel;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use serde::Deserialize;

use super::network::{self, Network, Speaker};
use super::{Tts, TtsError};
use crate::audio::SampleRate;
use crate::phonemes::Espeak;

/// The `.onnx.json` beside a voice, as far as speaking needs it.
#[derive(Deserialize)]
struct VoiceFile {
    audio: AudioPart,
    espeak: EspeakPart,
    inference: Inference,
    phoneme_id_map: HashMap<String, Vec<i32>>,
    #[serde(default)]
    num_speakers: u32,
}

#[derive(Deserialize)]
struct AudioPart {
    sample_rate: u32,
}

#[derive(Deserialize)]
struct EspeakPart {
    voice: String,
}

#[derive(Deserialize, Clone, Copy)]
struct Inference {
    noise_scale: f32,
    length_scale: f32,
    noise_w: f32,
}

/// A loaded Piper voice.
pub struct Piper {
    network: Network<3, 1>,
    ids: HashMap<char, Vec<i32>>,
    inference: Inference,
    rate: SampleRate,
    espeak: Espeak,
}

impl Piper {
    /// Loads a voice: its `.onnx`, and the `.onnx.json` that lies beside it.
    pub fn load(model: &VerifiedModel) -> Result<Piper, LoadError> {
        network::load(model, Piper::open)
    }

    pub(super) fn open(file: &Path, threads: usize) -> Result<Piper, String> {
        let beside = settings_file(file);
        let voice: VoiceFile = network::beside(&beside)?;
        if voice.num_speakers > 1 {
            return Err(format!(
                "it has {} speakers, and only voices of one are supported",
                voice.num_speakers
            ));
        }
        let network = Network::open(file, threads, ["input", "input_lengths", "scales"], ["output"])?;
        // Keys of more than one character are never produced by espeak-ng.
        let single = |key: String| {
            let mut chars = key.chars();
            chars.next().filter(|_| chars.next().is_none())
        };
        let ids: HashMap<char, Vec<i32>> =
            voice.phoneme_id_map.into_iter().filter_map(|(key, ids)| Some((single(key)?, ids))).collect();
        for needed in ['_', '^', '$'] {
            if !ids.contains_key(&needed) {
                return Err(format!("{}: phoneme_id_map has no \"{needed}\"", beside.display()));
            }
        }
        Ok(Piper {
            network,
            ids,
            inference: voice.inference,
            rate: SampleRate::try_from(voice.audio.sample_rate).map_err(|e| e.to_string())?,
            espeak: Espeak::new(&voice.espeak.voice).map_err(|e| e.to_string())?,
        })
    }
}

impl Speaker for Piper {
    fn espeak(&self) -> &Espeak {
        &self.espeak
    }

    /// Ids as Piper was trained: start, every phoneme followed by a pad, end. `None` if no phoneme is known.
    fn encode(&self, phonemes: &str) -> Option<Vec<i32>> {
        let of = |c: char| self.ids.get(&c).map(Vec::as_slice).unwrap_or_default();
        let pad = of('_');
        let mut encoded = [of('^'), pad].concat();
        let start = encoded.len();
        // What the map does not know (ties, foreign tones) was not there in training either.
        for id in phonemes.chars().map(of).filter(|ids| !ids.is_empty()) {
            encoded.extend_from_slice(id);
            encoded.extend_from_slice(pad);
        }
        let any = encoded.len() > start;
        encoded.extend_from_slice(of('$'));
        any.then_some(encoded)
    }

    fn synthesise(&self, ids: Vec<i32>, speed: f32) -> Result<Vec<f32>, TtsError> {
        let length = ids.len();
        let scales =
            vec![self.inference.noise_scale, self.inference.length_scale / speed, self.inference.noise_w];
        let [output] = self.network.run([
            NdTensor::from_data([1, length], ids).into(),
            NdTensor::from_data([1], vec![length as i32]).into(),
            NdTensor::from_data([3], scales).into(),
        ])?;
        let output: NdTensor<f32, 4> =
            output.try_into().map_err(|_| TtsError::Engine("its output is not audio".to_owned()))?;
        Ok(output.to_vec())
    }
}

impl Tts for Piper {
    fn rate(&self) -> SampleRate {
        self.rate
    }

    fn speak(&mut self, clause: &str, speed: f32, cancel: &Cancel) -> Result<Vec<f32>, TtsError> {
        network::speak(self, clause, speed, cancel)
    }
}

/// `voice.onnx` has its settings in `voice.onnx.json`.
fn settings_file(onnx: &Path) -> PathBuf {
    let mut name = OsString::from(onnx);
    name.push(".json");
    name.into()
}

#[cfg(test)]
mod tests;
