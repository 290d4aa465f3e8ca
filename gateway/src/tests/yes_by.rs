//! Rules that want their yes given in one way, and the PIN.

use serde_json::json;

use super::peer::Peer;
use super::*;

async fn desk(approve: &str) -> (Rig, Peer) {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    if approve == "pin" {
        rig.gateway.set_pin(Some("4711")).await.unwrap();
    }
    rig.rule(json!({"tool": "desk", "level": 1, "actions": ["remind"], "approve": approve})).await.unwrap();
    (rig, peer)
}

impl Rig {
    async fn rule(&self, patch: Value) -> Result<PolicyRule, RuleError> {
        self.gateway.set_rule(serde_json::from_value(patch).unwrap()).await
    }

    async fn says_yes(&self, pending: &Pending, by: DecidedBy, pin: Option<&str>) -> Result<(), AnswerError> {
        self.gateway.answer_with_pin(&pending.approval.id, Decision::Approve, by, pin).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_counts_only_as_the_rule_wants_it() {
    use DecidedBy::{Api, Mcp, Screen, Voice};
    for (approve, good, bad) in
        [("screen", [Screen, Api], [Voice, Mcp]), ("voice", [Voice, Voice], [Screen, Mcp])]
    {
        let (rig, _peer) = desk(approve).await;
        for by in good {
            let mut pending = rig.ask("desk__remind", json!({"text": "milk"})).await;
            assert_eq!(pending.approval.approve.as_str(), approve);
            for other in bad {
                let error = rig.says_yes(&pending, other, None).await.unwrap_err();
                assert!(matches!(error, AnswerError::Otherwise { .. }), "{approve} {other:?}: {error}");
                assert!(rig.gateway.approval(&pending.approval.id).is_some(), "it stays open");
            }
            rig.says_yes(&pending, by, None).await.unwrap();
            assert!(matches!(pending.resolution.wait().await, Resolution::Granted(_)), "{approve} {by:?}");
        }
        // A no counts from anywhere.
        let pending = rig.ask("desk__remind", json!({"text": "milk"})).await;
        rig.gateway.answer(&pending.approval.id, Decision::Deny, bad[0]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pin_is_asked_for_and_guessing_it_ends_soon() {
    let (rig, _peer) = desk("pin").await;
    let mut pending = rig.ask("desk__remind", json!({"text": "milk"})).await;
    for (by, pin) in
        [(DecidedBy::Voice, Some("4711")), (DecidedBy::Screen, None), (DecidedBy::Mcp, Some("4711"))]
    {
        let error = rig.says_yes(&pending, by, pin).await.unwrap_err();
        assert!(matches!(error, AnswerError::Otherwise { .. }), "{by:?}: {error}");
    }
    let error = rig.says_yes(&pending, DecidedBy::Screen, Some("0000")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "that is not the PIN; after 4 more wrong ones none is taken for 15 minutes"
    );
    rig.says_yes(&pending, DecidedBy::Screen, Some("4711")).await.unwrap();
    assert!(matches!(pending.resolution.wait().await, Resolution::Granted(_)));
    // The right one starts the count anew; many at once are no more than as many in a row.
    let pending = rig.ask("desk__remind", json!({"text": "milk"})).await;
    let guesses = (0..12).map(|_| rig.says_yes(&pending, DecidedBy::Api, Some("1234")));
    let refused = futures::future::join_all(guesses).await;
    let wrong =
        refused.iter().filter(|guess| matches!(guess, Err(AnswerError::Pin(PinError::Wrong { .. })))).count();
    assert!(wrong < 5 && refused.iter().all(Result::is_err), "{refused:?}");
    let error = rig.says_yes(&pending, DecidedBy::Screen, Some("4711")).await.unwrap_err();
    assert!(matches!(error, AnswerError::Pin(PinError::Paused { minutes: 15 })), "{error}");
    assert!(rig.gateway.approval(&pending.approval.id).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pin_stays_while_a_rule_needs_it() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    let wanted = json!({"tool": "desk", "level": 2, "approve": "pin"});
    assert!(matches!(rig.rule(wanted.clone()).await, Err(RuleError::NoPin)));
    for odd in ["", "123", "12a4", "１２３４", "1234567890123"] {
        assert!(matches!(rig.gateway.set_pin(Some(odd)).await, Err(PinError::Shape)), "{odd}");
    }
    rig.gateway.set_pin(Some("00124")).await.unwrap();
    assert_eq!(rig.rule(wanted).await.unwrap().approve, Some(YesBy::Pin));
    assert!(matches!(rig.gateway.set_pin(None).await, Err(PinError::InUse { rules: 1 })));
    let rig = rig.reopen().await;
    assert_eq!(rig.gateway.rules()[0].approve, Some(YesBy::Pin));
    assert!(rig.gateway.has_pin().await.unwrap());
    rig.gateway.remove_rule("desk", None, None).await.unwrap();
    rig.gateway.set_pin(None).await.unwrap();
    assert!(!rig.gateway.has_pin().await.unwrap());
    let nobody = json!({"tool": "desk", "level": 0, "approve": "screen"});
    assert!(matches!(rig.rule(nobody).await, Err(RuleError::NobodyIsAsked)));
}
