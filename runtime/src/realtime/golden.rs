//! The golden JSON of every event that is sent: what a client is told in a few conversations, a file each in `golden/`.
//!
//! Client events come in as on the wire and the session's outputs go out as on the wire; what the session would make of
//! them is written down here. Event ids are left out, all others are counted. `UPDATE_EXPECT=1 cargo test --release -p
//! homepilot --lib golden` accepts what has changed.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::expect_file;
use homepilot_personas::{Catalogue, Persona};
use homepilot_servers::assistant::Timeliness;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::{Connection, server_event::Kind};
use crate::{
    announcer::Reminder,
    phrasing::{Line, Question},
    session::{Asked, Closed, Done, Output, Request, Session, SpeechId, UtteranceId},
    turn::State,
};

/// Columns of a golden file.
const WIDTH: usize = 120;

/// A connection, and what its client was told.
struct Conversation {
    connection: Connection,
    told: Vec<Value>,
    /// What is asked of the session arrives here.
    _inbox: mpsc::Receiver<Request>,
}

impl Conversation {
    fn new() -> Self {
        let (session, inbox) = Session::handle("sess_1".to_owned());
        let mut persona = Persona::clone(Catalogue::load(None).list().first().unwrap());
        persona.instructions = "You are brief.".to_owned();
        let connection = Connection::new(session, &Arc::new(persona));
        Self { connection, told: Vec::new(), _inbox: inbox }
    }

    /// One whose session is held as the client wants it.
    async fn with(session: Value) -> Self {
        let mut conversation = Self::new();
        conversation.client(update(session)).await;
        assert_eq!(conversation.told[0]["type"], "session.updated", "{:?}", conversation.told);
        conversation.told.clear();
        conversation
    }

    async fn client(&mut self, event: impl ToString) {
        let told = self.connection.on_text(&event.to_string()).await;
        self.told.extend(told);
    }

    fn session(&mut self, outputs: impl IntoIterator<Item = Output>) {
        self.told.extend(outputs.into_iter().flat_map(|output| self.connection.outlet.events(output)));
    }

    fn told(mut self) -> Vec<Value> {
        for event in &mut self.told {
            event["event_id"] = json!("<event>");
        }
        self.told
    }
}

fn update(session: Value) -> Value {
    json!({"type": "session.update", "session": session})
}

fn create(item: Value) -> Value {
    json!({"type": "conversation.item.create", "item": item})
}

/// A fifth of a second of silence.
fn recording() -> String {
    STANDARD.encode([0_u8; 9_600])
}

/// A session that wants the mcp items and our own events.
fn ours() -> Value {
    let tool = json!({"type": "mcp", "server_label": "homepilot", "require_approval": "always"});
    json!({"type": "realtime", "include": ["homepilot"], "tools": [tool]})
}

fn words(speech: u64, text: &str) -> Output {
    Output::Words { speech: SpeechId(speech), text: text.to_owned() }
}

fn end(speech: u64, complete: bool) -> Output {
    Output::End { speech: SpeechId(speech), complete }
}

/// Something that is said to its end.
fn said(speech: u64, text: &str) -> [Output; 4] {
    let id = SpeechId(speech);
    let sound = Output::Sound { speech: id, samples: Arc::new(vec![0.0, 0.5, -0.5]) };
    [Output::Begin { speech: id, asking: None }, words(speech, text), sound, end(speech, true)]
}

fn heard(utterance: u64, text: &str) -> [Output; 2] {
    let utterance = UtteranceId(utterance);
    [Output::Utterance(utterance), Output::Heard { utterance, text: text.to_owned() }]
}

fn arguments() -> Map<String, Value> {
    Map::from_iter([("text".to_owned(), json!("water the garden"))])
}

fn done(approval: Option<&str>, state: &'static str, text: &str) -> Output {
    Output::Done(Done {
        approval: approval.map(str::to_owned),
        server: "assistant".to_owned(),
        tool: "set_reminder".to_owned(),
        arguments: arguments(),
        state,
        text: text.to_owned(),
    })
}

/// How a session is held, as it is told.
async fn sessions() -> Vec<Value> {
    let mut conversation = Conversation::new();
    let created = conversation.connection.created();
    conversation.told.push(created);
    let audio = json!({
        "input": {"format": {"type": "audio/pcmu"}, "turn_detection": null},
        "output": {"format": {"type": "audio/pcma"}, "speed": 1.25}
    });
    let session = json!({"type": "realtime", "instructions": "Say little.", "output_modalities": ["text"], "audio": audio});
    conversation.client(update(session)).await;
    let mut session = ours();
    session["audio"] = json!({"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}});
    conversation.client(update(session)).await;
    conversation.told()
}

/// The session finds out when somebody speaks; once it was nobody.
async fn hands_free() -> Vec<Value> {
    let mut conversation = Conversation::new();
    let hearing = |text: &str| Output::Hearing { text: text.to_owned() };
    conversation.session([
        Output::SpeechStarted { at: 480 },
        hearing("What time"),
        hearing("What time is it"),
    ]);
    conversation.session([Output::SpeechStopped { at: 1_800 }]);
    conversation.session(heard(1, "What time is it?"));
    conversation.session(said(1, "It is noon. "));
    conversation.session([Output::SpeechStarted { at: 9_000 }, Output::SpeechDropped]);
    conversation.told()
}

/// The client says when a turn is over, thinks better of it once, cuts an answer short, and is not understood.
async fn push_to_talk() -> Vec<Value> {
    let mut conversation = Conversation::with(json!({"audio": {"input": {"turn_detection": null}}})).await;
    let append = json!({"type": "input_audio_buffer.append", "audio": recording()});
    let commit = json!({"type": "input_audio_buffer.commit"});
    conversation.client(&append).await;
    conversation.client(json!({"type": "input_audio_buffer.clear"})).await;
    conversation.client(&append).await;
    conversation.client(&commit).await;
    let metadata = json!({"client_event_id": "evt_mine"});
    conversation.client(json!({"type": "response.create", "response": {"metadata": metadata}})).await;
    conversation.session(heard(1, "Tell me a story."));
    conversation
        .session([Output::Begin { speech: SpeechId(1), asking: None }, words(1, "Once upon a time ")]);
    conversation.client(json!({"type": "response.cancel"})).await;
    conversation.session([end(1, false)]);
    conversation.client(&append).await;
    conversation.client(&commit).await;
    let message = "nothing can be heard: the ears are busy, say it again".to_owned();
    let utterance = UtteranceId(2);
    conversation.session([Output::Utterance(utterance), Output::HearingFailed { utterance, message }]);
    conversation.told()
}

/// Typed and answered in writing; then a recording is sent as an item.
async fn written() -> Vec<Value> {
    let mut conversation = Conversation::with(json!({"output_modalities": ["text"]})).await;
    let part = json!({"type": "input_text", "text": "What time is it?"});
    conversation.client(create(json!({"type": "message", "role": "user", "content": [part]}))).await;
    let speech = SpeechId(1);
    conversation.session([Output::Begin { speech, asking: None }, words(1, "It is noon. "), end(1, true)]);
    let part = json!({"type": "input_audio", "audio": recording()});
    let item = json!({"type": "message", "id": "item_mine", "role": "user", "content": [part]});
    conversation.client(create(item)).await;
    conversation.session(heard(1, "Thank you."));
    conversation.client(json!({"type": "conversation.item.retrieve", "item_id": "item_mine"})).await;
    conversation.told()
}

/// A question, answered with a click, and what came of it.
async fn question() -> Vec<Value> {
    let mut conversation = Conversation::with(ours()).await;
    let spoken = "I'll set a reminder to water the garden. Shall I?";
    let line = |name: &str, label: &str, value: &str| Line {
        name: name.to_owned(),
        label: label.to_owned(),
        value: value.to_owned(),
    };
    let expires_at = "2026-03-02T17:00:26-05:00".to_owned();
    let approval = "approval-1".to_owned();
    let asked = Asked {
        approval: approval.clone(),
        server: "assistant".to_owned(),
        action: "set_reminder".to_owned(),
        arguments: arguments(),
        question: Question {
            spoken: spoken.to_owned(),
            again: "Shall I set the reminder?".to_owned(),
            title: "Set the reminder".to_owned(),
            lines: vec![line("text", "Text", "water the garden")],
            yes: crate::phrasing::YesBy::Any,
        },
        expires_at: expires_at.clone(),
        seconds: 26,
    };
    let begin = Output::Begin { speech: SpeechId(1), asking: Some(Arc::new(asked)) };
    conversation.session([begin, words(1, spoken), end(1, true), Output::State(State::Asking)]);
    conversation.session([Output::Due { approval: approval.clone(), expires_at, seconds: 20 }]);
    let yes = json!({"type": "mcp_approval_response", "approval_request_id": approval, "approve": true});
    conversation.client(create(yes)).await;
    conversation.session([Output::Closed(Closed { approval, decision: "approved", decided_by: "screen" })]);
    conversation.session([done(Some("approval-1"), "succeeded", "I'll remind you to water the garden.")]);
    conversation.told()
}

/// Calls that came to nothing, and what the person should know.
async fn failures() -> Vec<Value> {
    let mut conversation = Conversation::with(ours()).await;
    conversation.session([done(None, "failed", "The reminder was not set.")]);
    conversation.session([done(Some("approval-2"), "denied", "Okay, I won't.")]);
    let message = "the voice is not installed: homepilot models pull".to_owned();
    conversation.session([Output::Notice { level: "warning", code: "no_voice", message }]);
    conversation.told()
}

/// A word that it takes a moment, one of several steps, and a reminder.
async fn unasked() -> Vec<Value> {
    let mut conversation = Conversation::with(ours()).await;
    let wait = SpeechId(1);
    conversation.session([Output::Acknowledge { speech: wait }, words(1, "One moment. "), end(1, true)]);
    conversation.session([Output::Step { number: 1, of: 2, text: "what time is it".to_owned() }]);
    conversation.session(said(2, "It is noon. "));
    let reminder = Arc::new(Reminder {
        id: "reminder-1".to_owned(),
        text: "call mom".to_owned(),
        due: "2026-03-02T17:00:00-05:00".to_owned(),
        timeliness: Timeliness::Late,
        spoken: "This is a late reminder: call mom.".to_owned(),
    });
    let speech = SpeechId(3);
    conversation.session([Output::Begin { speech, asking: None }, Output::Reminder { speech, reminder }]);
    conversation.session([words(3, "This is a late reminder: call mom. "), end(3, true)]);
    conversation.told()
}

/// What a client can do with items, and what it can do wrong.
async fn items_and_errors() -> Vec<Value> {
    let mut conversation = Conversation::new();
    conversation.session(said(1, "It is noon. "));
    let item = conversation.told.iter().find_map(|event| event["item"]["id"].as_str()).unwrap().to_owned();
    conversation.told.clear();
    let about = |kind: &str| json!({"type": format!("conversation.item.{kind}"), "item_id": item});
    conversation.client(about("retrieve")).await;
    let mut truncate = about("truncate");
    truncate["audio_end_ms"] = json!(300);
    conversation.client(truncate).await;
    conversation.client(about("delete")).await;
    conversation.client(about("retrieve")).await;
    conversation.client("{").await;
    conversation.client(json!({"type": "response.cancel", "event_id": "evt_mine"})).await;
    conversation.client(update(json!({"audio": {"output": {"speed": 4}}}))).await;
    conversation.told()
}

/// By the names of their files.
async fn conversations() -> [(&'static str, Vec<Value>); 8] {
    [
        ("failures", failures().await),
        ("hands_free", hands_free().await),
        ("items_and_errors", items_and_errors().await),
        ("push_to_talk", push_to_talk().await),
        ("question", question().await),
        ("sessions", sessions().await),
        ("unasked", unasked().await),
        ("written", written().await),
    ]
}

/// What fits into a line stands on one; an object's type comes first, the rest by name.
fn pretty(value: &Value, indent: usize) -> String {
    let (open, close, parts): (_, _, Vec<String>) = match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_by_key(|name| (*name != "type", *name));
            let field = |name: &String| format!("{}: {}", json!(name), pretty(&fields[name], indent + 2));
            ('{', '}', names.into_iter().map(field).collect())
        }
        Value::Array(items) => ('[', ']', items.iter().map(|item| pretty(item, indent + 2)).collect()),
        scalar => return scalar.to_string(),
    };
    let line = format!("{open}{}{close}", parts.join(", "));
    if indent > 0 && indent + line.len() < WIDTH && !line.contains('\n') {
        return line;
    }
    let inner = " ".repeat(indent + 2);
    format!("{open}\n{inner}{}\n{}{close}", parts.join(&format!(",\n{inner}")), " ".repeat(indent))
}

#[tokio::test]
async fn every_event_is_as_it_was() {
    for (name, told) in conversations().await {
        expect_file![format!("golden/{name}.json")].assert_eq(&(pretty(&json!(told), 0) + "\n"));
    }
}

#[tokio::test]
async fn every_event_that_can_be_sent_has_its_golden() {
    let conversations = conversations().await;
    let told = conversations.iter().flat_map(|(_, told)| told);
    let seen: BTreeSet<&str> = told.filter_map(|event| event["type"].as_str()).collect();
    let missing: Vec<&str> =
        Kind::ALL.iter().map(|kind| kind.name()).filter(|kind| !seen.contains(kind)).collect();
    assert!(missing.is_empty(), "no conversation here shows {missing:?}: let one, then accept its golden");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/realtime/golden");
    let file = |entry: fs::DirEntry| entry.file_name().to_string_lossy().trim_end_matches(".json").to_owned();
    let files: BTreeSet<String> = fs::read_dir(folder).unwrap().map(|entry| file(entry.unwrap())).collect();
    let names: BTreeSet<String> = conversations.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, names, "a file for each conversation");
}
