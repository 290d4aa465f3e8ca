use proptest::prelude::*;

use super::*;

fn profile() -> PersonaProfile {
    PersonaProfile {
        id: "p".into(),
        linked: true,
        default: Level::Confirm,
        ceiling: Level::Autonomous,
        rules: Vec::new(),
        allow: Vec::new(),
        deny: Vec::new(),
    }
}

fn row(persona: Option<&str>, action: Option<&str>, level: Level) -> RuleRow {
    RuleRow {
        persona: persona.map(Into::into),
        server: "s".parse().unwrap(),
        action: action.map(|name| name.parse().unwrap()),
        level,
    }
}

fn decide(persona: &PersonaProfile, class: Class, rules: &[RuleRow]) -> Explanation {
    evaluate(&Facts { persona, capability: &"s__t".parse().unwrap(), class, rules, ask_reads: true })
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
    let facts =
        |class| Facts { persona: &persona, capability: &capability, class, rules: &[], ask_reads: false };
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

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::ReadOnly), Just(Level::Confirm), Just(Level::Autonomous)]
}

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![Just(Class::Read), Just(Class::Write), Just(Class::Unknown), Just(Class::Destructive)]
}

fn entry() -> impl Strategy<Value = String> {
    prop_oneof![Just("s".to_owned()), Just("s__t".to_owned()), Just("s__u".to_owned()), Just("o".to_owned())]
}

fn profiles() -> impl Strategy<Value = PersonaProfile> {
    let rule = (
        prop_oneof![Just("s"), Just("o")],
        prop::collection::vec(prop_oneof![Just("t"), Just("u")], 0..2),
        level(),
    );
    (
        any::<bool>(),
        level(),
        level(),
        prop::collection::vec(rule, 0..4),
        prop::collection::vec(entry(), 0..3),
        prop::collection::vec(entry(), 0..3),
    )
        .prop_map(|(linked, default, ceiling, rules, allow, deny)| PersonaProfile {
            id: "p".into(),
            linked,
            default,
            ceiling,
            rules: rules
                .into_iter()
                .map(|(server, actions, level)| ProfileRule {
                    server: server.into(),
                    actions: actions.into_iter().map(Into::into).collect(),
                    level,
                })
                .collect(),
            allow,
            deny,
        })
}

fn rows() -> impl Strategy<Value = Vec<RuleRow>> {
    let persona = prop_oneof![Just(None), Just(Some("p")), Just(Some("q"))];
    let action = prop_oneof![Just(None), Just(Some("t")), Just(Some("u"))];
    prop::collection::vec((persona, action, level()).prop_map(|(p, a, l)| row(p, a, l)), 0..6)
}

fn permissiveness(effect: Effect) -> u8 {
    match effect {
        Effect::Refused => 0,
        Effect::Asks => 1,
        Effect::Runs => 2,
    }
}

proptest! {
    #[test]
    fn a_ceiling_is_never_exceeded(persona in profiles(), rules in rows(), class in class()) {
        let said = decide(&persona, class, &rules);
        prop_assert!(said.level <= persona.ceiling);
        if class != Class::Read {
            match persona.ceiling {
                Level::ReadOnly => prop_assert_eq!(said.effect, Effect::Refused),
                Level::Confirm => prop_assert_ne!(said.effect, Effect::Runs),
                Level::Autonomous => {}
            }
        }
    }

    #[test]
    fn a_more_specific_rule_decides(mut persona in profiles(), mut rules in rows(), class in class(), level in level()) {
        persona.ceiling = Level::Autonomous;
        rules.retain(|row| !(row.persona.as_deref() == Some("p") && row.action.as_ref().is_some_and(|a| a.as_str() == "t")));
        rules.push(row(Some("p"), Some("t"), level));
        prop_assert_eq!(decide(&persona, class, &rules).level, level);
    }

    #[test]
    fn rules_of_others_change_nothing(persona in profiles(), rules in rows(), class in class()) {
        let ours: Vec<_> = rules
            .iter()
            .filter(|row| row.persona.as_deref() != Some("q") && row.action.as_ref().is_none_or(|a| a.as_str() == "t"))
            .cloned()
            .collect();
        prop_assert_eq!(decide(&persona, class, &rules), decide(&persona, class, &ours));
    }

    #[test]
    fn a_further_deny_never_allows_more(persona in profiles(), rules in rows(), class in class(), entry in entry()) {
        let before = decide(&persona, class, &rules).effect;
        let mut denied = persona;
        denied.deny.push(entry);
        prop_assert!(permissiveness(decide(&denied, class, &rules).effect) <= permissiveness(before));
    }

    #[test]
    fn a_more_dangerous_class_never_allows_more(persona in profiles(), rules in rows(), a in class(), b in class()) {
        let (safer, worse) = (a.min(b), a.max(b));
        prop_assert!(
            permissiveness(decide(&persona, worse, &rules).effect) <= permissiveness(decide(&persona, safer, &rules).effect)
        );
    }

    #[test]
    fn an_unlinked_persona_has_nothing(mut persona in profiles(), rules in rows(), class in class()) {
        persona.linked = false;
        prop_assert_eq!(decide(&persona, class, &rules).effect, Effect::Refused);
    }
}
