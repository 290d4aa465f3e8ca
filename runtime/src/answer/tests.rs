use proptest::prelude::{Strategy, prop, prop_assert_ne, prop_oneof, proptest};

use super::{Answer, is_dismissal, recognise, takes_back};

const QUESTION: &str = "I'll send an email to Tom: lunch on Friday at noon. Shall I?";

fn all(expected: &Answer, replies: &[&str]) {
    for reply in replies {
        assert_eq!(recognise(reply, Some(QUESTION)), *expected, "{reply}");
    }
}

#[test]
fn yes() {
    all(
        &Answer::Yes,
        &[
            "yes",
            "Yes.",
            "yeah, sure",
            "yep!",
            "Yesss",
            "okay",
            "OK, do it",
            "go ahead",
            "please do",
            "sure, go for it",
            "of course",
            "absolutely",
            "that's right",
            "sounds good",
            "I do",
            "yes please, thank you",
            "uh-huh",
            "make it so",
            "by all means",
            "send it",
            "please send it",
            "yes, send the email to Tom",
            "alright",
            "that would be great",
            "yes, at noon",
            "perfect, thanks",
            "please",
            "I said yes",
            "you may",
            "correct, it is",
        ],
    );
}

#[test]
fn no() {
    all(
        &Answer::No,
        &[
            "no",
            "Nope.",
            "nah",
            "No, thank you",
            "don't",
            "please don't",
            "not now",
            "absolutely not",
            "I don't think so",
            "that's wrong",
            "that is not right",
            "okay, no",
            "no, I'll do that later",
            "not yet",
            "I'd rather not",
            "yes no don't",
            "okay, wait, don't",
            "noooo",
        ],
    );
}

#[test]
fn cancel_repeat_silence() {
    all(
        &Answer::Cancel,
        &[
            "cancel",
            "stop",
            "never mind",
            "Nevermind.",
            "forget it",
            "yes, stop",
            "abort please",
            "that's enough",
        ],
    );
    all(
        &Answer::Repeat,
        &[
            "say that again",
            "what?",
            "pardon",
            "I didn't hear you",
            "what was the question",
            "repeat that please",
            "sorry?",
        ],
    );
    all(&Answer::StopSpeaking, &["be quiet", "stop talking", "shut up", "hush"]);
}

#[test]
fn unclear() {
    all(
        &Answer::Unclear,
        &[
            "",
            "  ",
            "…",
            "maybe",
            "I'm not sure",
            "I guess",
            "I guess so",
            "perhaps",
            "yes and no",
            "whatever",
            "hmm",
            "um",
            "yes?",
            "yeah right",
            "is that right",
            "are you there",
            "wait",
            "hold on a second",
            "yes if it is free",
            "why not",
            "no problem",
            "I don't know",
            "don't stop",
            "I'm good",
            "bananas",
            "yes and",
            "yes, and what's the weather",
            "okay google",
            "she said yes",
            "do you",
            "thanks",
            "ja",
            "どうぞ",
        ],
    );
}

#[test]
fn edits_keep_the_words_that_change() {
    for (reply, change) in [
        ("no, make it six", "make it six"),
        ("Yes, but to Sara", "to Sara"),
        ("No, to Sara.", "to Sara."),
        ("Actually, make that Saturday", "make that Saturday"),
        ("wait, change the day to Monday", "change the day to Monday"),
        ("no, Sara", "Sara"),
        ("No. Put it in the calendar instead.", "Put it in the calendar instead."),
        ("not at noon, at one thirty", "at noon, at one thirty"),
    ] {
        let Answer::Edit { remainder } = recognise(reply, Some(QUESTION)) else {
            panic!("{reply}: {:?}", recognise(reply, Some(QUESTION)))
        };
        assert!(remainder.ends_with(change), "{reply}: {remainder}");
    }
}

#[test]
fn words_that_the_question_does_not_say_are_no_yes() {
    for reply in [
        "yes, to Sara",
        "yes, on Monday",
        "yes, all of them",
        "yes for two",
        "send it to Sara",
        "yes delete it",
        "correct it",
    ] {
        assert_ne!(recognise(reply, Some(QUESTION)), Answer::Yes, "{reply}");
    }
    assert_ne!(recognise("send it", None), Answer::Yes);
    assert_ne!(recognise("yes, send it", Some("I'll delete the draft. Shall I?")), Answer::Yes);
}

#[test]
fn a_question_about_cancelling_is_not_answered_by_its_own_verb() {
    let question = "I'll cancel the meeting on Friday. Shall I?";
    assert_eq!(recognise("yes, cancel it", Some(question)), Answer::Unclear);
    assert_eq!(recognise("yes", Some(question)), Answer::Yes);
    assert_eq!(recognise("no", Some(question)), Answer::No);
}

#[test]
fn dismissals_are_whole_utterances() {
    for text in ["stop", "never mind", "no, stop please", "cancel that", "forget it", "shut up", "be quiet"] {
        assert!(is_dismissal(text), "{text}");
    }
    for text in [
        "cancel my meeting tomorrow",
        "don't stop",
        "stop the timer",
        "yes",
        "",
        "forget the milk",
        "okay",
        "thank you",
    ] {
        assert!(!is_dismissal(text), "{text}");
    }
}

fn reply() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "yes",
        "yeah",
        "sure",
        "okay",
        "go",
        "ahead",
        "do",
        "it",
        "please",
        "that",
        "is",
        "right",
        "problem",
        "good",
        "great",
        "I",
        "of",
        "course",
        "perfect",
        "works",
        "for",
        "me",
        "send",
        "all",
        "correct",
        "absolutely",
        "why",
        "mind",
        "bad",
    ]);
    prop_oneof![prop::collection::vec(word, 0..7).prop_map(|w| w.join(" ")), "[a-zA-Z ,.'?!]{0,40}"]
}

#[test]
fn a_change_keeps_its_own_words() {
    for (reply, remainder) in [
        ("yes but to Sara", "to Sara"),
        ("make it five", "make it five"),
        ("no, make it five", "make it five"),
        ("No, the other Tom.", "the other Tom."),
        ("yes, but the other one", "the other one"),
        ("not Tom, Sara", "not Tom, Sara"),
        ("what about Saturday?", "what about Saturday?"),
        ("no, to Sara instead", "to Sara instead"),
    ] {
        let expected = Answer::Edit { remainder: remainder.to_owned() };
        assert_eq!(recognise(reply, Some(QUESTION)), expected, "{reply}");
    }
    assert_eq!(recognise("no, the other day was fine", Some(QUESTION)), Answer::No);
}

#[test]
fn the_last_thing_is_taken_back_without_a_name() {
    for text in ["Cancel that.", "no, undo it please", "Take that back!", "undo", "delete the last one"] {
        assert!(takes_back(text), "{text}");
    }
    for text in
        ["cancel", "stop", "never mind", "cancel my meeting", "cancel that meeting", "take it", "that"]
    {
        assert!(!takes_back(text), "{text}");
    }
}

proptest! {
    #[test]
    fn a_deny_word_anywhere_is_never_yes(
        reply in reply(),
        deny in prop::sample::select(vec![
            "no", "not", "don't", "dont", "never", "stop", "cancel", "nope", "wrong", "wait", "can't", "won’t", "NO", "Noooo",
        ]),
        place in 0usize..8,
    ) {
        let mut words: Vec<&str> = reply.split(' ').collect();
        words.insert(place.min(words.len()), deny);
        prop_assert_ne!(recognise(&words.join(" "), Some(QUESTION)), Answer::Yes);
    }

    #[test]
    fn nothing_makes_it_panic_and_an_unknown_word_is_never_yes(reply in "\\PC{0,60}") {
        let _ = is_dismissal(&reply);
        prop_assert_ne!(recognise(&format!("{reply} zebra"), Some(QUESTION)), Answer::Yes);
    }
}
