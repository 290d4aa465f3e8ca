//! Changes to the rules that no program should send.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, proptest};
use serde_json::json;

use super::*;
use crate::odd_json::odd_json;
use crate::policy::RulePatch;

fn whole() -> Value {
    json!({
        "tool": "mail", "level": 2, "actions": ["send"], "persona": "house",
        "boundaries": {
            "recipients": ["bob@x.org", "*@example.org", "+49 30 1234567"],
            "hours": {"from": "08:00", "to": "18:30", "days": ["mon", "tue"]}, "calls_per_hour": 3, "actions": ["send"]
        }
    })
}

/// Whether it is a change whose boundaries are shown as they are read, or refused with a reason.
fn is_sound(body: &[u8]) -> bool {
    let patch = match serde_json::from_slice::<RulePatch>(body) {
        Ok(patch) => patch,
        Err(error) => return !error.to_string().is_empty(),
    };
    let Some(written) = &patch.boundaries else { return true };
    match Boundaries::read(written) {
        Ok(None) => true,
        Ok(Some(read)) => {
            let shown = serde_json::to_value(&read).unwrap_or_default();
            shown.as_object().is_some_and(|shown| Boundaries::read(shown) == Ok(Some(read)))
        }
        Err(error) => !error.to_string().is_empty() && error.to_string().len() <= 8 * body.len() + 500,
    }
}

#[test]
fn a_change_that_is_cut_is_none() {
    let whole = whole().to_string();
    assert!(is_sound(whole.as_bytes()) && serde_json::from_str::<RulePatch>(&whole).is_ok());
    for end in 0..whole.len() {
        assert!(serde_json::from_str::<RulePatch>(&whole[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn boundaries_without_end_are_refused_by_name() {
    let read = |value: Value| Boundaries::read(value.as_object().unwrap()).map_err(|error| error.to_string());
    let many: Vec<String> = (0..100_000).map(|n| format!("p{n}@x.org")).collect();
    let days = vec!["mon"; 100_000];
    for (value, wanted) in [
        (json!({"recipients": many}), "it has more than"),
        (json!({"recipients": ["x".repeat(100_000)]}), "an entry is longer than"),
        (json!({"recipients": ["*"]}), "is no pattern"),
        (json!({"recipients": ["\u{202e}"]}), "hidden characters"),
        (json!({"recipients": [[["bob@x.org"]]]}), "it is not a list of texts"),
        (json!({"hours": {"from": "8:00", "to": "24:01"}}), "is no time of day"),
        (json!({"hours": {"from": "08:00", "to": "18:00", "days": ["noday"]}}), "is no day"),
        (json!({"hours": []}), "it is not an object"),
        (json!({"calls_per_hour": -1}), "it is -1"),
        (json!({"calls_per_hour": 1e300}), "it is 1e"),
        (json!({"": 1}), "is unknown"),
    ] {
        let error = read(value).expect_err(wanted);
        assert!(error.contains(wanted), "{wanted}: {error:.200}");
    }
    assert!(read(json!({"hours": {"from": "08:00", "to": "18:00", "days": days}})).is_ok());
    assert!(serde_json::from_str::<RulePatch>(&"{\"boundaries\":".repeat(10_000)).is_err());
}

/// JSON in the place of boundaries.
fn told() -> impl Strategy<Value = Value> {
    odd_json(
        &["recipients", "hours", "calls_per_hour", "from", "to", "days", "actions"],
        &["bob@x.org", "*@x.org", "08:00", "24:00", "mon", "\"Bob\" <bob@x.org>", "#team"],
        3,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_bounds_a_rule_is_shown_as_it_is_read_or_refused_by_name(value in told(), recipients in told()) {
        for boundaries in [value, json!({"recipients": recipients}), json!({"hours": recipients})] {
            let body = json!({"tool": "mail", "level": 2, "boundaries": boundaries}).to_string();
            prop_assert!(is_sound(body.as_bytes()), "{}", body);
        }
    }

    #[test]
    fn a_spoilt_change_is_read_or_refused_by_name(
        spoil in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut body = whole().to_string().into_bytes();
        for (at, byte) in spoil {
            let at = at.index(body.len());
            body[at] = byte;
        }
        prop_assert!(is_sound(&body), "{}", String::from_utf8_lossy(&body));
    }
}
