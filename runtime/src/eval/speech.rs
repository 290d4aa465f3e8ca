//! Recordings, as a session hears them: `text` of each is what it hears at rest, `reply` what it takes the same sound for
//! while a question is open, `answer` what that means.

use std::{io::Write, path::Path, time::Instant};

use homepilot_models::{cancel::Cancel, store::Store};
use homepilot_voice::{
    SampleRate,
    asr::{Answered, AsrOptions, Whisper},
    resample, wav,
};
use serde_json::{Value, json};

use super::{column, json_lines, percentiles, table};
use crate::{
    answer::{self, Answer},
    config::Settings,
    hearing,
    paths::Paths,
    turn::YES_CONFIDENCE,
};

pub(super) fn run(
    set: &Path,
    settings: &Settings,
    paths: &Paths,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let model = Store::open(paths.models())?.verified(&settings.models.ears)?;
    let mut whisper = Whisper::load(&model, 1)?;
    let names = names(set)?;
    let (mut times, mut seconds) = (Vec::new(), 0.0);
    for name in &names {
        // Paths begin with the set's own name.
        let file = set.parent().unwrap_or(set).join(name);
        let row = match samples(&file) {
            Ok(samples) => {
                seconds += samples.len() as f64 / 16_000.0;
                let begun = Instant::now();
                let options = AsrOptions::default();
                let answered = hearing::reply(&mut whisper, &samples, &options, &Cancel::default())?;
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
                prediction(name, answered)
            }
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                json!({"path": name, "text": ""})
            }
        };
        writeln!(out, "{row}")?;
    }
    let (p50, p95) = percentiles(&mut times);
    eprintln!(
        "{} recordings, {seconds:.0} s; {} p50 {p50:.0} ms, p95 {p95:.0} ms",
        names.len(),
        settings.models.ears
    );
    Ok(())
}

/// 16 kHz samples of a wav file.
pub(crate) fn samples(file: &Path) -> anyhow::Result<Vec<f32>> {
    let audio = wav::decode(&std::fs::read(file)?)?;
    Ok(resample::convert(&audio, SampleRate::HZ_16000).samples)
}

fn prediction(name: &str, answered: Answered) -> Value {
    let (text, chosen) = (answered.transcript.text.clone(), answered.chosen);
    let (reply, confidence) = answer::settled(answered);
    let meaning = match answer::recognise(&reply, None) {
        Answer::Yes if confidence < YES_CONFIDENCE => "unclear",
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Cancel => "cancel",
        Answer::Repeat => "repeat",
        Answer::Edit { .. } => "edit",
        Answer::StopSpeaking => "quiet",
        Answer::Unclear => "unclear",
    };
    let chosen = chosen.map(|it| json!({"form": it.form, "probability": it.probability, "share": it.share}));
    json!({"path": name, "text": text, "reply": reply, "answer": meaning, "chosen": chosen})
}

/// The recordings of a set, by the paths that begin with its own name.
pub(super) fn names(set: &Path) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> =
        table(&set.join("transcripts.tsv"))?.iter().map(|row| column(row, "path").to_owned()).collect();
    let slots = set.join("commands_slots.jsonl");
    if slots.is_file() {
        let paths = json_lines(&slots)?.into_iter().filter_map(|row| Some(row["path"].as_str()?.to_owned()));
        names.extend(paths);
    }
    names.dedup();
    Ok(names)
}
