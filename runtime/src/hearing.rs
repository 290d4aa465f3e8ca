//! Hearing what was recorded: the one way from samples to words that sessions, requests and evaluations share.

pub mod language;
pub mod names;

use std::time::Duration;

use homepilot_models::cancel::Cancel;
use homepilot_voice::asr::{Answered, Asr, AsrError, AsrOptions, LONGEST_REPLY, Transcript};

use crate::answer::{self, EXPECTED};

/// Whisper's window is 30 s; longer recordings are heard in pieces of this many samples at 16 kHz.
const PIECE: usize = 28 * 16_000;

/// What was said in `pcm` (16 kHz mono), piece by piece if it is long.
///
/// # Errors
/// As [`Asr::transcribe`].
pub fn words(
    asr: &mut dyn Asr,
    pcm: &[f32],
    options: &AsrOptions,
    cancel: &Cancel,
) -> Result<Transcript, AsrError> {
    let mut whole: Option<Transcript> = None;
    for piece in pcm.chunks(PIECE) {
        let part = asr.transcribe(piece, options, cancel)?;
        whole = Some(match whole {
            None => part,
            Some(before) => Transcript {
                text: format!("{} {}", before.text, part.text).trim().to_owned(),
                confidence: before.confidence.min(part.confidence),
                no_speech: before.no_speech.min(part.no_speech),
                looped: before.looped || part.looped,
                took: before.took + part.took,
            },
        });
    }
    Ok(whole.unwrap_or(Transcript {
        text: String::new(),
        confidence: 0.0,
        no_speech: 1.0,
        looped: false,
        took: Duration::ZERO,
    }))
}

/// As [`words`], while a question is open: a short reply in English is also looked for among those that are expected. Names
/// are listened for in longer ones only: of a reply that is one word a recogniser that is told names makes one of them.
///
/// # Errors
/// As [`Asr::answer`].
pub fn reply(
    asr: &mut dyn Asr,
    pcm: &[f32],
    options: &AsrOptions,
    cancel: &Cancel,
) -> Result<Answered, AsrError> {
    if pcm.len() as f32 > LONGEST_REPLY.as_secs_f32() * 16_000.0 {
        return Ok(Answered { transcript: words(asr, pcm, options, cancel)?, chosen: None });
    }
    let options = AsrOptions { names: Vec::new(), ..options.clone() };
    if language::is_english(&options.language) {
        return asr.answer(pcm, &options, &EXPECTED, cancel);
    }
    let transcript = words(asr, pcm, &options, cancel)?;
    let chosen = answer::reply_in(&options.language, &transcript);
    Ok(Answered { transcript, chosen })
}
