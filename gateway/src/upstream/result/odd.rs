//! Results of any shape and size: what is kept of them is bounded, whatever it is that is too large.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, proptest};
use serde_json::json;

use super::*;
use crate::odd_json::odd_json;

/// Room for what is said in place of what was left out.
const SAID: usize = 4096;

fn result(value: Value) -> CallToolResult {
    serde_json::from_value(value).unwrap()
}

#[test]
fn whatever_is_too_large_is_left_out() {
    let huge = "A".repeat(5_000_000);
    for large in [
        json!({"content": [{"type": "text", "text": huge}]}),
        json!({"content": [{"type": "text", "text": "x", "_meta": {"a": huge}}]}),
        json!({"content": [{"type": "image", "data": huge, "mimeType": "image/png"}]}),
        json!({"content": [{"type": "image", "data": "", "mimeType": huge}]}),
        json!({"content": [{"type": "resource_link", "uri": huge, "name": huge}]}),
        json!({"content": [{"type": "resource", "resource": {"uri": huge, "text": "x"}}]}),
        json!({"content": [{"type": "resource", "resource": {"uri": huge, "blob": huge}}]}),
        json!({"content": [], "structuredContent": {"a": huge}}),
        json!({"content": [], "_meta": {"a": huge}}),
        json!({"content": [{"type": "text", "text": &huge[..3_000_000]}], "_meta": {"a": &huge[..3_000_000]}}),
        json!({"content": [{"type": "text", "text": &huge[..3_000_000]}], "structuredContent": {"a": &huge[..3_000_000]}}),
    ] {
        let kept = bounded(result(large));
        assert!(size(&kept) <= MAX_RESULT + SAID, "{}", size(&kept));
        assert!(shown(&kept).0.len() <= MAX_SHOWN + SAID);
    }
}

#[test]
fn notes_in_place_of_what_was_left_out_are_bounded_too() {
    let image = json!({"type": "image", "data": "A".repeat(20), "mimeType": "image/png"});
    let mut content = vec![json!({"type": "text", "text": "x".repeat(MAX_RESULT - 1_000)})];
    content.extend(vec![image; 50_000]);
    let kept = bounded(result(json!({"content": content})));
    assert!(size(&kept) <= MAX_RESULT + SAID, "{}", size(&kept));
}

#[test]
fn what_is_deep_is_no_result() {
    for deep in ["[", "{\"content\":", "{\"content\":[],\"structuredContent\":"] {
        assert!(serde_json::from_str::<CallToolResult>(&deep.repeat(10_000)).is_err());
    }
}

/// JSON of the protocol's names, in places where they may not belong.
fn told() -> impl Strategy<Value = Value> {
    odd_json(
        &["type", "text", "data", "mimeType", "resource", "uri", "blob", "name", "annotations", "_meta"],
        &["text", "image", "audio", "resource", "resource_link", "complete"],
        4,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_told_is_read_and_shown_or_refused_by_name(
        content in prop::collection::vec(told(), 0..4),
        structured in told(),
    ) {
        let bytes = structured.to_string().len() + content.iter().map(|one| one.to_string().len()).sum::<usize>();
        for told in [json!({"content": content, "structuredContent": structured}), json!({"content": structured}), structured] {
            match serde_json::from_value::<CallToolResult>(told) {
                Ok(result) => {
                    let (text, _) = shown(&result);
                    prop_assert!(text.len() <= 2 * bytes + 100, "{}", text);
                    prop_assert!(bounded(result.clone()) == result);
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }

    #[test]
    fn any_text_is_cut_between_characters(text in any::<String>(), limit in 0usize..40) {
        let cut = capped(text.clone(), limit);
        prop_assert!(text.len() <= limit && cut == text || cut.contains("\n[cut here: the whole result is "));
    }
}
