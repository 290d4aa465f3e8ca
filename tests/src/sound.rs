//! A sound system without sound cards: PulseAudio with two null sinks, in a home of its own. What is fed into one is what
//! its program hears; what its program says is recorded from the other.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, ensure};
use homepilot_voice::{Audio, SampleRate, pcm, wav};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};

/// What PulseAudio loads: the sink behind the microphone, and the one before the loudspeaker.
const SCRIPT: &str = "load-module module-native-protocol-unix
load-module module-null-sink sink_name=virt_in rate=48000
load-module module-null-sink sink_name=virt_out rate=44100
set-default-source virt_in.monitor
set-default-sink virt_out
";
/// ALSA's default is PulseAudio; one more microphone has a name.
const ASOUNDRC: &str = r#"pcm.!default { type pulse }
ctl.!default { type pulse }
pcm.booth { type pulse device "virt_in.monitor" hint { show on description "Booth microphone" } }
"#;
const RATE: u32 = 24_000;

/// A running sound system.
pub struct Sound {
    home: PathBuf,
    daemon: Child,
}

impl Sound {
    /// Starts one in a folder.
    ///
    /// # Errors
    /// When PulseAudio is missing or does not start.
    pub async fn start(folder: &Path) -> anyhow::Result<Sound> {
        let home = folder.join("sound");
        std::fs::create_dir_all(&home)?;
        std::fs::write(home.join("script.pa"), SCRIPT)?;
        std::fs::write(home.join(".asoundrc"), ASOUNDRC)?;
        let daemon = daemon(&home).await?;
        Ok(Sound { home, daemon })
    }

    /// The variables that make a program use it.
    pub fn variables(&self) -> [(&'static str, PathBuf); 2] {
        variables(&self.home)
    }

    /// It dies, as when a device is pulled out.
    ///
    /// # Errors
    /// The system's.
    pub async fn pull_out(&mut self) -> anyhow::Result<()> {
        Ok(self.daemon.kill().await?)
    }

    /// It is there again.
    ///
    /// # Errors
    /// As [`Sound::start`].
    pub async fn plug_in(&mut self) -> anyhow::Result<()> {
        self.daemon = daemon(&self.home).await?;
        Ok(())
    }

    /// Plays a wav file into the microphone, to its end.
    ///
    /// # Errors
    /// When it can't be played.
    pub async fn feed(&self, file: &Path) -> anyhow::Result<()> {
        let mut command = Command::new("paplay");
        command.arg("--device=virt_in").arg(file).envs(self.variables());
        ensure!(command.status().await?.success(), "{} can't be played", file.display());
        Ok(())
    }

    /// Records what leaves the loudspeaker from here on.
    ///
    /// # Errors
    /// When it can't be recorded.
    pub fn record(&self) -> anyhow::Result<Recording> {
        let mut child = Command::new("parec")
            .args(["--raw", "--device=virt_out.monitor", "--format=s16le", "--channels=1"])
            .arg(format!("--rate={RATE}"))
            .envs(self.variables())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("parec is missing: install pulseaudio-utils")?;
        let mut out = child.stdout.take().context("stdout is piped")?;
        let reading = tokio::spawn(async move {
            let mut bytes = Vec::new();
            out.read_to_end(&mut bytes).await.map(|_| bytes)
        });
        Ok(Recording { child, reading })
    }
}

/// What leaves the loudspeaker.
pub struct Recording {
    child: Child,
    reading: JoinHandle<std::io::Result<Vec<u8>>>,
}

impl Recording {
    /// Ends, and writes it as a wav file.
    ///
    /// # Errors
    /// The system's.
    pub async fn save(mut self, file: &Path) -> anyhow::Result<()> {
        self.child.kill().await?;
        let mut bytes = self.reading.await??;
        bytes.truncate(bytes.len() / 2 * 2);
        let audio = Audio { rate: SampleRate::try_from(RATE)?, samples: pcm::decode_s16le(&bytes)? };
        Ok(std::fs::write(file, wav::encode(&audio))?)
    }
}

fn variables(home: &Path) -> [(&'static str, PathBuf); 2] {
    [("HOME", home.to_owned()), ("XDG_RUNTIME_DIR", home.to_owned())]
}

/// Starts PulseAudio and waits until it says that it is there.
async fn daemon(home: &Path) -> anyhow::Result<Child> {
    let mut child = Command::new("pulseaudio")
        .args([
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--log-level=info",
            "--log-target=stderr",
            "-F",
        ])
        .arg(home.join("script.pa"))
        .envs(variables(home))
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("pulseaudio is missing: install pulseaudio, pulseaudio-utils and libasound2-plugins")?;
    let mut lines = BufReader::new(child.stderr.take().context("stderr is piped")?).lines();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await? {
        if line.contains("Daemon startup complete") {
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(child);
        }
        said.push_str(&line);
        said.push('\n');
    }
    anyhow::bail!("pulseaudio ended:\n{said}")
}
