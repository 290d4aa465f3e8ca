//! Lists of tools that no server should send.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, proptest};
use serde_json::{Value, json};

use super::*;
use crate::odd_json::odd_json;

/// What is used of tools as they came; those that are no tools at all are passed over, as the library does with a whole page.
fn used(tools: &[Value]) -> Listing {
    Listing::of(tools.iter().filter_map(|tool| serde_json::from_value(tool.clone()).ok()), Vec::new())
}

fn within(schema: Value) -> Value {
    json!({"name": "t", "inputSchema": schema})
}

#[test]
fn schemas_that_are_deep_wide_or_go_round_are_used_or_left_out() {
    let deep = (0..100)
        .fold(json!({"type": "string"}), |inner, _| json!({"type": "object", "properties": {"a": inner}}));
    let any_of = (0..12).fold(json!({"type": "string"}), |inner, _| json!({"anyOf": [inner.clone(), inner]}));
    let wide: Value =
        (0..2_000).map(|n| (format!("p{n}"), json!({}))).collect::<serde_json::Map<_, _>>().into();
    for schema in [
        deep,
        json!({"type": "object", "properties": {"a": any_of}}),
        json!({"type": "object", "properties": wide}),
        json!({"type": "object", "$ref": "#"}),
        json!({"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}}),
        json!({"type": "object", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}),
        json!({"type": "object", "$ref": "https://evil.example/schema"}),
        json!({"type": "object", "properties": {"a": {"pattern": "(a+)+$"}}}),
        json!({"type": "object", "properties": {"a": {"pattern": "("}}}),
        json!({"type": "object", "properties": {"a": {"minLength": -1, "maximum": f64::MAX}}}),
        json!({"type": ["object", 7], "required": "a", "properties": []}),
    ] {
        let listing = used(&[within(schema)]);
        assert!(listing.tools.len() + listing.notes.len() <= 2, "{:?}", listing.notes);
    }
}

#[test]
fn descriptions_without_end_are_left_out_with_a_word() {
    let tools: Vec<Value> = (0..40)
        .map(|n| json!({"name": format!("t{n}"), "description": "x".repeat(60_000), "inputSchema": {"type": "object"}}))
        .collect();
    let listing = used(&tools);
    assert!(listing.tools.len() < 20 && listing.notes.len() <= MAX_NOTES, "{}", listing.tools.len());
    assert!(listing.notes[0].contains("together exceed"), "{}", listing.notes[0]);
    let long = used(&[json!({"name": "x".repeat(1_000_000), "inputSchema": {"type": "object"}})]);
    assert!(long.tools.is_empty() && long.notes.len() == 1);
}

/// JSON of schemas' names, in places where they may not belong.
fn told() -> impl Strategy<Value = Value> {
    odd_json(
        &[
            "type",
            "properties",
            "a",
            "required",
            "items",
            "anyOf",
            "$ref",
            "$defs",
            "enum",
            "pattern",
            "description",
            "title",
            "default",
        ],
        &["object", "string", "array", "#", "#/properties/a", "a"],
        5,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_server_offers_is_used_or_left_out(
        name in any::<String>(),
        schemas in prop::collection::vec(told(), 1..4),
        description in any::<String>(),
    ) {
        let tools: Vec<Value> = schemas
            .iter()
            .enumerate()
            .flat_map(|(n, schema)| {
                let named = |name: &str| json!({"name": name, "description": description, "inputSchema": schema});
                [named(&name), named(&format!("t{n}")), named("same")]
            })
            .collect();
        let listing = used(&tools);
        prop_assert!(listing.tools.len() <= tools.len() && listing.notes.len() <= MAX_NOTES);
        prop_assert!(listing.notes.iter().all(|note| !note.is_empty()));
    }
}
