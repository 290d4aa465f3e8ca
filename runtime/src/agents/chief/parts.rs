//! A request in parts: one for each thing that is wanted. What may belong together stays together, because the agent that
//! gets it can do several steps; a part that was torn out of its sentence would be done wrongly.

use crate::planner::agenda::{self, Joined};

/// The parts of a request, in the order they were said.
pub(super) fn parts(request: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for clause in sentences(request).into_iter().flat_map(clauses) {
        match parts.last_mut() {
            Some(before) if clause.with.is_some() || refers_back(&clause.words) => {
                let ended = before.ends_with(['.', '!', '?']);
                before.push_str(clause.with.unwrap_or(if ended { " " } else { "; " }));
                before.push_str(&clause.words);
            }
            Some(_) | None => parts.push(clause.words),
        }
    }
    parts
}

/// Some words, and what joins them to those before, if they belong to them.
struct Joinable {
    words: String,
    with: Option<&'static str>,
}

/// The requests of a sentence. Those that come after one another, or that would be read otherwise alone, stay together.
fn clauses(sentence: &str) -> Vec<Joinable> {
    let clauses = agenda::split(sentence);
    if clauses.len() < 2 || clauses.iter().any(|clause| clause.again.is_some()) {
        return vec![Joinable { words: sentence.to_owned(), with: None }];
    }
    let joinable = |clause: agenda::Clause| {
        let with = match clause.joined {
            Joined::First => None,
            Joined::Then => Some(", then "),
            Joined::And => refers_back(&clause.words).then_some(" and "),
        };
        Joinable { words: clause.words, with }
    };
    clauses.into_iter().map(joinable).collect()
}

fn sentences(request: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut rest = request.trim();
    while !rest.is_empty() {
        let end = rest.char_indices().find(|(at, c)| ends(rest, *at, *c));
        let (sentence, after) = rest.split_at(end.map_or(rest.len(), |(at, c)| at + c.len_utf8()));
        sentences.push(sentence.trim_end_matches([';', '\n']));
        rest = after.trim_start();
    }
    sentences
}

/// A full stop ends a sentence where a capital letter follows a word of some length: not after "p.m." or "Dr.".
fn ends(text: &str, at: usize, c: char) -> bool {
    let after = &text[at + c.len_utf8()..];
    let sentence = after.starts_with(' ') && after.trim_start().starts_with(char::is_uppercase);
    match c {
        ';' | '\n' => true,
        '!' | '?' => sentence,
        '.' => {
            let word = text[..at].rsplit([' ', '.']).next().unwrap_or_default();
            sentence && word.chars().count() > 2
        }
        _ => false,
    }
}

/// Whether a clause can't be understood without the one before it.
fn refers_back(clause: &str) -> bool {
    const FIRST: &[&str] =
        &["then", "and", "but", "or", "after", "afterwards", "otherwise", "if", "so", "instead"];
    const ANYWHERE: &[&str] = &[
        "it", "that", "this", "them", "those", "these", "he", "him", "his", "she", "her", "they", "their",
        "there", "one",
    ];
    let words: Vec<String> = clause
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    words.first().is_some_and(|word| FIRST.contains(&word.as_str()))
        || words.iter().any(|word| ANYWHERE.contains(&word.as_str()))
        || words.len() < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_by_itself_is_a_part() {
        for (request, wanted) in [
            (
                "Put buy bread on my list. Remind me at four to call the bank.",
                vec!["Put buy bread on my list.", "Remind me at four to call the bank."],
            ),
            ("water the plants tomorrow; call mom", vec!["water the plants tomorrow", "call mom"]),
            (
                "Find a slot on Thursday. Then put lunch with Sara there. What is due?",
                vec!["Find a slot on Thursday. Then put lunch with Sara there.", "What is due?"],
            ),
            ("Write to Tom. Tell him that I am late.", vec!["Write to Tom. Tell him that I am late."]),
            (
                "Remind me at 5 p.m. Monday to call Dr. Smith",
                vec!["Remind me at 5 p.m. Monday to call Dr. Smith"],
            ),
            ("What is 2.5 times 4? Please.", vec!["What is 2.5 times 4? Please."]),
            ("hello", vec!["hello"]),
            ("write to Tom; tell him that I am late", vec!["write to Tom; tell him that I am late"]),
            (
                "Put buy bread on my list and remind me at four to call the bank",
                vec!["Put buy bread on my list", "remind me at four to call the bank"],
            ),
            ("Write to Tom and tell him that I am late", vec!["Write to Tom and tell him that I am late"]),
            ("?", vec!["?"]),
        ] {
            assert_eq!(parts(request), wanted, "{request}");
        }
    }
}
