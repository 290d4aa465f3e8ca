//! Drafting for the decision copilot on the planner's engine, so that no voice turn waits for it: one draft at a time,
//! each short, and a running one gives way as soon as anything else waits for the engine. It is begun again afterwards.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use homepilot_models::{
    cancel::Cancel,
    engine::{Engine, EngineError, EngineState},
    lm::{LanguageModel, LmError},
};
use homepilot_servers::decision::{self, Draft, DraftError, Drafter};
use serde_json::Value;
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

/// How long one draft may take, with waiting for others and beginning again.
pub const LONGEST_DRAFT: Duration = Duration::from_secs(20);
/// Drafts that may wait for one another.
const WAITING: usize = 4;

/// Drafts on an engine that others need more.
pub struct EngineDrafter {
    engine: Arc<Engine<Box<dyn LanguageModel>>>,
    longest: Duration,
    /// Drafts never give way to one another, because only one of them is with the engine.
    turn: Semaphore,
    waiting: Semaphore,
}

impl EngineDrafter {
    /// Drafts on `engine`, each for at most `longest`.
    pub fn new(engine: Arc<Engine<Box<dyn LanguageModel>>>, longest: Duration) -> Self {
        Self { engine, longest, turn: Semaphore::new(1), waiting: Semaphore::new(WAITING) }
    }

    /// Drafts until it is done; what gives way is begun again.
    async fn persist(&self, draft: &Draft) -> Result<Value, DraftError> {
        // Neither semaphore is ever closed.
        let Ok(_turn) = self.turn.acquire().await else { return Err(DraftError::Busy) };
        loop {
            match self.attempt(draft.clone()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(LmError::Cancelled)) => {}
                Ok(Err(
                    error @ (LmError::Empty
                    | LmError::TooLong { .. }
                    | LmError::Grammar(_)
                    | LmError::Unfinished { .. }
                    | LmError::Engine(_)),
                )) => return Err(DraftError::Unusable(error.to_string())),
                Err(EngineError::Busy) => return Err(DraftError::Busy),
                Err(EngineError::Absent) => return Err(DraftError::Loading),
                Err(error @ (EngineError::Dead | EngineError::Broke(_) | EngineError::Failed(_))) => {
                    return Err(DraftError::Absent(error.to_string()));
                }
            }
        }
    }

    /// Drafts until it is done or anything else waits for the engine.
    async fn attempt(&self, draft: Draft) -> Result<Result<Value, LmError>, EngineError> {
        let raised = Raised(Cancel::new());
        let (begin, begun) = oneshot::channel::<()>();
        let cancel = raised.0.clone();
        let mut job = Box::pin(self.engine.run(move |model| {
            // Told by being dropped.
            drop(begin);
            decision::write(model.as_mut(), &draft, &cancel)
        }));
        let wanted = async {
            // A job that never begins ends by itself, and is seen first.
            drop(begun.await);
            self.engine.wanted().await;
        };
        tokio::select! {
            biased;
            outcome = &mut job => return outcome,
            () = wanted => raised.0.cancel(),
        }
        job.await
    }
}

#[async_trait]
impl Drafter for EngineDrafter {
    async fn draft(&self, draft: Draft) -> Result<Value, DraftError> {
        match self.engine.state() {
            EngineState::Ready => {}
            EngineState::Absent | EngineState::Loading => return Err(DraftError::Loading),
            EngineState::Failed(reason) => return Err(DraftError::Absent(reason)),
        }
        let _place = self.waiting.try_acquire().map_err(|_| DraftError::Busy)?;
        timeout(self.longest, self.persist(&draft)).await.unwrap_or(Err(DraftError::TimedOut(self.longest)))
    }
}

/// Raises its flag when nobody waits any longer.
struct Raised(Cancel);

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[cfg(test)]
mod tests;
