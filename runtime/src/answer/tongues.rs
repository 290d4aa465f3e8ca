//! Short replies in other languages than English, as the English that means the same.
//!
//! Only whole replies are known, letter by letter: "ja, bitte" is a yes, "ja, aber morgen" is in no list and therefore asked
//! again. In a language that isn't here nothing that is said is a yes; a click is.

use homepilot_voice::asr::{Chosen, Transcript};

use super::{Answer, recognise};

/// What a lone word that agrees has to reach: it is a short open sound in most languages, and those are made of any other.
const PLAIN: f32 = 0.8;

/// The replies of a language, and what they mean.
struct Tongue {
    /// ISO 639-1.
    tag: &'static str,
    replies: &'static [(&'static str, &'static str)],
}

#[rustfmt::skip]
const TONGUES: &[Tongue] = &[
    Tongue { tag: "de", replies: &[
        ("ja", "yes"), ("ja bitte", "yes please"), ("ja gerne", "yes please"), ("ja genau", "yes"), ("genau", "yes"),
        ("okay", "okay"), ("einverstanden", "agreed"), ("nein", "no"), ("nein danke", "no thanks"), ("nee", "no"),
        ("nicht", "no"), ("stopp", "stop"), ("stop", "stop"), ("abbrechen", "cancel"), ("lass es", "never mind"),
        ("wie bitte", "repeat"), ("noch einmal", "again"), ("nochmal", "again"),
    ] },
    Tongue { tag: "es", replies: &[
        ("sí", "yes"), ("si", "yes"), ("sí por favor", "yes please"), ("claro", "yes"), ("vale", "okay"),
        ("de acuerdo", "agreed"), ("okay", "okay"), ("no", "no"), ("no gracias", "no thanks"), ("para", "stop"),
        ("alto", "stop"), ("cancela", "cancel"), ("cancelar", "cancel"), ("déjalo", "never mind"),
        ("repite", "repeat"), ("otra vez", "again"), ("cómo", "repeat"),
    ] },
    Tongue { tag: "fr", replies: &[
        ("oui", "yes"), ("oui merci", "yes please"), ("oui s'il vous plaît", "yes please"),
        ("oui s'il te plaît", "yes please"), ("d'accord", "agreed"), ("okay", "okay"), ("non", "no"),
        ("non merci", "no thanks"), ("arrête", "stop"), ("stop", "stop"), ("annule", "cancel"), ("annuler", "cancel"),
        ("laisse tomber", "never mind"), ("répète", "repeat"), ("encore", "again"), ("pardon", "repeat"),
    ] },
    Tongue { tag: "it", replies: &[
        ("sì", "yes"), ("si", "yes"), ("sì grazie", "yes please"), ("sì per favore", "yes please"),
        ("va bene", "agreed"), ("d'accordo", "agreed"), ("okay", "okay"), ("no", "no"), ("no grazie", "no thanks"),
        ("ferma", "stop"), ("basta", "stop"), ("annulla", "cancel"), ("lascia stare", "never mind"),
        ("ripeti", "repeat"), ("di nuovo", "again"), ("come", "repeat"),
    ] },
    Tongue { tag: "nl", replies: &[
        ("ja", "yes"), ("ja graag", "yes please"), ("akkoord", "agreed"), ("okay", "okay"), ("oké", "okay"),
        ("nee", "no"), ("nee bedankt", "no thanks"), ("stop", "stop"), ("annuleren", "cancel"),
        ("laat maar", "never mind"), ("herhaal", "repeat"), ("nog een keer", "again"),
    ] },
    Tongue { tag: "pt", replies: &[
        ("sim", "yes"), ("sim por favor", "yes please"), ("de acordo", "agreed"), ("okay", "okay"), ("não", "no"),
        ("não obrigado", "no thanks"), ("não obrigada", "no thanks"), ("pare", "stop"), ("para", "stop"),
        ("cancela", "cancel"), ("cancelar", "cancel"), ("deixa", "never mind"), ("repete", "repeat"),
        ("repita", "repeat"), ("outra vez", "again"),
    ] },
];

/// The reply in English that a transcript in `language` (a tag such as `de-AT`) is the whole of, as sure as the transcript.
///
/// A single word that agrees is none unless it was plainly heard.
pub fn reply_in(language: &str, said: &Transcript) -> Option<Chosen> {
    let primary = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let reply = plain(&said.text);
    let tongue = TONGUES.iter().find(|tongue| tongue.tag == primary)?;
    let (_, form) = *tongue.replies.iter().find(|(text, _)| *text == reply)?;
    let faint = !reply.contains(' ') && said.confidence < PLAIN && recognise(form, None) == Answer::Yes;
    (!faint).then_some(Chosen { form, probability: said.confidence, share: said.confidence })
}

/// Lower case, without marks.
fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use homepilot_voice::asr::Answered;

    use super::*;
    use crate::answer::settled;

    fn heard(text: &str, confidence: f32) -> Transcript {
        let (looped, took) = (false, Duration::ZERO);
        Transcript { text: text.to_owned(), confidence, no_speech: 0.0, looped, took }
    }

    /// What a session takes it for.
    fn taken(text: &str, confidence: f32, language: &str) -> (String, f32) {
        let transcript = heard(text, confidence);
        let chosen = reply_in(language, &transcript);
        settled(Answered { transcript, chosen })
    }

    #[test]
    fn every_reply_means_what_english_understands() {
        for tongue in TONGUES {
            for (reply, means) in tongue.replies {
                let (said, _) = taken(reply, 0.9, tongue.tag);
                let answer = recognise(&said, None);
                assert_eq!(plain(reply), *reply);
                assert!(
                    matches!(answer, Answer::Yes | Answer::No | Answer::Cancel | Answer::Repeat),
                    "{reply} is {answer:?}"
                );
                assert_eq!(answer, recognise(means, None), "{reply}");
            }
        }
    }

    #[test]
    fn only_whole_replies_of_the_language_are_known() {
        for (text, language, said) in [
            ("Ja, bitte.", "de-AT", "Yes please."),
            ("Nein!", "DE", "No."),
            ("Sí.", "es", "Yes."),
            ("Oui, s\u{2019}il vous plaît.", "fr", "Yes please."),
            ("Ja, aber morgen.", "de", "Ja, aber morgen."),
            ("Ja.", "fr", "Ja."),
            ("Hai.", "ja", "Hai."),
            ("", "de", ""),
        ] {
            assert_eq!(taken(text, 0.9, language), (said.to_owned(), 0.9), "{text}");
        }
    }

    #[test]
    fn a_lone_yes_has_to_be_plain() {
        for (text, confidence, answer) in [
            ("Ja.", 0.79, None),
            ("Ja.", 0.85, Some("yes")),
            ("Okay.", 0.6, None),
            ("Ja, bitte.", 0.6, Some("yes please")),
            ("Nein.", 0.2, Some("no")),
            ("Morgen.", 0.9, None),
        ] {
            let chosen = reply_in("de", &heard(text, confidence));
            assert_eq!(chosen.map(|chosen| chosen.form), answer, "{text} {confidence}");
        }
        // Neither is an English one in a language that has none of its own.
        assert_eq!(taken("Yeah.", 0.9, "ja").1, 0.0);
    }
}
