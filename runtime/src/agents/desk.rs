//! The requests of the protocol, before and around what its library does with them: what can't be taken is refused before
//! there is a task, and a task that waits for an answer can be watched too.

use std::{pin::pin, sync::Arc};

use a2a::{
    A2AError, AgentCard, CancelTaskRequest, DeleteTaskPushNotificationConfigRequest,
    GetExtendedAgentCardRequest, GetTaskPushNotificationConfigRequest, GetTaskRequest,
    ListTaskPushNotificationConfigsRequest, ListTaskPushNotificationConfigsResponse, ListTasksRequest,
    ListTasksResponse, SendMessageRequest, SendMessageResponse, StreamResponse, SubscribeToTaskRequest, Task,
    TaskPushNotificationConfig, TaskState, error_code,
};
use a2a_server::{DefaultRequestHandler, RequestHandler, ServiceParams, TaskStore as _};
use async_trait::async_trait;
use futures::StreamExt as _;
use homepilot_gateway::a2a::DEEPEST;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    card,
    conversations::Conversations,
    executor::{Events, Executor, events},
    request,
    tasks::Tasks,
};

/// Where an agent's requests arrive.
pub(super) struct Desk {
    library: Arc<DefaultRequestHandler>,
    conversations: Arc<Conversations>,
    tasks: Tasks,
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl Desk {
    pub fn new(
        conversations: Arc<Conversations>,
        tasks: Tasks,
        tracker: TaskTracker,
        stopping: CancellationToken,
    ) -> Arc<Self> {
        let executor =
            Executor { conversations: conversations.clone(), tasks: tasks.clone(), tracker: tracker.clone() };
        let library =
            DefaultRequestHandler::new(executor, tasks.clone()).with_capabilities(card::capabilities());
        Arc::new(Self { library: Arc::new(library), conversations, tasks, tracker, stopping })
    }

    /// Refuses what would only make a task that fails.
    async fn admit(&self, request: &SendMessageRequest) -> Result<(), A2AError> {
        let message = &request.message;
        request::words(message)?;
        request::context(message)?;
        let depth = request::depth(message, request.metadata.as_ref());
        if depth > DEEPEST {
            let message = format!(
                "this was passed on more than {} times from agent to agent, so I did nothing: ask one agent directly",
                DEEPEST
            );
            return Err(A2AError::unsupported_operation(message));
        }
        let context = match &message.task_id {
            Some(id) => self.tasks.get(id).await?.map(|task| task.context_id),
            None => message.context_id.clone(),
        };
        // What has no task of its own must not be taken for the answer of the task that is open.
        if message.task_id.is_none()
            && let Some(context) = &context
            && let Some(open) = self.tasks.open_in(context).await?
        {
            return Err(A2AError::invalid_request(occupied(&open)));
        }
        self.conversations
            .has_room(context.as_deref())
            .map_err(|refused| A2AError::new(error_code::INTERNAL_ERROR, refused.to_string()))
    }

    fn until_stopped(&self, events: Events) -> Events {
        events.take_until(self.stopping.clone().cancelled_owned()).boxed()
    }
}

fn occupied(open: &Task) -> String {
    let id = &open.id;
    if open.status.state == TaskState::InputRequired {
        format!(
            "task {id} of this conversation waits for an answer: send it with taskId {id}, or cancel that task"
        )
    } else {
        format!("task {id} of this conversation is still under way: wait for its end, or cancel it")
    }
}

#[async_trait]
impl RequestHandler for Desk {
    async fn send_message(
        &self,
        params: &ServiceParams,
        request: SendMessageRequest,
    ) -> Result<SendMessageResponse, A2AError> {
        self.admit(&request).await?;
        self.library.send_message(params, request).await
    }

    async fn send_streaming_message(
        &self,
        params: &ServiceParams,
        request: SendMessageRequest,
    ) -> Result<Events, A2AError> {
        self.admit(&request).await?;
        let events = self.library.send_streaming_message(params, request).await?;
        Ok(self.until_stopped(events))
    }

    async fn get_task(&self, params: &ServiceParams, request: GetTaskRequest) -> Result<Task, A2AError> {
        self.library.get_task(params, request).await
    }

    async fn list_tasks(
        &self,
        params: &ServiceParams,
        request: ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        self.library.list_tasks(params, request).await
    }

    async fn cancel_task(
        &self,
        params: &ServiceParams,
        request: CancelTaskRequest,
    ) -> Result<Task, A2AError> {
        self.library.cancel_task(params, request).await
    }

    /// The library lets a task be watched while it works; while it waits for an answer, the kept task is watched here.
    async fn subscribe_to_task(
        &self,
        params: &ServiceParams,
        request: SubscribeToTaskRequest,
    ) -> Result<Events, A2AError> {
        let task = self.tasks.get(&request.id).await?;
        let task = task.ok_or_else(|| A2AError::task_not_found(&request.id))?;
        if task.status.state.is_terminal() {
            let message = format!("task {} is over: get it instead", request.id);
            return Err(A2AError::unsupported_operation(message));
        }
        let (to, watched) = mpsc::channel(1);
        let watch = Watch {
            library: self.library.clone(),
            tasks: self.tasks.clone(),
            params: params.clone(),
            request,
        };
        self.tracker.spawn(self.stopping.clone().run_until_cancelled_owned(watch.run(to)));
        Ok(self.until_stopped(events(watched)))
    }

    async fn create_push_config(
        &self,
        params: &ServiceParams,
        request: TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        self.library.create_push_config(params, request).await
    }

    async fn get_push_config(
        &self,
        params: &ServiceParams,
        request: GetTaskPushNotificationConfigRequest,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        self.library.get_push_config(params, request).await
    }

    async fn list_push_configs(
        &self,
        params: &ServiceParams,
        request: ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        self.library.list_push_configs(params, request).await
    }

    async fn delete_push_config(
        &self,
        params: &ServiceParams,
        request: DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        self.library.delete_push_config(params, request).await
    }

    async fn get_extended_agent_card(
        &self,
        params: &ServiceParams,
        request: GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        self.library.get_extended_agent_card(params, request).await
    }
}

/// Somebody who watches a task to its end.
struct Watch {
    library: Arc<DefaultRequestHandler>,
    tasks: Tasks,
    params: ServiceParams,
    request: SubscribeToTaskRequest,
}

impl Watch {
    /// Ends with the task, or with who watches.
    async fn run(self, to: mpsc::Sender<Result<StreamResponse, A2AError>>) {
        let mut changes = self.tasks.changes();
        let mut shown = None;
        loop {
            changes.mark_unchanged();
            if let Ok(events) = self.library.subscribe_to_task(&self.params, self.request.clone()).await {
                let mut events = pin!(events);
                while let Some(event) = events.next().await {
                    let over = matches!(&event, Ok(event) if is_over(event)) || event.is_err();
                    if let Ok(StreamResponse::StatusUpdate(update)) = &event {
                        shown = Some(update.status.clone());
                    }
                    if to.send(event).await.is_err() || over {
                        return;
                    }
                }
            }
            match self.tasks.get(&self.request.id).await {
                Ok(Some(task)) if shown.as_ref() == Some(&task.status) => {}
                Ok(Some(task)) => {
                    shown = Some(task.status.clone());
                    let over = task.status.state.is_terminal();
                    if to.send(Ok(StreamResponse::Task(task))).await.is_err() || over {
                        return;
                    }
                }
                Ok(None) => return,
                // The watcher is told; there is nobody else to tell.
                Err(error) => return drop(to.send(Err(error)).await),
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = to.closed() => return,
            }
        }
    }
}

fn is_over(event: &StreamResponse) -> bool {
    match event {
        StreamResponse::Task(task) => task.status.state.is_terminal(),
        StreamResponse::StatusUpdate(update) => update.status.state.is_terminal(),
        StreamResponse::Message(_) | StreamResponse::ArtifactUpdate(_) => false,
    }
}
