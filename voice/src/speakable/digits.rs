//! Long numbers: phone numbers, cards and codes are said digit by digit, in groups.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::numerals::one_by_one;

static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(
        r"(^|[\s:])(?:\+(\d{1,3})[\s.-]?)?(?:\((\d{2,4})\)\s?|(\d{3})[\s.-])(\d{3,4})[\s.-](\d{4})\b",
    )
});
static LOCAL_PHONE: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"(^|[\s:])(\d{3})-(\d{4})\b"));
/// A number of seven digits without commas is a code, not an amount.
static LONG: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"(^|[^\d.,])(\+?)(\d{7,40})($|[^\d.,]|[.,](?:\D|$))"));
static ZERO_LED: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"(^|[^\d.,:])(0\d{1,5})($|[^\d.,:]|[.,:](?:\D|$))"));

/// Says phone numbers in `text`, before their dashes are taken for ranges.
pub(super) fn phones(text: &str) -> String {
    let text = PHONE.replace_all(text, |c: &Captures| {
        let country = c.get(2).map(|m| format!("plus {}", one_by_one(m.as_str())));
        let area = c.get(3).or(c.get(4)).map(|m| one_by_one(m.as_str()));
        let parts: Vec<String> =
            country.into_iter().chain(area).chain([one_by_one(&c[5]), one_by_one(&c[6])]).collect();
        format!("{}{}", &c[1], parts.join(", "))
    });
    LOCAL_PHONE
        .replace_all(&text, |c: &Captures| format!("{}{}, {}", &c[1], one_by_one(&c[2]), one_by_one(&c[3])))
        .into_owned()
}

/// Says codes in `text`; amounts stay digits.
pub(super) fn codes(text: &str) -> String {
    let mut text = text.to_owned();
    // Twice, since neighbours share the space between them.
    for _ in 0..2 {
        text = LONG
            .replace_all(&text, |c: &Captures| {
                format!("{}{}{}{}", &c[1], if c[2].is_empty() { "" } else { "plus " }, grouped(&c[3]), &c[4])
            })
            .into_owned();
        text = ZERO_LED
            .replace_all(&text, |c: &Captures| format!("{}{}{}", &c[1], one_by_one(&c[2]), &c[3]))
            .into_owned();
    }
    text
}

/// Ten digits as 3-3-4, seven as 3-4, sixteen as 4-4-4-4, others in threes with a last group of up to four.
fn grouped(digits: &str) -> String {
    let size = if digits.len().is_multiple_of(4) && digits.len() >= 12 { 4 } else { 3 };
    let mut groups = Vec::new();
    let mut rest = digits;
    while rest.len() > size + 1 {
        let (group, tail) = rest.split_at(size);
        groups.push(one_by_one(group));
        rest = tail;
    }
    groups.push(one_by_one(rest));
    groups.join(", ")
}
