//! Where the conversations with one agent stand, so that the next words of the same session go on instead of beginning anew.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::errand::{Answer, Ending};

/// Conversations that are remembered of one agent; beyond that the one that was silent longest is forgotten.
const MAX: usize = 256;
/// A conversation without a word for so long is over.
const LIFE: Duration = Duration::from_secs(60 * 60);
/// The longest id of an agent's that is kept, in bytes.
const MAX_ID: usize = 512;

/// Who talks with the agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Party {
    pub(crate) persona: String,
    pub(crate) session: String,
}

/// Where a conversation stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Talk {
    pub(super) context: Option<String>,
    /// The task that waits for the next words.
    pub(super) task: Option<String>,
}

/// The conversations with one agent. Time is always an argument.
#[derive(Debug, Default)]
pub(crate) struct Talks {
    known: Mutex<HashMap<Party, (Instant, Talk)>>,
}

impl Talks {
    fn known(&self) -> MutexGuard<'_, HashMap<Party, (Instant, Talk)>> {
        // Single inserts and removals can't leave the map half-changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the party's conversation stands. A waiting task is handed out once: two calls at a time don't both answer it.
    pub(super) fn take(&self, party: &Party, now: Instant) -> Talk {
        let mut known = self.known();
        known.retain(|_, (last, _)| now.duration_since(*last) < LIFE);
        let Some((_, talk)) = known.get_mut(party) else { return Talk::default() };
        Talk { context: talk.context.clone(), task: talk.task.take() }
    }

    /// Notes how the party's words ended, which were said where `before` stood.
    pub(super) fn note(&self, party: &Party, before: Talk, answer: &Answer, now: Instant) {
        let kept = |id: &Option<String>| id.clone().filter(|id| !id.is_empty() && id.len() <= MAX_ID);
        let talk = match answer.ending {
            // The agent has not heard it: everything stands as it stood.
            Ending::NotSent => before,
            Ending::InputRequired | Ending::AuthRequired => {
                Talk { context: kept(&answer.context).or(before.context), task: kept(&answer.task) }
            }
            Ending::Completed | Ending::Failed | Ending::Rejected | Ending::Canceled => {
                Talk { context: kept(&answer.context).or(before.context), task: None }
            }
            // It may have forgotten the conversation; the next words begin anew rather than failing like these.
            Ending::Refused => Talk::default(),
            Ending::Broken | Ending::Unknown => Talk { context: before.context, task: None },
        };
        let mut known = self.known();
        known.insert(party.clone(), (now, talk));
        if known.len() > MAX {
            let oldest = known.iter().min_by_key(|(_, (last, _))| *last).map(|(party, _)| party.clone());
            if let Some(oldest) = oldest {
                known.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(session: &str) -> Party {
        Party { persona: "assistant".into(), session: session.into() }
    }

    fn answer(ending: Ending, task: &str) -> Answer {
        Answer { context: Some("c1".into()), task: Some(task.into()), ..Answer::without_word(ending, "") }
    }

    #[test]
    fn a_waiting_task_is_handed_out_once_and_forgotten_when_it_ends() {
        let (talks, now, me) = (Talks::default(), Instant::now(), party("s1"));
        assert_eq!(talks.take(&me, now), Talk::default());
        talks.note(&me, Talk::default(), &answer(Ending::InputRequired, "t1"), now);
        let waiting = Talk { context: Some("c1".into()), task: Some("t1".into()) };
        assert_eq!(talks.take(&party("s2"), now), Talk::default(), "another session");
        assert_eq!(talks.take(&me, now), waiting);
        assert_eq!(talks.take(&me, now).task, None, "it is being answered");
        talks.note(&me, waiting.clone(), &answer(Ending::NotSent, ""), now);
        assert_eq!(talks.take(&me, now), waiting, "the agent never heard it");
        talks.note(&me, waiting, &answer(Ending::Completed, "t1"), now);
        assert_eq!(talks.take(&me, now), Talk { context: Some("c1".into()), task: None });
        talks.note(&me, Talk::default(), &answer(Ending::Refused, ""), now);
        assert_eq!(talks.take(&me, now), Talk::default());
    }

    #[test]
    fn conversations_end_and_there_are_only_so_many() {
        let (talks, now) = (Talks::default(), Instant::now());
        for n in 0..=MAX as u64 {
            let at = now + Duration::from_secs(n);
            talks.note(&party(&n.to_string()), Talk::default(), &answer(Ending::Completed, ""), at);
        }
        let later = now + Duration::from_secs(MAX as u64);
        assert_eq!(talks.take(&party("0"), later), Talk::default(), "the oldest made room");
        assert_eq!(talks.take(&party("1"), later).context.as_deref(), Some("c1"));
        assert_eq!(talks.take(&party("1"), later + LIFE), Talk::default());
    }
}
