//! The built-in servers and the connectors before programs that are not ours: the Python SDK's client, the conformance
//! suite, real services, and a stand-in for one, which `make peers` installs.

// A test fails by panicking, in the functions it calls too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calendar;
mod conformance;
mod email;
mod gateway;
mod installed;
mod kills;
mod python;
mod servers;
mod whatsapp;
