//! One request, from its parts to the one answer: parts side by side within bounds, questions one at a time.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use a2a::TaskState;
use homepilot_gateway::a2a::DEEPEST;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    delegate::{Asking, Came, Ears, Everyday},
    order, parts,
    summary::summary,
    taken::Others,
};
use crate::agents::mind::{End, Event, Said};

/// Parts of one request.
const MOST_PARTS: usize = 6;
/// Parts that are worked on at a time.
const SIDE_BY_SIDE: usize = 2;
/// Seconds that delegates work for one request; while a question waits, none pass.
const LONGEST: Duration = Duration::from_secs(240);

/// What a request needs.
pub(super) struct Run {
    pub everyday: Everyday,
    pub others: Arc<dyn Others>,
    pub events: mpsc::Sender<Event>,
    pub answers: mpsc::Receiver<String>,
    pub cancel: CancellationToken,
}

impl Run {
    /// Deals with a request. It ends with [`Event::Over`].
    pub async fn deal_with(mut self, said: Said) {
        let end = self.end_of(said).await;
        // What is said from here on begins a request of its own.
        self.answers.close();
        self.tell(Event::Over(end)).await;
    }

    async fn end_of(&mut self, said: Said) -> End {
        let parts = order::ordered(parts::parts(&said.text), &jiff::Zoned::now());
        let refused = |words: String| End::said(TaskState::Rejected, &words);
        if said.depth >= DEEPEST {
            return refused(format!(
                "This was passed on {} times from agent to agent already, so I gave it to nobody and did nothing.",
                said.depth
            ));
        }
        if parts.len() > MOST_PARTS {
            return refused(format!(
                "These are {} things, and I take at most {MOST_PARTS} at once, so I did nothing. Please ask for fewer.",
                parts.len()
            ));
        }
        if parts.len() > 1 {
            let words = format!("I'll have {} things done. First: {}.", parts.len(), parts[0]);
            self.tell(Event::Progress(words)).await;
        }
        self.delegate(parts, said.depth).await
    }

    async fn tell(&self, event: Event) {
        if self.events.send(event).await.is_err() {
            tracing::debug!("nobody hears the chief of staff any more");
        }
    }

    /// `passed_on` is how often the request was before.
    async fn delegate(&mut self, parts: Vec<String>, passed_on: u64) -> End {
        let (asks, mut asked) = mpsc::channel::<Asking>(1);
        let (progress, mut told) = mpsc::channel::<String>(SIDE_BY_SIDE);
        let ears = Ears { progress, asks, cancel: self.cancel.clone() };
        let mut came: Vec<Option<Came>> = vec![None; parts.len()];
        let mut waiting: VecDeque<(usize, String)> = parts.into_iter().enumerate().collect();
        let mut at_work = JoinSet::new();
        let mut open: Option<oneshot::Sender<String>> = None;
        let mut left = LONGEST;
        loop {
            while at_work.len() < SIDE_BY_SIDE && !self.cancel.is_cancelled() {
                let Some((number, part)) = waiting.pop_front() else { break };
                let (everyday, others, ears) = (self.everyday.clone(), self.others.clone(), ears.clone());
                at_work.spawn(async move {
                    let came = match others.take(&part, passed_on, &ears.cancel).await {
                        Some(taken) => taken.does(passed_on, &ears).await,
                        None => everyday.does(&part, passed_on + 1, &ears).await,
                    };
                    (number, came)
                });
            }
            let began = Instant::now();
            tokio::select! {
                ended = at_work.join_next() => match ended {
                    Some(Ok((number, ended))) => came[number] = Some(ended),
                    Some(Err(error)) => tracing::error!(%error, "what had a part broke"),
                    None => break,
                },
                Some(asking) = asked.recv(), if open.is_none() => {
                    self.tell(Event::Asking(asking.question)).await;
                    open = Some(asking.answer);
                }
                () = withdrawn(&mut open), if open.is_some() => {
                    open = None;
                    self.tell(Event::Closed).await;
                }
                Some(answer) = self.answers.recv() => if let Some(open) = open.take() {
                    // Whoever asked and is gone has told its end.
                    drop(open.send(answer));
                },
                Some(words) = told.recv() => self.tell(Event::Progress(words)).await,
                () = tokio::time::sleep(left), if open.is_none() && !self.cancel.is_cancelled() => {
                    let words = format!("That takes longer than {} seconds, so I stop it.", LONGEST.as_secs());
                    self.tell(Event::Progress(words)).await;
                    self.cancel.cancel();
                }
            }
            if open.is_none() {
                left = left.saturating_sub(began.elapsed());
            }
        }
        let ended = |came: Option<Came>| came.unwrap_or_else(|| not_begun(self.cancel.is_cancelled()));
        summary(&came.into_iter().map(ended).collect::<Vec<_>>())
    }
}

/// Resolves when nobody waits for the answer any more.
async fn withdrawn(open: &mut Option<oneshot::Sender<String>>) {
    match open {
        Some(open) => open.closed().await,
        None => std::future::pending().await,
    }
}

fn not_begun(cancelled: bool) -> Came {
    let (state, words) = if cancelled {
        (TaskState::Canceled, "I had not begun with this.")
    } else {
        (TaskState::Failed, "Something inside me broke. Whether something was sent is in the audit.")
    };
    Came { state, by: "chief of staff".to_owned(), words: words.to_owned(), calls: Vec::new() }
}
