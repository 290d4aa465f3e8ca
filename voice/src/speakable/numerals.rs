//! Numbers in words.

const ONES: [&str; 20] = [
    "zero",
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
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// `42` is "forty-two".
pub(super) fn cardinal(n: u64) -> String {
    if let Some(word) = ONES.get(n as usize) {
        return (*word).to_owned();
    }
    if n < 100 {
        let ten = TENS[(n / 10) as usize];
        return if n.is_multiple_of(10) { ten.to_owned() } else { format!("{ten}-{}", cardinal(n % 10)) };
    }
    let (unit, name) =
        SCALES.iter().find(|(unit, _)| n >= *unit).map_or((100, "hundred"), |(unit, name)| (*unit, *name));
    let head = format!("{} {name}", cardinal(n / unit));
    if n.is_multiple_of(unit) { head } else { format!("{head} {}", cardinal(n % unit)) }
}

/// `23` is "twenty-third".
pub(super) fn ordinal(n: u64) -> String {
    let words = cardinal(n);
    let at = words.rfind([' ', '-']).map_or(0, |i| i + 1);
    let (head, last) = words.split_at(at);
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        word => word.strip_suffix('y').map_or_else(|| format!("{word}th"), |stem| format!("{stem}ieth")),
    };
    format!("{head}{last}")
}

/// `2026` is "twenty twenty-six", `2005` "two thousand five", `1905` "nineteen oh five".
pub(super) fn year(n: u64) -> String {
    match (n / 100, n % 100) {
        (century @ 11..=99, 0) if century % 10 != 0 => format!("{} hundred", cardinal(century)),
        (century @ 11..=99, rest @ 1..=9) if century % 10 != 0 => {
            format!("{} oh {}", cardinal(century), cardinal(rest))
        }
        (century @ 11..=99, rest @ 10..) => format!("{} {}", cardinal(century), cardinal(rest)),
        _ => cardinal(n),
    }
}

/// Digits one by one: `407` is "four zero seven".
pub(super) fn one_by_one(digits: &str) -> String {
    let words: Vec<String> =
        digits.chars().filter_map(|c| c.to_digit(10)).map(|d| cardinal(d.into())).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{cardinal, ordinal, year};

    #[test]
    fn numbers_read_as_words() {
        for (n, words) in [
            (0, "zero"),
            (13, "thirteen"),
            (20, "twenty"),
            (42, "forty-two"),
            (100, "one hundred"),
            (1_250, "one thousand two hundred fifty"),
            (3_000_001, "three million one"),
        ] {
            assert_eq!(cardinal(n), words);
        }
        assert!(cardinal(u64::MAX).starts_with("eighteen million"), "{}", cardinal(u64::MAX));
        for (n, words) in
            [(1, "first"), (12, "twelfth"), (20, "twentieth"), (23, "twenty-third"), (31, "thirty-first")]
        {
            assert_eq!(ordinal(n), words);
        }
        for (n, words) in [
            (2026, "twenty twenty-six"),
            (2005, "two thousand five"),
            (1905, "nineteen oh five"),
            (1900, "nineteen hundred"),
            (2000, "two thousand"),
        ] {
            assert_eq!(year(n), words);
        }
    }
}
