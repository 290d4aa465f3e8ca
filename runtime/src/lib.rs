//! HomePilot: a voice-first persona runtime. It hears an utterance, plans a tool call, reads the exact call back,
//! waits for a yes and makes that call once.
//!
//! This crate alone knows all the others and translates between them: [`app`] composes, [`turn`] decides,
//! [`session`] performs, [`realtime`] and [`http`] speak to the outside; [`talk`] is a client of it at this machine.

pub mod access;
pub mod agents;
pub mod announcer;
pub mod answer;
mod apart;
pub mod app;
pub mod bench;
pub mod builtins;
pub mod cli;
pub mod client;
pub mod config;
pub mod connectors;
pub mod database;
pub mod doctor;
mod dotenv;
pub mod drafter;
pub mod engines;
pub mod eval;
pub mod fetching;
pub mod hearing;
pub mod http;
pub mod paths;
pub mod phrasing;
pub mod planner;
pub mod realtime;
pub mod session;
pub mod skills;
pub mod sources;
pub mod supervisor;
pub mod talk;
mod tls;
pub mod trace;
pub mod translate;
pub mod turn;
