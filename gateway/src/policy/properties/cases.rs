//! Generated personas, rules, boundaries and moments.

use jiff::civil::DateTime;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::*;

/// Everything a decision rests on, owned.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) persona: PersonaProfile,
    pub(super) rules: Vec<RuleRow>,
    pub(super) class: Class,
    pub(super) ask_reads: bool,
    pub(super) now: DateTime,
    pub(super) calls: u32,
    pub(super) arguments: Map<String, Value>,
}

impl Case {
    pub(super) fn facts<'a>(
        &'a self,
        capability: &'a CapabilityId,
        schema: &'a Map<String, Value>,
    ) -> Facts<'a> {
        Facts {
            persona: &self.persona,
            capability,
            class: self.class,
            class_source: ClassSource::Guessed,
            rules: &self.rules,
            ask_reads: self.ask_reads,
            moment: Moment {
                now: self.now,
                calls: Some(self.calls),
                sent: Some(Sent { schema, arguments: &self.arguments, grounds: &Grounds::Caller }),
            },
        }
    }

    pub(super) fn decide(&self) -> Explanation {
        evaluate(&self.facts(&capability(), &Map::new()))
    }

    /// The rows of the same persona and action as `like`, replaced by one.
    pub(super) fn with_only(&self, like: &RuleRow) -> Case {
        let mut case = self.clone();
        case.rules.retain(|row| (&row.persona, &row.action) != (&like.persona, &like.action));
        case.rules.push(like.clone());
        case
    }
}

pub(super) fn capability() -> CapabilityId {
    "s__t".parse().unwrap()
}

pub(super) fn level() -> impl Strategy<Value = Level> {
    prop_oneof![1 => Just(Level::ReadOnly), 1 => Just(Level::Confirm), 2 => Just(Level::Autonomous)]
}

pub(super) fn class() -> impl Strategy<Value = Class> {
    prop_oneof![Just(Class::Read), Just(Class::Write), Just(Class::Unknown), Just(Class::Destructive)]
}

pub(super) fn entry() -> impl Strategy<Value = String> {
    prop_oneof![Just("s"), Just("s__t"), Just("s__u"), Just("o")].prop_map(str::to_owned)
}

pub(super) fn persona() -> impl Strategy<Value = PersonaProfile> {
    let actions = prop::collection::vec(prop_oneof![Just("t".to_owned()), Just("u".to_owned())], 0..2);
    let rule = (prop_oneof![Just("s"), Just("o")], actions, level())
        .prop_map(|(server, actions, level)| ProfileRule { server: server.to_owned(), actions, level });
    let rules = prop::collection::vec(rule, 0..3);
    let entries = || prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(entry(), 1..3)];
    (prop::bool::weighted(0.9), level(), level(), rules, entries(), entries()).prop_map(
        |(linked, default, ceiling, rules, allow, deny)| PersonaProfile {
            id: "p".to_owned(),
            linked,
            default,
            ceiling,
            rules,
            allow,
            deny,
        },
    )
}

const PEOPLE: [&str; 4] = ["ann@x.org", "bob@y.org", "#team", "+49 30 123456"];

fn people() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(PEOPLE.to_vec(), 1..=4)
}

/// Boundaries as they are written; often wide, so that calls inside them come up too.
pub(super) fn boundaries() -> impl Strategy<Value = Map<String, Value>> {
    let hours = (0..24_u8, 0..=24_u8).prop_filter("same", |(from, to)| from != to);
    let days = prop::option::of(prop::sample::subsequence(vec!["mon", "tue", "sat"], 1..=3));
    (prop::option::of(people()), prop::option::of((hours, days)), prop::option::of(1..6_u32)).prop_map(
        |(people, hours, calls)| {
            let mut written = Map::new();
            if let Some(people) = people {
                written.insert("recipients".to_owned(), json!(people));
            }
            if let Some(((from, to), days)) = hours {
                let mut hours = json!({"from": format!("{from:02}:00"), "to": format!("{to:02}:00")});
                if let Some(days) = days {
                    hours["days"] = json!(days);
                }
                written.insert("hours".to_owned(), hours);
            }
            if let Some(calls) = calls {
                written.insert("calls_per_hour".to_owned(), json!(calls));
            }
            written
        },
    )
}

pub(super) fn row(
    persona: Option<&str>,
    action: Option<&str>,
    level: Level,
    written: &Map<String, Value>,
) -> RuleRow {
    RuleRow {
        persona: persona.map(str::to_owned),
        server: "s".parse().unwrap(),
        action: action.map(|name| name.parse().unwrap()),
        level,
        boundaries: if level == Level::Autonomous { Boundaries::read(written).unwrap() } else { None },
        approve: None,
    }
}

pub(super) fn rows() -> impl Strategy<Value = Vec<RuleRow>> {
    let persona = prop_oneof![Just(None), Just(Some("p")), Just(Some("q"))];
    let action = prop_oneof![Just(None), Just(Some("t")), Just(Some("u"))];
    let written = prop_oneof![Just(Map::new()), boundaries()];
    let rows =
        (persona, action, level(), written).prop_map(|(p, a, level, written)| row(p, a, level, &written));
    // As they are stored: one row for a persona and an action.
    prop::collection::vec(rows, 0..7).prop_map(|mut rows| {
        rows.sort();
        rows.dedup_by(|a, b| (&a.persona, &a.action) == (&b.persona, &b.action));
        rows
    })
}

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let now = (1..=7_i8, 0..24_i8).prop_map(|(day, hour)| jiff::civil::date(2026, 3, day).at(hour, 30, 0, 0));
    let arguments = prop_oneof![
        Just(Map::new()),
        people().prop_map(|people| Map::from_iter([("to".to_owned(), json!(people))])),
    ];
    (persona(), rows(), class(), any::<bool>(), now, 0..6_u32, arguments).prop_map(
        |(persona, rules, class, ask_reads, now, calls, arguments)| Case {
            persona,
            rules,
            class,
            ask_reads,
            now,
            calls,
            arguments,
        },
    )
}

/// Narrower boundaries than those written: the same with one thing less in them, or one boundary more.
pub(super) fn tightened(written: &Map<String, Value>, how: usize) -> Map<String, Value> {
    let mut tight = written.clone();
    match how {
        0 => match tight.get_mut("recipients").and_then(Value::as_array_mut) {
            Some(people) if people.len() > 1 => {
                people.pop();
            }
            Some(people) => *people = vec![json!("nobody@else.org")],
            None => drop(tight.insert("recipients".to_owned(), json!(["ann@x.org"]))),
        },
        1 => match tight.get_mut("calls_per_hour") {
            Some(calls) => *calls = json!(calls.as_u64().unwrap().saturating_sub(1).max(1)),
            None => drop(tight.insert("calls_per_hour".to_owned(), json!(2))),
        },
        2 => match tight.get_mut("hours") {
            Some(hours) => {
                let hour = |value: &Value| value.as_str().unwrap()[..2].parse::<u8>().unwrap();
                let (from, to) = (hour(&hours["from"]), hour(&hours["to"]));
                let later = (from + 1) % 24;
                if later != to {
                    hours["from"] = json!(format!("{later:02}:00"));
                    // An hour that starts after midnight belongs to another day, so only a start on the same day is narrower.
                    if later == 0 {
                        hours["from"] = json!(format!("{from:02}:00"));
                    }
                }
            }
            None => drop(tight.insert("hours".to_owned(), json!({"from": "09:00", "to": "17:00"}))),
        },
        _ => match tight.get_mut("hours") {
            Some(hours) if hours.get("days").is_none() => hours["days"] = json!(["mon", "wed"]),
            Some(hours) => match hours["days"].as_array_mut() {
                Some(days) if days.len() > 1 => drop(days.pop()),
                Some(_) | None => {}
            },
            None => {}
        },
    }
    tight
}
