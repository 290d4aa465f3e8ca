//! An agent's port with a mind without a model behind it: what callers of both revisions see.

use std::sync::{Arc, Mutex};

use a2a::TaskState;
use async_trait::async_trait;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Agent, Tasks, card,
    chief::{self, Chief},
    conversations::{Begin, Conversations, MOST},
    database,
    desk::Desk,
    front,
    mind::{End, Event, Mind, Question, Said},
    scripted::Scripted,
};

type Outside = Arc<Mutex<Vec<mpsc::Sender<Event>>>>;

struct Port {
    url: String,
    tasks: Tasks,
    /// Makes things happen in the conversations, in the order they began.
    outside: Outside,
    stopping: CancellationToken,
    _folder: tempfile::TempDir,
    _serving: JoinSet<()>,
}

async fn port() -> Port {
    let outside = Outside::default();
    let begun = outside.clone();
    let begin: Begin = Box::new(move |_| {
        let (mind, happens) = Scripted::new();
        begun.lock().unwrap().push(happens);
        Ok(Box::new(mind) as Box<dyn Mind>)
    });
    port_of(Agent::Everyday, begin, outside).await
}

/// Takes what begins with "travel"; nobody else is registered.
struct Travel;

#[async_trait]
impl chief::Others for Travel {
    async fn take(&self, part: &str, passed_on: u64, _: &CancellationToken) -> Option<chief::Taken> {
        let part = part.strip_prefix("travel ")?;
        let (mut mind, _) = Scripted::new();
        mind.say(Said { text: part.to_owned(), depth: passed_on }).await.unwrap();
        Some(chief::Taken { by: "travel agent".to_owned(), mind: Box::new(mind) })
    }
}

/// The chief of staff, whose everyday assistant is behind another port.
async fn chief_of(everyday: &Port) -> Port {
    let everyday = chief::Everyday::new(Agent::Everyday.title(), everyday.url.clone());
    let begin: Begin =
        Box::new(move |_| Ok(Box::new(Chief::new(everyday.clone(), Arc::new(Travel))) as Box<dyn Mind>));
    port_of(Agent::ChiefOfStaff, begin, Outside::default()).await
}

async fn port_of(agent: Agent, begin: Begin, outside: Outside) -> Port {
    let folder = tempfile::tempdir().unwrap();
    let pool = database::open(&folder.path().join("homepilot.db")).await.unwrap();
    let tasks = Tasks::new(pool, agent.name());
    let (tracker, stopping) = (TaskTracker::new(), CancellationToken::new());
    let conversations = Conversations::new(begin, tasks.clone(), tracker.clone());
    let desk = Desk::new(conversations, tasks.clone(), tracker, stopping.clone());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = front::router(desk, &card::card(agent, at));
    let mut serving = JoinSet::new();
    let stop = stopping.clone().cancelled_owned();
    serving.spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stop).await.unwrap() });
    Port { url: card::url(at), tasks, outside, stopping, _folder: folder, _serving: serving }
}

impl Port {
    async fn post(&self, body: &Value) -> reqwest::Response {
        reqwest::Client::new().post(&self.url).json(body).send().await.unwrap()
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let answer: Value = self.post(&body).await.json().await.unwrap();
        assert_eq!(answer["id"], 7, "{answer}");
        answer
    }

    /// The result of a call that succeeds.
    async fn result(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params).await;
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    /// The code and the message of a call that fails.
    async fn error(&self, method: &str, params: Value) -> (i64, String) {
        let answer = self.call(method, params).await;
        let error = &answer["error"];
        (error["code"].as_i64().unwrap_or_default(), error["message"].as_str().unwrap_or_default().to_owned())
    }

    async fn send(&self, text: &str, more: Value) -> Value {
        self.result("SendMessage", said(text, more)).await["task"].clone()
    }

    /// Begins a stream.
    async fn stream(&self, method: &str, params: Value) -> Stream {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let bytes = self.post(&body).await.bytes_stream();
        Stream {
            bytes: bytes.map(|bytes| bytes.map(|b| b.to_vec()).unwrap_or_default()).boxed(),
            text: Vec::new(),
        }
    }

    async fn happens(&self, conversation: usize, event: Event) {
        let happens = self.outside.lock().unwrap()[conversation].clone();
        happens.send(event).await.unwrap();
    }
}

struct Stream {
    bytes: futures::stream::BoxStream<'static, Vec<u8>>,
    text: Vec<u8>,
}

impl Stream {
    /// The result of the next event; none at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.text.drain(..end + 2).collect();
                let event = String::from_utf8(event).unwrap();
                let Some(data) = event.lines().find_map(|line| line.strip_prefix("data:")) else { continue };
                let answer: Value = serde_json::from_str(data).unwrap();
                assert!(answer.get("error").is_none(), "{answer}");
                return Some(answer["result"].clone());
            }
            self.text.extend(self.bytes.next().await?);
        }
    }

    async fn rest(mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn said(text: &str, more: Value) -> Value {
    let mut message = json!({"messageId": "m", "role": "ROLE_USER", "parts": [{"text": text}]});
    for (key, value) in more.as_object().into_iter().flatten() {
        message[key] = value.clone();
    }
    json!({ "message": message })
}

fn state(task: &Value) -> &str {
    task["status"]["state"].as_str().unwrap_or_default()
}

fn words(task: &Value) -> &str {
    task["status"]["message"]["parts"][0]["text"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_request_is_answered_kept_and_listed() {
    let port = port().await;
    let task = port.send("hello", json!({})).await;
    assert_eq!((state(&task), words(&task)), ("TASK_STATE_COMPLETED", "You said hello."));
    assert_eq!(task["artifacts"][0]["parts"][0]["text"], "You said hello.");
    assert_eq!(task["history"][0]["parts"][0]["text"], "hello");
    let got = port.result("GetTask", json!({"id": task["id"]})).await;
    assert_eq!(got["status"], task["status"]);
    // A follow-up in the same conversation is a task of its own.
    let next = port.send("and now", json!({"contextId": task["contextId"]})).await;
    assert_ne!(next["id"], task["id"]);
    assert_eq!(port.outside.lock().unwrap().len(), 1);
    let list = port.result("ListTasks", json!({"contextId": task["contextId"]})).await;
    assert_eq!((&list["tasks"][0]["id"], &list["totalSize"]), (&next["id"], &json!(2)));
    assert_eq!(port.error("GetTask", json!({"id": "none"})).await.0, -32001);
    assert_eq!(port.error("SendMessage", said("x", json!({"taskId": "none"}))).await.0, -32001);
}

#[tokio::test]
async fn a_question_waits_for_its_own_answer() {
    let port = port().await;
    let task = port.send("write home", json!({})).await;
    assert_eq!((state(&task), words(&task)), ("TASK_STATE_INPUT_REQUIRED", "I'll write home. Shall I?"));
    assert_eq!(task["status"]["message"]["parts"][1]["data"]["approval"]["tool"], "write");
    // A yes without the task is nobody's answer.
    let (code, message) =
        port.error("SendMessage", said("yes", json!({"contextId": task["contextId"]}))).await;
    assert!(code == -32600 && message.contains(task["id"].as_str().unwrap()), "{code} {message}");
    let other = port.send("yes", json!({})).await;
    assert_eq!(words(&other), "You said yes.");
    let done = port.send("yes", json!({"taskId": task["id"]})).await;
    assert_eq!((state(&done), words(&done)), ("TASK_STATE_COMPLETED", "I wrote home."));
    assert_eq!(done["artifacts"][0]["metadata"]["calls"][0]["state"], "succeeded");
    let said = |at: usize| done["history"][at]["parts"][0]["text"].clone();
    assert_eq!([said(0), said(1), said(2)], ["write home", "I'll write home. Shall I?", "yes"]);
    // It is over.
    let (code, _) = port.error("SendMessage", self::said("yes", json!({"taskId": task["id"]}))).await;
    assert_eq!(code, -32004);

    let task = port.send("write again", json!({})).await;
    let not = port.send("no", json!({"taskId": task["id"]})).await;
    assert_eq!((state(&not), words(&not)), ("TASK_STATE_CANCELED", "Okay, I won't. Nothing was done."));
}

#[tokio::test]
async fn what_is_answered_elsewhere_goes_on_and_its_next_question_is_put_again() {
    let port = port().await;
    let task = port.send("write home", json!({})).await;
    let id = task["id"].as_str().unwrap();
    let mut watched = port.stream("SubscribeToTask", json!({"id": id})).await;
    assert_eq!(state(&watched.next().await.unwrap()["task"]), "TASK_STATE_INPUT_REQUIRED");
    port.happens(0, Event::Closed).await;
    let more = Question { words: "Shall I stamp it?".to_owned(), details: None };
    port.happens(0, Event::Asking(more)).await;
    let asked = loop {
        let task = watched.next().await.unwrap()["task"].clone();
        if words(&task) == "Shall I stamp it?" {
            break task;
        }
    };
    assert_eq!(state(&asked), "TASK_STATE_INPUT_REQUIRED");
    // This yes was meant for the question before, so it answers nothing.
    let again = port.send("yes", json!({"taskId": id})).await;
    assert_eq!((state(&again), words(&again)), ("TASK_STATE_INPUT_REQUIRED", "Shall I stamp it?"));
    let done = port.send("yes", json!({"taskId": id})).await;
    assert_eq!(state(&done), "TASK_STATE_COMPLETED");
    let last = watched.rest().await;
    let last = last.last().unwrap();
    assert_eq!(last["statusUpdate"]["status"]["state"], "TASK_STATE_COMPLETED", "{last}");

    // One that expires ends by itself.
    let task = port.send("write later", json!({"contextId": task["contextId"]})).await;
    let mut changes = port.tasks.changes();
    port.happens(0, Event::Over(End::said(TaskState::Canceled, "I didn't hear a yes, so I did nothing.")))
        .await;
    let over = loop {
        let got = port.result("GetTask", json!({"id": task["id"]})).await;
        if state(&got) != "TASK_STATE_INPUT_REQUIRED" {
            break got;
        }
        changes.changed().await.unwrap();
    };
    assert_eq!(
        (state(&over), words(&over)),
        ("TASK_STATE_CANCELED", "I didn't hear a yes, so I did nothing.")
    );
}

#[tokio::test]
async fn a_stream_tells_what_goes_on_and_many_may_watch() {
    let port = port().await;
    let mut first = port.stream("SendStreamingMessage", said("dig", json!({}))).await;
    let task = first.next().await.unwrap()["task"].clone();
    assert_eq!(state(&task), "TASK_STATE_WORKING");
    let working = first.next().await.unwrap();
    assert_eq!(words(&working["statusUpdate"]), "I'm digging.");
    let mut second = port.stream("SubscribeToTask", json!({"id": task["id"]})).await;
    assert_eq!(second.next().await.unwrap()["task"]["id"], task["id"]);
    let busy = port.error("SendMessage", said("hello", json!({"contextId": task["contextId"]}))).await;
    assert!(busy.1.contains("still under way"), "{busy:?}");

    // Cancelled, it says what it knows, and everybody hears it.
    let over = port.result("CancelTask", json!({"id": task["id"]})).await;
    let unknown = "I don't know whether the hole is there.";
    assert_eq!((state(&over), words(&over)), ("TASK_STATE_CANCELED", unknown));
    for stream in [first, second] {
        let last = stream.rest().await;
        assert_eq!(words(&last.last().unwrap()["statusUpdate"]), unknown, "{last:?}");
    }
    assert_eq!(port.error("SubscribeToTask", json!({"id": task["id"]})).await.0, -32004);
    let done = port.send("hello", json!({})).await;
    assert_eq!(port.error("CancelTask", json!({"id": done["id"]})).await.0, -32002);
}

#[tokio::test]
async fn cancelling_a_question_denies_it() {
    let port = port().await;
    let task = port.send("write home", json!({})).await;
    let over = port.result("CancelTask", json!({"id": task["id"]})).await;
    assert_eq!((state(&over), words(&over)), ("TASK_STATE_CANCELED", "Okay, I stopped. Nothing was done."));
    let next = port.send("yes", json!({"contextId": task["contextId"]})).await;
    assert_eq!(words(&next), "You said yes.");
}

#[tokio::test]
async fn an_older_client_is_served_too() {
    let port = port().await;
    let older = |text: &str, more: Value| {
        let mut params = said(text, more);
        params["message"]["kind"] = json!("message");
        params["message"]["role"] = json!("user");
        params["message"]["parts"] = json!([{"kind": "text", "text": text}]);
        params
    };
    let task = port.result("message/send", older("write home", json!({}))).await;
    assert_eq!(
        (&task["kind"], state(&task), words(&task)),
        (&json!("task"), "input-required", "I'll write home. Shall I?")
    );
    let again = port.result("tasks/get", json!({"id": task["id"]})).await;
    assert_eq!(again["status"], task["status"]);
    let events =
        port.stream("message/stream", older("yes", json!({"taskId": task["id"]}))).await.rest().await;
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["kind"].as_str()).collect();
    assert_eq!(kinds, ["task", "artifact-update", "status-update"]);
    let last = events.last().unwrap();
    assert_eq!((state(last), &last["final"]), ("completed", &json!(true)));

    let task = port.result("message/send", older("write again", json!({}))).await;
    let mut watched = port.stream("tasks/resubscribe", json!({"id": task["id"]})).await;
    assert_eq!(state(&watched.next().await.unwrap()), "input-required");
    let over = port.result("tasks/cancel", json!({"id": task["id"]})).await;
    assert_eq!(state(&over), "canceled");
    assert_eq!(state(watched.rest().await.last().unwrap()), "canceled");
    for (method, code) in [
        ("tasks/pushNotificationConfig/set", -32003),
        ("agent/getAuthenticatedExtendedCard", -32007),
        ("tasks/invent", -32601),
        ("message/send", -32602),
        ("tasks/get", -32602),
    ] {
        assert_eq!(port.error(method, json!({})).await.0, code, "{method}");
    }
}

#[tokio::test]
async fn what_can_not_be_taken_is_refused_and_leaves_no_task() {
    let port = port().await;
    let deep = json!({"metadata": {"homepilot.delegation": {"depth": 4}}});
    for (params, code, wanted) in [
        (said("", json!({})), -32602, "no words"),
        (said(&"x".repeat(4_001), json!({})), -32602, "4001 characters"),
        (said("x", json!({"parts": [{"url": "http://x", "filename": "a.pdf"}]})), -32005, "a.pdf"),
        (said("x", json!({"contextId": "x".repeat(129)})), -32602, "contextId"),
        (said("x", deep), -32004, "more than 3 times"),
    ] {
        let (found, message) = port.error("SendMessage", params).await;
        assert!(found == code && message.contains(wanted), "{found} {message}");
    }
    // All places taken by questions.
    for _ in 0..MOST {
        port.send("write home", json!({})).await;
    }
    let (_, message) = port.error("SendMessage", said("hello", json!({}))).await;
    assert!(message.starts_with("16 conversations are at work"), "{message}");
    assert_eq!(port.result("ListTasks", json!({})).await["totalSize"], MOST);

    let large = port.post(&json!({"jsonrpc": "2.0", "id": 1, "method": "x".repeat(1 << 20)})).await;
    assert_eq!(large.status(), 413);
    let foreign = reqwest::Client::new().get(&port.url).header("Host", "evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    let nothing = reqwest::get(format!("{}nothing", port.url)).await.unwrap();
    assert_eq!(nothing.status(), 404);
    let versioned = reqwest::Client::new().post(&port.url).header("A2A-Version", "2.0");
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": {"id": "x"}});
    let answer: Value = versioned.json(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["error"]["code"], -32009, "{answer}");
}

#[tokio::test]
async fn a_conversation_that_rests_makes_room_and_its_end_is_said() {
    let port = port().await;
    for number in 0..=MOST {
        port.send("hello", json!({"contextId": format!("c{number}")})).await;
    }
    // The first is forgotten, and says so.
    let events =
        port.stream("SendStreamingMessage", said("hello", json!({"contextId": "c0"}))).await.rest().await;
    assert!(words(&events[1]["statusUpdate"]).contains("no longer know"), "{events:?}");
    let task = port.send("end", json!({})).await;
    assert_eq!(state(&task), "TASK_STATE_FAILED");
    assert!(words(&task).contains("audit"), "{task}");

    // A watcher does not keep the program from stopping.
    let task = port.send("write home", json!({})).await;
    let watched = port.stream("SubscribeToTask", json!({"id": task["id"]})).await;
    port.stopping.cancel();
    watched.rest().await;
}

#[tokio::test]
async fn the_chief_of_staff_passes_questions_on_and_says_who_did_what() {
    let everyday = port().await;
    let chief = chief_of(&everyday).await;
    // The urgent part comes first, and one question is put at a time, in the delegate's words.
    let mut task = chief.send("write home; hello you; write Tom, urgent", json!({})).await;
    let mut asked = Vec::new();
    while state(&task) == "TASK_STATE_INPUT_REQUIRED" {
        asked.push(words(&task).to_owned());
        assert_eq!(task["status"]["message"]["parts"][1]["data"]["asked_by"], "Everyday assistant");
        let answer = if words(&task).contains("Tom") { "yes" } else { "no" };
        task = chief.send(answer, json!({"taskId": task["id"]})).await;
    }
    asked.sort();
    let question = |what: &str| format!("The everyday assistant asks: I'll write {what}. Shall I?");
    assert_eq!(asked, [question("Tom, urgent"), question("home")]);
    assert_eq!(state(&task), "TASK_STATE_COMPLETED");
    assert_eq!(
        words(&task),
        "The everyday assistant says: I wrote Tom, urgent. You said hello you. \
         Not done: the everyday assistant says: Okay, I won't. Nothing was done."
    );
    assert_eq!(task["artifacts"][0]["metadata"]["calls"][0]["state"], "succeeded");
    let depths = everyday.result("ListTasks", json!({})).await;
    let depth = |task: &Value| task["history"][0]["metadata"]["homepilot.delegation"]["depth"].clone();
    assert!(depths["tasks"].as_array().unwrap().iter().all(|task| depth(task) == 1.0), "{depths}");
}

#[tokio::test]
async fn a_part_that_fits_another_agent_is_given_to_it_and_its_questions_come_back() {
    let everyday = port().await;
    let chief = chief_of(&everyday).await;
    let mut task = chief.send("travel write Rome; hello you", json!({})).await;
    assert_eq!((state(&task), words(&task)), ("TASK_STATE_INPUT_REQUIRED", "I'll write Rome. Shall I?"));
    task = chief.send("yes", json!({"taskId": task["id"]})).await;
    assert_eq!(state(&task), "TASK_STATE_COMPLETED");
    assert_eq!(
        words(&task),
        "The travel agent says: I wrote Rome. The everyday assistant says: You said hello you."
    );
    assert_eq!(task["artifacts"][0]["metadata"]["calls"][0]["text"], "I wrote Rome.");

    let task = chief.send("travel write Rome", json!({})).await;
    let over = chief.result("CancelTask", json!({"id": task["id"]})).await;
    assert_eq!(state(&over), "TASK_STATE_CANCELED", "{over}");
    let mut stream = chief.stream("SendStreamingMessage", said("travel dig", json!({}))).await;
    let task = stream.next().await.unwrap()["task"].clone();
    while words(&stream.next().await.unwrap()["statusUpdate"]) != "travel agent: I'm digging." {}
    let over = chief.result("CancelTask", json!({"id": task["id"]})).await;
    assert!(words(&over).contains("I don't know whether the hole is there."), "{over}");
}

#[tokio::test]
async fn what_is_cancelled_at_the_chief_of_staff_is_cancelled_at_its_delegates() {
    let everyday = port().await;
    let chief = chief_of(&everyday).await;
    let mut stream = chief.stream("SendStreamingMessage", said("dig", json!({}))).await;
    let task = stream.next().await.unwrap()["task"].clone();
    while words(&stream.next().await.unwrap()["statusUpdate"]) != "Everyday assistant: I'm digging." {}
    let over = chief.result("CancelTask", json!({"id": task["id"]})).await;
    assert_eq!(state(&over), "TASK_STATE_CANCELED");
    assert!(words(&over).contains("I don't know whether the hole is there."), "{over}");
    let theirs = everyday.result("ListTasks", json!({})).await;
    assert_eq!(state(&theirs["tasks"][0]), "TASK_STATE_CANCELED");

    // A question that is answered elsewhere is withdrawn here.
    let task = chief.send("write home", json!({})).await;
    assert_eq!(state(&task), "TASK_STATE_INPUT_REQUIRED");
    let mut watched = chief.stream("SubscribeToTask", json!({"id": task["id"]})).await;
    watched.next().await.unwrap();
    everyday.happens(1, Event::Closed).await;
    everyday.happens(1, Event::Over(End::said(TaskState::Completed, "It is written."))).await;
    let last = watched.rest().await;
    assert_eq!(state(&last.last().unwrap()["task"]), "TASK_STATE_COMPLETED", "{last:?}");
}

#[tokio::test]
async fn what_is_passed_on_too_often_or_is_too_much_is_given_to_nobody() {
    let everyday = port().await;
    let chief = chief_of(&everyday).await;
    let deep = json!({"metadata": {"homepilot.delegation": {"depth": 3}}});
    let task = chief.send("hello", deep).await;
    assert!(state(&task) == "TASK_STATE_REJECTED" && words(&task).contains("3 times"), "{task}");
    let task = chief.send("a1; b2; c3; d4; e5; f6; g7", json!({})).await;
    assert_eq!(state(&task), "TASK_STATE_COMPLETED", "what can't stand alone stays together: {task}");
    let seven = ["write home"; 7].join("; ");
    let task = chief.send(&seven, json!({})).await;
    assert!(state(&task) == "TASK_STATE_REJECTED" && words(&task).contains("7 things"), "{task}");
    everyday.stopping.cancel();
    let task = chief.send("write home", json!({})).await;
    assert_eq!(state(&task), "TASK_STATE_REJECTED", "{task}");
}
