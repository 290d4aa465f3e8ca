//! The words a person said, compared with values by letters and digits: numbers in words are figures, and the names of
//! signs ("at", "dot") are no words, so that an address spelled aloud is the address.

/// Signs by their names, and what joins the parts of a number.
const SIGNS: &str = "at dot underscore dash hyphen minus plus slash point comma colon hash";
const UNITS: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen \
    seventeen eighteen nineteen";
const TENS: &str = "twenty thirty forty fifty sixty seventy eighty ninety";

/// What a person said, in comparable pieces.
pub(super) struct Spoken(Vec<Vec<String>>);

impl Spoken {
    pub(super) fn of(spoken: &[String]) -> Self {
        Self(spoken.iter().map(|text| pieces(text)).collect())
    }

    /// Whether whole words said one after the other make up the value. An empty value says nothing.
    pub(super) fn holds(&self, value: &str) -> bool {
        let wanted = pieces(value).concat();
        if wanted.is_empty() {
            return true;
        }
        // What is left of an amount is its zeros: 19.5 is "19.50".
        let cents = value.parse::<f64>().ok().map(|amount| format!("{amount:.2}").replace('.', ""));
        let matches = |pieces: &[String]| {
            let mut joined = String::new();
            pieces.iter().any(|piece| {
                joined.push_str(piece);
                joined == wanted || cents.as_ref() == Some(&joined)
            })
        };
        self.0.iter().any(|said| (0..said.len()).any(|from| matches(&said[from..])))
    }
}

/// Lower-case words and figures in their order.
fn pieces(text: &str) -> Vec<String> {
    let words =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase);
    let mut pieces: Vec<String> = Vec::new();
    let mut number = Number::default();
    for word in words {
        if number.take(&word) {
            continue;
        }
        pieces.extend(number.end());
        // The first word of the next number, unless it is no number at all.
        if !number.take(&word) && !SIGNS.split(' ').any(|sign| sign == word) {
            pieces.push(word);
        }
    }
    pieces.extend(number.end());
    pieces
}

/// A number in words as far as it has been read.
#[derive(Default)]
struct Number {
    /// Thousands and above.
    whole: u64,
    /// Below a thousand.
    part: Option<u64>,
    /// What may follow: below this.
    room: u64,
    /// "and" was read, which may belong to it.
    joined: bool,
}

impl Number {
    /// Whether the word goes on with this number.
    fn take(&mut self, word: &str) -> bool {
        let place = |list: &str| list.split_whitespace().position(|one| one == word);
        let worth = |at: usize| u64::try_from(at).unwrap_or_default();
        let (value, room) = match (place(UNITS), place(TENS)) {
            (Some(at), _) => (worth(at), 0),
            (None, Some(at)) => (worth(at + 2) * 10, 10),
            (None, None) => return self.scale(word),
        };
        match self.part {
            None => self.part = Some(value),
            // "twenty five" goes on, "four nine" begins anew.
            Some(part) if value < self.room && value > 0 => self.part = Some(part + value),
            Some(_) => return false,
        }
        self.room = room;
        self.joined = false;
        true
    }

    fn scale(&mut self, word: &str) -> bool {
        match (word, self.part) {
            ("hundred", Some(part)) if (1..100).contains(&part) => {
                self.part = Some(part * 100);
                self.room = 100;
                true
            }
            ("thousand", Some(part)) if self.whole == 0 && part > 0 => {
                self.whole = part * 1000;
                self.part = Some(0);
                self.room = 1000;
                true
            }
            ("and", Some(_)) if self.room >= 100 && !self.joined => {
                self.joined = true;
                true
            }
            _ => false,
        }
    }

    /// The figures, and a fresh start.
    fn end(&mut self) -> Option<String> {
        let Self { whole, part, .. } = std::mem::take(self);
        part.map(|part| (whole + part).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_are_figures() {
        for (said, wanted) in [
            ("twenty five", "25"),
            ("four nine three zero", "4 9 3 0"),
            ("nineteen eighty", "19 80"),
            ("two hundred and five euros", "205 euros"),
            ("three thousand two hundred and seventeen", "3217"),
            ("a hundred", "a hundred"),
            ("bread and butter", "bread and butter"),
            ("one at a time", "1 a time"),
            ("5.29", "5 29"),
        ] {
            assert_eq!(pieces(said).join(" "), wanted, "{said}");
        }
    }
}
