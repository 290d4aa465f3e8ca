//! Addresses: of pages, of mailboxes, of machines; and identifiers that nobody wants to hear in full.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::numerals::one_by_one;

static URL: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(r"(?i)\b(?:https?|wss?|ftp)://(?:[^\s/@<>]*@)?([^\s/?#<>\x22]+)([^\s<>\x22]*)")
});
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(r"(?i)(?:\bmailto:)?\b([a-z0-9][a-z0-9._%+-]*)@((?:[a-z0-9-]+\.)+[a-z]{2,})")
});
static DOMAIN: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(
        r"(?i)\b((?:[a-z0-9][a-z0-9-]*\.)+(?:com|org|net|io|dev|app|ai|edu|gov|info|example|local|test|co\.uk|de|fr|eu|us|ca|uk))\b((?:/[^\s<>\x22]*)?)",
    )
});
static IP: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?::(\d{2,5}))?\b"));
static LOCALHOST: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"\blocalhost(?::(\d{2,5}))\b"));
static UUID: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{8}([0-9a-f]{4})\b"));

/// Says every address in `text`. A path is said when it is one plain word, and left out otherwise.
/// The short name of a street after a house number; a full stop that ends the sentence stays.
static STREET: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(
        r"\b(\d+\s+(?:[A-Z][A-Za-z']*\s+){1,3})(St|Ave|Blvd|Rd|Ln|Dr|Ct|Sq|Hwy|Pkwy)\b(\.)?(\s+[A-Z]|\s*$)?",
    )
});
static ZIP: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"\b([A-Z]{2})\s+(\d{5})(?:-(\d{4}))?($|[^\d-])"));

pub(super) fn say(text: &str) -> String {
    let text = STREET.replace_all(text, |c: &Captures| {
        let after = c.get(4).map_or("", |m| m.as_str());
        let stop = if c.get(3).is_some() && c.get(4).is_some() { "." } else { "" };
        format!("{}{}{stop}{after}", &c[1], street(&c[2]))
    });
    let text = ZIP.replace_all(&text, |c: &Captures| {
        let rest = c.get(3).map_or(String::new(), |rest| format!(", {}", one_by_one(rest.as_str())));
        format!("{} {}{rest}{}", &c[1], one_by_one(&c[2]), &c[4])
    });
    let text = UUID.replace_all(&text, |c: &Captures| format!("an ID ending in {}", spelled(&c[1])));
    let text = URL.replace_all(&text, |c: &Captures| {
        let (rest, mark) = trailing_mark(&c[2]);
        let (host, host_mark) = trailing_mark(&c[1]);
        format!(
            "{}{}{}{}",
            host_in_words(host),
            path(rest),
            if rest.is_empty() { host_mark } else { "" },
            mark
        )
    });
    let text = EMAIL.replace_all(&text, |c: &Captures| format!("{} at {}", mailbox(&c[1]), dotted(&c[2])));
    let text = DOMAIN.replace_all(&text, |c: &Captures| {
        let (rest, mark) = trailing_mark(&c[2]);
        format!("{}{}{mark}", dotted(&c[1]), path(rest))
    });
    let text = IP.replace_all(&text, |c: &Captures| {
        let port = c.get(5).map_or(String::new(), |port| format!(" port {}", port.as_str()));
        format!("{} dot {} dot {} dot {}{port}", &c[1], &c[2], &c[3], &c[4])
    });
    LOCALHOST.replace_all(&text, "localhost port $1").into_owned()
}

fn street(short: &str) -> &str {
    match short {
        "St" => "Street",
        "Ave" => "Avenue",
        "Blvd" => "Boulevard",
        "Rd" => "Road",
        "Ln" => "Lane",
        "Dr" => "Drive",
        "Ct" => "Court",
        "Sq" => "Square",
        "Hwy" => "Highway",
        "Pkwy" => "Parkway",
        other => other,
    }
}

fn host_in_words(host: &str) -> String {
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let name = name.strip_prefix("www.").unwrap_or(name);
    let port = port.filter(|port| !port.is_empty()).map_or(String::new(), |port| format!(" port {port}"));
    format!("{}{port}", dotted(name))
}

fn dotted(name: &str) -> String {
    let name = name.strip_prefix("www.").unwrap_or(name);
    name.replace('.', " dot ").replace('-', " dash ")
}

fn mailbox(name: &str) -> String {
    name.replace('.', " dot ").replace('-', " dash ").replace('_', " underscore ").replace('+', " plus ")
}

fn path(path: &str) -> String {
    let segment = path.trim_matches('/');
    let plain = !segment.is_empty()
        && segment.len() <= 20
        && segment.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    if plain { format!(" slash {}", segment.replace('-', " ")) } else { String::new() }
}

/// The address and the punctuation of the sentence around it.
fn trailing_mark(address: &str) -> (&str, &str) {
    let end = address.trim_end_matches(['.', ',', '!', '?', ';', ':', ')', '\'']).len();
    address.split_at(end)
}

fn spelled(code: &str) -> String {
    code.chars()
        .map(|c| if c.is_ascii_digit() { one_by_one(&c.to_string()) } else { c.to_uppercase().to_string() })
        .collect::<Vec<_>>()
        .join(" ")
}
