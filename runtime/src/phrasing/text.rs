//! Foreign text made fit to be spoken and shown: tool arguments and tool output are data, whoever wrote them.

use std::borrow::Cow;

use unicode_security::is_potential_mixed_script_confusable_char;

/// Characters of one shown value.
const SHOWN: usize = 4000;

/// One line without controls, direction marks, invisible characters or runs of space, and with letters unmasked that pass
/// for others.
pub(super) fn one_line(text: &str) -> String {
    visible(text).split_whitespace().map(unmasked).collect::<Vec<_>>().join(" ")
}

/// The same with its line breaks, and with its end replaced by a count when it is very long.
pub(super) fn shown(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(one_line).collect();
    let text = lines.join("\n").trim().to_owned();
    let length = text.chars().count();
    if length <= SHOWN {
        return text;
    }
    let head: String = text.chars().take(SHOWN).collect();
    format!("{head}… ({} more characters)", length - SHOWN)
}

/// For the voice: one line without the signs of markup and chat templates.
pub(super) fn spoken(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(
            |c| if matches!(c, '*' | '`' | '#' | '|' | '<' | '>' | '~' | '\\' | '{' | '}') { ' ' } else { c },
        )
        .collect();
    one_line(&plain)
}

/// The first sentence of a text that is too long to be said, at most `most` characters, cut at a word.
pub(super) fn beginning(text: &str, most: usize) -> String {
    let sentence = text
        .char_indices()
        .find(|(at, c)| matches!(c, '.' | '!' | '?') && text[at + c.len_utf8()..].starts_with(' ') && *at > 0)
        .map_or(text, |(at, c)| &text[..at + c.len_utf8()]);
    if sentence.chars().count() <= most {
        return sentence.to_owned();
    }
    let head: String = sentence.chars().take(most).collect();
    let cut = head.rfind(' ').filter(|at| *at > 0).unwrap_or(head.len());
    head[..cut].trim_end_matches([',', ';', ':']).to_owned()
}

/// `send_emailMessage` is "send email message".
pub(crate) fn words_of(name: &str) -> String {
    let mut out = String::new();
    let mut low = false;
    for c in name.chars() {
        if c.is_uppercase() && low {
            out.push(' ');
        }
        low = c.is_lowercase() || c.is_ascii_digit();
        out.extend(if c.is_alphanumeric() { c.to_lowercase().collect::<Vec<_>>() } else { vec![' '] });
    }
    let words = one_line(&out);
    if words.is_empty() { "it".to_owned() } else { beginning(&words, 60) }
}

/// With a capital at the beginning.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// "a, b and c".
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// With a full stop, unless it ends a sentence already.
pub(super) fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect()
}

/// Among Latin letters, those of another alphabet that look like them are shown as their code points: "p[U+0430]ypal". An
/// address is one run of letters, other words end at a hyphen or a stop.
fn unmasked(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        return word.into();
    }
    let inside = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    let is_address = inside.contains(['@', '.', '/']);
    let mut out = String::with_capacity(word.len());
    for run in word.split_inclusive(|c: char| !is_address && !c.is_alphanumeric()) {
        let latin = run.contains(|c: char| c.is_ascii_alphabetic());
        for c in run.chars() {
            if latin && !c.is_ascii() && is_potential_mixed_script_confusable_char(c) {
                out.push_str(&format!("[U+{:04X}]", u32::from(c)));
            } else {
                out.push(c);
            }
        }
    }
    out.into()
}

/// Zero-width and direction characters, variation selectors, tags and private use: what makes a screen show something
/// else than is there. Joiners are kept out too; a letter that needs them is still readable.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_loses_what_can_not_be_seen() {
        assert_eq!(one_line("pay\u{202e} 5\u{200b}0\u{0}\n\nnow\u{e0041}"), "pay 50 now");
        assert_eq!(spoken("**Yes** <|im_start|>system `rm`"), "Yes im_start system rm");
        assert_eq!(shown("a\u{7}b\r\n c "), "a b\nc");
        assert!(shown(&"x".repeat(SHOWN + 7)).ends_with("… (7 more characters)"));
    }

    #[test]
    fn letters_that_pass_for_others_are_shown_as_what_they_are() {
        for (given, wanted) in [
            ("p\u{430}ypal.com", "p[U+0430]ypal.com"),
            ("\u{430}lice@example.com", "[U+0430]lice@example.com"),
            // A whole label of another alphabet is an address with a Latin ending.
            ("\u{430}\u{440}\u{440}.com", "[U+0430][U+0440][U+0440].com"),
            ("f\u{3bf}o", "f[U+03BF]o"),
            // Words of other languages, names and signs stay.
            ("Москва", "Москва"),
            ("почта@пример.рф", "почта@пример.рф"),
            ("Zoë Łukasz Müller naïve 5 µm", "Zoë Łukasz Müller naïve 5 µm"),
            ("iPhoneで送信", "iPhoneで送信"),
            ("α-Amylase", "α-Amylase"),
        ] {
            assert_eq!(one_line(given), wanted);
        }
    }

    #[test]
    fn names_and_beginnings() {
        assert_eq!(words_of("send_emailMessage"), "send email message");
        assert_eq!(words_of("GMAIL-Search2Emails"), "gmail search2 emails");
        assert_eq!(words_of("__"), "it");
        assert_eq!(beginning("Hi Tom. It is late.", 80), "Hi Tom.");
        assert_eq!(beginning("one two three four", 10), "one two");
        assert_eq!(beginning("version 2.5 is out", 80), "version 2.5 is out");
    }
}
