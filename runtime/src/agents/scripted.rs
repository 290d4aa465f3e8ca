//! For tests: a mind that does what it is told to, without a model.

use a2a::TaskState;
use async_trait::async_trait;
use serde_json::json;
use tokio::sync::mpsc;

use super::mind::{End, Event, Mind, Question, Said};
use crate::session::Ended;

/// Asks before it does "write …", works for ever at "dig", and answers everything else.
pub(super) struct Scripted {
    wanted: Option<String>,
    digs: bool,
    events: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    /// What happens without being asked for.
    outside: mpsc::Receiver<Event>,
}

impl Scripted {
    /// With a way to make things happen that its caller has no part in.
    pub fn new() -> (Self, mpsc::Sender<Event>) {
        let (happens, outside) = mpsc::channel(8);
        (Self { wanted: None, digs: false, events: mpsc::channel(8), outside }, happens)
    }

    async fn happen(&self, event: Event) {
        self.events.0.send(event).await.unwrap();
    }

    async fn over(&self, state: TaskState, reply: &str, calls: Vec<serde_json::Value>) {
        self.happen(Event::Over(End { state, reply: reply.to_owned(), calls })).await;
    }
}

#[async_trait]
impl Mind for Scripted {
    async fn say(&mut self, said: Said) -> Result<(), Ended> {
        let text = said.text;
        match self.wanted.take() {
            Some(wanted) if text == "yes" => {
                self.happen(Event::Closed).await;
                let calls = vec![json!({"state": "succeeded", "text": format!("I wrote {wanted}.")})];
                self.over(TaskState::Completed, &format!("I wrote {wanted}."), calls).await;
            }
            Some(_) => self.over(TaskState::Canceled, "Okay, I won't. Nothing was done.", Vec::new()).await,
            None if text.starts_with("write ") => {
                let words = format!("I'll {text}. Shall I?");
                self.wanted = text.strip_prefix("write ").map(str::to_owned);
                let details = Some(json!({"approval": {"tool": "write"}}));
                self.happen(Event::Progress("I'm about to write.".to_owned())).await;
                self.happen(Event::Asking(Question { words, details })).await;
            }
            None if text == "dig" => {
                self.digs = true;
                self.happen(Event::Progress("I'm digging.".to_owned())).await;
            }
            None if text == "end" => return Err(Ended),
            None => self.over(TaskState::Completed, &format!("You said {text}."), Vec::new()).await,
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<Option<End>, Ended> {
        self.wanted = None;
        if !std::mem::take(&mut self.digs) {
            return Ok(Some(End::said(TaskState::Canceled, "")));
        }
        let calls = vec![json!({"state": "unknown", "text": "I don't know whether the hole is there."})];
        self.over(TaskState::Failed, "I don't know whether the hole is there.", calls).await;
        Ok(None)
    }

    async fn next(&mut self) -> Result<Event, Ended> {
        tokio::select! {
            event = self.events.1.recv() => event.ok_or(Ended),
            Some(event) = self.outside.recv() => Ok(event),
        }
    }
}
