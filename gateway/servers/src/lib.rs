//! The built-in tool servers and the connectors: MCP servers of their own, each useful to any MCP client, and the spoken
//! dates they share.

#![deny(missing_docs)]

pub mod assistant;
pub mod briefing;
pub mod calendar;
pub mod dates;
pub mod decision;
pub mod email;
pub mod knowledge;
pub mod port;
pub mod web;
pub mod whatsapp;

mod answered;
mod arguments;
mod builtin;
mod clock;
mod connector;
mod database;
mod definition;
mod free;
mod matching;
mod placing;
mod sentences;
mod serving;

pub use builtin::BuiltIn;
pub use clock::Clock;
pub use connector::Connector;
pub use database::{StoreError, migration_lock, unknown_migration};
pub use serving::{Effect, IDEMPOTENCY_KEY, OUTCOME_KEY, ServeError, is_passed_on};
