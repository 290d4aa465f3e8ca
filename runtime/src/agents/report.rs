//! What an agent tells of a task: to the caller who listens, else straight into the kept task.

use std::collections::HashMap;

use a2a::{
    A2AError, Artifact, Part, StreamResponse, Task, TaskArtifactUpdateEvent, TaskId, TaskState,
    TaskStatusUpdateEvent,
};
use a2a_server::TaskStore as _;
use serde_json::json;

use super::{
    conversation::Told,
    mind::{End, Question},
    tasks::{self, Tasks},
};

/// The one artifact of a task: what it came to, in words.
const REPLY: &str = "reply";

/// Tells of one task.
pub(super) struct Report {
    to: To,
    task: TaskId,
    context: String,
    tasks: Tasks,
}

enum To {
    /// The protocol library keeps what is sent here, and passes it on.
    Caller(Told),
    Kept,
}

impl Report {
    /// To a caller who listens.
    pub fn to(events: Told, task: TaskId, context: String, tasks: Tasks) -> Self {
        Self { to: To::Caller(events), task, context, tasks }
    }

    /// Into the kept task, because nobody listens.
    pub fn kept(task: TaskId, context: String, tasks: Tasks) -> Self {
        Self { to: To::Kept, task, context, tasks }
    }

    /// Whose task it is.
    pub fn task(&self) -> &TaskId {
        &self.task
    }

    /// Whether a caller hears it.
    pub fn is_heard(&self) -> bool {
        match &self.to {
            To::Caller(events) => !events.is_closed(),
            To::Kept => false,
        }
    }

    /// It goes on.
    pub async fn works(&mut self, words: &str) {
        self.status(TaskState::Working, vec![Part::text(words)]).await;
    }

    /// It waits for an answer.
    pub async fn asks(&mut self, question: &Question) {
        let mut parts = vec![Part::text(&question.words)];
        parts.extend(question.details.clone().map(Part::data));
        self.status(TaskState::InputRequired, parts).await;
    }

    /// It is over: what is said about it is its artifact, and the last word of its status.
    pub async fn ends(mut self, end: End) {
        let words = if end.reply.is_empty() { "Done." } else { &end.reply };
        let metadata = HashMap::from([("calls".to_owned(), json!(end.calls))]);
        let artifact = Artifact {
            artifact_id: REPLY.to_owned(),
            name: Some(REPLY.to_owned()),
            description: None,
            parts: vec![Part::text(words)],
            metadata: (!end.calls.is_empty()).then_some(metadata),
            extensions: None,
        };
        let update = TaskArtifactUpdateEvent {
            task_id: self.task.clone(),
            context_id: self.context.clone(),
            artifact,
            append: None,
            last_chunk: Some(true),
            metadata: None,
        };
        self.send(StreamResponse::ArtifactUpdate(update)).await;
        self.status(end.state, vec![Part::text(words)]).await;
    }

    async fn status(&mut self, state: TaskState, parts: Vec<Part>) {
        let update = TaskStatusUpdateEvent {
            task_id: self.task.clone(),
            context_id: self.context.clone(),
            status: tasks::status(&self.task, &self.context, state, parts),
            metadata: None,
        };
        self.send(StreamResponse::StatusUpdate(update)).await;
    }

    async fn send(&mut self, event: StreamResponse) {
        let event = match &self.to {
            To::Caller(events) => match events.send(Ok(event)).await {
                Ok(()) => return,
                Err(unheard) => {
                    self.to = To::Kept;
                    unheard.0.ok()
                }
            },
            To::Kept => Some(event),
        };
        if let Some(event) = event
            && let Err(error) = self.keep(event).await
        {
            // Most likely it was cancelled meanwhile; its status says so.
            tracing::debug!(%error, task = self.task, "what became of a task could not be kept");
        }
    }

    async fn keep(&self, event: StreamResponse) -> Result<(), A2AError> {
        let kept = self.tasks.get(&self.task).await?;
        let mut kept: Task = kept.ok_or_else(|| A2AError::task_not_found(&self.task))?;
        match event {
            StreamResponse::StatusUpdate(update) => {
                tasks::remember_status(&mut kept);
                kept.status = update.status;
            }
            StreamResponse::ArtifactUpdate(update) => kept.artifacts = Some(vec![update.artifact]),
            StreamResponse::Task(_) | StreamResponse::Message(_) => return Ok(()),
        }
        self.tasks.update(kept).await.map(drop)
    }
}
