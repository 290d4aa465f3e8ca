//! What was said, word by word: the utterance first, then the conversation and the calls it came to. A value is taken from here or it is nobody's.

use std::ops::Range;

use serde_json::Map;

use super::{
    numbers,
    spelled::{self, Spelled},
};
use crate::planner::Conversation;

/// Words that say nothing about where a value came from.
const FILLING: &[&str] = &[
    "a", "an", "and", "are", "at", "be", "by", "do", "for", "from", "have", "i", "in", "is", "it", "its",
    "me", "my", "of", "on", "or", "our", "please", "that", "the", "their", "this", "to", "was", "we", "will",
    "with", "you", "your",
];

/// A word of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    /// Lower case, without accents and endings; a number in figures, however many words it took.
    pub key: String,
    /// Its value, if it is a number.
    pub number: Option<f64>,
    /// Bytes of the text.
    pub range: Range<usize>,
}

impl Word {
    /// Whether it can tell one text from another.
    pub fn tells(&self) -> bool {
        !FILLING.contains(&self.key.as_str())
    }
}

/// One text with its words.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    pub text: String,
    pub words: Vec<Word>,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place<'a> {
    /// All its words in a row, as they were spoken.
    Copied(&'a str),
    /// All the words that tell something, in another order or with others between: the shortest row with all of them, if
    /// it is not much longer.
    Reworded(Option<&'a str>),
    /// Only some of them: the longest row that was spoken, and the share of the words that were.
    Partly(&'a str, f32),
    /// None.
    Nowhere,
}

/// Everything that was said.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    passages: Vec<Passage>,
    spelled: Vec<Spelled>,
}

impl Heard {
    pub fn of(conversation: &Conversation) -> Self {
        let utterance = std::iter::once(conversation.utterance.clone());
        let asked = conversation.asked.iter().map(|asked| asked.request.clone());
        let earlier = conversation.earlier.iter().rev().map(|line| line.text.clone());
        let drafts = conversation
            .editing
            .iter()
            .chain(conversation.asked.iter().filter_map(|asked| asked.draft.as_ref()));
        let called = drafts
            .map(|draft| &draft.arguments)
            .chain(conversation.past.iter().rev().map(|past| &past.arguments))
            .flat_map(Map::values)
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let came_back = conversation.past.iter().rev().map(|past| past.said.clone());
        let passages: Vec<Passage> = utterance
            .chain(asked)
            .chain(earlier)
            .chain(called)
            .chain(came_back)
            .map(|text| Passage { words: split(&text), text })
            .collect();
        let spelled = passages.iter().flat_map(|p| spelled::find(&p.text)).collect();
        Self { passages, spelled }
    }

    /// What goes on after `spoken` as names of places do: ", CA" after "Berkeley".
    pub fn qualifier(&self, spoken: &str) -> Option<&str> {
        let rest = self.passages.iter().find_map(|p| Some(&p.text[p.text.find(spoken)? + spoken.len()..]))?;
        let words = rest.strip_prefix(", ")?;
        let end = words.find(|c: char| !c.is_alphanumeric()).unwrap_or(words.len());
        let named = words.starts_with(char::is_uppercase) && end > 1;
        named.then(|| &rest[..", ".len() + end])
    }

    /// What was spelled aloud and is meant by `value`: the same letters, or the words it was spelled with.
    pub fn spelled(&self, value: &str) -> Option<String> {
        let bare = spelled::bare(value);
        let meant = |s: &&Spelled| spelled::bare(&s.text) == bare || spelled::bare(&s.said) == bare;
        self.spelled.iter().find(meant).map(|s| s.text.clone())
    }

    /// The words of this turn.
    pub fn utterance(&self) -> &Passage {
        &self.passages[0]
    }

    /// All words, those of the utterance first.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.passages.iter().flat_map(|p| &p.words)
    }

    /// Every passage, the utterance first.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// Whether a word with the meaning of `word` was spoken.
    pub fn has(&self, word: &Word) -> bool {
        self.words().any(|said| alike(word, said))
    }

    /// Whether any telling word of `text` was spoken.
    pub fn touches(&self, text: &str) -> bool {
        split(text).iter().filter(|w| w.tells()).any(|w| self.has(w))
    }

    /// Where `value` comes from.
    pub fn place(&self, value: &str) -> Place<'_> {
        let wanted = split(value);
        if wanted.is_empty() {
            return Place::Nowhere;
        }
        if let Some(copied) = self.passages.iter().find_map(|p| p.row(&wanted)) {
            return Place::Copied(copied);
        }
        let telling: Vec<&Word> = wanted.iter().filter(|w| w.tells()).collect();
        let spoken = telling.iter().filter(|w| self.has(w)).count();
        if telling.is_empty() || spoken == 0 {
            return Place::Nowhere;
        }
        if spoken == telling.len() {
            return Place::Reworded(self.passages.iter().find_map(|p| p.around(&telling)));
        }
        let rows = (0..wanted.len()).flat_map(|from| (from + 1..=wanted.len()).map(move |to| from..to));
        let mut best: Option<(usize, &str)> = None;
        for row in rows {
            let words = &wanted[row];
            let tell = words.iter().filter(|w| w.tells()).count();
            let edges = words.first().is_some_and(Word::tells) && words.last().is_some_and(Word::tells);
            if edges
                && best.is_none_or(|(most, _)| tell > most)
                && let Some(copied) = self.passages.iter().find_map(|p| p.row(words))
            {
                best = Some((tell, copied));
            }
        }
        let share = spoken as f32 / telling.len() as f32;
        best.map_or(Place::Nowhere, |(_, copied)| Place::Partly(copied, share))
    }
}

impl Passage {
    /// The first row of words like `wanted`, as it was spoken.
    pub fn row(&self, wanted: &[Word]) -> Option<&str> {
        let fits = |row: &[Word]| row.iter().zip(wanted).all(|(said, word)| alike(word, said));
        let row = self.words.windows(wanted.len().max(1)).find(|row| fits(row))?;
        self.text.get(row.first()?.range.start..row.last()?.range.end)
    }

    /// The shortest row in which all of `wanted` were spoken, with at most two other words to each of them.
    fn around(&self, wanted: &[&Word]) -> Option<&str> {
        let all = |row: &[Word]| wanted.iter().all(|word| row.iter().any(|said| alike(word, said)));
        let row = (wanted.len()..=wanted.len() + OTHERS)
            .find_map(|length| self.words.windows(length).find(|row| all(row)))?;
        self.text.get(row.first()?.range.start..row.last()?.range.end)
    }

    /// Which word a row of exactly these words begins with.
    pub fn position(&self, row: &[Word]) -> Option<usize> {
        let rows = &mut self.words.windows(row.len().max(1));
        rows.position(|said| !row.is_empty() && said.iter().zip(row).all(|(a, b)| a.key == b.key))
    }

    /// How often a row of words like `wanted` was spoken.
    pub fn count(&self, wanted: &[Word]) -> usize {
        let rows = self.words.windows(wanted.len().max(1));
        rows.filter(|row| row.iter().zip(wanted).all(|(said, word)| alike(word, said))).count()
    }

    /// A word as it was spoken, in lower case.
    pub fn plain(&self, word: &Word) -> String {
        self.text.get(word.range.clone()).unwrap_or_default().to_lowercase()
    }
}

/// Other words that may stand between those of a value.
const OTHERS: usize = 2;

/// Letters two words must share at their beginning to be forms of one ("german", "Germany").
const STEM: usize = 4;

/// Whether `word` is what was `said`, or a form or an abbreviation of it.
pub(super) fn alike(word: &Word, said: &Word) -> bool {
    if word.key == said.key {
        return true;
    }
    if let (Some(one), Some(other)) = (word.number, said.number) {
        return (one - other).abs() < 1e-9;
    }
    if word.number.is_some() || said.number.is_some() {
        return false;
    }
    let (short, long) =
        if word.key.len() < said.key.len() { (&word.key, &said.key) } else { (&said.key, &word.key) };
    let shared = short.chars().zip(long.chars()).take_while(|(a, b)| a == b).count();
    let form = shared >= STEM && shared + 1 >= short.len() && long.len() <= short.len() + 4;
    form || abbreviates(short, long)
}

/// "bday" for "birthday": the same first and last letter, the others in order.
fn abbreviates(short: &str, long: &str) -> bool {
    let mut letters = long.chars();
    short.len() >= 3
        && long.len() >= short.len() + 3
        && short.chars().next() == long.chars().next()
        && short.chars().last() == long.chars().last()
        && short.chars().all(|c| letters.any(|l| l == c))
}

/// The words of `text`.
pub(super) fn split(text: &str) -> Vec<Word> {
    let raw = pieces(text);
    let plain: Vec<String> = raw.iter().map(|r| text[r.clone()].to_lowercase()).collect();
    let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
    let mut words = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        if let Some(spoken) = numbers::read(&plain[at..]) {
            let range = raw[at].start..raw[at + spoken.words - 1].end;
            words.push(Word { key: spoken.value.to_string(), number: Some(spoken.value), range });
            at += spoken.words;
            continue;
        }
        let number = figures(plain[at]);
        let key = number.map_or_else(|| stem(plain[at]), |value| value.to_string());
        words.push(Word { key, number, range: raw[at].clone() });
        at += 1;
    }
    words
}

/// Letters and digits, with an apostrophe or a decimal point inside; "8pm" is two.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    for (index, (at, c)) in characters.iter().enumerate() {
        let next = characters.get(index + 1).map(|(_, c)| *c);
        let before = index.checked_sub(1).and_then(|i| characters.get(i)).map(|(_, c)| *c);
        let inner = match c {
            '\'' | '’' => {
                next.is_some_and(char::is_alphanumeric) && before.is_some_and(char::is_alphanumeric)
            }
            '.' | ',' => {
                let three = characters.get(index + 1..index + 4).is_some_and(|t| {
                    t.iter().all(|(_, c)| c.is_ascii_digit())
                        && !characters.get(index + 4).is_some_and(|(_, c)| c.is_ascii_digit())
                });
                before.is_some_and(|c| c.is_ascii_digit())
                    && next.is_some_and(|c| c.is_ascii_digit())
                    && (*c == '.' || three)
            }
            _ => c.is_alphanumeric(),
        };
        let turns = before.is_some_and(|b| b.is_ascii_digit()) && c.is_alphabetic();
        if (!inner || turns)
            && let Some(start) = open.take()
        {
            found.push(start..*at);
        }
        if inner && open.is_none() && c.is_alphanumeric() {
            open = Some(*at);
        }
    }
    if let Some(start) = open {
        found.push(start..text.len());
    }
    found
}

/// "50,000", "3.7", "22".
fn figures(word: &str) -> Option<f64> {
    word.starts_with(|c: char| c.is_ascii_digit()).then(|| word.replace(',', "").parse().ok()).flatten()
}

/// Lower case without accents; a plural or possessive ending is no difference.
fn stem(word: &str) -> String {
    let plain: String = word.replace('’', "'").chars().map(unaccented).collect();
    let plain = plain.strip_suffix("'s").map(str::to_owned).unwrap_or(plain);
    let ending = plain.len() > 3 && !plain.ends_with("ss");
    plain.strip_suffix('s').filter(|_| ending).map(str::to_owned).unwrap_or(plain)
}

fn unaccented(c: char) -> char {
    match c {
        'à'..='å' | 'ā' => 'a',
        'ç' | 'č' => 'c',
        'è'..='ë' | 'ē' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' | 'ō' => 'o',
        'ù'..='ü' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        'š' => 's',
        'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Heard {
        Heard::of(&Conversation::of(text))
    }

    #[test]
    fn words_are_split_and_numbers_joined() {
        let keys = |text: &str| split(text).into_iter().map(|w| w.key).collect::<Vec<_>>().join(" ");
        assert_eq!(keys("Jane's birthday, at 123 Main"), "jane birthday at 123 main");
        assert_eq!(keys("one hundred and twenty three main"), "123 main");
        assert_eq!(keys("$50,000 at 5.5% by 8pm, 6:30"), "50000 at 5.5 by 8 pm 6 30");
        assert_eq!(keys("eggs, 3,4 and BEYONCÉ"), "egg 3 4 and beyonce");
    }

    #[test]
    fn a_value_is_found_where_it_was_spoken() {
        let said =
            heard("did ben's email about the twenty second of january mention beyonce's bday in California");
        assert_eq!(said.place("Beyoncé's birthday"), Place::Copied("beyonce's bday"));
        assert_eq!(said.place("22 of January"), Place::Copied("twenty second of january"));
        assert_eq!(said.place("email from Ben"), Place::Reworded(Some("ben's email")));
        assert_eq!(said.place("January email"), Place::Reworded(None));
        assert_eq!(said.place("the Ben Affleck"), Place::Partly("ben's", 0.5));
        assert_eq!(said.place("urgent"), Place::Nowhere);
        assert_eq!(said.place("23 of January"), Place::Partly("january", 0.5));
        assert_eq!(said.place("the"), Place::Copied("the"));
        assert_eq!(said.place(""), Place::Nowhere);
    }
}
