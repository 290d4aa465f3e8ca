//! What the tests share: a whole HomePilot on ports of the system's choice with a home of its own, recordings in its
//! own voice, the peers that talk to it, and the integrations guide's requests.

pub mod offers;
pub mod pages;
pub mod peers;
pub mod program;
pub mod recordings;
pub mod requests;
pub mod searx;
pub mod server;
pub mod sound;
pub mod speaking;
pub mod talking;
