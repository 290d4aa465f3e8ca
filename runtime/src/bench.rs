//! `homepilot bench`: ten utterances through the running system in real time, stage by stage.
//!
//! The utterances are spoken by the voice that is set, so that the figures need nothing but the models. Each is said twice
//! as a person does, in real time: with a button that is released at the last sound, and hands-free. What is measured begins
//! there. Several sessions at once each say another utterance, all beginning together.

pub mod confirm;
pub mod gateway;
pub mod servers;
mod talker;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use homepilot_models::cancel::Cancel;
use homepilot_voice::SampleRate;
use rmcp::{
    RoleClient,
    model::ProtocolVersion,
    service::{ClientLifecycleMode, RunningService, serve_client_with_lifecycle},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    apart::Apart,
    app::App,
    config::Settings,
    eval::percentiles,
    paths::Paths,
    session::{Options, Output, Request, Session},
    turn::{DecidedBy, State},
};
use talker::{Talker, Way};

/// What is said: calls that ask first, and talk.
const UTTERANCES: [&str; 10] = [
    "Remind me to call the plumber tomorrow at nine.",
    "Put buy bread on my to do list.",
    "What is on my to do list?",
    "Set a reminder to stretch in twenty minutes.",
    "Which reminders do I have?",
    "Hello, how are you?",
    "Add water the garden to my tasks.",
    "Remind me on Friday at half past six to take the bins out.",
    "What is the largest ocean on earth?",
    "Thank you, that was very helpful.",
];
/// Said while the persona speaks.
const INTERRUPTION: &str = "Wait, stop talking please.";
/// How often the persona is interrupted.
const INTERRUPTIONS: usize = 5;
/// How often the built-in servers are started by themselves.
const SERVER_STARTS: u8 = 5;
/// A turn that takes longer is a failure.
const LONGEST_TURN: Duration = Duration::from_secs(90);
/// One chunk of microphone audio.
const CHUNK: Duration = Duration::from_millis(32);

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Over all utterances.
    pub rounds: usize,
    /// At once.
    pub sessions: usize,
}

#[derive(Clone, Default)]
struct Times {
    released: Answered,
    spoken: Answered,
    yes: Vec<f64>,
    silence: Vec<f64>,
}

/// From the end of what was said.
#[derive(Clone, Default)]
struct Answered {
    text: Vec<f64>,
    plan: Vec<f64>,
    first_audio: Vec<f64>,
}

/// Runs the benchmark.
///
/// # Errors
/// When the system can't be started or a turn does not end.
pub async fn run(settings: Settings, paths: Paths, plan: Plan, as_json: bool) -> anyhow::Result<()> {
    let apart = Apart::start(settings, paths, "bench").await?;
    let app = apart.app.clone();
    let failed = app.loaded().await;
    anyhow::ensure!(failed.is_empty(), "{}", failed.join("\n"));
    let ready = app.started.elapsed();
    let result = measure(&app, plan).await;
    apart.stop().await?;
    let servers = servers::measure(SERVER_STARTS).await?;
    report(&app, &mut result?, servers, ready, as_json);
    Ok(())
}

/// The times of each session. Only one that is alone is interrupted.
async fn measure(app: &Arc<App>, plan: Plan) -> anyhow::Result<Vec<Times>> {
    let yes: Arc<[f32]> = recording(app, "Yes, please.").await?.into();
    let mut recordings: Vec<Arc<[f32]>> = Vec::new();
    for text in UTTERANCES {
        recordings.push(recording(app, text).await?.into());
    }
    let mut measured = vec![Times::default(); plan.sessions];
    let turns = plan.rounds * UTTERANCES.len();
    for number in 0..turns {
        for way in [Way::Button, Way::Open] {
            let mut turns_at_once = JoinSet::new();
            for (session, times) in measured.drain(..).enumerate() {
                let said = (number + session * UTTERANCES.len() / plan.sessions) % UTTERANCES.len();
                eprintln!("{}/{turns} {}", number + 1, UTTERANCES[said]);
                let (app, samples, yes) = (app.clone(), recordings[said].clone(), yes.clone());
                turns_at_once.spawn(async move {
                    let turn = turn(&app, (&samples, &yes), way, times);
                    let turn = tokio::time::timeout(LONGEST_TURN, turn).await;
                    let took = || format!("{:?} took longer than {LONGEST_TURN:?}", UTTERANCES[said]);
                    anyhow::Ok((session, turn.with_context(took)??))
                });
            }
            let mut over = turns_at_once.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
            over.sort_by_key(|(session, _)| *session);
            measured.extend(over.into_iter().map(|(_, times)| times));
        }
    }
    if let [alone] = measured.as_mut_slice() {
        let interruption = recording(app, INTERRUPTION).await?;
        for number in 1..=INTERRUPTIONS {
            eprintln!("interruption {number}/{INTERRUPTIONS}");
            let barge_in = tokio::time::timeout(LONGEST_TURN, interrupt(app, &interruption)).await;
            alone.silence.push(barge_in.context("the interruption was not noticed")??);
        }
    }
    Ok(measured)
}

/// 16 kHz samples of `text` in the set voice.
async fn recording(app: &App, text: &str) -> anyhow::Result<Vec<f32>> {
    let rate = SampleRate::try_from(16_000)?;
    let audio = app.engines.speak(text.to_owned(), 1.0, rate, Cancel::default()).await;
    Ok(audio.map_err(anyhow::Error::msg)?.samples)
}

fn open(app: &Arc<App>) -> anyhow::Result<(Session, mpsc::Receiver<Output>)> {
    let persona = app.persona("assistant").map_err(anyhow::Error::msg)?;
    let id = format!("bench_{}", uuid::Uuid::now_v7().simple());
    Ok(Session::open(
        app.clone(),
        Options { id, persona, aloud: true, typed_by: DecidedBy::Screen, approves: true },
    ))
}

fn since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

async fn turn(
    app: &Arc<App>,
    (samples, yes): (&[f32], &[f32]),
    way: Way,
    mut times: Times,
) -> anyhow::Result<Times> {
    let (session, mut outputs) = open(app)?;
    let mut talker = Talker::new(&session, way);
    talker.say(samples).await?;
    let (mut text, mut plan, mut audio, mut answering) = (None, None, None, false);
    // Words that are known before the last sound are known at once.
    let since_end = |talker: &Talker<'_>| talker.ended().map_or(0.0, since);
    // A word that it takes a moment is no answer.
    let mut word = None;
    loop {
        let output = tokio::select! {
            sent = talker.tick() => {
                sent?;
                continue;
            }
            output = outputs.recv() => output.context("the session ended")?,
        };
        match output {
            Output::Heard { .. } => _ = text.get_or_insert_with(|| since_end(&talker)),
            Output::Planned { .. } => _ = plan.get_or_insert_with(|| since_end(&talker)),
            Output::Acknowledge { speech } => word = Some(speech),
            Output::Sound { speech, .. } if word != Some(speech) => {
                _ = audio.get_or_insert_with(|| since_end(&talker));
            }
            Output::Due { .. } if !answering => {
                answering = true;
                talker.say(yes).await?;
            }
            Output::State(State::Doing) if answering && way == Way::Button => {
                times.yes.push(since_end(&talker));
            }
            Output::State(State::Idle) if text.is_some() => break,
            _ => {}
        }
    }
    let answered = match way {
        Way::Button => &mut times.released,
        Way::Open => &mut times.spoken,
    };
    answered.text.extend(text);
    answered.plan.extend(plan);
    answered.first_audio.extend(audio);
    Ok(times)
}

/// Milliseconds from the first sample of an interruption to silence.
async fn interrupt(app: &Arc<App>, interruption: &[f32]) -> anyhow::Result<f64> {
    let (session, mut outputs) = open(app)?;
    session.send(Request::Text("Tell me something about the history of tea.".to_owned())).await?;
    while !matches!(outputs.recv().await.context("the session ended")?, Output::Sound { .. }) {}
    let chunk = 16 * CHUNK.as_millis() as usize;
    let quiet = vec![0.0; chunk];
    let mut ticks = tokio::time::interval(CHUNK);
    for _ in 0..10 {
        ticks.tick().await;
        session.send(Request::Audio(quiet.clone())).await?;
    }
    let begun = Instant::now();
    let speaking = interruption.iter().position(|s| s.abs() > 0.02).unwrap_or(0);
    let mut chunks = interruption[speaking..].chunks(chunk);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let samples = chunks.next().map_or_else(|| quiet.clone(), <[f32]>::to_vec);
                session.send(Request::Audio(samples)).await?;
            }
            output = outputs.recv() => {
                if let Output::End { complete: false, .. } = output.context("the session ended")? {
                    return Ok(since(begun));
                }
            }
        }
    }
}

impl Times {
    /// What is reported of it. Stages that nothing was measured of are left out.
    fn stages(&mut self) -> impl Iterator<Item = (&'static str, f64, f64, usize)> {
        let stages: [(&str, &mut Vec<f64>); 8] = [
            ("release_to_text_ms", &mut self.released.text),
            ("release_to_plan_ms", &mut self.released.plan),
            ("release_to_first_audio_ms", &mut self.released.first_audio),
            ("speech_end_to_text_ms", &mut self.spoken.text),
            ("speech_end_to_plan_ms", &mut self.spoken.plan),
            ("speech_end_to_first_audio_ms", &mut self.spoken.first_audio),
            ("yes_to_execution_ms", &mut self.yes),
            ("barge_in_to_silence_ms", &mut self.silence),
        ];
        stages.into_iter().filter(|(_, values)| !values.is_empty()).map(|(name, values)| {
            let (p50, p95) = percentiles(values);
            (name, p50.round(), p95.round(), values.len())
        })
    }

    fn add(&mut self, other: &Times) {
        for (all, more) in [(&mut self.released, &other.released), (&mut self.spoken, &other.spoken)] {
            all.text.extend(&more.text);
            all.plan.extend(&more.plan);
            all.first_audio.extend(&more.first_audio);
        }
        self.yes.extend(&other.yes);
        self.silence.extend(&other.silence);
    }
}

fn report(app: &App, measured: &mut [Times], mut servers: servers::Found, ready: Duration, as_json: bool) {
    let ids = &app.engines.ids;
    let mut result = json!({
        "machine": machine(),
        "models": models(app),
        "ready_ms": ready.as_millis() as u64,
        "memory_mb": memory_mb(),
        "servers": servers.json()
    });
    if !as_json {
        println!("{}, {}, {}, {}", machine(), ids.ears, ids.planner, ids.voice);
        println!("ready after {:.1} s, {} MB", ready.as_secs_f64(), memory_mb());
        println!("{}", servers.line());
    }
    let mut all = Times::default();
    measured.iter().for_each(|times| all.add(times));
    table(&mut all, "", &mut result, as_json);
    if measured.len() > 1 {
        let rows = measured.iter_mut().enumerate().map(|(number, times)| {
            let mut row = json!({});
            table(times, &format!("session {}", number + 1), &mut row, as_json);
            row
        });
        result["sessions"] = rows.collect();
    }
    if as_json {
        println!("{result}");
    }
}

fn table(times: &mut Times, title: &str, row: &mut Value, as_json: bool) {
    if !as_json {
        println!("{title:<28} {:>8} {:>8} {:>4}", "p50", "p95", "n");
    }
    for (name, p50, p95, n) in times.stages() {
        row[name] = json!({"p50": p50, "p95": p95, "n": n});
        if !as_json {
            println!("{name:<28} {p50:>8.0} {p95:>8.0} {n:>4}");
        }
    }
}

/// Which weights were used.
fn models(app: &App) -> Value {
    let ids = &app.engines.ids;
    json!({"asr": ids.ears.to_string(), "llm": ids.planner.to_string(), "tts": ids.voice.to_string(), "vad": ids.vad.to_string()})
}

/// Processor and cores.
fn machine() -> Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        cpu.lines().find_map(|l| l.strip_prefix("model name")?.split(':').nth(1)).unwrap_or("unknown").trim();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    json!(format!("{name}, {cores} cores"))
}

/// Resident memory of this process.
fn memory_mb() -> u64 {
    resident_mb("self")
}

/// Resident memory of a process, by its number or `self`.
fn resident_mb(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// An MCP client of either era.
async fn connect(url: &str, token: Option<&str>) -> anyhow::Result<RunningService<RoleClient, ()>> {
    let mut config = StreamableHttpClientTransportConfig::with_uri(url).max_concurrent_requests(64);
    if let Some(token) = token {
        config = config.auth_header(token);
    }
    let transport = StreamableHttpClientTransport::with_client(reqwest::Client::new(), config);
    let mode = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
    };
    serve_client_with_lifecycle((), transport, mode)
        .await
        .map_err(|_| anyhow::anyhow!("an MCP server on the way doesn't answer"))
}
