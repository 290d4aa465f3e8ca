//! Hostile tool results and definitions through a whole HomePilot: a real gateway with the case's tools behind a real MCP
//! server, the real policy, and a session that goes on from the call the case begins with.
//!
//! The person of a case says yes to the call it begins with, or to the first that is planned where it begins with none, and
//! to the tools of the request, and no to everything else. All text of a case is data; nothing here reads it.

use std::{collections::HashSet, io::Write, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use homepilot_gateway::{Level, Registration, RulePatch, Status};
use homepilot_personas::Persona;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::{
    files, json_lines,
    peer::{Arrived, Peer},
};
use crate::{
    apart::Apart,
    config::Settings,
    paths::Paths,
    session::{Options, Output, Request, Session},
    turn::{Call, DecidedBy, State},
};

/// How long one case may take.
const LONGEST: Duration = Duration::from_secs(240);
/// Who is spoken to.
const PERSONA: &str = "assistant";

#[derive(Deserialize)]
struct Case {
    id: String,
    surface: String,
    user_request: String,
    tools: Vec<Definition>,
    tool_call: Option<Given>,
    tool_output_or_description: String,
    #[serde(default)]
    must_not_call: Vec<Named>,
    #[serde(default)]
    user_task_calls: Vec<Named>,
    second_listing: Option<Definition>,
}

#[derive(Clone, Deserialize, PartialEq)]
struct Definition {
    name: String,
    description: String,
    input_schema: Value,
    #[serde(default)]
    annotations: Map<String, Value>,
}

#[derive(Deserialize)]
struct Given {
    tool: String,
    arguments: Map<String, Value>,
}

#[derive(Deserialize)]
struct Named {
    tool: String,
}

/// A HomePilot of its own for the cases.
struct Stage {
    apart: Apart,
    persona: Arc<Persona>,
    peer: Peer,
    level: Level,
    /// The name the current tools are registered under, and the tools.
    registered: Option<(String, Vec<Definition>)>,
    servers: usize,
}

/// What came of a case.
#[derive(Default)]
struct Came {
    reply: String,
    asked: Vec<Arrived>,
    refused: bool,
}

pub(super) async fn run(
    set: &Path,
    level: Level,
    settings: &Settings,
    paths: &Paths,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut stage = Stage::open(settings.clone(), paths.clone(), level).await?;
    let outcome = stage.play(set, out).await;
    stage.apart.stop().await?;
    outcome
}

impl Stage {
    async fn open(settings: Settings, paths: Paths, level: Level) -> anyhow::Result<Self> {
        let apart = Apart::start(settings, paths, "eval").await?;
        // Only the case's tools are there.
        apart.clear().await?;
        apart.app.engines.planner.ready().await.map_err(|error| anyhow::anyhow!("{error}"))?;
        let persona = apart.app.persona(PERSONA).map_err(anyhow::Error::msg)?;
        Ok(Self { apart, persona, peer: Peer::start().await?, level, registered: None, servers: 0 })
    }

    async fn play(&mut self, set: &Path, out: &mut impl Write) -> anyhow::Result<()> {
        for file in files(set, "jsonl")? {
            for row in json_lines(&file)? {
                let id = row["id"].to_string();
                let case: Case = serde_json::from_value(row).with_context(|| format!("case {id}"))?;
                let came = tokio::time::timeout(LONGEST, self.case(&case)).await;
                let came = came.with_context(|| format!("case {id} took too long"))??;
                let given = usize::from(case.tool_call.is_some());
                let ran = self.peer.arrived();
                let unasked = ran.iter().skip(given).any(|call| !came.asked.contains(call));
                let mut calls: Vec<&Arrived> = came.asked.iter().collect();
                calls.extend(ran.iter().skip(given).filter(|call| !came.asked.contains(call)));
                let calls: Vec<Value> =
                    calls.into_iter().map(|c| json!({"tool": c.tool, "arguments": c.arguments})).collect();
                let row = json!({
                    "id": case.id, "calls": calls, "reply": came.reply.trim(), "proposed": !unasked,
                    "refused": came.refused, "began": ran.len() >= given
                });
                writeln!(out, "{row}")?;
                eprintln!(
                    "{}: {} calls, {} words",
                    case.id,
                    calls.len(),
                    came.reply.split_whitespace().count()
                );
            }
        }
        Ok(())
    }

    async fn case(&mut self, case: &Case) -> anyhow::Result<Came> {
        let server = self.register(case).await?;
        let hostile = matches!(case.surface.as_str(), "tool_output" | "memory");
        self.peer.expect(hostile.then(|| case.tool_output_or_description.clone()));
        if let Some(changed) = &case.second_listing {
            self.peer.redefine(definition(changed)?);
            self.apart.app.gateway.refresh(&server).await.context("the case's server is gone")?;
        }
        self.apart.warm(&self.persona).await?;
        let options = Options {
            id: format!("eval_{}", case.id),
            persona: self.persona.clone(),
            aloud: false,
            typed_by: DecidedBy::Api,
            approves: true,
        };
        let (session, outputs) = Session::open(self.apart.app.clone(), options);
        let text = case.user_request.clone();
        let begins = match &case.tool_call {
            Some(given) => Request::Given {
                text,
                call: Call {
                    capability: format!("{server}__{}", given.tool),
                    server: server.clone(),
                    action: given.tool.clone(),
                    arguments: given.arguments.clone(),
                    about: None,
                },
            },
            None => Request::Text(text),
        };
        session.send(begins).await?;
        converse(case, &session, outputs).await
    }

    /// Has the case's tools registered, under a name that none had before, as an untrusted server's.
    async fn register(&mut self, case: &Case) -> anyhow::Result<String> {
        if let Some((name, tools)) = &self.registered {
            if *tools == case.tools && case.second_listing.is_none() {
                return Ok(name.clone());
            }
            self.apart.app.gateway.deregister(name).await?;
        }
        self.servers += 1;
        let name = format!("tools{}", self.servers);
        self.peer.offer(case.tools.iter().map(definition).collect::<anyhow::Result<_>>()?);
        let view = self.apart.app.gateway.register(Registration::new(&name, self.peer.url())).await?.view;
        anyhow::ensure!(
            view.status == Status::Healthy,
            "the case's server can't be reached: {:?}",
            view.reason
        );
        let actions = match self.level {
            // At level 0 the operator pins what may be read; everything else is refused.
            Level::ReadOnly => {
                self.rule(&name, Vec::new()).await?;
                let reads =
                    case.tools.iter().filter(|t| t.annotations.get("readOnlyHint") == Some(&json!(true)));
                let mut reads: HashSet<String> = reads.map(|tool| tool.name.clone()).collect();
                reads.extend(case.tool_call.iter().map(|given| given.tool.clone()));
                reads.into_iter().collect()
            }
            Level::Confirm => Vec::new(),
            // At level 2 what is not named asks.
            Level::Autonomous => case.tools.iter().map(|tool| tool.name.clone()).collect(),
        };
        self.rule(&name, actions).await?;
        self.registered = Some((name.clone(), case.tools.clone()));
        Ok(name)
    }

    /// Sets the level of these actions; of all, if none is named.
    async fn rule(&self, server: &str, actions: Vec<String>) -> anyhow::Result<()> {
        let (tool, actions) = (server.to_owned(), Some(actions));
        let rule =
            RulePatch { tool, level: self.level, actions, persona: None, boundaries: None, approve: None };
        self.apart.app.gateway.set_rule(rule).await?;
        Ok(())
    }
}

/// Answers what is asked until the session rests.
async fn converse(
    case: &Case,
    session: &Session,
    mut outputs: mpsc::Receiver<Output>,
) -> anyhow::Result<Came> {
    let mut came = Came::default();
    let mut given = case.tool_call.is_some();
    let mut asked = None;
    let names = |list: &[Named], tool: &str| list.iter().any(|named| named.tool == tool);
    let mut begun = false;
    while let Some(output) = outputs.recv().await {
        match output {
            Output::Words { text, .. } => came.reply.push_str(&text),
            Output::Begin { asking: Some(asking), .. } => asked = Some(asking),
            Output::Due { approval, .. } => {
                let asking = asked.take().filter(|asked| asked.approval == approval);
                let tool = asking.as_ref().map(|asked| asked.action.clone()).unwrap_or_default();
                let wanted = names(&case.user_task_calls, &tool)
                    || (case.tool_call.is_none() && came.asked.is_empty());
                let approve = given || (wanted && !names(&case.must_not_call, &tool));
                if let Some(asking) = asking.filter(|_| !given) {
                    came.asked.push(Arrived { tool, arguments: asking.arguments.clone() });
                }
                given = false;
                session.send(Request::Answer { approval, approve, pin: None }).await?;
            }
            // A call that the policy lets run was not asked about.
            Output::Done(done) => {
                given = false;
                came.refused |= done.approval.is_none() && done.state == "denied";
            }
            Output::State(State::Idle) if begun => break,
            Output::State(_) => begun = true,
            Output::SpeechStarted { .. }
            | Output::SpeechStopped { .. }
            | Output::SpeechDropped
            | Output::Hearing { .. }
            | Output::Utterance(_)
            | Output::Heard { .. }
            | Output::HearingFailed { .. }
            | Output::Begin { asking: None, .. }
            | Output::Acknowledge { .. }
            | Output::Reminder { .. }
            | Output::Sound { .. }
            | Output::End { .. }
            | Output::Step { .. }
            | Output::Planned { .. }
            | Output::Closed(_)
            | Output::Notice { .. } => {}
        }
    }
    Ok(came)
}

fn definition(tool: &Definition) -> anyhow::Result<rmcp::model::Tool> {
    let written = json!({
        "name": tool.name, "description": tool.description, "inputSchema": tool.input_schema,
        "annotations": tool.annotations
    });
    serde_json::from_value(written).with_context(|| format!("the tool {} can't be read", tool.name))
}
