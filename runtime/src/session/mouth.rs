//! The mouth of a session: what is being said, one speech after the other, and how much of it was heard.
//!
//! Sound is sent as soon as it is made, faster than it plays. When it plays is reckoned: a clause begins when the one
//! before it ends, or when it is sent. So the end of a speech, and how far it got when it was stopped, are known
//! without asking the client.
//!
//! What is left of a speech that was stopped can be kept, while it is still being made, and goes on as a speech of its own.

use std::{
    collections::VecDeque,
    sync::Arc,
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

/// What is played may be so far behind what was reckoned.
const BEHIND: Duration = Duration::from_millis(300);

/// One clause, made.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) text: String,
    /// Zero when it is only written.
    pub(super) duration: Duration,
    pub(super) samples: Option<Arc<Vec<f32>>>,
}

struct Placed {
    clause: Clause,
    from: Instant,
    to: Instant,
}

/// A speech that waits or is being made or played.
struct Speech {
    tag: Tag,
    id: SpeechId,
    making: Making,
    placed: Vec<Placed>,
}

/// How far the making of a speech is.
struct Making {
    /// The speech that it was begun for.
    id: SpeechId,
    /// Until it begins.
    source: Option<Source>,
    cancel: Cancel,
    end: Option<End>,
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Made,
    Failed,
}

/// What is left of a speech that was stopped.
struct Left {
    tag: Tag,
    making: Making,
    clauses: Vec<Clause>,
}

/// Where a clause belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is sent now, as part of this speech.
    Sent(SpeechId, Tag),
    /// It is kept, or nobody wants it any more.
    NotNow,
}

/// All speeches of a session, in order.
#[derive(Default)]
pub(super) struct Mouth {
    speeches: VecDeque<Speech>,
    left: Option<Left>,
    next: u64,
    plays_until: Option<Instant>,
}

impl Mouth {
    /// Puts a speech behind the others. What was left of one that was stopped is not said any more.
    pub(super) fn say(&mut self, tag: Tag, source: Source) -> SpeechId {
        self.let_go();
        let id = self.fresh();
        let making = Making { id, source: Some(source), cancel: Cancel::default(), end: None };
        self.speeches.push_back(Speech { tag, id, making, placed: Vec::new() });
        id
    }

    fn fresh(&mut self) -> SpeechId {
        self.next += 1;
        SpeechId(self.next)
    }

    /// The next speech to be made, once the one before it is made.
    pub(super) fn begin(&mut self) -> Option<(SpeechId, Source, Cancel)> {
        let making = &mut self.speeches.iter_mut().find(|s| s.making.end.is_none())?.making;
        let source = making.source.take()?;
        Some((making.id, source, making.cancel.clone()))
    }

    /// A clause was made.
    pub(super) fn made_clause(&mut self, made_for: SpeechId, clause: Clause, now: Instant) -> Place {
        if let Some(left) = self.left.as_mut().filter(|left| left.making.id == made_for) {
            left.clauses.push(clause);
            return Place::NotNow;
        }
        match self.speeches.iter().find(|s| s.making.id == made_for).map(|s| s.id) {
            Some(id) => self.place(id, clause, now),
            None => Place::NotNow,
        }
    }

    fn place(&mut self, id: SpeechId, clause: Clause, now: Instant) -> Place {
        let from = self.plays_until.map_or(now, |until| until.max(now));
        let Some(speech) = self.speeches.iter_mut().find(|s| s.id == id) else { return Place::NotNow };
        let to = from + clause.duration;
        speech.placed.push(Placed { clause, from, to });
        self.plays_until = Some(to);
        Place::Sent(id, speech.tag)
    }

    /// All of a speech was made, or no more of it can be.
    pub(super) fn made(&mut self, made_for: SpeechId, failed: bool) {
        let speeches = self.speeches.iter_mut().map(|s| &mut s.making);
        let left = self.left.iter_mut().map(|left| &mut left.making);
        if let Some(making) = speeches.chain(left).find(|making| making.id == made_for) {
            making.end = Some(if failed { End::Failed } else { End::Made });
        }
    }

    /// Whether something is sounding.
    pub(super) fn sounds(&self, now: Instant) -> bool {
        self.plays_until.is_some_and(|until| until > now)
    }

    /// When the first speech will have been played, if it is made.
    pub(super) fn ends(&self, now: Instant) -> Option<Instant> {
        let first = self.speeches.front().filter(|s| s.making.end.is_some())?;
        Some(first.placed.last().map_or(now, |p| p.to))
    }

    /// The first speech, if it has been played.
    pub(super) fn played(&mut self, now: Instant) -> Option<(Tag, SpeechId, Played)> {
        if self.ends(now)? > now {
            return None;
        }
        let speech = self.speeches.pop_front()?;
        let heard = heard(&speech.placed, now);
        let complete = speech.making.end == Some(End::Made);
        Some((speech.tag, speech.id, Played { heard, complete }))
    }

    /// Silence: every speech ends here, with what was heard of it. What is left of the one in `keep` is kept, and goes on
    /// being made.
    pub(super) fn stop(&mut self, now: Instant, keep: Option<Tag>) -> Vec<(Tag, SpeechId, Played)> {
        self.plays_until = None;
        let mut ended = Vec::new();
        for speech in std::mem::take(&mut self.speeches) {
            let made = speech.making.end == Some(End::Made);
            let complete = made && speech.placed.iter().all(|p| p.to <= now);
            let played = Played { heard: heard(&speech.placed, now), complete };
            ended.push((speech.tag, speech.id, played));
            if keep == Some(speech.tag) && !complete {
                // The clause that was cut is said again from its beginning.
                let unheard = speech.placed.into_iter().skip_while(|p| p.to + BEHIND <= now);
                let clauses = unheard.map(|p| p.clause).collect();
                self.left = Some(Left { tag: speech.tag, making: speech.making, clauses });
            } else {
                speech.making.cancel.cancel();
            }
        }
        ended
    }

    /// What was left of the speech `from` is a speech again, behind the others, with the clauses of it that are made.
    /// `None` if nothing was left.
    pub(super) fn go_on(&mut self, from: Tag, tag: Tag, now: Instant) -> Option<(SpeechId, Vec<Clause>)> {
        let left = self.left.take_if(|left| left.tag == from)?;
        let id = self.fresh();
        self.speeches.push_back(Speech { tag, id, making: left.making, placed: Vec::new() });
        for clause in &left.clauses {
            self.place(id, clause.clone(), now);
        }
        Some((id, left.clauses))
    }

    /// What was kept is not said any more.
    pub(super) fn let_go(&mut self) {
        if let Some(left) = self.left.take() {
            left.making.cancel.cancel();
        }
    }
}

/// The words that were played by `now`; of a clause cut short, the words in proportion.
fn heard(placed: &[Placed], now: Instant) -> String {
    let mut said: Vec<String> = Vec::new();
    for Placed { clause: Clause { text, .. }, from, to } in placed.iter().filter(|p| p.from <= now) {
        if *to <= now {
            said.push(text.trim().to_owned());
            continue;
        }
        let share = (now - *from).as_secs_f64() / (*to - *from).as_secs_f64();
        let words: Vec<&str> = text.split_whitespace().collect();
        // Truncation is meant: a word that was begun was not heard.
        let count = (words.len() as f64 * share) as usize;
        said.push(words[..count.min(words.len())].join(" "));
    }
    said.join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests;
