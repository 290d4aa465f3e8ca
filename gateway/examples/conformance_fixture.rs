//! The conformance suite's fixture server by itself: prints its address and serves until it is killed.
//!
//! `conformance server --url ADDRESS --requirements 2026-07-28`

// A fixture that does not fit the protocol should say so and end.
#![allow(clippy::expect_used)]

#[expect(dead_code, reason = "the gateway before the fixture is for the other example")]
#[path = "conformance/behind.rs"]
mod behind;
#[path = "conformance/fixture.rs"]
mod fixture;
#[path = "conformance/tools.rs"]
mod tools;

#[tokio::main]
async fn main() {
    println!("{}", behind::serve_fixture().await);
    std::future::pending::<()>().await;
}
