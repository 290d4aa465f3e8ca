//! The short replies that are listened for while a question is open.
//!
//! A misheard yes does something; a misheard no asks for it again. So what declines, stops or asks again is believed
//! easily, and what agrees only when it is nearly certain and nothing else is near.

use homepilot_voice::asr::{Answered, Chosen, Expected, Form};

use super::{Answer, is_listening_sound, recognise};

/// An agreement. Measured with tiny.en on 165 recorded words, clean and at 10 dB, and on a second each of noise, music,
/// babble and other people's sentences: "yes" got at least 0.138 and 0.96 of all forms where it was said plainly, and
/// at most 0.011, or 0.63 of all, where it was not. "yeah" and its like are what is made of any short open sound: one that
/// was none got 0.71, so these need to be plain.
const fn agrees(text: &'static str, least: f32) -> Form {
    Form { text, least, share: 0.8 }
}

/// Anything that doesn't agree: above what noise alone gets (0.012).
const fn withholds(text: &'static str) -> Form {
    Form { text, least: 0.02, share: 0.75 }
}

/// What people answer in a word or two. Longer and rarer replies are read from the transcript.
pub static EXPECTED: Expected = Expected {
    primer: "Yes. No. Stop. Cancel. Repeat.",
    forms: &[
        agrees("yes", 0.08),
        agrees("yes please", 0.08),
        agrees("yeah", 0.8),
        agrees("yep", 0.8),
        agrees("yup", 0.8),
        agrees("sure", 0.8),
        agrees("okay", 0.8),
        withholds("no"),
        withholds("nope"),
        withholds("no thanks"),
        withholds("stop"),
        withholds("cancel"),
        withholds("never mind"),
        withholds("repeat"),
        withholds("again"),
    ],
};

/// What an utterance was, as text and the confidence in it, where [`EXPECTED`] was listened for.
///
/// The reply that was chosen is believed over the transcript. Where none was, a transcript that is one of the agreeing
/// words has no confidence: the same recogniser, asked precisely, did not stand by it. Nor has a single word that agrees
/// and is also what listeners murmur, such as "right".
pub fn settled(answered: Answered) -> (String, f32) {
    let Answered { transcript, chosen } = answered;
    match chosen {
        Some(Chosen { form, share, .. }) => {
            let same = recognise(&transcript.text, None) == recognise(form, None);
            (if same { transcript.text } else { sentence(form) }, share)
        }
        None if disowned(&transcript.text) => (transcript.text, 0.0),
        None => (transcript.text, transcript.confidence),
    }
}

/// Whether the words are a form that agrees in a single word. Two words are not made of a short sound.
fn disowned(text: &str) -> bool {
    let words = super::words::words(text);
    let [only] = words.as_slice() else { return false };
    let weighed = EXPECTED.forms.iter().any(|form| form.text == only.text);
    (weighed || is_listening_sound(text)) && recognise(&only.text, None) == Answer::Yes
}

fn sentence(form: &str) -> String {
    let mut letters = form.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use homepilot_voice::asr::Transcript;

    use super::*;

    fn heard(text: &str, confidence: f32, chosen: Option<(&'static str, f32)>) -> (String, f32) {
        let chosen = chosen.map(|(form, share)| Chosen { form, probability: share, share });
        let (looped, took) = (false, Duration::ZERO);
        let transcript = Transcript { text: text.to_owned(), confidence, no_speech: 0.0, looped, took };
        settled(Answered { transcript, chosen })
    }

    #[test]
    fn every_form_answers_and_only_what_agrees_is_hard_to_believe() {
        for form in EXPECTED.forms {
            match recognise(form.text, None) {
                Answer::Yes => assert!(form.least >= 0.08 && form.share >= 0.8, "{form:?}"),
                Answer::No | Answer::Cancel | Answer::Repeat => {}
                other => panic!("{form:?} is {other:?}"),
            }
        }
    }

    #[test]
    fn the_chosen_reply_is_believed_over_the_transcript() {
        for (text, chosen, said) in [
            ("Yes.", ("yes", 0.99), "Yes."),
            ("Yes, yes!", ("yes", 0.99), "Yes, yes!"),
            ("done", ("stop", 0.6), "Stop."),
            ("", ("no", 0.7), "No."),
            ("It's", ("never mind", 0.7), "Never mind."),
        ] {
            assert_eq!(heard(text, 0.2, Some(chosen)), (said.to_owned(), chosen.1), "{text}");
        }
    }

    #[test]
    fn a_yes_that_was_not_chosen_is_doubtful_and_all_else_stays_as_it_was() {
        for text in ["Yeah.", "yes", "Sure!", "Okay.", "Right.", "Mhm", "Great!"] {
            assert_eq!(heard(text, 0.9, None).1, 0.0, "{text}");
        }
        for text in [
            "No.",
            "Stop.",
            "Correct.",
            "Make it five.",
            "Yes, please.",
            "Yes, do it, please.",
            "No, make it five.",
            "",
        ] {
            assert_eq!(heard(text, 0.9, None), (text.to_owned(), 0.9), "{text}");
        }
    }
}
