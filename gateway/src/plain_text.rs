//! Text from tool servers, made harmless to show: a description could otherwise hide words from the person who is asked
//! to approve it (invisible or reordering characters) while the model still reads them.

const DESCRIPTION_MAX: usize = 4096;

/// A description or title on its way to a person or a prompt: no control, invisible or reordering characters, white space
/// runs folded, at most 4,096 characters.
#[must_use]
pub(crate) fn description(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(DESCRIPTION_MAX));
    let mut gap = false;
    for c in text.chars().filter(|c| c.is_whitespace() || !hidden(*c)) {
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        if out.len() >= DESCRIPTION_MAX {
            out.push('…');
            break;
        }
        if gap {
            out.push(' ');
            gap = false;
        }
        out.push(c);
    }
    out
}

/// A tool's answer: line breaks and tabs stay, and so do the joiners that some scripts and emoji need.
#[must_use]
pub(crate) fn answer(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t' | '\u{200c}' | '\u{200d}') || !hidden(*c)).collect()
}

/// Text whose every character is to be seen: what would show as nothing, or move what stands beside it, is shown as its code
/// point.
#[must_use]
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || !hidden(c) { out.push(c) } else { out.extend(c.escape_unicode()) }
    }
    out
}

/// Control, bidirectional, zero-width, tag, filler and variation-selector characters, which show as nothing or move what stands
/// beside them.
pub(crate) fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions() {
        for (given, wanted) in [
            ("Send an  email.\n\n  To anyone. ", "Send an email. To anyone."),
            ("a\u{200b}b\u{202e}c\u{2066}d\u{feff}", "abcd"),
            ("read\u{0}\u{1b}[31m me", "read[31m me"),
            ("hi\u{e0041}\u{e0042}", "hi"),
            ("a\u{2028}b", "a b"),
            ("naïve – 東京", "naïve – 東京"),
        ] {
            assert_eq!(description(given), wanted, "{given:?}");
        }
        assert!(description(&"x".repeat(5000)).chars().count() <= 4097);
    }

    #[test]
    fn nothing_hides() {
        assert_eq!(visible("a\u{202e}b\n\u{200b}é"), "a\\u{202e}b\n\\u{200b}é");
    }

    #[test]
    fn answers_keep_lines_and_joiners() {
        assert_eq!(answer("a\r\n\tb\u{202e}👩\u{200d}💻"), "a\n\tb👩\u{200d}💻");
    }
}
