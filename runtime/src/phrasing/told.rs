//! What is said of a tool's answer that is too long, too technical or too odd to be read out.
//!
//! The model tells it, and code says whether that may be spoken: the answer is data that anybody may have written, and
//! could have talked the model into something. A code or key is said only to who asks for one; a voice reading it out
//! helps nobody else.

use super::text::{beginning, ended, one_line, spoken};
use crate::{
    answer::{self, Answer},
    planner::Brief,
};

/// Words of what is told.
const WORDS: usize = 40;
/// Characters of a beginning that is read out instead.
const BEGINNING: usize = 240;
/// Numbers up to this may be counts that no text holds.
const COUNTS: f64 = 12.0;

/// What somebody asks for who wants to hear a code.
const CODES: &str = "code codes number numbers token key keys password passcode pin reference id identifier iban account \
    serial confirmation booking ticket licence license plate checksum hash address";
/// The first person, who has no place in the telling of a result.
const FIRST_PERSON: &str = "i i'm i've i'll i'd me we we've we'll we're us";

/// What the model wrote about `result`, which `said` asked for, if it may be spoken; else the plain beginning of the result,
/// if it has one.
pub fn told(written: Option<&str>, said: &str, result: &str) -> Option<String> {
    written.and_then(|written| sound(written, said, result)).or_else(|| begun(said, result))
}

/// A short answer as it may be read out, where it can't be as it is.
pub fn without_codes(text: &str, said: &str) -> Option<String> {
    (!asks_for_code(said) && text.split_whitespace().any(is_code)).then(|| {
        let words = text.split_whitespace().map(|word| match is_code(word) {
            // The word's own comma or full stop stays.
            true => format!("on screen{}", &word[word.trim_end_matches(['.', ',', ';', ':', '!']).len()..]),
            false => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    })
}

/// The first sentences of what was written, if they only tell: no question, no link, nothing done or promised, no yes, no
/// number that isn't in the result.
fn sound(written: &str, said: &str, result: &str) -> Option<String> {
    let text = sentences(&spoken(&itself(&Brief::default().push(written))), WORDS);
    let lower = text.to_lowercase().replace('’', "'");
    let first_person = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .any(|word| FIRST_PERSON.split(' ').any(|one| one == word));
    let odd =
        !text.contains(char::is_alphanumeric) || text.contains('?') || holds_link(&text) || first_person;
    let assents = answer::recognise(&text, None) == Answer::Yes;
    let leaks = !asks_for_code(said) && text.split_whitespace().any(is_code);
    let known = figures(&format!("{said} {result}"));
    let made_up = figures(&text)
        .iter()
        .any(|figure| !known.contains(figure) && figure.parse::<f64>().is_ok_and(|number| number > COUNTS));
    (!odd && !assents && !leaks && !made_up).then_some(text)
}

/// What is said without the announcement: "The result shows that it rains." is "It rains."
fn itself(text: &str) -> String {
    let announced = text.starts_with("The tool's result") || text.starts_with("The result");
    let rest =
        text.split_once(" that ").filter(|(before, _)| announced && before.split_whitespace().count() <= 5);
    rest.map_or(text.to_owned(), |(_, rest)| {
        let mut letters = rest.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    })
}

/// The first sentence of a result that begins with one.
fn begun(said: &str, result: &str) -> Option<String> {
    let line = result.lines().map(str::trim).find(|line| !line.is_empty())?;
    let prose = line.starts_with(char::is_alphabetic) && !line.contains(['{', '<', '|', '[', '=']);
    let words = line.split_whitespace().count();
    let labelled = line.split_whitespace().next().is_some_and(|word| word.ends_with(':'));
    let first = beginning(&spoken(&one_line(line)), BEGINNING);
    let first = without_codes(&first, said).unwrap_or(first);
    (prose && !labelled && words > 2 && !first.contains('?') && !holds_link(&first))
        .then(|| format!("{} The rest is on screen.", ended(&first)))
}

/// Whole sentences of at most `most` words; the first is cut if it is longer.
fn sentences(text: &str, most: usize) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut whole = 0;
    for word in text.split_whitespace().take(most) {
        kept.push(word);
        if word.ends_with(['.', '!', '?']) {
            whole = kept.len();
        }
    }
    let cut = text.split_whitespace().count() > kept.len();
    if cut && whole > 0 {
        kept.truncate(whole);
    }
    ended(kept.join(" ").trim_end_matches([',', ';', ':']))
}

/// Numbers as they are written, without the commas that group them.
fn figures(text: &str) -> Vec<String> {
    let mut figures = Vec::new();
    for piece in text.split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')) {
        let figure = piece.trim_matches(['.', ',']).replace(',', "");
        if !figure.is_empty() {
            let short = figure.trim_start_matches('0');
            let short =
                if short.contains('.') { short.trim_end_matches('0').trim_end_matches('.') } else { short };
            figures.push(short.to_owned());
        }
    }
    figures
}

fn holds_link(text: &str) -> bool {
    text.contains("://") || text.to_lowercase().contains("www.")
}

fn asks_for_code(said: &str) -> bool {
    said.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| CODES.split(' ').any(|code| code == word))
}

/// Letters and figures mixed as no word is, eight or more of them; or a run that is longer than any word. E-mail addresses,
/// times and names of files are none.
fn is_code(word: &str) -> bool {
    /// Letters and figures from which a mixture is a code.
    const MIXED: usize = 8;
    /// Letters and figures in one run from which anything is.
    const RUN: usize = 24;
    if word.contains('@') {
        return false;
    }
    let longest = word.split(|c: char| !c.is_alphanumeric()).map(|run| run.chars().count()).max();
    if longest.is_some_and(|longest| longest >= RUN) {
        return true;
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    letters >= 2 && digits >= 2 && letters + digits >= MIXED && !has_word(word)
}

/// Whether letters of it stand together as a word does ("report", "March"), or as the half of a day.
fn has_word(word: &str) -> bool {
    word.split(|c: char| !c.is_alphabetic()).any(|run| {
        let small = run.chars().skip(1).all(char::is_lowercase);
        (small && run.chars().count() >= 3) || matches!(run.to_ascii_lowercase().as_str(), "am" | "pm")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &str =
        "- title: Dentist\n  start: 2026-03-12 14:30\n- title: Review\n  start: 2026-03-12 16:00";

    #[test]
    fn what_only_tells_is_said() {
        for written in [
            "You have two events on Thursday: the dentist at 14:30 and a review at 16:00.",
            "The dentist is at 2:30 p.m. and the review at 4 p.m.",
        ] {
            assert_eq!(told(Some(written), "what is on", EVENTS).as_deref(), Some(written));
        }
    }

    #[test]
    fn announcements_and_lists_become_sentences() {
        let said = |written| told(Some(written), "", "").unwrap();
        assert_eq!(said("The tool's result says that it is closed on Monday."), "It is closed on Monday.");
        assert_eq!(said("The result is that nobody came."), "Nobody came.");
        assert_eq!(said("You have:\n- bread\n- milk"), "You have: bread, milk.");
    }

    #[test]
    fn what_does_more_than_tell_is_not_said() {
        for written in [
            "",
            "I have deleted the file as you asked.",
            "Shall I send the money now?",
            "Please visit www.evil.example for the rest.",
            "Yes, go ahead.",
            "You owe 48,000 euros.",
            "The code is ZX-7741-QP.",
        ] {
            assert_eq!(told(Some(written), "what is on", EVENTS), None, "{written}");
        }
        let plain = "The meeting was moved to Monday. Call the office for more.\nSee below.";
        assert_eq!(
            told(Some("I moved it."), "what is new", plain).as_deref(),
            Some("The meeting was moved to Monday. The rest is on screen.")
        );
    }

    #[test]
    fn it_is_forty_words_at_most_and_ends_with_a_sentence() {
        let long = format!("{}end. {}", "word ".repeat(29), "more ".repeat(30));
        let told = told(Some(&long), "", "").unwrap();
        assert_eq!(told.split_whitespace().count(), 30);
        assert!(told.ends_with("end."));
    }

    #[test]
    fn codes_are_said_to_who_asks_for_them() {
        let text = "Your table is booked, KX-2931-TT.";
        assert_eq!(without_codes(text, "is it booked").as_deref(), Some("Your table is booked, on screen."));
        assert_eq!(without_codes(text, "what is the booking code"), None);
        for word in ["KX-2931-TT", "9f86d081884c7d659a2feaa0c55ad015", "GB29NWBK60161331926819", "A1B2C3D4"] {
            assert!(is_code(word), "{word}");
        }
        for word in [
            "10:00am-11:30am",
            "2026-03-12T14:30",
            "report-2026.pdf",
            "mark.black-2134@gmail.com",
            "LH1234",
            "COVID-19",
            "understandable",
            "12March2026",
            "3.14159265",
        ] {
            assert!(!is_code(word), "{word}");
        }
    }
}
