//! Text of strangers made harmless: for the voice, for a program, for Markdown.

/// One line of at most `longest` characters, without anything that shows as nothing or moves what stands beside it.
pub(super) fn line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    // More than four times as many characters as are kept can't be looked at for ever.
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).take(longest) {
        let word: String = word.chars().filter(|c| !hidden(*c)).take(longest).collect();
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
        if line.chars().count() > longest {
            line = line.chars().take(longest.saturating_sub(1)).collect();
            line.push('…');
            break;
        }
    }
    line
}

/// Bidirectional, zero-width, tag, filler and variation-selector characters.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// What is no speech: marks of Markdown and code, and questions, which are not a source's to ask.
const MARKS: [char; 14] = ['*', '_', '`', '#', '[', ']', '<', '>', '|', '~', '\\', '{', '}', '?'];

/// A line of at most `words` words, fit to be spoken: no marks of Markdown, no addresses.
pub(super) fn speech(text: &str, words: usize) -> String {
    let spoken = text.replace(MARKS, " ");
    let all: Vec<&str> = spoken.split_whitespace().filter(|word| !word.contains("://")).collect();
    let shown = all.iter().take(words).copied().collect::<Vec<_>>().join(" ");
    shown.trim_end_matches(['.', '!', ';', ':', ',']).to_owned()
}

/// Text that Markdown takes as text.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`'
                | '*'
                | '_'
                | '{'
                | '}'
                | '['
                | ']'
                | '('
                | ')'
                | '#'
                | '+'
                | '!'
                | '|'
                | '<'
                | '>'
                | '~'
                | '&'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    // "1." and "-" begin a list only at the beginning of a line, where nothing of this stands.
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(line("a\u{202e}b\n\n c\u{0}d\t", 20), "ab c d");
        assert_eq!(line(&"x".repeat(1_000_000), 10), "xxxxxxxxxx");
        assert_eq!(line("one two three", 8), "one two…");
        assert_eq!(speech("**Pay** <b> https://x.y now. ", 12), "Pay b now");
        assert_eq!(markdown("[x](y) <i>"), "\\[x\\]\\(y\\) \\<i\\>");
    }
}
