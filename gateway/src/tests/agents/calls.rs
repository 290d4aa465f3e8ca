//! How calls to agents end: whatever happens, the words leave once, and what is not known is not claimed.

use tokio_util::sync::CancellationToken;

use super::*;

/// Streams the reply to what is said, and answers other methods by name.
fn plays(
    said: impl Fn() -> Reply + Send + Sync + 'static,
    more: impl Fn(&str) -> Reply + Send + Sync + 'static,
) -> impl Fn(&str, &Value) -> Reply + Send + Sync + 'static {
    move |method, _| if method == "SendStreamingMessage" { said() } else { more(method) }
}

fn unheard_of(_: &str) -> Reply {
    Reply::Error(-32001, "no such task")
}

fn unknown(reason: &str) -> Done {
    Done::Unknown { reason: reason.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_leave_once_under_the_name_of_the_call() {
    let done = || Reply::Events(vec![begun(), json!({"task": task("TASK_STATE_COMPLETED", "Booked.")})]);
    let (rig, agent) = (Rig::open().await, Agent::start(plays(done, unheard_of)).await);
    register(&rig, &agent).await;
    let authorized = rig.granted(SKILL, json!({"message": "book it"})).await;
    let outcome = rig.gateway.execute(authorized, CancellationToken::new()).await;
    assert_eq!(outcome.state, Done::Succeeded { text: "Booked.".into(), structured: None });
    let message = agent.heard()[0].1["message"].clone();
    assert_eq!(message["messageId"], json!(outcome.entry.to_string()));
    assert_eq!(
        (&message["parts"], &message["metadata"]),
        (
            &json!([{"text": "book it"}]),
            &json!({"skillId": "trip.plan", "homepilot.delegation": {"depth": 1}})
        )
    );
    assert_eq!(agent.methods(), ["SendStreamingMessage"]);
    assert_eq!(rig.states().await, [AuditState::Succeeded]);
    // The conversation goes on in the agent's context.
    ask(&rig, "and a car").await;
    assert_eq!(agent.heard()[1].1["message"]["contextId"], "c1");
    assert_eq!(agent.heard()[1].1["message"].get("taskId"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_before_a_task_is_named_is_unknown_and_not_sent_again() {
    /// What is answered, and what is said about it.
    type Row = (fn() -> Reply, &'static str);
    let rows: [Row; 5] = [
        (|| Reply::Break, "an event stream broke"),
        (|| Reply::Events(vec![]), "the agent ended without an answer"),
        (|| Reply::Flood, "the connection broke while waiting: its answer exceeds 8388608 bytes"),
        (|| Reply::Odd(axum::http::StatusCode::BAD_GATEWAY, "<html>"), "HTTP 502"),
        (|| Reply::Result(json!(7)), "the agent ended without an answer"),
    ];
    for (reply, reason) in rows {
        let (rig, agent) = (Rig::open().await, Agent::start(plays(reply, unheard_of)).await);
        register(&rig, &agent).await;
        // Pinned as a read, which a tool would get a second time.
        rig.level("travel", Level::ReadOnly, &["trip_plan"]).await;
        let Verdict::Allowed(authorized) = rig.propose(SKILL, json!({"message": "book it"})).await.unwrap()
        else {
            panic!("asked")
        };
        let done = rig.run(authorized).await;
        assert!(
            matches!(&done, Done::Unknown { reason: said } if said == reason || reason.contains("stream")),
            "{done:?}"
        );
        assert_eq!(agent.methods(), ["SendStreamingMessage"], "{reason}");
        assert_eq!(rig.states().await, [AuditState::Unknown]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_after_a_task_is_named_is_asked_about() {
    let done = |method: &str| match method {
        "GetTask" => Reply::Result(task("TASK_STATE_COMPLETED", "Booked.")),
        _ => unheard_of(method),
    };
    let broken = || Reply::Events(vec![begun()]);
    let (rig, agent) = (Rig::open().await, Agent::start(plays(broken, done)).await);
    register(&rig, &agent).await;
    assert_eq!(ask(&rig, "book it").await, Done::Succeeded { text: "Booked.".into(), structured: None });
    assert_eq!(agent.methods(), ["SendStreamingMessage", "GetTask"]);

    let (rig, agent) = (Rig::open().await, Agent::start(plays(broken, unheard_of)).await);
    register(&rig, &agent).await;
    let reason = "it was under way, and the agent does not tell what became of it: no such task";
    assert_eq!(ask(&rig, "book it").await, unknown(reason));
    assert_eq!(agent.methods(), ["SendStreamingMessage", "GetTask"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_stream_is_asked_until_it_is_done() {
    let (rig, agent) = (
        Rig::open().await,
        Agent::start(|method, _| match method {
            "SendMessage" => Reply::Result(begun()),
            "GetTask" => Reply::Result(task("TASK_STATE_COMPLETED", "Booked.")),
            _ => unheard_of(method),
        })
        .await,
    );
    agent.show(CardReply::Card(quiet(&agent)));
    register(&rig, &agent).await;
    assert_eq!(ask(&rig, "book it").await, Done::Succeeded { text: "Booked.".into(), structured: None });
    assert_eq!(agent.methods(), ["SendMessage", "GetTask"]);
    assert_eq!(agent.heard()[0].1["configuration"]["returnImmediately"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_call_times_out_as_unknown() {
    let impatient = || impatient(|limits| limits.call = Duration::from_millis(500));
    let (rig, agent) = (impatient().await, Agent::start(plays(|| Reply::Silence, unheard_of)).await);
    register(&rig, &agent).await;
    assert_eq!(ask(&rig, "book it").await, unknown("no answer within 500ms"));

    let hangs = || Reply::EventsThenSilence(vec![begun()]);
    let stops = |method: &str| match method {
        "CancelTask" => Reply::Result(task("TASK_STATE_CANCELED", "")),
        _ => unheard_of(method),
    };
    let (rig, agent) = (impatient().await, Agent::start(plays(hangs, stops)).await);
    register(&rig, &agent).await;
    assert_eq!(
        ask(&rig, "book it").await,
        unknown("no answer within 500ms, so the agent was told to stop, and did")
    );
    assert_eq!(agent.methods(), ["SendStreamingMessage", "CancelTask"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_tells_the_agent_and_says_what_is_known() {
    let working = || Reply::Result(task("TASK_STATE_WORKING", "thinking"));
    // What is answered to `CancelTask`, and to `GetTask` after it.
    type Answers = (fn() -> Reply, fn() -> Reply);
    let rows: [(Answers, Done); 3] = [
        (
            (|| Reply::Result(task("TASK_STATE_CANCELED", "")), || unheard_of("")),
            Done::ToolFailed { text: "It was cancelled before it was done.".into() },
        ),
        (
            (|| Reply::Error(-32002, "too late"), || Reply::Result(task("TASK_STATE_COMPLETED", "Booked."))),
            Done::Succeeded { text: "Booked.".into(), structured: None },
        ),
        (
            (|| Reply::Result(task("TASK_STATE_WORKING", "never")), || unheard_of("")),
            unknown("it was cancelled while it was running, and the agent does not say that it stopped"),
        ),
    ];
    for ((cancelled, after), wanted) in rows {
        let stopped = std::sync::atomic::AtomicBool::new(false);
        let agent = Agent::start(move |method, _| match method {
            "SendMessage" => Reply::Result(begun()),
            "CancelTask" => {
                stopped.store(true, std::sync::atomic::Ordering::SeqCst);
                cancelled()
            }
            _ if stopped.load(std::sync::atomic::Ordering::SeqCst) => after(),
            _ => working(),
        })
        .await;
        agent.show(CardReply::Card(quiet(&agent)));
        let rig = Rig::open().await;
        register(&rig, &agent).await;
        let authorized = rig.granted(SKILL, json!({"message": "book it"})).await;
        let cancel = CancellationToken::new();
        let run = rig.gateway.execute(authorized, cancel.clone());
        let stop = async {
            agent.has_heard(2).await;
            cancel.cancel();
        };
        let (outcome, ()) = tokio::join!(run, stop);
        assert_eq!(outcome.state, wanted);
    }
}

/// The card of an agent that does not stream.
fn quiet(agent: &Agent) -> Value {
    let mut card = agent.card();
    card["capabilities"] = json!({});
    card
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_asks_is_answered_in_the_same_task() {
    let (rig, agent) = (
        Rig::open().await,
        Agent::start(|_, params| {
            let goes_on = params["message"]["taskId"] == "t1";
            let waits = json!({"task": task("TASK_STATE_INPUT_REQUIRED", "Which day?")});
            let booked = json!({"task": task("TASK_STATE_COMPLETED", "Booked.")});
            // As SDKs do: the task is told first as it stood.
            Reply::Events(if goes_on { vec![waits, booked] } else { vec![begun(), waits] })
        })
        .await,
    );
    register(&rig, &agent).await;
    let asks = Done::Asks { question: "Which day?".into() };
    assert_eq!(ask(&rig, "book it").await, asks);
    // Another session is another conversation.
    let mut other = proposal(SKILL, json!({"message": "Thursday"}), Duration::from_secs(60));
    other.session = "s2".into();
    rig.level("travel", Level::Autonomous, &["trip_plan"]).await;
    let Verdict::Allowed(authorized) = rig.gateway.propose(other).await.unwrap() else { panic!("asked") };
    assert_eq!(rig.run(authorized).await, asks);

    let Verdict::Allowed(authorized) = rig.propose(SKILL, json!({"message": "Friday"})).await.unwrap() else {
        panic!("asked")
    };
    assert_eq!(rig.run(authorized).await, Done::Succeeded { text: "Booked.".into(), structured: None });
    let ids: Vec<_> = agent.heard().iter().map(|(_, params)| params["message"]["taskId"].clone()).collect();
    assert_eq!(ids, [json!(null), json!(null), json!("t1")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_calls_fail_is_left_alone() {
    let (rig, agent) = (Rig::open().await, Agent::start(plays(|| Reply::Break, unheard_of)).await);
    register(&rig, &agent).await;
    for _ in 0..crate::upstream::FAILURES {
        assert!(matches!(ask(&rig, "book it").await, Done::Unknown { .. }));
    }
    rig.until(|gateway| {
        gateway.unavailable().iter().any(|one| one.reason.starts_with("it has failed 5 times in a row"))
    })
    .await;
    rig.until(|gateway| gateway.capabilities().len() == 1).await;
}
