//! Notices that a file of the settings was saved.

use std::{path::Path, time::Duration};

use notify::{
    RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, EventKind},
};
use tokio::{sync::watch, time::timeout};

/// An editor's save is several events: they are over when it has been quiet for so long.
const QUIET: Duration = Duration::from_millis(150);
/// How many times quiet is waited for before one looks anyway.
const PATIENCE: usize = 15;

/// A folder that is watched while this lives.
pub(super) struct Watched {
    saved: watch::Receiver<()>,
    _notifier: Option<RecommendedWatcher>,
}

impl Watched {
    /// Watches `folder`, which is made if it is missing. What can't be watched is told in the log and never changes.
    pub(super) fn begin(folder: &Path) -> Self {
        let (save, saved) = watch::channel(());
        match notifier(folder, save) {
            Ok(notifier) => Self { saved, _notifier: Some(notifier) },
            Err(problem) => {
                let folder = folder.display();
                tracing::warn!(%folder, problem, "changed settings of connectors are seen after a restart only");
                Self { saved, _notifier: None }
            }
        }
    }

    /// Resolves when something was saved; given up, it resolves the next time.
    pub(super) async fn saved(&mut self) {
        if self.saved.changed().await.is_err() {
            // Nothing is watched.
            std::future::pending().await
        }
    }

    /// Waits until it is quiet.
    pub(super) async fn settled(&mut self) {
        for _ in 0..PATIENCE {
            if timeout(QUIET, self.saved.changed()).await.is_err() {
                return;
            }
        }
    }
}

fn notifier(folder: &Path, save: watch::Sender<()>) -> Result<RecommendedWatcher, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut notifier = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.map_or(true, |event| is_change(event.kind)) {
            save.send_replace(());
        }
    })
    .map_err(|error| error.to_string())?;
    notifier.watch(folder, RecursiveMode::NonRecursive).map_err(|error| error.to_string())?;
    Ok(notifier)
}

/// Being read is none, or each look would cause the next.
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
