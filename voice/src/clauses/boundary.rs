//! What lies between two words: the end of a sentence, a pause, a mere space, or nothing that may be cut.

/// How strongly two neighbouring words are parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// A sentence or a line ends.
    Sentence,
    /// A comma, a colon, a dash.
    Pause,
    /// Two words of one phrase.
    Word,
    /// One number, time, date or name in two words: never cut.
    Inside,
}

/// A dot after these never ends a sentence: a name or number follows.
const TITLES: [&str; 14] =
    ["dr", "mr", "mrs", "ms", "prof", "st", "gen", "sen", "rep", "capt", "sgt", "lt", "col", "mt"];
/// A dot after these ends a sentence only before a capital letter.
const ABBREVIATIONS: [&str; 25] = [
    "e.g", "i.e", "etc", "vs", "approx", "dept", "est", "inc", "ltd", "co", "corp", "jr", "sr", "ave",
    "blvd", "rd", "ext", "fig", "vol", "min", "sec", "hr", "hrs", "cf", "al",
];
/// A dot after these belongs to the number that follows.
const BEFORE_NUMBERS: [&str; 5] = ["no", "nos", "nr", "p", "pp"];
const MONTHS: [&str; 23] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
];
/// Words that belong to the number before them.
const UNITS: [&str; 26] = [
    "am", "pm", "oclock", "percent", "dollars", "dollar", "cents", "euros", "euro", "pounds", "degrees",
    "minutes", "minute", "hours", "hour", "seconds", "days", "weeks", "km", "kg", "miles", "meters",
    "million", "billion", "thousand", "hundred",
];
/// Spelled numbers, cardinal and ordinal, and what joins them.
const NUMBERS: [&str; 39] = [
    "zero",
    "oh",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "billion",
    "point",
    "dot",
    "quarter",
    "half",
    "minus",
    "plus",
];
const CLOSERS: [char; 9] = ['"', '\'', '”', '’', ')', ']', '*', '_', '»'];

/// What parts `word` from `next`, which stand `gap` apart; `opens` says that `word` begins the clause.
pub(super) fn after(word: &str, next: &str, gap: &str, opens: bool) -> Boundary {
    if gap.contains('\n') {
        return Boundary::Sentence;
    }
    let enumerates = opens && word.ends_with(['.', ')']) && word.len() <= 3 && starts_with_digit(word);
    if enumerates {
        return Boundary::Inside;
    }
    if ends_sentence(word, Some(next)) {
        return Boundary::Sentence;
    }
    let closed = word.trim_end_matches(CLOSERS);
    let dash = matches!(word, "-" | "–" | "—" | "--") || closed.ends_with(['—', '–']);
    if dash || closed.ends_with([',', ';', ':']) {
        // "May 5, 2026", "1, 2, 3".
        let number = is_number(closed) && is_number(next);
        return if number { Boundary::Inside } else { Boundary::Pause };
    }
    if matches!(next, "-" | "–" | "—" | "--") {
        // The dash stays with what it follows.
        return Boundary::Inside;
    }
    let abbreviated = closed.ends_with('.');
    let joined = is_number(word) && (is_number(next) || UNITS.contains(&bare(next).as_str()))
        || MONTHS.contains(&bare(word).as_str()) && is_number(next)
        || matches!(bare(word).as_str(), "at" | "on" | "by") && is_number(next)
        || starts_with_digit(word) && MONTHS.contains(&bare(next).as_str());
    if abbreviated || joined { Boundary::Inside } else { Boundary::Word }
}

/// What parts `word` from whatever word comes next, if that is certain already.
pub(super) fn before_anything(word: &str, opens: bool) -> Option<Boundary> {
    let first = after(word, "a", " ", opens);
    let certain = matches!(first, Boundary::Sentence | Boundary::Pause)
        && ["5", "-", "A", "five"].iter().all(|next| after(word, next, " ", opens) == first);
    certain.then_some(first)
}

/// Whether `word` ends a sentence, given the word after it, if any. A text's last word decides by its mark alone.
pub(crate) fn ends_sentence(word: &str, next: Option<&str>) -> bool {
    let closed = word.trim_end_matches(CLOSERS);
    if closed.ends_with(['!', '?', '…']) || closed.ends_with("..") {
        return true;
    }
    let Some(stem) = closed.strip_suffix('.') else { return false };
    let Some(next) = next else { return true };
    let stem = stem.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let next = next.trim_start_matches(|c: char| !c.is_alphanumeric());
    let capital = next.chars().next().is_some_and(char::is_uppercase);
    if TITLES.contains(&stem.as_str()) {
        return false;
    }
    if BEFORE_NUMBERS.contains(&stem.as_str()) && starts_with_digit(next) {
        return false;
    }
    let initial = stem.chars().count() == 1 && stem.chars().all(char::is_alphabetic) && stem != "i";
    if initial {
        // "J. Smith"; a sentence rarely ends with a letter.
        return false;
    }
    let dotted = stem.contains('.') && stem.split('.').all(|part| part.chars().count() == 1);
    if dotted || ABBREVIATIONS.contains(&stem.as_str()) || MONTHS[12..].contains(&stem.as_str()) {
        return capital;
    }
    true
}

/// Digits, or a spelled number, with whatever marks hang on it.
fn is_number(word: &str) -> bool {
    starts_with_digit(word.trim_start_matches(|c: char| !c.is_alphanumeric()))
        || bare(word).split('-').any(|part| NUMBERS.contains(&part))
}

fn starts_with_digit(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_ascii_digit())
}

/// Lower-case letters, digits and dashes: `p.m.` is `pm`, `o'clock` is `oclock`.
fn bare(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric() || *c == '-').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{Boundary, after};

    #[test]
    fn words_are_parted_as_they_are_spoken() {
        use Boundary::{Inside, Pause, Sentence, Word};
        for (word, next, expected) in [
            ("Done.", "Anything", Sentence),
            ("done.", "anything", Sentence),
            ("done!\"", "she", Sentence),
            ("wait…", "what", Sentence),
            ("p.m.", "Shall", Sentence),
            ("p.m.", "today", Inside),
            ("Dr.", "Smith", Inside),
            ("J.", "Smith", Inside),
            ("e.g.", "milk", Inside),
            ("etc.", "The", Sentence),
            ("No.", "5", Inside),
            ("No.", "Make", Sentence),
            ("mom,", "tomorrow", Pause),
            ("note:", "milk", Pause),
            ("milk", "—", Inside),
            ("—", "and", Pause),
            ("5,", "2026", Inside),
            ("twenty", "five", Inside),
            ("twenty-five", "dollars", Inside),
            ("5", "p.m.", Inside),
            ("November", "23", Inside),
            ("23", "November", Inside),
            ("at", "five", Inside),
            ("call", "mom", Word),
            ("a@b.example", "today", Word),
        ] {
            assert_eq!(after(word, next, " ", false), expected, "{word} | {next}");
        }
        assert_eq!(after("milk", "bread", "\n", false), Sentence);
        assert_eq!(after("1.", "Milk", " ", true), Inside);
    }
}
