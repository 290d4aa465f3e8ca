//! Programs that are not ours: a Python with the SDKs, a browser.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
};

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// A file of `tests/peers`.
pub fn peer(name: &str) -> PathBuf {
    repository().join("tests/peers").join(name)
}

/// Something that `make peers` installs.
///
/// # Errors
/// When it is not there.
pub fn installed(path: &str) -> anyhow::Result<PathBuf> {
    let file = repository().join("target/peers").join(path);
    if !file.exists() {
        bail!("{} is missing: run `make peers`", file.display());
    }
    Ok(file)
}

/// The Python that has the SDKs.
///
/// # Errors
/// When the peers are not installed.
pub fn python() -> anyhow::Result<Command> {
    Ok(Command::new(installed("python/bin/python")?))
}

/// Node, where the browser driver can be found.
///
/// # Errors
/// When the peers are not installed.
pub fn node() -> anyhow::Result<Command> {
    let modules = installed("node_modules")?;
    let mut node = Command::new("node");
    node.env("NODE_PATH", modules);
    Ok(node)
}

/// Runs a peer to its end; what it printed, if it succeeded.
///
/// # Errors
/// What it said, when it failed or took longer than three minutes.
pub async fn run(command: Command) -> anyhow::Result<String> {
    run_with(command, "").await
}

/// The same with lines for it to read, few enough that it need not read them.
///
/// # Errors
/// As [`run`].
pub async fn run_with(mut command: Command, lines: &str) -> anyhow::Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    child.stdin.take().context("stdin is piped")?.write_all(lines.as_bytes()).await?;
    let Output { status, stdout, stderr } =
        tokio::time::timeout(Duration::from_secs(180), child.wait_with_output())
            .await
            .context("a peer hangs")??;
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    if !status.success() {
        bail!("the peer failed ({status}):\n{out}\n{err}");
    }
    Ok(out.into_owned())
}

/// How uvicorn says where it listens.
const UVICORN: &str = "Uvicorn running on ";

/// A Python server that says on stderr where it listens. It ends when this is dropped.
pub struct Listening {
    child: Child,
    /// `http://127.0.0.1:PORT`, without a path.
    pub url: String,
}

impl Listening {
    /// Starts it and waits until it says its address after `words`.
    ///
    /// # Errors
    /// What it said, when it ends instead or does not listen within a minute and a half.
    pub async fn start(mut command: Command, words: &str) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("stderr is piped")?).lines();
        let mut said = String::new();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, rest)) = line.split_once(words) {
                    return Ok(rest.split_whitespace().next().unwrap_or_default().to_owned());
                }
                said.push_str(&line);
                said.push('\n');
            }
            bail!("it ended");
        };
        let url = tokio::time::timeout(Duration::from_secs(90), listening).await;
        let url = url.context("the Python server does not listen")?.with_context(|| said)?;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, url })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.url.rsplit(':').next().and_then(|p| p.parse().ok()).unwrap_or(0)
    }

    /// SIGKILL, and waits for the end.
    ///
    /// # Errors
    /// The system's.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// A server of one's own after the guide, the lights of a house; `port` 0 lets the system choose.
///
/// # Errors
/// As [`Listening::start`].
pub async fn lights(file: &Path, port: u16) -> anyhow::Result<Listening> {
    lights_saying(file, port, "Switch the light of a room on or off.").await
}

/// The same with other words about what its tool does.
///
/// # Errors
/// As [`Listening::start`].
pub async fn lights_saying(file: &Path, port: u16, says: &str) -> anyhow::Result<Listening> {
    let mut command = python()?;
    command.arg(peer("own_server.py")).arg("--port").arg(port.to_string()).arg("--file").arg(file);
    command.arg("--says").arg(says);
    Listening::start(command, UVICORN).await
}

/// A stand-in for the guide's providers: a server at exactly these paths, with these tools.
///
/// # Errors
/// As [`Listening::start`].
pub async fn provider(paths: &[String], tools: &[&str]) -> anyhow::Result<Listening> {
    let mut command = python()?;
    command.arg(peer("provider.py")).arg("--paths").args(paths).arg("--tools").args(tools);
    Listening::start(command, UVICORN).await
}

/// The same with any arguments of `provider.py`.
///
/// # Errors
/// As [`Listening::start`].
pub async fn provider_with(arguments: &[String]) -> anyhow::Result<Listening> {
    let mut command = python()?;
    command.arg(peer("provider.py")).args(arguments);
    Listening::start(command, UVICORN).await
}

/// A provider that wants people to sign in, with its server at `path`.
///
/// # Errors
/// As [`Listening::start`].
pub async fn oauth_provider(path: &str) -> anyhow::Result<Listening> {
    let mut command = python()?;
    command.arg(peer("oauth_provider.py")).args(["--path", path]);
    Listening::start(command, "The provider is at ").await
}

/// An agent that plans trips, on the official Python SDK.
///
/// # Errors
/// As [`Listening::start`].
pub async fn python_agent() -> anyhow::Result<Listening> {
    agent(&installed("python/bin/python")?, "a2a_agent.py").await
}

/// The same on the official JavaScript SDK.
///
/// # Errors
/// As [`Listening::start`].
pub async fn node_agent() -> anyhow::Result<Listening> {
    agent(&installed("node_modules/node/bin/node")?, "a2a_agent.mjs").await
}

/// They say on stdout where they listen.
async fn agent(program: &Path, file: &str) -> anyhow::Result<Listening> {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$1\" >&2"]).arg(program).arg(peer(file));
    command.env("PEERS", installed("node_modules/@a2a-js/sdk/package.json")?);
    Listening::start(command, "listening on ").await
}
