//! Recordings, as a session hears a whole utterance.

use std::{io::Write, path::Path, time::Instant};

use homepilot_models::{cancel::Cancel, store::Store};
use homepilot_voice::{
    SampleRate,
    asr::{Asr as _, AsrOptions, Whisper},
    resample, wav,
};
use serde_json::json;

use super::{column, json_lines, percentiles, table};
use crate::{config::Settings, paths::Paths};

pub(super) fn run(
    set: &Path,
    settings: &Settings,
    paths: &Paths,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let model = Store::open(paths.models())?.verified(&settings.models.ears)?;
    let mut whisper = Whisper::load(&model, 1)?;
    let mut names: Vec<String> =
        table(&set.join("transcripts.tsv"))?.iter().map(|row| column(row, "path").to_owned()).collect();
    let slots = set.join("commands_slots.jsonl");
    if slots.is_file() {
        let paths = json_lines(&slots)?.into_iter().filter_map(|row| Some(row["path"].as_str()?.to_owned()));
        names.extend(paths.collect::<Vec<_>>());
    }
    names.dedup();
    let rate = SampleRate::try_from(16_000)?;
    let (mut times, mut seconds) = (Vec::new(), 0.0);
    for name in &names {
        // Paths begin with the set's own name.
        let file = set.parent().unwrap_or(set).join(name);
        let text = match std::fs::read(&file).map_err(anyhow::Error::from).and_then(|b| Ok(wav::decode(&b)?))
        {
            Ok(audio) => {
                let samples = resample::convert(&audio, rate).samples;
                seconds += samples.len() as f64 / 16_000.0;
                let begun = Instant::now();
                let options = AsrOptions { language: "en".to_owned(), hint: None };
                let mut words = Vec::new();
                for piece in samples.chunks(28 * 16_000) {
                    words.push(whisper.transcribe(piece, &options, &Cancel::default())?.text);
                }
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
                words.join(" ")
            }
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                String::new()
            }
        };
        writeln!(out, "{}", json!({"path": name, "text": text}))?;
    }
    let (p50, p95) = percentiles(&mut times);
    eprintln!(
        "{} recordings, {seconds:.0} s; {} p50 {p50:.0} ms, p95 {p95:.0} ms",
        names.len(),
        settings.models.ears
    );
    Ok(())
}
