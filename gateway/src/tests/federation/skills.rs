//! Skills of an agent at `/mcp`: tools like any other, under the same policy.

use super::super::agent::{Agent, Reply};
use super::*;

fn told(state: &str, says: &str) -> Value {
    json!({"task": {"id": "t1", "contextId": "c1", "status": {"state": state, "message": {
        "messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": says}]}}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_a_tool_under_the_same_policy() {
    for speaks in BOTH {
        let agent = Agent::start(|_, _| {
            Reply::Events(vec![
                told("TASK_STATE_WORKING", "looking"),
                told("TASK_STATE_COMPLETED", "Booked."),
            ])
        })
        .await;
        let rig = Rig::open().await;
        let registration = Registration { kind: Kind::Agent, ..Registration::new("travel", &*agent.url) };
        rig.gateway.register(registration).await.unwrap();
        let person = Person::new(None);
        let client = person.connect(&rig.serve().await, speaks).await;
        let names: Vec<_> = tools(&client).await.into_iter().map(|tool| tool.name).collect();
        assert_eq!(names, ["travel__trip_plan"]);
        let message = json!({"message": "book it"});
        rig.level("travel", Level::ReadOnly, &[]).await;
        let refused = call(&client, "travel__trip_plan", message.clone()).await.unwrap();
        assert_eq!(refused.is_error, Some(true), "{refused:?}");
        rig.level("travel", Level::Autonomous, &["trip_plan"]).await;
        assert_eq!(text(&call(&client, "travel__trip_plan", message).await.unwrap()), "Booked.");
        assert_eq!(agent.methods(), ["SendStreamingMessage"]);
        // What the agent says on the way is progress.
        within(person.progress.subscribe().wait_for(|seen| *seen == [1.0])).await.unwrap();
        assert!(client.list_all_resources().await.unwrap().is_empty());
    }
}
