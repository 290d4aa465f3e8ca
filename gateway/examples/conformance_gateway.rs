//! The conformance suite's fixture server behind a gateway: prints the address of the gateway's `/mcp` and serves until it is
//! killed. With an address as its argument it registers that server instead of its own fixture.

// A fixture that does not fit the protocol should say so and end.
#![allow(clippy::expect_used)]

#[path = "conformance/behind.rs"]
mod behind;
#[path = "conformance/fixture.rs"]
mod fixture;
#[path = "conformance/tools.rs"]
mod tools;

#[tokio::main]
async fn main() {
    let fixture = match std::env::args().nth(1) {
        Some(address) => address,
        None => behind::serve_fixture().await,
    };
    let folder = std::env::temp_dir().join(format!("homepilot-conformance-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the database");
    println!("{}", behind::serve_gateway(&folder, &fixture).await);
    std::future::pending::<()>().await;
}
