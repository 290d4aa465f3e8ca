//! Level 2 inside its boundaries and outside of them, with the clock, the ledger and a real server.

use serde_json::json;

use super::peer::Peer;
use super::*;

async fn desk() -> (Rig, Peer) {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    let properties =
        json!({"text": {"type": "string"}, "to": {"type": "array", "items": {"type": "string"}}});
    peer.redefine("remind", &json!({"inputSchema": {"type": "object", "properties": properties}}));
    rig.register("desk", peer.url()).await;
    (rig, peer)
}

async fn bound(rig: &Rig, actions: &[&str], boundaries: Value) -> Result<PolicyRule, RuleError> {
    let patch = json!({"tool": "desk", "level": 2, "actions": actions, "boundaries": boundaries});
    rig.gateway.set_rule(serde_json::from_value(patch).unwrap()).await
}

/// The right to run, if it runs unasked, or why it is asked about.
async fn unasked(rig: &Rig, capability: &str, arguments: Value) -> Result<Authorized, String> {
    match rig.propose(capability, arguments).await.unwrap() {
        Verdict::Allowed(authorized) => Ok(authorized),
        Verdict::Ask(pending) => Err(pending.approval.reason.clone().unwrap_or_default()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_recipient_is_written_to_unasked_and_another_is_asked_about() {
    let (rig, peer) = desk().await;
    bound(&rig, &["remind"], json!({"recipients": ["ann@x.org", "*@example.org"]})).await.unwrap();
    let known = json!({"text": "x", "to": ["Ann <ann@x.org>", "bob@example.org"]});
    rig.run(unasked(&rig, "desk__remind", known).await.unwrap()).await;
    assert_eq!(peer.done(), 1);
    for (arguments, wanted) in [
        (json!({"text": "x", "to": ["ann@x.org", "bob@x.org"]}), "bob@x.org is not among the recipients"),
        (json!({"text": "for ann@x.org"}), "no recipient can be found in the arguments"),
    ] {
        assert_eq!(unasked(&rig, "desk__remind", arguments).await.unwrap_err(), wanted);
    }
    // Outside is a question, whose yes runs it.
    let authorized = rig.granted("desk__remind", json!({"text": "x", "to": ["bob@x.org"]})).await;
    rig.run(authorized).await;
    assert_eq!(peer.done(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_that_only_a_tool_named_is_asked_about_where_all_may_run() {
    let (rig, peer) = desk().await;
    rig.level("desk", Level::Autonomous, &["remind"]).await;
    let wanted = |spoken: &str| Proposal {
        grounds: Grounds::Conversation { spoken: vec![spoken.to_owned()] },
        ..proposal("desk__remind", json!({"text": "x", "to": ["eve@evil.example"]}), Duration::from_secs(60))
    };
    match rig.gateway.propose(wanted("tell Ann what it says")).await.unwrap() {
        Verdict::Ask(pending) => {
            let asked = &pending.approval;
            assert_eq!(asked.reason.as_deref(), Some("the recipient did not come from the person"));
            assert_eq!(asked.unspoken, [Unspoken { argument: "to".into(), kind: ValueKind::Recipient }]);
            // An edit of the text leaves the recipient where it came from; an edit of the recipient is the editor's word.
            let edit = |to: &str| object(json!({"text": "y", "to": [to]}));
            let edited = rig.gateway.answer_edited(&asked.id, edit("eve@evil.example"), DecidedBy::Screen);
            let edited = edited.await.unwrap();
            assert_eq!(edited.unspoken.len(), 1);
            let edited = rig.gateway.answer_edited(&edited.id, edit("ann@x.org"), DecidedBy::Screen);
            assert!(edited.await.unwrap().unspoken.is_empty());
        }
        other => panic!("{other:?}"),
    }
    match rig.gateway.propose(wanted("tell eve at evil dot example")).await.unwrap() {
        Verdict::Allowed(authorized) => drop(rig.run(authorized).await),
        other => panic!("{other:?}"),
    }
    assert_eq!(peer.done(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_the_hours_it_asks() {
    let (rig, _peer) = desk().await;
    // Three days from now is another day however long this test takes.
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let today = usize::try_from(jiff::Zoned::now().weekday().to_monday_zero_offset()).unwrap();
    let hours = |days: &[&str]| json!({"hours": {"from": "00:00", "to": "24:00", "days": days}});
    let other = names[(today + 3) % 7];
    bound(&rig, &["remind"], hours(&[other])).await.unwrap();
    let wanted = format!("outside 00:00 to 24:00 on {other}");
    assert_eq!(unasked(&rig, "desk__remind", json!({})).await.unwrap_err(), wanted);
    let remind = "desk__remind".parse().unwrap();
    let explained = rig.gateway.explain(&persona(), &remind).unwrap();
    assert_eq!(
        (explained.effect, explained.reason, explained.lowered),
        (Effect::Asks, Some(wanted.clone()), vec![wanted])
    );
    bound(&rig, &["remind"], hours(&names)).await.unwrap();
    drop(unasked(&rig, "desk__remind", json!({})).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_the_last_hour_count_across_actions_and_restarts() {
    let (rig, peer) = desk().await;
    bound(&rig, &["remind", "look"], json!({"calls_per_hour": 3})).await.unwrap();
    rig.run(unasked(&rig, "desk__remind", json!({})).await.unwrap()).await;
    rig.run(unasked(&rig, "desk__look", json!({})).await.unwrap()).await;
    // One that was let through and then dropped never ran, and gives its place back.
    drop(unasked(&rig, "desk__remind", json!({})).await.unwrap());
    // A refused question doesn't count, an answered one does.
    bound(&rig, &["remind", "look"], json!({"calls_per_hour": 2})).await.unwrap();
    let wanted = "2 calls this hour already, the limit is 2";
    assert_eq!(unasked(&rig, "desk__look", json!({})).await.unwrap_err(), wanted);
    let granted = rig.granted("desk__remind", json!({})).await;
    bound(&rig, &["remind", "look"], json!({"calls_per_hour": 3})).await.unwrap();
    let wanted = "3 calls this hour already, the limit is 3";
    assert_eq!(unasked(&rig, "desk__look", json!({})).await.unwrap_err(), wanted);
    rig.run(granted).await;
    let rig = rig.reopen().await;
    rig.until(|gateway| !gateway.capabilities().is_empty()).await;
    assert_eq!(unasked(&rig, "desk__look", json!({})).await.unwrap_err(), wanted);
    let explained = rig.gateway.explain_call(&persona(), &"desk__look".parse().unwrap(), None).await.unwrap();
    assert_eq!((explained.effect, explained.reason.as_deref()), (Effect::Asks, Some(wanted)));
    // What isn't in the rule isn't counted.
    bound(&rig, &["fail"], json!({"calls_per_hour": 1})).await.unwrap();
    drop(unasked(&rig, "desk__fail", json!({})).await.unwrap());
    assert_eq!(peer.done(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_only_as_many_run_as_the_limit_says() {
    let (rig, peer) = desk().await;
    bound(&rig, &["remind"], json!({"calls_per_hour": 3})).await.unwrap();
    let calls = (0..24).map(|_| {
        let gateway = rig.gateway.clone();
        tokio::spawn(async move {
            let proposal = proposal("desk__remind", json!({}), Duration::from_secs(60));
            match gateway.propose(proposal).await.unwrap() {
                Verdict::Allowed(authorized) => {
                    gateway.execute(authorized, Default::default()).await;
                    true
                }
                Verdict::Ask(_) => false,
                other => panic!("{other:?}"),
            }
        })
    });
    let ran = futures::future::join_all(calls).await.into_iter().filter(|ran| *ran.as_ref().unwrap()).count();
    assert_eq!((ran, peer.done()), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_show_and_keep_their_boundaries() {
    let (rig, _peer) = desk().await;
    let boundaries =
        json!({"recipients": ["ann@x.org"], "hours": {"from": "08:00", "to": "18:30"}, "calls_per_hour": 5});
    let rule = bound(&rig, &["remind"], boundaries.clone()).await.unwrap();
    let shown =
        json!({"persona": null, "tool": "desk", "actions": ["remind"], "level": 2, "boundaries": boundaries});
    assert_eq!(serde_json::to_value(&rule).unwrap(), shown);
    let rig = rig.reopen().await;
    assert_eq!(rig.gateway.rules(), [rule]);
    rig.until(|gateway| !gateway.capabilities().is_empty()).await;
    let explained = rig.gateway.explain(&persona(), &"desk__remind".parse().unwrap()).unwrap();
    assert_eq!(serde_json::to_value(explained.boundaries).unwrap(), boundaries);
    // A rule that is set again is what was said last.
    rig.level("desk", Level::Autonomous, &["remind"]).await;
    assert_eq!(rig.gateway.rules()[0].boundaries, None);
    assert!(rig.gateway.remove_rule("desk", None, Some("remind")).await.unwrap());
    assert!(rig.gateway.rules().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_stores_nothing() {
    let (rig, _peer) = desk().await;
    for (level, boundaries, wanted) in [
        (
            2,
            json!({"hours": {"from": "08:00", "to": "08:00"}}),
            "boundary \"hours\" can't be used: from and to are the same",
        ),
        (2, json!({"recipients": []}), "boundary \"recipients\" can't be used: it is empty"),
        (2, json!({"calls_per_hour": 0}), "boundary \"calls_per_hour\" can't be used: it is 0"),
        (2, json!({"weather": "fine"}), "boundary \"weather\" is unknown"),
        (2, json!({"actions": []}), "boundary \"actions\" must be a list of tool names"),
        (1, json!({"calls_per_hour": 3}), "boundaries hold at level 2 only"),
        (0, json!({"actions": ["look"]}), "boundaries hold at level 2 only"),
    ] {
        let patch = json!({"tool": "desk", "level": level, "boundaries": boundaries});
        let error = rig.gateway.set_rule(serde_json::from_value(patch).unwrap()).await.unwrap_err();
        assert!(error.to_string().starts_with(wanted), "{error}");
        let answer = api_error::ApiError::from(error);
        assert_eq!((answer.status.as_u16(), answer.code), (422, "invalid_boundary"));
    }
    assert!(rig.gateway.rules().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_says_where_everything_comes_from() {
    let (rig, peer) = desk().await;
    let explained = |capability: &str, who: &PersonaProfile| {
        serde_json::to_value(rig.gateway.explain(who, &capability.parse().unwrap()).unwrap()).unwrap()
    };
    assert_eq!(
        explained("desk__remind", &persona()),
        json!({"level": 1, "rule": "default of persona assistant = 1", "class": "unknown", "class_source": "guessed",
            "effect": "asks", "lowered": []})
    );
    rig.level("desk", Level::ReadOnly, &["look"]).await;
    assert_eq!(explained("desk__look", &persona())["class_source"], json!("operator_pin"));
    let careful = PersonaProfile { ceiling: Level::ReadOnly, ..persona() };
    assert_eq!(
        explained("desk__remind", &careful),
        json!({"level": 0, "rule": "ceiling 0 of persona assistant, over default of persona assistant = 1",
            "class": "unknown", "class_source": "guessed", "effect": "refused",
            "reason": "assistant is limited to reading here, and desk__remind is not known to be a read",
            "lowered": ["ceiling 0 of persona assistant"]})
    );
    rig.gateway.deregister("desk").await.unwrap();
    let builtin = Builtin {
        name: "desk".parse().unwrap(),
        url: peer.url(),
        description: String::new(),
        category: None,
    };
    rig.gateway.ensure_builtin(builtin).await.unwrap();
    assert_eq!(explained("desk__remind", &persona())["class_source"], json!("builtin_catalogue"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_may_be_about_callers_at_mcp() {
    let (rig, _peer) = desk().await;
    let patch = json!({"tool": "desk", "level": 2, "actions": ["remind"], "persona": MCP_CALLER});
    rig.gateway.set_rule(serde_json::from_value(patch).unwrap()).await.unwrap();
    let remind = "desk__remind".parse().unwrap();
    assert_eq!(rig.gateway.explain(&mcp_profile(), &remind).unwrap().effect, Effect::Runs);
    assert_eq!(rig.gateway.explain(&persona(), &remind).unwrap().effect, Effect::Asks);
}
