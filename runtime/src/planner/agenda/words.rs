//! Words of an utterance with their places, and what stands before them.

/// What separates a word from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing but space.
    None,
    /// A comma or a dash.
    Comma,
    /// The end of a sentence.
    Stop,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, with its apostrophe.
    pub text: String,
    /// Bytes in the utterance.
    pub at: usize,
    pub end: usize,
    pub gap: Gap,
    pub capital: bool,
    /// Inside quotation marks.
    pub quoted: bool,
}

pub(super) fn words(utterance: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let (mut gap, mut quoted) = (Gap::None, false);
    let mut chars = utterance.char_indices().peekable();
    while let Some((at, first)) = chars.next() {
        if !first.is_alphanumeric() {
            gap = match first {
                '.' | '!' | '?' | ';' | '\n' => Gap::Stop,
                ',' | ':' | '–' | '—' if gap == Gap::None => Gap::Comma,
                _ => gap,
            };
            quoted = match first {
                '“' => true,
                '”' => false,
                '"' => !quoted,
                _ => quoted,
            };
            continue;
        }
        let mut end = at + first.len_utf8();
        while let Some(&(next_at, next)) = chars.peek() {
            let after = utterance[next_at + next.len_utf8()..].chars().next();
            let inside = match next {
                // "8.30", "p.m.", "o'clock", "e-mail", "bob@example.org"
                '\'' | '’' | '.' | ':' | '-' | '@' | '_' => after.is_some_and(char::is_alphanumeric),
                _ => next.is_alphanumeric(),
            };
            if !inside {
                break;
            }
            end = next_at + next.len_utf8();
            chars.next();
        }
        let text = utterance[at..end].to_lowercase().replace('’', "'");
        found.push(Word { text, at, end, gap, capital: first.is_uppercase(), quoted });
        gap = Gap::None;
    }
    found
}

/// How many words `phrase` takes, if `words` begin with it and no punctuation stands inside it.
pub(super) fn starts(words: &[Word], phrase: &str) -> Option<usize> {
    let mut length = 0;
    for part in phrase.split(' ') {
        let word = words.get(length)?;
        if word.text != part || (length > 0 && word.gap != Gap::None) {
            return None;
        }
        length += 1;
    }
    Some(length)
}

/// Whether `words` begin with one of the phrases.
pub(super) fn has(words: &[Word], phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| starts(words, phrase).is_some())
}

/// Whether the word is one of these.
pub(super) fn is(word: Option<&Word>, these: &[&str]) -> bool {
    word.is_some_and(|word| these.contains(&word.text.as_str()))
}
