//! What holds for every persona, rule, class, boundary and moment.

use jiff::civil::DateTime;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

/// Everything a decision rests on, owned.
#[derive(Clone, Debug)]
struct Case {
    persona: PersonaProfile,
    rules: Vec<RuleRow>,
    class: Class,
    ask_reads: bool,
    now: DateTime,
    calls: u32,
    arguments: Map<String, Value>,
}

impl Case {
    fn facts<'a>(&'a self, capability: &'a CapabilityId, schema: &'a Map<String, Value>) -> Facts<'a> {
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
                sent: Some(Sent { schema, arguments: &self.arguments }),
            },
        }
    }

    fn decide(&self) -> Explanation {
        evaluate(&self.facts(&capability(), &Map::new()))
    }

    /// The rows of the same persona and action as `like`, replaced by one.
    fn with_only(&self, like: &RuleRow) -> Case {
        let mut case = self.clone();
        case.rules.retain(|row| (&row.persona, &row.action) != (&like.persona, &like.action));
        case.rules.push(like.clone());
        case
    }
}

fn capability() -> CapabilityId {
    "s__t".parse().unwrap()
}

fn more(effect: Effect) -> u8 {
    match effect {
        Effect::Refused => 0,
        Effect::Asks => 1,
        Effect::Runs => 2,
    }
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![1 => Just(Level::ReadOnly), 1 => Just(Level::Confirm), 2 => Just(Level::Autonomous)]
}

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![Just(Class::Read), Just(Class::Write), Just(Class::Unknown), Just(Class::Destructive)]
}

fn entry() -> impl Strategy<Value = String> {
    prop_oneof![Just("s"), Just("s__t"), Just("s__u"), Just("o")].prop_map(str::to_owned)
}

fn persona() -> impl Strategy<Value = PersonaProfile> {
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
fn boundaries() -> impl Strategy<Value = Map<String, Value>> {
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

fn row(persona: Option<&str>, action: Option<&str>, level: Level, written: &Map<String, Value>) -> RuleRow {
    RuleRow {
        persona: persona.map(str::to_owned),
        server: "s".parse().unwrap(),
        action: action.map(|name| name.parse().unwrap()),
        level,
        boundaries: if level == Level::Autonomous { Boundaries::read(written).unwrap() } else { None },
    }
}

fn rows() -> impl Strategy<Value = Vec<RuleRow>> {
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

fn cases() -> impl Strategy<Value = Case> {
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
fn tightened(written: &Map<String, Value>, how: usize) -> Map<String, Value> {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_ceiling_is_never_exceeded(case in cases()) {
        let said = case.decide();
        prop_assert!(said.level <= case.persona.ceiling);
        if case.class != Class::Read {
            match case.persona.ceiling {
                Level::ReadOnly => prop_assert_eq!(said.effect, Effect::Refused),
                Level::Confirm => prop_assert_ne!(said.effect, Effect::Runs),
                Level::Autonomous => {}
            }
        } else if case.persona.ceiling == Level::Confirm && case.ask_reads && said.level == Level::Confirm {
            prop_assert_ne!(said.effect, Effect::Runs);
        }
    }

    #[test]
    fn a_more_specific_rule_decides_whatever_the_others_say(
        case in cases(), others in rows(), level in level(), written in boundaries(), file in persona(), step in 0..4_usize,
    ) {
        let (me, action) = [(Some("p"), Some("t")), (Some("p"), None), (None, Some("t")), (None, None)][step];
        let decisive = row(me, action, level, &written);
        // What is as specific or more so is taken away, the rest is anything at all.
        let rank = |persona: bool, action: bool| match (persona, action) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        let less = |rules: &[RuleRow]| -> Vec<RuleRow> {
            let theirs = |row: &RuleRow| row.persona.as_deref() == Some("q")
                || row.action.as_ref().is_some_and(|action| action.as_str() == "u");
            let below = rules.iter().filter(|row| theirs(row) || rank(row.persona.is_some(), row.action.is_some()) > step);
            below.cloned().chain([decisive.clone()]).collect()
        };
        let filed = |rules: &[ProfileRule]| -> Vec<ProfileRule> {
            let mine = |rule: &ProfileRule| rule.server == "s" && (rule.actions.is_empty() || rule.actions.contains(&"t".to_owned()));
            // A file's rule is as specific as the stored one of the same kind, and stands behind it.
            rules.iter().filter(|rule| !mine(rule) || rank(true, !rule.actions.is_empty()) >= step).cloned().collect()
        };
        let mut one = case.clone();
        one.rules = less(&case.rules);
        one.persona.rules = filed(&case.persona.rules);
        let mut two = one.clone();
        two.rules = less(&others);
        two.persona.rules = filed(&file.rules);
        two.persona.default = file.default;
        let said = one.decide();
        prop_assert_eq!(said.level, level.min(case.persona.ceiling));
        prop_assert_eq!(said, two.decide());
    }

    #[test]
    fn rules_of_others_change_nothing(case in cases()) {
        let mut ours = case.clone();
        ours.rules.retain(|row| {
            row.persona.as_deref() != Some("q") && row.action.as_ref().is_none_or(|action| action.as_str() == "t")
        });
        prop_assert_eq!(case.decide(), ours.decide());
    }

    #[test]
    fn a_further_deny_never_allows_more(case in cases(), entry in entry()) {
        let mut denied = case.clone();
        denied.persona.deny.push(entry);
        prop_assert!(more(denied.decide().effect) <= more(case.decide().effect));
    }

    #[test]
    fn a_lower_ceiling_never_allows_more(case in cases(), ceiling in level()) {
        let mut lower = case.clone();
        lower.persona.ceiling = case.persona.ceiling.min(ceiling);
        // A read that is pinned runs at level 0, where level 1 would ask: level 0 is no question, but a promise to change nothing.
        prop_assume!(case.class != Class::Read || lower.persona.ceiling != Level::ReadOnly);
        prop_assert!(more(lower.decide().effect) <= more(case.decide().effect));
    }

    #[test]
    fn a_tighter_boundary_never_allows_more(
        case in cases(), written in boundaries(), how in 0..4_usize, named in any::<bool>(), mine in any::<bool>(),
    ) {
        let at = |written: &Map<String, Value>| row(mine.then_some("p"), named.then_some("t"), Level::Autonomous, written);
        let wide = case.with_only(&at(&written)).decide();
        let tight = case.with_only(&at(&tightened(&written, how))).decide();
        prop_assert!(more(tight.effect) <= more(wide.effect), "{:?} {:?}", wide, tight);
        // Nor does a boundary refuse: outside is a question.
        prop_assert_eq!(tight.effect == Effect::Refused, wide.effect == Effect::Refused);
    }

    #[test]
    fn a_more_dangerous_class_never_allows_more(case in cases(), other in class()) {
        let mut worse = case.clone();
        worse.class = case.class.max(other);
        prop_assert!(more(worse.decide().effect) <= more(case.decide().effect));
    }

    #[test]
    fn the_unknown_and_the_destructive_run_only_where_a_rule_names_them(case in cases()) {
        let said = case.decide();
        if matches!(case.class, Class::Unknown | Class::Destructive) && said.effect == Effect::Runs {
            let stored = case.rules.iter().any(|row| {
                row.level == Level::Autonomous && row.action.as_ref().is_some_and(|action| action.as_str() == "t")
            });
            let filed = case.persona.rules.iter().any(|rule| {
                rule.server == "s" && rule.level == Level::Autonomous && rule.actions.contains(&"t".to_owned())
            });
            prop_assert!(stored || filed, "{said:?}");
            prop_assert!(said.rule.contains("s x t = 2"), "{said:?}");
        }
    }

    #[test]
    fn an_unlinked_persona_has_nothing(mut case in cases()) {
        case.persona.linked = false;
        prop_assert_eq!(case.decide().effect, Effect::Refused);
    }

    /// Before there is a call the same rule, level and boundaries are named, and what the call does differently, it says.
    #[test]
    fn explaining_agrees_with_deciding(case in cases()) {
        let (capability, schema) = (capability(), Map::new());
        let facts = case.facts(&capability, &schema);
        let explained = evaluate(&Facts { moment: Moment { calls: None, sent: None, ..facts.moment }, ..facts });
        let decided = evaluate(&facts);
        prop_assert_eq!(&explained.rule, &decided.rule);
        prop_assert_eq!(explained.level, decided.level);
        prop_assert_eq!(&explained.boundaries, &decided.boundaries);
        prop_assert!(explained.lowered.iter().all(|one| decided.lowered.contains(one)), "{explained:?} {decided:?}");
        if explained.effect != decided.effect {
            prop_assert_eq!((explained.effect, decided.effect), (Effect::Runs, Effect::Asks));
            prop_assert!(decided.boundaries.is_some() && decided.reason.is_some(), "{decided:?}");
        }
    }

    /// Whoever is refused hears why, and so does whoever is asked although level 2 holds.
    #[test]
    fn less_than_the_level_promises_has_a_reason(case in cases()) {
        let said = case.decide();
        if said.effect == Effect::Refused || (said.level == Level::Autonomous && said.effect == Effect::Asks) {
            prop_assert!(said.reason.is_some(), "{said:?}");
        }
    }
}
