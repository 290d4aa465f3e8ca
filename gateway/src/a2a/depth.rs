//! How often a request was passed on from agent to agent, so that two agents which know each other don't pass it on for ever.

use std::collections::HashMap;

use serde_json::{Value, json};

/// How often a request may be passed on from agent to agent.
pub const DEEPEST: u64 = 3;
/// Where a message says how often it was passed on.
pub const DELEGATION: &str = "homepilot.delegation";

/// The metadata of a request that was passed on so often, this time included.
#[must_use]
pub fn delegated(depth: u64) -> HashMap<String, Value> {
    HashMap::from([(DELEGATION.to_owned(), json!({ "depth": depth }))])
}
