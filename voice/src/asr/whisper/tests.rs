use super::{Whisper, frames, knows, language, most_tokens};
use crate::asr::{Asr, AsrError, AsrOptions, Expected, Form, Transcript};
use crate::audio::{Audio, SampleRate};
use crate::fixtures;
use crate::resample;
use crate::tts::{Piper, Tts};
use homepilot_models::cancel::Cancel;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

static EARS: LazyLock<Mutex<Whisper>> =
    LazyLock::new(|| Mutex::new(Whisper::load(&fixtures::model("whisper-tiny.en"), 1).unwrap()));
static VOICE: LazyLock<Mutex<Piper>> =
    LazyLock::new(|| Mutex::new(Piper::load(&fixtures::model("piper-en_US-joe-medium")).unwrap()));

/// One test that fails must not fail the others.
fn lock<T>(engine: &Mutex<T>) -> MutexGuard<'_, T> {
    engine.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hear(pcm: &[f32]) -> Transcript {
    lock(&EARS).transcribe(pcm, &AsrOptions::default(), &Cancel::new()).unwrap()
}

/// `text` spoken by the default voice, at 16 kHz.
fn spoken(text: &str) -> Vec<f32> {
    let mut voice = lock(&VOICE);
    let samples = voice.speak(text, 1.0, &Cancel::new()).unwrap();
    resample::convert(&Audio { rate: voice.rate(), samples }, SampleRate::HZ_16000).samples
}

fn recorded(file: &Path) -> Vec<f32> {
    let audio = crate::wav::decode(&std::fs::read(file).unwrap()).unwrap();
    resample::convert(&audio, SampleRate::HZ_16000).samples
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn errors(said: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in heard.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1).min(row[j] + 1).min(diagonal + usize::from(word != other));
            diagonal = above;
        }
    }
    row[heard.len()]
}

#[test]
fn what_the_voice_says_the_ears_hear() {
    let sentences = [
        "I will set a reminder to call mom, tomorrow at five p.m. Shall I?",
        "Your meeting with Sarah starts at nine thirty in the morning.",
        "There are three tasks left: buy milk, water the plants, and call the doctor.",
        "I could not reach the mail server, so nothing was sent.",
        "Okay, I moved the appointment to Wednesday at six.",
    ];
    let (mut wrong, mut all) = (0, 0);
    let mut texts = Vec::new();
    for sentence in sentences {
        let heard = hear(&spoken(sentence));
        let (said, written) = (words(&digits_for_words(sentence)), words(&digits_for_words(&heard.text)));
        wrong += errors(&said, &written);
        all += said.len();
        assert!(heard.confidence > 0.5, "{sentence}: {heard:?}");
        assert!(!heard.looped, "{sentence}: {heard:?}");
        texts.push(heard.text);
    }
    // The voice is never the same twice, so the bound leaves room.
    assert!(wrong * 6 <= all, "{wrong} of {all} words are wrong: {texts:#?}");
}

/// Clocks and counts as the recogniser likes to write them.
fn digits_for_words(text: &str) -> String {
    let mut text = text.to_lowercase().replace("p.m.", "pm").replace("5pm", "5 pm").replace("9:30", "9 30");
    for (word, digits) in [("three", "3"), ("five", "5"), ("six", "6"), ("nine", "9"), ("thirty", "30")] {
        text = text.replace(word, digits);
    }
    text
}

#[test]
fn short_answers_are_heard() {
    for (said, expected) in
        [("Yes.", "yes"), ("No.", "no"), ("Yes, please.", "yes please"), ("Stop.", "stop")]
    {
        let heard = hear(&spoken(said));
        assert_eq!(words(&heard.text).join(" "), expected, "{heard:?}");
    }
}

#[test]
fn recorded_answers_are_never_heard_as_their_opposite() {
    let Some(eval) = fixtures::eval() else { return };
    let (mut right, mut all) = (0, 0);
    for file in fixtures::recordings(&eval.join("speech/dev/keywords")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let (said, opposite) = match name.split('_').nth(1) {
            Some("yes") => ("yes", "no"),
            Some("no") => ("no", "yes"),
            _ => continue,
        };
        let heard = words(&hear(&recorded(&file)).text);
        assert!(!heard.iter().any(|word| word == opposite), "{name}: {heard:?}");
        right += usize::from(heard == [said]);
        all += 1;
    }
    assert!(right * 10 >= all * 8, "{right} of {all}");
}

/// As strict with a yes as the product.
const EXPECTED: Expected = Expected {
    primer: "Yes. No. Stop. Cancel. Repeat.",
    forms: &[
        Form { text: "yes", least: 0.08, share: 0.8 },
        Form { text: "yeah", least: 0.8, share: 0.8 },
        Form { text: "no", least: 0.02, share: 0.75 },
        Form { text: "stop", least: 0.02, share: 0.75 },
        Form { text: "never mind", least: 0.02, share: 0.75 },
    ],
};

fn reply(pcm: &[f32]) -> (String, Option<&'static str>) {
    let answered = lock(&EARS).answer(pcm, &AsrOptions::default(), &EXPECTED, &Cancel::new()).unwrap();
    (answered.transcript.text, answered.chosen.map(|chosen| chosen.form))
}

#[test]
fn a_short_reply_is_chosen_and_a_sentence_that_begins_like_one_is_not() {
    for (said, expected) in [
        ("Yes.", Some("yes")),
        ("No!", Some("no")),
        ("Stop.", Some("stop")),
        ("Never mind.", Some("never mind")),
        ("No, make it five.", None),
        ("Yes, but to Sarah.", None),
        ("Stop the music.", None),
        ("Call mom.", None),
    ] {
        let (text, chosen) = reply(&spoken(said));
        assert_eq!(chosen, expected, "{said}: {text}");
    }
    assert_eq!(reply(&[0.0; 16_000]), (String::new(), None));
    let long = [spoken("Yes."), vec![0.0; 3 * 16_000]].concat();
    assert_eq!(reply(&long).1, None, "longer than a reply");
}

#[test]
fn weighing_replies_leaves_the_transcript_as_it_was() {
    for said in ["Yes.", "Buy some milk.", "Remind me to call mom."] {
        let pcm = spoken(said);
        assert_eq!(reply(&pcm).0, hear(&pcm).text);
    }
}

#[test]
fn recorded_words_are_chosen_rightly_or_not_at_all() {
    let Some(eval) = fixtures::eval() else { return };
    let (mut right, mut all) = (0, 0);
    for file in fixtures::recordings(&eval.join("speech/dev/keywords")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let said = name.split('_').nth(1).unwrap();
        let (text, chosen) = reply(&recorded(&file));
        let expected = EXPECTED.forms.iter().any(|form| form.text == said);
        all += usize::from(expected);
        right += usize::from(chosen == Some(said));
        assert!(chosen.is_none_or(|form| form == said), "{name} was chosen as {chosen:?}: {text}");
    }
    // The rest are asked again.
    assert!(right * 100 >= all * 95, "{right} of {all}");
}

#[test]
fn noise_is_no_reply() {
    let Some(eval) = fixtures::eval() else { return };
    for file in fixtures::recordings(&eval.join("speech/dev/noise")) {
        let pcm = recorded(&file);
        for second in pcm.chunks_exact(16_000).step_by(3) {
            assert_eq!(reply(second).1, None, "{}", file.display());
        }
    }
}

#[test]
fn noise_is_not_heard_as_words() {
    let Some(eval) = fixtures::eval() else { return };
    for file in fixtures::recordings(&eval.join("speech/dev/noise")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        // Babble is speech, if not to us.
        if !name.starts_with("babble") {
            assert_eq!(hear(&recorded(&file)).text, "", "{name}");
        }
    }
}

#[test]
fn nothing_is_heard_in_nothing() {
    for samples in [0, 1, 160, 16_000, 30 * 16_000] {
        let heard = hear(&vec![0.0; samples]);
        assert_eq!((heard.text.as_str(), heard.confidence, heard.no_speech), ("", 0.0, 1.0));
    }
    assert_eq!(hear(&[f32::NAN; 16_000]).text, "");
}

#[test]
fn more_than_thirty_seconds_are_refused() {
    let error = lock(&EARS)
        .transcribe(&vec![0.1; 30 * 16_000 + 160], &AsrOptions::default(), &Cancel::new())
        .unwrap_err();
    assert!(matches!(error, AsrError::TooLong { .. }), "{error}");
}

#[test]
fn a_cancelled_recognition_ends_and_the_next_one_works() {
    let pcm = spoken("Remind me to call mom tomorrow.");
    let before = hear(&pcm).text;
    let cancel = Cancel::new();
    cancel.cancel();
    let error = lock(&EARS).transcribe(&pcm, &AsrOptions::default(), &cancel).unwrap_err();
    assert!(matches!(error, AsrError::Cancelled), "{error}");
    assert_eq!(hear(&pcm).text, before);
    assert!(before.to_lowercase().contains("remind me"), "{before}");
}

#[test]
fn any_names_are_taken() {
    let pcm = spoken("Call mom tomorrow.");
    for name in ["", " ", "a\0b\n", "Sarah", "<|endoftext|>", &"Żółć 家 ".repeat(2_000), "Żółć 家"]
    {
        listen(&pcm, &vec![name; 100]);
    }
}

fn listen(pcm: &[f32], names: &[&str]) -> Transcript {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    let options = AsrOptions { names, ..AsrOptions::default() };
    lock(&EARS).transcribe(pcm, &options, &Cancel::new()).unwrap()
}

const NAMES: &[&str] =
    &["Jarvix", "Quillon", "Ottoline", "Siobhan", "Rajesh", "Solveig", "Tobiasz", "Nimbus"];

const TITLES: &[&str] = &["Assistant", "Secretary", "Chief of Staff", "Kids' Friend", "Companion"];

#[test]
fn names_that_are_told_are_spelled_so() {
    let said = |name: &str| format!("Please send the notes of the meeting to {name} this evening.");
    let (mut told, mut untold) = (0, 0);
    for name in NAMES {
        let pcm = spoken(&said(name));
        told += usize::from(listen(&pcm, NAMES).text.contains(name));
        untold += usize::from(hear(&pcm).text.contains(name));
    }
    // The voice is never the same twice.
    assert!(told >= untold + 2, "{told} of {} with the names, {untold} without", NAMES.len());
}

#[test]
fn names_are_not_heard_in_noise_or_short_words() {
    let Some(eval) = fixtures::eval() else { return };
    for file in fixtures::recordings(&eval.join("speech/dev/noise")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        // Babble is speech, if not to us.
        if !name.starts_with("babble") {
            for names in [NAMES, TITLES] {
                assert_eq!(listen(&recorded(&file), names).text, "", "{name}");
            }
        }
    }
    for file in fixtures::recordings(&eval.join("speech/dev/keywords")).into_iter().step_by(5) {
        let pcm = recorded(&file);
        assert_eq!(listen(&pcm, NAMES).text, hear(&pcm).text, "{}", file.display());
    }
}

#[test]
fn languages_are_checked_before_whisper_sees_them() {
    for (wanted, expected) in [("en", Some("en")), ("en-US", Some("en")), ("DE", Some("de")), ("auto", None)]
    {
        assert_eq!(language(wanted, true).unwrap(), expected, "{wanted}");
    }
    for wanted in ["", "xx", "english", "e\0", "日本", "-"] {
        assert!(matches!(language(wanted, true), Err(AsrError::Language(_))), "{wanted:?}");
    }
    assert_eq!(language("xx", false).unwrap(), Some("en"));
    assert!(knows("de-AT") && knows("auto") && !knows("xx"));
}

#[test]
fn the_window_follows_the_speech() {
    for (seconds, expected) in [(1, 512), (7, 512), (10, 628), (27, 1_478), (30, 1_500)] {
        assert_eq!(frames(seconds * 16_000), expected, "{seconds} s");
    }
    assert_eq!(most_tokens(2.0), 28);
}
