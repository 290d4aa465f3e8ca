//! One part of a request, done by another agent over A2A, from its first word to its end.

use std::collections::HashMap;

use a2a::{
    A2AError, CancelTaskRequest, Message, Part, PartContent, Role, SendMessageRequest, StreamResponse,
    SubscribeToTaskRequest, Task, TaskId, TaskState, TaskStatus,
};
use a2a_client::{A2AClient, jsonrpc::JsonRpcTransport};
use futures::{StreamExt as _, stream::BoxStream};
use homepilot_gateway::a2a::delegated;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::agents::mind::Question;

/// What became of one part.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Came {
    /// A state that is over.
    pub state: TaskState,
    /// Whoever had it.
    pub by: String,
    /// What they say.
    pub words: String,
    /// What was called for it, as they tell.
    pub calls: Vec<Value>,
}

/// A question of whoever has a part.
pub(super) struct Asking {
    pub question: Question,
    /// Closed when nobody waits for the answer any more.
    pub answer: oneshot::Sender<String>,
}

/// What somebody who has a part may tell and ask meanwhile.
#[derive(Clone)]
pub(super) struct Ears {
    pub progress: mpsc::Sender<String>,
    pub asks: mpsc::Sender<Asking>,
    pub cancel: CancellationToken,
}

/// The everyday assistant, where it listens.
#[derive(Clone)]
pub(in crate::agents) struct Everyday {
    url: String,
    name: &'static str,
    http: reqwest::Client,
}

type Events = BoxStream<'static, Result<StreamResponse, A2AError>>;

impl Everyday {
    /// The agent of this name at this address.
    pub fn new(name: &'static str, url: String) -> Self {
        Self { url, name, http: reqwest::Client::new() }
    }

    /// Has a part done. `depth` is how often it was passed on, this time included.
    pub(super) async fn does(&self, part: &str, depth: u64, ears: &Ears) -> Came {
        let client = A2AClient::new(JsonRpcTransport::new(self.http.clone(), self.url.clone()));
        let mut errand = Errand { client, by: self.name, seen: Seen::default(), ears: ears.clone() };
        let ended = tokio::select! {
            came = errand.run(said(part, None, depth), depth) => Some(came),
            () = ears.cancel.cancelled() => None,
        };
        match ended {
            Some(came) => came,
            None => errand.stop().await,
        }
    }
}

struct Errand {
    client: A2AClient<JsonRpcTransport>,
    by: &'static str,
    seen: Seen,
    ears: Ears,
}

/// How following a task ended.
enum Rest {
    /// It waits for an answer, or tells no more.
    Waits,
    Over,
    Lost(String),
}

impl Errand {
    async fn run(&mut self, mut request: SendMessageRequest, depth: u64) -> Came {
        loop {
            let events = match self.client.send_streaming_message(&request).await {
                Ok(events) => events,
                Err(error) => return self.came(TaskState::Rejected, error.message),
            };
            match self.follow(events).await {
                Rest::Over => return self.over(),
                Rest::Lost(why) => return self.unknown(&why),
                Rest::Waits => {}
            }
            match self.ask().await {
                Some(answer) => request = said(&answer, self.seen.task.as_ref(), depth),
                None => return self.over(),
            }
        }
    }

    async fn follow(&mut self, mut events: Events) -> Rest {
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.note(event).await,
                Err(error) => return Rest::Lost(error.message),
            }
            if self.seen.state.is_terminal() {
                return Rest::Over;
            }
        }
        if self.seen.state == TaskState::InputRequired {
            Rest::Waits
        } else {
            Rest::Lost("it told no end".to_owned())
        }
    }

    async fn note(&mut self, event: StreamResponse) {
        if let Some(words) = self.seen.take(event) {
            let words = format!("{}: {words}", self.by);
            // Whoever listened is gone with the request.
            if self.ears.progress.send(words).await.is_err() {
                tracing::debug!("nobody hears how a part goes on");
            }
        }
    }

    /// Passes a question on and waits for its answer; none when the task ended without one.
    async fn ask(&mut self) -> Option<String> {
        let watched = SubscribeToTaskRequest { id: self.seen.task.clone().unwrap_or_default(), tenant: None };
        let mut watched = match self.client.subscribe_to_task(&watched).await {
            Ok(events) => events,
            // It is over already, or can't be watched; an answer finds out.
            Err(_) => futures::stream::pending().boxed(),
        };
        loop {
            let asked = self.seen.question.clone();
            let (answer, mut answered) = oneshot::channel();
            let details = json!({"asked_by": self.by, "question": self.seen.details});
            let question = Question {
                words: format!("The {} asks: {asked}", self.by.to_lowercase()),
                details: Some(details),
            };
            self.ears.asks.send(Asking { question, answer }).await.ok()?;
            loop {
                tokio::select! {
                    text = &mut answered => return text.ok(),
                    event = watched.next() => match event {
                        Some(Ok(event)) => self.note(event).await,
                        Some(Err(_)) | None => watched = futures::stream::pending().boxed(),
                    },
                }
                if self.seen.state.is_terminal() {
                    return None;
                }
                if self.seen.question != asked {
                    break;
                }
            }
        }
    }

    /// Tells the delegate to stop, and says what it says to that.
    async fn stop(&mut self) -> Came {
        let Some(id) = self.seen.task.clone() else {
            return self.unknown("it had not said yet that it took this");
        };
        let request = CancelTaskRequest { id, metadata: None, tenant: None };
        match self.client.cancel_task(&request).await {
            Ok(task) => {
                self.seen.task(task);
                self.over()
            }
            Err(error) => self.unknown(&error.message),
        }
    }

    fn over(&self) -> Came {
        self.came(self.seen.state.clone(), self.seen.words.clone())
    }

    fn unknown(&self, why: &str) -> Came {
        let words =
            format!("I don't know what became of this, because {why}. Please check before you try again.");
        self.came(TaskState::Failed, words)
    }

    fn came(&self, state: TaskState, words: String) -> Came {
        Came { state, by: self.by.to_owned(), words, calls: self.seen.calls.clone() }
    }
}

/// What is known of a task.
#[derive(Default)]
struct Seen {
    task: Option<TaskId>,
    state: TaskState,
    /// Said last.
    words: String,
    question: String,
    details: Option<Value>,
    calls: Vec<Value>,
}

impl Seen {
    /// Notes an event. `Some` when it says how the work goes on.
    fn take(&mut self, event: StreamResponse) -> Option<String> {
        match event {
            StreamResponse::Task(task) => self.task(task),
            StreamResponse::StatusUpdate(update) => {
                self.task = Some(update.task_id);
                self.status(update.status);
                return (self.state == TaskState::Working && !self.words.is_empty())
                    .then(|| self.words.clone());
            }
            StreamResponse::ArtifactUpdate(update) => self.calls(update.artifact.metadata.as_ref()),
            StreamResponse::Message(message) => {
                self.state = TaskState::Completed;
                self.words = words(&message);
            }
        }
        None
    }

    fn task(&mut self, task: Task) {
        for artifact in task.artifacts.iter().flatten() {
            self.calls(artifact.metadata.as_ref());
        }
        self.task = Some(task.id);
        self.status(task.status);
    }

    fn status(&mut self, status: TaskStatus) {
        self.state = status.state;
        let Some(message) = status.message else { return };
        self.words = words(&message);
        if self.state == TaskState::InputRequired {
            self.question.clone_from(&self.words);
            self.details = message.parts.into_iter().find_map(|part| match part.content {
                PartContent::Data(data) => Some(data),
                PartContent::Text(_) | PartContent::Raw(_) | PartContent::Url(_) => None,
            });
        }
    }

    fn calls(&mut self, metadata: Option<&HashMap<String, Value>>) {
        if let Some(Value::Array(calls)) = metadata.and_then(|metadata| metadata.get("calls")) {
            self.calls.clone_from(calls);
        }
    }
}

fn words(message: &Message) -> String {
    message.parts.iter().filter_map(Part::as_text).collect::<Vec<_>>().join(" ")
}

fn said(text: &str, task: Option<&TaskId>, depth: u64) -> SendMessageRequest {
    let message = Message {
        task_id: task.cloned(),
        metadata: Some(delegated(depth)),
        ..Message::new(Role::User, vec![Part::text(text)])
    };
    SendMessageRequest { message, configuration: None, metadata: None, tenant: None }
}
