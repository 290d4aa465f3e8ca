//! Which folders have to be looked through again. What the system tells of changes only says where to look; what
//! changed is found by looking, so lost, doubled and reordered events do no harm.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::store::{FolderId, FolderRow};

/// How soon a folder is looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// When the changes have settled.
    Settled,
    /// At once.
    Now,
}

/// Folders to be looked through; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Dirty {
    folders: Arc<Mutex<HashMap<FolderId, Urgency>>>,
    wake: Arc<Notify>,
}

impl Dirty {
    pub fn mark(&self, folder: FolderId, urgency: Urgency) {
        let mut folders = self.folders();
        let known = folders.entry(folder).or_insert(urgency);
        *known = (*known).max(urgency);
        drop(folders);
        self.wake.notify_one();
    }

    /// Wakes whoever waits, though no folder changed: there are new passages.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for the next mark or wake.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether any folder waits only for its changes to settle, and none is wanted at once.
    pub fn settling(&self) -> bool {
        let folders = self.folders();
        !folders.is_empty() && folders.values().all(|urgency| *urgency == Urgency::Settled)
    }

    /// For the next time; wakes nobody.
    pub fn put_back(&self, folders: Vec<FolderId>) {
        let mut known = self.folders();
        for folder in folders {
            known.entry(folder).or_insert(Urgency::Settled);
        }
    }

    pub fn take(&self) -> Vec<FolderId> {
        self.folders().drain().map(|(folder, _)| folder).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.folders().is_empty()
    }

    fn folders(&self) -> MutexGuard<'_, HashMap<FolderId, Urgency>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The system's eyes on the folders.
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: Arc<Mutex<HashMap<FolderId, PathBuf>>>,
}

impl Watch {
    /// Marks folders in `dirty` as something in them changes.
    pub fn new(dirty: Dirty) -> Watch {
        let folders: Arc<Mutex<HashMap<FolderId, PathBuf>>> = Arc::default();
        let watched = folders.clone();
        let told = move |event: notify::Result<Event>| {
            let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, folder) in watched.iter() {
                if concerns(&event, folder) {
                    dirty.mark(id.clone(), Urgency::Settled);
                }
            }
        };
        let watcher = notify::recommended_watcher(told);
        if let Err(error) = &watcher {
            tracing::warn!(%error, "folders can't be watched: changes are found at the next start");
        }
        Watch { watcher: watcher.ok(), folders }
    }

    /// Watches exactly these folders; for each that can't be, why.
    pub fn only(&mut self, rows: &[FolderRow]) -> HashMap<FolderId, String> {
        let mut problems = HashMap::new();
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(watcher) = &mut self.watcher else {
            return rows
                .iter()
                .map(|row| (row.id.clone(), "folders cannot be watched here".to_owned()))
                .collect();
        };
        folders.retain(|id, path| {
            let kept = rows.iter().any(|row| row.id == *id);
            if !kept && let Err(error) = watcher.unwatch(path) {
                tracing::debug!(%error, "a folder that is gone was not watched");
            }
            kept
        });
        for row in rows {
            // Again, though it is watched: the folder may have been made anew.
            match watcher.watch(Path::new(&row.path), RecursiveMode::Recursive) {
                Ok(()) => {
                    folders.insert(row.id.clone(), PathBuf::from(&row.path));
                }
                Err(error) => {
                    problems.insert(row.id.clone(), error.to_string());
                }
            }
        }
        *self.folders.lock().unwrap_or_else(PoisonError::into_inner) = folders;
        problems
    }
}

fn concerns(event: &notify::Result<Event>, folder: &Path) -> bool {
    match event {
        // Reading does not change a file; looking through a folder must not lead to looking through it again.
        Ok(Event { kind: EventKind::Access(_), .. }) => false,
        Ok(event) => {
            event.need_rescan()
                || event.paths.is_empty()
                || event.paths.iter().any(|path| path.starts_with(folder))
        }
        Err(_) => true,
    }
}
