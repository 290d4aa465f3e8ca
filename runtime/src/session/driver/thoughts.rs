//! Hearing and planning: jobs on the engines' threads.

use std::{sync::Arc, time::Instant};

use homepilot_gateway::PersonaProfile;
use homepilot_models::{cancel::Cancel, engine::EngineError, lm::LanguageModel};
use homepilot_voice::asr::AsrOptions;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::{Driver, Report, conversation::conversation};
use crate::{
    app::App,
    engines::{Part, Unable},
    hearing::names,
    planner::{
        self, Ahead, Clauses, Conversation, Decision, Follows, Foreseen, Place, Scored, Tool, Toolbox,
    },
    session::output::Output,
    skills, sources,
    trace::Work,
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

/// What kind of hearing it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kind {
    pub(super) options: AsrOptions,
    pub(super) awaited: Awaiting,
}

/// What a plan is made from. Making it has no effect: it reads what the gateway knows, and proposes nothing.
pub(super) struct Thinking {
    app: Arc<App>,
    pub(super) toolbox: Arc<Toolbox>,
    profile: PersonaProfile,
    turn: u64,
    request: PlanRequest,
    made: Option<MadeAhead>,
}

/// How a plan gets at the engine.
pub(super) enum Access {
    /// In its turn.
    Queued,
    /// If nobody else needs it, and only as long, until somebody waits for the plan.
    Spare {
        /// Cancelled then.
        asked_for: CancellationToken,
    },
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
        let Some(clip) = self.clips.remove(&clip) else {
            // The machine asks for a clip once; asked twice, it hears nothing rather than waiting for ever.
            self.jobs.spawn(async move {
                Report::Input(Input::Transcribed(
                    tag,
                    Err(HearingFault::Broken("the recording is gone".into())),
                ))
            });
            return;
        };
        self.heard.insert(tag, clip.utterance);
        let kind = Kind { options: self.asr_options(), awaited };
        if let Some(samples) = self.heard_early(tag, clip, &kind) {
            self.hear(tag, samples, kind);
        }
    }

    pub(super) fn hear(&mut self, tag: Tag, samples: Vec<f32>, kind: Kind) {
        let cancel = self.cancellable(tag);
        self.record.begin(tag, self.hearing_work(false), Instant::now());
        let hearing = self.recognise(samples, kind, cancel);
        self.jobs.spawn(async move { Report::Input(Input::Transcribed(tag, hearing.await)) });
    }

    pub(super) fn hearing_work(&self, ahead: bool) -> Work {
        Work::Transcribe { model: self.app.engines.ids.ears.to_string(), ahead, text: None }
    }

    pub(super) fn planning_work(&self, ahead: bool) -> Work {
        Work::Plan { model: self.app.engines.ids.planner.to_string(), ahead, tokens: (0, 0) }
    }

    /// What the recogniser knows beforehand.
    pub(super) fn asr_options(&self) -> AsrOptions {
        let persona = &self.options.persona;
        let names = names::known(persona, &self.app.personas, &self.app.gateway);
        AsrOptions { language: persona.language.clone(), names }
    }

    pub(super) fn recognise(
        &self,
        samples: Vec<f32>,
        Kind { options, awaited }: Kind,
        cancel: Cancel,
    ) -> impl Future<Output = Result<Heard, HearingFault>> + Send + use<> {
        let app = self.app.clone();
        async move {
            let result = match awaited {
                Awaiting::Words => app
                    .engines
                    .transcribe(samples, options, cancel)
                    .await
                    .map(|words| (words.text, words.confidence)),
                Awaiting::Reply => app.engines.reply(samples, options, cancel).await,
            };
            result.map(|(text, confidence)| Heard { text, confidence }).map_err(|unable| match unable {
                Unable::NotYet(sentence) => HearingFault::NotYet(sentence),
                Unable::Broke(cause) => HearingFault::BrokeOff(cause),
                Unable::Failed(cause) => HearingFault::Broken(cause),
            })
        }
    }

    pub(super) fn plan(&mut self, tag: Tag, request: PlanRequest) {
        self.record.planning(tag.turn, Instant::now());
        if let Some(call) = self.given.take() {
            self.jobs.spawn(async move { Report::Planned(tag, Ok(Box::new(Thought::by_code(call)))) });
            return;
        }
        if let Some(call) = skills::goes_on(&self.app.gateway, &request) {
            self.said.clone_from(&request.utterance);
            self.jobs.spawn(async move { Report::Planned(tag, Ok(Box::new(Thought::by_code(call)))) });
            return;
        }
        if request.editing.is_none() {
            let before = request.answering.as_ref().map(|half| half.utterance.clone() + " ");
            self.said = before.unwrap_or_default() + &request.utterance;
        }
        if let Some(request) = self.planned_early(tag, request) {
            self.think_now(tag, request);
        }
    }

    pub(super) fn think_now(&mut self, tag: Tag, request: PlanRequest) {
        let cancel = self.cancellable(tag);
        self.record.begin(tag, self.planning_work(false), Instant::now());
        let thinking = self.thinking_of(tag.turn, request).think(cancel, Access::Queued);
        self.jobs.spawn(async move { Report::Planned(tag, thinking.await) });
    }

    /// What a plan of this turn is made from.
    pub(super) fn thinking_of(&self, turn: u64, request: PlanRequest) -> Thinking {
        Thinking {
            toolbox: self.app.toolbox(&self.options.persona),
            app: self.app.clone(),
            profile: self.profile.clone(),
            made: self.made_ahead.clone().filter(|made| made.turn == turn),
            turn,
            request,
        }
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
                .map_err(|error| no_planner(&app, error))
                .and_then(|r| r.map_err(|e| PlanFault::Broken(e.to_string())));
            Report::Input(Input::Checked(tag, holds))
        });
    }

    pub(super) async fn planned(&mut self, tag: Tag, result: Result<Box<Thought>, PlanFault>) {
        self.thinking.remove(&tag);
        self.record_plan(tag, Instant::now(), result.as_deref().ok());
        if let Err(PlanFault::BrokeOff(_)) = &result {
            self.broke_off_here(Part::Planner).await;
        }
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

impl Driver {
    /// Words are known, or can't be.
    pub(super) fn record_words(&mut self, tag: Tag, ended: Instant, heard: Option<&Heard>) {
        let text = heard.and_then(|heard| self.record.content(|| heard.text.clone()));
        self.record.end(tag, ended, |work| {
            let Work::Transcribe { model, ahead, .. } = work else { return Some(work) };
            Some(Work::Transcribe { model, ahead, text })
        });
    }

    /// A plan is known, or can't be. One that no model made is not told.
    pub(super) fn record_plan(&mut self, tag: Tag, ended: Instant, thought: Option<&Thought>) {
        let tokens = thought.map_or((0, 0), |thought| thought.scored.tokens);
        self.record.end(tag, ended, |work| {
            let Work::Plan { model, ahead, .. } = work else { return Some(work) };
            (tokens != (0, 0)).then_some(Work::Plan { model, ahead, tokens })
        });
    }
}

impl Thinking {
    pub(super) async fn think(self, cancel: Cancel, access: Access) -> Result<Box<Thought>, PlanFault> {
        let Self { app, toolbox, profile, turn, request, made } = self;
        let then = request.then.clone();
        let words = skills::words(&request);
        let goes_on = request.past.iter().any(|call| call.tag.turn == turn);
        let conversation = conversation(turn, request, &app.gateway);
        let decided = planner::follow_up(&conversation, &toolbox, &jiff::Zoned::now());
        let made = made.and_then(|made| made.plan(&toolbox, &conversation));
        let first = decided.clone().map(Scored::certain).or(made);
        let Foreseen { first, follows } = match first {
            Some(first) if then.is_empty() => {
                Foreseen { first, follows: Follows::Requests(Ahead::default()) }
            }
            first => {
                let place = if goes_on { Place::Later } else { Place::First };
                let clauses = Clauses { conversation: conversation.clone(), place, first, then };
                foreseen(&app, toolbox.clone(), clauses, cancel, access).await?
            }
        };
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
        let made = MadeAhead { turn, toolbox, ahead };
        Ok(Box::new(Thought { plan, scored: first, made: Some(made) }))
    }
}

async fn foreseen(
    app: &App,
    toolbox: Arc<Toolbox>,
    clauses: Clauses,
    cancel: Cancel,
    access: Access,
) -> Result<Foreseen, PlanFault> {
    let (engine, silence, stop) = (&app.engines.planner, app.settings.silence, cancel.clone());
    let job = move |model: &mut Box<dyn LanguageModel>| {
        planner::plan_clauses(model.as_mut(), &toolbox, &clauses, silence, &stop)
    };
    let planned = match access {
        Access::Queued => engine.run(job).await,
        Access::Spare { asked_for } => {
            let mut planning = std::pin::pin!(engine.spare(job));
            tokio::select! {
                biased;
                planned = &mut planning => planned,
                () = asked_for.cancelled() => planning.await,
                () = engine.wanted() => {
                    cancel.cancel();
                    planning.await
                }
            }
        }
    };
    planned.map_err(|error| no_planner(app, error))?.map_err(|e| PlanFault::Broken(e.to_string()))
}

fn no_planner(app: &App, error: EngineError) -> PlanFault {
    match app.engines.unable(Part::Planner, error) {
        Unable::NotYet(sentence) => PlanFault::NotYet(sentence),
        Unable::Broke(cause) => PlanFault::BrokeOff(cause),
        Unable::Failed(cause) => PlanFault::Broken(cause),
    }
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
