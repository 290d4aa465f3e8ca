//! whisper.cpp as a recogniser.
//!
//! Whisper pays for its window, not for the speech in it, so the window is cut to the utterance plus a margin, and
//! the decoder, which loops more easily on a short window, is given few tokens, no fallback temperatures, and one
//! second try at the full window if it loops. Timestamps are off: nobody reads them, and without them
//! fewer words are misheard (word errors 7.0% instead of 8.5% on 243 recordings, tiny.en). One state is made at load and used for every utterance.

mod weighed;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Once;
use std::time::Instant;

use homepilot_models::cancel::Cancel;
use homepilot_models::engine::LoadError;
use homepilot_models::store::VerifiedModel;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState, WhisperTokenId,
};

use super::{
    Answered, Asr, AsrError, AsrOptions, Expected, LONGEST, LONGEST_REPLY, SHORTEST_NAMED, Transcript, abort,
    loops, names::Names, noise,
};
use crate::audio::LISTENING_HZ;
use weighed::Decoder;

/// Encoder frames a second.
const FRAMES_A_SECOND: usize = 50;
/// Encoder frames of thirty seconds.
const FULL_FRAMES: usize = 1_500;
/// Below this many frames the decoder loops: on 41 single words 16 times with 256 frames, twice with 512.
const LEAST_FRAMES: usize = 512;
/// Frames beyond the speech; fewer make it loop.
const MARGIN_FRAMES: usize = 128;
/// Whisper refuses less than a second.
const LEAST_SAMPLES: usize = LISTENING_HZ as usize * 11 / 10;
/// The most tokens that names are read as.
const MOST_TOKENS_OF_NAMES: usize = 2_000;

/// A loaded whisper model and the state of one recognition.
pub struct Whisper {
    state: WhisperState,
    context: WhisperContext,
    threads: usize,
    /// Settings by language: whisper-rs leaks a string for each language set, so each is set once.
    settings: HashMap<String, FullParams<'static, 'static>>,
}

/// One decoding.
struct Heard {
    text: String,
    probability: f32,
    no_speech: f32,
    ran_out: bool,
}

impl Whisper {
    /// Loads a ggml model. Use one thread unless the machine is otherwise idle: the threads of ggml wait by spinning,
    /// and on two busy cores two of them took four times as long as one.
    pub fn load(model: &VerifiedModel, threads: usize) -> Result<Whisper, LoadError> {
        Whisper::open(model.path(), threads).map_err(|reason| LoadError::File {
            model: model.id().clone(),
            file: model.path().to_owned(),
            reason,
        })
    }

    fn open(file: &Path, threads: usize) -> Result<Whisper, String> {
        static LOGGING: Once = Once::new();
        LOGGING.call_once(whisper_rs::install_logging_hooks);
        let context = WhisperContext::new_with_params(file, WhisperContextParameters::default())
            .map_err(|e| e.to_string())?;
        let state = context.create_state().map_err(|e| e.to_string())?;
        Ok(Whisper { state, context, threads: threads.max(1), settings: HashMap::new() })
    }

    fn settings(&mut self, language: Option<&'static str>) -> FullParams<'static, 'static> {
        let threads = i32::try_from(self.threads).unwrap_or(1);
        self.settings
            .entry(language.unwrap_or("auto").to_owned())
            .or_insert_with(|| {
                let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
                if language != Some("en") {
                    params.set_language(language);
                }
                params.set_n_threads(threads);
                params.set_temperature_inc(0.0);
                params.set_single_segment(true);
                params.set_no_timestamps(true);
                params.set_no_context(true);
                params.set_suppress_blank(true);
                params.set_suppress_nst(true);
                // Whether anything was said is judged by `noise::is_invented`.
                params.set_no_speech_thold(f32::INFINITY);
                params.set_print_progress(false);
                params.set_print_realtime(false);
                params.set_print_special(false);
                params.set_print_timestamps(false);
                params
            })
            .clone()
    }

    fn told(&self, names: &Names) -> Result<Vec<WhisperTokenId>, AsrError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        self.context
            .tokenize(&names.prompt(), MOST_TOKENS_OF_NAMES)
            .map_err(|e| AsrError::Engine(format!("the names could not be read: {e}")))
    }

    fn decode(
        &mut self,
        pcm: &[f32],
        frames: usize,
        most_tokens: usize,
        params: FullParams<'_, '_>,
        cancel: &Cancel,
    ) -> Result<Heard, AsrError> {
        let mut params = params;
        params.set_audio_ctx(i32::try_from(frames).unwrap_or(0));
        params.set_max_tokens(i32::try_from(most_tokens).unwrap_or(0));
        let result = abort::full(&mut self.state, params, pcm, cancel);
        if cancel.is_cancelled() {
            return Err(AsrError::Cancelled);
        }
        result.map_err(|e| AsrError::Engine(e.to_string()))?;
        Ok(self.heard(most_tokens))
    }

    fn heard(&self, most_tokens: usize) -> Heard {
        let end = self.context.token_eot();
        let mut raw = Vec::new();
        let (mut sum, mut tokens, mut no_speech) = (0.0, 0u16, 1.0);
        for segment in self.state.as_iter() {
            // A character may be spread over two tokens, so bytes are joined before they are read as UTF-8.
            raw.extend_from_slice(segment.to_bytes().unwrap_or_default());
            no_speech = segment.no_speech_probability();
            for token in (0..segment.n_tokens()).filter_map(|i| segment.get_token(i)) {
                // From the end-of-text token on, ids are markers and timestamps.
                if token.token_id() < end {
                    sum += token.token_probability();
                    tokens += 1;
                }
            }
        }
        Heard {
            text: String::from_utf8_lossy(&raw).into_owned(),
            probability: if tokens == 0 { 0.0 } else { sum / f32::from(tokens) },
            no_speech,
            ran_out: usize::from(tokens) >= most_tokens,
        }
    }
}

/// An utterance that is ready to be decoded.
struct Ready<'h> {
    pcm: Vec<f32>,
    params: FullParams<'static, 'h>,
    frames: usize,
    most_tokens: usize,
    names: Names,
}

impl Asr for Whisper {
    fn transcribe(
        &mut self,
        pcm16k: &[f32],
        options: &AsrOptions,
        cancel: &Cancel,
    ) -> Result<Transcript, AsrError> {
        let began = Instant::now();
        let mut told = Vec::new();
        let Some(ready) = self.ready(pcm16k, options, &mut told)? else { return Ok(nothing(began)) };
        let first = self.first(&ready, cancel)?;
        self.complete(ready, first, began, cancel)
    }

    fn answer(
        &mut self,
        pcm16k: &[f32],
        options: &AsrOptions,
        expected: &Expected,
        cancel: &Cancel,
    ) -> Result<Answered, AsrError> {
        let began = Instant::now();
        let mut told = Vec::new();
        let Some(ready) = self.ready(pcm16k, options, &mut told)? else {
            return Ok(Answered { transcript: nothing(began), chosen: None });
        };
        let first = self.first(&ready, cancel)?;
        let short = pcm16k.len() as f32 <= LONGEST_REPLY.as_secs_f32() * LISTENING_HZ as f32;
        let chosen = if short { expected.choose(&self.weigh(expected, cancel)?) } else { None };
        let transcript = match chosen {
            // What the transcript is worth no longer matters, so a loop is not worth a second try.
            Some(_) => finished(&first, &ready.names, began),
            None => self.complete(ready, first, began, cancel)?,
        };
        Ok(Answered { transcript, chosen })
    }
}

impl Whisper {
    /// The settings for these samples; `None` if there is nothing in them.
    fn ready<'h>(
        &mut self,
        pcm16k: &[f32],
        options: &AsrOptions,
        told: &'h mut Vec<WhisperTokenId>,
    ) -> Result<Option<Ready<'h>>, AsrError> {
        let seconds = pcm16k.len() as f32 / LISTENING_HZ as f32;
        if seconds > LONGEST.as_secs_f32() {
            return Err(AsrError::TooLong { seconds });
        }
        let language = language(&options.language, self.context.is_multilingual())?;
        if noise::is_silent(pcm16k) {
            return Ok(None);
        }
        let named = seconds >= SHORTEST_NAMED.as_secs_f32();
        let names = if named { Names::of(&options.names) } else { Names::default() };
        *told = self.told(&names)?;
        let mut pcm: Vec<f32> =
            pcm16k.iter().map(|s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }).collect();
        if pcm.len() < LEAST_SAMPLES {
            pcm.resize(LEAST_SAMPLES, 0.0);
        }
        let mut params: FullParams<'static, 'h> = self.settings(language);
        if !told.is_empty() {
            params.set_tokens(told);
        }
        Ok(Some(Ready { frames: frames(pcm.len()), most_tokens: most_tokens(seconds), pcm, params, names }))
    }

    fn first(&mut self, ready: &Ready<'_>, cancel: &Cancel) -> Result<Heard, AsrError> {
        self.decode(&ready.pcm, ready.frames, ready.most_tokens, ready.params.clone(), cancel)
    }

    /// The transcript, once more at the full window if the first was a loop.
    fn complete(
        &mut self,
        ready: Ready<'_>,
        first: Heard,
        began: Instant,
        cancel: &Cancel,
    ) -> Result<Transcript, AsrError> {
        let looped = loops::cut(&noise::clean(&first.text)).is_some() || first.ran_out;
        if looped && ready.frames < FULL_FRAMES {
            let mut params = ready.params;
            // A list before the text is itself a reason to go on listing.
            params.set_tokens(&[]);
            let again = self.decode(&ready.pcm, FULL_FRAMES, ready.most_tokens, params, cancel)?;
            return Ok(finished(&again, &ready.names, began));
        }
        Ok(finished(&first, &ready.names, began))
    }

    /// The probabilities of the forms over the window that was decoded last.
    fn weigh(&mut self, expected: &Expected, cancel: &Cancel) -> Result<Vec<f32>, AsrError> {
        Decoder { state: &mut self.state, context: &self.context, threads: self.threads }
            .weigh(expected, cancel)
    }
}

/// What is worth telling of a decoding.
fn finished(heard: &Heard, names: &Names, began: Instant) -> Transcript {
    let mut text = noise::clean(&heard.text);
    let looped = loops::cut(&text).map(|cut| text = cut).is_some();
    if text.is_empty() || noise::is_invented(&text, heard.probability, names) {
        return nothing(began);
    }
    Transcript {
        text,
        confidence: heard.probability.clamp(0.0, 1.0),
        no_speech: heard.no_speech,
        looped,
        took: began.elapsed(),
    }
}

/// Whether a multilingual model knows the language of a tag such as `de-AT`, or `auto`.
pub fn knows(language: &str) -> bool {
    self::language(language, true).is_ok()
}

/// What `wanted` means to a model: `None` for "find out". English-only models hear English whatever is wanted.
fn language(wanted: &str, multilingual: bool) -> Result<Option<&'static str>, AsrError> {
    if !multilingual {
        return Ok(Some("en"));
    }
    let primary = wanted.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    if primary == "auto" {
        return Ok(None);
    }
    let plausible = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    let known =
        plausible.then(|| whisper_rs::get_lang_id(&primary)).flatten().and_then(whisper_rs::get_lang_str);
    known.map(Some).ok_or_else(|| AsrError::Language(wanted.to_owned()))
}

fn nothing(began: Instant) -> Transcript {
    Transcript { text: String::new(), confidence: 0.0, no_speech: 1.0, looped: false, took: began.elapsed() }
}

/// The encoder's window for this many samples.
fn frames(samples: usize) -> usize {
    let speech = (samples * FRAMES_A_SECOND).div_ceil(LISTENING_HZ as usize);
    (speech + MARGIN_FRAMES).clamp(LEAST_FRAMES, FULL_FRAMES)
}

/// More than anyone says in that time, and little enough that a loop ends soon.
fn most_tokens(seconds: f32) -> usize {
    (seconds * 8.0) as usize + 12
}

#[cfg(test)]
mod tests;
