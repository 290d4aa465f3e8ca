//! A peer in a process of its own. It ends, with everything it started, when it is dropped.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::installed::CommandLine;

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Program {
    child: Child,
    /// Every line it has printed, on both of its outputs.
    said: watch::Receiver<Vec<String>>,
    _readers: JoinSet<()>,
}

impl Program {
    pub(crate) fn start(line: &CommandLine, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(&line.program)
            .args(&line.arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} can't be started: {error}", line.program));
        let (lines, said) = watch::channel(Vec::new());
        let mut readers = JoinSet::new();
        readers.spawn(read(BufReader::new(child.stdout.take().unwrap()), lines.clone()));
        readers.spawn(read(BufReader::new(child.stderr.take().unwrap()), lines));
        Self { child, said, _readers: readers }
    }

    /// Waits until some line of those from the `skip`th on holds `part`, and returns it.
    pub(crate) async fn says(&mut self, skip: usize, part: &str) -> String {
        let wanted = |lines: &Vec<String>| lines.iter().skip(skip).any(|line| line.contains(part));
        let found = timeout(PATIENCE, self.said.wait_for(wanted)).await.ok().and_then(Result::ok);
        let found = found.map(|lines| lines.iter().skip(skip).find(|line| line.contains(part)).cloned());
        found.flatten().unwrap_or_else(|| panic!("it never said {part:?}: {:?}", self.said.borrow()))
    }

    /// How many lines it has printed.
    pub(crate) fn lines(&self) -> usize {
        self.said.borrow().len()
    }

    /// SIGKILL to it and everything it started; returns when it is gone.
    pub(crate) async fn kill(mut self) {
        self.kill_group();
        self.child.wait().await.unwrap();
    }

    fn kill_group(&self) {
        if let Some(id) = self.child.id() {
            let kill = format!("kill -s KILL -- -{id}");
            assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A child that was waited for has no id any more.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.kill_group();
        }
    }
}

async fn read(source: impl AsyncBufRead + Unpin, lines: watch::Sender<Vec<String>>) {
    let mut source = source.lines();
    while let Ok(Some(line)) = source.next_line().await {
        lines.send_modify(|lines| lines.push(line));
    }
}

/// A port that was free a moment ago, for programs that can't be told to choose one and say which.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The ids of running programs that have `marker` in their command line.
pub(crate) fn running(marker: &str) -> Vec<u32> {
    let line = |id: u32| std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id| String::from_utf8_lossy(&line(*id)).contains(marker))
        .collect()
}

/// SIGKILL to one program.
pub(crate) fn kill(id: u32) {
    let kill = format!("kill -s KILL {id}");
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}
