use jiff::civil::DateTime;
use serde_json::{Map, Value, json};

use super::*;

fn profile() -> PersonaProfile {
    PersonaProfile::new("p")
}

fn row(persona: Option<&str>, action: Option<&str>, level: Level) -> RuleRow {
    RuleRow {
        persona: persona.map(Into::into),
        server: "s".parse().unwrap(),
        action: action.map(|name| name.parse().unwrap()),
        level,
        boundaries: None,
        approve: None,
    }
}

fn decide(persona: &PersonaProfile, class: Class, rules: &[RuleRow]) -> Explanation {
    evaluate(&Facts {
        persona,
        capability: &"s__t".parse().unwrap(),
        class,
        class_source: ClassSource::Guessed,
        rules,
        ask_reads: true,
        moment: moment("2026-03-02T12:00:00"),
    })
}

/// A Monday, say; no call yet.
fn moment(now: &str) -> Moment<'static> {
    Moment { now: now.parse::<DateTime>().unwrap(), calls: None, sent: None }
}

#[test]
fn levels_and_classes() {
    use Class::{Destructive, Read, Unknown, Write};
    use Effect::{Asks, Refused, Runs};
    for (level, class, named, wanted) in [
        (Level::ReadOnly, Read, false, Runs),
        (Level::ReadOnly, Write, true, Refused),
        (Level::ReadOnly, Unknown, true, Refused),
        (Level::ReadOnly, Destructive, true, Refused),
        (Level::Confirm, Read, false, Asks),
        (Level::Confirm, Write, false, Asks),
        (Level::Confirm, Destructive, true, Asks),
        (Level::Autonomous, Read, false, Runs),
        (Level::Autonomous, Write, false, Runs),
        (Level::Autonomous, Unknown, false, Asks),
        (Level::Autonomous, Destructive, false, Asks),
        (Level::Autonomous, Unknown, true, Runs),
        (Level::Autonomous, Destructive, true, Runs),
    ] {
        let rules = [row(None, named.then_some("t"), level)];
        assert_eq!(decide(&profile(), class, &rules).effect, wanted, "{level:?} {class:?} named={named}");
    }
}

#[test]
fn reads_can_go_unasked_at_level_1() {
    let (persona, capability) = (profile(), "s__t".parse().unwrap());
    let facts = |class| Facts {
        persona: &persona,
        capability: &capability,
        class,
        class_source: ClassSource::Guessed,
        rules: &[],
        ask_reads: false,
        moment: moment("2026-03-02T12:00:00"),
    };
    assert_eq!(evaluate(&facts(Class::Read)).effect, Effect::Runs);
    assert_eq!(evaluate(&facts(Class::Unknown)).effect, Effect::Asks);
}

#[test]
fn the_most_specific_rule_decides() {
    let mut persona = profile();
    let mut rules = vec![];
    let step = |persona: &PersonaProfile, rules: &[RuleRow]| decide(persona, Class::Write, rules).rule;
    assert_eq!(step(&persona, &rules), "default of persona p = 1");
    rules.push(row(None, None, Level::Autonomous));
    assert_eq!(step(&persona, &rules), "s = 2");
    rules.push(row(None, Some("t"), Level::Confirm));
    assert_eq!(step(&persona, &rules), "s x t = 1");
    persona.rules.push(ProfileRule { server: "s".into(), actions: vec![], level: Level::Autonomous });
    assert_eq!(step(&persona, &rules), "persona p x s = 2 (persona file)");
    rules.push(row(Some("p"), None, Level::ReadOnly));
    assert_eq!(step(&persona, &rules), "persona p x s = 0");
    persona.rules.push(ProfileRule { server: "s".into(), actions: vec!["t".into()], level: Level::Confirm });
    assert_eq!(step(&persona, &rules), "persona p x s x t = 1 (persona file)");
    rules.push(row(Some("p"), Some("t"), Level::Autonomous));
    assert_eq!(step(&persona, &rules), "persona p x s x t = 2");
    rules.push(row(Some("q"), Some("t"), Level::ReadOnly));
    assert_eq!(step(&persona, &rules), "persona p x s x t = 2");
    persona.ceiling = Level::Confirm;
    assert_eq!(step(&persona, &rules), "ceiling 1 of persona p, over persona p x s x t = 2");
}

#[test]
fn lists_and_links() {
    let mut persona = profile();
    persona.deny = vec!["s__t".into()];
    assert_eq!(decide(&persona, Class::Read, &[]).rule, "deny list of persona p: s__t");
    persona.deny = vec!["other".into(), "s__t2".into()];
    assert_eq!(decide(&persona, Class::Read, &[]).effect, Effect::Asks);
    persona.allow = vec!["other".into()];
    assert_eq!(decide(&persona, Class::Read, &[]).effect, Effect::Refused);
    persona.allow.push("s".into());
    assert_eq!(decide(&persona, Class::Read, &[]).effect, Effect::Asks);
    persona.linked = false;
    assert_eq!(decide(&persona, Class::Read, &[]).rule, "persona p is unlinked");
}

fn bounded(action: Option<&str>, boundaries: Value) -> RuleRow {
    let boundaries = Boundaries::read(boundaries.as_object().unwrap()).unwrap();
    RuleRow { boundaries, ..row(None, action, Level::Autonomous) }
}

/// What is decided about a call with these arguments, and why.
fn within(rules: &[RuleRow], class: Class, now: &str, calls: u32, arguments: &Value) -> (Effect, String) {
    let schema = Map::new();
    let said = evaluate(&Facts {
        persona: &profile(),
        capability: &"s__t".parse().unwrap(),
        class,
        class_source: ClassSource::Guessed,
        rules,
        ask_reads: true,
        moment: Moment {
            calls: Some(calls),
            sent: arguments.as_object().map(|arguments| Sent {
                schema: &schema,
                arguments,
                grounds: &Grounds::Caller,
            }),
            ..moment(now)
        },
    });
    (said.effect, said.reason.unwrap_or_default())
}

#[test]
fn level_2_runs_inside_its_boundaries_and_asks_outside() {
    let rules = [bounded(
        Some("t"),
        json!({"recipients": ["ann@x.org"], "hours": {"from": "08:00", "to": "18:30"}, "calls_per_hour": 3}),
    )];
    let (ann, noon) = (json!({"to": "Ann <ANN@x.org>"}), "2026-03-02T12:00:00");
    for (class, now, calls, arguments, wanted) in [
        (Class::Write, noon, 2, &ann, ""),
        (Class::Destructive, noon, 2, &ann, ""),
        (Class::Write, "2026-03-02T18:30:00", 0, &ann, "outside 08:00 to 18:30"),
        (Class::Write, noon, 3, &ann, "3 calls this hour already, the limit is 3"),
        (Class::Write, noon, 0, &json!({"to": "bob@x.org"}), "bob@x.org is not among the recipients"),
        (Class::Write, noon, 0, &json!({"text": "hi"}), "no recipient can be found in the arguments"),
        (Class::Unknown, noon, 0, &json!({}), "no recipient can be found in the arguments"),
        (Class::Read, noon, 0, &json!({"text": "hi"}), ""),
        (Class::Read, noon, 0, &json!({"to": "bob@x.org"}), "bob@x.org is not among the recipients"),
        (
            Class::Read,
            "2026-03-02T07:00:00",
            4,
            &json!({"to": ["bob@x.org", "eve"]}),
            "outside 08:00 to 18:30; 4 calls this hour already, the limit is 3; bob@x.org and 1 more are not among the \
             recipients",
        ),
    ] {
        let effect = if wanted.is_empty() { Effect::Runs } else { Effect::Asks };
        assert_eq!(
            within(&rules, class, now, calls, arguments),
            (effect, wanted.to_owned()),
            "{class:?} {arguments}"
        );
    }
}

#[test]
fn before_there_is_a_call_the_boundaries_are_listed() {
    let written = json!({"recipients": ["ann@x.org"], "calls_per_hour": 1});
    let said = decide(&profile(), Class::Write, &[bounded(None, written.clone())]);
    assert_eq!((said.effect, &said.lowered), (Effect::Runs, &vec![]));
    assert_eq!(serde_json::to_value(said.boundaries).unwrap(), written);
    // Where level 2 doesn't hold, they say nothing.
    let careful = PersonaProfile { ceiling: Level::Confirm, ..profile() };
    let said = decide(&careful, Class::Write, &[bounded(None, written)]);
    assert_eq!((said.effect, said.boundaries), (Effect::Asks, None));
    assert_eq!(said.lowered, ["ceiling 1 of persona p"]);
    assert_eq!(said.rule, "ceiling 1 of persona p, over s = 2");
}

#[test]
fn a_destructive_action_that_is_not_named_says_so() {
    let said = decide(&profile(), Class::Destructive, &[row(None, None, Level::Autonomous)]);
    assert_eq!(said.reason.unwrap(), "s__t is destructive, and the rule doesn't name it");
}

#[test]
fn what_a_limit_counts() {
    let limit = |action, calls: u32| bounded(action, json!({"calls_per_hour": calls}));
    let persona = profile();
    let capability: CapabilityId = "s__t".parse().unwrap();
    let counted = |rules: &[RuleRow], persona: &PersonaProfile| {
        to_count(&Facts {
            persona,
            capability: &capability,
            class: Class::Write,
            class_source: ClassSource::Guessed,
            rules,
            ask_reads: true,
            moment: moment("2026-03-02T12:00:00"),
        })
    };
    let server = capability.server().clone();
    let reach = |actions: &[&str]| Reach {
        persona: None,
        server: server.clone(),
        actions: actions.iter().map(|name| name.parse().unwrap()).collect(),
    };
    // Actions with the same limit are one rule.
    let rules = [limit(Some("t"), 3), limit(Some("u"), 3), limit(Some("v"), 4), limit(None, 3)];
    assert_eq!(counted(&rules, &persona), Some(reach(&["t", "u"])));
    assert_eq!(counted(&rules[3..], &persona), Some(reach(&[])));
    let mine = RuleRow { persona: Some("p".into()), ..limit(None, 5) };
    assert_eq!(
        counted(&[mine, limit(None, 3)], &persona),
        Some(Reach { persona: Some("p".into()), ..reach(&[]) })
    );
    // Nothing hangs on the number where level 2 doesn't hold, or where nothing is limited.
    assert_eq!(counted(&rules, &PersonaProfile { ceiling: Level::Confirm, ..persona.clone() }), None);
    assert_eq!(counted(&[bounded(None, json!({"recipients": ["a"]}))], &persona), None);
}

#[test]
fn the_most_specific_rule_that_says_so_decides_how_a_yes_is_given() {
    let with = |persona, action, approve| RuleRow { approve, ..row(persona, action, Level::Confirm) };
    let found = |rules: &[RuleRow]| decide(&profile(), Class::Write, rules).approve;
    assert_eq!(found(&[]), YesBy::Any);
    let mut rules = vec![with(None, None, Some(YesBy::Screen))];
    assert_eq!(found(&rules), YesBy::Screen);
    // A narrower rule that says nothing of it leaves it as it is.
    rules.push(with(Some("p"), Some("t"), None));
    assert_eq!(found(&rules), YesBy::Screen);
    rules.push(with(None, Some("t"), Some(YesBy::Pin)));
    assert_eq!(found(&rules), YesBy::Pin);
    rules.push(with(Some("p"), None, Some(YesBy::Any)));
    assert_eq!(found(&rules), YesBy::Any);
    // Those of others don't count.
    assert_eq!(found(&[with(Some("q"), Some("t"), Some(YesBy::Pin))]), YesBy::Any);
    assert_eq!(found(&[with(None, Some("u"), Some(YesBy::Pin))]), YesBy::Any);
}
