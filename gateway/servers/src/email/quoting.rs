//! Strings as IMAP wants them, and the names of folders in its own kind of UTF-7 (RFC 3501, 5.1.3).

use base64::alphabet::Alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine};

/// A quoted string. Control characters are no part of what is quoted here; they are left out.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// A string of a search: words beyond ASCII go as a literal where the server takes one without being asked.
pub(super) fn searched(text: &str, literals: bool) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if text.is_ascii() || !literals { quoted(&text) } else { format!("{{{}+}}\r\n{text}", text.len()) }
}

fn engine() -> Option<GeneralPurpose> {
    // "/" would part folders, so "," stands for it.
    let alphabet = Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").ok()?;
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone);
    Some(GeneralPurpose::new(&alphabet, config))
}

/// A folder's name as it goes over the wire.
pub(super) fn encoded(name: &str) -> String {
    let mut out = String::new();
    let mut rest: Vec<u16> = Vec::new();
    let flush = |rest: &mut Vec<u16>, out: &mut String| {
        if rest.is_empty() {
            return;
        }
        let bytes: Vec<u8> = rest.drain(..).flat_map(u16::to_be_bytes).collect();
        if let Some(engine) = engine() {
            out.push('&');
            out.push_str(&Engine::encode(&engine, bytes));
            out.push('-');
        }
    };
    for c in name.chars() {
        match c {
            ' '..='~' => {
                flush(&mut rest, &mut out);
                out.push(c);
                if c == '&' {
                    out.push('-');
                }
            }
            c => rest.extend_from_slice(c.encode_utf16(&mut [0; 2])),
        }
    }
    flush(&mut rest, &mut out);
    out
}

/// A folder's name as people read it; what is not well encoded stays as it is.
pub(super) fn decoded(wire: &str) -> String {
    let mut out = String::new();
    let mut rest = wire;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('-').map(|end| at + end) else {
            out.push_str(&rest[at..]);
            return out;
        };
        let inside = &rest[at + 1..end];
        match inside {
            "" => out.push('&'),
            _ => out.push_str(&shifted(inside).unwrap_or_else(|| rest[at..=end].to_owned())),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

fn shifted(inside: &str) -> Option<String> {
    let bytes = Engine::decode(&engine()?, inside).ok()?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    (bytes.len().is_multiple_of(2)).then(|| String::from_utf16(&units).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folders_names_are_read_and_written() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("Tom & Jerry", "Tom &- Jerry"),
            ("台北", "&U,BTFw-"),
            ("[Gmail]/Wszystkie wiadomości", "[Gmail]/Wszystkie wiadomo&AVs-ci"),
        ] {
            assert_eq!(encoded(name), wire);
            assert_eq!(decoded(wire), name);
        }
        for odd in ["a&b", "&!!-", "&A-", "&"] {
            assert!(!decoded(odd).is_empty(), "{odd}");
        }
    }

    #[test]
    fn nothing_gets_out_of_its_quotes() {
        assert_eq!(quoted("a\"b\\c\r\nd"), "\"a\\\"b\\\\cd\"");
        assert_eq!(searched("José", true), "{5+}\r\nJosé");
        assert_eq!(searched("José\r\nX", false), "\"JoséX\"");
        assert_eq!(searched("Jo\" SEEN", true), "\"Jo\\\" SEEN\"");
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in "\\PC{0,20}") {
            let wire = encoded(&name);
            prop_assert!(wire.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}", wire);
            prop_assert_eq!(decoded(&wire), name);
        }
    }
}
