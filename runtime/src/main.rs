//! The `homepilot` program.

use std::process::ExitCode;

use clap::Parser as _;
use homepilot::{
    cli::{Cli, run},
    supervisor,
};
use tracing_subscriber::EnvFilter;

/// How the engines' threads wait for each other: asleep. By default they spin, and on a busy machine every step of a
/// model then waits for a time slice of a thread that is not running. libgomp reads it when it is loaded, before `main`.
const WAIT_POLICY: (&str, &str) = ("OMP_WAIT_POLICY", "passive");

/// Starts this program again with the wait policy set, unless somebody chose one.
fn wait_asleep() {
    use std::os::unix::process::CommandExt as _;
    if std::env::var_os(WAIT_POLICY.0).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        let error = std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(WAIT_POLICY.0, WAIT_POLICY.1)
            .exec();
        eprintln!("homepilot: goes on with spinning engine threads: {error}");
    }
}

/// The library that speaks IMAP would log passwords with everything else that is said, whatever somebody asks to see.
fn quiet(filter: EnvFilter) -> EnvFilter {
    match "async_imap=off".parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    }
}

fn main() -> ExitCode {
    wait_asleep();
    let cli = Cli::parse();
    if cli.serves_supervised() && supervisor::is_wanted() {
        return supervisor::run();
    }
    tracing_subscriber::fmt()
        .with_env_filter(quiet(
            EnvFilter::try_from_env("HOMEPILOT_LOG").unwrap_or_else(|_| cli.default_log().into()),
        ))
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("homepilot: the system gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("homepilot: {error:#}");
            ExitCode::FAILURE
        }
    }
}
