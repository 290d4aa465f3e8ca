//! One conversation of an agent: a task of its own that lets one request after the other be dealt with, and writes what
//! comes of it into the task that asked.
//!
//! While a request is worked on, its events go to whoever sent it. While a question waits, nobody need listen: when it
//! is answered elsewhere, or expires, the outcome goes into the kept task by itself.

use std::time::Duration;

use a2a::{A2AError, StreamResponse, TaskId, TaskState};
use serde_json::json;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

use super::{
    mind::{End, Event, Mind, Question, Said},
    report::Report,
    tasks::Tasks,
};

/// A request that takes longer is given up.
pub(super) const LONGEST_TURN: Duration = Duration::from_secs(300);
/// A question that nobody answers for so long is given up; an approval expires before.
pub(super) const LONGEST_QUESTION: Duration = Duration::from_secs(600);
/// How long what runs may take to stop.
const STOPPING: Duration = Duration::from_secs(10);
/// Orders that may wait.
const ORDERS: usize = 4;

/// What a conversation is told to do.
pub(super) enum Order {
    /// Deal with this, or take it as the answer to the question that is open in this task.
    Say { task: TaskId, said: Said, events: Told },
    /// Stop this task; what it came to is sent back.
    Cancel { task: TaskId, outcome: oneshot::Sender<String> },
}

/// Where the events of a request go.
pub(super) type Told = mpsc::Sender<Result<StreamResponse, A2AError>>;

/// Whether a conversation has something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// Its last request is dealt with.
    Rests,
    /// It works, or waits for an answer.
    Works,
}

/// A conversation that runs.
pub(super) struct Handle {
    pub orders: mpsc::Sender<Order>,
    pub load: watch::Receiver<Load>,
}

/// Whether the caller has seen a question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    ToCaller,
    /// It was put after the caller had its answer, so a yes can't mean it.
    ToNobody,
}

enum Phase {
    Rests,
    Works { report: Report, until: Instant },
    Waits { task: TaskId, question: Question, shown: Shown, until: Instant },
    Stops { outcome: oneshot::Sender<String>, until: Instant },
}

/// What a conversation is.
pub(super) struct Conversation {
    mind: Box<dyn Mind>,
    context: String,
    tasks: Tasks,
    phase: Phase,
    load: watch::Sender<Load>,
}

/// Whether a conversation goes on.
enum After {
    GoesOn,
    IsOver,
}

impl Conversation {
    /// A conversation at rest, and what it is told through. It ends when the handle is dropped, or by itself.
    pub fn new(mind: Box<dyn Mind>, context: String, tasks: Tasks) -> (Self, mpsc::Receiver<Order>, Handle) {
        let (orders, inbox) = mpsc::channel(ORDERS);
        let (load, seen) = watch::channel(Load::Rests);
        let this = Self { mind, context, tasks, phase: Phase::Rests, load };
        (this, inbox, Handle { orders, load: seen })
    }

    /// Deals with orders until there can be no more.
    pub async fn run(mut self, mut inbox: mpsc::Receiver<Order>) {
        loop {
            let until = self.until();
            let after = tokio::select! {
                order = inbox.recv() => match order {
                    Some(order) => self.on_order(order).await,
                    None => After::IsOver,
                },
                event = self.mind.next() => match event {
                    Ok(event) => self.on_event(event).await,
                    Err(_) => After::IsOver,
                },
                () = sleep_until(until) => self.on_late().await,
            };
            let load = if matches!(self.phase, Phase::Rests) { Load::Rests } else { Load::Works };
            self.load.send_if_modified(|shown| std::mem::replace(shown, load) != load);
            if matches!(after, After::IsOver) {
                break;
            }
        }
        self.end().await;
    }

    fn until(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Rests => None,
            Phase::Works { until, .. } | Phase::Waits { until, .. } | Phase::Stops { until, .. } => {
                Some(*until)
            }
        }
    }

    async fn on_order(&mut self, order: Order) -> After {
        match order {
            Order::Say { task, said, events } => self.on_say(task, said, events).await,
            Order::Cancel { task, outcome } => self.on_cancel(&task, outcome).await,
        }
    }

    async fn on_say(&mut self, task: TaskId, said: Said, events: Told) -> After {
        let mut report = Report::to(events, task, self.context.clone(), self.tasks.clone());
        match std::mem::replace(&mut self.phase, Phase::Rests) {
            Phase::Rests => {}
            Phase::Waits { task, question, shown, until } if task == *report.task() => match shown {
                Shown::ToCaller => {}
                // Somebody else answered the question the caller had seen, and another came up.
                Shown::ToNobody => {
                    report.asks(&question).await;
                    self.phase = Phase::Waits { task, question, shown: Shown::ToCaller, until };
                    return After::GoesOn;
                }
            },
            busy @ (Phase::Works { .. } | Phase::Waits { .. } | Phase::Stops { .. }) => {
                self.phase = busy;
                let words = "I'm still busy with another task of this conversation, so I did nothing.";
                report.ends(End::said(TaskState::Rejected, words)).await;
                return After::GoesOn;
            }
        }
        let heard = self.mind.say(said).await;
        self.phase = Phase::Works { report, until: Instant::now() + LONGEST_TURN };
        if heard.is_ok() { After::GoesOn } else { After::IsOver }
    }

    async fn on_cancel(&mut self, task: &TaskId, outcome: oneshot::Sender<String>) -> After {
        let theirs = match &self.phase {
            Phase::Rests | Phase::Stops { .. } => false,
            Phase::Works { report, .. } => report.task() == task,
            Phase::Waits { task: open, .. } => open == task,
        };
        if !theirs {
            tell(outcome, None);
            return After::GoesOn;
        }
        match self.mind.stop().await {
            Ok(Some(end)) => {
                self.phase = Phase::Rests;
                tell(outcome, Some(end));
                After::GoesOn
            }
            Ok(None) => {
                self.phase = Phase::Stops { outcome, until: Instant::now() + STOPPING };
                After::GoesOn
            }
            Err(_) => {
                tell(outcome, None);
                After::IsOver
            }
        }
    }

    async fn on_event(&mut self, event: Event) -> After {
        self.phase = match (std::mem::replace(&mut self.phase, Phase::Rests), event) {
            (Phase::Works { mut report, until }, Event::Progress(words)) => {
                report.works(&words).await;
                Phase::Works { report, until }
            }
            (Phase::Works { mut report, .. }, Event::Asking(question)) => {
                report.asks(&question).await;
                let shown = if report.is_heard() { Shown::ToCaller } else { Shown::ToNobody };
                let (task, until) = (report.task().clone(), Instant::now() + LONGEST_QUESTION);
                Phase::Waits { task, question, shown, until }
            }
            (Phase::Works { report, .. }, Event::Over(end)) => {
                report.ends(end).await;
                Phase::Rests
            }
            // It was answered elsewhere, or expired.
            (Phase::Waits { task, .. }, Event::Closed) => {
                let mut report = Report::kept(task, self.context.clone(), self.tasks.clone());
                report.works("The question is closed.").await;
                Phase::Works { report, until: Instant::now() + LONGEST_TURN }
            }
            (Phase::Waits { task, .. }, Event::Over(end)) => {
                Report::kept(task, self.context.clone(), self.tasks.clone()).ends(end).await;
                Phase::Rests
            }
            (Phase::Waits { task, shown, until, .. }, Event::Asking(question)) => {
                Report::kept(task.clone(), self.context.clone(), self.tasks.clone()).asks(&question).await;
                Phase::Waits { task, question, shown, until }
            }
            (Phase::Stops { outcome, .. }, Event::Over(end)) => {
                tell(outcome, Some(end));
                Phase::Rests
            }
            (phase, Event::Progress(_) | Event::Asking(_) | Event::Closed | Event::Over(_)) => phase,
        };
        After::GoesOn
    }

    /// What takes too long is given up with the conversation: what it still does is none of the next request.
    async fn on_late(&mut self) -> After {
        match std::mem::replace(&mut self.phase, Phase::Rests) {
            Phase::Rests => return After::GoesOn,
            Phase::Works { report, .. } => {
                let words = format!(
                    "That took longer than {} seconds, so I gave it up. Whether something was sent is in the audit.",
                    LONGEST_TURN.as_secs()
                );
                report.ends(End::said(TaskState::Failed, &words)).await;
            }
            Phase::Waits { task, .. } => {
                let words = format!(
                    "Nobody answered for {} minutes, so I did nothing.",
                    LONGEST_QUESTION.as_secs() / 60
                );
                let report = Report::kept(task, self.context.clone(), self.tasks.clone());
                report.ends(End::said(TaskState::Canceled, &words)).await;
            }
            Phase::Stops { outcome, .. } => {
                let words = "I asked it to stop and have not heard back, so I don't know whether it was done. \
                             Please check before you try again.";
                tell(outcome, Some(End::said(TaskState::Canceled, words)));
            }
        }
        After::IsOver
    }

    /// The last words of a conversation that ends by itself, or with the program.
    async fn end(self) {
        let words = "I was stopped before this was finished. Whether something was sent is in the audit.";
        match self.phase {
            // What waits is ended when the program starts again.
            Phase::Rests | Phase::Waits { .. } => {}
            Phase::Works { report, .. } => report.ends(End::said(TaskState::Failed, words)).await,
            Phase::Stops { outcome, .. } => tell(outcome, Some(End::said(TaskState::Canceled, words))),
        }
    }
}

impl End {
    /// Nothing was called.
    pub fn said(state: TaskState, words: &str) -> Self {
        Self { state, reply: words.to_owned(), calls: Vec::new() }
    }

    /// What a cancelled request came to. Nothing that was done is undone by it, and none of it is left out.
    fn of_cancelled(&self) -> String {
        let told = |call: &&serde_json::Value| {
            call["state"] != json!("denied") && call["state"] != json!("not_sent")
        };
        let done = self.calls.iter().filter(told).filter_map(|call| call["text"].as_str());
        let mut words: Vec<&str> = done.filter(|text| !self.reply.contains(text)).collect();
        let nothing = words.is_empty() && self.reply.is_empty();
        words.push(if nothing { "Okay, I stopped. Nothing was done." } else { &self.reply });
        words.retain(|words| !words.is_empty());
        words.join(" ")
    }
}

/// Whoever cancelled may be gone; the task itself says that it is cancelled.
fn tell(outcome: oneshot::Sender<String>, end: Option<End>) {
    let nothing = || End::said(TaskState::Canceled, "Nothing was under way any more.");
    if outcome.send(end.unwrap_or_else(nothing).of_cancelled()).is_err() {
        tracing::debug!("nobody waits for the outcome of a cancelled task");
    }
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
