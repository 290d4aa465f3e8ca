//! The built program, run to its end.

use std::{path::PathBuf, process::Stdio};

use anyhow::{Context as _, bail};
use tokio::process::Command;

use crate::server::Home;

/// Where it is.
///
/// # Errors
/// When it was not built.
pub fn program() -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let target = test.ancestors().nth(2).context("the test lies in target/PROFILE/deps")?;
    let program = target.join("homepilot");
    if !program.is_file() {
        bail!("{} is missing: run `make build`", program.display());
    }
    Ok(program)
}

/// What it said, and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// stdout, then stderr.
    pub said: String,
    /// Its exit code; -1 when it was killed.
    pub code: i32,
}

/// Runs `homepilot ARGUMENTS` in a home.
///
/// # Errors
/// When it was not built.
pub async fn homepilot(home: &Home, variables: &[(&str, &str)], arguments: &[&str]) -> anyhow::Result<Ended> {
    let output = Command::new(program()?)
        .args(arguments)
        .envs(home.variables())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    Ok(Ended { said, code: output.status.code().unwrap_or(-1) })
}
