//! Documents in passages: stretches of about [`USUAL`] words under one heading, what is searched and cited.

use super::reading::Block;
use super::sentence;

/// How many words a passage has at most. With its title and headings it fits what the embedding model looks at.
pub(super) const USUAL: usize = 180;
/// How many words of the passage before may be repeated, so that a sentence keeps what it refers to.
const OVERLAP: usize = 25;
/// What stands between the blocks of a passage: it ends a sentence.
const BETWEEN: &str = "\n\n";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    /// As in [`Block`].
    pub heading: String,
    /// The page it begins on.
    pub page: Option<u32>,
    /// How many bytes of `text` repeat the end of the passage before.
    pub overlap: usize,
    pub text: String,
}

/// The passages of a document, in its order.
pub(super) fn passages(blocks: &[Block]) -> Vec<Passage> {
    let mut done: Vec<Passage> = Vec::new();
    let mut words = 0;
    for block in blocks {
        for piece in pieces(&block.text) {
            let more = count(&piece);
            match done.last_mut() {
                Some(open) if open.heading == block.heading && words + more <= USUAL => {
                    open.text.push_str(BETWEEN);
                    open.text.push_str(&piece);
                    words += more;
                }
                before => {
                    let same = before.filter(|before| before.heading == block.heading);
                    let repeated = same.and_then(|before| last_sentence(&before.text)).unwrap_or_default();
                    words = count(&repeated) + more;
                    let overlap = if repeated.is_empty() { 0 } else { repeated.len() + BETWEEN.len() };
                    let text =
                        if repeated.is_empty() { piece } else { format!("{repeated}{BETWEEN}{piece}") };
                    done.push(Passage { heading: block.heading.clone(), page: block.page, overlap, text });
                }
            }
        }
    }
    done
}

fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

fn last_sentence(text: &str) -> Option<String> {
    sentence::split(text).pop().filter(|last| count(last) <= OVERLAP).map(str::to_owned)
}

/// A block in pieces that leave room for an overlap, cut between sentences where there are any.
fn pieces(text: &str) -> Vec<String> {
    const MOST: usize = USUAL - OVERLAP;
    if count(text) <= MOST {
        return vec![text.to_owned()];
    }
    let mut pieces: Vec<String> = Vec::new();
    let mut words = MOST;
    let mut add = |piece: &str, more: usize| match pieces.last_mut() {
        Some(open) if words + more <= MOST => {
            open.push(' ');
            open.push_str(piece);
            words += more;
        }
        _ => {
            pieces.push(piece.to_owned());
            words = more;
        }
    };
    for sentence in sentence::split(text) {
        match count(sentence) {
            few if few <= MOST => add(sentence, few),
            _ => {
                let all: Vec<&str> = sentence.split_whitespace().collect();
                all.chunks(MOST).for_each(|some| add(&some.join(" "), some.len()));
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(heading: &str, text: &str) -> Block {
        Block { heading: heading.to_owned(), page: None, text: text.to_owned() }
    }

    #[test]
    fn short_paragraphs_of_one_heading_stand_together_and_headings_apart() {
        let found = passages(&[block("A", "one two"), block("A", "three"), block("A > B", "four")]);
        let texts: Vec<_> =
            found.iter().map(|passage| (passage.heading.as_str(), passage.text.as_str())).collect();
        assert_eq!(texts, [("A", "one two\n\nthree"), ("A > B", "four")]);
    }

    #[test]
    fn a_passage_repeats_the_last_short_sentence_of_the_one_before() {
        let long = format!("{}. The boiler is in the cellar.", "word ".repeat(USUAL - 20).trim());
        let found =
            passages(&[block("", &long), block("", &format!("It is red. {}", "more ".repeat(100).trim()))]);
        assert_eq!(found.len(), 2);
        assert!(found[1].text.starts_with("The boiler is in the cellar.\n\nIt is red."), "{}", found[1].text);
        assert_eq!(&found[1].text[found[1].overlap..][..10], "It is red.");
        assert_eq!(found[0].overlap, 0);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_passage_is_too_long(
            texts in prop::collection::vec(("[AB]", prop::collection::vec("[a-zé]{1,9}[.]?", 1..600)), 1..6),
        ) {
            let blocks: Vec<_> = texts.iter().map(|(heading, words)| block(heading, &words.join(" "))).collect();
            let found = passages(&blocks);
            let fresh: Vec<&str> = found.iter().flat_map(|passage| passage.text[passage.overlap..].split_whitespace()).collect();
            let all: Vec<&str> = blocks.iter().flat_map(|block| block.text.split_whitespace()).collect();
            prop_assert_eq!(fresh, all);
            for passage in &found {
                prop_assert!(count(&passage.text) <= USUAL);
            }
        }
    }
}
