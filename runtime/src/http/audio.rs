//! `POST /v1/audio/transcriptions` and `/v1/audio/speech`, in the shapes of OpenAI's API.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Multipart, Request, State,
        multipart::{Field, MultipartError, MultipartRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use homepilot_gateway::{api_error::ApiError, http::read_json};
use homepilot_models::{cancel::Cancel, catalog::ModelId, engine::EngineError};
use homepilot_voice::{
    Audio, SampleRate,
    asr::{self, AsrOptions},
    clauses, pcm, resample, wav,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::LARGEST_JSON;
use crate::{
    app::App,
    engines::{Part, Saying, SpeakError},
    hearing::language,
    session::SOUND_RATE,
};

/// Bytes of a recording, as OpenAI's API has it.
const LARGEST_RECORDING: usize = 25 * 1024 * 1024;
/// Bytes of an upload that are read at all. What a recording has too many is read and dropped: most clients send everything
/// before they listen, and would see a broken connection instead of the reason.
pub(super) const LARGEST_UPLOAD: usize = 4 * LARGEST_RECORDING;
/// Characters spoken in one request.
const LONGEST_INPUT: usize = 4_096;

/// The form of a transcription. Its other fields, such as `model` and `temperature`, change nothing.
#[derive(Default)]
struct Recording {
    file: Option<Vec<u8>>,
    language: Option<String>,
    format: Option<String>,
    stream: bool,
}

impl Recording {
    async fn read(mut form: Multipart) -> Result<Self, ApiError> {
        let mut recording = Self::default();
        while let Some(field) = form.next_field().await.map_err(unreadable)? {
            match field.name().unwrap_or_default() {
                "file" => recording.file = Some(within(field).await?),
                "language" => recording.language = Some(field.text().await.map_err(unreadable)?),
                "response_format" => recording.format = Some(field.text().await.map_err(unreadable)?),
                "stream" => recording.stream = field.text().await.map_err(unreadable)? == "true",
                _ => {}
            }
        }
        Ok(recording)
    }
}

/// A recording of the size that is taken.
async fn within(mut field: Field<'_>) -> Result<Vec<u8>, ApiError> {
    let (mut bytes, mut sent) = (Vec::new(), 0);
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        sent += chunk.len();
        if sent <= LARGEST_RECORDING {
            bytes.extend_from_slice(&chunk);
        }
    }
    if sent > LARGEST_RECORDING { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> ApiError {
    let message = format!("a recording may have at most {LARGEST_RECORDING} bytes: send it in parts");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", message)
}

fn unreadable(error: MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    ApiError::bad_request(format!("the form can't be read: {}", error.body_text()))
}

/// Words of an uploaded wav.
pub(super) async fn transcriptions(
    State(app): State<Arc<App>>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    let form =
        form.map_err(|e| ApiError::bad_request(format!("the form can't be read: {}", e.body_text())))?;
    let recording = Recording::read(form).await?;
    let plain = match recording.format.as_deref() {
        None | Some("json") => false,
        Some("text") => true,
        Some(other) => {
            let message =
                format!("response_format is \"json\" or \"text\", not {other:?}: words have no times here");
            return Err(ApiError::unusable("unsupported_format", message));
        }
    };
    if recording.stream {
        let message = "a transcript is not streamed: leave stream out, or use /v1/realtime";
        return Err(ApiError::unusable("not_streamed", message));
    }
    let language = recording.language.unwrap_or_else(|| "auto".to_owned());
    hears(&app.engines.ids.ears, &language)?;
    let file = recording
        .file
        .ok_or_else(|| ApiError::unusable("missing_file", "send the recording as the form field \"file\""))?;
    let audio = wav::decode(&file).map_err(|e| ApiError::unusable("invalid_audio", e.to_string()))?;
    let seconds = audio.samples.len().div_ceil(audio.rate.hz() as usize);
    let rate = SampleRate::try_from(16_000).map_err(|e| ApiError::internal(&e))?;
    let samples = resample::convert(&audio, rate).samples;
    let options = AsrOptions { language, names: Vec::new() };
    let transcript = app
        .engines
        .transcribe(samples, options, Cancel::default())
        .await
        .map_err(|e| unavailable(e.to_string()))?;
    if plain {
        return Ok(transcript.text.into_response());
    }
    let usage = json!({"type": "duration", "seconds": seconds});
    Ok(Json(json!({"text": transcript.text, "usage": usage})).into_response())
}

fn hears(ears: &ModelId, wanted: &str) -> Result<(), ApiError> {
    if !asr::knows(wanted) {
        let message = format!("language is a two-letter code such as en, de or ja, not {wanted:?}");
        return Err(ApiError::unusable("unknown_language", message));
    }
    match language::english_only(ears, wanted) {
        Some(mend) if wanted != "auto" => {
            let message = format!("{ears} hears English only, not {wanted:?}; {mend}");
            Err(ApiError::unusable("unheard_language", message))
        }
        Some(_) | None => Ok(()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speech {
    input: String,
    response_format: Option<String>,
    speed: Option<f32>,
    /// A name, or `{"id"}`: a voice of the catalogue; the names of other services' voices are the house voice.
    voice: Option<Value>,
    stream_format: Option<String>,
    // Taken for the SDKs' sake: the voice says which engine it is, and how it speaks.
    #[serde(rename = "model")]
    _model: Option<String>,
    #[serde(rename = "instructions")]
    _instructions: Option<String>,
}

/// Sound of a text: wav (default) or raw 24 kHz pcm.
pub(super) async fn speech(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let speech: Speech = read_json(request, LARGEST_JSON).await?;
    let length = speech.input.chars().count();
    if speech.input.trim().is_empty() || length > LONGEST_INPUT {
        let message = format!("input has words, and at most {LONGEST_INPUT} characters; this has {length}");
        return Err(ApiError::unusable("invalid_input", message));
    }
    let speed = speech.speed.unwrap_or(1.0);
    if !(0.25..=4.0).contains(&speed) {
        return Err(ApiError::unusable("invalid_speed", "speed is 0.25 to 4"));
    }
    let raw = match speech.response_format.as_deref() {
        None | Some("wav") => false,
        Some("pcm") => true,
        Some(other) => {
            let message = format!("response_format is \"wav\" or \"pcm\", not {other:?}");
            return Err(ApiError::unusable("unsupported_format", message));
        }
    };
    if speech.stream_format.is_some_and(|format| format != "audio") {
        let message = "stream_format is \"audio\": the sound is not sent as events, except over /v1/realtime";
        return Err(ApiError::unusable("unsupported_format", message));
    }
    let rate = SampleRate::try_from(SOUND_RATE).map_err(|e| ApiError::internal(&e))?;
    let voices = &app.engines.voice;
    let name = speech.voice.as_ref().and_then(|voice| voice.get("id").unwrap_or(voice).as_str());
    let voice = name.and_then(|name| voices.named(name));
    let voice = voice.unwrap_or_else(|| voices.house().clone());
    let mut audio = Audio { rate, samples: Vec::new() };
    for clause in clauses::split(&speech.input) {
        let saying = Saying::new(voice.clone(), clause, speed, rate);
        let spoken = voices.speak(saying, Cancel::default()).await.map_err(|e| unspoken(&app, e))?;
        audio.samples.extend_from_slice(&spoken);
    }
    Ok(if raw {
        ([(header::CONTENT_TYPE, "audio/pcm")], pcm::encode_s16le(&audio.samples)).into_response()
    } else {
        ([(header::CONTENT_TYPE, "audio/wav")], wav::encode(&audio)).into_response()
    })
}

fn unspoken(app: &App, error: SpeakError) -> ApiError {
    match error {
        SpeakError::NotYet => unavailable(app.engines.unable(Part::Voice, EngineError::Absent).to_string()),
        SpeakError::NoVoice { voice, reason, .. } => {
            unavailable(format!("the voice {voice} can't be used: {reason}"))
        }
        SpeakError::Broke(message) | SpeakError::Failed(message) => unavailable(message),
    }
}

fn unavailable(message: String) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "engine_unavailable", message)
}
