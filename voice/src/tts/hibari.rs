//! Hibari: a small voice distilled from Kokoro. The network gives a spectrum for every 12.5 ms, [`spectrum`] makes sound
//! of it; its phonemes are espeak-ng's in Kokoro's alphabet ([`alphabet`]).

mod alphabet;
mod spectrum;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use homepilot_models::cancel::Cancel;
use homepilot_models::engine::LoadError;
use homepilot_models::store::VerifiedModel;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::{SPEEDS, Tts, TtsError, edges};
use crate::audio::SampleRate;
use crate::phonemes::Espeak;
use spectrum::{BINS, Spectra, Vocoder};

/// Phonemes that the network was trained with at a time.
const LONGEST: usize = 400;

/// A loaded Hibari voice.
pub struct Hibari {
    model: Model,
    inputs: [NodeId; 2],
    outputs: [NodeId; 6],
    pool: Arc<ThreadPool>,
    ids: HashMap<char, i32>,
    vocoder: Vocoder,
    espeak: Espeak,
}

impl Hibari {
    /// Loads a voice: its `.onnx`, and the `vocab.json` that lies beside it.
    pub fn load(model: &VerifiedModel) -> Result<Hibari, LoadError> {
        let file = model.path();
        Hibari::open(file, super::threads()).map_err(|reason| LoadError::File {
            model: model.id().clone(),
            file: file.to_owned(),
            reason,
        })
    }

    fn open(file: &Path, threads: usize) -> Result<Hibari, String> {
        let beside = alphabet_file(file);
        let alphabet = std::fs::read(&beside).map_err(|e| format!("{}: {e}", beside.display()))?;
        let ids: HashMap<char, i32> =
            serde_json::from_slice(&alphabet).map_err(|e| format!("{}: {e}", beside.display()))?;
        let model = ModelOptions::with_all_ops().load_file(file).map_err(|e| e.to_string())?;
        let node = |name: &str| model.node_id(name).map_err(|e| e.to_string());
        let inputs = [node("ids")?, node("speed")?];
        let outputs = [node("lh")?, node("theta")?, node("ln")?, node("lr")?, node("phi")?, node("f0")?];
        Ok(Hibari {
            model,
            inputs,
            outputs,
            pool: Arc::new(ThreadPool::with_num_threads(threads)),
            ids,
            vocoder: Vocoder::new(),
            espeak: Espeak::new("en-us").map_err(|e| e.to_string())?,
        })
    }

    /// Ids between two pads. `None` if no phoneme is known.
    fn encode(&self, phonemes: &str) -> Option<Vec<i32>> {
        let spelled = alphabet::from_ipa(phonemes);
        let known = spelled.chars().filter_map(|c| self.ids.get(&c).copied());
        let ids: Vec<i32> = std::iter::once(0).chain(known.take(LONGEST)).chain([0]).collect();
        (spelled.chars().any(char::is_alphabetic) && ids.len() > 2).then_some(ids)
    }

    fn synthesise(&self, ids: Vec<i32>, speed: f32) -> Result<Vec<f32>, TtsError> {
        let inputs = vec![
            (self.inputs[0], NdTensor::from_data([1, ids.len()], ids).into()),
            (self.inputs[1], NdTensor::from_data([1], vec![speed]).into()),
        ];
        let mut options = RunOptions::default();
        options.thread_pool = Some(Arc::clone(&self.pool));
        let failed = |e: &dyn std::fmt::Display| TtsError::Engine(e.to_string());
        let outputs: [Value; 6] =
            self.model.run_n(inputs, self.outputs, Some(options)).map_err(|e| failed(&e))?;
        let [lh, theta, ln, lr, phi, f0] = outputs;
        let of = |value: Value| -> Result<Vec<f32>, TtsError> {
            let value: NdTensor<f32, 3> =
                value.try_into().map_err(|_| failed(&"its output is not a spectrum"))?;
            Ok(value.to_vec())
        };
        let pitch: NdTensor<f32, 2> = f0.try_into().map_err(|_| failed(&"its output has no pitch"))?;
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
        let samples = self.vocoder.sound(&spectra);
        if samples.iter().any(|s| !s.is_finite()) {
            return Err(failed(&"it made samples that are not numbers"));
        }
        Ok(samples)
    }
}

impl Tts for Hibari {
    fn rate(&self) -> SampleRate {
        SampleRate::HZ_24000
    }

    fn speak(&mut self, clause: &str, speed: f32, cancel: &Cancel) -> Result<Vec<f32>, TtsError> {
        if !SPEEDS.contains(&speed) {
            return Err(TtsError::Speed(speed));
        }
        let stopped = || if cancel.is_cancelled() { Err(TtsError::Cancelled) } else { Ok(()) };
        stopped()?;
        let Some(ids) = self.encode(&self.espeak.phonemes(clause)?) else { return Ok(Vec::new()) };
        stopped()?;
        let samples = self.synthesise(ids, speed)?;
        stopped()?;
        Ok(edges::finish(&samples, self.rate(), edges::pause(clause)))
    }
}

/// The alphabet lies beside the voice.
pub(super) fn alphabet_file(onnx: &Path) -> PathBuf {
    onnx.with_file_name("vocab.json")
}

#[cfg(test)]
mod tests;
