//! The person's words as clients see them: which item they belong to, and how much of them was sent.
//!
//! An item is named when speech begins, or with its first words while a button is pressed; it exists for the client from
//! its commit. Its deltas make up the beginning of what was said. Where they don't, `completed` wins.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Kind;
use crate::session::UtteranceId;

/// An event without its id.
pub(super) type Event = (Kind, Value);

/// Items of speech, from the first sound to the last word.
#[derive(Default)]
pub(super) struct Transcripts {
    /// Of the speech that goes on.
    open: Option<Spoken>,
    /// Committed by the client; their utterance is still to come.
    committed: Vec<Spoken>,
    /// Complete; the words are still to come.
    complete: HashMap<UtteranceId, Spoken>,
}

pub(super) struct Spoken {
    pub(super) item: String,
    /// Where it began, in milliseconds of the audio that was sent; 0 while a button is pressed.
    pub(super) began: u64,
    /// The words that were sent.
    sent: String,
}

impl Spoken {
    fn new(item: String) -> Self {
        Self { item, began: 0, sent: String::new() }
    }

    /// The next delta, if `text` goes on from what was sent.
    fn delta(&mut self, text: &str) -> Option<Event> {
        let more = text.strip_prefix(self.sent.as_str()).filter(|more| !more.is_empty())?;
        let event = json!({"item_id": self.item, "content_index": 0, "delta": more});
        text.clone_into(&mut self.sent);
        Some((Kind::TranscriptionDelta, event))
    }
}

impl Transcripts {
    /// Speech began `at`; `fresh` names its item.
    pub(super) fn begin(&mut self, fresh: String, at: u64) {
        self.open = Some(Spoken { began: at, ..Spoken::new(fresh) });
    }

    /// The item of the speech that goes on. It has none yet if what was appended of it was cleared.
    pub(super) fn item(&mut self, fresh: impl FnOnce() -> String) -> &str {
        &self.open.get_or_insert_with(|| Spoken::new(fresh())).item
    }

    /// The speech that went on is thrown away.
    pub(super) fn drop_open(&mut self) -> Option<Spoken> {
        self.open.take()
    }

    /// A recording that is an item of its own.
    pub(super) fn recorded(&mut self, item: String) {
        self.committed.push(Spoken::new(item));
    }

    /// Words of the speech that goes on.
    pub(super) fn hearing(&mut self, text: &str, fresh: impl FnOnce() -> String) -> Option<Event> {
        // Several commits are one utterance, and its words are the last one's: what they begin with is no item's own.
        if !self.committed.is_empty() {
            return None;
        }
        self.open.get_or_insert_with(|| Spoken::new(fresh())).delta(text)
    }

    /// The client committed what it sent: gives the name of the item.
    pub(super) fn commit(&mut self, fresh: impl FnOnce() -> String) -> String {
        let spoken = self.open.take().unwrap_or_else(|| Spoken::new(fresh()));
        let item = spoken.item.clone();
        self.committed.push(spoken);
        item
    }

    /// An utterance is complete. Gives the name of its item unless a commit has told it; several committed before one
    /// response are one utterance: its last item's.
    pub(super) fn complete(
        &mut self,
        utterance: UtteranceId,
        fresh: impl FnOnce() -> String,
    ) -> Option<String> {
        if let Some(spoken) = self.committed.pop() {
            self.committed.clear();
            self.complete.insert(utterance, spoken);
            return None;
        }
        let spoken = self.open.take().unwrap_or_else(|| Spoken::new(fresh()));
        let item = spoken.item.clone();
        self.complete.insert(utterance, spoken);
        Some(item)
    }

    /// The words of an utterance: its item, and the events that tell them.
    pub(super) fn heard(&mut self, utterance: UtteranceId, text: &str) -> Option<(String, Vec<Event>)> {
        let mut spoken = self.complete.remove(&utterance)?;
        let completed = json!({
            "item_id": spoken.item, "content_index": 0, "transcript": text,
            "usage": {"type": "duration", "seconds": 0}
        });
        let completed = (Kind::TranscriptionCompleted, completed);
        let events = spoken.delta(text).into_iter().chain([completed]).collect();
        Some((spoken.item, events))
    }

    /// An utterance has no words.
    pub(super) fn failed(&mut self, utterance: UtteranceId, message: &str) -> Option<Event> {
        let spoken = self.complete.remove(&utterance)?;
        let event = json!({
            "item_id": spoken.item, "content_index": 0,
            "error": {"type": "transcription_error", "code": "hearing_failed", "message": message, "param": null}
        });
        Some((Kind::TranscriptionFailed, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deltas(events: &[Event]) -> String {
        events.iter().filter_map(|(_, event)| event["delta"].as_str()).collect()
    }

    #[test]
    fn deltas_are_the_beginning_of_what_completed_says() {
        let mut transcripts = Transcripts::default();
        transcripts.begin("item_1".to_owned(), 0);
        let mut events: Vec<Event> = ["turn on", "turn on", "turn on the"]
            .iter()
            .filter_map(|text| transcripts.hearing(text, || panic!("it has a name")))
            .collect();
        assert_eq!(deltas(&events), "turn on the");
        assert_eq!(
            transcripts.complete(UtteranceId(1), || panic!("it has a name")),
            Some("item_1".to_owned())
        );
        let (item, last) = transcripts.heard(UtteranceId(1), "turn on the light").unwrap();
        events.extend(last);
        assert_eq!(deltas(&events), "turn on the light");
        assert!(events.iter().all(|(_, event)| event["item_id"] == item.as_str()));
        assert_eq!(events.last().unwrap().1["transcript"], "turn on the light");
    }

    #[test]
    fn where_the_last_word_is_another_nothing_is_added_and_completed_wins() {
        let mut transcripts = Transcripts::default();
        transcripts.begin("item_1".to_owned(), 0);
        assert!(transcripts.hearing("turn on", String::new).is_some());
        assert!(transcripts.hearing("turn off", String::new).is_none());
        transcripts.complete(UtteranceId(1), String::new);
        let (_, events) = transcripts.heard(UtteranceId(1), "turn off").unwrap();
        let kinds: Vec<Kind> = events.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Kind::TranscriptionCompleted]);
    }

    #[test]
    fn words_of_a_pressed_button_belong_to_the_item_of_its_commit() {
        let mut transcripts = Transcripts::default();
        let (_, delta) = transcripts.hearing("call", || "item_1".to_owned()).unwrap();
        assert_eq!(delta["item_id"], "item_1");
        assert_eq!(transcripts.commit(|| panic!("it has a name")), "item_1");
        assert!(transcripts.hearing("call Anna now", || panic!()).is_none(), "part of the same utterance");
        assert_eq!(transcripts.commit(|| "item_2".to_owned()), "item_2");
        assert_eq!(transcripts.complete(UtteranceId(1), || panic!()), None);
        let (item, events) = transcripts.heard(UtteranceId(1), "call Anna").unwrap();
        assert_eq!((item.as_str(), deltas(&events).as_str()), ("item_2", "call Anna"));
        assert!(transcripts.hearing("next", || "item_3".to_owned()).is_some());
        assert_eq!(transcripts.drop_open().unwrap().item, "item_3", "thrown away");
        assert!(transcripts.drop_open().is_none());
    }
}
