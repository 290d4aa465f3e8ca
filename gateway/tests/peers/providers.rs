//! The providers of the integrations guide: their pages (`gateway/providers`) as they stand there, every row of the guide's
//! tables, and two of them side by side. Stand-ins have the shapes of their addresses and keys; `tests/tests/all/providers.rs`
//! has the pages' lines for a terminal.

mod hybrid;
mod pages;
mod table;

use crate::installed::provider;
use crate::program::Program;

/// A provider's stand-in in a process of its own.
struct StandIn {
    program: Program,
    /// `http://127.0.0.1:PORT`.
    url: String,
}

impl StandIn {
    async fn start(arguments: &[String]) -> Self {
        let mut program = Program::start(&provider().with(arguments.iter().cloned()), &[]);
        let said = program.says(0, "Uvicorn running on ").await;
        let url = said.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        Self { program, url }
    }

    fn port(&self) -> String {
        self.url.rsplit(':').next().unwrap().to_owned()
    }
}

/// Its arguments, from words of different kinds.
fn arguments<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
