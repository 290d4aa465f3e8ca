//! Whether the ears that are set up can hear a persona's language, and what to do if they can't.

use homepilot_models::catalog::ModelId;
use homepilot_personas::Persona;
use homepilot_voice::asr;

/// A model of the catalogue that hears every language.
const MULTILINGUAL: &str = "whisper-base";

/// Why a persona is not understood, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deaf {
    /// What is wrong, with the persona's name.
    pub says: String,
    /// What to do.
    pub mend: String,
}

impl std::fmt::Display for Deaf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.says, self.mend)
    }
}

/// What keeps `ears` from hearing the language of `persona`.
pub fn deaf(ears: &ModelId, persona: &Persona) -> Option<Deaf> {
    let (name, language) = (&persona.name, &persona.language);
    if !asr::knows(language) {
        return Some(Deaf {
            says: format!("{name} speaks {language:?}, which the recogniser does not know"),
            mend: "set its language to a two-letter code such as en, de or ja".to_owned(),
        });
    }
    english_only(ears, language).map(|mend| Deaf {
        says: format!("{name} speaks {language:?}, but {ears} hears English only"),
        mend: format!("{mend}, or set its language to en"),
    })
}

/// What to do about ears that hear English only where the language is another.
pub fn english_only(ears: &ModelId, language: &str) -> Option<String> {
    (is_english_only(ears) && !is_english(language))
        .then(|| format!("set models.ears = {MULTILINGUAL:?} and run homepilot models pull {MULTILINGUAL}"))
}

/// Whether a language tag is English.
pub fn is_english(language: &str) -> bool {
    language.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case("en"))
}

/// By whisper's own names: `tiny.en`, `small.en-q5_1`.
fn is_english_only(ears: &ModelId) -> bool {
    ears.as_str().split_once(".en").is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use homepilot_personas::{Origin, parse};

    use super::{deaf, is_english, is_english_only};

    fn told(ears: &str, language: &str) -> Option<String> {
        let text =
            format!("id = \"ada\"\nname = \"Ada\"\nlanguage = {language:?}\ninstructions = \"Be kind.\"\n");
        let persona = parse(&text, Path::new("ada.toml"), Origin::BuiltIn).unwrap();
        deaf(&ears.parse().unwrap(), &persona).map(|deaf| deaf.to_string())
    }

    #[test]
    fn a_language_that_is_not_heard_is_told_with_what_to_do() {
        for (ears, language) in [
            ("whisper-tiny.en", "en"),
            ("whisper-tiny.en", "en-GB"),
            ("whisper-base", "de"),
            ("whisper-base", "en"),
        ] {
            assert_eq!(told(ears, language), None, "{ears} {language}");
        }
        assert_eq!(
            told("whisper-tiny.en", "de-AT").unwrap(),
            "Ada speaks \"de-AT\", but whisper-tiny.en hears English only; set models.ears = \"whisper-base\" and run \
             homepilot models pull whisper-base, or set its language to en"
        );
        assert_eq!(
            told("whisper-base", "xx").unwrap(),
            "Ada speaks \"xx\", which the recogniser does not know; set its language to a two-letter code such as en, \
             de or ja"
        );
    }

    #[test]
    fn english_and_its_models_are_known_by_their_names() {
        for (tag, english) in [("en", true), ("EN-us", true), ("eng", false), ("de", false), ("", false)] {
            assert_eq!(is_english(tag), english, "{tag}");
        }
        for (id, only) in [
            ("whisper-tiny.en", true),
            ("small.en-q5_1", true),
            ("whisper-base", false),
            ("x.enormous", false),
        ] {
            assert_eq!(is_english_only(&id.parse().unwrap()), only, "{id}");
        }
    }
}
