//! Measures a language model on this machine: loading, a prompt's fixed part evaluated and read back, plans, writing.
//!
//! `cargo run --release -p homepilot-models --example measure -- qwen2.5-coder-1.5b-instruct-q4_k_m`

use std::error::Error;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::time::Instant;

use homepilot_models::cancel::Cancel;
use homepilot_models::llama::{Llama, LlamaOptions};
use homepilot_models::lm::{Choice, LanguageModel, Prefix};
use homepilot_models::store::{Store, default_dir};
use serde_json::{Value, json};

const TOOLS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let id = std::env::args().nth(1).ok_or("which model? give its name in the catalogue")?;
    let dir = default_dir(|name| std::env::var_os(name)).ok_or("HOME is not set")?;
    let model = Store::open(dir)?.verified(&id.parse()?)?;
    let cache = tempfile::tempdir()?;
    let options = LlamaOptions { cache_dir: Some(cache.path().to_owned()), ..LlamaOptions::default() };
    let (prefix, choice) = (prefix()?, choice());
    let cancel = Cancel::new();

    for start in ["first start", "second start"] {
        let began = Instant::now();
        let mut llama = Llama::load(&model, options.clone())?;
        let loaded = began.elapsed();
        let (mut tokens, mut longest, mut last) = (0, 0.0_f64, Instant::now());
        let warmth = llama.warm(&prefix, &cancel, &mut |_, total| {
            longest = longest.max(last.elapsed().as_secs_f64());
            last = Instant::now();
            tokens = total;
        })?;
        let ready = began.elapsed();
        println!("{start}: loaded {loaded:.2?}, prefix {warmth:?}, ready {ready:.2?}; {}", memory()?);
        if tokens > 0 {
            let speed = tokens as f64 / (ready - loaded).as_secs_f64();
            println!("  prompt: {tokens} tokens, {speed:.0} a second; longest step {longest:.2} s");
        }
        for words in ["remind me to call mom tomorrow at five", "hi there", "tell Ana that I will be late"] {
            let suffix = format!("{words}<|im_end|>\n<|im_start|>assistant\n");
            let planned = llama.plan(&prefix, &suffix, &choice, &cancel)?;
            println!("  plan: {:.2?}, {} tokens, {}", planned.took, planned.generated_tokens, planned.text);
        }
        let began = Instant::now();
        let prompt = "<|im_start|>user\nTell me about the sea.<|im_end|>\n<|im_start|>assistant\n";
        let none = Prefix { text: String::new() };
        let written = llama.write(&none, prompt, 48, &[], &cancel, &mut |_| ControlFlow::Continue(()))?;
        let took = began.elapsed();
        println!("  write: {} tokens in {took:.2?}, {:?}", written.tokens, written.finished);
    }
    Ok(())
}

fn prefix() -> Result<Prefix, Box<dyn Error>> {
    let mut text = "<|im_start|>system\nChoose the one tool that does what the user asks.\n".to_owned();
    for tool in 0..TOOLS {
        writeln!(text, "{}(text, when?): Do the thing number {tool} that the user may ask for", name(tool))?;
    }
    text += "<|im_end|>\n<|im_start|>user\n";
    Ok(Prefix { text })
}

fn name(tool: usize) -> String {
    match tool {
        0 => "respond".to_owned(),
        1 => "set_reminder".to_owned(),
        2 => "send_message".to_owned(),
        other => format!("other_{other}"),
    }
}

fn choice() -> Choice {
    let names: Vec<String> = (0..TOOLS).map(name).collect();
    let text = json!({"type": "string", "maxLength": 100});
    let call = |name: &String| -> Value {
        json!({
            "type": "object",
            "properties": {
                "name": {"const": name},
                "arguments": {"type": "object", "properties": {"text": text, "when": text},
                    "required": ["text"], "additionalProperties": false},
            },
            "required": ["name", "arguments"],
            "additionalProperties": false,
        })
    };
    let grammar = json!({"anyOf": names.iter().map(call).collect::<Vec<_>>()});
    Choice { grammar, names, prior: Vec::new(), silent: None, max_tokens: 120 }
}

/// Resident memory: all of it, and what is not backed by the weights' file.
fn memory() -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("RssAnon"));
    Ok(lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", "))
}
