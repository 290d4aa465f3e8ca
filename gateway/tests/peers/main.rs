//! The gateway against programs that are not ours: MCP servers from npm and PyPI, one written after the integrations guide,
//! the guide's own requests sent with `curl`, and fifty servers of which most misbehave. `make peers` installs them.

// A test fails by panicking, in the functions it calls too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod agents;
mod conformance_client;
mod custom;
mod everything;
mod fifty;
mod guide;
mod installed;
mod log;
#[path = "../../../tests/src/offers.rs"]
mod offers;
#[path = "../../../tests/src/pages.rs"]
#[allow(dead_code, reason = "shared with the whole system's tests, which use other parts of it")]
mod pages;
#[path = "../../src/tests/peer.rs"]
#[allow(dead_code, reason = "shared with the crate's own tests, which use other parts of it")]
mod peer;
mod program;
mod providers;
mod reference;
#[path = "../../../tests/src/requests.rs"]
mod requests;
mod rig;
mod side_by_side;
