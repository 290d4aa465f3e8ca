//! The decision on recordings, with the real model.

use super::{BargeIn, Verdict};
use crate::vad::{Frames, Silero, Vad};
use crate::{SampleRate, fixtures, resample, wav};
use std::path::{Path, PathBuf};

fn recording(path: &Path) -> Vec<f32> {
    let audio = wav::decode(&std::fs::read(path).unwrap()).unwrap();
    resample::convert(&audio, SampleRate::HZ_16000).samples
}

/// Milliseconds into the samples at which we stop; the frame has to be whole before it is seen.
fn stops_at(silero: &Silero, barge: &mut BargeIn, samples: &[f32]) -> Option<u64> {
    let (mut session, mut frames) = (silero.session(), Frames::default());
    let (mut count, mut stopped) = (0u64, None);
    frames.push(samples, |frame| {
        count += 1;
        if barge.hear(frame, session.speech(frame)) == Verdict::Stop {
            stopped.get_or_insert(count * 32);
        }
    });
    stopped
}

/// Milliseconds until the first sound: 20 ms blocks within 30 dB of the loudest.
fn begins(samples: &[f32]) -> u64 {
    let power: Vec<f32> = samples.chunks(320).map(|b| b.iter().map(|s| s * s).sum()).collect();
    let loudest = power.iter().copied().fold(0.0, f32::max);
    power.iter().position(|p| *p > loudest / 1000.0).unwrap_or(0) as u64 * 20
}

/// Half a second of quiet, the sound, and quiet again.
fn alone(samples: &[f32]) -> Vec<f32> {
    [vec![0.0; 8_000], samples.to_vec(), vec![0.0; 8_000]].concat()
}

fn named(dir: &Path, starts: &[&str]) -> Vec<PathBuf> {
    let of = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        starts.iter().any(|start| name.starts_with(start))
    };
    fixtures::recordings(dir).into_iter().filter(of).collect()
}

/// A cough: two bursts of noise that die away, without any tone.
fn cough(seed: u32, size: f32) -> Vec<f32> {
    let mut state = seed;
    let mut white = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as f32 / u32::MAX as f32 - 0.5
    };
    let mut burst = |ms: usize, decay: f32| -> Vec<f32> {
        let mut low = 0.0;
        (0..ms * 16)
            .map(|n| {
                // A throat and a mouth: little below 300 Hz and little above 3 kHz.
                low += 0.4 * (white() - low);
                size * low * (-decay * n as f32 / (ms * 16) as f32).exp()
            })
            .collect()
    };
    [burst(140, 3.0), vec![0.0; 16 * 90], burst(180, 4.0)].concat()
}

fn scaled(samples: &[f32], gain: f32) -> Vec<f32> {
    samples.iter().map(|s| s * gain).collect()
}

fn mixed(a: &[f32], b: &[f32]) -> Vec<f32> {
    let longer = a.len().max(b.len());
    let at = |samples: &[f32], n: usize| samples.get(n).copied().unwrap_or(0.0);
    (0..longer).map(|n| at(a, n) + at(b, n)).collect()
}

/// Our own voice as a microphone gives it back, and one that has been found out.
fn found_out(silero: &Silero, dir: &Path, gain: f32) -> (Vec<Vec<f32>>, BargeIn) {
    let echoes: Vec<Vec<f32>> = fixtures::recordings(&dir.join("assistant_voice"))
        .iter()
        .map(|path| scaled(&recording(path), gain))
        .collect();
    let mut barge = BargeIn::default();
    for echo in &echoes[..3] {
        stops_at(silero, &mut barge, &alone(echo));
        barge.heard(echo);
        barge.was_ours();
    }
    (echoes, barge)
}

/// How many of these voices stop us, of how many, and the milliseconds that half of them take from their first sound.
fn stopping(silero: &Silero, paths: &[PathBuf]) -> (usize, usize, u64) {
    let mut took = Vec::new();
    for path in paths {
        let stream = alone(&recording(path));
        let at = stops_at(silero, &mut BargeIn::default(), &stream);
        took.extend(at.map(|at| at.saturating_sub(begins(&stream))));
    }
    took.sort_unstable();
    (took.len(), paths.len(), took.get(took.len() / 2).copied().unwrap_or(u64::MAX))
}

#[test]
fn who_speaks_over_us_stops_us_within_a_fifth_of_a_second() {
    let Some(dir) = fixtures::eval().map(|eval| eval.join("speech/dev")) else { return };
    let silero = fixtures::silero();
    let (stopped, all, half) = stopping(&silero, &fixtures::recordings(&dir.join("commands")));
    assert!(stopped == all && half <= 160, "{stopped} of {all}, half after {half} ms");
    // A hiss that a word begins with is not yet a voice.
    let words = named(&dir.join("keywords"), &["sc_stop", "sc_no", "sc_yes"]);
    let (stopped, all, half) = stopping(&silero, &words);
    assert!(stopped * 100 >= all * 95 && half <= 240, "{stopped} of {all}, half after {half} ms");
}

#[test]
fn noise_and_coughs_do_not_stop_us() {
    let silero = fixtures::silero();
    for seed in 1..20 {
        for size in [0.1, 0.3, 1.0] {
            let at = stops_at(&silero, &mut BargeIn::default(), &alone(&cough(seed, size)));
            assert_eq!(at, None, "cough {seed} of size {size}");
        }
    }
    let Some(dir) = fixtures::eval().map(|eval| eval.join("speech/dev")) else { return };
    // People who talk in the background are people who talk.
    let noises = fixtures::recordings(&dir.join("noise")).into_iter();
    for path in noises.filter(|path| !path.to_string_lossy().contains("babble")) {
        let at = stops_at(&silero, &mut BargeIn::default(), &alone(&recording(&path)));
        assert_eq!(at, None, "{}", path.display());
    }
}

#[test]
fn our_own_voice_does_not_stop_us_once_it_was_found_out_and_the_person_over_it_does() {
    let Some(dir) = fixtures::eval().map(|eval| eval.join("speech/dev")) else { return };
    let silero = fixtures::silero();
    // What is left of it is a quarter as loud as we are heard in the room.
    let (echoes, _) = found_out(&silero, &dir, 0.25);
    let stopped = |samples: &[f32]| {
        let (_, mut barge) = found_out(&silero, &dir, 0.25);
        stops_at(&silero, &mut barge, &alone(samples)).is_some()
    };
    let again = echoes[3..].iter().filter(|echo| stopped(echo)).count();
    assert!(again <= 1, "{again} of {}", echoes.len() - 3);
    let words = named(&dir.join("keywords"), &["sc_stop"]);
    let over: Vec<bool> = words
        .iter()
        .zip(echoes.iter().cycle())
        .map(|(path, echo)| stopped(&mixed(&recording(path), echo)))
        .collect();
    let heeded = over.iter().filter(|stopped| **stopped).count();
    assert!(heeded * 100 >= over.len() * 80, "{heeded} of {}", over.len());
}

#[test]
#[ignore = "prints what the decision is chosen from: cargo test --release -p homepilot-voice barge::recorded::figures -- --ignored --nocapture"]
fn figures() {
    let dir = fixtures::eval().expect("the evaluation sets").join("speech/dev");
    let silero = fixtures::silero();
    for (folder, starts) in [
        ("keywords", &["sc_stop", "sc_no", "sc_yes"][..]),
        ("commands", &[""]),
        ("misc", &[""]),
        ("assistant_voice", &[""]),
        ("noise", &[""]),
    ] {
        for gain in [1.0, 0.1] {
            let mut took = Vec::new();
            let mut never = 0;
            for path in named(&dir.join(folder), starts) {
                let samples: Vec<f32> = recording(&path).iter().map(|s| s * gain).collect();
                let stream = alone(&samples);
                let at = stops_at(&silero, &mut BargeIn::default(), &stream);
                match at {
                    Some(at) => took.push(at.saturating_sub(begins(&stream))),
                    None => never += 1,
                }
                if folder == "noise" || folder == "assistant_voice" {
                    println!("{} gain {gain}: {at:?}", path.file_name().unwrap().to_string_lossy());
                }
            }
            took.sort_unstable();
            let p = |share: f64| took.get((took.len() as f64 * share) as usize).copied();
            println!(
                "{folder} gain {gain}: p50 {:?} p90 {:?} max {:?}, {never} never",
                p(0.5),
                p(0.9),
                took.last()
            );
        }
    }
    for seed in 1..20 {
        for size in [0.3, 1.0] {
            let at = stops_at(&silero, &mut BargeIn::default(), &alone(&cough(seed, size)));
            if at.is_some() {
                println!("cough {seed} {size}: {at:?}");
            }
        }
    }
}
