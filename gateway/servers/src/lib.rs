//! The built-in tool servers: MCP servers of their own, each useful to any MCP client, and the spoken dates they share.

#![deny(missing_docs)]

pub mod assistant;
pub mod dates;
