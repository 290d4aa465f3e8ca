//! What counts as a yes: a reply that consists of words of assent and nothing else. Any word that is neither assent,
//! nor courtesy, nor a repetition of the question makes the reply something else, so whatever this grammar doesn't
//! know is never a yes.

use super::words::{Word, find, has, is_quantity};

/// Say yes by themselves, whatever else known stands around them.
#[rustfmt::skip]
const STRONG: &[&str] = &[
    "yes", "yeah", "yea", "yep", "yup", "yeap", "yeh", "yah", "ya", "yessir", "aye", "affirmative", "sure",
    "certainly", "definitely", "absolutely", "indeed", "correct", "correctly", "exactly", "precisely",
    "agreed", "agree", "approve", "approved", "accept", "accepted", "confirmed", "proceed", "accurate",
    "mhm", "roger", "affirm",
];

/// Assent by praise, or assent that also ends polite refusals.
#[rustfmt::skip]
const WEAK: &[&str] = &[
    "okay", "k", "right", "true", "perfect", "perfectly", "great", "fine", "good", "excellent", "wonderful",
    "fantastic", "awesome", "lovely", "cool", "nice", "brilliant", "amazing", "ideal", "super", "splendid",
    "terrific", "acceptable", "suitable", "works", "continue", "totally", "fair", "marvelous", "fabulous",
    "delightful", "valid",
];

/// Phrases that say yes.
#[rustfmt::skip]
const STRONG_PHRASES: &[&str] = &[
    "go ahead", "go for it", "do it", "do that", "do so", "do this", "please do", "of course",
    "by all means", "for sure", "sure thing", "uh huh", "you bet", "you got it", "make it so", "will do",
    "carry on", "very well", "that will do", "let us do it", "let us do that", "let us do this",
    "let us go", "that is it", "be my guest", "it is a deal", "i do", "i would", "it is", "it does",
    "it will", "they are", "you are right", "that is right", "would love to", "would love that",
    "would love it", "would like that", "would like it", "would like to", "i want that", "i want it",
    "i want this", "i want to", "i like it", "i like that", "it will work", "that will work",
    "this will work", "that would work", "it would work", "that should work", "that can work",
    "is what i want", "is what i wanted", "is what i need", "is what i needed", "is what i asked",
    "is what i meant", "is what i said", "is what i requested", "what i want", "what i wanted",
    "what i need", "what i asked for", "was my request", "is my request", "it is so", "that is so",
    "that is the one", "was what i wanted", "yes i said", "you may", "you can", "go right ahead",
    "that will have to do", "it will have to do", "that is how it is", "is what i was", "you read my mind",
    "make it happen", "to the letter",
];

/// Praise or agreement that as often declines: not a yes without a strong one beside it.
#[rustfmt::skip]
const DECLINING: &[&str] = &[
    "i am good", "i am fine", "i am okay", "i am great", "i am all right", "i am right", "we are good",
    "we are fine", "all good", "that is okay", "it is okay", "that is all right", "it is all right",
    "good for you", "you are good", "you are fine",
];

/// Look like assent and are not.
#[rustfmt::skip]
const NEVER: &[&str] = &[
    "yeah right", "you sure", "correct it", "correct that", "correct this", "correct the", "correct my",
    "correct me", "correct them", "make sure", "good question", "great question", "nice try", "cool it",
    "if so", "for now what",
];

/// Courtesy, sounds and the small words that assent is built with.
#[rustfmt::skip]
const SMALL: &[&str] = &[
    "i", "you", "we", "it", "that", "this", "these", "those", "they", "is", "are", "was", "were", "be",
    "am", "been", "will", "would", "should", "can", "do", "does", "did", "have", "has", "had", "got", "the",
    "a", "an", "my", "your", "our", "to", "for", "with", "of", "in", "on", "as", "and", "so", "very",
    "really", "just", "well", "oh", "ah", "um", "uh", "er", "hm", "hmm", "mm", "hey", "huh", "please",
    "kindly", "thanks", "thank", "cheers", "much", "many", "lot", "now", "then", "me", "us", "all", "every",
    "everything", "too", "sir", "ma", "mam", "madam", "maam", "man", "dude", "buddy", "mate", "dear",
    "friend", "looks", "look", "sounds", "sound", "seems", "seem", "go", "going", "ahead", "yours", "quite",
    "pretty", "most", "work", "want", "wanted", "need", "needed", "like", "love", "let", "what", "asked",
    "meant", "said", "say", "requested", "request", "command", "response", "answer", "statement",
    "information", "info", "details", "detail", "choice", "option", "idea", "plan", "deal", "thing", "one",
    "ones", "both", "way", "confirm", "confirming", "complete", "submit", "finish", "carry", "through",
    "part", "completely", "entirely", "fully", "strongly", "100", "percent", "immediately", "straight",
    "away", "appreciate", "happy", "glad", "by", "being", "shall", "exact", "reply", "question",
    "resounding", "happens", "appears", "turns", "out", "trying", "looking", "hoping", "may", "procedure",
    "process", "anyway", "here", "there",
];

/// Verbs that say yes when they stand before `it` and the question says them too.
#[rustfmt::skip]
const DEEDS: &[&str] = &[
    "send", "book", "buy", "reserve", "order", "pay", "schedule", "add", "create", "post", "save", "play",
    "delete", "submit", "invite", "transfer", "purchase", "start",
];

#[rustfmt::skip]
const OPENS_QUESTION: &[&str] = &[
    "is", "are", "am", "do", "does", "did", "can", "could", "would", "will", "should", "shall", "may",
    "has", "have", "was", "were",
];

#[rustfmt::skip]
const SUBJECT: &[&str] = &[
    "i", "you", "he", "she", "it", "we", "they", "that", "this", "these", "there", "the", "my", "your",
    "our",
];

#[rustfmt::skip]
const PREPOSITION: &[&str] = &[
    "to", "at", "for", "from", "in", "on", "with", "by", "of", "about", "into", "until", "before", "after",
];

#[rustfmt::skip]
const DETERMINER: &[&str] = &[
    "the", "a", "an", "my", "your", "our", "this", "that", "these", "those", "any", "some",
];

/// A clause may not end the reply on these: more was coming.
#[rustfmt::skip]
const DANGLING: &[&str] = &[
    "and", "the", "a", "an", "my", "your", "our", "of", "with", "in", "on", "as", "what", "for",
];

/// Whether the whole reply is assent to `question`.
pub(super) fn is_assent(words: &[Word], question: &[Word]) -> bool {
    if has(words, NEVER) || is_question(words) {
        return false;
    }
    let Some(last) = words.last() else { return false };
    if DANGLING.contains(&last.text.as_str()) && !has(words, &["asked for", "looking for"]) {
        return false;
    }
    words.iter().enumerate().all(|(i, _)| known(words, i, question)) && heads(words, question)
}

/// Whether a clause has the shape of a question, whatever punctuation the recogniser chose.
pub(super) fn is_question(words: &[Word]) -> bool {
    words.iter().enumerate().any(|(i, word)| {
        let opens =
            word.opens || (i > 0 && matches!(words[i - 1].text.as_str(), "and" | "please" | "but" | "so"));
        let Some(next) = words.get(i + 1).map(|w| w.text.as_str()) else { return false };
        if !opens || !OPENS_QUESTION.contains(&word.text.as_str()) {
            return false;
        }
        // "do it", "do that" and "do this" command; "do you", "do the …" ask.
        SUBJECT.contains(&next) && !(word.text == "do" && matches!(next, "it" | "that" | "this"))
    })
}

fn heads(words: &[Word], question: &[Word]) -> bool {
    let one = |list: &[&str]| words.iter().any(|w| list.contains(&w.text.as_str()));
    if one(STRONG) || strong_phrase(words) {
        return true;
    }
    if one(WEAK) {
        return !has(words, DECLINING);
    }
    if words.iter().all(|w| w.text == "please") {
        return true;
    }
    deed(words, question)
}

/// Strong phrases are whole clauses or sit in one; "i do", "it is" and their like only as the end of theirs.
fn strong_phrase(words: &[Word]) -> bool {
    STRONG_PHRASES.iter().any(|phrase| {
        find(words, phrase).is_some_and(|at| {
            let end = at + phrase.split(' ').count();
            let short = matches!(
                *phrase,
                "i do"
                    | "i would"
                    | "it is"
                    | "it does"
                    | "it will"
                    | "they are"
                    | "what i want"
                    | "what i need"
            );
            !short
                || (words[at].opens && words.get(end).is_none_or(|w| w.opens || w.text == "thanks"))
                || (phrase.starts_with("what") && at > 0)
        })
    })
}

/// "send it", "please book that": a deed of the question and a pronoun, with courtesy around.
fn deed(words: &[Word], question: &[Word]) -> bool {
    words.windows(2).any(|w| {
        DEEDS.contains(&w[0].text.as_str())
            && matches!(w[1].text.as_str(), "it" | "that" | "this" | "them")
            && question.iter().any(|q| q.text == w[0].text)
    }) && words.iter().all(|w| {
        DEEDS.contains(&w.text.as_str())
            || matches!(
                w.text.as_str(),
                "it" | "that" | "this" | "them" | "please" | "just" | "now" | "thanks"
            )
    })
}

fn known(words: &[Word], i: usize, question: &[Word]) -> bool {
    let text = words[i].text.as_str();
    let common = |w: &str| STRONG.contains(&w) || WEAK.contains(&w) || SMALL.contains(&w);
    if common(text) && !is_quantity(text) {
        return true;
    }
    if text == "100" && words.get(i + 1).is_some_and(|w| w.text == "percent") {
        return true;
    }
    in_phrase(words, i) || restated(words, i, question) || light(words, i, question)
}

/// Whether the word is part of a phrase of assent.
fn in_phrase(words: &[Word], i: usize) -> bool {
    STRONG_PHRASES
        .iter()
        .any(|p| find(words, p).is_some_and(|at| (at..at + p.split(' ').count()).contains(&i)))
}

/// "make the reservation": a verb without a meaning of its own before something the question says.
fn light(words: &[Word], i: usize, question: &[Word]) -> bool {
    matches!(words[i].text.as_str(), "make" | "place" | "set" | "get")
        && (i + 1..words.len()).find(|j| !DETERMINER.contains(&words[*j].text.as_str())).is_some_and(|j| {
            words[j].text.len() > 2
                && !SMALL.contains(&words[j].text.as_str())
                && restated(words, j, question)
        })
}

/// Whether a word only repeats the question. A quantity, and what stands behind a preposition, must stand there with
/// the same neighbour: "yes, to Sara" is no yes to a mail to Tom with a copy to Sara by accident of words.
fn restated(words: &[Word], i: usize, question: &[Word]) -> bool {
    let stem = |w: &str| {
        let w = w
            .strip_suffix("ation")
            .or_else(|| w.strip_suffix("ing"))
            .or_else(|| w.strip_suffix("ed"))
            .or_else(|| w.strip_suffix('s'))
            .unwrap_or(w);
        w.strip_suffix('e').unwrap_or(w).to_owned()
    };
    let bare = |list: &[Word]| -> Vec<String> {
        list.iter().filter(|w| !DETERMINER.contains(&w.text.as_str())).map(|w| stem(&w.text)).collect()
    };
    let text = stem(&words[i].text);
    if text.len() < 2 && !is_quantity(&words[i].text) {
        return false;
    }
    let before = words[..i].iter().rev().find(|w| !DETERMINER.contains(&w.text.as_str()));
    let after = words[i + 1..].iter().find(|w| !DETERMINER.contains(&w.text.as_str()));
    let asked = bare(question);
    let pair = |a: &str, b: &str| asked.windows(2).any(|p| p[0] == a && p[1] == b);
    let tied = is_quantity(&words[i].text) || before.is_some_and(|b| PREPOSITION.contains(&b.text.as_str()));
    if tied {
        before.is_some_and(|b| pair(&stem(&b.text), &text))
            || after.is_some_and(|a| pair(&text, &stem(&a.text)))
    } else {
        asked.contains(&text)
    }
}
