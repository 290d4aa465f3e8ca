//! Evaluated prefixes: in memory as sequences of the cache, on disk under a hash.
//!
//! A prefix costs seconds (12 s for 900 tokens on the 1.5B with two cores) and is the same in every turn, so it is
//! evaluated once. Several stay in memory as long as the cache has cells and sequences; the one used longest ago goes
//! first.

mod disk;

use std::path::PathBuf;

use super::session::{Evaluated, SEQUENCES, Sequence, Session};
use crate::cancel::Cancel;
use crate::lm::{LmError, Prefix, Warmth};
use disk::Disk;

/// Cells kept free beside a prefix that is only warmed: a suffix and an answer.
const TAIL: usize = 512;

pub(super) struct Prefixes {
    /// The one used last is last.
    held: Vec<Held>,
    disk: Option<Disk>,
}

struct Held {
    text: String,
    evaluated: Evaluated,
}

impl Prefixes {
    /// `model` is the weights' SHA-256; without a directory nothing is kept on disk.
    pub(super) fn new(model: &str, cache_dir: Option<PathBuf>) -> Self {
        Self { held: Vec::new(), disk: cache_dir.map(|dir| Disk::new(model, dir)) }
    }

    /// Has `prefix` in memory, with [`TAIL`] cells to spare.
    pub(super) fn warm(
        &mut self,
        session: &mut Session,
        prefix: &Prefix,
        cancel: &Cancel,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Warmth, LmError> {
        self.ready(session, prefix, TAIL, cancel, progress).map(|(_, warmth)| warmth)
    }

    /// Has `prefix` in memory, with `tail` cells to spare. [`None`] for an empty prefix, which needs no evaluation.
    pub(super) fn ready(
        &mut self,
        session: &mut Session,
        prefix: &Prefix,
        tail: usize,
        cancel: &Cancel,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(Option<Evaluated>, Warmth), LmError> {
        if let Some(index) = self.held.iter().position(|held| held.text == prefix.text) {
            let held = self.held.remove(index);
            let evaluated = held.evaluated;
            self.held.push(held);
            self.make_room(session, evaluated.tokens, tail, 1)?;
            return Ok((Some(evaluated), Warmth::InMemory));
        }
        let tokens = session.tokens(&prefix.text);
        self.make_room(session, tokens.len(), tail, 0)?;
        if tokens.is_empty() {
            return Ok((None, Warmth::InMemory));
        }
        let sequence =
            self.free_sequence().ok_or_else(|| LmError::Engine("no sequence is free".to_owned()))?;
        let restored =
            self.disk.as_ref().is_some_and(|disk| disk.restore(session, sequence, &prefix.text, &tokens));
        if !restored {
            let total = tokens.len();
            let fed = session.feed(&tokens, 0, sequence, 1, cancel, &mut |done| progress(done, total));
            if let Err(error) = fed {
                session.clear(sequence);
                return Err(error);
            }
            if let Some(disk) = &self.disk {
                disk.save(session, sequence, &prefix.text, &tokens);
            }
        }
        let evaluated = Evaluated { sequence, tokens: tokens.len() };
        self.held.push(Held { text: prefix.text.clone(), evaluated });
        Ok((Some(evaluated), if restored { Warmth::FromDisk } else { Warmth::Computed }))
    }

    /// Lets go of the prefixes used longest ago, but not of the last `keep`, until `prefix` and `tail` tokens fit.
    fn make_room(
        &mut self,
        session: &mut Session,
        prefix: usize,
        tail: usize,
        keep: usize,
    ) -> Result<(), LmError> {
        let needed = prefix + tail;
        if needed > session.room() {
            return Err(LmError::TooLong { needed, room: session.room() });
        }
        // The kept prefix is among those held; a new one needs cells and a sequence of its own.
        let new = if keep == 0 { prefix } else { 0 };
        let most = SEQUENCES as usize - 1 - usize::from(keep == 0);
        while self.held.len() > keep && (self.cells() + new + tail > session.room() || self.held.len() > most)
        {
            let oldest = self.held.remove(0);
            session.clear(oldest.evaluated.sequence);
        }
        Ok(())
    }

    /// Lets go of all that is in memory.
    #[cfg(test)]
    pub(super) fn forget(&mut self, session: &mut Session) {
        self.held.drain(..).for_each(|held| session.clear(held.evaluated.sequence));
    }

    fn cells(&self) -> usize {
        self.held.iter().map(|held| held.evaluated.tokens).sum()
    }

    fn free_sequence(&self) -> Option<Sequence> {
        Sequence::for_prefixes()
            .find(|sequence| self.held.iter().all(|held| held.evaluated.sequence != *sequence))
    }
}
