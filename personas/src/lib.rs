//! Who one talks to: a persona's character, its voice, and how far it may go by itself.
//!
//! A persona is one TOML file. [`parse`] turns a file into a [`Persona`] that is valid by construction, or into every
//! problem of the file at once, each naming file, line, field and the values allowed. [`Catalogue`] holds the built-in
//! personas overlaid by a directory of the user's own; [`watch`] reloads it when that directory changes.
//!
//! Invariants:
//! - A catalogue is always usable: a bad file costs at most its own persona, and a file that *goes* bad keeps the last
//!   good one. The built-in personas are always there unless a user's file replaces them.
//! - No written rule or default exceeds the persona's ceiling.
//! - Nothing here decides whether a tool may run; the levels are input to the gateway's policy.
#![deny(missing_docs)]

mod builtin;
mod catalogue;
mod manifest;
mod persona;
mod problem;
mod watch;

pub use catalogue::Catalogue;
pub use manifest::{DEFAULT_VOICE, parse};
pub use persona::{
    Autonomy, InvalidPersonaId, Level, Mode, Origin, Persona, PersonaId, Rule, ToolFilter, UnknownLevel,
    VoiceChoice,
};
pub use problem::PersonaProblem;
pub use watch::{WatchError, Watcher, watch};
