//! The mouth of a session: what is being said, one speech after the other, and how much of it was heard.
//!
//! Sound is sent as soon as it is made, faster than it plays. When it plays is reckoned: a clause begins when the one
//! before it ends, or when it is sent. So the end of a speech, and how far it got when it was stopped, are known
//! without asking the client.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use homepilot_models::cancel::Cancel;

use super::output::SpeechId;
use crate::turn::{Line, Played, Tag};

/// What a speech is made from.
#[derive(Debug)]
pub(super) enum Source {
    /// These words.
    Words(String),
    /// An answer that is still to be written; about what tools answered to the request, if anything.
    Answer { utterance: String, history: Vec<Line>, results: Vec<String> },
}

/// One clause, made.
#[derive(Debug)]
pub(super) struct Clause {
    pub(super) text: String,
    /// Zero when it is only written.
    pub(super) duration: Duration,
}

struct Placed {
    text: String,
    from: Instant,
    to: Instant,
}

/// A speech that waits or is being made or played.
pub(super) struct Speech {
    pub(super) tag: Tag,
    pub(super) id: SpeechId,
    pub(super) source: Option<Source>,
    pub(super) cancel: Cancel,
    placed: Vec<Placed>,
    made: bool,
    failed: bool,
}

/// All speeches of a session, in order.
#[derive(Default)]
pub(super) struct Mouth {
    speeches: VecDeque<Speech>,
    next: u64,
    plays_until: Option<Instant>,
}

impl Mouth {
    /// Puts a speech behind the others.
    pub(super) fn say(&mut self, tag: Tag, source: Source) -> SpeechId {
        self.next += 1;
        let id = SpeechId(self.next);
        self.speeches.push_back(Speech {
            tag,
            id,
            source: Some(source),
            cancel: Cancel::default(),
            placed: Vec::new(),
            made: false,
            failed: false,
        });
        id
    }

    /// The next speech to be made, once the one before it is made.
    pub(super) fn begin(&mut self) -> Option<(SpeechId, Tag, Source, Cancel)> {
        let speech = self.speeches.iter_mut().find(|s| !s.made)?;
        let source = speech.source.take()?;
        Some((speech.id, speech.tag, source, speech.cancel.clone()))
    }

    /// A clause was sent.
    pub(super) fn sent(&mut self, id: SpeechId, clause: Clause, now: Instant) {
        let from = self.plays_until.map_or(now, |until| until.max(now));
        let Some(speech) = self.speeches.iter_mut().find(|s| s.id == id) else { return };
        let to = from + clause.duration;
        speech.placed.push(Placed { text: clause.text, from, to });
        self.plays_until = Some(to);
    }

    /// All of a speech was sent, or no more of it can be made.
    pub(super) fn made(&mut self, id: SpeechId, failed: bool) {
        if let Some(speech) = self.speeches.iter_mut().find(|s| s.id == id) {
            speech.made = true;
            speech.failed = failed;
        }
    }

    /// When the first speech will have been played, if it is made.
    pub(super) fn ends(&self, now: Instant) -> Option<Instant> {
        let first = self.speeches.front().filter(|s| s.made)?;
        Some(first.placed.last().map_or(now, |p| p.to))
    }

    /// The first speech, if it has been played.
    pub(super) fn played(&mut self, now: Instant) -> Option<(Tag, SpeechId, Played)> {
        if self.ends(now)? > now {
            return None;
        }
        let speech = self.speeches.pop_front()?;
        let heard = heard(&speech.placed, now);
        Some((speech.tag, speech.id, Played { heard, complete: !speech.failed }))
    }

    /// Silence: every speech ends here, with what was heard of it.
    pub(super) fn stop(&mut self, now: Instant) -> Vec<(Tag, SpeechId, Played)> {
        self.plays_until = None;
        let ended = |speech: Speech| {
            speech.cancel.cancel();
            let complete = speech.made && !speech.failed && speech.placed.iter().all(|p| p.to <= now);
            (speech.tag, speech.id, Played { heard: heard(&speech.placed, now), complete })
        };
        self.speeches.drain(..).map(ended).collect()
    }
}

/// The words that were played by `now`; of a clause cut short, the words in proportion.
fn heard(placed: &[Placed], now: Instant) -> String {
    let mut said: Vec<String> = Vec::new();
    for clause in placed.iter().filter(|c| c.from <= now) {
        if clause.to <= now {
            said.push(clause.text.trim().to_owned());
            continue;
        }
        let share = (now - clause.from).as_secs_f64() / (clause.to - clause.from).as_secs_f64();
        let words: Vec<&str> = clause.text.split_whitespace().collect();
        // Truncation is meant: a word that was begun was not heard.
        let count = (words.len() as f64 * share) as usize;
        said.push(words[..count.min(words.len())].join(" "));
    }
    said.join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(text: &str, ms: u64) -> Clause {
        Clause { text: text.to_owned(), duration: Duration::from_millis(ms) }
    }

    fn tag(epoch: u64) -> Tag {
        Tag { turn: 1, epoch }
    }

    #[test]
    fn a_speech_is_played_when_its_last_clause_ends_and_the_next_follows_it() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut mouth = Mouth::default();
        let first = mouth.say(tag(1), Source::Words(String::new()));
        let second = mouth.say(tag(2), Source::Words(String::new()));
        assert_eq!(mouth.begin().map(|b| b.0), Some(first));
        assert!(mouth.begin().is_none(), "one at a time");
        mouth.sent(first, clause("one two", 1000), at(0));
        mouth.sent(first, clause("three", 500), at(100));
        assert!(mouth.played(at(5000)).is_none(), "not all of it is made");
        mouth.made(first, false);
        assert_eq!(mouth.begin().map(|b| b.0), Some(second));
        mouth.sent(second, clause("four", 500), at(200));
        mouth.made(second, false);
        assert!(mouth.played(at(1499)).is_none());
        let (_, id, played) = mouth.played(at(1500)).unwrap();
        assert_eq!((id, played), (first, Played { heard: "one two three".into(), complete: true }));
        assert_eq!(mouth.ends(at(1500)), Some(at(2000)));
    }

    #[test]
    fn what_was_heard_of_a_speech_cut_short_is_whole_words() {
        let start = Instant::now();
        let mut mouth = Mouth::default();
        let id = mouth.say(tag(1), Source::Words(String::new()));
        mouth.begin();
        mouth.sent(id, clause("I will. ", 1000), start);
        mouth.sent(id, clause("Then the rest follows", 1000), start);
        let stopped = mouth.stop(start + Duration::from_millis(1_550));
        assert_eq!(stopped[0].2, Played { heard: "I will. Then the".into(), complete: false });
        assert!(mouth.stop(start).is_empty());
    }
}
