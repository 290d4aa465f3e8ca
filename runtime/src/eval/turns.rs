//! Pauses spliced into the middle of recordings, as a session that is always open hears them: how often a pause is taken
//! for the end, and how long the real end is waited for.
//!
//! Time is that of the samples, and words are known a fixed time after a pause began, so the figures are the same on
//! every machine.

use std::{collections::HashMap, io::Write, path::Path, time::Duration};

use anyhow::Context as _;
use homepilot_models::{cancel::Cancel, store::Store};
use homepilot_voice::{
    SampleRate,
    asr::{Asr as _, AsrOptions, Whisper},
    endpoint::{Eagerness, EndpointConfig, EndpointEvent, Endpointer, Patience, Sentence},
    vad::{FRAME, Silero, Vad as _},
};
use serde_json::json;

use super::{percentiles, speech};
use crate::{config::Settings, paths::Paths};

/// Milliseconds that are spliced in.
const PAUSES: [usize; 5] = [0, 300, 600, 900, 1_200];
/// From when a pause is worth hearing to its words; whisper-tiny.en takes about as long for a command.
const HEARING: Duration = Duration::from_millis(300);
/// Speech shorter than this has no middle.
const SHORTEST: Duration = Duration::from_millis(1_200);
/// Before and after the recording.
const AROUND: Duration = Duration::from_millis(3_000);
/// Samples of a block whose loudness is looked at: 10 ms.
const BLOCK: usize = 160;
/// Blocks of the gap that is looked for.
const GAP: usize = 8;
/// Power under the loudest at which speech is over: 30 dB.
const QUIET: f64 = 1e-3;

/// What ends an utterance.
#[derive(Clone, Copy)]
enum Rule {
    Fixed(u64),
    Judged(Eagerness),
}

const RULES: [(&str, Rule); 6] = [
    ("400 ms", Rule::Fixed(400)),
    ("600 ms", Rule::Fixed(600)),
    ("1200 ms", Rule::Fixed(1_200)),
    ("high", Rule::Judged(Eagerness::High)),
    ("auto", Rule::Judged(Eagerness::Medium)),
    ("low", Rule::Judged(Eagerness::Low)),
];

/// A recording with a pause in it.
struct Stream {
    samples: Vec<f32>,
    /// Where speech goes on after the pause.
    resumes: Duration,
}

/// How a stream was heard.
struct Found {
    /// The pause was taken for the end.
    cut: bool,
    /// From the last speech to its end.
    waited: Duration,
    /// The words before the first pause in which they were asked for.
    words: Option<(String, Sentence)>,
}

/// Ears, and the words of every stretch of sound that they have heard.
struct Listener {
    silero: Silero,
    whisper: Whisper,
    known: HashMap<Vec<u32>, String>,
}

pub(super) fn run(
    set: &Path,
    settings: &Settings,
    paths: &Paths,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let store = Store::open(paths.models())?;
    let mut listener = Listener {
        silero: Silero::load(&store.verified(&settings.models.vad)?)?,
        whisper: Whisper::load(&store.verified(&settings.models.ears)?, 1)?,
        known: HashMap::new(),
    };
    let mut tallies: HashMap<(usize, usize), (usize, Vec<f64>)> = HashMap::new();
    let mut recordings = 0;
    for name in speech::names(set)? {
        let file = set.parent().unwrap_or(set).join(&name);
        let samples = speech::samples(&file).with_context(|| format!("{} can't be read", file.display()))?;
        let Some(middle) = middle(&samples) else { continue };
        recordings += 1;
        listener.known.clear();
        for (p, pause) in PAUSES.into_iter().enumerate() {
            let stream = stream(&samples, middle, pause);
            for (r, (rule, how)) in RULES.into_iter().enumerate() {
                let Some(found) = listener.hear(&stream, how)? else { continue };
                let (cuts, waits) = tallies.entry((r, p)).or_default();
                *cuts += usize::from(found.cut);
                waits.push(found.waited.as_secs_f64() * 1000.0);
                let (words, sentence) = found.words.unzip();
                let line = json!({
                    "path": name, "pause_ms": pause, "rule": rule, "cut": found.cut,
                    "waited_ms": found.waited.as_millis() as u64, "words": words,
                    "sentence": sentence.map(|sentence| format!("{sentence:?}").to_lowercase())
                });
                writeln!(out, "{line}")?;
            }
        }
    }
    eprintln!("{recordings} recordings; cut off at a pause of …, and the wait at the end without one");
    eprintln!("{:<8} {:>7} {:>7} {:>7} {:>7} {:>9} {:>9}", "", 300, 600, 900, 1_200, "wait p50", "p95");
    for (r, (rule, _)) in RULES.into_iter().enumerate() {
        let share = |p: usize| {
            let (cuts, heard) = tallies.get(&(r, p)).map_or((0, 0), |(cuts, waits)| (*cuts, waits.len()));
            format!("{:.0}%", 100.0 * cuts as f64 / heard.max(1) as f64)
        };
        let [a, b, c, d] = [1, 2, 3, 4].map(share);
        let (p50, p95) = tallies.get_mut(&(r, 0)).map_or((0.0, 0.0), |(_, waits)| percentiles(waits));
        eprintln!("{rule:<8} {a:>7} {b:>7} {c:>7} {d:>7} {p50:>9.0} {p95:>9.0}");
    }
    Ok(())
}

/// The middle of the quietest gap in the middle half of the speech; none if there is too little of it.
fn middle(samples: &[f32]) -> Option<usize> {
    let power: Vec<f64> =
        samples.chunks(BLOCK).map(|block| block.iter().map(|&s| f64::from(s).powi(2)).sum()).collect();
    let loudest = power.iter().copied().fold(0.0, f64::max);
    let loud = |power: &f64| *power > loudest * QUIET;
    let (first, last) = (power.iter().position(loud)?, power.iter().rposition(loud)?);
    if (last - first) * BLOCK < SampleRate::HZ_16000.samples(SHORTEST) {
        return None;
    }
    let quarter = (last - first) / 4;
    let gaps = power.get(first + quarter..last - quarter)?.windows(GAP).enumerate();
    let sum = |gap: &[f64]| gap.iter().sum::<f64>();
    let (at, _) = gaps.min_by(|(_, a), (_, b)| sum(a).total_cmp(&sum(b)))?;
    Some((first + quarter + at + GAP / 2) * BLOCK)
}

/// The recording with `pause` milliseconds of its own noise in its middle, and more of it around.
fn stream(samples: &[f32], middle: usize, pause: usize) -> Stream {
    let mut blocks: Vec<f64> = samples
        .chunks_exact(BLOCK)
        .map(|block| block.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / BLOCK as f64)
        .collect();
    blocks.sort_by(f64::total_cmp);
    let floor = blocks.get(blocks.len() / 10).copied().unwrap_or_default().sqrt();
    let mut seed = 1u32;
    let mut noise = |count: usize| -> Vec<f32> {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Even noise of this width has the power of the floor.
            (f64::from(seed) / f64::from(u32::MAX) - 0.5) * floor * 12f64.sqrt()
        };
        (0..count).map(|_| next() as f32).collect()
    };
    let around = SampleRate::HZ_16000.samples(AROUND);
    let (before, after) = samples.split_at(middle.min(samples.len()));
    // Every pause begins with the same noise, so that the words before it are found out once.
    let (lead, filled, tail) = (noise(around), noise(pause * 16), noise(around));
    let resumes = SampleRate::HZ_16000.duration((around + before.len() + filled.len()) as u64);
    Stream { samples: [&lead, before, &filled, after, &tail].concat(), resumes }
}

impl Listener {
    /// None if nobody was heard.
    fn hear(&mut self, stream: &Stream, rule: Rule) -> anyhow::Result<Option<Found>> {
        let (silence, patience) = match rule {
            Rule::Fixed(millis) => (Duration::from_millis(millis), None),
            Rule::Judged(eagerness) => (Patience::of(eagerness).usual, Some(Patience::of(eagerness))),
        };
        let mut vad = self.silero.session();
        let mut endpointer = Endpointer::new(EndpointConfig { silence, ..EndpointConfig::default() });
        let mut asked: Option<(Duration, Duration, Sentence)> = None;
        let mut found: Option<Found> = None;
        let mut words = None;
        for frame in stream.samples.as_chunks::<FRAME>().0 {
            let mut event = endpointer.push(frame, vad.speech(frame));
            let now = endpointer.position();
            if let (Some(patience), Some(since)) = (patience, endpointer.paused()) {
                if asked.is_none_or(|(asked, ..)| asked != since)
                    && let Some(so_far) = endpointer.so_far()
                {
                    let text = self.words(&so_far.samples)?;
                    let sentence = Sentence::of(&text, "en");
                    words.get_or_insert((text, sentence));
                    asked = Some((since, now + HEARING, sentence));
                    event = event.or_else(|| endpointer.wait(patience.unfinished));
                }
                if let Some((_, known, sentence)) = asked
                    && now >= known
                {
                    event = event.or_else(|| endpointer.wait(patience.after(sentence)));
                }
            }
            if let Some(EndpointEvent::SpeechEnded(utterance)) = event {
                let cut = found.as_ref().is_some_and(|found| found.cut) || now <= stream.resumes;
                let waited = now.saturating_sub(utterance.spoken_until);
                found = Some(Found { cut, waited, words: None });
            }
        }
        Ok(found.map(|found| Found { words, ..found }))
    }

    fn words(&mut self, samples: &[f32]) -> anyhow::Result<String> {
        let key: Vec<u32> = samples.iter().map(|sample| sample.to_bits()).collect();
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let text = self.whisper.transcribe(samples, &AsrOptions::default(), &Cancel::default())?.text;
        self.known.insert(key, text.clone());
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tones of 600 ms, the quietest 100 ms between the second and the third.
    fn speech() -> Vec<f32> {
        let tone = |millis: usize, level: f32| {
            (0..millis * 16).map(move |n| level * (n as f32 * 0.3).sin()).collect::<Vec<f32>>()
        };
        [tone(600, 0.5), tone(100, 0.05), tone(600, 0.5), tone(100, 0.001), tone(600, 0.5)].concat()
    }

    #[test]
    fn a_pause_is_put_into_the_quietest_gap_and_the_sound_is_kept() {
        let speech = speech();
        let at = middle(&speech).unwrap();
        assert!((1_300 * 16..1_400 * 16).contains(&at), "{at}");
        let (whole, paused) = (stream(&speech, at, 0), stream(&speech, at, 600));
        assert_eq!(paused.samples.len(), whole.samples.len() + 600 * 16);
        assert_eq!(paused.resumes, whole.resumes + Duration::from_millis(600));
        let resumes = SampleRate::HZ_16000.samples(paused.resumes);
        let shared = speech.len() - at;
        assert_eq!(paused.samples[resumes..resumes + shared], speech[at..]);
        assert_eq!(middle(&speech[..800 * 16]), None, "too short to have a middle");
    }
}
