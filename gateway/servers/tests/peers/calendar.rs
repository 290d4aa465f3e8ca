//! The calendar connector before real CalDAV servers, Radicale and Xandikos, which `make peers` installs.

mod client;
mod conflicts;
mod everyday;
mod once;
mod peer;
mod relay;
mod series;
mod trouble;
mod zones;

pub(crate) use client::options;
pub(crate) use peer::{Kind, Peer};
