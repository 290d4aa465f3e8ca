use jiff::{civil::date, tz::TimeZone};
use serde_json::json;

use super::*;
use crate::planner::{Asked, Ids, Line, Speaker};

/// A Tuesday morning.
fn now() -> Zoned {
    date(2026, 3, 10).at(9, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap()
}

fn toolbox() -> Toolbox {
    let text = json!({"type": "string"});
    let when = json!({"type": "string", "x-homepilot": "when"});
    let tool = |id: &str, properties: Value, required: &[&str]| Tool {
        id: id.to_owned(),
        name: id.split("__").nth(1).unwrap().to_owned(),
        description: String::new(),
        schema: json!({"type": "object", "properties": properties, "required": required}),
    };
    Toolbox::new(vec![
        tool("me__set_reminder", json!({"text": text, "when": when}), &["text", "when"]),
        tool("me__cancel_reminder", json!({"reminder": text}), &["reminder"]),
        tool("me__list_reminders", json!({"when": when}), &[]),
        tool(
            "cal__create_event",
            json!({"title": text, "start": {"type": "string", "format": "date-time"}}),
            &["title", "start"],
        ),
        tool(
            "cal__move_event",
            json!({"event": text, "start": {"type": "string", "format": "date-time"}}),
            &["event", "start"],
        ),
        tool("cal__delete_event", json!({"event": text}), &["event"]),
        tool("plan__create_meeting", json!({"title": text, "when": when}), &["title", "when"]),
        tool("plan__update_meeting", json!({"meeting_id": text, "when": when}), &["meeting_id"]),
        tool("plan__delete_meeting", json!({"meeting_id": text}), &["meeting_id"]),
        tool("desk__book_seat", json!({"day": when, "floor": {"type": "integer"}}), &["day"]),
        tool("desk__cancel_seat", json!({"seat_id": text}), &["seat_id"]),
        tool("sky__get_weather", json!({"city": text, "date": when}), &["city"]),
        tool("chat__send_message", json!({"to": text, "body": text}), &["to", "body"]),
        tool("home__set_temperature", json!({"room": text, "degrees": {"type": "integer"}}), &["degrees"]),
        tool("home__turn_on_light", json!({"room": text}), &["room"]),
        tool("home__turn_off_light", json!({"room": text}), &["room"]),
        tool(
            "eat__book_table",
            json!({"place": text, "people": {"type": "integer"}, "time": when}),
            &["place", "people", "time"],
        ),
    ])
}

fn arguments(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn past(tool: &str, value: Value, reads: bool) -> Past {
    let said = "Okay, that is done.".to_owned();
    let ids = Ids::default();
    Past { tool: tool.to_owned(), arguments: arguments(value), reads, state: PastState::Done, said, ids }
}

/// Sorted by name: the order is not the point.
fn written(arguments: Map<String, Value>) -> String {
    json!(arguments.into_iter().collect::<std::collections::BTreeMap<_, _>>()).to_string()
}

fn shown(decision: Option<Decision>) -> String {
    match decision {
        None => "model".to_owned(),
        Some(Decision::Respond) => "respond".to_owned(),
        Some(Decision::Ask { question, draft }) => {
            let draft = draft.map(|d| format!(" [{} {}]", d.tool, written(d.arguments)));
            format!("ask: {question}{}", draft.unwrap_or_default())
        }
        Some(Decision::Call { tool, arguments }) => format!("{tool} {}", written(arguments)),
        Some(Decision::Instead { undo, call }) => {
            let shown = |draft: Draft| format!("{} {}", draft.tool, written(draft.arguments));
            format!("{} then {}", shown(undo), shown(call))
        }
    }
}

fn followed(past: &Past, said: &str) -> String {
    let conversation = Conversation { past: vec![past.clone()], ..Conversation::of(said) };
    shown(follow_up(&conversation, &toolbox(), &now()))
}

fn edited(tool: &str, value: Value, said: &str) -> String {
    let draft = Draft { tool: tool.to_owned(), arguments: arguments(value) };
    let conversation = Conversation { editing: Some(draft), ..Conversation::of(said) };
    shown(follow_up(&conversation, &toolbox(), &now()))
}

fn answered(tool: &str, value: Value, said: &str) -> String {
    let draft = Some(Draft { tool: tool.to_owned(), arguments: arguments(value) });
    let asked = Asked { request: "please".to_owned(), question: "Which?".to_owned(), draft };
    let conversation = Conversation { asked: Some(asked), ..Conversation::of(said) };
    shown(follow_up(&conversation, &toolbox(), &now()))
}

#[test]
fn a_read_is_made_again_with_what_is_new() {
    let weather = past("sky__get_weather", json!({"city": "Oslo", "date": "2026-03-11"}), true);
    for (said, expected) in [
        ("And the day after?", r#"sky__get_weather {"city":"Oslo","date":"2026-03-12"}"#),
        ("What about Friday?", r#"sky__get_weather {"city":"Oslo","date":"2026-03-13"}"#),
        ("and in Bergen?", r#"sky__get_weather {"city":"Bergen","date":"2026-03-11"}"#),
        ("How about New York then?", r#"sky__get_weather {"city":"New York","date":"2026-03-11"}"#),
        ("No, today.", r#"sky__get_weather {"city":"Oslo","date":"2026-03-10"}"#),
        ("a week later", "model"),
        ("and a week later?", r#"sky__get_weather {"city":"Oslo","date":"2026-03-18"}"#),
        ("again please", r#"sky__get_weather {"city":"Oslo","date":"2026-03-11"}"#),
        ("and what should I wear?", "model"),
        ("what about that?", "model"),
        ("remind me on Friday", "model"),
        ("tell me a joke", "model"),
        ("cancel that", "ask: There is nothing that I could take back. What should I do?"),
    ] {
        assert_eq!(followed(&weather, said), expected, "{said}");
    }
    let bare = past("sky__get_weather", json!({"city": "Oslo"}), true);
    assert_eq!(followed(&bare, "and tomorrow?"), r#"sky__get_weather {"city":"Oslo","date":"2026-03-11"}"#);
}

#[test]
fn a_write_that_was_done_is_taken_back_or_changed_and_never_repeated_by_a_correction() {
    let reminder = past(
        "me__set_reminder",
        json!({"text": "call mom", "when": "2026-03-11T17:00:00+00:00[UTC]"}),
        false,
    );
    for (said, expected) in [
        ("Cancel that.", r#"me__cancel_reminder {"reminder":"call mom"}"#),
        ("no, undo it please", r#"me__cancel_reminder {"reminder":"call mom"}"#),
        ("cancel the reminder", r#"me__cancel_reminder {"reminder":"call mom"}"#),
        ("cancel the meeting", "model"),
        (
            "No, make it six.",
            r#"me__cancel_reminder {"reminder":"call mom"} then me__set_reminder {"text":"call mom","when":"2026-03-11T18:00:00+00:00[UTC]"}"#,
        ),
        (
            "and on Friday too",
            r#"me__set_reminder {"text":"call mom","when":"2026-03-13T17:00:00+00:00[UTC]"}"#,
        ),
        ("Friday", "model"),
    ] {
        assert_eq!(followed(&reminder, said), expected, "{said}");
    }
    let event =
        past("cal__create_event", json!({"title": "lunch", "start": "2026-03-11T12:00:00+00:00"}), false);
    for (said, expected) in [
        ("make it one", r#"cal__move_event {"event":"lunch","start":"2026-03-11T13:00:00+00:00"}"#),
        ("cancel that", r#"cal__delete_event {"event":"lunch"}"#),
    ] {
        assert_eq!(followed(&event, said), expected, "{said}");
    }
    let message = past("chat__send_message", json!({"to": "Bob", "body": "I'm running late"}), false);
    for (said, expected) in [
        ("Send it to Sara too.", r#"chat__send_message {"body":"I'm running late","to":"Sara"}"#),
        ("and to Sara", r#"chat__send_message {"body":"I'm running late","to":"Sara"}"#),
        ("cancel that", "ask: That was done, and I have no way to take it back. What should I do?"),
        (
            "the other Bob",
            r#"ask: I know of no other Bob. Who is it? [chat__send_message {"body":"I'm running late"}]"#,
        ),
        ("no, to Sara", "ask: That was done already, and I can't change it. What should I do?"),
    ] {
        assert_eq!(followed(&message, said), expected, "{said}");
    }
    let heat = past("home__set_temperature", json!({"room": "kitchen", "degrees": 20}), false);
    assert_eq!(followed(&heat, "no, make it 22"), r#"home__set_temperature {"degrees":22,"room":"kitchen"}"#);
    let light = past("home__turn_on_light", json!({"room": "kitchen"}), false);
    assert_eq!(followed(&light, "undo that"), r#"home__turn_off_light {"room":"kitchen"}"#);
    let denied = Past { state: PastState::NotDone, ..reminder };
    assert!(followed(&denied, "cancel that").starts_with("ask: There is nothing"));
    assert_eq!(
        followed(&denied, "no, make it six"),
        r#"me__set_reminder {"text":"call mom","when":"2026-03-11T18:00:00+00:00[UTC]"}"#
    );
    assert!(
        shown(follow_up(&Conversation::of("cancel that"), &toolbox(), &now()))
            .starts_with("ask: There is nothing")
    );
}

#[test]
fn an_edit_changes_what_it_speaks_of_and_nothing_else() {
    let table = json!({"place": "Luigi's", "people": 2, "time": "2026-03-11"});
    for (said, expected) in [
        ("make it five", r#"eat__book_table {"people":5,"place":"Luigi's","time":"2026-03-11"}"#),
        ("five people", r#"eat__book_table {"people":5,"place":"Luigi's","time":"2026-03-11"}"#),
        ("on Friday instead", r#"eat__book_table {"people":2,"place":"Luigi's","time":"2026-03-13"}"#),
        ("make it longer", "model"),
    ] {
        assert_eq!(edited("eat__book_table", table.clone(), said), expected, "{said}");
    }
    let at_seven = json!({"place": "Luigi's", "people": 2, "time": "2026-03-11T19:00:00+00:00[UTC]"});
    assert_eq!(edited("eat__book_table", at_seven, "make it five"), "model", "an hour or a number of people");
    let message = json!({"to": "Bob", "body": "I'm running late"});
    for (said, expected) in [
        ("to Sara", r#"chat__send_message {"body":"I'm running late","to":"Sara"}"#),
        ("Sara", r#"chat__send_message {"body":"I'm running late","to":"Sara"}"#),
        ("not Bob, Sara", r#"chat__send_message {"body":"I'm running late","to":"Sara"}"#),
        ("Sara, not Bob", r#"chat__send_message {"body":"I'm running late","to":"Sara"}"#),
        ("add that I'm sorry", "model"),
    ] {
        assert_eq!(edited("chat__send_message", message.clone(), said), expected, "{said}");
    }
}

#[test]
fn moments_keep_what_a_change_leaves_out() {
    let moved = |when: &str, said: &str| {
        let shown = edited("me__set_reminder", json!({"text": "call mom", "when": when}), said);
        shown
            .split_once(r#""when":""#)
            .map_or(shown.clone(), |(_, when)| when.trim_end_matches("\"}").to_owned())
    };
    let thursday = "2026-03-12T17:00:00+00:00[UTC]";
    for (said, expected) in [
        ("No, make it six.", "2026-03-12T18:00:00+00:00[UTC]"),
        ("make it 6", "2026-03-12T18:00:00+00:00[UTC]"),
        ("make it half past six please", "2026-03-12T18:30:00+00:00[UTC]"),
        ("no, tomorrow at eight in the morning", "2026-03-11T08:00:00+00:00[UTC]"),
        ("Friday", "2026-03-13T17:00:00+00:00[UTC]"),
        ("the day after", "2026-03-13T17:00:00+00:00[UTC]"),
        ("an hour later", "2026-03-12T18:00:00+00:00[UTC]"),
        ("move it to four", "2026-03-12T16:00:00+00:00[UTC]"),
        ("no, remind me to call dad at six", "model"),
    ] {
        assert_eq!(moved(thursday, said), expected, "{said}");
    }
    assert_eq!(
        moved("every monday at nine", "make it ten"),
        "model",
        "a repetition is not made a single time"
    );
    let meeting = "2026-03-12T14:00:00+00:00[UTC]/2026-03-12T16:00:00+00:00[UTC]";
    assert_eq!(
        moved(meeting, "make it five"),
        "2026-03-12T17:00:00+00:00[UTC]/2026-03-12T19:00:00+00:00[UTC]"
    );
}

#[test]
fn the_other_of_a_name_is_somebody_who_was_named() {
    let line = |text: &str| Line { speaker: Speaker::Persona, text: text.to_owned() };
    let with = |heard: &[&str], said: &str| {
        let earlier = heard.iter().map(|text| line(text)).collect();
        let draft = Draft {
            tool: "chat__send_message".to_owned(),
            arguments: arguments(json!({"to": "John Miller", "body": "hi"})),
        };
        let conversation = Conversation { earlier, editing: Some(draft), ..Conversation::of(said) };
        shown(follow_up(&conversation, &toolbox(), &now()))
    };
    let two = "You wrote to John Miller. John Smith's mail is from May.";
    assert_eq!(with(&[two], "No, the other John."), r#"chat__send_message {"body":"hi","to":"John Smith"}"#);
    assert_eq!(with(&[two], "to the other john"), r#"chat__send_message {"body":"hi","to":"John Smith"}"#);
    assert_eq!(
        with(&[two, "There is John Adams too"], "the other John"),
        r#"ask: Who do you mean: John Smith, or John Adams? [chat__send_message {"body":"hi"}]"#
    );
    assert_eq!(
        with(&["Mail from Ann"], "the other John"),
        r#"ask: I know of no other John. Who is it? [chat__send_message {"body":"hi"}]"#
    );
    assert_eq!(with(&[two], "the other one"), "model");
}

#[test]
fn a_short_answer_completes_the_call() {
    for (tool, known, said, expected) in [
        (
            "chat__send_message",
            json!({"body": "hi"}),
            "Bob.",
            r#"chat__send_message {"body":"hi","to":"Bob"}"#,
        ),
        (
            "chat__send_message",
            json!({"body": "hi"}),
            "to Bob please",
            r#"chat__send_message {"body":"hi","to":"Bob"}"#,
        ),
        (
            "chat__send_message",
            json!({"body": "hi"}),
            "It's bob@mail.org",
            r#"chat__send_message {"body":"hi","to":"bob@mail.org"}"#,
        ),
        ("chat__send_message", json!({"body": "hi"}), "what's the weather like", "model"),
        ("chat__send_message", json!({"to": "Bob"}), "tell him I'm late", "model"),
        (
            "me__set_reminder",
            json!({}),
            "call mom at five",
            r#"me__set_reminder {"text":"call mom","when":"2026-03-10T17:00:00+00:00[UTC]"}"#,
        ),
        (
            "me__set_reminder",
            json!({"text": "call mom"}),
            "five",
            r#"me__set_reminder {"text":"call mom","when":"2026-03-10T17:00:00+00:00[UTC]"}"#,
        ),
        ("me__set_reminder", json!({"text": "call mom"}), "tomorrow", "model"),
        (
            "home__set_temperature",
            json!({"room": "hall"}),
            "21",
            r#"home__set_temperature {"degrees":21,"room":"hall"}"#,
        ),
        ("home__set_temperature", json!({"room": "hall"}), "never mind", "model"),
    ] {
        assert_eq!(answered(tool, known, said), expected, "{said}");
    }
}

#[test]
fn what_was_made_is_found_by_the_id_that_came_back() {
    let with = |past: Past, answer: Value| Past { ids: Ids::read(Some(&answer), ""), ..past };
    let at = json!({"title": "lunch", "when": "2026-03-11T17:00:00+00:00[UTC]"});
    let meeting = with(past("plan__create_meeting", at.clone(), false), json!({"meeting": {"id": "m7"}}));
    for (said, expected) in [
        (
            "no, make it six",
            r#"plan__update_meeting {"meeting_id":"m7","when":"2026-03-11T18:00:00+00:00[UTC]"}"#,
        ),
        ("cancel that", r#"plan__delete_meeting {"meeting_id":"m7"}"#),
    ] {
        assert_eq!(followed(&meeting, said), expected, "{said}");
    }
    let nameless = past("plan__create_meeting", at, false);
    assert_eq!(
        followed(&nameless, "no, make it six"),
        "ask: That was done already, and I can't change it. What should I do?"
    );
    let seat = past("desk__book_seat", json!({"day": "2026-03-11", "floor": 2}), false);
    let seat = with(seat, json!({"seat_id": "s3"}));
    assert_eq!(
        followed(&seat, "no, on Friday"),
        r#"desk__cancel_seat {"seat_id":"s3"} then desk__book_seat {"day":"2026-03-13","floor":2}"#
    );
    let arguments = arguments(json!({"seat_id": "s3"}));
    assert_eq!(crate::planner::name_of_id(&arguments, &[seat]), None, "nothing it is called by");
    let arguments = self::arguments(json!({"meeting_id": "m7"}));
    let named = crate::planner::name_of_id(&arguments, &[meeting]);
    assert_eq!(named, Some(("meeting_id".to_owned(), "lunch".to_owned())));
}

#[test]
fn a_correction_is_no_second_call_of_what_may_have_been_done() {
    let reminder = past(
        "me__set_reminder",
        json!({"text": "call mom", "when": "2026-03-11T17:00:00+00:00[UTC]"}),
        false,
    );
    let failed = Past { state: PastState::Failed, ..reminder.clone() };
    assert_eq!(
        followed(&failed, "no, make it six"),
        r#"me__set_reminder {"text":"call mom","when":"2026-03-11T18:00:00+00:00[UTC]"}"#
    );
    let unknown = Past { state: PastState::Unknown, ..reminder };
    assert_eq!(
        followed(&unknown, "no, make it six"),
        "ask: I don't know whether that was done, so I can't change it. What should I do?"
    );
}
