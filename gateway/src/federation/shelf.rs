//! What servers offer besides tools: prompts, resources and templates, fetched when a client asks and kept a moment for
//! finding the owner of a name.
//!
//! All servers are asked at once and none is waited for longer than a moment, so a slow one is left out of the list, not in
//! everybody's way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use rmcp::model::{
    ClientRequest, ListPromptsRequest, ListResourceTemplatesRequest, ListResourcesRequest,
    PaginatedRequestParams, Prompt, Resource, ResourceTemplate, ServerResult,
};
use tokio::time::{Instant, timeout};

use crate::gateway::Gateway;
use crate::name::ServerName;
use crate::upstream::Connection;

const PATIENCE: Duration = Duration::from_secs(3);
const KEPT: Duration = Duration::from_secs(30);
const MAX_ITEMS: usize = 1000;

/// One kind of things on offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Prompts,
    Resources,
    Templates,
}

/// One server's list of one kind.
#[derive(Clone, Debug)]
pub(super) enum Shelf {
    Prompts(Vec<Prompt>),
    Resources(Vec<Resource>),
    Templates(Vec<ResourceTemplate>),
}

type Kept = HashMap<Kind, (Instant, Arc<Vec<(ServerName, Shelf)>>)>;

#[derive(Debug, Default)]
pub(super) struct Shelves {
    kept: Mutex<Kept>,
}

impl Shelves {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Single inserts can't leave the map half-changed.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every server's list, by the servers' names, as it is at this moment.
    pub(super) async fn look(&self, gateway: &Gateway, kind: Kind) -> Arc<Vec<(ServerName, Shelf)>> {
        let asked =
            gateway.shared().table.connections().into_iter().filter(|(_, connection)| has(connection, kind));
        let lists = join_all(asked.map(|(server, connection)| async move {
            let list = timeout(PATIENCE, fetch(&connection, kind)).await.ok().flatten();
            list.map(|list| (server, list))
        }));
        let lists: Arc<Vec<_>> = Arc::new(lists.await.into_iter().flatten().collect());
        self.kept().insert(kind, (Instant::now(), lists.clone()));
        lists
    }

    /// The same as it was lately.
    pub(super) async fn lately(&self, gateway: &Gateway, kind: Kind) -> Arc<Vec<(ServerName, Shelf)>> {
        let kept =
            self.kept().get(&kind).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, lists)| lists.clone());
        match kept {
            Some(lists) => lists,
            None => self.look(gateway, kind).await,
        }
    }
}

fn has(connection: &Connection, kind: Kind) -> bool {
    connection.capabilities().is_some_and(|can| match kind {
        Kind::Prompts => can.prompts.is_some(),
        Kind::Resources | Kind::Templates => can.resources.is_some(),
    })
}

/// Every page, up to a limit; `None` when the server doesn't answer with such a list.
async fn fetch(connection: &Connection, kind: Kind) -> Option<Shelf> {
    let mut shelf = match kind {
        Kind::Prompts => Shelf::Prompts(Vec::new()),
        Kind::Resources => Shelf::Resources(Vec::new()),
        Kind::Templates => Shelf::Templates(Vec::new()),
    };
    let mut cursor = None;
    loop {
        let params = PaginatedRequestParams::default().with_cursor(cursor.take());
        let request = match kind {
            Kind::Prompts => ClientRequest::ListPromptsRequest(ListPromptsRequest::with_param(params)),
            Kind::Resources => ClientRequest::ListResourcesRequest(ListResourcesRequest::with_param(params)),
            Kind::Templates => {
                ClientRequest::ListResourceTemplatesRequest(ListResourceTemplatesRequest::with_param(params))
            }
        };
        let (len, next) = match (&mut shelf, connection.peer()?.send_request(request).await.ok()?) {
            (Shelf::Prompts(all), ServerResult::ListPromptsResult(page)) => {
                all.extend(page.prompts);
                (all.len(), page.next_cursor)
            }
            (Shelf::Resources(all), ServerResult::ListResourcesResult(page)) => {
                all.extend(page.resources);
                (all.len(), page.next_cursor)
            }
            (Shelf::Templates(all), ServerResult::ListResourceTemplatesResult(page)) => {
                all.extend(page.resource_templates);
                (all.len(), page.next_cursor)
            }
            _ => return None,
        };
        if next.is_none() || next == cursor || len >= MAX_ITEMS {
            return Some(shelf);
        }
        cursor = next;
    }
}
