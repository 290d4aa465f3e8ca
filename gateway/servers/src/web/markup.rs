//! Whether a page is simple enough to be taken apart. An HTML parser looks through its open elements at every tag and
//! through a tag's attributes at every attribute, so a page made for it could keep it busy for hours; nothing can stop a
//! parser that has begun.

/// Tags of a page. The longest encyclopaedia articles have about 40 000.
const MOST_TAGS: usize = 60_000;
/// Attributes of a tag.
const MOST_ATTRIBUTES: usize = 500;
/// How often a byte is looked at, on average, to count attributes.
const LOOKS: usize = 8;

/// Counts whatever could be a tag, in scripts and comments too, because only the parser knows what is one; the counts are
/// never too low.
pub(crate) fn is_simple(html: &str) -> bool {
    let bytes = html.as_bytes();
    let mut looks = bytes.len().saturating_mul(LOOKS);
    let mut tags = 0;
    for (at, _) in html.match_indices('<') {
        let rest = &bytes[at + 1..];
        let rest = rest.strip_prefix(b"/").unwrap_or(rest);
        if !rest.first().is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let Some(length) = measured(&rest[..rest.len().min(looks)]) else { return false };
        looks -= length;
        tags += 1;
        if tags > MOST_TAGS || looks == 0 {
            return false;
        }
    }
    true
}

/// What an HTML tokenizer expects within a tag.
#[derive(Clone, Copy)]
enum Part {
    Name,
    AfterEquals,
    Bare,
    Quoted(u8),
}

/// The length of a tag in bytes; `None` if it has too many attributes.
fn measured(tag: &[u8]) -> Option<usize> {
    let mut part = Part::Name;
    let mut attributes = 0;
    for (at, &byte) in tag.iter().enumerate() {
        let space = byte.is_ascii_whitespace();
        part = match part {
            Part::Quoted(quote) if byte == quote => {
                attributes += 1;
                Part::Name
            }
            Part::Quoted(quote) => Part::Quoted(quote),
            Part::Name | Part::AfterEquals | Part::Bare if byte == b'>' => return Some(at),
            Part::Name if space || byte == b'/' => {
                attributes += 1;
                Part::Name
            }
            Part::Name if byte == b'=' => Part::AfterEquals,
            Part::Name => Part::Name,
            Part::AfterEquals if space => Part::AfterEquals,
            Part::AfterEquals if matches!(byte, b'"' | b'\'') => Part::Quoted(byte),
            Part::AfterEquals => Part::Bare,
            Part::Bare if space => {
                attributes += 1;
                Part::Name
            }
            Part::Bare => Part::Bare,
        };
        if attributes > MOST_ATTRIBUTES {
            return None;
        }
    }
    Some(tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_keep_a_parser_busy_is_told() {
        let many = |part: &str, times: usize| part.repeat(times);
        for (html, simple) in [
            (many("<p class=\"a b\">Some text.</p>\n", 20_000), true),
            (many("<div>", MOST_TAGS + 1), false),
            (many("<div></x>", MOST_TAGS / 2 + 1), false),
            (format!("<p {}>", many("a1 ", MOST_ATTRIBUTES)), false),
            (format!("<p {}>", many("a=\">\"", MOST_ATTRIBUTES + 1)), false),
            (format!("<p {}>", many("\"a ", MOST_ATTRIBUTES)), false),
            (format!("<p {}>", many("a=b ", MOST_ATTRIBUTES)), false),
            (format!("<script>if (a<b=\"</script><p {}>", many("a1 ", MOST_ATTRIBUTES)), false),
            (format!("<p title=\"{}\">", many("a1 ", 100_000)), true),
            (format!("<img src=\"data:image/png;base64,{}\">", many("AA/A", 100_000)), true),
            (many("<a b=\"", 20_000), false),
            ("a < b and 1 <2, <".to_owned(), true),
            (String::new(), true),
        ] {
            assert_eq!(is_simple(&html), simple, "{}", html.chars().take(40).collect::<String>());
        }
    }
}
