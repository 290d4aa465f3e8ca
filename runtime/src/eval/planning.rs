//! Utterances with their tools, as a session plans them. What the planner asks or says is no call.

mod company;

use std::{collections::HashMap, io::Write, time::Instant};

use homepilot_models::{
    cancel::Cancel,
    llama::{Llama, LlamaOptions},
    lm::{LanguageModel as _, Prefix, Warmth},
    store::Store,
};
use jiff::{Zoned, civil::DateTime, tz::TimeZone};
use serde_json::{Value, json};

use super::{Plans, files, json_lines, percentiles};
use crate::{
    config::Settings,
    engines::{CONTEXT_TOKENS, load_sense},
    paths::Paths,
    planner::{self, Asked, Conversation, Decision, Line, Scored, SharedSense, Speaker, Tool, Toolbox},
};

pub(super) fn run(
    plans: &Plans,
    settings: &Settings,
    paths: &Paths,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let store = Store::open(paths.models())?;
    let sense = SharedSense::default();
    match load_sense(&store, &paths.cache) {
        Ok(loaded) => drop(sense.set(loaded)),
        Err(error) => eprintln!("without a prior: {error}"),
    }
    let options = LlamaOptions {
        threads: settings.threads,
        context_tokens: CONTEXT_TOKENS,
        cache_dir: Some(paths.cache.clone()),
    };
    let mut llama = Llama::load(&store.verified(&settings.models.planner)?, options)?;
    let mut pool = Vec::new();
    for file in
        plans.company.iter().map(|company| files(company, "jsonl")).collect::<Result<Vec<_>, _>>()?.concat()
    {
        pool.extend(json_lines(&file)?);
    }
    let pool = company::pool(&pool);
    for file in files(&plans.sets.set, "jsonl")? {
        let cases = json_lines(&file)?;
        let mut toolboxes: HashMap<String, Toolbox> = HashMap::new();
        let (mut times, mut cold) = (Vec::new(), Cold::default());
        for case in &cases {
            let key = case["tools"].to_string();
            let toolbox = toolboxes.entry(key).or_insert_with(|| {
                let own = case["tools"].as_array().map_or(&[][..], Vec::as_slice);
                let offered = company::among(own, &pool, plans.tools.unwrap_or_default());
                Toolbox::new(tools(&offered)).sensing(sense.clone())
            });
            let conversation = conversation(case);
            // A persona's prompts are evaluated when its tools change, not when it is spoken to.
            for prefix in toolbox.prefixes() {
                cold.warm(&mut llama, prefix)?;
            }
            let begun = Instant::now();
            let decided = planner::follow_up(&conversation, toolbox, &now(case));
            let by_code = decided.is_some();
            let scored = match decided {
                Some(decision) => Scored::certain(decision),
                None => {
                    planner::plan(&mut llama, toolbox, &conversation, settings.silence, &Cancel::default())?
                }
            };
            let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
            times.push(milliseconds);
            let called = match &scored.decision {
                Decision::Call { tool, arguments } => toolbox.tool(tool).zip(Some(arguments)),
                // What is asked about first is not what was asked for.
                Decision::Instead { call, .. } => toolbox.tool(&call.tool).zip(Some(&call.arguments)),
                Decision::Respond | Decision::Ask { .. } => None,
            };
            let settled = called.map(|(tool, arguments)| {
                let arguments = arguments.clone();
                // Code's values are exact already.
                let settled = if by_code {
                    Ok(arguments)
                } else {
                    planner::settle(arguments, &tool.schema, &conversation, &now(case))
                };
                (tool.name.clone(), settled)
            });
            let (tool, arguments, asked) = match settled {
                Some((tool, Ok(arguments))) => (Some(tool), Value::Object(arguments), None),
                // A question is no call.
                Some((tool, Err(missing))) => (None, Value::Null, Some(format!("{tool}: {missing}"))),
                None => (None, Value::Null, None),
            };
            let considered: Vec<Value> =
                scored.considered.iter().map(|c| json!([c.name, c.opinion, c.prior])).collect();
            let row = json!({
                "id": case["id"], "tool": tool, "arguments": arguments, "confidence": scored.confidence,
                "silence": scored.silence, "asked": asked, "considered": considered,
                "prompt_tokens": scored.tokens.0, "generated_tokens": scored.tokens.1, "ms": milliseconds.round()
            });
            writeln!(out, "{row}")?;
        }
        let (p50, p95) = percentiles(&mut times);
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        eprintln!(
            "{name}: {} plans with {}, p50 {p50:.0} ms, p95 {p95:.0} ms",
            cases.len(),
            settings.models.planner
        );
        if cold.prompts > 0 {
            let Cold { prompts, tokens, seconds } = cold;
            eprintln!("{name}: {prompts} prompts of {tokens} tokens evaluated in {seconds:.0} s");
        }
    }
    Ok(())
}

/// Prompts that had to be evaluated.
#[derive(Default)]
struct Cold {
    prompts: usize,
    tokens: usize,
    seconds: f64,
}

impl Cold {
    fn warm(&mut self, llama: &mut Llama, prefix: &Prefix) -> anyhow::Result<()> {
        let (begun, mut tokens) = (Instant::now(), 0);
        let warmth = llama.warm(prefix, &Cancel::default(), &mut |_, all| tokens = all)?;
        if warmth == Warmth::Computed {
            self.prompts += 1;
            self.tokens += tokens;
            self.seconds += begun.elapsed().as_secs_f64();
        }
        Ok(())
    }
}

fn tools(listed: &[Value]) -> Vec<Tool> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    listed
        .iter()
        .map(|t| Tool {
            id: format!("eval__{}", text(&t["name"])),
            name: text(&t["name"]),
            description: text(&t["description"]),
            schema: t["input_schema"].clone(),
        })
        .collect()
}

/// The moment a case was spoken at; the present where it does not say.
fn now(case: &Value) -> Zoned {
    let civil = case["context"]["now"].as_str().and_then(|now| now.parse::<DateTime>().ok());
    civil.and_then(|civil| civil.to_zoned(TimeZone::UTC).ok()).unwrap_or_else(Zoned::now)
}

/// The lines of a case as a session has them. A line of ours that ends in a question was asked for a value; what is
/// known of its call, and which calls were made, the sets do not say.
fn conversation(case: &Value) -> Conversation {
    let earlier: Vec<Line> = case["history"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|line| Line {
            speaker: if line["role"] == "user" { Speaker::User } else { Speaker::Persona },
            text: line["content"].as_str().unwrap_or_default().to_owned(),
        })
        .collect();
    let asked = earlier.last().filter(|line| is_question(line)).map(|question| {
        let said = earlier.rsplit(|line| line.speaker == Speaker::Persona && !is_question(line)).next();
        let said = said.unwrap_or_default().iter().filter(|line| line.speaker == Speaker::User);
        let request = said.map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
        Asked { request, question: question.text.clone(), draft: None }
    });
    let utterance = case["utterance"].as_str().unwrap_or_default().to_owned();
    Conversation { earlier, utterance, asked, ..Conversation::default() }
}

fn is_question(line: &Line) -> bool {
    line.speaker == Speaker::Persona && line.text.trim_end().ends_with('?')
}
