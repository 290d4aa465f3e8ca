//! One part of a request, in the hands of another agent than the everyday assistant.

use std::time::Duration;

use a2a::TaskState;
use async_trait::async_trait;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::delegate::{Asking, Came, Ears};
use crate::agents::mind::{End, Event, Mind, Question, Said};

/// How long what was told to stop may take.
const STOPPING: Duration = Duration::from_secs(10);

/// Whom a part may be given to besides the everyday assistant.
#[async_trait]
pub(in crate::agents) trait Others: Send + Sync {
    /// Has one of them take the part, if it fits one. `passed_on` is how often it was before.
    async fn take(&self, part: &str, passed_on: u64, cancel: &CancellationToken) -> Option<Taken>;
}

/// A part that somebody has taken.
pub(in crate::agents) struct Taken {
    /// Who.
    pub by: String,
    /// The conversation in which it is done.
    pub mind: Box<dyn Mind>,
}

impl Taken {
    /// Follows the part to its end.
    pub(super) async fn does(mut self, passed_on: u64, ears: &Ears) -> Came {
        let mut open: Option<oneshot::Receiver<String>> = None;
        loop {
            tokio::select! {
                biased;
                () = ears.cancel.cancelled() => return self.stop().await,
                event = self.mind.next() => match event {
                    // Whoever listened is gone with the request.
                    Ok(Event::Progress(words)) => drop(ears.progress.send(format!("{}: {words}", self.by)).await),
                    Ok(Event::Asking(question)) => match asked(question, ears).await {
                        Some(answered) => open = Some(answered),
                        None => return self.stop().await,
                    },
                    Ok(Event::Closed) => open = None,
                    Ok(Event::Over(end)) => return self.came(end),
                    Err(_) => return self.came(broken()),
                },
                answer = answered(&mut open) => {
                    open = None;
                    let Some(text) = answer else { return self.stop().await };
                    if self.mind.say(Said { text, depth: passed_on }).await.is_err() {
                        return self.came(broken());
                    }
                }
            }
        }
    }

    /// Has it stopped, and says what is known of it then.
    async fn stop(mut self) -> Came {
        let stopped = async {
            match self.mind.stop().await {
                Ok(Some(end)) => return Some(end),
                Ok(None) => {}
                Err(_) => return None,
            }
            loop {
                match self.mind.next().await {
                    Ok(Event::Over(end)) => return Some(end),
                    Ok(Event::Progress(_) | Event::Asking(_) | Event::Closed) => {}
                    Err(_) => return None,
                }
            }
        };
        let end = tokio::time::timeout(STOPPING, stopped).await.ok().flatten().unwrap_or_else(broken);
        let state = match end.state {
            // It was over before.
            TaskState::Completed if !end.calls.is_empty() => TaskState::Completed,
            _ => TaskState::Canceled,
        };
        self.came(End { state, ..end })
    }

    fn came(&self, End { state, reply, calls }: End) -> Came {
        Came { state, by: self.by.clone(), words: reply, calls }
    }
}

fn broken() -> End {
    let words = "I don't know what became of this. Please check before you try again.";
    End::said(TaskState::Failed, words)
}

/// Puts a question, when its turn has come. Nobody answers it when there is none to put it to.
async fn asked(question: Question, ears: &Ears) -> Option<oneshot::Receiver<String>> {
    let (answer, answered) = oneshot::channel();
    tokio::select! {
        put = ears.asks.send(Asking { question, answer }) => put.ok().map(|()| answered),
        () = ears.cancel.cancelled() => None,
    }
}

/// The answer, once it is there; none when nobody will give one.
async fn answered(open: &mut Option<oneshot::Receiver<String>>) -> Option<String> {
    match open {
        Some(open) => open.await.ok(),
        None => std::future::pending().await,
    }
}
