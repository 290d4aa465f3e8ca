//! Cards and answers that no agent should send.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, proptest};
use serde_json::json;

use super::*;
use crate::odd_json::odd_json;

fn whole() -> Value {
    json!({
        "name": "Travel", "description": "Plans trips", "version": "1", "capabilities": {"streaming": true},
        "supportedInterfaces": [
            {"url": "http://h/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0", "tenant": "t"},
            {"url": "http://h/rest", "protocolBinding": "HTTP+JSON", "protocolVersion": "1.0"}
        ],
        "url": "http://h/", "preferredTransport": "JSONRPC", "protocolVersion": "0.3.0",
        "additionalInterfaces": [{"url": "http://h/rest", "transport": "HTTP+JSON"}],
        "skills": [{"id": "book.trip", "name": "Book", "description": "Books.", "tags": [], "examples": ["Book Rome"]}]
    })
}

/// Whether it is a card within its bounds, or refused with a reason.
fn is_sound(card: &Value) -> bool {
    match Card::read(card) {
        Ok(card) => {
            !card.offers.is_empty()
                && card.offers.len() <= 2 * MAX_INTERFACES + 1
                && card.skills.len() <= MAX_SKILLS
                && card.notes.len() <= MAX_NOTES + 1
                && card.skills.iter().all(|skill| {
                    skill.slug.as_str().len() <= MAX_SLUG
                        && skill.examples.len() <= EXAMPLES
                        && skill.examples.iter().all(|example| example.chars().count() <= MAX_EXAMPLE)
                })
        }
        Err(problem) => !problem.to_string().is_empty() && problem.to_string().len() < 2_000,
    }
}

#[test]
fn a_card_that_is_cut_is_no_json_and_one_that_is_doubled_is_read() {
    assert!(Card::read(&whole()).is_ok());
    let text = whole().to_string();
    for end in 0..text.len() {
        assert!(serde_json::from_str::<Value>(&text[..end]).is_err(), "cut at {end}");
    }
    let doubled = format!("{},{}", &text[..text.len() - 1], &text[1..]);
    assert!(is_sound(&serde_json::from_str(&doubled).unwrap()));
}

#[test]
fn cards_without_end_are_used_as_far_as_is_reasonable() {
    let interface =
        json!({"url": "x".repeat(1_000), "protocolBinding": "x".repeat(100_000), "protocolVersion": "9"});
    let skill = json!({"id": "é".repeat(10_000), "examples": vec!["x".repeat(1_000); 1_000]});
    for (field, value) in [
        ("supportedInterfaces", json!(vec![interface; 1_000])),
        ("additionalInterfaces", json!(vec![json!({"url": "x", "transport": "GRPC"}); 10_000])),
        ("skills", json!(vec![skill; 300])),
        ("skills", json!(vec![7; 100_000])),
        ("name", json!("x".repeat(1_000_000))),
    ] {
        let mut card = whole();
        card[field] = value;
        assert!(is_sound(&card), "{field}");
        card["url"] = Value::Null;
        assert!(is_sound(&card), "{field}");
    }
    for deep in ["[", "{\"skills\":"] {
        assert!(serde_json::from_str::<Value>(&deep.repeat(10_000)).is_err());
    }
}

/// JSON of the protocol's names, in places where they may not belong.
fn told() -> impl Strategy<Value = Value> {
    odd_json(
        &[
            "name",
            "skills",
            "id",
            "examples",
            "url",
            "protocolBinding",
            "protocolVersion",
            "tenant",
            "supportedInterfaces",
            "transport",
            "additionalInterfaces",
            "preferredTransport",
            "capabilities",
            "streaming",
            "error",
            "code",
            "message",
            "result",
        ],
        &["JSONRPC", "HTTP+JSON", "1.0", "0.3", "http://h/"],
        4,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_a_card_says_is_read_or_refused_by_name(value in told(), field in prop::sample::select(FIELDS)) {
        prop_assert!(is_sound(&value), "{}", value);
        let mut card = whole();
        card[field] = value;
        prop_assert!(is_sound(&card), "{}", card);
    }

    #[test]
    fn whatever_an_agent_answers_is_unwrapped_or_refused_by_name(value in told(), status in 0u16..600) {
        for tongue in [Tongue::JsonRpc, Tongue::Rest, Tongue::JsonRpc03] {
            if let Err(error) = tongue.unwrap(status, value.clone()) {
                prop_assert!(!value.is_object() || value.get("error").is_some() || !error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn any_id_has_a_name_that_stays(id in any::<String>()) {
        let name = slug(&id).map(|slug| slug.to_string());
        prop_assert!(name.as_ref().is_some_and(|name| name.len() <= MAX_SLUG && name.is_ascii()), "{:?}", id);
        prop_assert!(name == slug(&id).map(|slug| slug.to_string()));
    }
}

/// What a card has.
const FIELDS: &[&str] = &[
    "name",
    "description",
    "capabilities",
    "supportedInterfaces",
    "url",
    "preferredTransport",
    "protocolVersion",
    "additionalInterfaces",
    "skills",
];
