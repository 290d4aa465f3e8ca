//! Pulls models into the product's own store: `cargo run --release -p homepilot-models --example pull -- default whisper-tiny.en`.

use std::error::Error;
use std::io::{self, Write};
use std::time::Instant;

use homepilot_models::cancel::Cancel;
use homepilot_models::store::{self, Progress, Store};

struct Line;

impl Progress for Line {
    fn step(&mut self, what: &str, done: u64, total: u64) {
        eprint!("\r\x1b[K{what}: {:.1} of {:.1} MB", done as f64 / 1e6, total as f64 / 1e6);
        // A progress line that can't be shown is no reason to stop.
        drop(io::stderr().flush());
    }

    fn note(&mut self, message: &str) {
        eprintln!("\r\x1b[K{message}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = store::default_dir(|name| std::env::var_os(name)).ok_or("set HOME or XDG_CACHE_HOME")?;
    let store = Store::open(dir)?;
    for name in std::env::args().skip(1) {
        let started = Instant::now();
        let model = store.pull(&name.parse()?, &mut Line, &Cancel::new())?;
        eprintln!(
            "\r\x1b[K{}: {} ({:.1} s)",
            model.id(),
            model.path().display(),
            started.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
