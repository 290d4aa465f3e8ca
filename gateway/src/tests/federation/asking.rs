//! Level by level: refused, asked, run; and of several answers the first.

use rmcp::model::{CallToolResponse, ElicitResult, InputResponses};

use super::*;
use crate::tests::peer::Peer;

async fn desk() -> (Rig, Peer, String) {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    let url = rig.serve().await;
    (rig, peer, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_accepted_form_with_its_tick_is_a_yes() {
    let (rig, peer, url) = desk().await;
    for speaks in BOTH {
        for (says, wanted) in [
            (Says::AcceptsAndTicksNothing, "It was not run: the answer was no."),
            (Says::No, "It was not run: the answer was no."),
            (Says::Yes, "reminder set: {\"text\":\"tea\\u{202e}\"}"),
        ] {
            let person = Person::new(Some(says));
            let client = person.connect(&url, speaks).await;
            let before = peer.done();
            let result = call(&client, "desk__remind", json!({"text": "tea\u{202e}"})).await.unwrap();
            assert_eq!(text(&result).replace('\u{202e}', "\\u{202e}"), wanted, "{speaks:?} {says:?}");
            assert_eq!(peer.done() - before, usize::from(says == Says::Yes));
            // What is approved is what is read: nothing in it is invisible.
            assert_eq!(
                person.seen(),
                [
                    "tester wants to run remind of desk (not known to be a read) with {\n  \"text\": \"tea\\u{202e}\"\n}"
                ]
            );
        }
    }
    let by: Vec<_> = rig
        .gateway
        .audit(AuditQuery::default())
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.decided_by)
        .collect();
    assert_eq!(by, [DecidedBy::Mcp; 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_forms_waits_for_the_api() {
    let (rig, peer, url) = desk().await;
    for (speaks, decision) in BOTH.into_iter().zip([Decision::Approve, Decision::Deny]) {
        let client = Person::new(None).connect(&url, speaks).await;
        let called = tokio::spawn(async move { call(&client, "desk__remind", json!({"text": "x"})).await });
        let open = question(&rig).await;
        assert_eq!(open.persona, MCP_CALLER);
        rig.gateway.answer(&open.id, decision, DecidedBy::Api).await.unwrap();
        let result = within(called).await.unwrap().unwrap();
        assert_eq!(result.is_error == Some(true), decision == Decision::Deny);
    }
    assert_eq!(peer.done(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_elsewhere_takes_the_clients_form_back() {
    let (rig, peer, url) = desk().await;
    let person = Person::new(Some(Says::Nothing));
    let client = person.connect(&url, Speaks::Sessions).await;
    let called =
        tokio::spawn(async move { (call(&client, "desk__remind", json!({"text": "x"})).await, client) });
    within(person.asked.notified()).await;
    rig.gateway.answer(&question(&rig).await.id, Decision::Approve, DecidedBy::Screen).await.unwrap();
    within(person.taken_back.notified()).await;
    let (result, _client) = within(called).await.unwrap();
    assert_eq!((text(&result.unwrap()), peer.done()), ("reminder set: {\"text\":\"x\"}".to_owned(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_withdraws_its_question() {
    for speaks in BOTH {
        let (rig, peer, url) = desk().await;
        let client = Person::new(None).connect(&url, speaks).await;
        let handle = client
            .send_cancellable_request(
                rmcp::model::ClientRequest::CallToolRequest(rmcp::model::CallToolRequest::new(tool(
                    "desk__remind",
                    json!({"text": "x"}),
                ))),
                rmcp::service::PeerRequestOptions::no_options(),
            )
            .await
            .unwrap();
        question(&rig).await;
        match speaks {
            Speaks::Sessions => handle.cancel(None).await.unwrap(),
            Speaks::Stateless => drop(client.cancel().await.unwrap()),
        }
        within(async {
            while !rig.gateway.approvals().is_empty() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!((rig.states().await, peer.done()), (vec![AuditState::Denied], 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_good_for_its_own_request_once() {
    let (rig, peer, url) = desk().await;
    let client = Person::new(Some(Says::Yes)).connect(&url, Speaks::Stateless).await;
    let CallToolResponse::InputRequired(wanted) =
        client.call_tool_once(tool("desk__remind", json!({"text": "x"}))).await.unwrap()
    else {
        panic!("not asked")
    };
    let requests = wanted.input_requests.unwrap();
    let key = requests.keys().next().unwrap().clone();
    let yes = ElicitResult::new(ElicitationAction::Accept).with_content(json!({"approve": true}));
    let leg = |arguments: Value, state: &str| {
        let mut leg = tool("desk__remind", arguments);
        leg.input_responses = Some(InputResponses::from([(key.clone(), json!(yes))]));
        leg.request_state = Some(state.to_owned());
        leg
    };
    let state = wanted.request_state.unwrap();
    for odd in [leg(json!({"text": "y"}), &state), leg(json!({"text": "x"}), &format!("{state}x"))] {
        assert!(matches!(client.call_tool_once(odd).await, Err(ServiceError::McpError(_))));
    }
    let answered = client.call_tool_once(leg(json!({"text": "x"}), &state)).await.unwrap();
    assert!(matches!(answered, CallToolResponse::Complete(result) if result.is_error != Some(true)));
    let Err(ServiceError::McpError(error)) = client.call_tool_once(leg(json!({"text": "x"}), &state)).await
    else {
        panic!("used twice")
    };
    assert_eq!(error.message, "this request state was used before or has expired, call again without it");
    assert_eq!((rig.states().await, peer.done()), (vec![AuditState::Succeeded], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_why() {
    let (rig, peer, url) = desk().await;
    rig.level("desk", Level::ReadOnly, &[]).await;
    let client = Person::new(None).connect(&url, Speaks::Sessions).await;
    let refused = call(&client, "desk__remind", json!({"text": "x"})).await.unwrap();
    assert_eq!(
        text(&refused),
        "It was not run: mcp is limited to reading here, and desk__remind is not known to be a read."
    );
    let wrong = call(&client, "desk__remind", json!({"when": "now"})).await.unwrap();
    assert!(wrong.is_error == Some(true));
    assert_eq!(peer.done(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_with_a_key_runs_once() {
    let (rig, peer, url) = desk().await;
    let client = Person::new(None).connect(&url, Speaks::Sessions).await;
    rig.level("desk", Level::Autonomous, &["remind"]).await;
    for _ in 0..2 {
        let mut intent = tool("desk__remind", json!({"text": "x"}));
        let meta = json!({"homepilot/idempotency-key": "tea-at-five"});
        intent.meta = Some(serde_json::from_value(meta).unwrap());
        let result = client.call_tool(intent).await.unwrap();
        assert_eq!(text(&result), "reminder set: {\"text\":\"x\"}");
    }
    assert_eq!(peer.done(), 1);
}

/// The one open question, once it is there.
async fn question(rig: &Rig) -> ApprovalView {
    within(async {
        loop {
            if let Some(view) = rig.gateway.approvals().into_iter().next() {
                return view;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}
