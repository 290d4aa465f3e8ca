//! Punctuation split off for espeak-ng, and put back into its phonemes.

use crate::clauses::boundary;

/// Words without punctuation, and the mark that ends them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// One line; never empty.
    pub words: String,
    /// One of `. , ! ? ; :`.
    pub mark: Option<char>,
}

impl Piece {
    /// The piece in lines of at most `longest` bytes, cut between words.
    pub(super) fn lines(self, longest: usize) -> Vec<Piece> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in self.words.split(' ') {
            if !line.is_empty() && line.len() + word.len() >= longest {
                lines.push(Piece { words: std::mem::take(&mut line), mark: None });
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(Piece { words: line, mark: self.mark });
        lines
    }
}

/// The pieces between the marks of `text`. Dots in abbreviations and numbers are no marks.
pub(super) fn split(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let tokens: Vec<&str> = text.split_whitespace().collect();
    for (i, token) in tokens.iter().enumerate() {
        let mark = mark(token, tokens.get(i + 1).copied());
        let word = bare(token);
        if word.is_empty() {
            // A lone dash or bracket is a pause.
            if let (Some(mark), false) = (mark, words.is_empty()) {
                pieces.push(Piece { words: std::mem::take(&mut words).join(" "), mark: Some(mark) });
            }
            continue;
        }
        words.push(word);
        if mark.is_some() {
            pieces.push(Piece { words: std::mem::take(&mut words).join(" "), mark });
        }
    }
    if !words.is_empty() {
        pieces.push(Piece { words: words.join(" "), mark: None });
    }
    pieces
}

/// Phonemes with their marks: `a, b?`.
pub(super) fn join<'a>(lines: impl Iterator<Item = (Option<char>, &'a str)>) -> String {
    let mut joined = String::new();
    for (mark, line) in lines {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&without_language_switches(line));
        joined.extend(mark);
    }
    joined
}

/// espeak-ng writes `(fr)…(en-us)` around words it takes to be foreign.
fn without_language_switches(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut inside = false;
    for c in line.chars() {
        match c {
            '(' => inside = true,
            ')' => inside = false,
            c if !inside => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// The mark that `token` ends with.
fn mark(token: &str, next: Option<&str>) -> Option<char> {
    let closed = token.trim_end_matches(['"', '\'', '”', '’', ')', ']', '}', '*', '_']);
    match closed.chars().next_back()? {
        '.' | '…' if next.is_none_or(|next| boundary::ends_sentence(token, Some(next))) => Some('.'),
        '.' | '…' => None,
        mark @ (',' | '!' | '?' | ';' | ':') => Some(mark),
        '—' | '–' => Some(','),
        '-' if closed.chars().all(|c| c == '-') => Some(','),
        _ => None,
    }
}

/// The token as espeak-ng should see it: no mark at its end, no brackets, no dot that could end a sentence.
fn bare(token: &str) -> String {
    let word = token.trim_matches(|c: char| {
        !c.is_alphanumeric() && !matches!(c, '$' | '€' | '£' | '%' | '°' | '+' | '-' | '\'')
    });
    let word = word.trim_end_matches(['-', '\'', '+']);
    let word = if word.chars().any(char::is_alphanumeric) { word } else { "" };
    // p.m -> p m, U.S -> U S, but 5.5 and example.com stay.
    let initials = word.contains('.')
        && word.split('.').all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic));
    word.chars()
        .map(|c| match c {
            '.' if initials => ' ',
            '[' | ']' | '<' | '>' | '{' | '}' | '|' | '\\' | '"' | '“' | '”' | '(' | ')' => ' ',
            c if c.is_control() => ' ',
            '’' => '\'',
            c => c,
        })
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Piece, join, split};
    use proptest::prelude::*;

    #[test]
    fn marks_are_split_off() {
        type Case = (&'static str, &'static [(&'static str, Option<char>)]);
        let cases: &[Case] = &[
            ("Done.", &[("Done", Some('.'))]),
            (
                "Call mom, tomorrow at five p.m. Shall I?",
                &[("Call mom", Some(',')), ("tomorrow at five p m", Some('.')), ("Shall I", Some('?'))],
            ),
            ("at five p.m. today", &[("at five p m today", None)]),
            ("Dr. Smith costs 5.5%.", &[("Dr Smith costs 5.5%", Some('.'))]),
            ("He said \"no.\" Then - yes", &[("He said no", Some('.')), ("Then", Some(',')), ("yes", None)]),
            ("wait… what?!", &[("wait", Some('.')), ("what", Some('!'))]),
            ("it's (really) fine", &[("it's really fine", None)]),
            ("… !", &[]),
        ];
        for (text, expected) in cases {
            let expected: Vec<Piece> = expected
                .iter()
                .map(|(words, mark)| Piece { words: (*words).to_owned(), mark: *mark })
                .collect();
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn language_switches_are_not_spoken() {
        assert_eq!(join([(Some(','), "(fr)ʁɑ̃de(en-us)"), (None, "ja")].into_iter()), "ʁɑ̃de, ja");
    }

    #[test]
    fn long_pieces_are_cut_between_words() {
        let piece = Piece { words: "aa bb cc dd".to_owned(), mark: Some('.') };
        let lines = piece.lines(6);
        assert_eq!(lines.iter().map(|l| l.words.as_str()).collect::<Vec<_>>(), ["aa bb", "cc dd"]);
        assert_eq!(lines.iter().map(|l| l.mark).collect::<Vec<_>>(), [None, Some('.')]);
    }

    proptest! {
        #[test]
        fn pieces_are_single_lines_with_words(text in "\\PC{0,80}") {
            for piece in split(&text) {
                prop_assert!(piece.words.chars().any(char::is_alphanumeric));
                prop_assert!(!piece.words.contains(['\n', '\r', '[', '<']));
            }
        }
    }
}
