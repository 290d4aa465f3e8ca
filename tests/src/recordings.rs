//! What people say, in our own voice: the wording is what a test needs, the sound is real.

use std::path::{Path, PathBuf};

use homepilot_models::cancel::Cancel;
use homepilot_voice::{Audio, SampleRate, asr::AsrOptions, resample, wav};

use crate::server::Server;

fn rate(hz: u32) -> anyhow::Result<SampleRate> {
    SampleRate::try_from(hz).map_err(anyhow::Error::msg)
}

impl Server {
    /// `text` spoken, with half a second of silence on both sides. A take of which whisper hears another word is spoken
    /// again a little faster or slower, as a person would.
    ///
    /// # Errors
    /// The voice's, or that eight takes were not understood.
    pub async fn spoken(&self, text: &str) -> anyhow::Result<Audio> {
        let mut heard = String::new();
        for speed in [1.0, 0.96, 1.04, 0.92, 1.08, 0.88, 1.12, 0.84] {
            let rate = rate(24_000)?;
            let audio = self.app.engines.speak(text.to_owned(), speed, rate, Cancel::default()).await;
            let mut samples = vec![0.0; 12_000];
            samples.extend(audio.map_err(anyhow::Error::msg)?.samples);
            samples.extend(vec![0.0; 12_000]);
            let take = Audio { rate, samples };
            heard = self.heard(&take).await?;
            if plain(&heard) == plain(text) {
                return Ok(take);
            }
        }
        anyhow::bail!("{text:?} was spoken eight times and never understood; at last as {heard:?}")
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

    /// What whisper hears in a wav file, in lower case without punctuation. Each stretch between pauses is heard by itself,
    /// because whisper may take a long pause for the end.
    ///
    /// # Errors
    /// The file's and whisper's.
    pub async fn heard_in(&self, file: &Path) -> anyhow::Result<String> {
        let whole = wav::decode(&std::fs::read(file)?)?;
        let mut heard = String::new();
        for samples in stretches(&whole.samples, whole.rate.hz() as usize / 2) {
            heard += &self.heard(&Audio { rate: whole.rate, samples }).await?;
            heard.push(' ');
        }
        Ok(plain(&heard))
    }

    async fn heard(&self, audio: &Audio) -> anyhow::Result<String> {
        let samples = resample::convert(audio, rate(16_000)?).samples;
        let options = AsrOptions { language: "en".into(), names: Vec::new() };
        let transcript = self.app.engines.transcribe(samples, options, Cancel::default()).await;
        Ok(transcript.map_err(anyhow::Error::msg)?.text)
    }
}

/// What lies between pauses of at least `pause` samples, with half a pause of silence on both sides.
fn stretches(samples: &[f32], pause: usize) -> Vec<Vec<f32>> {
    const QUIET: f32 = 0.01;
    let loud: Vec<usize> = (0..samples.len()).filter(|&at| samples[at].abs() > QUIET).collect();
    let bounds = loud.chunk_by(|before, after| after - before < pause);
    let margin = || std::iter::repeat_n(0.0, pause / 2);
    bounds
        .filter_map(|part| samples.get(*part.first()?..=*part.last()?))
        .map(|part| margin().chain(part.iter().copied()).chain(margin()).collect())
        .collect()
}

/// Words in lower case, without punctuation, small numbers as words.
pub fn plain(text: &str) -> String {
    let word = |word| match word {
        "5" => "five",
        "6" => "six",
        "7" => "seven",
        "8" => "eight",
        other => other,
    };
    let spaced: String =
        text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().map(word).collect::<Vec<&str>>().join(" ")
}
