//! Following what is on offer: which of the three lists has changed since a client was told last.
#![expect(deprecated, reason = "servers of 2025-11-25 still sample, log and ask for roots")]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Weak;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use rmcp::model::{
    ClientCapabilities, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams, ElicitResult,
    ErrorData, ListRootsResult, LoggingMessageNotificationParam, ProgressNotificationParam,
    ResourceUpdatedNotificationParam,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::gateway::{Gateway, Shared};
use crate::upstream::{ChangedList, Upcalls};

/// Counts what servers say of their lists of prompts and resources; tools are listed by their keepers.
#[derive(Debug, Default)]
pub(crate) struct ListEpochs {
    prompts: AtomicU64,
    resources: AtomicU64,
}

impl Shared {
    /// A server says that one of its lists has changed.
    pub(crate) fn list_changed(&self, list: ChangedList) {
        match list {
            ChangedList::Tools => return,
            ChangedList::Prompts => self.list_epochs.prompts.fetch_add(1, Ordering::Relaxed),
            ChangedList::Resources => self.list_epochs.resources.fetch_add(1, Ordering::Relaxed),
        };
        self.table.changed();
    }
}

/// What stands for each list, equal as long as the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    tools: u64,
    prompts: u64,
    resources: u64,
}

/// Which lists have changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed {
    pub(super) tools: bool,
    pub(super) prompts: bool,
    pub(super) resources: bool,
}

/// Follows the lists from where it was made.
pub(super) struct Follower {
    changes: watch::Receiver<u64>,
    told: Marks,
}

impl Follower {
    pub(super) fn new(gateway: &Gateway) -> Self {
        let changes = gateway.changes();
        Self { changes, told: marks(gateway) }
    }

    /// Waits for a change of some list. `None` when the gateway is gone.
    pub(super) async fn next(&mut self, gateway: &Gateway) -> Option<Changed> {
        loop {
            self.changes.changed().await.ok()?;
            let (before, now) = (self.told, marks(gateway));
            self.told = now;
            if before != now {
                return Some(Changed {
                    tools: before.tools != now.tools,
                    prompts: before.prompts != now.prompts,
                    resources: before.resources != now.resources,
                });
            }
        }
    }
}

fn marks(gateway: &Gateway) -> Marks {
    let shared = gateway.shared();
    let (mut tools, mut servers) = (DefaultHasher::new(), DefaultHasher::new());
    shared.table.each_tool(|id, tool| (id, &tool.hash).hash(&mut tools));
    for (name, _) in shared.table.connections() {
        name.hash(&mut servers);
    }
    let with = |epoch: &AtomicU64| {
        let mut hasher = servers.clone();
        epoch.load(Ordering::Relaxed).hash(&mut hasher);
        hasher.finish()
    };
    Marks {
        tools: tools.finish(),
        prompts: with(&shared.list_epochs.prompts),
        resources: with(&shared.list_epochs.resources),
    }
}

/// Behind every shared connection: hears of changed lists, and answers nothing.
#[derive(Debug)]
pub(crate) struct SharedEar {
    shared: Weak<Shared>,
}

impl SharedEar {
    pub(crate) fn new(shared: Weak<Shared>) -> Self {
        Self { shared }
    }
}

fn nobody() -> ErrorData {
    ErrorData::invalid_request("there is nobody to ask on this connection", None)
}

#[async_trait]
impl Upcalls for SharedEar {
    fn capabilities(&self) -> ClientCapabilities {
        ClientCapabilities::default()
    }

    async fn elicit(&self, _: ElicitRequestParams, _: CancellationToken) -> Result<ElicitResult, ErrorData> {
        Err(nobody())
    }

    async fn sample(
        &self,
        _: CreateMessageRequestParams,
        _: CancellationToken,
    ) -> Result<CreateMessageResult, ErrorData> {
        Err(nobody())
    }

    async fn roots(&self, _: CancellationToken) -> Result<ListRootsResult, ErrorData> {
        Err(nobody())
    }

    async fn log(&self, _: LoggingMessageNotificationParam) {}

    async fn progress(&self, _: ProgressNotificationParam) {}

    async fn resource_updated(&self, _: ResourceUpdatedNotificationParam) {}

    async fn list_changed(&self, list: ChangedList) {
        if let Some(shared) = self.shared.upgrade() {
            shared.list_changed(list);
        }
    }
}
