//! Model weights, verified, and the engines that run them.
//!
//! Weights come from people we don't know over networks we don't trust, and an engine that maps a broken file
//! answers nonsense or crashes. So there is one door: the [`catalog`] says which bytes a model is, the [`store`]
//! fetches, converts and checks them, and a [`store::VerifiedModel`], which only the store can make, is all that an
//! engine loads. Each loaded engine lives on a thread of its own ([`engine`]).

pub mod cancel;
pub mod catalog;
pub mod convert;
pub mod embed;
pub mod engine;
pub mod families;
pub mod llama;
pub mod lm;
mod pulse;
pub mod restarts;
pub mod store;
