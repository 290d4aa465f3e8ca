//! A person at a session: speaks in real time and listens.

use std::time::Duration;

use anyhow::Context as _;
use homepilot::{
    session::{Options, Output, Request, Session},
    turn::DecidedBy,
};
use homepilot_voice::{SampleRate, resample};
use tokio::sync::mpsc;

use crate::server::Server;

/// A piece of microphone sound.
const CHUNK: Duration = Duration::from_millis(32);
/// What counts as sound.
const LOUD: f32 = 0.02;
/// How long what is waited for may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);

/// `text` in our own voice at 16 kHz, from its first sound to its last.
///
/// # Errors
/// As [`Server::spoken`].
pub async fn spoken(server: &Server, text: &str) -> anyhow::Result<Vec<f32>> {
    let rate = SampleRate::try_from(16_000)?;
    let samples = resample::convert(&server.spoken(text).await?, rate).samples;
    let first = samples.iter().position(|sample| sample.abs() > LOUD).context("it is silent")?;
    let last = samples.iter().rposition(|sample| sample.abs() > LOUD).context("it is silent")?;
    Ok(samples[first..=last].to_vec())
}

/// So many milliseconds of it.
pub fn silence(millis: usize) -> Vec<f32> {
    vec![0.0; millis * 16]
}

/// Sends `samples` as fast as they are spoken, while somebody listens to the session.
///
/// # Errors
/// When the session has ended.
pub async fn talk(
    session: &Session,
    samples: &[f32],
    request: impl Fn(Vec<f32>) -> Request,
) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(CHUNK);
    for chunk in samples.chunks(16 * CHUNK.as_millis() as usize) {
        ticks.tick().await;
        session.send(request(chunk.to_vec())).await?;
    }
    Ok(())
}

/// Somebody who presses a button while they speak.
pub struct Person {
    session: Session,
    outputs: mpsc::Receiver<Output>,
}

impl Person {
    /// Opens a session of this id with the everyday assistant, who answers aloud.
    ///
    /// # Errors
    /// When there is no such persona.
    pub fn at(server: &Server, id: &str) -> anyhow::Result<Self> {
        let persona = server.app.persona("assistant").map_err(anyhow::Error::msg)?;
        let options =
            Options { id: id.to_owned(), persona, aloud: true, typed_by: DecidedBy::Screen, approves: true };
        let (session, outputs) = Session::open(server.app.clone(), options);
        Ok(Self { session, outputs })
    }

    /// Says a recording with the button down, and goes on listening up to what is `awaited`.
    ///
    /// # Errors
    /// When it does not come, or the session ends.
    pub async fn says(
        &mut self,
        samples: &[f32],
        awaited: impl Fn(&Output) -> bool,
    ) -> anyhow::Result<Vec<Output>> {
        let Self { session, outputs } = self;
        let speaking = async {
            session.send(Request::Pressed).await?;
            talk(session, samples, Request::Held).await?;
            session.send(Request::Utterance(samples.to_vec())).await?;
            anyhow::Ok(())
        };
        let mut seen = Vec::new();
        let listening = async {
            loop {
                let output = outputs.recv().await.context("the session ended")?;
                let over = awaited(&output);
                seen.push(output);
                if over {
                    return anyhow::Ok(());
                }
            }
        };
        let both = async { tokio::try_join!(speaking, listening) };
        let done = tokio::time::timeout(PATIENCE, both).await;
        done.context("it takes too long").flatten().with_context(|| format!("{:?}", told(&seen)))?;
        Ok(seen)
    }
}

/// What was heard and said, without the sound.
fn told(seen: &[Output]) -> Vec<&Output> {
    seen.iter().filter(|output| !matches!(output, Output::Sound { .. })).collect()
}
