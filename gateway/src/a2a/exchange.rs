//! One errand from its first byte to its end: sent once, then heard of by a stream, or asked about with growing pauses.
//!
//! 1. [`Exchange::next`] sends the errand. Nothing sends it again, whatever happens.
//! 2. A stream that breaks off after the task was named is replaced by asking for the task, which changes nothing there.
//! 3. Each answer of the agent is a sign of life; without one, and in all, there is only so much time.
//! 4. Whoever stops waiting, by the token or by time, tells the agent to stop, and says what the agent said to that.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::client::Agent;
use super::errand::{Answer, Ending, Errand, Step};
use super::seen::Seen;
use super::tongue::Operation;
use super::update::Update;
use super::wire::{Updates, WireError};
use crate::upstream::Patience;

/// How long telling an agent to stop may take in all.
pub(crate) const FAREWELL: Duration = Duration::from_secs(4);
/// The pause before a task is asked for, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often in a row asking for a task may fail.
const FAILURES: u32 = 5;
/// What an agent may tell of one errand.
const MAX_UPDATES: u32 = 20_000;

/// An errand on its way. Dropping it stops waiting without telling the agent.
pub struct Exchange {
    agent: Arc<Agent>,
    cancel: CancellationToken,
    seen: Seen,
    way: Way,
    patience: Patience,
    updates: u32,
}

/// What is being waited for. It stays here while nobody waits, so that no wait loses anything.
enum Way {
    Send(BoxFuture<'static, Result<Updates, WireError>>),
    Hear(Updates),
    Ask {
        asking: BoxFuture<'static, Result<Value, WireError>>,
        pause: Duration,
        failures: u32,
    },
    /// The agent was told to stop: by whoever wanted the errand, or because it took too long.
    Stop {
        stopping: BoxFuture<'static, Option<Value>>,
        late: Option<String>,
    },
    Over,
}

/// What waiting for something came to.
enum Waited<T> {
    Got(T),
    Cancelled,
    /// It took too long; says how long.
    Late(String),
}

async fn waited<T>(
    cancel: &CancellationToken,
    patience: &mut Patience,
    what: impl Future<Output = T>,
) -> Waited<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Waited::Cancelled,
        got = what => {
            patience.sign_of_life(Instant::now());
            Waited::Got(got)
        }
        () = sleep_until(patience.until()) => {
            Waited::Late(patience.over(Instant::now()).unwrap_or_else(|| "no answer in time".to_owned()))
        }
    }
}

impl Exchange {
    pub(super) fn new(agent: Arc<Agent>, errand: Errand, cancel: CancellationToken) -> Self {
        let patience = Patience::new(Instant::now(), agent.limits.call, agent.limits.call_total);
        let seen = Seen::of(errand.task.as_deref());
        let sender = agent.clone();
        let sending = async move {
            let streams = sender.card.streams;
            let operation = if streams { Operation::Stream(&errand) } else { Operation::Send(&errand) };
            sender.wire.hear(operation).await
        };
        Self { agent, cancel, seen, way: Way::Send(sending.boxed()), patience, updates: 0 }
    }

    /// Waits for the next step; after the last one there is none. Nothing is lost when the future is dropped: the errand
    /// stands where it stood, and goes on with the next call.
    pub async fn next(&mut self) -> Step {
        loop {
            let Self { cancel, patience, way, .. } = self;
            let step = match way {
                Way::Send(sending) => {
                    let sent = waited(cancel, patience, sending).await;
                    self.sent(sent)
                }
                Way::Hear(updates) => {
                    let heard = waited(cancel, patience, updates.next()).await;
                    self.heard(heard)
                }
                Way::Ask { asking, pause, failures } => {
                    let told = waited(cancel, patience, asking).await;
                    let (pause, failures) = (*pause, *failures);
                    self.told(told, pause, failures)
                }
                Way::Stop { stopping, late } => {
                    let said = stopping.await;
                    let late = late.take();
                    Some(self.stopped(said, late))
                }
                Way::Over => Some(self.end(Ending::Unknown, "it has ended already")),
            };
            match step {
                Some(Step::Ended(answer)) => {
                    self.way = Way::Over;
                    return Step::Ended(answer);
                }
                Some(progress @ Step::Progress(_)) => return progress,
                None => {}
            }
        }
    }

    fn end(&self, ending: Ending, reason: impl Into<String>) -> Step {
        Step::Ended(self.seen.without_word(ending, reason))
    }

    fn failed(&self, error: &WireError) -> Step {
        let ending = match error {
            WireError::NotSent(_) => Ending::NotSent,
            WireError::Broken(_) => Ending::Broken,
            WireError::Refused { .. } => Ending::Refused,
        };
        self.end(ending, error.to_string())
    }

    fn sent(&mut self, sent: Waited<Result<Updates, WireError>>) -> Option<Step> {
        match sent {
            Waited::Got(Ok(updates)) => {
                self.way = Way::Hear(updates);
                None
            }
            Waited::Got(Err(error)) => Some(self.failed(&error)),
            Waited::Cancelled => Some(self.end(
                Ending::Unknown,
                "it was cancelled while it was being sent, so the agent can't be told to stop",
            )),
            Waited::Late(reason) => Some(self.end(Ending::Unknown, reason)),
        }
    }

    fn heard(&mut self, heard: Waited<Option<Result<Value, WireError>>>) -> Option<Step> {
        let heard = match heard {
            Waited::Got(heard) => heard,
            Waited::Cancelled => return self.stop(None),
            Waited::Late(reason) => return self.stop(Some(reason)),
        };
        match heard {
            Some(Ok(update)) => {
                self.updates += 1;
                if self.updates > MAX_UPDATES {
                    return self.stop(Some(format!("it told more than {MAX_UPDATES} things")));
                }
                self.take(Update::read(&update)?)
            }
            // What became of a task can be asked for.
            Some(Err(_)) | None if self.seen.task().is_some() => self.ask(FIRST_PAUSE, 0),
            Some(Err(error)) => Some(self.failed(&error)),
            None => Some(self.end(Ending::Broken, "the agent ended without an answer")),
        }
    }

    /// Takes in what is new, and tells it if there is anything to tell.
    fn take(&mut self, update: Update) -> Option<Step> {
        let new = self.seen.take(update);
        match self.seen.answer() {
            Some(answer) => Some(Step::Ended(answer)),
            None => new.map(Step::Progress),
        }
    }

    fn ask(&mut self, pause: Duration, failures: u32) -> Option<Step> {
        let (agent, task) = (self.agent.clone(), self.seen.task()?.to_owned());
        let asking = async move {
            sleep(pause).await;
            agent.wire.ask(Operation::Get(&task)).await
        };
        self.way = Way::Ask { asking: asking.boxed(), pause, failures };
        None
    }

    fn told(
        &mut self,
        told: Waited<Result<Value, WireError>>,
        pause: Duration,
        failures: u32,
    ) -> Option<Step> {
        let told = match told {
            Waited::Got(told) => told,
            Waited::Cancelled => return self.stop(None),
            Waited::Late(reason) => return self.stop(Some(reason)),
        };
        let longer = (pause * 3 / 2).min(LONGEST_PAUSE);
        let error = match told.map(|value| Update::read(&value)) {
            Ok(Some(update)) => {
                let step = self.take(update);
                return match step {
                    Some(Step::Ended(_)) => step,
                    Some(Step::Progress(_)) | None => {
                        self.ask(longer, 0);
                        step
                    }
                };
            }
            Ok(None) => WireError::odd(),
            Err(error) => error,
        };
        let gives_up = match error {
            WireError::Refused { .. } => true,
            WireError::NotSent(_) | WireError::Broken(_) => failures + 1 >= FAILURES,
        };
        if gives_up {
            let reason = format!("it was under way, and the agent does not tell what became of it: {error}");
            return Some(self.end(Ending::Unknown, reason));
        }
        self.ask(longer, failures + 1)
    }

    /// Tells the agent to stop, if it has named a task.
    fn stop(&mut self, late: Option<String>) -> Option<Step> {
        let (agent, task) = (self.agent.clone(), self.seen.task().map(str::to_owned));
        let stopping = async move {
            let task = task?;
            let told = async {
                match agent.wire.ask(Operation::Cancel(&task)).await {
                    Ok(value) => Some(value),
                    // It may have ended just before.
                    Err(_) => agent.wire.ask(Operation::Get(&task)).await.ok(),
                }
            };
            timeout(FAREWELL, told).await.ok().flatten()
        };
        self.way = Way::Stop { stopping: stopping.boxed(), late };
        None
    }

    /// What the agent said to being told to stop, which may be that it was done before.
    fn stopped(&mut self, said: Option<Value>, late: Option<String>) -> Step {
        if let Some(update) = said.as_ref().and_then(Update::read) {
            self.seen.take(update);
        }
        let answer = self.seen.answer();
        match (answer, late) {
            (Some(Answer { ending: Ending::Canceled, .. }), Some(reason)) => {
                self.end(Ending::Unknown, format!("{reason}, so the agent was told to stop, and did"))
            }
            (Some(answer), _) if has_ended(answer.ending) => Step::Ended(answer),
            (_, Some(reason)) => self.end(Ending::Unknown, reason),
            (_, None) => self.end(
                Ending::Unknown,
                "it was cancelled while it was running, and the agent does not say that it stopped",
            ),
        }
    }
}

fn has_ended(ending: Ending) -> bool {
    match ending {
        Ending::Completed | Ending::Failed | Ending::Rejected | Ending::Canceled => true,
        Ending::InputRequired
        | Ending::AuthRequired
        | Ending::Refused
        | Ending::NotSent
        | Ending::Broken
        | Ending::Unknown => false,
    }
}
