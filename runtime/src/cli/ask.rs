//! `homepilot ask`: one turn, through the running program or, without one, through one that lives as long as the turn.

use std::{
    collections::VecDeque,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use homepilot_voice::{Audio, SampleRate, wav};
use serde_json::{Value, json};

use super::running::find_or_start;
use crate::{
    client::{self, Client},
    config::Settings,
    paths::Paths,
};

#[derive(Debug, Args)]
pub(super) struct Ask {
    /// What to say
    #[arg(required_unless_present = "audio", conflicts_with = "audio")]
    text: Option<String>,
    /// A recording of what to say (wav)
    #[arg(long, value_name = "FILE.wav")]
    audio: Option<PathBuf>,
    /// What to say next, to a question or as a further request: words, or a recording (a file ending in .wav); may be
    /// repeated
    #[arg(long, value_name = "WORDS|FILE.wav")]
    then: Vec<String>,
    /// Who is asked
    #[arg(long, default_value = "assistant")]
    persona: String,
    /// Where the spoken replies go
    #[arg(long, value_name = "FILE.wav")]
    out: Option<PathBuf>,
    /// Events as JSON lines
    #[arg(long)]
    json: bool,
}

enum Say {
    Words(String),
    Recording(Audio),
}

fn recording(file: &Path) -> anyhow::Result<Audio> {
    let bytes = std::fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
    wav::decode(&bytes).with_context(|| file.display().to_string())
}

impl Ask {
    pub(super) async fn run(self, settings: Settings, paths: Paths) -> anyhow::Result<()> {
        // Everything that can be wrong with the call is found before anything is started.
        let first = match (&self.text, &self.audio) {
            (Some(text), _) => Say::Words(text.clone()),
            (None, Some(file)) => Say::Recording(recording(file)?),
            (None, None) => anyhow::bail!("say something: homepilot ask TEXT, or --audio FILE.wav"),
        };
        let answers = self
            .then
            .iter()
            .map(|answer| match answer.ends_with(".wav") {
                true => recording(Path::new(answer)).map(Say::Recording),
                false => Ok(Say::Words(answer.clone())),
            })
            .collect::<anyhow::Result<VecDeque<Say>>>()?;
        let (address, app) = find_or_start(settings, paths, "this turn").await?;
        let outcome = self.talk(&address, first, answers).await;
        if let Some(app) = app {
            app.stop().await;
        }
        outcome
    }

    async fn talk(&self, address: &str, first: Say, mut answers: VecDeque<Say>) -> anyhow::Result<()> {
        let aloud = self.out.is_some() || self.audio.is_some();
        let mut client = Client::connect_for_a_turn(address, &self.persona).await?;
        client.push_to_talk(aloud).await?;
        say(&mut client, first).await?;
        let mut spoken: Vec<f32> = Vec::new();
        let mut begun = false;
        let mut failed = None;
        while let Some(event) = client.next().await? {
            if self.json {
                println!("{}", shortened(&event));
            }
            let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            match event["type"].as_str().unwrap_or_default() {
                "conversation.item.input_audio_transcription.completed" => {
                    self.show("you", &text("transcript"))
                }
                "response.output_audio_transcript.done" => self.show(&self.persona, &text("transcript")),
                "response.output_text.done" => self.show(&self.persona, &text("text")),
                "response.output_audio.delta" => spoken.extend(client::samples(&event)),
                "homepilot.question_due" => match answers.pop_front().or_else(|| self.prompt()) {
                    Some(answer) => self.say_on(&mut client, answer).await?,
                    None => eprintln!("(no answer: it is denied in {} s)", event["seconds"]),
                },
                "homepilot.step" if !self.json => {
                    eprintln!("(step {} of {}: {})", event["number"], event["of"], text("text"));
                }
                "homepilot.outcome" if event["state"] != "succeeded" => failed = Some(text("text")),
                "homepilot.notice" if event["level"] == "error" => failed = Some(text("message")),
                "error" => anyhow::bail!("{}", event["error"]["message"].as_str().unwrap_or("unknown error")),
                "homepilot.state" if event["state"] == "idle" && begun => match answers.pop_front() {
                    Some(next) => {
                        begun = false;
                        self.say_on(&mut client, next).await?;
                    }
                    None => break,
                },
                "homepilot.state" => begun = true,
                _ => {}
            }
        }
        if let Some(file) = &self.out {
            let rate = SampleRate::try_from(client::RATE)?;
            std::fs::write(file, wav::encode(&Audio { rate, samples: spoken }))
                .with_context(|| format!("{} can't be written", file.display()))?;
        }
        match failed {
            Some(message) => anyhow::bail!("{message}"),
            None => Ok(()),
        }
    }

    /// What comes after the first words.
    async fn say_on(&self, client: &mut Client, what: Say) -> Result<(), client::ClientError> {
        if let Say::Words(words) = &what {
            self.show("you", words);
        }
        say(client, what).await
    }

    fn show(&self, who: &str, words: &str) {
        if !self.json && !words.trim().is_empty() {
            println!("{who}: {}", words.trim());
        }
    }

    /// At a terminal the person is asked; elsewhere silence is the answer.
    fn prompt(&self) -> Option<Say> {
        if !std::io::stdin().is_terminal() || self.json {
            return None;
        }
        print!("[yes/no/change] > ");
        std::io::stdout().flush().ok()?;
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).ok()?;
        let line = line.trim();
        (!line.is_empty()).then(|| Say::Words(line.to_owned()))
    }
}

async fn say(client: &mut Client, what: Say) -> Result<(), client::ClientError> {
    match what {
        Say::Words(words) => client.say(&words).await,
        Say::Recording(audio) => client.play(&audio).await,
    }
}

/// Sound is left out of what is printed.
fn shortened(event: &Value) -> Value {
    let mut event = event.clone();
    if event["type"] == "response.output_audio.delta" {
        event["delta"] = json!("…");
    }
    event
}
