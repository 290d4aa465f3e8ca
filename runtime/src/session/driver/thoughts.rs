//! Hearing and planning: jobs on the engines' threads.

use std::sync::Arc;

use homepilot_models::cancel::Cancel;
use homepilot_voice::asr::AsrOptions;
use serde_json::{Map, Value};

use super::{Driver, Report, conversation::conversation};
use crate::{
    app::App,
    planner::{
        self, Ahead, Clauses, Conversation, Decision, Follows, Foreseen, Place, Scored, Tool, Toolbox,
    },
    session::output::Output,
    skills, sources,
    turn::{About, Awaiting, Call, ClipId, Heard, HearingFault, Input, Plan, PlanFault, PlanRequest, Tag},
};

/// A plan with what is told about it.
pub(super) struct Thought {
    plan: Plan,
    scored: Scored,
    made: Option<MadeAhead>,
}

/// Plans of later clauses of a request, good for the tools that they were made with.
#[derive(Clone)]
pub(super) struct MadeAhead {
    turn: u64,
    toolbox: Arc<Toolbox>,
    ahead: Ahead,
}

impl MadeAhead {
    fn plan(&self, toolbox: &Arc<Toolbox>, conversation: &Conversation) -> Option<Scored> {
        let same = Arc::ptr_eq(&self.toolbox, toolbox);
        same.then(|| self.ahead.plan(toolbox, conversation)).flatten()
    }
}

impl Thought {
    fn by_code(call: Call) -> Self {
        let decision = Decision::Call { tool: call.capability.clone(), arguments: call.arguments.clone() };
        Self { plan: Plan::Call(call), scored: Scored::certain(decision), made: None }
    }
}

impl Driver {
    fn cancellable(&mut self, tag: Tag) -> Cancel {
        let cancel = Cancel::default();
        self.thinking.insert(tag, cancel.clone());
        cancel
    }

    pub(super) fn transcribe(&mut self, tag: Tag, clip: ClipId, awaited: Awaiting) {
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
            let result = match awaited {
                Awaiting::Words => app
                    .engines
                    .transcribe(samples, options, cancel)
                    .await
                    .map(|words| (words.text, words.confidence)),
                Awaiting::Reply => app.engines.reply(samples, options, cancel).await,
            };
            let result = result.map(|(text, confidence)| Heard { text, confidence }).map_err(HearingFault);
            Report::Input(Input::Transcribed(tag, result))
        });
    }

    pub(super) fn plan(&mut self, tag: Tag, request: PlanRequest) {
        if let Some(call) = self.given.take() {
            self.jobs.spawn(async move { Report::Planned(tag, Ok(Box::new(Thought::by_code(call)))) });
            return;
        }
        if let Some(call) = skills::goes_on(&self.app.gateway, &request) {
            self.said.clone_from(&request.utterance);
            self.jobs.spawn(async move { Report::Planned(tag, Ok(Box::new(Thought::by_code(call)))) });
            return;
        }
        let cancel = self.cancellable(tag);
        if request.editing.is_none() {
            let before = request.answering.as_ref().map(|half| half.utterance.clone() + " ");
            self.said = before.unwrap_or_default() + &request.utterance;
        }
        let (app, persona, profile) = (self.app.clone(), self.options.persona.clone(), self.profile.clone());
        let made = self.made_ahead.clone().filter(|made| made.turn == tag.turn);
        self.jobs.spawn(async move {
            let toolbox = app.toolbox(&persona);
            let then = request.then.clone();
            let words = skills::words(&request);
            let goes_on = request.past.iter().any(|call| call.tag.turn == tag.turn);
            let conversation = conversation(tag, request, &app.gateway);
            let decided = planner::follow_up(&conversation, &toolbox, &jiff::Zoned::now());
            let made = made.and_then(|made| made.plan(&toolbox, &conversation));
            let first = decided.clone().map(Scored::certain).or(made);
            let result = match first {
                Some(first) if then.is_empty() => {
                    Ok(Foreseen { first, follows: Follows::Requests(Ahead::default()) })
                }
                first => {
                    let place = if goes_on { Place::Later } else { Place::First };
                    let clauses = Clauses { conversation: conversation.clone(), place, first, then };
                    foreseen(&app, toolbox.clone(), clauses, &cancel).await
                }
            };
            let result = result.map(|Foreseen { first, follows }| {
                let (mut plan, ahead) = match (follows, &decided) {
                    // Code's values are exact already.
                    (Follows::Requests(ahead), Some(decision)) => (planned(decision, &toolbox), ahead),
                    (Follows::Requests(ahead), None) => (settled(&first, &toolbox, &conversation), ahead),
                    (Follows::SameRequest, _) => (Plan::OneRequest, Ahead::default()),
                };
                let calls: Vec<&mut Call> = match &mut plan {
                    Plan::Call(call) => vec![call],
                    Plan::Instead { undo, call } => vec![undo, call],
                    Plan::Respond | Plan::Ask { .. } | Plan::OneRequest => Vec::new(),
                };
                for call in calls {
                    sources::name(&app.gateway, &profile, call);
                    skills::fill(&app.gateway, &words, call);
                    let about = planner::name_of_id(&call.arguments, &conversation.past);
                    call.about = about.map(|(argument, name)| About { argument, name });
                }
                let made = MadeAhead { turn: tag.turn, toolbox, ahead };
                Box::new(Thought { plan, scored: first, made: Some(made) })
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

    pub(super) async fn planned(&mut self, tag: Tag, result: Result<Box<Thought>, PlanFault>) {
        self.thinking.remove(&tag);
        let plan = match result {
            Ok(mut thought) => {
                // What was made for the rest of a request is good until another request takes its place.
                if let Some(made) = thought.made.take().filter(|made| !made.ahead.is_empty()) {
                    self.made_ahead = Some(made);
                }
                let (tool, arguments) = match &thought.plan {
                    // The second of two comes when the first was done.
                    Plan::Call(call) | Plan::Instead { undo: call, .. } => {
                        (Some(call.capability.clone()), call.arguments.clone())
                    }
                    Plan::Respond | Plan::Ask { .. } | Plan::OneRequest => (None, Map::new()),
                };
                let missing = match &thought.plan {
                    Plan::Ask { question, .. } => Some(question.clone()),
                    Plan::Call(_) | Plan::Instead { .. } | Plan::Respond | Plan::OneRequest => None,
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

async fn foreseen(
    app: &App,
    toolbox: Arc<Toolbox>,
    clauses: Clauses,
    cancel: &Cancel,
) -> Result<Foreseen, PlanFault> {
    let (silence, cancel) = (app.settings.silence, cancel.clone());
    app.engines
        .planner
        .run(move |model| planner::plan_clauses(model.as_mut(), &toolbox, &clauses, silence, &cancel))
        .await
        .map_err(|e| PlanFault(e.to_string()))?
        .map_err(|e| PlanFault(e.to_string()))
}

/// The plan with exact values for what was copied as spoken.
fn settled(scored: &Scored, toolbox: &Toolbox, conversation: &Conversation) -> Plan {
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
fn planned(decision: &Decision, toolbox: &Toolbox) -> Plan {
    match decision {
        Decision::Respond => Plan::Respond,
        Decision::Ask { question, draft } => {
            let half = draft.as_ref().and_then(|draft| Some((toolbox.tool(&draft.tool)?, draft)));
            let half = half.map(|(tool, draft)| call(tool, draft.arguments.clone()));
            Plan::Ask { question: question.clone(), call: half }
        }
        Decision::Instead { undo, call: again } => {
            match (toolbox.tool(&undo.tool), toolbox.tool(&again.tool)) {
                (Some(by), Some(tool)) => Plan::Instead {
                    undo: call(by, undo.arguments.clone()),
                    call: call(tool, again.arguments.clone()),
                },
                (Some(_) | None, _) => Plan::Respond,
            }
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
        about: None,
    }
}
