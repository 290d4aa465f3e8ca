//! `/v1/models`, `/v1/audio/speech` and `/v1/audio/transcriptions` through the `openai` packages of PyPI and npm.

use std::path::PathBuf;

use homepilot_tests::{
    peers::{node, peer, python, run},
    recordings::plain,
    server::Server,
};
use homepilot_voice::{Audio, SampleRate, pcm, resample};
use serde_json::Value;
use tokio::process::Command;

const TEXT: &str = "The garden is watered every morning.";

/// What a client printed.
async fn seen(server: &Server, mut command: Command, client: &str, recording: &PathBuf) -> Value {
    command.arg(peer(client)).arg(format!("localhost:{}", server.at.runtime.port())).arg(TEXT).arg(recording);
    let printed = run(command).await.unwrap();
    serde_json::from_str(printed.trim().lines().last().unwrap()).unwrap()
}

/// The text as another program records it: 48 kHz, two channels, twelve seconds long.
async fn stereo(server: &Server) -> PathBuf {
    let spoken = server.spoken(TEXT).await.unwrap();
    let Audio { rate, mut samples } = resample::convert(&spoken, SampleRate::try_from(48_000).unwrap());
    samples.resize(12 * rate.hz() as usize, 0.0);
    let both: Vec<f32> = samples.into_iter().flat_map(|sample| [sample, sample]).collect();
    let payload = pcm::encode_s16le(&both);
    let (hz, length) = (rate.hz(), u32::try_from(payload.len()).unwrap());
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    wav.extend([hz.to_le_bytes(), (4 * hz).to_le_bytes()].concat());
    wav.extend(b"\x04\0\x10\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(payload);
    let file = server.home.path().join("stereo.wav");
    std::fs::write(&file, wav).unwrap();
    file
}

/// What both clients do alike.
fn works(seen: &Value) {
    assert!(seen["models"].as_array().unwrap().contains(&"assistant".into()), "{seen}");
    assert_eq!(seen["model"], "secretary", "{seen}");
    for heard in ["json", "text", "recording"] {
        assert_eq!(plain(seen[heard].as_str().unwrap()), plain(TEXT), "{heard}: {seen}");
    }
    refused(seen, "mp3", 422, "wav");
    refused(seen, "verbose", 422, "\"json\" or \"text\"");
    refused(seen, "stream", 422, "leave stream out");
}

/// That something was refused with this status, and what to do was said.
fn refused(seen: &Value, what: &str, status: u16, words: &str) {
    let refusal = &seen["refused"][what];
    assert_eq!(refusal[0], status, "{what}: {seen}");
    assert!(refusal[1].is_string() && refusal[2].as_str().unwrap().contains(words), "{what}: {refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openai_package_of_pypi() {
    let server = Server::start().await.unwrap();
    let recording = stereo(&server).await;
    let seen = seen(&server, python().unwrap(), "openai_audio.py", &recording).await;
    works(&seen);
    assert_eq!((&seen["shape"], &seen["same"]), (&serde_json::json!([24_000, 1, 2]), &true.into()), "{seen}");
    // A quarter, but for pauses and for a voice that says nothing twice alike.
    assert!(seen["faster"].as_f64().unwrap() < 0.6, "{seen}");
    assert_eq!(seen["seconds"], 12.0, "{seen}");
    for (what, status, words) in [
        ("model", 404, "assistant"),
        ("sse", 422, "audio"),
        ("speed", 422, "0.25 to 4"),
        ("silence", 422, "words"),
        ("language", 422, "two-letter"),
        ("german", 422, "models pull"),
        ("not a wav", 422, "send WAV"),
        ("too large", 413, "at most"),
    ] {
        refused(&seen, what, status, words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openai_package_of_npm() {
    let server = Server::start().await.unwrap();
    let recording = stereo(&server).await;
    works(&seen(&server, node().unwrap(), "openai_audio.mjs", &recording).await);
}
