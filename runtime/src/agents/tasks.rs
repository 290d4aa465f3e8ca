//! The agents' tasks, kept in the database: what was asked, where it stands, what came of it. A task survives the program;
//! what it waited for does not, and [`Tasks::recover`] says so in it.

mod page;
#[cfg(test)]
mod tests;

use a2a::{
    A2AError, ListTasksRequest, ListTasksResponse, Message, Part, Role, Task, TaskId, TaskState, TaskStatus,
    error_code,
};
use a2a_server::{TaskStore, pagination::resolve_page_size, task_store::TaskVersion};
use async_trait::async_trait;
use sqlx::{SqlitePool, SqliteTransaction};
use tokio::sync::watch;

use page::PageToken;

/// Tasks kept of one agent; the oldest that are over make room.
pub const MOST_KEPT: i64 = 1_000;
/// Days a task that is over is kept.
pub const DAYS_KEPT: i64 = 30;
/// Messages kept of one task; the oldest make room.
pub const MOST_MESSAGES: usize = 50;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// What a task says that was under way when the program ended.
const CUT_OFF: &str = "I was stopped before this was finished. Whether something was sent is in the audit. Please ask me again.";
/// What a task says whose question was open when the program ended.
const EXPIRED: &str =
    "I was restarted, and my question expired with that, so I did nothing. Please ask me again.";

/// The tasks of one agent.
#[derive(Clone, Debug)]
pub struct Tasks {
    pool: SqlitePool,
    agent: &'static str,
    changes: watch::Sender<u64>,
}

impl Tasks {
    /// The tasks of `agent` in a database that [`open`](crate::database::open) opened.
    pub(super) fn new(pool: SqlitePool, agent: &'static str) -> Self {
        Self { pool, agent, changes: watch::Sender::new(0) }
    }

    /// Ends what a former run of the program left open.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn recover(&self) -> Result<(), A2AError> {
        let open = sqlx::query_scalar::<_, String>(
            "select task from agent_tasks where agent = ?1 and state not in ('completed', 'failed', 'canceled', 'rejected')",
        );
        let open = open.bind(self.agent).fetch_all(&self.pool).await.map_err(broken)?;
        for task in open {
            let mut task = read(&task)?;
            let words = if task.status.state == TaskState::InputRequired { EXPIRED } else { CUT_OFF };
            remember_status(&mut task);
            task.status = status(&task.id, &task.context_id, TaskState::Failed, vec![Part::text(words)]);
            self.update(task).await?;
        }
        Ok(())
    }

    /// How many tasks are not over.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_tasks(&self) -> Result<i64, A2AError> {
        sqlx::query_scalar(
            "select count(*) from agent_tasks where agent = ?1 and state not in ('completed', 'failed', 'canceled', 'rejected')",
        )
        .bind(self.agent)
        .fetch_one(&self.pool)
        .await
        .map_err(broken)
    }

    /// The task of this conversation that is not over, if there is one.
    pub(super) async fn open_in(&self, context: &str) -> Result<Option<Task>, A2AError> {
        let task = sqlx::query_scalar::<_, String>(
            "select task from agent_tasks where agent = ?1 and context = ?2 \
             and state not in ('completed', 'failed', 'canceled', 'rejected') limit 1",
        );
        let task = task.bind(self.agent).bind(context).fetch_optional(&self.pool).await.map_err(broken)?;
        task.map(|task| read(&task)).transpose()
    }

    /// Whether there was another task in this conversation.
    pub(super) async fn knows_other(&self, context: &str, task: &TaskId) -> Result<bool, A2AError> {
        let known = sqlx::query_scalar::<_, i64>(
            "select exists (select 1 from agent_tasks where agent = ?1 and context = ?2 and id <> ?3)",
        );
        let known = known.bind(self.agent).bind(context).bind(task);
        Ok(known.fetch_one(&self.pool).await.map_err(broken)? == 1)
    }

    /// Changes whenever a task does.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    async fn begin(&self) -> Result<SqliteTransaction<'static>, A2AError> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(broken)
    }

    async fn commit(&self, transaction: SqliteTransaction<'static>) -> Result<(), A2AError> {
        transaction.commit().await.map_err(broken)?;
        self.changes.send_modify(|change| *change += 1);
        Ok(())
    }

    async fn stored(
        &self,
        transaction: &mut SqliteTransaction<'static>,
        id: &str,
    ) -> Result<Option<(Task, i64)>, A2AError> {
        let row = sqlx::query_as::<_, (String, i64)>(
            "select task, version from agent_tasks where agent = ?1 and id = ?2",
        );
        let row = row.bind(self.agent).bind(id).fetch_optional(&mut **transaction).await.map_err(broken)?;
        row.map(|(task, version)| Ok((read(&task)?, version))).transpose()
    }

    async fn write(
        &self,
        transaction: &mut SqliteTransaction<'static>,
        task: &Task,
        version: i64,
    ) -> Result<TaskVersion, A2AError> {
        sqlx::query(
            "insert into agent_tasks (agent, id, context, state, created_at, updated_at, version, task) \
             values (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7) \
             on conflict (agent, id) do update set state = excluded.state, updated_at = excluded.updated_at, \
             version = excluded.version, task = excluded.task",
        )
        .bind(self.agent)
        .bind(&task.id)
        .bind(&task.context_id)
        .bind(state_name(&task.status.state))
        .bind(updated_at(task))
        .bind(version)
        .bind(serde_json::to_string(task).map_err(broken)?)
        .execute(&mut **transaction)
        .await
        .map_err(broken)?;
        TaskVersion::try_from(version).map_err(broken)
    }

    /// Removes what is over and too old, or too much.
    async fn sweep(&self, transaction: &mut SqliteTransaction<'static>, now: i64) -> Result<(), A2AError> {
        sqlx::query(
            "delete from agent_tasks where agent = ?1 and state in ('completed', 'failed', 'canceled', 'rejected') \
             and (updated_at < ?2 or id in (select id from agent_tasks where agent = ?1 \
             order by updated_at desc, id desc limit -1 offset ?3))",
        )
        .bind(self.agent)
        .bind(now - DAYS_KEPT * DAY)
        .bind(MOST_KEPT)
        .execute(&mut **transaction)
        .await
        .map_err(broken)?;
        Ok(())
    }
}

#[async_trait]
impl TaskStore for Tasks {
    async fn create(&self, task: Task) -> Result<TaskVersion, A2AError> {
        let mut transaction = self.begin().await?;
        if self.stored(&mut transaction, &task.id).await?.is_some() {
            return Err(A2AError::invalid_request(format!("task {} is there already", task.id)));
        }
        let version = self.write(&mut transaction, &task, 1).await?;
        self.sweep(&mut transaction, updated_at(&task)).await?;
        self.commit(transaction).await?;
        Ok(version)
    }

    async fn update(&self, mut task: Task) -> Result<TaskVersion, A2AError> {
        let mut transaction = self.begin().await?;
        let stored = self.stored(&mut transaction, &task.id).await?;
        let (stored, version) = stored.ok_or_else(|| A2AError::task_not_found(&task.id))?;
        let (was, becomes) = (&stored.status.state, &task.status.state);
        if was.is_terminal() && was != becomes {
            let (was, becomes) = (state_name(was), state_name(becomes));
            let message = format!("task {} is {was} and can't become {becomes}", task.id);
            return Err(A2AError::invalid_request(message));
        }
        if let Some(history) = &mut task.history {
            let too_many = history.len().saturating_sub(MOST_MESSAGES);
            history.drain(..too_many);
        }
        let version = self.write(&mut transaction, &task, version + 1).await?;
        self.commit(transaction).await?;
        Ok(version)
    }

    async fn get(&self, task_id: &str) -> Result<Option<Task>, A2AError> {
        let row =
            sqlx::query_scalar::<_, String>("select task from agent_tasks where agent = ?1 and id = ?2");
        let row = row.bind(self.agent).bind(task_id).fetch_optional(&self.pool).await.map_err(broken)?;
        row.map(|task| read(&task)).transpose()
    }

    /// Newest status first.
    async fn list(&self, request: &ListTasksRequest) -> Result<ListTasksResponse, A2AError> {
        let size = resolve_page_size(request.page_size);
        let token = request.page_token.as_deref().filter(|token| !token.is_empty());
        let from = token.map(str::parse::<PageToken>).transpose()?;
        let state = request.status.as_ref().filter(|state| **state != TaskState::Unspecified).map(state_name);
        let context = request.context_id.as_deref().filter(|context| !context.is_empty());
        let after = request.status_timestamp_after.map(|at| at.timestamp_micros());
        let total = sqlx::query_scalar::<_, i64>(
            "select count(*) from agent_tasks where agent = ?1 and (?2 is null or context = ?2) \
             and (?3 is null or state = ?3) and (?4 is null or updated_at > ?4)",
        );
        let total = total.bind(self.agent).bind(context).bind(state).bind(after);
        let total = total.fetch_one(&self.pool).await.map_err(broken)?;
        let rows = sqlx::query_as::<_, (String, i64, String)>(
            "select id, updated_at, task from agent_tasks where agent = ?1 and (?2 is null or context = ?2) \
             and (?3 is null or state = ?3) and (?4 is null or updated_at > ?4) \
             and (?5 is null or (updated_at, id) < (?5, ?6)) order by updated_at desc, id desc limit ?7",
        );
        let rows = rows.bind(self.agent).bind(context).bind(state).bind(after);
        let rows = rows.bind(from.as_ref().map(|from| from.at)).bind(from.as_ref().map(|from| &from.id));
        // One more than a page, which says whether there is a next one.
        let limit = i64::try_from(size).map_err(broken)? + 1;
        let mut rows = rows.bind(limit).fetch_all(&self.pool).await.map_err(broken)?;
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(|(id, at, _)| PageToken { at: *at, id: id.clone() });
        let tasks = rows.iter().map(|(.., task)| read(task)).collect::<Result<Vec<_>, _>>()?;
        let artifacts = request.include_artifacts == Some(true);
        let short = |mut task: Task| {
            task.artifacts = task.artifacts.filter(|_| artifacts);
            task
        };
        Ok(ListTasksResponse {
            tasks: tasks.into_iter().map(short).collect(),
            next_page_token: next.map(|next| next.to_string()).unwrap_or_default(),
            page_size: i32::try_from(size).map_err(broken)?,
            total_size: i32::try_from(total).unwrap_or(i32::MAX),
        })
    }

    async fn begin_cancel(&self, task_id: &str) -> Result<Task, A2AError> {
        let mut transaction = self.begin().await?;
        let stored = self.stored(&mut transaction, task_id).await?;
        let (mut task, version) = stored.ok_or_else(|| A2AError::task_not_found(task_id))?;
        if task.status.state.is_terminal() {
            return Err(A2AError::task_not_cancelable(task_id));
        }
        remember_status(&mut task);
        task.status = TaskStatus { state: TaskState::Canceled, message: None, timestamp: now() };
        self.write(&mut transaction, &task, version + 1).await?;
        self.commit(transaction).await?;
        Ok(task)
    }
}

/// A status that says something.
pub(super) fn status(id: &TaskId, context: &str, state: TaskState, parts: Vec<Part>) -> TaskStatus {
    let message = Message {
        task_id: Some(id.clone()),
        context_id: Some(context.to_owned()),
        ..Message::new(Role::Agent, parts)
    };
    TaskStatus { state, message: Some(message), timestamp: now() }
}

/// Puts a question that is answered, or is not any more, where the conversation is kept.
pub(super) fn remember_status(task: &mut Task) {
    if task.status.state == TaskState::InputRequired
        && let Some(question) = task.status.message.take()
    {
        task.history.get_or_insert_default().push(question);
    }
}

/// The protocol library's times are chrono's, which this crate does not use otherwise.
fn now<T: serde::de::DeserializeOwned>() -> Option<T> {
    let now = format!("{:.6}", jiff::Timestamp::now());
    serde_json::from_value(serde_json::Value::String(now)).ok()
}

fn updated_at(task: &Task) -> i64 {
    let at = task.status.timestamp.map(|at| at.timestamp_micros());
    at.unwrap_or_else(|| jiff::Timestamp::now().as_microsecond())
}

fn state_name(state: &TaskState) -> &'static str {
    match state {
        TaskState::Unspecified => "unspecified",
        TaskState::Submitted => "submitted",
        TaskState::Working => "working",
        TaskState::Completed => "completed",
        TaskState::Failed => "failed",
        TaskState::Canceled => "canceled",
        TaskState::InputRequired => "input-required",
        TaskState::Rejected => "rejected",
        TaskState::AuthRequired => "auth-required",
    }
}

fn read(task: &str) -> Result<Task, A2AError> {
    serde_json::from_str(task).map_err(broken)
}

/// The caller learns what to do, the log learns why.
fn broken(cause: impl std::fmt::Display) -> A2AError {
    tracing::error!(%cause, "the agents' tasks could not be read or written");
    let message =
        "my list of tasks could not be read or written: check that the disk has room, then try again";
    A2AError::new(error_code::INTERNAL_ERROR, message)
}
