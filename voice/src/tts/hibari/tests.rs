use super::Hibari;
use crate::fixtures;
use crate::tts::{Tts, TtsError, load};
use homepilot_models::cancel::Cancel;

fn hibari() -> Hibari {
    Hibari::load(&fixtures::model("hibari-heart")).unwrap()
}

#[test]
fn a_clause_sounds_ends_in_silence_and_is_the_same_every_time() {
    let mut hibari = hibari();
    let clause = "I'll remind you tomorrow at five p.m.";
    let samples = hibari.speak(clause, 1.0, &Cancel::new()).unwrap();
    let seconds = samples.len() as f32 / hibari.rate().hz() as f32;
    assert!((1.0..5.0).contains(&seconds), "{seconds} s");
    assert!(samples.iter().any(|s| s.abs() > 0.05));
    assert!(samples.iter().rev().take(1_000).all(|s| *s == 0.0));
    assert_eq!(samples, hibari.speak(clause, 1.0, &Cancel::new()).unwrap());
}

#[test]
fn speed_changes_the_length_within_bounds() {
    let mut hibari = hibari();
    let mut length = |speed| hibari.speak("This takes a while to say.", speed, &Cancel::new()).unwrap().len();
    let (slow, normal, fast) = (length(0.5), length(1.0), length(2.0));
    assert!(slow > normal && normal > fast, "{slow} {normal} {fast}");
    let error = hibari.speak("No.", 2.1, &Cancel::new()).unwrap_err();
    assert!(matches!(error, TtsError::Speed(_)), "{error}");
}

#[test]
fn texts_without_words_are_silent_and_a_cancelled_clause_is_not_spoken() {
    let mut hibari = hibari();
    for text in ["", "?!", "…"] {
        assert!(hibari.speak(text, 1.0, &Cancel::new()).unwrap().is_empty(), "{text:?}");
    }
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(hibari.speak("Hello.", 1.0, &cancel), Err(TtsError::Cancelled)));
}

#[test]
fn each_voice_is_loaded_with_its_own_engine() {
    assert_eq!(load(&fixtures::model("hibari-heart")).unwrap().rate().hz(), 24_000);
    assert_eq!(load(&fixtures::model("piper-en_US-joe-medium")).unwrap().rate().hz(), 22_050);
}
