//! A2A agents that somebody else runs: their cards, what is asked of them, and what becomes of it.
//!
//! An agent is a stranger. Its card is foreign text of any size that may name any address, and its answers come when they
//! come; so every body is bounded, every address is judged again, and every wait ends. The messages and their names are the
//! official SDK's (`a2a`). The HTTP under them is ours: the SDK's own client reads bodies without end, and reports a request
//! that never left like one that may have arrived.
//!
//! [`Client`] is one agent; [`Client::begin`] sends an [`Errand`] once and gives an [`Exchange`], which is followed to its
//! [`Answer`]. `AgentLine` is the same as a connection of the gateway, where each skill is a tool.

mod card;
mod client;
mod depth;
mod errand;
mod exchange;
mod http;
mod line;
mod place;
mod seen;
mod talks;
mod tongue;
mod update;
mod wire;

pub use card::{Card, Skill};
pub use client::{Access, Client, NoAgent};
pub use depth::{DEEPEST, DELEGATION, delegated};
pub use errand::{Answer, Ending, Errand, Step};
pub use exchange::Exchange;

pub(crate) use card::CardProblem;
pub(crate) use line::{AgentLine, agent_asks, connect};
pub(crate) use talks::{Party, Talks};
