//! Between the protocol library, which keeps tasks and streams, and the conversations, which do the work.

use std::sync::Arc;

use a2a::{A2AError, Message, Part, StreamResponse, Task, TaskState, TaskStatus, TaskStatusUpdateEvent};
use a2a_server::{AgentExecutor, ExecutorContext};
use futures::{StreamExt as _, stream, stream::BoxStream};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use super::{
    conversation::{Order, Told},
    conversations::{Conversations, Way},
    mind::{End, Said},
    report::Report,
    request,
    tasks::{self, Tasks},
};

/// Events that may wait for the protocol library.
const EVENTS: usize = 16;

/// What a caller is told who goes on with a conversation that only the list of tasks remembers.
const FORGOTTEN: &str =
    "I no longer know what was said in this conversation before, so I take this by itself.";

/// Lets conversations deal with what callers send.
pub(super) struct Executor {
    pub conversations: Arc<Conversations>,
    pub tasks: Tasks,
    pub tracker: TaskTracker,
}

/// What is told of a task while somebody listens.
pub(super) type Events = BoxStream<'static, Result<StreamResponse, A2AError>>;

/// What comes through a channel.
pub(super) fn events(received: mpsc::Receiver<Result<StreamResponse, A2AError>>) -> Events {
    let next = async |mut received: mpsc::Receiver<_>| received.recv().await.map(|event| (event, received));
    stream::unfold(received, next).boxed()
}

impl AgentExecutor for Executor {
    fn execute(&self, ctx: ExecutorContext) -> Events {
        let (told, received) = mpsc::channel(EVENTS);
        let (conversations, tasks) = (self.conversations.clone(), self.tasks.clone());
        self.tracker.spawn(async move { hand_over(&conversations, tasks, ctx, told).await });
        // The program waits until what was received is kept, too.
        let last = self.tracker.token();
        events(received)
            .chain(stream::poll_fn(move |_| {
                let _waits_with_us = &last;
                std::task::Poll::Ready(None)
            }))
            .boxed()
    }

    fn cancel(&self, ctx: ExecutorContext) -> Events {
        let conversation = self.conversations.open(&ctx.context_id);
        stream::once(async move {
            let (outcome, told) = oneshot::channel();
            let order = Order::Cancel { task: ctx.task_id.clone(), outcome };
            let sent = match conversation {
                Some(conversation) => conversation.send(order).await.is_ok(),
                None => false,
            };
            let words = if sent { told.await.ok() } else { None };
            let words = words.unwrap_or_else(|| "Nothing was under way any more.".to_owned());
            let parts = vec![Part::text(words)];
            let status = tasks::status(&ctx.task_id, &ctx.context_id, TaskState::Canceled, parts);
            let update = TaskStatusUpdateEvent {
                task_id: ctx.task_id,
                context_id: ctx.context_id,
                status,
                metadata: None,
            };
            Ok(StreamResponse::StatusUpdate(update))
        })
        .boxed()
    }
}

/// Tells the conversation what was said, after the caller has seen the task.
async fn hand_over(conversations: &Conversations, tasks: Tasks, ctx: ExecutorContext, events: Told) {
    let Some(message) = &ctx.message else { return };
    let seen = StreamResponse::Task(begun(&ctx, message));
    if events.send(Ok(seen)).await.is_err() {
        return;
    }
    let report = |events| Report::to(events, ctx.task_id.clone(), ctx.context_id.clone(), tasks.clone());
    let said = match request::words(message) {
        Ok(text) => Said { text, depth: request::depth(message, ctx.metadata.as_ref()) },
        Err(error) => return report(events).ends(End::said(TaskState::Rejected, &error.message)).await,
    };
    let way = match conversations.find(&ctx.context_id) {
        Ok(Way::GoesOn(way)) => way,
        Ok(Way::Begins(way)) => {
            if tasks.knows_other(&ctx.context_id, &ctx.task_id).await.unwrap_or(false) {
                report(events.clone()).works(FORGOTTEN).await;
            }
            way
        }
        Err(refused) => {
            return report(events).ends(End::said(TaskState::Rejected, &refused.to_string())).await;
        }
    };
    let order = Order::Say { task: ctx.task_id.clone(), said, events };
    if let Err(unsaid) = way.send(order).await
        && let Order::Say { events, .. } = unsaid.0
    {
        let words = "The conversation ended before I could begin, so I did nothing. Please ask me again.";
        report(events).ends(End::said(TaskState::Failed, words)).await;
    }
}

/// The task as it begins, or goes on: with the question that is answered, and the message, in its history.
fn begun(ctx: &ExecutorContext, message: &Message) -> Task {
    let mut task = ctx.stored_task.clone().unwrap_or_else(|| Task {
        id: ctx.task_id.clone(),
        context_id: ctx.context_id.clone(),
        status: TaskStatus { state: TaskState::Submitted, message: None, timestamp: None },
        artifacts: None,
        history: None,
        metadata: None,
    });
    // The library has put the message there already, or not, depending on how it was sent.
    if let Some(history) = &mut task.history
        && history.last() == Some(message)
    {
        history.pop();
    }
    tasks::remember_status(&mut task);
    task.history.get_or_insert_default().push(message.clone());
    task.status = TaskStatus { state: TaskState::Working, message: None, timestamp: None };
    task
}
