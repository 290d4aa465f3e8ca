//! What the tests share: a whole HomePilot on ports of the system's choice with a home of its own, recordings in its
//! own voice, and the peers that talk to it.

pub mod peers;
pub mod recordings;
pub mod server;
