//! Hearing and planning: jobs on the engines' threads.

use homepilot_models::cancel::Cancel;
use homepilot_voice::asr::AsrOptions;
use serde_json::{Map, Value};

use super::{Driver, Report, conversation::conversation};
use crate::{
    app::App,
    planner::{self, Conversation, Decision, Past, Scored, Tool},
    session::output::Output,
    sources,
    turn::{Call, ClipId, Heard, HearingFault, Input, Plan, PlanFault, PlanRequest, Tag},
};

/// A plan with what is told about it.
pub(super) struct Thought {
    plan: Plan,
    scored: Scored,
}

impl Thought {
    fn by_code(call: Call) -> Self {
        let decision = Decision::Call { tool: call.capability.clone(), arguments: call.arguments.clone() };
        Self { plan: Plan::Call(call), scored: Scored::certain(decision) }
    }
}

impl Driver {
    fn cancellable(&mut self, tag: Tag) -> Cancel {
        let cancel = Cancel::default();
        self.thinking.insert(tag, cancel.clone());
        cancel
    }

    pub(super) fn transcribe(&mut self, tag: Tag, clip: ClipId) {
        let Some((samples, utterance)) = self.clips.remove(&clip) else {
            // The machine asks for a clip once; asked twice, it hears nothing rather than waiting for ever.
            self.jobs.spawn(async move {
                Report::Input(Input::Transcribed(tag, Err(HearingFault("the recording is gone".into()))))
            });
            return;
        };
        self.heard.insert(tag, utterance);
        let cancel = self.cancellable(tag);
        let (app, language) = (self.app.clone(), self.options.persona.language.clone());
        self.jobs.spawn(async move {
            let options = AsrOptions { language, hint: None };
            let result = app.engines.transcribe(samples, options, cancel).await;
            let result =
                result.map(|t| Heard { text: t.text, confidence: t.confidence }).map_err(HearingFault);
            Report::Input(Input::Transcribed(tag, result))
        });
    }

    pub(super) fn plan(&mut self, tag: Tag, request: PlanRequest) {
        if let Some(call) = self.given.take() {
            self.jobs.spawn(async move { Report::Planned(tag, Ok(Thought::by_code(call))) });
            return;
        }
        let cancel = self.cancellable(tag);
        if request.editing.is_none() {
            let before = request.answering.as_ref().map(|half| half.utterance.clone() + " ");
            self.said = before.unwrap_or_default() + &request.utterance;
        }
        let (app, persona, profile) = (self.app.clone(), self.options.persona.clone(), self.profile.clone());
        self.jobs.spawn(async move {
            let toolbox = app.toolbox(&persona);
            let then = request.then.clone();
            let goes_on = request.past.iter().any(|call| call.tag.turn == tag.turn);
            let conversation = conversation(tag, request, &app.gateway);
            let decided = planner::follow_up(&conversation, &toolbox, &jiff::Zoned::now());
            let first = match decided.clone() {
                Some(decision) => Ok(Scored::certain(decision)),
                None if goes_on => scored_clause(&app, &toolbox, conversation.clone(), &cancel).await,
                None => scored(&app, &toolbox, conversation.clone(), &cancel).await,
            };
            let result = match first {
                Ok(first) => {
                    follows(&app, &toolbox, (&conversation, &first), then, &cancel).await.map(|f| (first, f))
                }
                Err(fault) => Err(fault),
            };
            let result = result.map(|(scored, follows)| {
                let mut plan = match follows {
                    Follows::Requests => match &decided {
                        // Code's values are exact already.
                        Some(decision) => planned(decision, &toolbox),
                        None => settled(&scored, &toolbox, &conversation),
                    },
                    Follows::SameRequest => Plan::OneRequest,
                };
                match &mut plan {
                    Plan::Call(call) => sources::name(&app.gateway, &profile, call),
                    Plan::Respond | Plan::Ask { .. } | Plan::OneRequest => {}
                }
                Thought { plan, scored }
            });
            Report::Planned(tag, result)
        });
    }

    /// A yes-no question about a result, which can end a repetition and nothing else.
    pub(super) fn check(&mut self, tag: Tag, condition: String, result: String) {
        let cancel = self.cancellable(tag);
        let app = self.app.clone();
        self.jobs.spawn(async move {
            let holds = app
                .engines
                .planner
                .run(move |model| planner::holds(model.as_mut(), &condition, &result, &cancel))
                .await
                .map_err(|e| PlanFault(e.to_string()))
                .and_then(|r| r.map_err(|e| PlanFault(e.to_string())));
            Report::Input(Input::Checked(tag, holds))
        });
    }

    pub(super) async fn planned(&mut self, tag: Tag, result: Result<Thought, PlanFault>) {
        self.thinking.remove(&tag);
        let plan = match result {
            Ok(thought) => {
                let (tool, arguments) = match &thought.plan {
                    Plan::Call(call) => (Some(call.capability.clone()), call.arguments.clone()),
                    Plan::Respond | Plan::Ask { .. } | Plan::OneRequest => (None, Map::new()),
                };
                let missing = match &thought.plan {
                    Plan::Ask { question, .. } => Some(question.clone()),
                    Plan::Call(_) | Plan::Respond | Plan::OneRequest => None,
                };
                let (confidence, tokens) = (thought.scored.confidence, thought.scored.tokens);
                if thought.plan != Plan::OneRequest {
                    self.put(Output::Planned { tool, arguments, confidence, tokens, missing }).await;
                }
                Ok(thought.plan)
            }
            Err(fault) => Err(fault),
        };
        self.input(Input::Planned(tag, plan)).await;
    }
}

/// What the words after a request are.
enum Follows {
    /// Requests of their own, or nothing.
    Requests,
    /// More of the same.
    SameRequest,
}

/// Whether each of the clauses `then` is a request that a tool can be called for, coming after the first.
async fn follows(
    app: &App,
    toolbox: &planner::Toolbox,
    (conversation, first): (&Conversation, &Scored),
    then: Vec<String>,
    cancel: &Cancel,
) -> Result<Follows, PlanFault> {
    let mut past = conversation.past.clone();
    past.extend(match &first.decision {
        Decision::Call { tool, arguments } => Some(Past {
            tool: tool.clone(),
            arguments: arguments.clone(),
            reads: false,
            state: planner::PastState::Done,
            said: String::new(),
        }),
        // What is only talked about has nothing after it that would be called.
        Decision::Respond => return Ok(Follows::Requests),
        Decision::Ask { .. } => None,
    });
    let skip = past.len().saturating_sub(planner::PAST_CALLS);
    let past = past.split_off(skip);
    let mut earlier = conversation.earlier.clone();
    earlier.push(planner::Line { speaker: planner::Speaker::User, text: conversation.utterance.clone() });
    for utterance in then {
        let (earlier, past) = (earlier.clone(), past.clone());
        let next = Conversation { utterance, earlier, past, ..Conversation::default() };
        match scored_clause(app, toolbox, next, cancel).await?.decision {
            Decision::Call { .. } | Decision::Ask { .. } => {}
            Decision::Respond => return Ok(Follows::SameRequest),
        }
    }
    Ok(Follows::Requests)
}

/// A clause of a request of several: what the calls before it make unclear may be clear by itself.
async fn scored_clause(
    app: &App,
    toolbox: &planner::Toolbox,
    conversation: Conversation,
    cancel: &Cancel,
) -> Result<Scored, PlanFault> {
    let alone = Conversation { utterance: conversation.utterance.clone(), ..Conversation::default() };
    let scored_after = scored(app, toolbox, conversation, cancel).await?;
    match scored_after.decision {
        Decision::Respond => scored(app, toolbox, alone, cancel).await,
        Decision::Call { .. } | Decision::Ask { .. } => Ok(scored_after),
    }
}

async fn scored(
    app: &App,
    toolbox: &planner::Toolbox,
    conversation: Conversation,
    cancel: &Cancel,
) -> Result<Scored, PlanFault> {
    let (tools, silence, cancel) = (toolbox.clone(), app.settings.silence, cancel.clone());
    app.engines
        .planner
        .run(move |model| planner::plan(model.as_mut(), &tools, &conversation, silence, &cancel))
        .await
        .map_err(|e| PlanFault(e.to_string()))?
        .map_err(|e| PlanFault(e.to_string()))
}

/// The plan with exact values for what was copied as spoken.
fn settled(scored: &Scored, toolbox: &planner::Toolbox, conversation: &Conversation) -> Plan {
    let Decision::Call { tool, arguments } = &scored.decision else {
        return planned(&scored.decision, toolbox);
    };
    let Some(known) = toolbox.tool(tool) else { return Plan::Respond };
    match planner::settle(arguments.clone(), &known.schema, conversation, &jiff::Zoned::now()) {
        Ok(arguments) => Plan::Call(call(known, arguments)),
        Err(missing) => Plan::Ask { question: missing.question, call: Some(call(known, missing.known)) },
    }
}

/// A decision as it is.
fn planned(decision: &Decision, toolbox: &planner::Toolbox) -> Plan {
    match decision {
        Decision::Respond => Plan::Respond,
        Decision::Ask { question, draft } => {
            let half = draft.as_ref().and_then(|draft| Some((toolbox.tool(&draft.tool)?, draft)));
            let half = half.map(|(tool, draft)| call(tool, draft.arguments.clone()));
            Plan::Ask { question: question.clone(), call: half }
        }
        Decision::Call { tool, arguments } => {
            toolbox.tool(tool).map_or(Plan::Respond, |tool| Plan::Call(call(tool, arguments.clone())))
        }
    }
}

fn call(tool: &Tool, arguments: Map<String, Value>) -> Call {
    Call {
        capability: tool.id.clone(),
        server: tool.id.split("__").next().unwrap_or_default().to_owned(),
        action: tool.name.clone(),
        arguments,
    }
}
