//! An agent as a connection of the gateway: each of its skills is a tool that takes one message.

use std::sync::Arc;

use rmcp::model::{
    CallToolResult, ContentBlock, ErrorCode, ErrorData, ProgressNotificationParam, RequestMetaObject,
};
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::card::Skill;
use super::client::Client;
use super::depth::{DEEPEST, delegated};
use super::errand::{Answer, Ending, Errand, Step};
use super::exchange::FAREWELL;
use super::http::Http;
use super::talks::{Party, Talk, Talks};
use crate::capability::Tool;
use crate::endpoint::Endpoint;
use crate::execution::Goes;
use crate::gateway::Limits;
use crate::upstream::{Called, ConnectError, Leg, Listing, Target};

/// The argument of every skill.
const MESSAGE: &str = "message";
/// Where a skill's words go, if not to the registered host. In the schema, so that a change of it is a change of the skill.
const ANSWERED_AT: &str = "x-homepilot-answered-at";

/// A live connection to an agent. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AgentLine {
    client: Client,
    talks: Arc<Talks>,
}

/// Finds the agent that was registered.
pub(crate) async fn connect(target: &Target, limits: &Limits) -> Result<AgentLine, ConnectError> {
    let url = match &target.endpoint {
        Endpoint::Url(address) => address.resolve()?,
        // Registration lets no such agent in.
        Endpoint::Program(_) => return Err(ConnectError::NotAgent("it is a program".to_owned())),
    };
    let http = Http::new(&url, &target.headers, target.account.clone(), limits)?;
    let client = Client::find(&url, http, target.allow_private, limits).await?;
    Ok(AgentLine { client, talks: target.talks.clone() })
}

impl AgentLine {
    /// The skills on the agent's card as it is now. A card that leads elsewhere needs another connection.
    pub(crate) async fn list(&self) -> Result<Listing, ConnectError> {
        let card = self.client.look().await?;
        if !card.is_asked_like(self.client.card()) {
            return Err(ConnectError::NoConnection(
                "its card says that it is asked in another way now".to_owned(),
            ));
        }
        let tools = card.skills.iter().map(|skill| tool(skill, self.client.elsewhere()));
        Ok(Listing::of(tools, card.notes.clone()))
    }

    /// Asks for a sign of life.
    pub(crate) async fn alive(&self) -> Result<(), ConnectError> {
        self.client.look().await.map(drop)
    }

    /// Returns when a call that was cancelled has had time to tell the agent.
    pub(crate) async fn given_up(&self, cancel: &CancellationToken) {
        cancel.cancelled().await;
        tokio::time::sleep(FAREWELL * 2).await;
    }

    /// Says the words of a call to the agent once, and waits for what it makes of them.
    pub(crate) async fn call(&self, tool: &Tool, arguments: &Map<String, Value>, leg: Leg) -> Called {
        let Some(intent) = leg.intent else {
            return Called::NotSent { reason: "nobody is known to want it".to_owned() };
        };
        let Some(words) = arguments.get(MESSAGE).and_then(Value::as_str) else {
            return Called::NotSent { reason: "there is no message to send".to_owned() };
        };
        let party = Party { persona: intent.persona, session: intent.session };
        let before = self.talks.take(&party, Instant::now());
        let talk = match intent.passing.goes {
            Goes::AsItStands => before,
            Goes::Anew => Talk { task: None, ..before },
            Goes::On if before.task.is_none() => {
                return Called::NotSent { reason: "the agent waits for no answer any more".to_owned() };
            }
            Goes::On => before,
        };
        let depth = intent.passing.depth.saturating_add(1);
        if depth > DEEPEST {
            return Called::NotSent { reason: format!("it was passed on {DEEPEST} times already") };
        }
        let mut metadata = delegated(depth);
        let skill = self.client.card().skills.iter().find(|skill| skill.slug == tool.name);
        // A2A has no field for it.
        metadata.extend(skill.map(|skill| ("skillId".to_owned(), Value::from(skill.id.clone()))));
        let errand = Errand {
            words: words.to_owned(),
            message_id: intent.id,
            context: talk.context.clone(),
            task: talk.task.clone(),
            metadata,
        };
        let mut steps = 0.0;
        let mut exchange = self.client.begin(errand, intent.cancel);
        let answer = loop {
            match exchange.next().await {
                Step::Ended(answer) => break answer,
                Step::Progress(said) => {
                    steps += 1.0;
                    let token = leg.meta.as_ref().and_then(RequestMetaObject::get_progress_token);
                    if let (Some(ear), Some(token)) = (&leg.ear, token) {
                        let progress = ProgressNotificationParam::new(token, steps);
                        ear.progress(progress.with_message(said)).await;
                    }
                }
            }
        };
        self.note(&party, talk, &answer);
        called(answer)
    }

    fn note(&self, party: &Party, before: Talk, answer: &Answer) {
        self.talks.note(party, before, answer, Instant::now());
    }
}

/// The skill as a tool.
fn tool(skill: &Skill, elsewhere: Option<&str>) -> rmcp::model::Tool {
    let mut description =
        if skill.description.trim().is_empty() { &skill.name } else { &skill.description }.clone();
    if !skill.examples.is_empty() {
        description.push_str(&format!(" For example: {}", skill.examples.join("; ")));
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert(
        "properties".to_owned(),
        json!({MESSAGE: {
            "type": "string", "minLength": 1,
            "description": "The whole request in words, with everything that has to be known for it"
        }}),
    );
    schema.insert("required".to_owned(), json!([MESSAGE]));
    schema.insert("additionalProperties".to_owned(), json!(false));
    if let Some(host) = elsewhere {
        schema.insert(ANSWERED_AT.to_owned(), json!(host));
    }
    rmcp::model::Tool::new(skill.slug.as_str().to_owned(), description, Arc::new(schema))
        .with_title(skill.name.clone())
}

/// What an agent asks, as the result of a tool.
pub(crate) fn agent_asks(question: &str) -> CallToolResult {
    let asks = match question.trim() {
        "" => "It waits for more, and does not say for what.".to_owned(),
        _ => format!("It asks: {question}"),
    };
    let mut result = CallToolResult::success(vec![ContentBlock::text(asks)]);
    result.structured_content = Some(json!({"state": "input_required", "asks": question}));
    result
}

/// An answer as the end of a call.
fn called(Answer { ending, text, structured, .. }: Answer) -> Called {
    let says = |what: &str, without: &str| {
        if text.trim().is_empty() { without.to_owned() } else { format!("{what}: {text}") }
    };
    let succeeded = |text: String, structured: Option<Value>| {
        let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
        result.structured_content = structured;
        Called::Answered { result, failed: false }
    };
    let failed = |text: String| Called::Answered {
        result: CallToolResult::error(vec![ContentBlock::text(text)]),
        failed: true,
    };
    match ending {
        Ending::Completed if text.trim().is_empty() && structured.is_none() => {
            succeeded("It says that it is done, and nothing else.".to_owned(), None)
        }
        Ending::Completed if text.trim().is_empty() => {
            let mut result = CallToolResult::success(Vec::new());
            result.structured_content = structured;
            Called::Answered { result, failed: false }
        }
        Ending::Completed => succeeded(text, structured),
        Ending::InputRequired => Called::Asks { result: agent_asks(&text), question: text },
        Ending::AuthRequired => failed(says(
            "It wants you to sign in with it first",
            "It wants you to sign in with it first, and does not say where.",
        )),
        Ending::Failed => failed(says("It failed", "It says that it failed, and not why.")),
        Ending::Rejected => failed(says("It declined", "It declined, and does not say why.")),
        Ending::Canceled => failed(says("It was cancelled", "It was cancelled before it was done.")),
        Ending::Refused => Called::Refused { error: ErrorData::new(ErrorCode::INTERNAL_ERROR, text, None) },
        Ending::NotSent => Called::NotSent { reason: text },
        // Not even a read is sent a second time: what an agent does with words is its own affair.
        Ending::Broken | Ending::Unknown => Called::Unknown { reason: text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::Done;

    fn done(ending: Ending, text: &str) -> Done {
        Done::from(&called(Answer { text: text.into(), ..Answer::without_word(ending, "") }))
    }

    #[test]
    fn endings_are_said_plainly() {
        let failed = |text: &str| Done::ToolFailed { text: text.into() };
        assert_eq!(done(Ending::Completed, "21"), Done::Succeeded { text: "21".into(), structured: None });
        let asks = Done::Asks { question: "Which day?".into() };
        assert_eq!(done(Ending::InputRequired, "Which day?"), asks);
        let structured = agent_asks("Which day?").structured_content;
        assert_eq!(structured, Some(json!({"state": "input_required", "asks": "Which day?"})));
        assert_eq!(done(Ending::Failed, ""), failed("It says that it failed, and not why."));
        assert_eq!(done(Ending::Rejected, "not mine"), failed("It declined: not mine"));
        assert_eq!(
            done(Ending::AuthRequired, "see x"),
            failed("It wants you to sign in with it first: see x")
        );
        assert_eq!(done(Ending::Refused, "no such method"), failed("no such method"));
        assert_eq!(done(Ending::NotSent, "gone"), Done::NotSent { reason: "gone".into() });
        for unknown in [Ending::Broken, Ending::Unknown] {
            assert_eq!(done(unknown, "gone"), Done::Unknown { reason: "gone".into() });
        }
    }

    #[test]
    fn a_skill_is_a_tool_with_one_message() {
        let skill = Skill {
            id: "book.trip".into(),
            slug: "book_trip".parse().unwrap(),
            name: "Book a trip".into(),
            description: "Books trips.".into(),
            examples: vec!["Book Rome".into(), "A weekend by the sea".into()],
        };
        let here = Tool::read(skill.slug.clone(), tool(&skill, None));
        assert_eq!(here.description, "Books trips. For example: Book Rome; A weekend by the sea");
        assert_eq!(here.title.as_deref(), Some("Book a trip"));
        assert_eq!(here.schema["required"], json!(["message"]));
        let elsewhere = Tool::read(skill.slug.clone(), tool(&skill, Some("api.example")));
        assert_ne!(here.hash, elsewhere.hash, "where the words go is part of what is approved");
    }
}
