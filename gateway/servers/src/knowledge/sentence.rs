//! Where sentences end.

/// Words with a full stop that does not end a sentence.
const SHORTENED: [&str; 30] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "e.g", "i.e", "no", "nos", "fig", "figs", "eq",
    "sec", "vol", "pp", "ca", "approx", "inc", "ltd", "co", "corp", "jr", "sr", "dept", "est", "al", "cf",
];

/// The sentences of a text, without the space between them. A line's end ends a sentence only before an empty line.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let after = at + char.len_utf8();
        let ends = match char {
            '.' | '!' | '?' | '…' => {
                let rest = text[after..].trim_start_matches(['"', '\'', '”', '’', ')', ']']);
                let spaced = rest.starts_with(char::is_whitespace);
                spaced && begins(rest.trim_start()) && !(char == '.' && shortened(&text[start..at]))
            }
            '\n' => text[after..].starts_with('\n'),
            _ => false,
        };
        if ends {
            let closing =
                text[after..].len() - text[after..].trim_start_matches(['"', '\'', '”', '’', ')', ']']).len();
            sentences.push(text[start..after + closing].trim());
            start = after + closing;
            while chars.next_if(|(at, _)| *at < start).is_some() {}
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

fn begins(rest: &str) -> bool {
    let first = rest.trim_start_matches(['"', '\'', '“', '‘', '(', '[', '-', '*']).chars().next();
    first.is_none_or(|char| !char.is_lowercase())
}

fn shortened(before: &str) -> bool {
    let word = before.rsplit(|char: char| char.is_whitespace() || char == '(').next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.starts_with(char::is_uppercase);
    initial || SHORTENED.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn sentences_end_where_a_reader_would_end_them() {
        for (text, expected) in [
            ("One. Two! Three?", vec!["One.", "Two!", "Three?"]),
            (
                "Dr. Smith met J. R. Jones at 5 p.m. today. They left.",
                vec!["Dr. Smith met J. R. Jones at 5 p.m. today.", "They left."],
            ),
            ("It costs 3.50 euros. Pay now.", vec!["It costs 3.50 euros.", "Pay now."]),
            ("He said \"Stop.\" Then he left.", vec!["He said \"Stop.\"", "Then he left."]),
            ("a line\nthat goes on\n\nand a new one", vec!["a line\nthat goes on", "and a new one"]),
            ("", vec![]),
            ("…", vec!["…"]),
        ] {
            assert_eq!(split(text), expected, "{text:?}");
        }
    }
}
