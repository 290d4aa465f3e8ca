//! What an agent asks back, and how often a request may be passed on.

use super::*;

/// Asks three times for each thing it is to do, or always.
async fn curious(always: bool) -> (Rig, Agent) {
    let asked = std::sync::atomic::AtomicU8::new(0);
    let agent = Agent::start(move |_, params| {
        let number = if params["message"]["taskId"] == "t1" {
            asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1
        } else {
            asked.store(1, std::sync::atomic::Ordering::SeqCst);
            1
        };
        let state = if number <= 3 || always { "TASK_STATE_INPUT_REQUIRED" } else { "TASK_STATE_COMPLETED" };
        Reply::Events(vec![begun(), json!({"task": task(state, &format!("round {number}"))})])
    })
    .await;
    let rig = Rig::open().await;
    register(&rig, &agent).await;
    (rig, agent)
}

fn passing(words: &str, goes: Goes, depth: u64) -> Proposal {
    let proposal = proposal(SKILL, json!({"message": words}), Duration::from_secs(60));
    Proposal { passing: Passing { goes, depth }, ..proposal }
}

fn asks(question: &str) -> Done {
    Done::Asks { question: question.into() }
}

async fn answer(rig: &Rig, words: &str) -> Result<Done, ProposeError> {
    match rig.gateway.propose(passing(words, Goes::On, 0)).await? {
        Verdict::Allowed(authorized) => Ok(rig.run(authorized).await),
        other => panic!("not allowed: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_to_the_task_that_asked_without_another_yes() {
    let (rig, agent) = curious(false).await;
    assert_eq!(ask(&rig, "book it").await, asks("round 1"));
    assert_eq!(answer(&rig, "Thursday").await.unwrap(), asks("round 2"));
    assert_eq!(answer(&rig, "two").await.unwrap(), asks("round 3"));
    let done = answer(&rig, "by train").await.unwrap();
    assert_eq!(done, Done::Succeeded { text: "round 4".into(), structured: None });
    assert!(matches!(answer(&rig, "yes").await, Err(ProposeError::NotAsked)));
    let said = agent.heard().into_iter().map(|(_, params)| {
        let message = &params["message"];
        (message["parts"][0]["text"].clone(), message["taskId"].clone(), message["contextId"].clone())
    });
    let said: Vec<_> = said.collect();
    let (task, context) = (json!("t1"), json!("c1"));
    assert_eq!(
        said,
        [
            (json!("book it"), json!(null), json!(null)),
            (json!("Thursday"), task.clone(), context.clone()),
            (json!("two"), task.clone(), context.clone()),
            (json!("by train"), task, context),
        ]
    );
    // Each is a row of its own, allowed by whoever said yes.
    let rows = rig.gateway.audit(AuditQuery::default()).await.unwrap();
    let ended: Vec<_> = rows.iter().filter(|row| row.state == AuditState::Succeeded).collect();
    assert_eq!(ended.len(), 4);
    assert!(ended.iter().all(|row| row.decided_by == ended[0].decided_by), "{ended:?}");
    assert!(ended[0].rule.starts_with("an answer to what the agent asked, over "), "{}", ended[0].rule);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_was_asked_answers_and_only_what_was_asked() {
    let (rig, agent) = curious(false).await;
    assert!(matches!(answer(&rig, "yes").await, Err(ProposeError::NotAsked)));
    ask(&rig, "book it").await;
    let elsewhere = Proposal { session: "s2".into(), ..passing("Thursday", Goes::On, 0) };
    assert!(matches!(rig.gateway.propose(elsewhere).await, Err(ProposeError::NotAsked)));
    let other = Proposal { persona: PersonaProfile::new("kids"), ..passing("Thursday", Goes::On, 0) };
    assert!(matches!(rig.gateway.propose(other).await, Err(ProposeError::NotAsked)));
    // What the rules forbid by now is not sent.
    rig.level("travel", Level::ReadOnly, &[]).await;
    let verdict = rig.gateway.propose(passing("Thursday", Goes::On, 0)).await.unwrap();
    assert!(matches!(verdict, Verdict::Denied(_)), "{verdict:?}");
    assert_eq!(agent.heard().len(), 1);
    // Of two answers one is sent.
    rig.level("travel", Level::Confirm, &[]).await;
    let both = [passing("Thursday", Goes::On, 0), passing("Friday", Goes::On, 0)];
    let mut rights = Vec::new();
    for proposal in both {
        let Verdict::Allowed(authorized) = rig.gateway.propose(proposal).await.unwrap() else {
            panic!("asked")
        };
        rights.push(authorized);
    }
    let second = rights.pop().unwrap();
    let first = rights.pop().unwrap();
    assert_eq!(rig.run(first).await, asks("round 2"));
    let late = "the agent waits for no answer any more".into();
    assert_eq!(rig.run(second).await, Done::NotSent { reason: late });
    // A request of its own is asked about, and answers nothing.
    ask(&rig, "book it").await;
    let Verdict::Ask(pending) = rig.gateway.propose(passing("a car", Goes::Anew, 0)).await.unwrap() else {
        panic!("not asked")
    };
    let authorized = rig.approved(pending).await;
    rig.run(authorized).await;
    assert_eq!(agent.heard().last().unwrap().1["message"].get("taskId"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_never_stops_asking_is_stopped() {
    let (rig, agent) = curious(true).await;
    let mut done = ask(&rig, "book it").await;
    let mut answers = 0;
    while matches!(done, Done::Asks { .. }) {
        done = answer(&rig, "Thursday").await.unwrap();
        answers += 1;
    }
    let reason = "it has asked 5 times, so it was not asked any further".into();
    assert_eq!((done, answers), (Done::ToolFailed { text: reason }, 5));
    assert!(matches!(answer(&rig, "Thursday").await, Err(ProposeError::NotAsked)));
    assert_eq!(agent.heard().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_passed_on_so_often_and_no_further() {
    let (rig, agent) = curious(false).await;
    rig.level("travel", Level::Autonomous, &["trip_plan"]).await;
    for depth in 0..a2a::DEEPEST {
        let Verdict::Allowed(authorized) =
            rig.gateway.propose(passing("go", Goes::Anew, depth)).await.unwrap()
        else {
            panic!("asked")
        };
        rig.run(authorized).await;
        let told = agent.heard().last().unwrap().1["message"]["metadata"][a2a::DELEGATION].clone();
        assert_eq!(told, json!({"depth": depth + 1}));
    }
    let error = rig.gateway.propose(passing("go", Goes::Anew, a2a::DEEPEST)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "this was passed on from agent to agent 3 times, and at most 3 are allowed, so ask one agent directly"
    );
    assert_eq!(agent.heard().len(), 3);
}
