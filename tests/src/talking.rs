//! `homepilot talk` while it runs: what it says, and the keys it is given.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, ChildStdin, Command},
    sync::mpsc,
    task::JoinSet,
};

use crate::{
    program::{Ended, program},
    server::{Home, PLANNER},
    sound::Sound,
};

/// How long it may take to say what is waited for: a turn with the small planner on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);
/// Pieces of output that wait to be read.
const PIECES: usize = 64;

/// A conversation.
pub struct Talking {
    child: Child,
    keys: Option<ChildStdin>,
    pieces: mpsc::Receiver<String>,
    readers: JoinSet<()>,
    /// Everything it said so far.
    pub said: String,
    read: usize,
}

impl Talking {
    /// Starts `homepilot talk ARGUMENTS` without a terminal.
    ///
    /// # Errors
    /// When the program was not built.
    pub fn start(home: &Home, sound: &Sound, port: u16, arguments: &[&str]) -> anyhow::Result<Talking> {
        let mut command = Command::new(program()?);
        command.args(["--model", PLANNER, "talk"]).args(arguments).stdin(Stdio::null());
        Self::spawn(command, home, sound, port)
    }

    /// The same at a terminal, whose settings are printed before and after it.
    ///
    /// # Errors
    /// As [`Talking::start`].
    pub fn at_a_terminal(home: &Home, sound: &Sound, port: u16) -> anyhow::Result<Talking> {
        let program = program()?;
        let program = program.to_str().context("a path in UTF-8")?;
        let line = format!(
            "stty cols 100; echo before $(stty -g); '{program}' --model {PLANNER} talk; echo after $(stty -g)"
        );
        let mut command = Command::new("script");
        command
            .args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"])
            .stdin(Stdio::piped());
        Self::spawn(command, home, sound, port)
    }

    fn spawn(mut command: Command, home: &Home, sound: &Sound, port: u16) -> anyhow::Result<Talking> {
        let mut child = command
            .envs(home.variables())
            .envs(sound.variables())
            .env("HOMEPILOT_PORTS_RUNTIME", port.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let keys = child.stdin.take();
        let (tell, pieces) = mpsc::channel(PIECES);
        let mut readers = JoinSet::new();
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let streams: [Option<Box<dyn tokio::io::AsyncRead + Send + Unpin>>; 2] =
            [out.map(|s| Box::new(s) as _), err.map(|s| Box::new(s) as _)];
        for mut stream in streams.into_iter().flatten() {
            let tell = tell.clone();
            readers.spawn(async move {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                    let piece = String::from_utf8_lossy(&buffer[..count]).into_owned();
                    if tell.send(piece).await.is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Talking { child, keys, pieces, readers, said: String::new(), read: 0 })
    }

    /// Waits until it says `words` again, after what was waited for before.
    ///
    /// # Errors
    /// When it ends instead, or does not say them in time.
    pub async fn says(&mut self, words: &str) -> anyhow::Result<()> {
        let listening = async {
            loop {
                if let Some(at) = self.said.get(self.read..).and_then(|rest| rest.find(words)) {
                    self.read += at + words.len();
                    return Ok(());
                }
                match self.pieces.recv().await {
                    Some(piece) => self.said.push_str(&piece),
                    None => bail!("it ended"),
                }
            }
        };
        let heard = tokio::time::timeout(PATIENCE, listening).await;
        heard
            .context("it takes too long")
            .flatten()
            .with_context(|| format!("{words:?} was not said:\n{}", self.said))
    }

    /// Presses keys.
    ///
    /// # Errors
    /// When there is no terminal.
    pub async fn keys(&mut self, keys: &str) -> anyhow::Result<()> {
        let pipe = self.keys.as_mut().context("there is no terminal")?;
        pipe.write_all(keys.as_bytes()).await?;
        Ok(pipe.flush().await?)
    }

    /// Sends it SIGTERM.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn terminate(&self) -> anyhow::Result<()> {
        let id = self.child.id().context("it has ended")?.to_string();
        let status = Command::new("kill").args(["-TERM", &id]).status().await?;
        anyhow::ensure!(status.success(), "it can't be told to end");
        Ok(())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn ended(mut self) -> anyhow::Result<Ended> {
        let listening = async {
            while let Some(piece) = self.pieces.recv().await {
                self.said.push_str(&piece);
            }
            self.child.wait().await
        };
        let status = tokio::time::timeout(PATIENCE, listening).await;
        let status = status.with_context(|| format!("it does not end:\n{}", self.said))??;
        self.readers.shutdown().await;
        Ok(Ended { said: self.said, code: status.code().unwrap_or(-1) })
    }
}

/// Where a home's recording of the loudspeaker goes.
pub fn recording(home: &Home) -> PathBuf {
    home.path().join("loudspeaker.wav")
}
