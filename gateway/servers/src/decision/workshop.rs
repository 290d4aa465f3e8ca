//! The drafting of one call: as long as its time lasts, and until the model says that it can't.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::drafting::{Draft, DraftError, Drafter};

/// What one call drafts.
pub(super) struct Workshop {
    drafter: Option<Arc<dyn Drafter>>,
    patience: Duration,
    until: Instant,
    problem: Option<DraftError>,
}

impl Workshop {
    /// All drafts together take at most `patience`.
    pub fn open(drafter: Option<Arc<dyn Drafter>>, patience: Duration) -> Workshop {
        Workshop { drafter, patience, until: Instant::now() + patience, problem: None }
    }

    /// What `read` keeps of the answer to `draft`; none if there is nothing, and [`Workshop::problem`] says why. A model
    /// that is not there is not asked twice; one that wrote nonsense once may do better with another question.
    pub async fn draft<T>(
        &mut self,
        draft: Draft,
        read: impl FnOnce(&Value) -> Result<T, DraftError>,
    ) -> Option<T> {
        match &self.problem {
            None | Some(DraftError::Unusable(_)) => {}
            Some(
                DraftError::Loading | DraftError::Absent(_) | DraftError::Busy | DraftError::TimedOut(_),
            ) => return None,
        }
        let drafted = match &self.drafter {
            None => Err(DraftError::Absent("none is set up".to_owned())),
            Some(drafter) => timeout_at(self.until, drafter.draft(draft))
                .await
                .unwrap_or(Err(DraftError::TimedOut(self.patience))),
        };
        match drafted.and_then(|answer| read(&answer)) {
            Ok(kept) => Some(kept),
            Err(problem) => {
                tracing::debug!(%problem, "nothing drafted");
                self.problem = Some(problem);
                None
            }
        }
    }

    /// Why the last draft failed, if one did.
    pub fn problem(&self) -> Option<&DraftError> {
        self.problem.as_ref()
    }
}
