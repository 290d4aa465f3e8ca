//! A reminder as clients see it.

use std::sync::Arc;

use homepilot_personas::Catalogue;
use homepilot_servers::assistant::Timeliness;
use serde_json::{Value, json};

use super::Outlet;
use crate::{
    announcer::Reminder,
    session::{Output, SpeechId},
    turn::State,
};

fn told(include: Option<Vec<String>>) -> Vec<Value> {
    let personas = Catalogue::load(None).list();
    let mut outlet = Outlet::new("sess_1".to_owned(), personas.first().unwrap());
    let patch = serde_json::from_value(json!({"type": "realtime", "include": include})).unwrap();
    outlet.apply(patch, true, 1.0);
    let reminder = Arc::new(Reminder {
        id: "r1".to_owned(),
        text: "call mom".to_owned(),
        due: "2026-03-02T17:00:00-05:00".to_owned(),
        timeliness: Timeliness::Late,
        spoken: "This is a late reminder: call mom.".to_owned(),
    });
    let speech = SpeechId(1);
    [
        Output::Begin { speech, asking: None },
        Output::Reminder { speech, reminder },
        Output::Words { speech, text: "This is a late reminder: call mom. ".to_owned() },
        Output::End { speech, complete: true },
    ]
    .into_iter()
    .flat_map(|output| outlet.events(output))
    .collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}

#[test]
fn it_is_an_ordinary_response_and_ours_only_to_those_who_asked() {
    let plain = told(None);
    let kinds_of_plain = kinds(&plain);
    assert_eq!(
        (kinds_of_plain.first(), kinds_of_plain.last()),
        (Some(&"response.created"), Some(&"response.done"))
    );
    assert!(!kinds_of_plain.iter().any(|kind| kind.starts_with("homepilot.")), "{kinds_of_plain:?}");
}

#[test]
fn who_asked_learns_which_reminder_and_which_item_tells_it() {
    let events = told(Some(vec!["homepilot".to_owned()]));
    let event = events.iter().find(|event| event["type"] == "homepilot.reminder").unwrap();
    let words =
        events.iter().find(|event| event["type"] == "response.output_audio_transcript.delta").unwrap();
    assert_eq!(
        (&event["id"], &event["text"], &event["due"], &event["late"], &event["item_id"]),
        (
            &json!("r1"),
            &json!("call mom"),
            &json!("2026-03-02T17:00:00-05:00"),
            &json!(true),
            &words["item_id"]
        )
    );
}

fn outlet() -> Outlet {
    Outlet::new("sess_1".to_owned(), Catalogue::load(None).list().first().unwrap())
}

#[test]
fn a_word_about_the_wait_and_the_reply_are_one_response() {
    for word_first in [true, false] {
        let (word, reply) = (SpeechId(1), SpeechId(2));
        let said = |speech, text: &str| Output::Words { speech, text: text.to_owned() };
        let end = |speech| Output::End { speech, complete: true };
        let begin = Output::Begin { speech: reply, asking: None };
        let middle = if word_first { [end(word), begin] } else { [begin, end(word)] };
        let mut outputs = vec![Output::Acknowledge { speech: word }, said(word, "One moment. ")];
        outputs.extend(middle);
        outputs.extend([said(reply, "It is noon. "), end(reply), Output::State(State::Idle)]);
        let mut outlet = outlet();
        let events: Vec<Value> = outputs.into_iter().flat_map(|output| outlet.events(output)).collect();
        let count = |kind: &str| kinds(&events).into_iter().filter(|k| *k == kind).count();
        assert_eq!((count("response.created"), count("response.done")), (1, 1));
        assert_eq!((count("response.output_item.added"), count("response.output_item.done")), (2, 2));
        let done = events.iter().find(|event| event["type"] == "response.done").unwrap();
        let texts: Vec<_> = done["response"]["output"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| &i["content"][0]["transcript"])
            .collect();
        assert_eq!(texts, ["One moment.", "It is noon."]);
    }
}

#[test]
fn a_word_that_nothing_follows_ends_its_response() {
    let speech = SpeechId(1);
    let mut outlet = outlet();
    let outputs =
        [Output::Acknowledge { speech }, Output::End { speech, complete: true }, Output::State(State::Idle)];
    let events: Vec<Value> = outputs.into_iter().flat_map(|output| outlet.events(output)).collect();
    assert_eq!(kinds(&events).last(), Some(&"response.done"));
    assert!(!outlet.is_speaking());
}

#[test]
fn what_was_cut_is_not_being_said() {
    let speech = SpeechId(1);
    let mut outlet = outlet();
    let begun = outlet.events(Output::Begin { speech, asking: None });
    let item = begun.iter().find_map(|event| event["item"]["id"].as_str()).unwrap().to_owned();
    assert!(outlet.is_saying(&item) && !outlet.is_saying("item_x"));
    outlet.events(Output::End { speech, complete: false });
    assert!(!outlet.is_saying(&item));
}
