use super::{Piper, Speaker as _, settings_file};
use crate::fixtures;
use crate::tts::{Tts, TtsError};
use homepilot_models::cancel::Cancel;
use std::path::Path;

fn piper() -> Piper {
    Piper::load(&fixtures::model("piper-en_US-joe-medium")).unwrap()
}

#[test]
fn a_clause_sounds_and_ends_in_silence() {
    let mut piper = piper();
    let samples = piper.speak("I'll remind you tomorrow at five p.m.", 1.0, &Cancel::new()).unwrap();
    let seconds = samples.len() as f32 / piper.rate().hz() as f32;
    assert!((1.0..5.0).contains(&seconds), "{seconds} s");
    assert!(samples.iter().all(|s| s.is_finite()));
    assert!(samples.iter().any(|s| s.abs() > 0.05));
    assert!(samples.iter().rev().take(1_000).all(|s| *s == 0.0));
}

#[test]
fn speed_changes_the_length() {
    let mut piper = piper();
    let mut length = |speed| piper.speak("This takes a while to say.", speed, &Cancel::new()).unwrap().len();
    let (slow, normal, fast) = (length(0.5), length(1.0), length(2.0));
    assert!(slow > normal && normal > fast, "{slow} {normal} {fast}");
    for speed in [0.0, -1.0, 0.49, 2.1, f32::NAN, f32::INFINITY] {
        let error = piper.speak("No.", speed, &Cancel::new()).unwrap_err();
        assert!(matches!(error, TtsError::Speed(_)), "{speed}: {error}");
    }
}

#[test]
fn texts_without_words_are_silent() {
    let mut piper = piper();
    for text in ["", "  ", "?!", "…", "\u{200b}"] {
        assert!(piper.speak(text, 1.0, &Cancel::new()).unwrap().is_empty(), "{text:?}");
    }
}

#[test]
fn a_cancelled_clause_is_not_spoken() {
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(piper().speak("Hello.", 1.0, &cancel), Err(TtsError::Cancelled)));
}

#[test]
fn phonemes_become_padded_ids_and_unknown_ones_are_left_out() {
    let piper = piper();
    let of = |c: char| piper.ids[&c][0];
    let (start, pad, end) = (of('^'), of('_'), of('$'));
    assert_eq!(piper.encode("a.").unwrap(), [start, pad, of('a'), pad, of('.'), pad, end]);
    assert_eq!(piper.encode("a\u{200d}\u{4e00}"), piper.encode("a"));
    assert_eq!(piper.encode(""), None);
    assert_eq!(piper.encode("\u{4e00}"), None);
}

#[test]
fn settings_lie_beside_the_voice() {
    assert_eq!(settings_file(Path::new("/m/voice.onnx")), Path::new("/m/voice.onnx.json"));
    let folder = tempfile::tempdir().unwrap();
    let error = Piper::open(&folder.path().join("none.onnx"), 1).err().unwrap();
    assert!(error.contains("none.onnx.json"), "{error}");
}
