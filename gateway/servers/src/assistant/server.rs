//! Carries out the calls.

use std::sync::Arc;

use jiff::Zoned;
use rmcp::model::CallToolResult;

use super::store::{Asked, Begun, Store, Tables};
use super::tools::Name;
use super::{Options, reminders, schedule, tasks};
use crate::answered::Answer;
use crate::arguments::{ArgumentError, Arguments};
use crate::database::StoreError;
use crate::dates::LengthError;
use crate::placing::PlacingError;
use crate::serving::{Call, Effect, ToolName, Toolset};

/// The server; clones share the database.
#[derive(Clone)]
pub(super) struct Assistant {
    options: Options,
    store: Arc<Store>,
}

/// Why a call was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Placing(#[from] PlacingError),
    #[error("duration: {0}")]
    Length(#[from] LengthError),
    #[error("no {kind} fits \"{words}\": list the {kind}s and use words of one of them")]
    Nothing { kind: &'static str, words: String },
    #[error("{0}")]
    Which(String),
    #[error("nothing was changed: say what to change, the words of the task or when it is due")]
    NoChange,
    #[error("say either when the task is due or that it has no due date any more, not both")]
    TwoChanges,
    #[error("a task cannot be due again and again: leave out the time, or set a reminder that repeats")]
    RepeatedTask,
    #[error("a reminder needs an hour: say it like \"{spoken} at nine a.m.\"")]
    NoHour { spoken: String },
    #[error("{spoken} has begun: say a time that is still to come")]
    Begun { spoken: String },
    #[error("the answer cannot be written: {0}")]
    Answer(#[from] serde_json::Error),
}

impl Toolset for Assistant {
    type Name = Name;
    type Error = CallError;

    const IMPLEMENTATION: &'static str = "homepilot-assistant";
    const INSTRUCTIONS: &'static str =
        "Tasks, reminders and the schedule of one user. Dates may be given as spoken, in the user's zone.";

    async fn call(&self, tool: Name, call: Call) -> Result<CallToolResult, CallError> {
        let now = self.options.now();
        let asked = Asked::new(tool.name(), call.key.as_deref(), call.arguments.as_ref(), now.timestamp())?;
        let arguments = Arguments::new(call.arguments, tool.arguments())?;
        if tool.effect() == Effect::Read {
            let mut tables = self.store.tables().await?;
            return Ok(self.carry_out(tool, &arguments, &mut tables, &now).await?.into());
        }
        match self.store.begin(asked).await? {
            Begun::Answered(answer) => Ok(answer.into()),
            Begun::Fresh(mut change) => {
                let answer = self.carry_out(tool, &arguments, &mut change.tables, &now).await?;
                change.commit(&answer).await?;
                Ok(answer.into())
            }
        }
    }
}

impl Assistant {
    /// A server over the database of `options`, which is opened when first needed.
    pub fn new(options: Options) -> Assistant {
        let store = Arc::new(Store::new(&options.database, options.busy_timeout));
        Assistant { options, store }
    }

    /// Opens the database now.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.store.writer().await.map(|_| ())
    }

    /// Closes the database; calls after this fail.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// The database that the scheduler shares.
    pub fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    async fn carry_out(
        &self,
        tool: Name,
        arguments: &Arguments,
        tables: &mut Tables<'_>,
        now: &Zoned,
    ) -> Result<Answer, CallError> {
        match tool {
            Name::CreateTask => tasks::create(arguments, tables, now).await,
            Name::ListTasks => tasks::list(arguments, tables, now).await,
            Name::UpdateTask => tasks::update(arguments, tables, now).await,
            Name::CompleteTask => tasks::complete(arguments, tables, now).await,
            Name::DeleteTask => tasks::delete(arguments, tables, now).await,
            Name::SetReminder => reminders::set(arguments, tables, now).await,
            Name::ListReminders => reminders::list(arguments, tables, now).await,
            Name::CancelReminder => reminders::cancel(arguments, tables, now).await,
            Name::AddScheduleEntry => schedule::add(arguments, tables, now).await,
            Name::ListSchedule => schedule::list(arguments, tables, now).await,
            Name::FindFreeTime => {
                schedule::free_time(arguments, tables, self.options.hours.clone(), now).await
            }
        }
    }
}
