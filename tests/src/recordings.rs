//! What people say, in our own voice: the wording is what a test needs, the sound is real.

use std::path::{Path, PathBuf};

use homepilot_models::cancel::Cancel;
use homepilot_voice::{Audio, SampleRate, asr::AsrOptions, resample, wav};

use crate::server::Server;

fn rate(hz: u32) -> anyhow::Result<SampleRate> {
    SampleRate::try_from(hz).map_err(anyhow::Error::msg)
}

impl Server {
    /// `text` spoken, with half a second of silence on both sides.
    ///
    /// # Errors
    /// The voice's.
    pub async fn spoken(&self, text: &str) -> anyhow::Result<Audio> {
        let rate = rate(24_000)?;
        let audio = self.app.engines.speak(text.to_owned(), 1.0, rate, Cancel::default()).await;
        let mut samples = vec![0.0; 12_000];
        samples.extend(audio.map_err(anyhow::Error::msg)?.samples);
        samples.extend(vec![0.0; 12_000]);
        Ok(Audio { rate, samples })
    }

    /// `text` spoken, as a wav file in the server's home.
    ///
    /// # Errors
    /// The voice's and the file system's.
    pub async fn recording(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let file = self.home.path().join(format!("{name}.wav"));
        std::fs::write(&file, wav::encode(&self.spoken(text).await?))?;
        Ok(file)
    }

    /// What whisper hears in a wav file, in lower case without punctuation.
    ///
    /// # Errors
    /// The file's and whisper's.
    pub async fn heard_in(&self, file: &Path) -> anyhow::Result<String> {
        let audio = wav::decode(&std::fs::read(file)?)?;
        let samples = resample::convert(&audio, rate(16_000)?).samples;
        let options = AsrOptions { language: "en".into(), hint: None };
        let transcript = self.app.engines.transcribe(samples, options, Cancel::default()).await;
        let text = transcript.map_err(anyhow::Error::msg)?.text.to_lowercase();
        Ok(text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect::<String>())
    }
}
