use jiff::{civil::date, tz::TimeZone};
use serde_json::json;

use super::*;
use crate::planner::{Asked, Draft};

/// A Tuesday, at nine.
fn now() -> Zoned {
    date(2026, 3, 10).at(9, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap()
}

fn settled(schema: &Value, said: &str, written: Value) -> Result<Value, String> {
    settle(written.as_object().unwrap().clone(), schema, &Conversation::of(said), &now())
        .map(Value::Object)
        .map_err(|missing| missing.to_string())
}

#[test]
fn what_nobody_spoke_is_left_out() {
    let schema = json!({"properties": {
        "plan": {"type": "string"}, "risks": {"type": "array", "items": {"type": "string"}}, "note": {"type": "string"},
        "count": {"type": "integer"}, "urgent": {"type": "boolean"}, "kind": {"enum": ["open", "done"], "default": "open"},
        "color": {"enum": ["red", "blue"]}
    }, "required": ["plan"]});
    for (said, written, kept) in [
        (
            "what are the risks of moving to Berlin with rain",
            json!({"plan": "moving to Berlin", "risks": ["the rain", "theft"], "note": "urgent", "count": 2, "urgent": true,
                "kind": "open", "color": "red"}),
            json!({"plan": "moving to Berlin", "risks": ["rain"]}),
        ),
        (
            "two urgent red trips that are done",
            json!({"plan": "trips", "count": 2, "urgent": true, "kind": "done", "color": "red"}),
            json!({"plan": "trips", "count": 2, "urgent": true, "kind": "done", "color": "red"}),
        ),
        (
            "a blue trip",
            json!({"plan": "trip", "color": "red", "risks": []}),
            json!({"plan": "trip", "color": "blue"}),
        ),
    ] {
        assert_eq!(settled(&schema, said, written), Ok(kept), "{said}");
    }
}

#[test]
fn a_required_value_that_nobody_spoke_is_asked_for() {
    let schema = json!({"properties": {
        "to": {"type": "string", "description": "Recipient."}, "body": {"type": "string"}, "copies": {"type": "integer"},
        "size": {"type": "integer", "default": 10}
    }, "required": ["to", "body", "copies", "size"]});
    let written = json!({"to": "Bob", "body": "I'm late", "copies": 3, "size": 7});
    let told = |said: &str| settled(&schema, said, written.clone());
    assert_eq!(
        told("tell Bob three times that I'm late"),
        Ok(json!({"to": "Bob", "body": "I'm late", "copies": 3, "size": 10}))
    );
    assert_eq!(told("write that I'm late").unwrap_err(), "to: Who should it go to?");
    assert_eq!(told("write to Bob").unwrap_err(), "body: What should it say?");
    assert_eq!(told("tell Bob I'm late").unwrap_err(), "copies: What should the copies be?");
    // The one number that was said is the one that is needed.
    assert_eq!(told("tell Bob four times that I'm late").unwrap()["copies"], 4);
}

#[test]
fn an_answer_completes_the_call_that_was_asked_about() {
    let schema = json!({"properties": {"to": {"type": "string"}, "body": {"type": "string"}}, "required": ["to", "body"]});
    let request = "send a message that I'm late";
    let written = json!({"to": "Alice", "body": "I'm late"});
    let missing = settle(written.as_object().unwrap().clone(), &schema, &Conversation::of(request), &now())
        .unwrap_err();
    assert_eq!((missing.argument.as_str(), json!(missing.known)), ("to", json!({"body": "I'm late"})));
    let answer = Conversation {
        asked: Some(Asked {
            request: request.to_owned(),
            question: missing.question,
            draft: Some(Draft { tool: "s__send".to_owned(), arguments: missing.known }),
        }),
        ..Conversation::of("to Bob")
    };
    let written = json!({"to": "Bob", "body": "I'm late"});
    let whole = settle(written.as_object().unwrap().clone(), &schema, &answer, &now()).unwrap();
    assert_eq!(json!(whole), written);
}

#[test]
fn date_words_go_where_dates_go() {
    let worded = json!({"properties": {
        "title": {"type": "string"}, "date": {"type": "string"}, "time": {"type": "string"}, "location": {"type": "string"},
        "recurrence": {"type": "string"}
    }, "required": ["title"]});
    for (said, written, meant) in [
        (
            "dinner event for monday",
            json!({"title": "dinner event for monday"}),
            json!({"title": "dinner event", "date": "monday"}),
        ),
        (
            "call mom tomorrow at five",
            json!({"title": "call mom", "date": "tomorrow"}),
            json!({"title": "call mom", "date": "tomorrow", "time": "five"}),
        ),
        (
            "the meeting on the twenty second of january",
            json!({"title": "meeting", "time": "20th January"}),
            json!({"title": "meeting", "date": "the twenty second of january"}),
        ),
        (
            "yoga every monday at nine",
            json!({"title": "yoga", "recurrence": "weekly", "time": "at nine"}),
            json!({"title": "yoga", "time": "at nine", "recurrence": "every monday"}),
        ),
        (
            "a walk today",
            json!({"title": "a walk", "location": "today"}),
            json!({"title": "a walk", "date": "today"}),
        ),
        (
            "review of the last ten days",
            json!({"title": "review"}),
            json!({"title": "review", "date": "last ten days"}),
        ),
        (
            "a morning workout at seven",
            json!({"title": "morning workout"}),
            json!({"title": "morning workout", "time": "seven"}),
        ),
        (
            "party at noon at the zoo",
            json!({"title": "party", "time": "the zoo"}),
            json!({"title": "party", "location": "the zoo", "time": "noon"}),
        ),
    ] {
        assert_eq!(settled(&worded, said, written), Ok(meant), "{said}");
    }
}

#[test]
fn exact_moments_are_made_of_the_words() {
    let ours = json!({"properties": {
        "text": {"type": "string"}, "when": {"type": "string", "format": "date-time", "x-homepilot": "when"}
    }, "required": ["text", "when"]});
    let when = |said: &str, when: &str| {
        settled(&ours, said, json!({"text": "call mom", "when": when}))
            .map(|v| v["when"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        when("remind me to call mom tomorrow at five", "tomorrow").unwrap(),
        "2026-03-11T17:00:00+00:00[UTC]"
    );
    assert_eq!(when("remind me to call mom at noon", "12 p.m.").unwrap(), "2026-03-10T12:00:00+00:00[UTC]");
    assert_eq!(when("remind me to call mom", "tomorrow").unwrap_err(), "when: When should that be?");
    assert_eq!(when("call mom on thursday", "thursday").unwrap_err(), "when: At what time should that be?");
    assert!(when("call mom on march 6th 2025", "march 6th 2025").unwrap_err().contains("has passed"));
    assert_eq!(
        when("the calls of the last ten days", "last ten days").unwrap_err(),
        "when: When should that be?"
    );
    let left_out = settled(&ours, "call mom tomorrow at five", json!({"text": "call mom tomorrow at five"}));
    assert_eq!(left_out, Ok(json!({"text": "call mom", "when": "2026-03-11T17:00:00+00:00[UTC]"})));

    let foreign = json!({"properties": {
        "start_time": {"type": "string", "description": "in the pattern of %Y-%m-%d %H:%M:%S"},
        "end_time": {"type": "string", "description": "in the pattern of %Y-%m-%d %H:%M:%S"}
    }, "required": ["start_time", "end_time"]});
    assert_eq!(
        settled(
            &foreign,
            "what is on next week",
            json!({"start_time": "2023-01-01 00:00:00", "end_time": "x"})
        ),
        Ok(json!({"start_time": "2026-03-16 00:00:00", "end_time": "2026-03-22 23:59:59"}))
    );
    let walk = json!({"start_time": "2023-01-01 00:00:00", "end_time": "2023-01-01 00:00:00"});
    assert_eq!(
        settled(&foreign, "block tomorrow at five for half an hour", walk.clone()),
        Ok(json!({"start_time": "2026-03-11 17:00:00", "end_time": "2026-03-11 17:30:00"}))
    );
    assert_eq!(
        settled(&foreign, "block tomorrow at five", walk.clone()).unwrap_err(),
        "end_time: When should it end?"
    );
    assert_eq!(
        settled(&foreign, "am i free the next two hours", walk),
        Ok(json!({"start_time": "2026-03-10 09:00:00", "end_time": "2026-03-10 11:00:00"}))
    );
    assert_eq!(
        settled(&foreign, "what is on", json!({"start_time": "today"})).unwrap_err(),
        "start_time: When should it start?"
    );
    let clock = json!({"properties": {"time": {"type": "string", "description": "Format: %H:%M:%S"}}, "required": ["time"]});
    for (said, written, meant) in [
        ("an alarm around 6 pm", "06:00", "18:00:00"),
        ("an alarm for 6:30", "6:30", "18:30:00"),
        ("an alarm for half past six in the morning", "06:30:00", "06:30:00"),
        ("an alarm for 19:15", "19:15", "19:15:00"),
    ] {
        assert_eq!(settled(&clock, said, json!({"time": written})), Ok(json!({"time": meant})), "{said}");
    }
    let date = json!({"properties": {"date": {"type": "string", "description": "As MM/DD/YYYY."}}, "required": ["date"]});
    assert_eq!(
        settled(&date, "on march 6th 2023", json!({"date": "2023-06-03"})),
        Ok(json!({"date": "03/06/2023"}))
    );
    assert_eq!(
        settled(&date, "april 9th of 2023", json!({"date": "2023-04-09"})),
        Ok(json!({"date": "04/09/2023"}))
    );
    assert_eq!(settled(&date, "on thursday", json!({"date": "thursday"})), Ok(json!({"date": "03/12/2026"})));
}

#[test]
fn a_message_keeps_the_dates_it_tells_of() {
    let schema = json!({"properties": {
        "to": {"type": "string"}, "body": {"type": "string"}, "send_date": {"type": "string"}
    }, "required": ["to", "body"]});
    let written = json!({"to": "Sam", "body": "the party is tomorrow at five"});
    assert_eq!(settled(&schema, "tell Sam the party is tomorrow at five", written.clone()), Ok(written));
    // An event has its moment, whatever is told about it.
    let schema = json!({"properties": {
        "title": {"type": "string"}, "description": {"type": "string"}, "date": {"type": "string", "format": "date"}
    }, "required": ["title", "date"]});
    let written = json!({"title": "party", "description": "the party on thursday", "date": "2023-01-01"});
    assert_eq!(settled(&schema, "the party is on thursday", written).unwrap()["date"], "2026-03-12");
}

#[test]
fn what_is_spelled_aloud_is_written_out() {
    let schema =
        json!({"properties": {"to": {"type": "string"}, "phone": {"type": "string"}}, "required": []});
    assert_eq!(
        settled(
            &schema,
            "mail john dot smith at gmail dot com or call five five five one two three four",
            json!({"to": "john dot smith at gmail dot com", "phone": "555-1234"})
        ),
        Ok(json!({"to": "john.smith@gmail.com", "phone": "5551234"}))
    );
}

#[test]
fn a_hostile_schema_breaks_nothing() {
    for schema in
        [json!(null), json!([]), json!({"properties": 3}), json!({"properties": {"a": 3}, "required": "a"})]
    {
        let written = json!({"a": "x", "b": [[[[["x"]]]]], "c": {"d": {"e": {"f": {"g": 1}}}}, "": null});
        assert!(settled(&schema, "x 1", written).is_ok());
    }
}
