//! A server that is a child process, spoken to over its standard input and output.
//!
//! It leads a process group of its own, and the group is killed before its leader is reaped: until then the group's number
//! can't belong to anybody else. It gets a small environment instead of ours, which may hold secrets of other servers. What
//! it writes to standard error is read away; the last line serves as the reason when it ends.

use std::env;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use rmcp::service::{RoleClient, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::ConnectError;
use crate::endpoint::{Program, Resolved};
use crate::plain_text;

/// The largest message a program may send, in bytes.
const MAX_MESSAGE: usize = 8 * 1024 * 1024;
/// How much of standard error is remembered.
const MAX_TAIL: usize = 4096;
/// How long a program may take to end by itself when its input is closed, and again when it is asked to.
const FAREWELL: Duration = Duration::from_millis(1000);
/// What a program gets of our environment.
const INHERITED: [&str; 5] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

/// Why a message did not reach the program.
#[derive(Debug, Error)]
pub(super) enum StdioError {
    /// It had ended before anything was written.
    #[error("its program has ended")]
    Gone,
    #[error("its program does not read: {0}")]
    Write(io::ErrorKind),
}

/// Starts the program. The future reads its standard error until that ends, and has to be polled for the program to go on.
pub(super) fn start(
    program: &Program,
) -> Result<(StdioTransport, LastWords, impl Future<Output = ()> + Send + use<>), ConnectError> {
    let resolved = program.resolve()?;
    let failed =
        |cause: &str| ConnectError::Start { command: program.command().to_owned(), cause: cause.to_owned() };
    let mut child = command(&resolved).spawn().map_err(|error| failed(&error.to_string()))?;
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take(), group);
    let (Some(stdin), Some(stdout), Some(stderr), Some(group)) = streams else {
        return Err(failed("it ended at once"));
    };
    let words = LastWords::new(&resolved);
    let stdout = Lines { inner: stdout, unbroken: 0 };
    let transport = StdioTransport {
        lines: AsyncRwTransport::new_client(stdout, stdin),
        group: Group { child, group },
        words: words.clone(),
    };
    let drain = drain(stderr, words.clone());
    Ok((transport, words, drain))
}

fn command(resolved: &Resolved) -> Command {
    let mut command = Command::new(&resolved.command);
    command
        .args(resolved.args.iter().map(ExposeSecret::expose_secret))
        .env_clear()
        .envs(INHERITED.iter().filter_map(|name| Some((name, env::var_os(name)?))))
        .envs(resolved.env.iter().map(|(name, value)| (name, value.expose_secret())))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// The program's side of a connection.
pub(super) struct StdioTransport {
    lines: AsyncRwTransport<RoleClient, Lines<ChildStdout>, ChildStdin>,
    group: Group,
    words: LastWords,
}

impl Transport<RoleClient> for StdioTransport {
    type Error = StdioError;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), StdioError>> + Send + 'static {
        let gone = self.group.has_ended();
        let sending = self.lines.send(message);
        async move {
            if gone {
                return Err(StdioError::Gone);
            }
            sending.await.map_err(|error| StdioError::Write(error.kind()))
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        self.lines.receive().await
    }

    async fn close(&mut self) -> Result<(), StdioError> {
        let closed = self.lines.close().await;
        let mut ended = self.group.end();
        let mut by_itself = timeout(FAREWELL, &mut ended).await.is_ok();
        if !by_itself {
            self.group.signal(Signal::TERM);
            by_itself = timeout(FAREWELL, &mut ended).await.is_ok();
        }
        self.group.signal(Signal::KILL);
        if let (Ok(Ok(status)), true) = (timeout(FAREWELL, self.group.child.wait()).await, by_itself) {
            self.words.note(status.to_string());
        }
        closed.map_err(|error| StdioError::Write(error.kind()))
    }
}

/// A child and the group that it leads. Dropping it kills the whole group.
struct Group {
    child: Child,
    group: Pid,
}

impl Group {
    /// Whether the child has ended, without reaping it.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.child.id().is_none()
            || waitid(WaitId::Pid(self.group), options).is_ok_and(|status| status.is_some())
    }

    /// Returns when the child has ended, without reaping it.
    fn end(&self) -> JoinHandle<()> {
        let child = self.group;
        // The thread ends at the latest when the child is killed.
        tokio::task::spawn_blocking(move || {
            // A child that can't be waited for has been reaped.
            let _ = waitid(WaitId::Pid(child), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        })
    }

    fn signal(&self, signal: Signal) {
        // A child that was reaped has no number any more; its group was killed before.
        if self.child.id().is_some()
            && let Err(error) = kill_process_group(self.group, signal)
        {
            tracing::debug!(%error, "a program's group could not be signalled");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// How a program ended, as far as it is known.
#[derive(Clone)]
pub(super) struct LastWords {
    tail: Arc<Mutex<Vec<u8>>>,
    status: Arc<OnceLock<String>>,
    secrets: Arc<Vec<SecretString>>,
}

impl LastWords {
    fn new(resolved: &Resolved) -> Self {
        let secrets = resolved.env.values().chain(&resolved.args).cloned().collect();
        Self { tail: Arc::default(), status: Arc::default(), secrets: Arc::new(secrets) }
    }

    fn note(&self, status: String) {
        // The first is the one that ended it.
        let _ = self.status.set(status);
    }

    fn hear(&self, bytes: &[u8]) {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend_from_slice(bytes);
        let surplus = tail.len().saturating_sub(MAX_TAIL);
        tail.drain(..surplus);
    }

    /// "exit status: 1, No module named x", without a configured value in it.
    pub(super) fn reason(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&tail);
        let mut last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        for secret in self.secrets.iter().filter(|secret| secret.expose_secret().len() >= 6) {
            last = last.replace(secret.expose_secret(), "…");
        }
        let last: String = plain_text::description(&last).chars().take(200).collect();
        match (self.status.get(), last.is_empty()) {
            (Some(status), true) => status.clone(),
            (Some(status), false) => format!("{status}, {last}"),
            (None, true) => "it said nothing".to_owned(),
            (None, false) => last,
        }
    }
}

async fn drain(mut stderr: ChildStderr, words: LastWords) {
    let mut buffer = vec![0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        words.hear(&buffer[..count]);
    }
}

/// A stream of lines that breaks when one is too long: waiting for its end would take any amount of memory, and leaving it out
/// would leave a call without its answer.
struct Lines<R> {
    inner: R,
    unbroken: usize,
}

impl<R: AsyncRead + Unpin> AsyncRead for Lines<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        std::task::ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let fresh = &buffer.filled()[before..];
        self.unbroken = match fresh.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => fresh.len() - at - 1,
            None => self.unbroken + fresh.len(),
        };
        if self.unbroken > MAX_MESSAGE {
            return Poll::Ready(Err(io::Error::other("a message exceeds the limit")));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[tokio::test]
    async fn an_endless_line_breaks_the_stream() {
        let endless = tokio::io::repeat(b'x').take(9 * 1024 * 1024);
        let mut lines = Lines { inner: endless, unbroken: 0 };
        let read = lines.read_to_end(&mut Vec::new()).await;
        assert!(read.is_err());
        let short = "line\n".repeat(2 * 1024 * 1024);
        let mut lines = Lines { inner: short.as_bytes(), unbroken: 0 };
        assert_eq!(lines.read_to_end(&mut Vec::new()).await.unwrap(), short.len());
    }

    #[test]
    fn last_words_hold_no_configured_value() {
        let env = BTreeMap::from([("KEY".to_owned(), SecretString::from("TOPSECRET"))]);
        let resolved = Resolved { command: "x".into(), args: vec![], env };
        let words = LastWords::new(&resolved);
        assert_eq!(words.reason(), "it said nothing");
        words.hear(&b"noise\n".repeat(2000));
        words.hear(b"bad key TOPSECRET\n\n");
        words.note("exit status: 1".into());
        assert_eq!(words.reason(), "exit status: 1, bad key …");
        assert!(words.tail.lock().unwrap().len() <= MAX_TAIL);
    }
}
