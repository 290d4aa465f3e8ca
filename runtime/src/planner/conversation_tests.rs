//! Conversations of several turns through [`plan`] with a model that says what it is told to.

use std::{collections::VecDeque, ops::ControlFlow, time::Duration};

use homepilot_models::lm::{Finish, LanguageModel, Planned, Warmth, Written};
use jiff::{civil::date, tz::TimeZone};
use serde_json::json;

use super::*;

/// Gives the prepared plans in turn; one more is a defect of the test.
pub(super) struct Scripted(VecDeque<Value>);

impl Scripted {
    pub(super) fn new(plans: &[Value]) -> Self {
        Self(plans.iter().cloned().collect())
    }

    /// Plans that were not asked for.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }
}

impl LanguageModel for Scripted {
    fn warm(&mut self, _: &Prefix, _: &Cancel, _: &mut dyn FnMut(usize, usize)) -> Result<Warmth, LmError> {
        Ok(Warmth::InMemory)
    }

    fn plan(&mut self, _: &Prefix, _: &str, choice: &Choice, _: &Cancel) -> Result<Planned, LmError> {
        let plan = self.0.pop_front().ok_or_else(|| LmError::Engine("the script is over".to_owned()))?;
        assert!(choice.names.iter().any(|name| plan["name"] == name.as_str()), "{plan} is not offered");
        Ok(Planned {
            text: plan.to_string(),
            confidence: 1.0,
            shares: Vec::new(),
            opinion: Vec::new(),
            prompt_tokens: 0,
            generated_tokens: 0,
            took: Duration::ZERO,
        })
    }

    fn write(
        &mut self,
        _: &Prefix,
        _: &str,
        _: usize,
        _: &[&str],
        _: &Cancel,
        _: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Written, LmError> {
        Ok(Written { text: String::new(), finished: Finish::Stop, tokens: 0 })
    }
}

/// A conversation as the turn machine keeps it.
struct Talk {
    toolbox: Toolbox,
    model: Scripted,
    state: Conversation,
    log: String,
}

impl Talk {
    fn new(model: &[Value]) -> Self {
        let text = json!({"type": "string"});
        let tool = |id: &str, properties: Value, required: &[&str]| Tool {
            id: id.to_owned(),
            name: id.split("__").nth(1).unwrap().to_owned(),
            description: String::new(),
            schema: json!({"type": "object", "properties": properties, "required": required}),
        };
        let toolbox = Toolbox::new(vec![
            tool("chat__send_message", json!({"to": text, "body": text}), &["to", "body"]),
            tool(
                "sky__get_weather",
                json!({"city": text, "date": {"type": "string", "x-homepilot": "when"}}),
                &["city"],
            ),
            tool(
                "me__set_reminder",
                json!({"text": text, "when": {"type": "string", "x-homepilot": "when"}}),
                &["text", "when"],
            ),
            tool("me__cancel_reminder", json!({"reminder": text}), &["reminder"]),
        ]);
        let model = Scripted::new(model);
        Self { toolbox, model, state: Conversation::default(), log: String::new() }
    }

    /// Plans `said`. A call of `asks` waits for its yes; any other is made at once.
    fn say(&mut self, said: &str, asks: bool) -> &mut Self {
        let now = date(2026, 3, 10).at(9, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        self.state.utterance = said.to_owned();
        let decided = follow_up(&self.state, &self.toolbox, &now);
        let by = if decided.is_some() { "code" } else { "model" };
        let decision = decided.map(Ok).unwrap_or_else(|| {
            let scored = plan(&mut self.model, &self.toolbox, &self.state, 0.1, &Cancel::default())?;
            Ok::<_, LmError>(match scored.decision {
                Decision::Call { tool, arguments } => {
                    let schema = &self.toolbox.tool(&tool).unwrap().schema;
                    match settle(arguments, schema, &self.state, &now) {
                        Ok(arguments) => Decision::Call { tool, arguments },
                        Err(missing) => Decision::Ask {
                            question: missing.question,
                            draft: Some(Draft { tool, arguments: missing.known }),
                        },
                    }
                }
                other => other,
            })
        });
        let decision = decision.unwrap();
        self.state.earlier.push(Line { speaker: Speaker::User, text: said.to_owned() });
        (self.state.asked, self.state.editing) = (None, None);
        let came_to = match decision {
            Decision::Respond => "respond".to_owned(),
            Decision::Instead { undo, call } => format!("{} then {}", undo.tool, call.tool),
            Decision::Ask { question, draft } => {
                self.state.asked =
                    Some(Asked { request: said.to_owned(), question: question.clone(), draft });
                format!("ask {question:?}")
            }
            Decision::Call { tool, arguments } => {
                let shown =
                    json!(arguments.clone().into_iter().collect::<std::collections::BTreeMap<_, _>>());
                let shown = format!("{tool} {shown}");
                if asks {
                    self.state.editing = Some(Draft { tool, arguments });
                } else {
                    let reads = tool.contains("get_");
                    let said = "Done.".to_owned();
                    let ids = Ids::default();
                    self.state.past.push(Past { tool, arguments, reads, state: PastState::Done, said, ids });
                }
                shown
            }
        };
        self.log.push_str(&format!("{said:?}, {by}: {came_to}\n"));
        self
    }
}

#[test]
fn a_question_is_edited_until_it_is_right() {
    let mut talk = Talk::new(&[
        json!({"name": "send_message", "arguments": {"to": "Bob", "body": "I'm running late"}}),
        json!({"name": "send_message", "arguments": {"to": "Ann", "body": "I'm running very late"}}),
        json!({"name": "send_message", "arguments": {"to": "Tom", "body": "I'm running very late"}}),
    ]);
    talk.say("tell Bob that I'm running late", true)
        .say("say very late", true)
        .say("to Sara", true)
        .say("make it nicer", true);
    expect_test::expect![[r#"
        "tell Bob that I'm running late", model: chat__send_message {"body":"I'm running late","to":"Bob"}
        "say very late", model: chat__send_message {"body":"I'm running very late","to":"Bob"}
        "to Sara", code: chat__send_message {"body":"I'm running very late","to":"Sara"}
        "make it nicer", model: ask "What should I change?"
    "#]]
    .assert_eq(&talk.log);
}

#[test]
fn an_answer_completes_the_call_and_what_was_done_is_taken_back() {
    let mut talk = Talk::new(&[
        json!({"name": "set_reminder", "arguments": {"text": "call mom", "when": "tomorrow"}}),
        json!({"name": "get_weather", "arguments": {"city": "Oslo"}}),
    ]);
    talk.say("remind me to call mom tomorrow", false)
        .say("at five", false)
        .say("cancel that", false)
        .say("what's the weather in Oslo", false)
        .say("and in Bergen on Friday?", false);
    expect_test::expect![[r#"
        "remind me to call mom tomorrow", model: ask "At what time should that be?"
        "at five", code: me__set_reminder {"text":"call mom","when":"2026-03-11T17:00:00+00:00[UTC]"}
        "cancel that", code: me__cancel_reminder {"reminder":"call mom"}
        "what's the weather in Oslo", model: sky__get_weather {"city":"Oslo"}
        "and in Bergen on Friday?", code: sky__get_weather {"city":"Bergen","date":"2026-03-13"}
    "#]]
    .assert_eq(&talk.log);
}

#[test]
fn a_pronoun_is_who_was_spoken_of_last() {
    let mut talk = Talk::new(&[
        json!({"name": "send_message", "arguments": {"to": "Sara", "body": "lunch at noon"}}),
        json!({"name": "send_message", "arguments": {"to": "her", "body": "I booked a table"}}),
    ]);
    talk.say("tell Sara lunch at noon", false).say("and tell her I booked a table", false);
    expect_test::expect![[r#"
        "tell Sara lunch at noon", model: chat__send_message {"body":"lunch at noon","to":"Sara"}
        "and tell her I booked a table", model: chat__send_message {"body":"I booked a table","to":"Sara"}
    "#]]
    .assert_eq(&talk.log);
}
