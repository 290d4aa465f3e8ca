use a2a::{
    Artifact, Message, Part, Role, StreamResponse, Task, TaskState, TaskStatus, TaskStatusUpdateEvent,
};
use serde_json::json;

use super::*;

#[test]
fn a_request_of_0_3_is_read() {
    let params = json!({
        "message": {
            "kind": "message", "messageId": "m", "role": "user", "contextId": "c", "metadata": {"a": 1},
            "parts": [
                {"kind": "text", "text": "hello"},
                {"kind": "file", "file": {"uri": "http://x/bill.pdf", "name": "bill.pdf", "mimeType": "application/pdf"}},
                {"kind": "data", "data": {"b": 2}}
            ]
        },
        "configuration": {"blocking": false, "historyLength": 0, "acceptedOutputModes": ["text/plain"]}
    });
    let read = request(params).unwrap();
    assert_eq!(read.message.role, Role::User);
    assert_eq!(read.message.context_id.as_deref(), Some("c"));
    let file = Part::url("http://x/bill.pdf").with_filename("bill.pdf").with_media_type("application/pdf");
    assert_eq!(read.message.parts, [Part::text("hello"), file, Part::data(json!({"b": 2}))]);
    let configuration = read.configuration.unwrap();
    assert_eq!(configuration.return_immediately, Some(true));
    assert_eq!(configuration.history_length, None);
}

#[test]
fn what_can_not_be_read_is_said() {
    for (params, wanted) in [
        (json!([]), "params is no object"),
        (json!({}), "message is no object"),
        (json!({"message": {"messageId": "m", "role": "user"}}), "message.parts is no list"),
        (json!({"message": {"messageId": "m", "role": "king", "parts": []}}), "ROLE_KING"),
        (json!({"message": {"role": "user", "parts": []}}), "messageId"),
    ] {
        let error = request(params).unwrap_err();
        assert!(error.message.contains(wanted), "{error}");
    }
    let push = json!({
        "message": {"messageId": "m", "role": "user", "parts": []},
        "configuration": {"pushNotificationConfig": {"url": "http://x"}}
    });
    assert_eq!(request(push).unwrap_err().code, a2a::error_code::PUSH_NOTIFICATION_NOT_SUPPORTED);
}

#[test]
fn a_task_is_written_as_0_3_has_it() {
    let asked = Message {
        message_id: "q".to_owned(),
        task_id: Some("t".to_owned()),
        ..Message::new(Role::Agent, vec![Part::text("Shall I?"), Part::data(json!(3))])
    };
    let said = Message { message_id: "m".to_owned(), ..Message::new(Role::User, vec![Part::text("do")]) };
    let task = Task {
        id: "t".to_owned(),
        context_id: "c".to_owned(),
        status: TaskStatus { state: TaskState::InputRequired, message: Some(asked), timestamp: None },
        artifacts: Some(vec![Artifact {
            artifact_id: "reply".to_owned(),
            name: None,
            description: None,
            parts: vec![Part::raw(vec![1, 2]).with_filename("x")],
            metadata: None,
            extensions: None,
        }]),
        history: Some(vec![said]),
        metadata: None,
    };
    let expected = json!({
        "kind": "task", "id": "t", "contextId": "c",
        "status": {"state": "input-required", "message": {
            "kind": "message", "messageId": "q", "taskId": "t", "role": "agent",
            "parts": [{"kind": "text", "text": "Shall I?"}, {"kind": "data", "data": {"value": 3}}]
        }},
        "artifacts": [{"artifactId": "reply", "parts": [{"kind": "file", "file": {"bytes": "AQI=", "name": "x"}}]}],
        "history": [{"kind": "message", "messageId": "m", "role": "user", "parts": [{"kind": "text", "text": "do"}]}]
    });
    assert_eq!(shapes::task(&task).unwrap(), expected);
}

#[test]
fn a_status_says_whether_anything_follows() {
    for (state, name, is_final) in [
        (TaskState::Submitted, "submitted", false),
        (TaskState::Working, "working", false),
        (TaskState::InputRequired, "input-required", true),
        (TaskState::AuthRequired, "auth-required", false),
        (TaskState::Completed, "completed", true),
        (TaskState::Failed, "failed", true),
        (TaskState::Canceled, "canceled", true),
        (TaskState::Rejected, "rejected", true),
        (TaskState::Unspecified, "unknown", false),
    ] {
        let update = StreamResponse::StatusUpdate(TaskStatusUpdateEvent {
            task_id: "t".to_owned(),
            context_id: "c".to_owned(),
            status: TaskStatus { state, message: None, timestamp: None },
            metadata: None,
        });
        let expected = json!({
            "kind": "status-update", "taskId": "t", "contextId": "c", "status": {"state": name}, "final": is_final
        });
        assert_eq!(shapes::event(&update).unwrap(), expected);
    }
}
