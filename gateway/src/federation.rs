//! Everything registered as one MCP server, at `/mcp`, for any MCP client.
//!
//! Two revisions are spoken: 2025-11-25, whose clients have sessions and can be asked in the middle of a call, and 2026-07-28,
//! whose clients send every request by itself and are asked by a result that says what is missing (`input_required`). The way
//! of a call is the same for both: [`Gateway::propose`], an answer by whoever gives it first, and one entry in the ledger,
//! however many legs it takes. Nothing here decides what may run.
//!
//! A tool is `server__tool`; a bare name is taken when one server alone offers it. Resources keep their addresses, so that
//! links inside results stay true. What a server asks or tells back (elicitation, sampling, roots, progress, logs) reaches the
//! client whose call it belongs to, and nobody else.

mod answer;
mod ask;
mod call;
mod client;
mod delegated;
mod lists;
mod own;
mod paging;
mod parked;
mod pass;
mod prompts;
mod resources;
mod server;
mod sessions;
mod shelf;
mod tools;
mod upcalls;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::RequestStateCodec;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use uuid::Uuid;

use crate::gateway::Gateway;

pub(crate) use lists::{ListEpochs, SharedEar};

use parked::Parked;
use server::Federation;
use sessions::Sessions;
use shelf::Shelves;

/// Pages of the local machine. The port's own guard stands before this list.
const ORIGINS: [&str; 6] = [
    "http://localhost:*",
    "http://127.0.0.1:*",
    "http://[::1]:*",
    "https://localhost:*",
    "https://127.0.0.1:*",
    "https://[::1]:*",
];
/// How long a question about a call may stay open.
const ASK: Duration = Duration::from_secs(5 * 60);

/// What all requests at `/mcp` share.
#[derive(Debug)]
struct Hub {
    gateway: Gateway,
    /// Signs what a client has to hand back; the key dies with the process, as does what the states stand for.
    codec: RequestStateCodec,
    parked: Arc<Parked>,
    shelves: Shelves,
    own: own::Allowance,
}

/// The service behind `/mcp`. It holds the gateway open, and ends its sessions when the gateway shuts down.
pub(crate) fn service(gateway: &Gateway) -> StreamableHttpService<Federation, Sessions> {
    let key: Vec<u8> =
        [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(|id| *id.as_bytes()).collect();
    let hub = Arc::new(Hub {
        gateway: gateway.clone(),
        codec: codec(key),
        parked: Arc::default(),
        shelves: Shelves::default(),
        own: own::Allowance::default(),
    });
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(["localhost", "127.0.0.1", "::1"])
        .with_allowed_origins(ORIGINS)
        .enforce_origin_validation()
        .with_cancellation_token(gateway.shared().stop.child_token());
    StreamableHttpService::new(
        move || Ok(Federation::new(hub.clone())),
        Arc::new(Sessions::default()),
        config,
    )
}

#[expect(deprecated, reason = "the key is 48 bytes; the checked way only adds an error that can't happen")]
fn codec(key: Vec<u8>) -> RequestStateCodec {
    RequestStateCodec::new(key)
}
