//! What holds for every persona, rule, class, boundary and moment.

mod cases;

use cases::{boundaries, capability, cases, class, entry, level, persona, row, rows, tightened};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

fn more(effect: Effect) -> u8 {
    match effect {
        Effect::Refused => 0,
        Effect::Asks => 1,
        Effect::Runs => 2,
    }
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
        // A read needs no question at level 0, nor at level 1 without `ask_reads`: for reads these are not the narrower levels.
        prop_assume!(
            case.class != Class::Read || (case.ask_reads && lower.persona.ceiling != Level::ReadOnly)
        );
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
