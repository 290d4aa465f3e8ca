//! The whole system in one test binary, a file per subject. Models, peers and the built program are fetched by
//! `make test`; a missing piece fails the test that needs it and says which.

mod arrows;
mod ask;
mod bad_input;
mod browser;
mod crash;
mod engines_together;
mod own_server;
mod openai_client;
