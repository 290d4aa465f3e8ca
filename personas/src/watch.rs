//! Reloads a catalogue when its directory changes.
//!
//! An editor's save is several events (truncate, write, rename), so a reload waits until the directory has been quiet for
//! [`QUIET`], at most [`PATIENCE`] after the first event. Being read is not a change; otherwise each reload would cause
//! the next.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::catalogue::Catalogue;

const QUIET: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a directory can't be watched. The catalogue itself goes on working.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The catalogue was loaded without one.
    #[error("there is no persona directory to watch; give one in the settings")]
    NoDirectory,
    /// It didn't exist and couldn't be made.
    #[error("can't create the persona directory {dir}; make it yourself or choose another")]
    Create {
        /// The directory.
        dir: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The operating system refused.
    #[error("can't watch the persona directory {dir}; changed files need a restart")]
    Refused {
        /// The directory.
        dir: String,
        /// The cause.
        source: notify::Error,
    },
    /// No thread could be started.
    #[error("can't start the thread that watches personas")]
    Thread(#[source] std::io::Error),
}

/// Watches until dropped; dropping waits for a reload that is under way.
pub struct Watcher {
    /// Owns the sending end, so taking it ends the thread.
    notifier: Option<RecommendedWatcher>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.notifier.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that watches personas had panicked");
        }
    }
}

/// Watches the catalogue's directory, creating it if it is missing. `on_change` runs on the watching thread after each
/// reload that changed a persona or a problem; it must not drop the watcher.
///
/// # Errors
/// See [`WatchError`].
pub fn watch(catalogue: Catalogue, on_change: impl Fn() + Send + 'static) -> Result<Watcher, WatchError> {
    let dir = catalogue.dir().ok_or(WatchError::NoDirectory)?.to_owned();
    let name = || dir.display().to_string();
    std::fs::create_dir_all(&dir).map_err(|source| WatchError::Create { dir: name(), source })?;

    // One slot: a full channel already says that something changed.
    let (changed, changes) = sync_channel::<()>(1);
    let refused = |source| WatchError::Refused { dir: name(), source };
    let mut notifier = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.map_or(true, |event| is_change(event.kind)) {
            changed.try_send(()).ok();
        }
    })
    .map_err(refused)?;
    notifier.watch(&dir, RecursiveMode::NonRecursive).map_err(refused)?;

    let run = move || {
        // A file that changed between loading and watching.
        let mut due = catalogue.reload();
        loop {
            if due {
                on_change();
            }
            if !settle(&changes) {
                return;
            }
            due = catalogue.reload();
        }
    };
    let thread = std::thread::Builder::new()
        .name("persona-watch".to_owned())
        .spawn(run)
        .map_err(WatchError::Thread)?;
    Ok(Watcher { notifier: Some(notifier), thread: Some(thread) })
}

fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Any
        | EventKind::Other => true,
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
    }
}

/// Waits for a change and then for quiet. False once the watcher is gone.
fn settle(changes: &Receiver<()>) -> bool {
    if changes.recv().is_err() {
        return false;
    }
    let patience = Instant::now() + PATIENCE;
    loop {
        let wait = QUIET.min(patience.saturating_duration_since(Instant::now()));
        match changes.recv_timeout(wait) {
            Ok(()) if !wait.is_zero() => {}
            Ok(()) | Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc::{Receiver, sync_channel};
    use std::time::Duration;

    use super::{WatchError, Watcher, watch};
    use crate::catalogue::Catalogue;
    use crate::persona::PersonaId;

    /// Generous: only a failing test waits this long.
    const AT_MOST: Duration = Duration::from_secs(30);

    fn watched(dir: &Path) -> (Catalogue, Watcher, Receiver<()>) {
        let catalogue = Catalogue::load(Some(dir));
        let (changed, changes) = sync_channel(64);
        let watcher = watch(catalogue.clone(), move || changed.send(()).unwrap()).unwrap();
        (catalogue, watcher, changes)
    }

    fn until(changes: &Receiver<()>, mut condition: impl FnMut() -> bool) {
        while !condition() {
            changes.recv_timeout(AT_MOST).expect("the catalogue was told of the change");
        }
    }

    fn persona(name: &str) -> String {
        format!("id = 'mine'\nname = '{name}'\ninstructions = 'Be kind.'\n")
    }

    #[test]
    fn files_written_renamed_spoilt_and_removed_are_followed() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("not/yet/there");
        let (catalogue, _watcher, changes) = watched(&dir);
        let id: PersonaId = "mine".parse().unwrap();
        let name = || catalogue.get(&id).map(|persona| persona.name.clone());
        let file = dir.join("mine.toml");

        std::fs::write(&file, persona("First")).unwrap();
        until(&changes, || name().as_deref() == Some("First"));

        // As editors save: a new file moved over the old one.
        std::fs::write(dir.join("mine.toml~"), persona("Second")).unwrap();
        std::fs::rename(dir.join("mine.toml~"), &file).unwrap();
        until(&changes, || name().as_deref() == Some("Second"));

        std::fs::write(&file, "id = ").unwrap();
        until(&changes, || !catalogue.problems().is_empty());
        assert_eq!(name().as_deref(), Some("Second"));

        std::fs::remove_file(&file).unwrap();
        until(&changes, || name().is_none());
        assert!(catalogue.problems().is_empty());
    }

    #[test]
    fn dropping_the_watcher_ends_its_thread() {
        let dir = tempfile::tempdir().unwrap();
        let (_catalogue, watcher, changes) = watched(dir.path());
        drop(watcher);
        // The closure and its sender are gone with the thread.
        assert!(changes.recv().is_err());
    }

    #[test]
    fn a_catalogue_without_a_directory_says_so() {
        assert!(matches!(watch(Catalogue::load(None), || ()), Err(WatchError::NoDirectory)));
    }
}
