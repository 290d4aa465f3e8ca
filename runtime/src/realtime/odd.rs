//! Events that no client means: cut off, spoilt, of any shape, and without end. Each is carried out or answered with an
//! error that has a name, and what waits is bounded.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use homepilot_personas::Catalogue;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_oneof, proptest};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Connection, LONGEST_WAITING, audio};
use crate::session::{Request, Session};

/// A connection whose session only listens.
struct Peer {
    connection: Connection,
    inbox: mpsc::Receiver<Request>,
}

impl Peer {
    fn new() -> Self {
        let (session, inbox) = Session::handle("sess_1".to_owned());
        let personas = Catalogue::load(None).list();
        Self { connection: Connection::new(session, personas.first().unwrap()), inbox }
    }

    /// One that sends whole recordings of 8 kHz.
    fn pushing() -> Self {
        let mut peer = Self::new();
        let input = json!({"format": {"type": "audio/pcmu"}, "turn_detection": null});
        let update = json!({"type": "session.update", "session": {"audio": {"input": input}}});
        assert_eq!(peer.errors(&update.to_string()), Vec::<String>::new());
        peer
    }

    /// Sends a text; gives the codes of the errors that it is answered with.
    fn errors(&mut self, text: &str) -> Vec<String> {
        let told = futures::executor::block_on(self.connection.on_text(text));
        while self.inbox.try_recv().is_ok() {}
        let errors = told.iter().filter(|event| event["type"] == "error").map(|event| &event["error"]);
        let named = |error: &Value| {
            assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
            error["code"].as_str().unwrap_or_default().to_owned()
        };
        errors.map(named).collect()
    }
}

fn appended(bytes: &[u8]) -> String {
    json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode(bytes)}).to_string()
}

fn created(item: &Value) -> String {
    json!({"type": "conversation.item.create", "item": item}).to_string()
}

fn whole() -> Vec<String> {
    [
        json!({"type": "session.update", "event_id": "e", "session": {"type": "realtime", "output_modalities": ["audio"],
            "instructions": "Be brief.", "include": ["homepilot"], "tools": [{"type": "mcp", "server_label": "homepilot"}],
            "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": {"type": "server_vad",
                "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500}},
                "output": {"format": {"type": "audio/pcma"}, "speed": 1.25}}}}),
        json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode([0_u8; 48])}),
        json!({"type": "conversation.item.create", "item": {"type": "message", "id": "m", "role": "user",
            "content": [{"type": "input_text", "text": "hello"}, {"type": "input_audio", "audio": "AAAAAAAA"}]}}),
        json!({"type": "response.create", "response": {"metadata": {"a": "b"}}}),
    ]
    .map(|event| event.to_string())
    .to_vec()
}

#[test]
fn an_event_that_is_cut_is_no_event() {
    for event in whole() {
        assert_eq!(Peer::new().errors(&event), Vec::<String>::new(), "{event}");
        let mut peer = Peer::new();
        for end in 0..event.len() {
            assert_eq!(peer.errors(&event[..end]), ["invalid_json"], "{}", &event[..end]);
        }
    }
}

#[test]
fn odd_events_are_answered_with_an_error_by_name() {
    let update = |session: Value| json!({"type": "session.update", "session": session}).to_string();
    let input = |input: Value| update(json!({"audio": {"input": input}}));
    for (event, code) in [
        ("null".to_owned(), "invalid_event"),
        ("7".to_owned(), "invalid_event"),
        ("{}".to_owned(), "invalid_event"),
        ("{\"type\": 7}".to_owned(), "invalid_event"),
        ("{\"type\": \"session.upgrade\"}".to_owned(), "invalid_event"),
        ("\u{feff}{}".to_owned(), "invalid_json"),
        ("\0".to_owned(), "invalid_json"),
        ("[".repeat(10_000), "invalid_json"),
        ("{\"type\":".repeat(10_000), "invalid_json"),
        (input(json!({"format": {"type": "audio/pcm", "rate": 0}})), "unsupported_rate"),
        (input(json!({"format": {"type": "audio/opus"}})), "invalid_event"),
        (input(json!({"turn_detection": {"type": "server_vad", "threshold": 1e300}})), ""),
        (
            input(json!({"turn_detection": {"type": "server_vad", "silence_duration_ms": u64::MAX}})),
            "invalid_value",
        ),
        (input(json!({"turn_detection": {"type": "semantic_vad", "eagerness": "é"}})), "invalid_value"),
        (update(json!({"audio": {"output": {"speed": -1}}})), "invalid_value"),
        (update(json!({"output_modalities": []})), "invalid_value"),
        (appended(&[1, 2, 3]), "invalid_audio"),
        (json!({"type": "input_audio_buffer.append", "audio": "AAA"}).to_string(), "invalid_audio"),
        (json!({"type": "input_audio_buffer.append", "audio": "\u{0}é"}).to_string(), "invalid_audio"),
        (created(&json!({"type": "message", "role": "system", "content": []})), "invalid_value"),
        (
            created(&json!({"type": "mcp_approval_response", "approval_request_id": "x", "approve": true})),
            "item_not_found",
        ),
        (json!({"type": "conversation.item.delete", "item_id": ""}).to_string(), "item_not_found"),
        (json!({"type": "input_audio_buffer.commit"}).to_string(), "commit_not_allowed"),
    ] {
        let errors = Peer::new().errors(&event);
        let [found] = errors.as_slice() else { panic!("{event:.80}: {errors:?}") };
        assert!(code.is_empty() || found == code, "{event:.80}: {found}");
    }
}

#[test]
fn what_waits_for_an_answer_is_bounded() {
    let mut peer = Peer::pushing();
    let minute = vec![0xff; 60 * 8_000];
    let commit = json!({"type": "input_audio_buffer.commit"}).to_string();
    let mut refused = Vec::new();
    for _ in 0..4 {
        refused.extend(peer.errors(&appended(&minute)));
        refused.extend(peer.errors(&commit));
    }
    assert!(refused.contains(&"buffer_full".to_owned()), "{refused:?}");
    assert!(peer.connection.pending.len() <= audio::LONGEST, "{}", peer.connection.pending.len());
    let spoken = json!({"type": "input_audio", "audio": STANDARD.encode(&minute)});
    let spoken = created(&json!({"type": "message", "role": "user", "content": [spoken]}));
    peer.errors(&spoken);
    assert!(peer.connection.pending.len() <= audio::LONGEST, "{}", peer.connection.pending.len());

    let words = json!({"type": "input_text", "text": "word ".repeat(700)});
    let words = created(&json!({"type": "message", "role": "user", "content": [words]}));
    let refused: Vec<String> = (0..20).flat_map(|_| peer.errors(&words)).collect();
    let typed: usize = peer.connection.typed.iter().map(String::len).sum();
    assert!(typed <= LONGEST_WAITING && refused.contains(&"text_too_long".to_owned()), "{typed} {refused:?}");
    assert!(peer.errors("{\"type\": \"response.create\"}").is_empty());
    assert!(peer.connection.pending.is_empty() && peer.connection.typed.is_empty());
}

#[test]
fn a_message_that_is_refused_leaves_nothing_behind() {
    let mut peer = Peer::pushing();
    let spoken = json!({"type": "input_audio", "audio": STANDARD.encode([0xff; 800])});
    let message =
        |more: Value| created(&json!({"type": "message", "role": "user", "content": [spoken, more]}));
    for more in [
        json!({"type": "input_audio", "audio": "no base64"}),
        json!({"type": "input_text", "text": "x".repeat(4_001)}),
    ] {
        assert_eq!(peer.errors(&message(more)).len(), 1);
        assert!(peer.connection.pending.is_empty() && peer.connection.typed.is_empty());
    }
}

#[test]
fn items_are_bounded_in_their_parts_and_ids() {
    let mut peer = Peer::new();
    let part = json!({"type": "input_text", "text": ""});
    let many = created(&json!({"type": "message", "role": "user", "content": vec![part; 10_000]}));
    let long = created(&json!({"type": "message", "role": "user", "id": "x".repeat(1_000), "content": []}));
    for event in [many, long] {
        assert_eq!(peer.errors(&event), ["invalid_value"]);
    }
}

/// JSON of the protocol's names, in places where they may not belong.
fn told() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let name = prop::sample::select(NAMES).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_told_is_carried_out_or_refused_by_name(
        all in prop::collection::vec((prop::sample::select(TYPES), prop::sample::select(NAMES), told()), 1..8),
    ) {
        let mut peer = Peer::new();
        for (kind, field, value) in all {
            let mut event = json!({"type": kind});
            event[field] = value;
            let errors = peer.errors(&event.to_string());
            prop_assert!(errors.len() <= 1 && errors.iter().all(|code| !code.is_empty()), "{}", event);
        }
        prop_assert!(peer.connection.pending.len() <= audio::LONGEST);
    }

    #[test]
    fn a_spoilt_event_is_carried_out_or_refused_by_name(
        which in 0usize..4,
        spoil in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut event = whole().swap_remove(which).into_bytes();
        for (at, byte) in spoil {
            let at = at.index(event.len());
            event[at] = byte;
        }
        let event = String::from_utf8_lossy(&event);
        let errors = Peer::new().errors(&event);
        prop_assert!(errors.len() <= 1 && errors.iter().all(|code| !code.is_empty()), "{}", event);
    }

    #[test]
    fn any_bytes_are_sound_in_every_format(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        format in prop::sample::select(vec!["audio/pcm", "audio/pcmu", "audio/pcma"]),
    ) {
        let mut peer = Peer::new();
        let update = json!({"type": "session.update", "session": {"audio": {"input": {"format": {"type": format}}}}});
        prop_assert!(peer.errors(&update.to_string()).is_empty());
        let errors = peer.errors(&appended(&bytes));
        let odd = format == "audio/pcm" && bytes.len() % 2 == 1;
        prop_assert!(if odd { errors == ["invalid_audio"] } else { errors.is_empty() }, "{:?}", errors);
    }
}

const TYPES: &[&str] = &[
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.delete",
    "conversation.item.retrieve",
    "conversation.item.truncate",
    "response.create",
    "response.cancel",
];
const NAMES: &[&str] = &[
    "type",
    "session",
    "audio",
    "input",
    "output",
    "format",
    "rate",
    "turn_detection",
    "threshold",
    "speed",
    "item",
    "item_id",
    "audio_end_ms",
    "id",
    "role",
    "content",
    "text",
    "response",
    "metadata",
    "tools",
    "include",
    "output_modalities",
    "instructions",
    "eagerness",
    "approval_request_id",
    "approve",
    "event_id",
];
const WORDS: &[&str] = &[
    "user",
    "message",
    "input_text",
    "input_audio",
    "audio/pcm",
    "audio/pcma",
    "server_vad",
    "semantic_vad",
    "AAAA",
    "session.update",
    "mcp_approval_response",
    "high",
    "text",
    "audio",
    "homepilot",
];
