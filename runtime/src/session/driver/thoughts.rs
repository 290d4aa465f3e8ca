//! Hearing and planning: jobs on the engines' threads.

use homepilot_models::cancel::Cancel;
use homepilot_voice::asr::AsrOptions;

use super::{Driver, Report, conversation::conversation};
use crate::{
    planner::{self, Conversation, Decision, Scored},
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
        let scored = Scored { decision, confidence: 1.0, silence: 0.0, tokens: (0, 0) };
        Self { plan: Plan::Call(call), scored }
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
        let cancel = self.cancellable(tag);
        let (app, persona, profile) = (self.app.clone(), self.options.persona.clone(), self.profile.clone());
        self.jobs.spawn(async move {
            let toolbox = app.toolbox(&persona);
            if let Some(call) = retimed(&request, &toolbox) {
                return Report::Planned(tag, Ok(Thought::by_code(call)));
            }
            let conversation = conversation(tag, request, &app.gateway);
            let (tools, talk, silence) = (toolbox.clone(), conversation.clone(), app.settings.silence);
            let scored = app
                .engines
                .planner
                .run(move |model| planner::plan(model.as_mut(), &tools, &talk, silence, &cancel))
                .await
                .map_err(|e| PlanFault(e.to_string()))
                .and_then(|r| r.map_err(|e| PlanFault(e.to_string())));
            let result = scored.map(|scored| {
                let mut plan = settled(&scored, &toolbox, &conversation);
                match &mut plan {
                    Plan::Call(call) => sources::name(&app.gateway, &profile, call),
                    Plan::Respond | Plan::Ask { .. } => {}
                }
                Thought { plan, scored }
            });
            Report::Planned(tag, result)
        });
    }

    pub(super) async fn planned(&mut self, tag: Tag, result: Result<Thought, PlanFault>) {
        self.thinking.remove(&tag);
        let plan = match result {
            Ok(thought) => {
                let (tool, arguments) = match &thought.plan {
                    Plan::Call(call) => (Some(call.capability.clone()), call.arguments.clone()),
                    Plan::Respond | Plan::Ask { .. } => (None, serde_json::Map::new()),
                };
                let (confidence, tokens) = (thought.scored.confidence, thought.scored.tokens);
                self.put(Output::Planned { tool, arguments, confidence, tokens }).await;
                Ok(thought.plan)
            }
            Err(fault) => Err(fault),
        };
        self.input(Input::Planned(tag, plan)).await;
    }
}

/// A change of time, read by code: exact, and at once.
fn retimed(request: &PlanRequest, toolbox: &planner::Toolbox) -> Option<Call> {
    let call = request.editing.as_ref()?;
    let schema = &toolbox.tool(&call.capability)?.schema;
    let arguments = planner::retime(&call.arguments, schema, &request.utterance, &jiff::Zoned::now())?;
    Some(Call { arguments, ..call.clone() })
}

/// The plan with exact values for what was copied as spoken.
fn settled(scored: &Scored, toolbox: &planner::Toolbox, conversation: &Conversation) -> Plan {
    match &scored.decision {
        Decision::Respond => Plan::Respond,
        Decision::Ask { question } => Plan::Ask { question: question.clone(), call: None },
        Decision::Call { tool, arguments } => {
            let Some(known) = toolbox.tool(tool) else { return Plan::Respond };
            let now = jiff::Zoned::now();
            let call = |arguments| Call {
                capability: known.id.clone(),
                server: known.id.split("__").next().unwrap_or_default().to_owned(),
                action: known.name.clone(),
                arguments,
            };
            match planner::settle(arguments.clone(), &known.schema, conversation, &now) {
                Ok(arguments) => Plan::Call(call(arguments)),
                Err(missing) => {
                    let mut known = arguments.clone();
                    known.remove(&missing.argument);
                    Plan::Ask { question: missing.question, call: Some(call(known)) }
                }
            }
        }
    }
}
