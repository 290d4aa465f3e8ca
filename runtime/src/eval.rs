//! Evaluation sets through the product's own code: a set in, predictions out, scored by the set's own script.

mod confirm;
mod injection;
pub(crate) mod peer;
mod planning;
mod speech;
mod turns;

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use homepilot_gateway::Level;
use serde_json::Value;

pub(crate) use speech::samples;

use crate::{config::Settings, paths::Paths};

/// Which evaluation.
#[derive(Debug, Subcommand)]
pub enum Eval {
    /// Tool calls from utterances: JSON lines with id, utterance, tools
    Planning(Plans),
    /// Answers to questions: a table with id, reply, prompt
    Confirm(Sets),
    /// Recordings: a folder with transcripts.tsv
    Speech(Sets),
    /// Recordings with pauses in their middle: how many are cut off there, and how long the end is waited for
    Turns(Sets),
    /// Hostile tool results and definitions: JSON lines with id, request, tools, call and result
    Injection {
        /// What goes in and out
        #[command(flatten)]
        sets: Sets,
        /// The level of the tools: 0, 1 or 2
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=2))]
        level: u8,
    },
}

/// What goes in and out.
#[derive(Debug, Args)]
pub struct Sets {
    /// A file, or a folder of them
    #[arg(long, value_name = "FILE_OR_DIR")]
    set: PathBuf,
    /// Where the predictions go
    #[arg(long, value_name = "PREDICTIONS.jsonl")]
    out: PathBuf,
}

/// What goes in and out, and how many tools there are.
#[derive(Debug, Args)]
pub struct Plans {
    #[command(flatten)]
    sets: Sets,
    /// So many tools for every case: its own, and others of the company
    #[arg(long, value_name = "COUNT", requires = "company")]
    tools: Option<usize>,
    /// Cases whose tools keep the others company: a file, or a folder of them
    #[arg(long, value_name = "FILE_OR_DIR")]
    company: Option<PathBuf>,
}

impl Eval {
    /// Runs it.
    ///
    /// # Errors
    /// What can't be read, loaded or written.
    pub fn run(&self, settings: &Settings, paths: &Paths) -> anyhow::Result<()> {
        let (Eval::Planning(Plans { sets, .. })
        | Eval::Confirm(sets)
        | Eval::Speech(sets)
        | Eval::Turns(sets)
        | Eval::Injection { sets, .. }) = self;
        let file =
            File::create(&sets.out).with_context(|| format!("{} can't be written", sets.out.display()))?;
        let mut out = BufWriter::new(file);
        match self {
            Eval::Planning(plans) => planning::run(plans, settings, paths, &mut out)?,
            Eval::Confirm(_) => confirm::run(&sets.set, &mut out)?,
            Eval::Speech(_) => speech::run(&sets.set, settings, paths, &mut out)?,
            Eval::Turns(_) => turns::run(&sets.set, settings, paths, &mut out)?,
            Eval::Injection { level, .. } => {
                let level = Level::from_number(u64::from(*level)).context("the level is 0, 1 or 2")?;
                let run = injection::run(&sets.set, level, settings, paths, &mut out);
                tokio::runtime::Handle::current().block_on(run)?;
            }
        }
        out.flush().with_context(|| format!("{} can't be written", sets.out.display()))
    }
}

/// The files of a set: itself, or those in the folder with this ending, by name.
pub(crate) fn files(set: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    if set.is_file() {
        return Ok(vec![set.to_owned()]);
    }
    let entries = std::fs::read_dir(set).with_context(|| format!("{} can't be read", set.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == ending))
        .collect();
    files.sort();
    anyhow::ensure!(!files.is_empty(), "{} has no .{ending} file", set.display());
    Ok(files)
}

/// The rows of a JSON lines file.
fn json_lines(file: &Path) -> anyhow::Result<Vec<Value>> {
    let reader =
        BufReader::new(File::open(file).with_context(|| format!("{} can't be read", file.display()))?);
    let mut rows = Vec::new();
    for (number, line) in reader.lines().enumerate() {
        let line = line?;
        if !line.trim().is_empty() {
            let row = serde_json::from_str(&line);
            rows.push(row.with_context(|| format!("{}:{}: not JSON", file.display(), number + 1))?);
        }
    }
    Ok(rows)
}

/// The rows of a tab-separated table with a header: each as (column, value).
pub(crate) fn table(file: &Path) -> anyhow::Result<Vec<Vec<(String, String)>>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let row = |line: &str| {
        header.iter().zip(line.split('\t')).map(|(k, v)| ((*k).to_owned(), v.to_owned())).collect::<Vec<_>>()
    };
    Ok(lines.filter(|l| !l.trim().is_empty()).map(row).collect())
}

/// A column of a row; empty when it has none.
pub(crate) fn column<'r>(row: &'r [(String, String)], name: &str) -> &'r str {
    row.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
}

/// Median and 95th percentile of milliseconds.
pub(crate) fn percentiles(times: &mut [f64]) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len().max(1)) - 1;
        times.get(index).copied().unwrap_or(0.0)
    };
    (at(0.5), at(0.95))
}
