//! Payloads that Meta does not send: of any shape, spoilt, and without end.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_oneof, proptest};
use serde_json::json;

use super::*;
use crate::whatsapp::signature::is_signed;

const NUMBER: &str = "106540352242922";

fn now() -> Timestamp {
    "2026-03-04T15:00:00Z".parse().unwrap()
}

/// A payload about our number.
fn payload(value: &Value) -> Value {
    let mut value = value.clone();
    value["metadata"] = json!({"phone_number_id": NUMBER});
    json!({"entry": [{"changes": [{"value": value}]}]})
}

fn whole() -> Value {
    payload(&json!({
        "contacts": [{"profile": {"name": "Sheena"}, "wa_id": "16505551234", "user_id": "US.1349"}],
        "messages": [
            {"from": "16505551234", "id": "wamid.1", "timestamp": "1772631000", "type": "text", "text": {"body": "hi"}},
            {"from": "16505551234", "id": "wamid.2", "type": "image", "image": {"caption": "us"}},
        ],
        "statuses": [{"id": "wamid.3", "status": "failed", "biz_opaque_callback_data": "ours", "errors": [{"code": 131_047}]}],
    }))
}

/// Whether all that is read of a payload is ours and within its bounds.
fn is_sound(payload: &Value) -> bool {
    let notices = read(payload, NUMBER, now(), "secret");
    notices.len() <= MOST
        && notices.iter().all(|notice| match notice {
            Notice::Received(message) => {
                (1..=LONGEST_ID).contains(&message.wamid.len())
                    && !message.from.person().is_empty()
                    && message.text.chars().count() <= LONGEST_TEXT
                    && message.name.as_ref().is_none_or(|name| name.chars().count() <= LONGEST_NAME)
                    && message.at <= now()
            }
            Notice::Became(became) => {
                (1..=LONGEST_ID).contains(&became.wamid.len())
                    && became.ours.as_ref().is_none_or(|id| id.len() <= LONGEST_ID)
                    && (became.trouble.is_some() == (became.standing == Standing::Failed)
                        || became.trouble.is_none())
            }
        })
}

#[test]
fn a_payload_that_is_cut_brings_nothing() {
    let whole = whole().to_string();
    let of = |text: &str| serde_json::from_str(text).unwrap_or_default();
    assert_eq!(read(&of(&whole), NUMBER, now(), "secret").len(), 3);
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        assert!(read(&of(&whole[..end]), NUMBER, now(), "secret").is_empty(), "cut at {end}");
    }
}

#[test]
fn a_payload_without_end_brings_no_more_than_is_taken() {
    let messages: Vec<Value> = (0..10_000)
        .map(|n| json!({"from": "16505551234", "id": format!("wamid.{n}"), "type": "text"}))
        .collect();
    let contacts: Vec<Value> = (0..10_000).map(|n| json!({"wa_id": n.to_string()})).collect();
    let statuses: Vec<Value> =
        (0..10_000).map(|n| json!({"id": format!("s{n}"), "status": "read"})).collect();
    let many = payload(&json!({"messages": messages, "contacts": contacts, "statuses": statuses}));
    assert_eq!(read(&many, NUMBER, now(), "secret").len(), MOST);
    let long = "x".repeat(1_000_000);
    let long = payload(&json!({
        "contacts": [{"profile": {"name": long}, "wa_id": "16505551234"}],
        "messages": [
            {"from": "16505551234", "id": "1", "type": "text", "text": {"body": long}},
            {"from": "16505551234", "id": long, "type": "text"},
            {"from": "16505551234", "id": "2", "type": long},
            {"from_user_id": format!("US.{long}"), "id": "3", "type": "text"},
        ],
        "statuses": [{"id": long, "status": "read"}, {"id": "4", "status": "read", "biz_opaque_callback_data": long}],
    }));
    assert!(is_sound(&long));
    assert_eq!(read(&long, NUMBER, now(), "secret").len(), 3);
}

#[test]
fn what_is_deep_is_no_payload() {
    for deep in [
        "[".repeat(10_000),
        "{\"entry\":".repeat(10_000),
        format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
    ] {
        let read_at_all: Result<Value, _> = serde_json::from_str(&deep);
        assert!(read_at_all.is_err());
    }
}

#[test]
fn moments_that_nobody_writes_are_now() {
    for odd in [
        "",
        "-",
        "9223372036854775807",
        "-9223372036854775808",
        "99999999999999999999",
        "1e9",
        "now",
        "2026-13-01T00:00:00Z",
    ] {
        let message = json!({"from": "16505551234", "id": "1", "type": "text", "timestamp": odd});
        let read = read(&payload(&json!({"messages": [message]})), NUMBER, now(), "secret");
        let [Notice::Received(message)] = read.as_slice() else { panic!("{odd}: {read:?}") };
        assert_eq!(message.at, now(), "{odd}");
    }
}

/// JSON of the protocol's names, in places where they may not belong.
fn told() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec!["16505551234", "text", "failed", "read", "US.1349", NUMBER])
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let names = [
        "entry",
        "changes",
        "value",
        "metadata",
        "phone_number_id",
        "contacts",
        "messages",
        "statuses",
        "profile",
        "name",
        "wa_id",
        "user_id",
        "id",
        "from",
        "from_user_id",
        "timestamp",
        "type",
        "status",
        "errors",
        "code",
        "text",
        "body",
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        let name = prop::sample::select(names.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_told_is_read_within_bounds(value in told()) {
        prop_assert!(is_sound(&value), "{}", value);
        if value.is_object() {
            prop_assert!(is_sound(&payload(&value)), "{}", value);
        }
        let lists = json!({"messages": [value.clone()], "contacts": [value.clone()], "statuses": [value]});
        prop_assert!(is_sound(&payload(&lists)), "{}", lists);
    }

    #[test]
    fn a_spoilt_payload_is_read_within_bounds(spoil in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = whole().to_string().into_bytes();
        for (at, byte) in spoil {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        prop_assert!(is_sound(&serde_json::from_slice(&bytes).unwrap_or_default()));
    }

    #[test]
    fn no_header_but_metas_signs(header in any::<String>(), body in prop::collection::vec(any::<u8>(), 0..100)) {
        let prefixed = format!("sha256={header}");
        for header in [header, prefixed] {
            prop_assert!(!is_signed(Some(&header), &body, &"secret".into()));
        }
    }
}
