//! Text of strangers made plain: what a page or a search engine wrote is data, so whatever could steer a screen, hide
//! words or change their order is taken out before anyone sees it.

use std::borrow::Cow;

/// Elements that search engines mark their finds with.
const MARKS: [&str; 9] = ["b", "strong", "em", "i", "u", "mark", "span", "p", "br"];

/// One line of at most `longest` characters: entities decoded, marks and invisible characters taken out, spaces made
/// single.
pub(crate) fn line(written: &str, longest: usize) -> String {
    let decoded = html_escape::decode_html_entities(written);
    let visible: String = unmarked(&decoded).chars().filter_map(visible).collect();
    shortened(&visible.split_whitespace().collect::<Vec<_>>().join(" "), longest)
}

/// Paragraphs, one a line, without empty ones and invisible characters.
pub(crate) fn paragraphs(written: &str) -> String {
    let lines = written.lines().map(|line| {
        let visible: String = line.chars().filter_map(visible).collect();
        visible.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Cut after a word, with "…", if it has more than `longest` characters.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(longest) else { return text.to_owned() };
    let kept = &text[..end];
    // A word that fills more than half of the room is cut itself.
    let words = kept.rfind(char::is_whitespace).filter(|at| *at > end / 2).map_or(kept, |at| &kept[..at]);
    let last = words.char_indices().next_back().map_or(0, |(at, _)| at);
    let words = if words.chars().count() == longest { &words[..last] } else { words };
    format!("{}…", words.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-')))
}

/// `None` for a character that can't be seen or moves others, a space for a control character.
fn visible(c: char) -> Option<char> {
    match c {
        c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => Some(' '),
        // Format characters: soft hyphen, joiners and zero widths, bidirectional controls, invisible operators, tags.
        '\u{ad}'
        | '\u{34f}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
        // Private use.
        | '\u{e000}'..='\u{f8ff}'
        | '\u{f0000}'..='\u{10ffff}' => None,
        c => Some(c),
    }
}

fn unmarked(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let inside = rest[at + 1..].find('>').map(|end| (&rest[at + 1..at + 1 + end], at + end + 2));
        match inside.filter(|(inside, _)| is_mark(inside)) {
            Some((inside, next)) => {
                if inside.trim_matches('/').starts_with(['p', 'P'])
                    || inside.to_ascii_lowercase().starts_with("br")
                {
                    out.push(' ');
                }
                rest = &rest[next..];
            }
            None => {
                out.push('<');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn is_mark(inside: &str) -> bool {
    let name = inside.trim_matches('/').split_whitespace().next().unwrap_or_default();
    MARKS.iter().any(|mark| mark.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strangers_text_becomes_plain() {
        for (written, wanted) in [
            ("Rust &amp; Cargo &#8211; a <b>language</b>", "Rust & Cargo – a language"),
            ("a\u{202e}b\u{200b}c\u{2066}d\u{feff}e\u{ad}f", "abcdef"),
            ("one\r\n\ttwo\u{0}three\u{1b}[31m", "one two three [31m"),
            ("&#x202e;hidden&#8203;", "hidden"),
            ("Vec&lt;String&gt; and 1 &lt; 2", "Vec<String> and 1 < 2"),
            ("Vec<String> stays, <br/>breaks<BR>go", "Vec<String> stays, breaks go"),
            ("hi\u{e0049}\u{e0067}\u{e006e}", "hi"),
            ("<b", "<b"),
            ("a &amp;lt; b", "a &lt; b"),
        ] {
            assert_eq!(line(written, 100), wanted, "{written:?}");
        }
    }

    #[test]
    fn long_text_is_cut_after_a_word() {
        assert_eq!(line("one two three", 13), "one two three");
        assert_eq!(line("one two three", 12), "one two…");
        assert_eq!(line("one two, three", 10), "one two…");
        assert_eq!(line("aaaaaaaaaaaa", 5), "aaaa…");
        assert_eq!(line("ééééééé", 5), "éééé…");
    }

    #[test]
    fn paragraphs_keep_their_lines() {
        assert_eq!(paragraphs("  One\u{a0}line. \n\n\n\tTwo.\u{200b}\r\nThree"), "One line.\nTwo.\nThree");
    }

    proptest! {
        #[test]
        fn lines_are_short_and_visible(written in "\\PC{0,80}|[\\x00-\\u{2fff}]{0,80}", longest in 1usize..60) {
            let line = line(&written, longest);
            prop_assert!(line.chars().count() <= longest);
            prop_assert!(line.chars().all(|c| visible(c) == Some(c)));
            prop_assert!(!line.contains("  "));
        }
    }
}
