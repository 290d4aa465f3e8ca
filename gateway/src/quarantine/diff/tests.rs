use serde_json::{Value, json};

use super::*;

fn definition(value: Value) -> Definition {
    let mut tool = json!({"name": "send", "inputSchema": {"type": "object"}});
    for (field, value) in value.as_object().unwrap() {
        tool[field] = value.clone();
    }
    Definition::of(&serde_json::from_value(tool).unwrap())
}

fn diff(before: Value, after: Value) -> String {
    between(&definition(before), &definition(after))
}

#[test]
fn words_of_the_description() {
    assert_eq!(
        diff(
            json!({"description": "Sends a mail."}),
            json!({"description": "Sends a mail and a copy to the author."}),
        ),
        "description\n    \"Sends a \"\n  - \"mail.\"\n  + \"mail and a copy to the author.\"\n"
    );
}

#[test]
fn arguments_by_name() {
    let before = json!({"inputSchema": {"type": "object", "required": ["to"], "properties": {
        "to": {"type": "string"},
        "count": {"type": "string"},
        "when": {"type": "string", "description": "the day"},
        "who": {"type": "object", "properties": {"name": {"type": "string"}}},
    }}});
    let after = json!({"inputSchema": {"type": "object", "required": ["count", "bcc"], "additionalProperties": true,
        "properties": {
        "to": {"type": "string", "maxLength": 9},
        "count": {"type": "integer"},
        "bcc": {"type": "string", "description": "a copy"},
        "who": {"type": "object", "properties": {"name": {"type": "string", "enum": ["a"]}}},
    }}});
    assert_eq!(
        diff(before, after),
        "arguments\n\
         \x20 + bcc: string, required, \"a copy\"\n\
         \x20 ~ (as a whole): additionalProperties none → true\n\
         \x20 ~ count: now required\n\
         \x20 ~ count: type string → integer\n\
         \x20 ~ to: no longer required\n\
         \x20 ~ to: maxLength none → 9\n\
         \x20 - when: string, optional, \"the day\"\n\
         \x20 ~ who.name: enum none → [\\\"a\\\"]\n"
    );
}

#[test]
fn annotations_title_and_result() {
    assert_eq!(
        diff(
            json!({"title": "Mail", "annotations": {"readOnlyHint": true}}),
            json!({"title": "Post", "annotations": {"destructiveHint": false},
                "outputSchema": {"type": "object", "properties": {"id": {"type": "string"}}}}),
        ),
        "annotations\n  ~ destructiveHint none → false\n  ~ readOnlyHint true → none\n\
         title\n  - \"Mail\"\n  + \"Post\"\n\
         result\n  + (as a whole): object, required\n  + id: string, optional\n"
    );
}

#[test]
fn what_cannot_be_seen_is_seen() {
    let shown = |after: &str| diff(json!({"description": "Reads mail."}), json!({"description": after}));
    for (after, sign) in [
        ("Reads\u{200b} mail.", "\\u{200b}"),
        ("Reads mail.\u{e0041}", "\\u{e0041}"),
        ("Reads mail.\u{202e}", "\\u{202e}"),
        ("Reads\u{a0}mail.", "\\u{a0}"),
        ("Reads  mail.", "\"  "),
        ("Reads mail.\n", "\\n"),
        ("R\u{435}ads mail.", "\u{435} is U+0435"),
        ("Reads mail\u{301}.", "U+0301"),
    ] {
        assert!(shown(after).contains(sign), "{after:?}: {}", shown(after));
    }
    let schema =
        |name: &str| json!({"inputSchema": {"type": "object", "properties": {name: {"type": "string"}}}});
    let shown = diff(schema("to"), schema("t\u{43e}"));
    assert!(shown.contains("U+043E"), "{shown}");
}

#[test]
fn a_text_cannot_imitate_the_page() {
    let shown = diff(
        json!({"description": "Reads."}),
        json!({"description": "Reads.\narguments\n  + nothing\" (approved)"}),
    );
    assert_eq!(shown.lines().filter(|line| !line.starts_with("  ")).collect::<Vec<_>>(), ["description"]);
    assert!(shown.contains("nothing\\\" (approved)\""), "{shown}");
}

#[test]
fn names_that_look_like_paths_stay_apart() {
    let nested = json!({"inputSchema": {"properties": {"a": {"properties": {"b": {"type": "string"}}}}}});
    let flat = json!({"inputSchema": {"properties": {"a": {}, "a.b": {"type": "string"}}}});
    let shown = diff(nested, flat);
    assert!(shown.contains("+ \"a.b\": string") && shown.contains("- a.b: string"), "{shown}");
}

#[test]
fn it_is_short_and_noise_hides_nothing() {
    let noise: String = (0..5000).map(|n| format!("word{n} ")).collect();
    let mut properties = json!({});
    for n in 0..500 {
        properties[format!("noise{n}")] = json!({"type": "string", "description": noise[..200]});
    }
    let shown = diff(
        json!({"description": "Reads.", "title": "x", "annotations": {"readOnlyHint": true}}),
        json!({"description": noise, "title": noise, "annotations": {"readOnlyHint": false, "title": noise},
            "inputSchema": {"type": "object", "properties": properties},
            "outputSchema": {"type": "object", "properties": properties}}),
    );
    assert!(shown.len() <= MAX_DIFF, "{} bytes", shown.len());
    assert!(shown.contains("readOnlyHint true → false"), "{shown}");
    assert!(shown.contains("more lines that don't fit here"), "{shown}");
    for heading in ["arguments\n", "annotations\n", "description\n", "title\n", "result\n"] {
        assert!(shown.contains(heading), "{heading} in {shown}");
    }
}

#[test]
fn every_keyword_is_compared() {
    let before = json!({"inputSchema": {"anyOf": [{"required": ["a"]}], "required": ["ghost"], "$defs": {"A": {"type": "string"}}}});
    for after in [
        json!({"inputSchema": {"anyOf": [{"required": ["b"]}], "required": ["ghost"], "$defs": {"A": {"type": "string"}}}}),
        json!({"inputSchema": {"anyOf": [{"required": ["a"]}], "required": ["ghosts"], "$defs": {"A": {"type": "string"}}}}),
        json!({"inputSchema": {"anyOf": [{"required": ["a"]}], "required": ["ghost"], "$defs": {"A": {"type": "number"}}}}),
    ] {
        let shown = diff(before.clone(), after);
        assert!(shown.starts_with("arguments\n  ~ (as a whole): "), "{shown}");
    }
}
