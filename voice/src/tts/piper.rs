//! Piper: a VITS voice in `rten`, its phonemes from espeak-ng.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use homepilot_models::cancel::Cancel;
use homepilot_models::engine::LoadError;
use homepilot_models::store::VerifiedModel;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use serde::Deserialize;

use super::{SPEEDS, Tts, TtsError, edges};
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
    model: Model,
    inputs: Inputs,
    output: NodeId,
    pool: Arc<ThreadPool>,
    ids: HashMap<char, Vec<i32>>,
    inference: Inference,
    rate: SampleRate,
    espeak: Espeak,
}

struct Inputs {
    phonemes: NodeId,
    length: NodeId,
    scales: NodeId,
}

impl Piper {
    /// Loads a voice: its `.onnx`, and the `.onnx.json` that lies beside it.
    pub fn load(model: &VerifiedModel) -> Result<Piper, LoadError> {
        let file = model.path();
        Piper::open(file, super::threads()).map_err(|reason| LoadError::File {
            model: model.id().clone(),
            file: file.to_owned(),
            reason,
        })
    }

    pub(super) fn open(file: &Path, threads: usize) -> Result<Piper, String> {
        let beside = settings_file(file);
        let settings = std::fs::read(&beside).map_err(|e| format!("{}: {e}", beside.display()))?;
        let voice: VoiceFile =
            serde_json::from_slice(&settings).map_err(|e| format!("{}: {e}", beside.display()))?;
        if voice.num_speakers > 1 {
            return Err(format!(
                "it has {} speakers, and only voices of one are supported",
                voice.num_speakers
            ));
        }
        let model = ModelOptions::with_all_ops().load_file(file).map_err(|e| e.to_string())?;
        let node = |name: &str| model.node_id(name).map_err(|e| e.to_string());
        let inputs =
            Inputs { phonemes: node("input")?, length: node("input_lengths")?, scales: node("scales")? };
        let output = node("output")?;
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
            model,
            inputs,
            output,
            pool: Arc::new(ThreadPool::with_num_threads(threads)),
            ids,
            inference: voice.inference,
            rate: SampleRate::try_from(voice.audio.sample_rate).map_err(|e| e.to_string())?,
            espeak: Espeak::new(&voice.espeak.voice).map_err(|e| e.to_string())?,
        })
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
        let inputs = vec![
            (self.inputs.phonemes, NdTensor::from_data([1, length], ids).into()),
            (self.inputs.length, NdTensor::from_data([1], vec![length as i32]).into()),
            (self.inputs.scales, NdTensor::from_data([3], scales).into()),
        ];
        let mut options = RunOptions::default();
        options.thread_pool = Some(Arc::clone(&self.pool));
        let failed = |e: &dyn std::fmt::Display| TtsError::Engine(e.to_string());
        let [output]: [Value; 1] =
            self.model.run_n(inputs, [self.output], Some(options)).map_err(|e| failed(&e))?;
        let output: NdTensor<f32, 4> = output.try_into().map_err(|_| failed(&"its output is not audio"))?;
        let samples = output.to_vec();
        if samples.iter().any(|s| !s.is_finite()) {
            return Err(failed(&"it made samples that are not numbers"));
        }
        Ok(samples)
    }
}

impl Tts for Piper {
    fn rate(&self) -> SampleRate {
        self.rate
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
        Ok(edges::finish(&samples, self.rate, edges::pause(clause)))
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
