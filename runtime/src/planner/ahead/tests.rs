//! Whole requests through the turn machine, with a model whose plans are counted.

use std::{collections::VecDeque, time::Instant};

use jiff::{civil::date, tz::TimeZone};
use serde_json::{Value, json};

use super::*;
use crate::{
    planner::{Tool, conversation_tests::Scripted, follow_up, settle},
    turn::{
        Call, Command, DecidedBy, Input, Judgement, Machine, Plan, PlanRequest, Played, Role, StepOutcome,
        StepState, Tag, Utterance,
    },
};

/// Whether plans made ahead are kept.
#[derive(Clone, Copy, PartialEq)]
enum Keeping {
    Kept,
    Forgotten,
}

fn toolbox() -> Toolbox {
    let text = json!({"type": "string"});
    let tool = |name: &str, properties: Value| Tool {
        id: format!("me__{name}"),
        name: name.to_owned(),
        description: String::new(),
        schema: json!({"type": "object", "properties": properties}),
    };
    Toolbox::new(vec![
        tool("create_task", json!({"text": text})),
        tool("delete_task", json!({"task": text})),
        tool("send_message", json!({"to": text, "body": text})),
    ])
}

fn task(text: &str) -> Value {
    json!({"name": "create_task", "arguments": {"text": text}})
}

fn conversation(tag: Tag, request: PlanRequest) -> Conversation {
    let speaker = |role| if role == Role::Person { Speaker::User } else { Speaker::Persona };
    let earlier = request.history.iter().map(|l| Line { speaker: speaker(l.role), text: l.text.clone() });
    let past = request.past.iter().filter(|call| call.tag.turn == tag.turn).map(|call| Past {
        tool: call.call.capability.clone(),
        arguments: call.call.arguments.clone(),
        reads: false,
        state: call.state,
        said: call.said.clone(),
        ids: call.ids.clone(),
    });
    let (mut earlier, past): (Vec<Line>, Vec<Past>) = (earlier.collect(), past.collect());
    // What came back is known before it was heard.
    earlier.extend(past.iter().map(|past| Line { speaker: Speaker::Persona, text: past.said.clone() }));
    Conversation { earlier, past, utterance: request.utterance, ..Conversation::default() }
}

/// What is called for `said`, and how many plans that took of a model that plans `script`.
fn come_to(said: &str, script: &[Value], keeping: Keeping) -> (Vec<String>, usize) {
    let (toolbox, mut model, mut ahead) = (toolbox(), Scripted::new(script), Ahead::default());
    let mut machine: Machine<()> = Machine::new(DecidedBy::Screen, true);
    let now = date(2026, 3, 10).at(9, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
    let mut calls = Vec::new();
    let mut inputs = VecDeque::from([Input::UtteranceEnded(Utterance::Typed(said.to_owned()))]);
    while let Some(input) = inputs.pop_front() {
        let mut commands = Vec::new();
        machine.handle(Instant::now(), input, &mut commands);
        inputs.extend(commands.into_iter().filter_map(|command| match command {
            Command::Plan { tag, request } => {
                let (then, goes_on) =
                    (request.then.clone(), request.past.iter().any(|c| c.tag.turn == tag.turn));
                let conversation = conversation(tag, *request);
                let kept = ahead.plan(&toolbox, &conversation);
                let decided = follow_up(&conversation, &toolbox, &now).map(Scored::certain);
                let clauses = Clauses {
                    conversation: conversation.clone(),
                    place: if goes_on { Place::Later } else { Place::First },
                    first: decided.or(kept),
                    then,
                };
                let foreseen = plan_clauses(&mut model, &toolbox, &clauses, 0.1, &Cancel::default()).unwrap();
                let plan = match (foreseen.first.decision, foreseen.follows) {
                    (_, Follows::SameRequest) => Plan::OneRequest,
                    (Decision::Call { tool, arguments }, Follows::Requests(made)) => {
                        if keeping == Keeping::Kept && !made.0.is_empty() {
                            ahead = made;
                        }
                        let known = toolbox.tool(&tool).unwrap();
                        let arguments = settle(arguments, &known.schema, &conversation, &now).unwrap();
                        let action = known.name.clone();
                        Plan::Call(Call {
                            capability: tool,
                            server: "me".to_owned(),
                            action,
                            arguments,
                            about: None,
                        })
                    }
                    (
                        Decision::Respond | Decision::Ask { .. } | Decision::Instead { .. },
                        Follows::Requests(_),
                    ) => Plan::Respond,
                };
                Some(Input::Planned(tag, Ok(plan)))
            }
            Command::Judge { tag, call, .. } => {
                calls.push(format!("{} {}", call.action, Value::Object(call.arguments.clone())));
                Some(Input::Judged(tag, Judgement::Allowed { token: (), call }))
            }
            Command::Execute { tag, .. } => {
                let done = StepOutcome {
                    state: StepState::Succeeded,
                    say: "Done. That is in.".to_owned(),
                    result: String::new(),
                    ids: Ids::default(),
                };
                Some(Input::StepFinished(tag, done))
            }
            Command::Speak { tag, text } => Some(Input::Played(tag, Played { heard: text, complete: true })),
            Command::Converse { tag, utterance, .. } => {
                calls.push(format!("respond to {utterance:?}"));
                Some(Input::Played(tag, Played { heard: "I can't.".to_owned(), complete: true }))
            }
            Command::Transcribe { .. }
            | Command::Forget(_)
            | Command::AskAloud { .. }
            | Command::Answer { .. }
            | Command::Withdraw { .. }
            | Command::Check { .. }
            | Command::CancelExecution { .. }
            | Command::Discard { .. }
            | Command::Announce { .. }
            | Command::Decline { .. }
            | Command::StopSpeaking { .. }
            | Command::GoOn { .. }
            | Command::LetGo
            | Command::Acknowledge { .. }
            | Command::StopThinking { .. }
            | Command::Publish(_) => None,
        }));
    }
    (calls, script.len() - model.left())
}

#[test]
fn a_clause_that_stands_for_itself_is_planned_once() {
    let two = "add a task to sweep the yard and then add a task to paint the shed";
    let script = [task("sweep the yard"), task("paint the shed"), task("paint the shed")];
    let made = [r#"create_task {"text":"sweep the yard"}"#, r#"create_task {"text":"paint the shed"}"#];
    assert_eq!(come_to(two, &script, Keeping::Forgotten), (made.map(str::to_owned).to_vec(), 3));
    assert_eq!(come_to(two, &script[..2], Keeping::Kept), (made.map(str::to_owned).to_vec(), 2));

    let three = format!("{two}, and then delete the task about fences");
    let fences = json!({"name": "delete_task", "arguments": {"task": "fences"}});
    let [yard, shed, _] = script;
    let once = [yard.clone(), shed.clone(), fences.clone()];
    let twice = [yard, shed.clone(), fences.clone(), shed, fences];
    let (calls, plans) = come_to(&three, &once, Keeping::Kept);
    assert_eq!((calls.len(), plans), (3, 3), "{calls:?}");
    assert_eq!(come_to(&three, &twice, Keeping::Forgotten), (calls, 5));
}

#[test]
fn a_clause_that_points_back_is_planned_when_its_turn_comes() {
    let said = "delete the task about fences and then add a task like that one to my list";
    let fences = json!({"name": "delete_task", "arguments": {"task": "fences"}});
    let like = task("a task like that one");
    let (calls, plans) = come_to(said, &[fences, like.clone(), like], Keeping::Kept);
    assert_eq!((calls.len(), plans), (2, 3), "{calls:?}");
}

#[test]
fn what_a_call_leaves_out_is_the_next_request() {
    // Nobody splits these up front.
    let said = "add a task to sweep the yard, and then close the garden gate";
    let whole = task("sweep the yard and then close the garden gate");
    assert_eq!(come_to(said, &[whole], Keeping::Kept).0.len(), 1);
    let respond = json!({"name": "respond", "arguments": {}});
    let (calls, _) = come_to(said, &[task("sweep the yard"), respond.clone(), respond], Keeping::Kept);
    assert_eq!(calls, [r#"create_task {"text":"sweep the yard"}"#, r#"respond to "close the garden gate""#]);
}
