//! A word that it takes a moment, and the reply that follows it: two items of one response, since clients take the end of
//! a response for the end of the turn.

use serde_json::{Value, json};

use super::{Kind, Outlet, Response, items};
use crate::{session::SpeechId, turn::State};

/// A word that it takes a moment: the first item of the response that follows.
pub(super) enum Lead {
    None,
    Saying(SpeechId),
    Said(Box<Response>),
}

impl Outlet {
    /// Whether a response is open.
    pub(in crate::realtime) fn is_speaking(&self) -> bool {
        !self.speeches.is_empty() || matches!(self.lead, Lead::Said(_))
    }

    /// The client wants to hear no more of it.
    pub(in crate::realtime) fn cancel(&mut self) {
        for response in self.speeches.values_mut() {
            response.reason = "client_cancelled";
        }
    }

    /// Whether this item is what is being said.
    pub(in crate::realtime) fn is_saying(&self, item: &str) -> bool {
        self.speeches.values().any(|response| response.item == item)
    }

    /// The response of a speech that begins: a new one, or the one that a word about the wait has opened.
    pub(super) fn open(&mut self, speech: SpeechId) -> (Response, Vec<Value>) {
        let item = self.items.fresh("item");
        let mut events = match self.lead {
            // It was sent already; only its playing goes on.
            Lead::Saying(lead) if lead != speech => self.end(lead, true),
            Lead::Saying(_) | Lead::Said(_) | Lead::None => Vec::new(),
        };
        if let Lead::Said(response) = std::mem::replace(&mut self.lead, Lead::None) {
            return (Response { item, text: String::new(), ..*response }, events);
        }
        let id = self.items.fresh("resp");
        let response = Response::new(id, item, self.aloud);
        let created = self.response_json(&response, "in_progress");
        events.push(self.event(Kind::ResponseCreated, json!({"response": created})));
        self.metadata = None;
        (response, events)
    }

    pub(super) fn state(&mut self, state: State) -> Vec<Value> {
        let mut events = if state == State::Idle { self.end_lead() } else { Vec::new() };
        events.extend(self.own(Kind::State, json!({"state": items::state_name(state)})));
        events
    }

    /// Nothing follows the word about the wait.
    fn end_lead(&mut self) -> Vec<Value> {
        match std::mem::replace(&mut self.lead, Lead::None) {
            Lead::Said(response) => {
                let done = self.response_json(&response, "completed");
                vec![self.event(Kind::ResponseDone, json!({"response": done}))]
            }
            other => {
                self.lead = other;
                Vec::new()
            }
        }
    }
}
