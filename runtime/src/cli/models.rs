//! `homepilot models`: what the catalogue has, what is here, and fetching the rest.

use clap::Subcommand;
use homepilot_models::{
    cancel::Cancel,
    catalog::{Catalog, Entry},
    store::{ModelState, Progress, Store},
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    config::{Settings, entry},
    fetching,
    paths::Paths,
};

#[derive(Debug, Subcommand)]
pub(super) enum Models {
    /// The catalogue, and what of it is here
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Fetch and verify; without ids, everything that the settings use
    Pull {
        /// Model ids, or default, small, tiny
        ids: Vec<String>,
    },
    /// Read every byte again and compare; without ids, everything that is here
    Verify {
        /// Model ids, or default, small, tiny
        ids: Vec<String>,
    },
}

impl Models {
    pub(super) async fn run(self, settings: Settings, paths: Paths) -> anyhow::Result<()> {
        let cancel = Cancel::default();
        let stop = cancel.clone();
        let interrupted = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
        });
        let result = tokio::task::spawn_blocking(move || match self {
            Models::List { json } => list(&Store::open(paths.models())?, json),
            Models::Pull { ids } => pull(&Store::open(paths.models())?, &chosen(&ids, &settings)?, &cancel),
            Models::Verify { ids } => verify(&Store::open(paths.models())?, &ids),
        })
        .await?;
        interrupted.abort();
        result
    }
}

fn entries(ids: &[String]) -> anyhow::Result<Vec<&'static Entry>> {
    let catalog = Catalog::builtin();
    ids.iter()
        .map(|id| {
            entry(id).ok_or_else(|| {
                let known: Vec<String> = catalog.entries().iter().map(|e| e.id.to_string()).collect();
                anyhow::anyhow!(
                    "there is no model {id:?}; there are default, small, tiny, {}",
                    known.join(", ")
                )
            })
        })
        .collect()
}

fn chosen(ids: &[String], settings: &Settings) -> anyhow::Result<Vec<&'static Entry>> {
    if !ids.is_empty() {
        return entries(ids);
    }
    Ok(fetching::wanted(&settings.models))
}

fn list(store: &Store, json: bool) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for entry in Catalog::builtin().entries() {
        let state = store.state(entry);
        let megabytes = entry.files.iter().map(|f| f.bytes).sum::<u64>() / 1_000_000;
        if json {
            rows.push(serde_json::json!({
                "id": entry.id.to_string(), "title": entry.title, "licence": entry.licence, "megabytes": megabytes,
                "min_memory_mb": entry.min_memory_mb, "state": word(&state)
            }));
        } else {
            println!("{:<36} {:>6} MB  {:<9} {}", entry.id.to_string(), megabytes, word(&state), entry.title);
        }
    }
    if json {
        println!("{}", serde_json::json!({"models": rows}));
    }
    Ok(())
}

fn word(state: &ModelState) -> &'static str {
    match state {
        ModelState::Missing => "missing",
        ModelState::Partial { .. } => "partial",
        ModelState::Present => "present",
        ModelState::Corrupt { .. } => "corrupt",
    }
}

fn pull(store: &Store, entries: &[&Entry], cancel: &Cancel) -> anyhow::Result<()> {
    for entry in entries {
        if matches!(store.state(entry), ModelState::Present) {
            println!("{} is here", entry.id);
            continue;
        }
        println!("{} ({}, {})", entry.id, entry.title, entry.licence);
        if let Some(card) = &entry.card {
            println!("  {card}");
        }
        let mut bar = Bar::new();
        store.pull(&entry.id, &mut bar, cancel)?;
        bar.0.finish_and_clear();
        println!("{} is here, verified", entry.id);
    }
    Ok(())
}

fn verify(store: &Store, ids: &[String]) -> anyhow::Result<()> {
    let catalog = Catalog::builtin();
    let named = entries(ids)?;
    let here = |e: &&Entry| !matches!(store.state(e), ModelState::Missing);
    let chosen: Vec<&Entry> =
        if ids.is_empty() { catalog.entries().iter().filter(here).collect() } else { named };
    let mut bad = 0;
    for entry in chosen {
        match store.verify(&entry.id) {
            Ok(_) => println!("{} is what it should be", entry.id),
            Err(error) => {
                bad += 1;
                eprintln!("{error}");
            }
        }
    }
    anyhow::ensure!(bad == 0, "{bad} models are not what they should be");
    Ok(())
}

struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let style = ProgressStyle::with_template(
            "  {bar:32} {bytes:>10} of {total_bytes:<10} {bytes_per_sec:>12}  {msg}",
        );
        Self(ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }
}

impl Progress for Bar {
    fn step(&mut self, what: &str, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
        self.0.set_message(what.to_owned());
    }

    fn note(&mut self, message: &str) {
        self.0.println(format!("  {message}"));
    }
}
