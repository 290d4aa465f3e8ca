//! Measures the embedding model on this machine.
//!
//! `cargo run --release -p homepilot-models --example embed -- all-minilm-l6-v2-int8 [THREADS]`

use std::error::Error;
use std::time::Instant;

use homepilot_models::cancel::Cancel;
use homepilot_models::embed::{DIMENSIONS, Embedder, Embedding, Nearest, Packed};
use homepilot_models::store::{Store, default_dir};

fn main() -> Result<(), Box<dyn Error>> {
    let id = std::env::args().nth(1).ok_or("which model? give its name in the catalogue")?;
    let threads = std::env::args().nth(2).map_or(Ok(2), |threads| threads.parse())?;
    let dir = default_dir(|name| std::env::var_os(name)).ok_or("HOME is not set")?;
    let model = Store::open(dir)?.verified(&id.parse()?)?;
    println!("before: {}", memory()?);
    let began = Instant::now();
    let mut embedder = Embedder::load(&model, threads)?;
    println!("loaded in {:.0?} with {threads} threads: {}", began.elapsed(), memory()?);
    let passage =
        "The boiler in the basement was serviced in May and its valve replaced by the fitter. ".repeat(13);
    for (name, text, times) in [
        ("a short question", "when was the boiler serviced", 100),
        (
            "a sentence",
            "The boiler in the basement was serviced in May and its valve was replaced by the fitter.",
            100,
        ),
        ("200 words", passage.as_str(), 30),
    ] {
        let mut took = Vec::with_capacity(times);
        for _ in 0..times {
            let began = Instant::now();
            embedder.embed(&[text], &Cancel::new())?;
            took.push(began.elapsed());
        }
        took.sort_unstable();
        println!("{name}: p50 {:.1?}, p95 {:.1?}", took[times / 2], took[times * 95 / 100]);
    }
    println!("after: {}", memory()?);
    let mut nearest = Nearest::default();
    let mut numbers = 1_u32;
    for id in 0..100_000 {
        let values: Vec<f32> = std::iter::repeat_with(|| {
            numbers = numbers.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((numbers >> 16) as u16) - 32_767.5
        })
        .take(DIMENSIONS)
        .collect();
        nearest.insert(id, Packed::from(&Embedding::towards(&values).ok_or("no direction")?));
    }
    let question = embedder.embed(&["when was the boiler serviced"], &Cancel::new())?.remove(0);
    let mut took = Vec::new();
    for _ in 0..50 {
        let began = Instant::now();
        nearest.search(&question, 100, |_| true);
        took.push(began.elapsed());
    }
    took.sort_unstable();
    println!("nearest 100 of 100,000: p50 {:.1?}, p95 {:.1?}; {}", took[25], took[47], memory()?);
    Ok(())
}

/// Resident memory, as Linux tells it.
fn memory() -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    Ok(format!("{}, {}", line("VmRSS"), line("VmHWM")))
}
