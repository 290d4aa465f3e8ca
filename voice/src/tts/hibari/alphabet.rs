//! espeak-ng's IPA in the alphabet of Kokoro's family: one letter for each diphthong and affricate.
//!
//! The pairs are those by which misaki (Apache-2.0), the family's own front end, takes espeak-ng's American English.

/// Longer ones first. espeak-ng ties the halves of one sound with a zero-width joiner.
const PAIRS: [(&str, &str); 29] = [
    ("ʔˌn\u{329}", "tᵊn"),
    ("ʔn\u{329}", "tᵊn"),
    ("ʔn", "tᵊn"),
    ("a\u{200d}ɪ", "I"),
    ("a\u{200d}ʊ", "W"),
    ("o\u{200d}ʊ", "O"),
    ("ə\u{200d}ʊ", "O"),
    ("e\u{200d}ɪ", "A"),
    ("ɔ\u{200d}ɪ", "Y"),
    ("d\u{200d}ʒ", "ʤ"),
    ("t\u{200d}ʃ", "ʧ"),
    ("ə\u{200d}l", "ᵊl"),
    ("ɜː\u{200d}ɹ", "ɜɹ"),
    ("ɜːɹ", "ɜɹ"),
    ("ɜː", "ɜɹ"),
    ("ɪ\u{200d}ə", "iə"),
    ("ʲo", "jo"),
    ("ʲə", "jə"),
    ("ʲ", ""),
    ("ɚ", "əɹ"),
    ("e", "A"),
    ("r", "ɹ"),
    ("x", "k"),
    ("ç", "k"),
    ("ɐ", "ə"),
    ("ɬ", "l"),
    ("ʔ", "t"),
    ("ɾ", "T"),
    ("o", "ɔ"),
];

/// `ipa` in the family's letters. Length marks are dropped: American English tells no two words apart by them.
pub(super) fn from_ipa(ipa: &str) -> String {
    let mut spelled = String::with_capacity(ipa.len());
    let mut rest = ipa;
    while let Some(c) = rest.chars().next() {
        if let Some((from, to)) = PAIRS.iter().find(|(from, _)| rest.starts_with(from)) {
            spelled.push_str(to);
            rest = &rest[from.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            'ː' | '\u{200d}' | '\u{303}' => {}
            // The consonant before it is a syllable of its own.
            '\u{329}' => {
                if let Some(consonant) = spelled.pop() {
                    spelled.extend(['ᵊ', consonant]);
                }
            }
            _ => spelled.push(c),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::from_ipa;

    #[test]
    fn sounds_of_two_letters_become_one() {
        for (ipa, spelled) in [
            ("həlˈo\u{200d}ʊ ðˈɛ\u{200d}ɹ", "həlˈO ðˈɛɹ"),
            ("d\u{200d}ʒˈɔː\u{200d}ɹd\u{200d}ʒ", "ʤˈɔɹʤ"),
            ("ʃˌæl ˈa\u{200d}ɪ?", "ʃˌæl ˈI?"),
            ("lˈɪɾə\u{200d}l", "lˈɪTᵊl"),
            ("bˈʌʔn\u{329}", "bˈʌtᵊn"),
            ("wˈɔːɾɚ", "wˈɔTəɹ"),
            ("t\u{200d}ʃˈɜːt\u{200d}ʃ", "ʧˈɜɹʧ"),
            ("ɹˈɪðm\u{329}", "ɹˈɪðᵊm"),
            ("\u{329}", ""),
        ] {
            assert_eq!(from_ipa(ipa), spelled, "{ipa}");
        }
    }
}
