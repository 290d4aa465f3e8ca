//! Bodies of requests to register that no program should send.

use axum::body::Body;
use axum::http::{Request, header};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, proptest};
use serde_json::{Value, json};

use super::*;
use crate::http::read_json;
use crate::odd_json::odd_json;
use crate::registry::ServerPatch;

/// Bytes of a body.
const LARGEST: usize = 64 * 1024;

fn whole() -> Value {
    json!({
        "name": "home", "url": "https://h.example/mcp?key=env:KEY", "description": "Does things.", "category": "home",
        "transport": "streamable_http", "headers": {"x-api-key": "env:KEY"}, "auth": {"type": "bearer", "token": "env:TOKEN"},
        "trusted": true, "allow_private": false, "kind": "server"
    })
}

/// Reads a body as the port does: a record within its bounds, or why there is none.
fn sent(body: &[u8]) -> Result<ServerRecord, String> {
    let request = || {
        let request = Request::builder().header(header::CONTENT_TYPE, "application/json");
        request.body(Body::from(body.to_vec())).unwrap()
    };
    if let Err(error) = futures::executor::block_on(read_json::<ServerPatch>(request(), LARGEST)) {
        assert!(!error.message.is_empty() && error.status.is_client_error());
    }
    let registration =
        futures::executor::block_on(read_json::<Registration>(request(), LARGEST)).map_err(|error| {
            assert!(error.status.is_client_error());
            error.message
        })?;
    registration.checked().map_err(|error| error.to_string())
}

fn is_sound(body: &[u8]) -> bool {
    match sent(body) {
        Ok(record) => {
            record.headers.len() <= MAX_HEADERS + 1
                && record.category.is_none_or(|category| category.len() <= MAX_CATEGORY)
                && record.description.chars().count() <= 4097
                && record.name.as_str().len() <= 40
        }
        Err(reason) => !reason.is_empty() && reason.len() <= 8 * (body.len() + 200),
    }
}

#[test]
fn a_body_that_is_cut_is_no_registration() {
    let whole = whole().to_string();
    assert!(sent(whole.as_bytes()).is_ok(), "{:?}", sent(whole.as_bytes()).err());
    for end in 0..whole.len() {
        let reason = sent(&whole.as_bytes()[..end]).err().unwrap_or_default();
        assert!(reason.starts_with("the body is not JSON: "), "cut at {end}: {reason}");
    }
}

#[test]
fn odd_bodies_are_refused_by_name() {
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(LARGEST));
    let deep = "[".repeat(10_000);
    let nested = "{\"headers\":".repeat(5_000);
    let twice = "{\"name\": \"a\", \"name\": \"b\", \"url\": \"http://h/\"}";
    let many: BTreeMap<String, String> = (0..100).map(|n| (format!("h{n}"), String::new())).collect();
    let with = |name: &str, value: Value| {
        let mut body = whole();
        body[name] = value;
        body.to_string()
    };
    for (body, wanted) in [
        (large, "the body is larger than 65536 bytes"),
        (deep, "the body is not JSON"),
        (nested, "the body is not JSON"),
        (String::new(), "the body is not JSON"),
        ("\u{feff}{}".to_owned(), "the body is not JSON"),
        ("null".to_owned(), "must be a JSON object"),
        ("[\"home\"]".to_owned(), "must be a JSON object"),
        ("{}".to_owned(), "missing field `name`"),
        (with("nmae", json!("x")), "unknown field `nmae`"),
        (with("name", json!("__")), ""),
        (with("name", json!("x".repeat(10_000))), ""),
        (with("url", json!("")), ""),
        (with("url", json!("file:///etc/passwd")), ""),
        (with("headers", json!({"a\nb": "c"})), "is not a header name"),
        (with("headers", json!({"a": "b\r\nc: d"})), "has a value that can't be sent"),
        (with("headers", json!({"HOST": "x"})), "is set by the gateway itself"),
        (with("headers", json!(many)), "more than 32 headers"),
        (with("auth", json!({"type": "bearer", "token": "a\nb"})), "has a value that can't be sent"),
        (with("auth", json!({"type": "none"})), "unknown variant `none`"),
        (with("command", json!("sh")), "belong to transport"),
        (with("kind", json!("agent")), "an agent is reached by its url"),
        (with("category", json!("x".repeat(41))), "category is longer than 40 bytes"),
    ] {
        let reason = sent(body.as_bytes()).err().unwrap_or_default();
        assert!(!reason.is_empty() && reason.contains(wanted), "{:.80}: {reason}", body);
    }
    // serde names what stands there twice, or JSON lets the last one count: either way nothing breaks.
    let _checked_for_panics_only = sent(twice.as_bytes());
}

/// JSON in the fields of a registration.
fn told() -> impl Strategy<Value = Value> {
    odd_json(FIELDS, &["bearer", "oauth", "stdio", "a2a", "http://h/", "env:X", "agent"], 3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_a_registration_or_refused_by_name(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(is_sound(&body));
    }

    #[test]
    fn a_spoilt_body_is_a_registration_or_refused_by_name(
        spoil in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut body = whole().to_string().into_bytes();
        for (at, byte) in spoil {
            let at = at.index(body.len());
            body[at] = byte;
        }
        prop_assert!(is_sound(&body), "{}", String::from_utf8_lossy(&body));
    }

    #[test]
    fn whatever_stands_in_a_field_is_taken_or_refused_by_name(
        fields in prop::collection::vec((prop::sample::select(FIELDS), told()), 1..4),
    ) {
        let mut body = whole();
        for (field, value) in fields {
            body[field] = value;
        }
        prop_assert!(is_sound(body.to_string().as_bytes()), "{}", body);
    }
}

/// What a registration has.
const FIELDS: &[&str] = &[
    "name",
    "url",
    "description",
    "category",
    "transport",
    "command",
    "args",
    "env",
    "headers",
    "auth",
    "trusted",
    "allow_private",
    "kind",
    "type",
    "token",
    "enable",
];
