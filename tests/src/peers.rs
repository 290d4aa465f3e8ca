//! Programs that are not ours: a Python with the SDKs, a browser.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::process::{Child, Command};

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// A file of `tests/peers`.
pub fn peer(name: &str) -> PathBuf {
    repository().join("tests/peers").join(name)
}

fn installed(path: &str) -> anyhow::Result<PathBuf> {
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
pub async fn run(mut command: Command) -> anyhow::Result<String> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
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

/// A ten-line MCP server after the guide, on a port of the system's choice.
pub struct OwnServer {
    child: Child,
    /// `http://127.0.0.1:PORT`, without a path.
    pub url: String,
}

impl OwnServer {
    /// Starts it; `port` 0 lets the system choose.
    ///
    /// # Errors
    /// When it does not listen within 30 seconds.
    pub async fn start(file: &Path, port: u16) -> anyhow::Result<Self> {
        let port =
            if port == 0 { std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port() } else { port };
        let mut command = python()?;
        command.arg(peer("own_server.py")).arg("--port").arg(port.to_string()).arg("--file").arg(file);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let listening = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), listening)
            .await
            .context("the Python server does not listen")?;
        Ok(Self { child, url: format!("http://127.0.0.1:{port}") })
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
