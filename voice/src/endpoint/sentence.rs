//! How finished a sentence sounds, from its words alone: how long a pause after it is worth waiting out.
//!
//! General rules of English, no model and no list of requests: what can't end a sentence (an article, a preposition, a
//! conjunction, a filler), what can't stand alone (a verb that asks for an object, half a polite opening), and what needs
//! nothing more. Between those everything is [`Sentence::Open`]: an ordinary pause decides. Plain answers, yes and no
//! among them, are open on purpose: "yes" may become "yes, but …".

mod request;
mod words;

use std::time::Duration;

use words::{ALWAYS_OPEN, ASKING, AUXILIARIES, CLIPPED, FILLERS, INTRODUCING, PREPOSITIONS, PRONOUNS, STOPS};

/// How finished it sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// More must come.
    Unfinished,
    /// It may be all.
    Open,
    /// Nothing is missing.
    Whole,
}

/// How soon a pause is taken for the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eagerness {
    /// People who think aloud.
    Low,
    /// Ordinary talk.
    #[default]
    Medium,
    /// Short commands.
    High,
}

/// How much silence ends an utterance, by how finished it sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After [`Sentence::Unfinished`]; also waited for as long as the words are not known.
    pub unfinished: Duration,
    /// After [`Sentence::Open`].
    pub usual: Duration,
    /// After [`Sentence::Whole`].
    pub whole: Duration,
}

impl Patience {
    /// Milliseconds by eagerness; the rows keep one another's proportions. `homepilot eval turns` shows what they cut off and what they cost.
    pub fn of(eagerness: Eagerness) -> Patience {
        let [unfinished, usual, whole] = match eagerness {
            Eagerness::Low => [2_000, 1_200, 800],
            Eagerness::Medium => [1_200, 600, 400],
            Eagerness::High => [800, 400, 300],
        }
        .map(Duration::from_millis);
        Patience { unfinished, usual, whole }
    }

    /// The silence to wait for after it.
    pub fn after(self, sentence: Sentence) -> Duration {
        match sentence {
            Sentence::Unfinished => self.unfinished,
            Sentence::Open => self.usual,
            Sentence::Whole => self.whole,
        }
    }
}

impl Sentence {
    /// Judges a transcript as a recogniser writes it. `language` is a tag that begins with ISO 639-1 (`en-US`); of other
    /// languages than English only what is read out and the marks at the end are known.
    pub fn of(text: &str, language: &str) -> Sentence {
        let text = text.trim();
        if ["...", "…", ",", "-", "–", "—", ":"].iter().any(|mark| text.ends_with(mark)) {
            return Sentence::Unfinished;
        }
        if reads_out(text) {
            return Sentence::Unfinished;
        }
        if !language.get(..2).is_some_and(|tag| tag.eq_ignore_ascii_case("en")) {
            return Sentence::Open;
        }
        let words: Vec<String> = text.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if breaks_off(&words) || request::lacks_object(&words) {
            Sentence::Unfinished
        } else if STOPS.contains(&words.join(" ").as_str())
            || is_whole_question(&words, text)
            || request::is_whole(&words)
        {
            Sentence::Whole
        } else {
            Sentence::Open
        }
    }
}

/// A word without the marks around it, in lower case.
fn plain(word: &str) -> String {
    let word = word.replace('\u{2019}', "'").to_lowercase();
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

/// Whether it ends in letters or digits one by one, or is nothing but a number of several digits: a name that is spelled,
/// a telephone number, a code. Nothing in it tells where it ends, and people pause between its groups.
fn reads_out(text: &str) -> bool {
    let pieces: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == '-' || c == ',')
        .map(|piece| piece.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|piece| !piece.is_empty())
        .collect();
    let single = |piece: &str| {
        let mut letters = piece.chars();
        let first = letters.next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
        first && letters.next().is_none()
    };
    let one_by_one = pieces.iter().rev().take_while(|piece| single(piece)).count() >= 2;
    let digits = pieces.concat();
    let number = digits.len() >= 3 && digits.bytes().all(|c| c.is_ascii_digit()) && !digits.ends_with("00");
    // "HPDF" is how a recogniser writes letters that were said quickly.
    let capitals = |piece: &&str| piece.len() >= 3 && piece.chars().all(char::is_uppercase);
    let letters = pieces.len() == 1 && pieces.iter().all(capitals) && !STOPS.contains(&plain(text).as_str());
    one_by_one || number || letters
}

/// Whether the last word can't be the last.
fn breaks_off(words: &[&str]) -> bool {
    let Some((last, before)) = words.split_last() else { return false };
    let previous = before.last().copied().unwrap_or_default();
    let asks = before.iter().any(|word| ASKING.contains(word));
    if FILLERS.contains(last) || CLIPPED.contains(last) {
        return true;
    }
    if before.is_empty() {
        // Alone it may be an answer: "what?", "two".
        return ALWAYS_OPEN.contains(last) && *last != "to";
    }
    if *last == "to" {
        return !(refuses(before) || asks && strands(previous));
    }
    if ALWAYS_OPEN.contains(last) {
        return true;
    }
    if PREPOSITIONS.contains(last) {
        let stays = *last == "by" && ["stop", "stand", "pass", "drop", "come"].contains(&previous);
        return !(stays || asks && strands(previous));
    }
    if ["on", "in"].contains(last) {
        // "turn it on" and "come in" are whole; "the weather in" is not.
        return !before.iter().any(|word| words::WITH_PARTICLES.contains(word))
            && !PRONOUNS.contains(&previous);
    }
    if AUXILIARIES.contains(last) {
        // "yes it is", "tell me where my keys are"
        let asked_before = before[..before.len() - 1].iter().any(|word| ASKING.contains(word));
        return !(PRONOUNS.contains(&previous) || asked_before);
    }
    if INTRODUCING.contains(last) {
        return before.len() >= 2 && !asks;
    }
    let indirect = before.iter().any(|word| ["know", "sure", "say", "guess", "matter"].contains(word));
    ASKING.contains(last) && before.len() >= 2 && !indirect
}

/// "I don't want to", "I'd love to": an answer without its verb.
fn refuses(before: &[&str]) -> bool {
    let denied = before.iter().any(|word| *word == "not" || word.ends_with("n't"));
    let wants = before.last().is_some_and(|word| ["want", "like", "need", "have", "going"].contains(word));
    denied && wants || before.last() == Some(&"love")
}

/// Whether a preposition may stand behind this word in a question: "who is it for", "what are you looking at".
fn strands(previous: &str) -> bool {
    let verb = ["come", "go", "talk", "speak", "belong", "look", "wait", "made"].contains(&previous);
    verb || PRONOUNS.contains(&previous)
        || previous.len() > 4 && (previous.ends_with("ing") || previous.ends_with("ed"))
}

/// A question of some length that is written as one.
fn is_whole_question(words: &[&str], text: &str) -> bool {
    let begins =
        [words, request::without_opening(words)].into_iter().filter_map(|words| words.first()).any(|word| {
            let stem = word.split('\'').next().unwrap_or(word);
            ASKING.contains(&stem) || AUXILIARIES.contains(&stem)
        });
    begins && words.len() >= 4 && text.ends_with('?')
}

#[cfg(test)]
mod tests;
