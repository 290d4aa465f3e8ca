//! The whole system in one test binary, a file per subject. Models, peers and the built program are fetched by
//! `make test`; a missing piece fails the test that needs it and says which.

// A test fails by panicking, in the functions it calls too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod agents;
mod arrows;
mod ask;
mod bad_input;
mod browser;
mod builtin_servers;
mod connectors;
mod crash;
mod engines_together;
mod first_run;
mod from_elsewhere;
mod guide;
mod installed;
mod new_server;
mod openai_audio;
mod openai_client;
mod own_server;
mod pasted_clients;
mod providers;
mod realtime_clients;
mod reminders;
mod scenarios;
mod sessions;
mod supervisor;
mod taking_turns;
mod talk;
mod traces;
mod unsafety;
mod websocket;
