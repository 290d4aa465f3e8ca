//! What is left of a request of several steps, and how far it may go.
//!
//! Everything in it comes from the person's own words ([`split`]) before the first call: a result can fill a value of a
//! step that was asked for, and has no way to add one.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{request::Call, sentences};
use crate::planner::agenda::{Clause, Fate, Joined, split};

/// Steps of one request.
pub const MAX_STEPS: usize = 6;
/// Calls of one request, those that are repeated among them.
pub const MAX_CALLS: usize = 8;
/// After so long nothing of a request is begun any more. The time that a person takes to answer does not count.
pub const MAX_WORK: Duration = Duration::from_secs(120);
/// What is left out of a correction that ends after its first call, or before it; only told.
const MAKE_AGAIN: &str = "make it again";
/// Between a call and its repetition.
pub const PAUSE: Duration = Duration::from_secs(5);

/// A request while it goes on.
#[derive(Debug)]
pub(super) struct Agenda {
    /// Everything the person said for it.
    pub asked: String,
    /// The words that the current clause came out of, and how many of those behind it did.
    words: String,
    parts: usize,
    pub current: Clause,
    rest: VecDeque<Clause>,
    /// Of the current clause, in no call and no request; told in the end.
    apart: Vec<Clause>,
    /// The call that the current clause comes to once the one before it was done.
    prepared: Option<Call>,
    /// Given up and still to be told.
    left: Vec<Clause>,
    steps: usize,
    calls: usize,
    done: usize,
    /// Of the current clause, failed or not what was waited for.
    tries: usize,
    clock: Clock,
}

/// When work must end; it stands still while a person is asked.
#[derive(Clone, Copy, Debug)]
enum Clock {
    Runs { until: Instant },
    Stands { left: Duration },
}

/// What a request is stopped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Steps,
    Calls,
    Time,
}

/// What comes after a step.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// The current clause is another.
    Step,
    /// The current clause goes on with this call.
    Call(Call),
    Stopped(Bound),
    /// Steps were given up, and nothing of them was said yet.
    Tell,
    Over,
}

impl Agenda {
    pub fn new(now: Instant, words: &str) -> Self {
        let mut clauses = VecDeque::from(split(words));
        let current = clauses.pop_front().unwrap_or_else(|| Clause::whole(words));
        Self { parts: clauses.len(), rest: clauses, ..Self::of(now, words, current) }
    }

    /// A request that is one clause, whatever its words.
    pub fn one(now: Instant, words: &str) -> Self {
        Self::of(now, words, Clause::whole(words))
    }

    fn of(now: Instant, words: &str, current: Clause) -> Self {
        Self {
            asked: words.to_owned(),
            words: words.to_owned(),
            parts: 0,
            current,
            rest: VecDeque::new(),
            apart: Vec::new(),
            prepared: None,
            left: Vec::new(),
            steps: 1,
            calls: 0,
            done: 0,
            tries: 0,
            clock: Clock::Runs { until: now + MAX_WORK },
        }
    }

    /// The clauses that come out of the same words as the current one.
    pub fn then(&self) -> Vec<String> {
        self.rest.iter().take(self.parts).map(|clause| clause.words.clone()).collect()
    }

    /// Whether the next clause is so loosely joined that it may be part of this one.
    pub fn may_be_one(&self) -> bool {
        self.parts > 0 && self.rest.front().is_some_and(|next| next.joined == Joined::And)
    }

    /// The words are one request after all.
    pub fn together(&mut self) {
        self.rest.drain(..self.parts);
        self.apart.clear();
        self.parts = 0;
        self.current = Clause::whole(&self.words);
    }

    /// The person goes on speaking about the current clause.
    pub fn join(&mut self, more: &str) {
        self.rest.drain(..self.parts);
        self.apart.clear();
        self.asked = format!("{} {more}", self.asked);
        self.words = format!("{} {more}", self.words);
        let mut clauses = split(&self.words);
        self.current = clauses.remove(0);
        self.parts = clauses.len();
        clauses.into_iter().rev().for_each(|clause| self.rest.push_front(clause));
    }

    /// What the call for the current clause leaves out of its words is the next to be done, or is told in the end.
    pub fn leave_nothing_out(&mut self, call: &Call) {
        for loose in self.current.left_out_of(&call.action, &call.arguments).into_iter().rev() {
            match loose.fate {
                Fate::Step => {
                    self.rest.push_front(loose.clause);
                    self.parts += 1;
                }
                Fate::Told => self.apart.insert(0, loose.clause),
            }
        }
    }

    /// The current clause comes to two calls, of which this is the second.
    pub fn prepare(&mut self, call: Call) {
        self.prepared = Some(call);
    }

    /// The second call of the current clause is not begun by itself any more; whether there was one.
    pub fn unprepare(&mut self) -> bool {
        self.prepared.take().is_some()
    }

    pub fn next(&mut self, now: Instant) -> Next {
        if let Some(call) = self.prepared.take() {
            return Next::Call(call);
        }
        self.left.append(&mut self.apart);
        let Some(clause) = self.rest.front() else {
            return if self.left.is_empty() { Next::Over } else { Next::Tell };
        };
        if self.steps == MAX_STEPS {
            return Next::Stopped(Bound::Steps);
        }
        if let Some(bound) = self.bound(now) {
            return Next::Stopped(bound);
        }
        self.words.clone_from(&clause.words);
        self.parts = 0;
        self.current = clause.clone();
        self.rest.pop_front();
        self.steps += 1;
        self.tries = 0;
        Next::Step
    }

    /// What forbids another call.
    pub fn bound(&self, now: Instant) -> Option<Bound> {
        match self.clock {
            _ if self.calls >= MAX_CALLS => Some(Bound::Calls),
            Clock::Runs { until } if until <= now => Some(Bound::Time),
            Clock::Runs { .. } | Clock::Stands { .. } => None,
        }
    }

    pub fn called(&mut self) {
        self.calls += 1;
    }

    /// The current clause was tried in vain; whether that was the first time.
    pub fn first_try(&mut self) -> bool {
        self.tries += 1;
        self.tries == 1
    }

    /// The current clause is done.
    pub fn done(&mut self) {
        self.done += 1;
    }

    /// Whether something of the request was done.
    pub fn progress(&self) -> sentences::Progress {
        if self.done == 0 { sentences::Progress::Nothing } else { sentences::Progress::Some }
    }

    /// The number of the current clause, and of how many.
    pub fn place(&self) -> (usize, usize) {
        (self.steps, self.steps + self.rest.len())
    }

    pub fn has_more(&self) -> bool {
        !self.rest.is_empty() || self.prepared.is_some()
    }

    /// Nothing is begun any more, and the current clause is not done either.
    pub fn give_up_all(&mut self) {
        self.left.push(self.current.clone());
        self.give_up();
    }

    /// Nothing is begun any more; what that leaves out is told with the next end.
    pub fn give_up(&mut self) {
        self.left.append(&mut self.apart);
        if self.unprepare() {
            self.left.push(Clause::whole(MAKE_AGAIN));
        }
        self.left.extend(self.rest.drain(..));
        self.parts = 0;
        self.current.again = None;
    }

    pub fn untold(mut self) -> Vec<Clause> {
        self.give_up();
        self.left
    }

    pub fn stand(&mut self, now: Instant) {
        if let Clock::Runs { until } = self.clock {
            self.clock = Clock::Stands { left: until.saturating_duration_since(now) };
        }
    }

    pub fn run(&mut self, now: Instant) {
        if let Clock::Stands { left } = self.clock {
            self.clock = Clock::Runs { until: now + left };
        }
    }
}
