//! What is spelled aloud: e-mail and web addresses, telephone numbers digit by digit, words letter by letter.

use std::ops::Range;

use super::numbers;

/// Something spelled, and where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spelled {
    /// As it is written.
    pub text: String,
    /// As it was spoken.
    pub said: String,
    /// Bytes of what was said.
    range: Range<usize>,
}

/// Digits in a row from which they are one number and not several.
const DIGITS: usize = 3;

/// What hosts end with, besides the two letters of a country.
const TOP: &[&str] = &["app", "biz", "com", "dev", "edu", "gov", "info", "int", "mil", "net", "org"];

/// A piece between spaces, without the punctuation around it.
struct Piece {
    plain: String,
    range: Range<usize>,
}

/// Everything in `text` that is spelled.
pub(super) fn find(text: &str) -> Vec<Spelled> {
    let pieces = pieces(text);
    let mut found = addresses(&pieces);
    for run in [letters(&pieces), digits(&pieces)].concat() {
        if found.iter().all(|f| run.range.end <= f.range.start || run.range.start >= f.range.end) {
            found.push(run);
        }
    }
    for spelled in &mut found {
        spelled.said = text.get(spelled.range.clone()).unwrap_or_default().to_owned();
    }
    found
}

/// Letters and digits only, lower case: what two ways to write an address have in common.
pub(super) fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for part in text.split(char::is_whitespace) {
        let plain = part.trim_matches(|c: char| !c.is_alphanumeric());
        if !plain.is_empty() {
            let start = at + part.find(plain).unwrap_or(0);
            pieces.push(Piece { plain: plain.to_lowercase(), range: start..start + plain.len() });
        }
        at += part.len() + text[at + part.len()..].chars().next().map_or(0, char::len_utf8);
    }
    pieces
}

/// The sign a word stands for inside an address.
fn sign(word: &str) -> Option<char> {
    Some(match word {
        "dot" | "point" | "period" => '.',
        "underscore" => '_',
        "dash" | "hyphen" | "minus" => '-',
        "plus" => '+',
        _ => return None,
    })
}

fn addresses(pieces: &[Piece]) -> Vec<Spelled> {
    let mut found: Vec<Spelled> = Vec::new();
    for at in 0..pieces.len() {
        if found.iter().any(|f| pieces[at].range.start < f.range.end) {
            continue;
        }
        let Some((host, end)) = domain(pieces, at) else { continue };
        // "john dot smith at …" is a person.
        if pieces.get(end).is_some_and(|p| p.plain == "at") && domain(pieces, end + 1).is_some() {
            continue;
        }
        let mail = at
            .checked_sub(1)
            .filter(|before| pieces[*before].plain == "at")
            .and_then(|before| local(pieces, before));
        let (text, start) = match mail {
            Some((local, start)) => (format!("{local}@{host}"), start),
            None => match path(pieces, end) {
                // A host that was said as it is written is no spelling.
                _ if end == at + 1 => continue,
                (path, after) => {
                    let range = pieces[at].range.start..pieces[after - 1].range.end;
                    found.push(Spelled { text: format!("{host}{path}"), said: String::new(), range });
                    continue;
                }
            },
        };
        let range = pieces[start].range.start..pieces[end - 1].range.end;
        found.push(Spelled { text, said: String::new(), range });
    }
    found
}

/// "gmail dot com", "gmail.com", "mail dot example dot org": the text and the piece after it.
fn domain(pieces: &[Piece], from: usize) -> Option<(String, usize)> {
    let first = pieces.get(from)?;
    let word = |piece: &Piece| {
        sign(&piece.plain).is_none() && piece.plain.chars().all(|c| c.is_alphanumeric() || "-.".contains(c))
    };
    if !word(first) || first.plain == "at" {
        return None;
    }
    let mut text = first.plain.clone();
    let mut end = from + 1;
    while let (Some(dot), Some(next)) = (pieces.get(end), pieces.get(end + 1))
        && dot.plain == "dot"
        && word(next)
    {
        text = format!("{text}.{}", next.plain);
        end += 2;
    }
    let last = text.rsplit('.').next()?;
    let country = last.len() == 2 && last.chars().all(|c| c.is_ascii_alphabetic());
    (text.contains('.') && (country || TOP.contains(&last))).then_some((text, end))
}

/// What stands before "at": words joined by signs, or letters one by one.
fn local(pieces: &[Piece], at: usize) -> Option<(String, usize)> {
    let mut start = at.checked_sub(1)?;
    let mut text = pieces[start].plain.clone();
    let single = |piece: &Piece| piece.plain.chars().count() == 1 || numbers::digit(&piece.plain).is_some();
    while let Some(before) = start.checked_sub(1).map(|i| &pieces[i]) {
        if let Some(sign) = sign(&before.plain)
            && let Some(earlier) = start.checked_sub(2).map(|i| &pieces[i])
        {
            text = format!("{}{sign}{text}", written(earlier));
            start -= 2;
        } else if single(&pieces[start]) && single(before) && before.plain != "a" {
            text = format!("{}{text}", written(before));
            start -= 1;
        } else {
            break;
        }
    }
    let last = pieces.get(at - 1)?;
    if single(last) && text.ends_with(last.plain.as_str()) {
        let stem = text.len() - last.plain.len();
        text = format!("{}{}", &text[..stem], written(last));
    }
    text.chars().any(char::is_alphanumeric).then_some((text, start))
}

/// A digit word as its digit.
fn written(piece: &Piece) -> String {
    match numbers::digit(&piece.plain) {
        Some(digit) if piece.plain.len() > 1 && piece.plain != "oh" => digit.to_string(),
        _ => piece.plain.clone(),
    }
}

/// "slash pricing slash team" after a host.
fn path(pieces: &[Piece], mut end: usize) -> (String, usize) {
    let mut text = String::new();
    while let (Some(slash), Some(next)) = (pieces.get(end), pieces.get(end + 1))
        && slash.plain == "slash"
    {
        text = format!("{text}/{}", next.plain);
        end += 2;
    }
    (text, end)
}

/// "j o h n": at least three letters.
fn letters(pieces: &[Piece]) -> Vec<Spelled> {
    runs(pieces, |piece| {
        let mut letters = piece.plain.chars();
        letters.next().filter(|c| letters.next().is_none() && c.is_alphabetic()).map(|c| c.to_string())
    })
    .into_iter()
    .filter(|run| run.text.chars().count() >= 3)
    .collect()
}

/// "five five five, one two three four", "double seven".
fn digits(pieces: &[Piece]) -> Vec<Spelled> {
    let run = runs(pieces, |piece| match piece.plain.as_str() {
        "double" | "triple" => Some(piece.plain[..1].to_owned()),
        word => numbers::digit(word).map(|d| d.to_string()),
    });
    run.into_iter()
        .map(|run| {
            let mut text = String::new();
            let mut times = 1;
            for c in run.text.chars() {
                match c {
                    'd' => times = 2,
                    't' => times = 3,
                    digit => {
                        text.extend(std::iter::repeat_n(digit, times));
                        times = 1;
                    }
                }
            }
            Spelled { text, ..run }
        })
        .filter(|run| run.text.len() >= DIGITS)
        .collect()
}

fn runs(pieces: &[Piece], read: impl Fn(&Piece) -> Option<String>) -> Vec<Spelled> {
    let mut runs: Vec<Spelled> = Vec::new();
    let mut open = false;
    for piece in pieces {
        let Some(text) = read(piece) else {
            open = false;
            continue;
        };
        match runs.last_mut().filter(|_| open) {
            Some(run) => {
                run.text.push_str(&text);
                run.range.end = piece.range.end;
            }
            None => runs.push(Spelled { text, said: String::new(), range: piece.range.clone() }),
        }
        open = true;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_is_written_out() {
        for (said, written) in [
            ("send it to john dot smith at gmail dot com please", &["john.smith@gmail.com"][..]),
            ("mail j o h n at example.org, thanks", &["john@example.org"]),
            (
                "it's mary underscore ann plus news at mail dot example dot co dot uk.",
                &["mary_ann+news@mail.example.co.uk"],
            ),
            (
                "write to sales at example dot com and bob at example dot com",
                &["sales@example.com", "bob@example.com"],
            ),
            ("open www dot example dot com slash pricing", &["www.example.com/pricing"]),
            ("my number is five five five, one two three four", &["5551234"]),
            ("call double seven oh nine", &["7709"]),
            ("my user name is k l a u s", &["klaus"]),
            ("agent double oh seven at nine", &["007"]),
            ("meet me at noon at the dot", &[]),
            ("look at example.com", &["look@example.com"]),
            ("a table for two at seven", &[]),
            ("", &[]),
        ] {
            let found: Vec<String> = find(said).into_iter().map(|s| s.text).collect();
            assert_eq!(found, written, "{said}");
        }
    }
}
