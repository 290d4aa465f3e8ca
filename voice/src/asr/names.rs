//! The names that a recogniser is told beforehand, and how they are told from what it makes of them.
//!
//! Whisper takes what stands before a text as its style: names listed there are spelled so when they sound like it. The
//! same list is also what it may say over noise, so a text that is nothing but names has to be surer than others
//! ([`Names::are_all_of`]), and one that reads the list out is none ([`Names::are_read_out_in`]).

use super::MOST_NAMES;

/// Longer names are left out: no person or agent is called by so many letters.
const LONGEST_NAME: usize = 40;
/// Characters of the whole list; the decoder keeps 223 tokens, about two characters each for foreign names.
const LONGEST_LIST: usize = 400;
/// What stands before the names, so that they read as a list and not as a sentence.
const HEADING: &str = "Names";

/// The names that are used of those given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    list: String,
    words: Vec<String>,
}

impl Names {
    /// Letters, spaces and the marks inside names only: nothing that could be taken for one of the model's own marks.
    pub fn of(given: &[String]) -> Names {
        let mut list = String::new();
        for name in given.iter().take(MOST_NAMES) {
            let kept: String = name
                .chars()
                .map(|c| if c.is_alphanumeric() || "'-.".contains(c) { c } else { ' ' })
                .collect();
            let name = kept.split_whitespace().collect::<Vec<_>>().join(" ");
            let length = name.chars().count();
            if !name.chars().any(char::is_alphabetic) || length > LONGEST_NAME {
                continue;
            }
            if list.chars().count() + length + 2 > LONGEST_LIST {
                break;
            }
            if !list.is_empty() {
                list.push_str(", ");
            }
            list.push_str(&name);
        }
        let words = words(&list);
        Names { list, words }
    }

    /// The text that is put before an utterance; empty without names.
    pub fn prompt(&self) -> String {
        if self.list.is_empty() { String::new() } else { format!("{HEADING}: {}.", self.list) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether every word of `text` is one of the names'.
    pub fn are_all_of(&self, text: &str) -> bool {
        let said = words(text);
        !said.is_empty() && said.iter().all(|word| self.words.contains(word))
    }

    /// Whether `text` is the list itself: its heading and nothing but names.
    pub fn are_read_out_in(&self, text: &str) -> bool {
        let said = words(text);
        let Some((first, rest)) = said.split_first() else { return false };
        !self.is_empty()
            && first.eq_ignore_ascii_case(HEADING)
            && rest.iter().all(|word| self.words.contains(word))
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LIST, Names};

    fn names(given: &[&str]) -> Names {
        Names::of(&given.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn names_are_told_as_a_list() {
        for (given, prompt) in [
            (&[][..], ""),
            (&["", "  ", "42", "<|endoftext|>\0"], "Names: endoftext."),
            (&["Ann-Marie O'Neil", "Dr. Who"], "Names: Ann-Marie O'Neil, Dr. Who."),
            (&["an\u{7}na: yes\nno"], "Names: an na yes no."),
            (&["a name that is far too long to be the name of anybody at all", "Eve"], "Names: Eve."),
        ] {
            assert_eq!(names(given).prompt(), prompt, "{given:?}");
        }
    }

    #[test]
    fn the_list_is_bounded_and_keeps_the_first() {
        let many: Vec<String> = (0..1_000).map(|i| format!("Name{}", "a".repeat(i % 30))).collect();
        let names = Names::of(&many);
        assert!(names.list.chars().count() <= LONGEST_LIST, "{}", names.list);
        assert!(names.list.split(", ").count() <= super::MOST_NAMES);
        assert!(names.list.starts_with("Name, Namea"), "{}", names.list);
    }

    #[test]
    fn names_alone_are_told_from_sentences_with_them() {
        let names = names(&["Anna Bell", "Peter"]);
        for (text, alone, read_out) in [
            ("Anna.", true, false),
            ("Peter, Anna Bell", true, false),
            ("Names: Anna Bell, Peter.", false, true),
            ("Names", false, true),
            ("Names of Peter.", false, false),
            ("Call Peter.", false, false),
            ("", false, false),
        ] {
            assert_eq!((names.are_all_of(text), names.are_read_out_in(text)), (alone, read_out), "{text}");
        }
        assert!(!Names::default().are_all_of("Anna") && !Names::default().are_read_out_in("Names"));
    }
}
