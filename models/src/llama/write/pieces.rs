//! From bytes of tokens to pieces of text: whole characters, and nothing that may turn out to be a stop string.

use std::ops::ControlFlow;

use crate::lm::Finish;

pub(super) struct Pieces<'a> {
    stop: &'a [&'a str],
    sink: &'a mut dyn FnMut(&str) -> ControlFlow<()>,
    /// Bytes of a character that is not complete.
    bytes: Vec<u8>,
    /// Characters that may begin a stop string.
    held: String,
    /// What the sink got.
    text: String,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(stop: &'a [&'a str], sink: &'a mut dyn FnMut(&str) -> ControlFlow<()>) -> Self {
        Self { stop, sink, bytes: Vec::new(), held: String::new(), text: String::new() }
    }

    /// Takes the bytes that `append` appends.
    pub(super) fn push(&mut self, append: impl FnOnce(&mut Vec<u8>)) -> ControlFlow<Finish> {
        append(&mut self.bytes);
        self.take_characters();
        let found =
            self.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| self.held.find(stop)).min();
        if let Some(at) = found {
            self.held.truncate(at);
            return ControlFlow::Break(self.hand_out(at, Finish::Stop));
        }
        let safe = self.held.len() - self.doubtful();
        match self.hand_out(safe, Finish::Stop) {
            Finish::Sink => ControlFlow::Break(Finish::Sink),
            Finish::Stop | Finish::Length | Finish::Cancelled => ControlFlow::Continue(()),
        }
    }

    /// Hands out what was held back, for nothing can come after it any more.
    pub(super) fn finish(&mut self, finished: Finish) -> Finish {
        self.hand_out(self.held.len(), finished)
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Moves complete characters to `held`; bytes that never become one are replaced.
    fn take_characters(&mut self) {
        let mut taken = 0;
        for chunk in self.bytes.utf8_chunks() {
            self.held.push_str(chunk.valid());
            taken += chunk.valid().len();
            let incomplete = taken + chunk.invalid().len() == self.bytes.len()
                && std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
            if incomplete {
                break;
            }
            if !chunk.invalid().is_empty() {
                self.held.push(char::REPLACEMENT_CHARACTER);
            }
            taken += chunk.invalid().len();
        }
        self.bytes.drain(..taken);
    }

    /// The length of the longest end of `held` that begins a stop string.
    fn doubtful(&self) -> usize {
        let ends = self.held.char_indices().map(|(at, _)| &self.held[at..]);
        ends.filter(|end| self.stop.iter().any(|stop| stop.starts_with(end)))
            .map(str::len)
            .next()
            .unwrap_or(0)
    }

    fn hand_out(&mut self, bytes: usize, finished: Finish) -> Finish {
        let rest = self.held.split_off(bytes);
        let piece = std::mem::replace(&mut self.held, rest);
        if piece.is_empty() {
            return finished;
        }
        self.text.push_str(&piece);
        match (self.sink)(&piece) {
            ControlFlow::Continue(()) => finished,
            ControlFlow::Break(()) => Finish::Sink,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stop: &[&str], tokens: &[&[u8]]) -> (Vec<String>, String, Option<Finish>) {
        let mut got = Vec::new();
        let mut sink = |piece: &str| {
            got.push(piece.to_owned());
            if piece.contains('!') { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut pieces = Pieces::new(stop, &mut sink);
        let mut ended = None;
        for token in tokens {
            if let ControlFlow::Break(finished) = pieces.push(|out| out.extend_from_slice(token)) {
                ended = Some(finished);
                break;
            }
        }
        if ended.is_none() {
            assert_eq!(pieces.finish(Finish::Length), Finish::Length);
        }
        let text = pieces.into_text();
        (got, text, ended)
    }

    #[test]
    fn pieces_are_whole_characters() {
        let (got, text, _) = run(&[], &[b"caf", b"\xc3", b"\xa9 \xf0\x9f", b"\x98\x80", b" \xff."]);
        assert_eq!(got, ["caf", "\u{e9} ", "\u{1f600}", " \u{fffd}."]);
        assert_eq!(text, "caf\u{e9} \u{1f600} \u{fffd}.");
    }

    #[test]
    fn a_stop_string_ends_the_text_and_none_of_it_gets_out() {
        let (got, text, ended) = run(&["\nUser:", "END"], &[b"Hi", b"\nUs", b"er: me"]);
        assert_eq!((got, text.as_str(), ended), (vec!["Hi".to_owned()], "Hi", Some(Finish::Stop)));
    }

    #[test]
    fn what_only_looked_like_a_stop_string_is_handed_out() {
        let (got, text, ended) = run(&["END"], &[b"an E", b"N", b"vy", b" EN"]);
        assert_eq!(got, ["an ", "ENvy", " ", "EN"]);
        assert_eq!((text.as_str(), ended), ("an ENvy EN", None));
    }

    #[test]
    fn the_sink_can_end_it() {
        let (_, text, ended) = run(&[], &[b"one!", b"two"]);
        assert_eq!((text.as_str(), ended), ("one!", Some(Finish::Sink)));
    }
}
