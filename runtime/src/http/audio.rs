//! `POST /v1/audio/transcriptions` and `/v1/audio/speech`, in the shapes of OpenAI's API.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest as _, Multipart, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use homepilot_gateway::{api_error::ApiError, http::read_json};
use homepilot_models::cancel::Cancel;
use homepilot_voice::{Audio, SampleRate, asr::AsrOptions, clauses, pcm, resample, wav};
use serde::Deserialize;
use serde_json::json;

use super::LARGEST_JSON;
use crate::{app::App, engines::Saying, session::SOUND_RATE};

/// Bytes of an uploaded recording, as OpenAI's API has it.
const LARGEST_FILE: usize = 25 * 1024 * 1024;
/// Characters spoken in one request.
const LONGEST_INPUT: usize = 4_096;

/// Words of an uploaded wav.
pub(super) async fn transcriptions(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, ApiError> {
    let form_error = |e: String| ApiError::bad_request(format!("the form can't be read: {e}"));
    let request = {
        let (parts, body) = request.into_parts();
        Request::from_parts(parts, axum::body::Body::new(http_body_util::Limited::new(body, LARGEST_FILE)))
    };
    let mut form = Multipart::from_request(request, &()).await.map_err(|e| form_error(e.body_text()))?;
    let (mut file, mut language, mut plain) = (None, "en".to_owned(), false);
    while let Some(field) = form.next_field().await.map_err(|e| form_error(e.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| {
            let message = format!("the upload was cut off or is over {LARGEST_FILE} bytes");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", message)
        })?;
        match name.as_str() {
            "file" => file = Some(bytes),
            "language" => language = String::from_utf8_lossy(&bytes).into_owned(),
            "response_format" => plain = &bytes[..] == b"text",
            _ => {}
        }
    }
    let file = file
        .ok_or_else(|| ApiError::unusable("missing_file", "send the recording as the form field \"file\""))?;
    let audio = wav::decode(&file).map_err(|e| ApiError::unusable("invalid_audio", e.to_string()))?;
    let rate = SampleRate::try_from(16_000).map_err(|e| ApiError::internal(&e))?;
    let samples = resample::convert(&audio, rate).samples;
    let options = AsrOptions { language, names: Vec::new() };
    let transcript =
        app.engines.transcribe(samples, options, Cancel::default()).await.map_err(unavailable)?;
    if plain {
        return Ok(transcript.text.into_response());
    }
    Ok(Json(json!({"text": transcript.text})).into_response())
}

#[derive(Deserialize)]
struct Speech {
    input: String,
    #[serde(default)]
    response_format: Option<String>,
    #[serde(default)]
    speed: Option<f32>,
    // Taken for the SDKs' sake: the voice says which engine it is.
    #[serde(rename = "model")]
    _model: Option<String>,
    /// A voice of the catalogue; the names of other services' voices are the house voice.
    #[serde(default)]
    voice: Option<serde_json::Value>,
}

/// Sound of a text: wav (default) or raw 24 kHz pcm.
pub(super) async fn speech(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let speech: Speech = read_json(request, LARGEST_JSON).await?;
    let length = speech.input.chars().count();
    if length == 0 || length > LONGEST_INPUT {
        let message = format!("input has 1 to {LONGEST_INPUT} characters, not {length}");
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
    let rate = SampleRate::try_from(SOUND_RATE).map_err(|e| ApiError::internal(&e))?;
    let voices = &app.engines.voice;
    let voice = speech.voice.as_ref().and_then(|voice| voices.named(voice.as_str()?));
    let voice = voice.unwrap_or_else(|| voices.house().clone());
    let mut audio = Audio { rate, samples: Vec::new() };
    for clause in clauses::split(&speech.input) {
        let saying = Saying::new(voice.clone(), clause, speed, rate);
        let spoken = voices.speak(saying, Cancel::default()).await.map_err(|e| unavailable(e.to_string()))?;
        audio.samples.extend_from_slice(&spoken);
    }
    Ok(if raw {
        ([(header::CONTENT_TYPE, "audio/pcm")], pcm::encode_s16le(&audio.samples)).into_response()
    } else {
        ([(header::CONTENT_TYPE, "audio/wav")], wav::encode(&audio)).into_response()
    })
}

fn unavailable(message: String) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "engine_unavailable", message)
}
