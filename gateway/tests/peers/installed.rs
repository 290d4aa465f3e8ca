//! Where the programs are that `make peers` installs, and how each is started.

use std::path::{Path, PathBuf};

/// `target/peers`, or where `HOMEPILOT_PEERS` says.
pub(crate) fn installed(path: &str) -> PathBuf {
    let folder =
        std::env::var_os("HOMEPILOT_PEERS").map_or_else(|| repository().join("target/peers"), PathBuf::from);
    let file = folder.join(path);
    assert!(file.exists(), "{} is missing: run `make peers`", file.display());
    file
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A program and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
}

impl CommandLine {
    /// The same with more arguments.
    pub(crate) fn with<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }
}

/// A reference server from npm: `everything`, `filesystem` or `memory`.
pub(crate) fn node_server(name: &str) -> CommandLine {
    let file = installed(&format!("node_modules/@modelcontextprotocol/server-{name}/dist/index.js"));
    CommandLine { program: "node".to_owned(), arguments: vec![text(&file)] }
}

/// A reference server from PyPI: `time` or `git`.
pub(crate) fn python_server(name: &str) -> CommandLine {
    python().with(["-m".to_owned(), format!("mcp_server_{name}")])
}

/// The server written after the guide's template.
pub(crate) fn custom_tool() -> CommandLine {
    python().with([text(&repository().join("tests/peers/custom_tool.py"))])
}

/// A stand-in for a provider of hosted servers.
pub(crate) fn provider() -> CommandLine {
    python().with([text(&repository().join("tests/peers/provider.py"))])
}

/// An agent on the official Python SDK.
pub(crate) fn python_agent() -> CommandLine {
    python().with([text(&repository().join("tests/peers/a2a_agent.py"))])
}

/// An agent on the official JavaScript SDK. It finds the SDK by the variable `PEERS`.
pub(crate) fn node_agent() -> CommandLine {
    let program = text(&installed("node_modules/node/bin/node"));
    CommandLine { program, arguments: vec![text(&repository().join("tests/peers/a2a_agent.mjs"))] }
}

fn python() -> CommandLine {
    CommandLine { program: text(&installed("python/bin/python")), arguments: Vec::new() }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
