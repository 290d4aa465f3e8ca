//! Fetching a package from a registry with the registry's own client.
//!
//! pip and npm know which index to ask, through which proxy and with which credentials; we don't have to. They only
//! download: of PyPI only wheels are taken, which have no build step, and npm is told to run no script. Each download
//! happens in a private directory, with the client's temporary files in it too, and the archive is moved out when the
//! client has succeeded, so an archive that is there is whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use super::failure::SourceError;
use super::pull::Stop;

/// The clients, and what is added to their environment.
#[derive(Clone, Debug)]
pub struct Fetchers {
    /// The commands that may be pip, tried in order: program and first arguments.
    pub pip: Vec<Vec<OsString>>,
    /// The command that is npm.
    pub npm: Vec<OsString>,
    /// Added to what the clients inherit.
    pub env: Vec<(OsString, OsString)>,
}

impl Default for Fetchers {
    fn default() -> Self {
        let command = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        Self {
            pip: vec![command(&["python3", "-m", "pip"]), command(&["pip3"]), command(&["pip"])],
            npm: command(&["npm"]),
            env: Vec::new(),
        }
    }
}

/// Which registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registry {
    Pypi,
    Npm,
}

/// One package.
#[derive(Clone, Copy, Debug)]
pub(super) struct Package<'a> {
    pub(super) registry: Registry,
    pub(super) name: &'a str,
    pub(super) version: &'a str,
}

impl Package<'_> {
    /// The archive's name in our own directory.
    pub(super) fn archive_name(&self) -> String {
        let extension = match self.registry {
            Registry::Pypi => "whl",
            Registry::Npm => "tgz",
        };
        format!("{}-{}.{extension}", self.name.replace('/', "+"), self.version)
    }
}

/// How often a running client is looked at: moves the progress bar, and bounds how late a cancel is seen.
pub(super) const TICK: Duration = Duration::from_millis(100);

const ATTEMPT: &str = "attempt-";

/// Fetches a package's archive into `dir`, unless it is there. `tick` is told how many bytes lie in the client's
/// directory by now, and may stop it.
pub(super) fn fetch(
    fetchers: &Fetchers,
    package: Package<'_>,
    dir: &Path,
    tick: &mut dyn FnMut(u64) -> Result<(), Stop>,
) -> Result<PathBuf, Stop> {
    let archive = dir.join(package.archive_name());
    if archive.exists() {
        return Ok(archive);
    }
    let commands: &[Vec<OsString>] = match package.registry {
        Registry::Pypi => &fetchers.pip,
        Registry::Npm => std::slice::from_ref(&fetchers.npm),
    };
    for command in commands {
        let attempt =
            tempfile::Builder::new().prefix(ATTEMPT).tempdir_in(dir).map_err(|e| Stop::io(dir, e))?;
        let Some(status) = run(fetchers, command, package, attempt.path(), tick)? else {
            continue;
        };
        if !status.success() {
            let said = fs::read(attempt.path().join("stderr")).unwrap_or_default();
            let said = String::from_utf8_lossy(&said);
            if said.contains("No module named pip") {
                continue;
            }
            if said.contains("No space left on device") || said.contains("ENOSPC") {
                return Err(Stop::io(dir, io::Error::from(io::ErrorKind::StorageFull)));
            }
            return Err(Stop::Source(SourceError::Client {
                client: client(package.registry),
                package: format!("{} {}", package.name, package.version),
                reason: last_words(&said, status),
            }));
        }
        let fetched = only_file(&attempt.path().join("out")).map_err(|e| Stop::io(dir, e))?;
        let Some(fetched) = fetched else {
            return Err(Stop::Source(SourceError::Client {
                client: client(package.registry),
                package: format!("{} {}", package.name, package.version),
                reason: "it did not leave exactly one archive".into(),
            }));
        };
        fs::rename(&fetched, &archive).map_err(|e| Stop::io(&archive, e))?;
        return Ok(archive);
    }
    Err(Stop::Source(match package.registry {
        Registry::Pypi => SourceError::NoClient { client: "pip", install: "python3-pip" },
        Registry::Npm => SourceError::NoClient { client: "npm", install: "npm" },
    }))
}

/// Removes what clients left that were killed with us.
pub(super) fn sweep(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(ATTEMPT) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn client(registry: Registry) -> &'static str {
    match registry {
        Registry::Pypi => "pip",
        Registry::Npm => "npm",
    }
}

/// Runs the client to its end; [`None`] when there is no such program.
fn run(
    fetchers: &Fetchers,
    words: &[OsString],
    package: Package<'_>,
    attempt: &Path,
    tick: &mut dyn FnMut(u64) -> Result<(), Stop>,
) -> Result<Option<ExitStatus>, Stop> {
    let Some((program, first)) = words.split_first() else {
        return Ok(None);
    };
    let (out, temporary) = (attempt.join("out"), attempt.join("tmp"));
    for dir in [&out, &temporary] {
        fs::create_dir(dir).map_err(|e| Stop::io(dir, e))?;
    }
    let stderr = attempt.join("stderr");
    let stderr = File::create(&stderr).map_err(|e| Stop::io(&stderr, e))?;
    let mut command = Command::new(program);
    // `python3 -m` looks for modules in the working directory: it has to be one that nobody else writes to.
    command.args(first).envs(fetchers.env.iter().cloned()).env("TMPDIR", &temporary).current_dir(&temporary);
    match package.registry {
        Registry::Pypi => command
            .args([
                "download",
                "--quiet",
                "--no-input",
                "--disable-pip-version-check",
                "--no-cache-dir",
                "--no-deps",
            ])
            .args(["--only-binary=:all:", "--ignore-requires-python", "--dest"])
            .arg(&out)
            .arg(format!("{}=={}", package.name, package.version)),
        Registry::Npm => command
            .args(["pack", "--silent", "--ignore-scripts", "--no-audit", "--no-update-notifier", "--cache"])
            .arg(&temporary)
            .arg("--pack-destination")
            .arg(&out)
            .arg(format!("{}@{}", package.name, package.version)),
    };
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Stop::io(Path::new(program), error)),
    };
    loop {
        let waited = child.try_wait().map_err(|e| Stop::io(Path::new(program), e))?;
        if let Some(status) = waited {
            return Ok(Some(status));
        }
        if let Err(stop) = tick(bytes_below(attempt)) {
            // It may have ended by itself in between; then there is nothing to kill.
            if let Err(error) = child.kill().and_then(|()| child.wait()) {
                tracing::debug!(%error, "the client could not be stopped");
            }
            return Err(stop);
        }
        thread::park_timeout(TICK);
    }
}

/// The end of what a client said, which is where both put the reason.
fn last_words(said: &str, status: ExitStatus) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return status.to_string();
    }
    let text = lines[lines.len().saturating_sub(2)..].join("; ");
    text.chars().take(400).collect()
}

fn only_file(dir: &Path) -> io::Result<Option<PathBuf>> {
    let mut files = fs::read_dir(dir)?;
    match (files.next().transpose()?, files.next()) {
        (Some(file), None) => Ok(Some(file.path())),
        (None | Some(_), _) => Ok(None),
    }
}

/// Bytes of all files below `dir`, as far as they can be seen: the client moves them under our eyes.
fn bytes_below(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
