//! `homepilot serve` as two processes: the one that the person starts does nothing but watch over one that does everything.
//!
//! What ends a whole process (the system, when memory runs out; a crash in native code) can't be caught in it. So the
//! program runs itself once more with the same arguments, and starts that again when it was ended by what nobody asked for;
//! the new one is told why, and tells people. What was under way is in the ledger. Any other end is passed on.
//!
//! The two are joined by a pipe, the child's stdin. One byte on it tells the child to stop in order, as SIGTERM does: the
//! supervisor writes that when it gets SIGTERM or SIGINT. The pipe's end without it means that the supervisor was killed,
//! and the child, which whoever did that meant as well, ends at once. SIGHUP is left alone: by default it ends the
//! supervisor, and with that the child, and under `nohup` neither. A child that does not stop within [`LONGEST_STOP`] is
//! ended, or ends itself.
//!
//! Nobody watches with `--no-supervisor`, and where a service manager does: systemd starts a service again by itself, and
//! means the process that it started. It sets `INVOCATION_ID`, which terminals of some desktops inherit; who is at a
//! terminal is no service.

use std::{
    fmt,
    io::{self, IsTerminal as _, Read as _},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{ExitCode, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use homepilot_models::restarts::Restarts;
use rustix::process::{Signal, getpid, kill_process};
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, ChildStdin, Command},
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

/// The variable that marks the child. Its value says how the child before it ended, and is empty for the first.
pub const VARIABLE: &str = "HOMEPILOT_SUPERVISED";
/// The child is started again at most so often within [`WITHIN`].
pub const MOST_RESTARTS: usize = 5;
/// See [`MOST_RESTARTS`].
pub const WITHIN: Duration = Duration::from_secs(600);
/// How long the child may take to stop; it allows its work and its calls half of that.
pub const LONGEST_STOP: Duration = Duration::from_secs(30);

/// What the child is told when it is to stop.
const STOP: &[u8] = b".";
/// The exit code of a Rust program whose `main` panicked.
const PANICKED: i32 = 101;
const KILLED: i32 = 9;
/// Signals by which native code ends its process, with Linux's numbers.
const CRASHES: [(i32, &str); 4] = [(4, "SIGILL"), (6, "SIGABRT"), (7, "SIGBUS"), (11, "SIGSEGV")];

/// How the child ended when nobody had asked it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By SIGKILL: the system does so when memory runs out.
    Killed,
    /// By a signal of this name.
    Crashed(&'static str),
    /// Its `main` panicked.
    Panicked,
}

impl Ending {
    fn of(status: ExitStatus) -> Option<Self> {
        match status.signal() {
            Some(KILLED) => Some(Self::Killed),
            Some(signal) => {
                let crash = CRASHES.iter().find(|(number, _)| *number == signal);
                crash.map(|(_, name)| Self::Crashed(name))
            }
            None => (status.code() == Some(PANICKED)).then_some(Self::Panicked),
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "SIGKILL" => Some(Self::Killed),
            "panic" => Some(Self::Panicked),
            other => CRASHES.iter().find(|(_, name)| *name == other).map(|(_, name)| Self::Crashed(name)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Killed => "SIGKILL",
            Self::Crashed(name) => name,
            Self::Panicked => "panic",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed => f.write_str(
                "it was ended by the system (SIGKILL): perhaps memory ran out, and a smaller model \
                 (`homepilot --model small serve`) needs less",
            ),
            Self::Crashed(name) => write!(f, "it crashed ({name})"),
            Self::Panicked => f.write_str("it panicked"),
        }
    }
}

/// Whether `serve` is to run under a supervisor that does not run yet.
pub fn is_wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some();
    !set(VARIABLE) && (!set("INVOCATION_ID") || io::stdin().is_terminal())
}

/// Runs this program once more as the child and watches over it. Returns how the whole ended.
pub fn run() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let watched = runtime.and_then(|runtime| runtime.block_on(watch()));
    match watched {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!(
                "homepilot: the supervisor can't run: {error}; `homepilot serve --no-supervisor` does without"
            );
            ExitCode::FAILURE
        }
    }
}

async fn watch() -> io::Result<u8> {
    let program = std::env::current_exe()?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    watch_over(|ended_before| child(&program, ended_before), stop, LONGEST_STOP).await
}

fn child(program: &Path, ended_before: Option<Ending>) -> Command {
    let mut command = Command::new(program);
    command
        .args(std::env::args_os().skip(1))
        .env(VARIABLE, ended_before.map_or("", Ending::name))
        .stdin(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Starts the command again and again until it ends as somebody meant it to, or too often as nobody did. Returns the exit
/// code.
async fn watch_over(
    mut command: impl FnMut(Option<Ending>) -> Command,
    stop: impl Future<Output = ()>,
    longest_stop: Duration,
) -> io::Result<u8> {
    let mut stop = std::pin::pin!(stop);
    let mut restarts = Restarts::new(MOST_RESTARTS, WITHIN);
    let mut ended_before = None;
    loop {
        let mut child = command(ended_before).spawn()?;
        // Waiting for the child would close it.
        let pipe = child.stdin.take();
        let status = tokio::select! {
            biased;
            () = &mut stop => {
                return see_out(child, pipe, longest_stop).await;
            }
            status = child.wait() => status?,
        };
        let Some(ending) = Ending::of(status) else { return Ok(code(status)) };
        if !restarts.allow(Instant::now()) {
            eprintln!(
                "homepilot: {ending}; that is more than {MOST_RESTARTS} times within {} minutes, so it is not started \
                 again: ask `homepilot doctor`, or use a smaller model (`homepilot --model small serve`)",
                WITHIN.as_secs() / 60
            );
            return Ok(1);
        }
        eprintln!("homepilot: {ending}; it is started again");
        ended_before = Some(ending);
    }
}

async fn see_out(mut child: Child, pipe: Option<ChildStdin>, longest: Duration) -> io::Result<u8> {
    if let Some(mut pipe) = pipe {
        // One that is gone needs no word.
        drop(pipe.write_all(STOP).await);
    }
    if let Ok(status) = tokio::time::timeout(longest, child.wait()).await {
        return Ok(code(status?));
    }
    eprintln!("homepilot: it did not stop within {} seconds and is ended", longest.as_secs());
    child.kill().await?;
    Ok(1)
}

/// As a shell has it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// What the child knows of who watches over it.
#[derive(Debug, Default)]
pub struct Watched {
    /// How the child before it ended.
    pub ended_before: Option<Ending>,
    /// Cancelled when it is to stop; never without a supervisor.
    pub stop: CancellationToken,
}

impl Watched {
    /// By the value of [`VARIABLE`]; without one nobody watches.
    ///
    /// # Errors
    /// When the thread that listens to the supervisor can't be started.
    pub fn by(variable: Option<&str>) -> io::Result<Self> {
        let Some(name) = variable else { return Ok(Self::default()) };
        let stop = CancellationToken::new();
        let told = stop.clone();
        // It ends with the process: reading can't be stopped from outside.
        thread::Builder::new().name("supervisor".to_owned()).spawn(move || follow(&told))?;
        Ok(Self { ended_before: Ending::named(name), stop })
    }
}

/// Waits for the word to stop, and sees to it that the process does not outlive that, or its supervisor.
fn follow(told: &CancellationToken) {
    // A pipe that can't be read has ended too.
    if io::stdin().read_exact(&mut [0; STOP.len()]).is_err() {
        eprintln!("homepilot: its supervisor was killed, so it ends too");
        // As the supervisor did: an orderly exit would keep the ports for as long as the engines take.
        if let Err(error) = kill_process(getpid(), Signal::KILL) {
            eprintln!("homepilot: it can't end at once: {error}");
        }
    }
    told.cancel();
    thread::sleep(LONGEST_STOP);
    eprintln!("homepilot: it did not stop within {} seconds and ends itself", LONGEST_STOP.as_secs());
    std::process::exit(1);
}

#[cfg(test)]
mod tests;
