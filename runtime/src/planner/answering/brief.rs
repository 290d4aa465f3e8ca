//! An answer kept short enough to be heard, while it is still being written.

/// Words after which the next end of a sentence ends the answer: about 15 seconds of speech.
const ENOUGH: usize = 40;
/// Words after which it ends wherever it is.
const MOST: usize = 60;

/// Passes an answer on as it arrives, as one paragraph without marks of lists and emphasis, and ends it when it has been
/// long enough.
#[derive(Debug, Default)]
pub struct Brief {
    words: usize,
    /// The last character that was passed on.
    last: Option<char>,
    gap: Gap,
    /// What stands at the beginning of a line and may be a list's mark.
    mark: Option<String>,
    over: bool,
}

/// What separates the next character from the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gap {
    None,
    Space,
    /// The beginning too.
    #[default]
    Line,
}

impl Brief {
    /// What may be said of the next piece.
    pub fn push(&mut self, piece: &str) -> String {
        let mut out = String::new();
        for c in piece.chars() {
            self.take(c, &mut out);
        }
        out
    }

    /// Whether enough was said: nothing more is passed on.
    pub fn is_over(&self) -> bool {
        self.over
    }

    fn take(&mut self, c: char, out: &mut String) {
        if self.over || "*`".contains(c) {
            return;
        }
        if c == '\n' {
            self.mark = None;
            self.gap = Gap::Line;
        } else if self.gap == Gap::Line && (c.is_whitespace() || c.is_ascii_digit() || "-+#>.)•".contains(c))
        {
            self.mark.get_or_insert_default().push(c);
        } else if c.is_whitespace() {
            self.gap = self.gap.max_space();
        } else {
            // Figures that no point or bracket follows are words.
            let figures = self.mark.take().filter(|mark| !is_mark(mark)).unwrap_or_default();
            for c in figures.chars().filter(|c| !c.is_whitespace()) {
                self.put(c, out);
            }
            if figures.ends_with(char::is_whitespace) {
                self.gap = Gap::Space;
            }
            self.put(c, out);
        }
    }

    fn put(&mut self, c: char, out: &mut String) {
        let ended = self.last.is_some_and(|last| ".!?".contains(last));
        if self.gap != Gap::None {
            if self.words >= MOST || (self.words >= ENOUGH && ended) {
                self.over = true;
                if !ended {
                    out.push('.');
                }
                return;
            }
            self.words += 1;
            if let Some(last) = self.last {
                // Lines of a list become one sentence.
                if self.gap == Gap::Line && last.is_alphanumeric() {
                    out.push(',');
                }
                out.push(' ');
            }
            self.gap = Gap::None;
        }
        if !self.over {
            out.push(c);
            self.last = Some(c);
        }
    }
}

impl Gap {
    fn max_space(self) -> Self {
        match self {
            Self::None | Self::Space => Self::Space,
            Self::Line => Self::Line,
        }
    }
}

/// "-", "##", "3." and the like, with the space that follows.
fn is_mark(text: &str) -> bool {
    let mark = text.trim();
    let figures = mark.trim_end_matches(['.', ')']);
    mark.is_empty()
        || !mark.contains(|c: char| c.is_ascii_digit())
        || (figures.len() < mark.len() && figures.len() <= 2 && figures.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is passed on of a text, however it is cut into pieces.
    fn heard(text: &str) -> String {
        let whole = Brief::default().push(text);
        let mut brief = Brief::default();
        let pieces: String = text.chars().map(|c| brief.push(&c.to_string())).collect();
        assert_eq!(pieces, whole);
        whole
    }

    #[test]
    fn lists_become_sentences_and_figures_stay() {
        for (written, expected) in [
            ("It is blue.", "It is blue."),
            ("Try these:\n1. **Pasta**\n2. Salad\n", "Try these: Pasta, Salad"),
            ("- one\n- two", "one, two"),
            ("## Tea\n\nBoil `water`.", "Tea, Boil water."),
            ("1969 was the year.\n42 people came.", "1969 was the year. 42 people came."),
            ("A well-known fact: 3.5 is more than 3.", "A well-known fact: 3.5 is more than 3."),
        ] {
            assert_eq!(heard(written), expected, "{written:?}");
        }
    }

    #[test]
    fn an_answer_ends_with_a_sentence_or_at_its_longest() {
        let sentence = "One two three four five six seven eight nine ten. ";
        assert_eq!(heard(&sentence.repeat(9)).split_whitespace().count(), ENOUGH);
        let endless = heard(&"word ".repeat(200));
        assert_eq!(endless.split_whitespace().count(), MOST);
        assert!(endless.ends_with("word."));
    }
}
