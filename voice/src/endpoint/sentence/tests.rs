use super::{Eagerness, Patience, Sentence};

fn check(expected: Sentence, sentences: &[&str]) {
    let judged = sentences.iter().map(|text| (*text, Sentence::of(text, "en-GB")));
    let wrong: Vec<_> = judged.filter(|(_, sentence)| *sentence != expected).collect();
    assert!(wrong.is_empty(), "{wrong:?} instead of {expected:?}");
}

#[test]
fn what_cannot_be_the_end_is_unfinished() {
    check(
        Sentence::Unfinished,
        &[
            // A word that needs another.
            "Send an email to",
            "Send an email to.",
            "Put the kettle on and",
            "I would like a",
            "Move the dentist from",
            "What is the weather in",
            "What's the",
            "Remind me to buy milk because",
            "Do you know the",
            "It should be ready by",
            "Write that the meeting is",
            "Make a list called",
            "Send Peter a message saying",
            "His address is peter at example dot",
            "Tell Mrs.",
            // Thinking.
            "Um",
            "Add bread and, um",
            "Set it for, uh...",
            "I think the train should",
            "I'm",
            "So what's",
            // What the recogniser marks.
            "Call my brother, and then…",
            "Call Anna,",
            "The number is -",
        ],
    );
}

#[test]
fn a_request_without_its_object_is_unfinished() {
    check(
        Sentence::Unfinished,
        &[
            "Remind me",
            "Please remind me.",
            "Remind me tomorrow at nine.",
            "Tell me",
            "Could you",
            "Can you please",
            "I want to",
            "I'd like you to",
            "I need",
            "Hey, could you add",
            "Send an email.",
            "Set a timer",
            "Okay, set me a new alarm",
            "Write a short note",
            "Do I have",
            "Is there",
            "Turn",
        ],
    );
}

#[test]
fn what_is_read_out_may_go_on() {
    check(
        Sentence::Unfinished,
        &["My name is spelled M-U-E", "M, U, E.", "VBKD", "It's 0 3 0", "The code is 4-1.", "030 27", "815."],
    );
    check(Sentence::Open, &["15.", "300", "At 5 P.M.", "On BBC", "The plan is B", "No, 7", "OK", "Go to 24"]);
    assert_eq!(Sentence::of("STOP!", "en"), Sentence::Whole);
}

#[test]
fn what_needs_nothing_more_is_whole() {
    check(
        Sentence::Whole,
        &[
            "Stop.",
            "Never mind.",
            "Thank you very much!",
            "What time is it in Tokyo?",
            "Do I have anything on Monday?",
            "Where are you from?",
            "Could you tell me who wrote that?",
            "Set a timer for ten minutes.",
            "Remind me to water the plants tomorrow morning.",
            "Add bread to my list, please.",
        ],
    );
}

#[test]
fn in_doubt_an_ordinary_pause_decides() {
    check(
        Sentence::Open,
        &[
            "",
            "...?",
            // Answers may go on: "yes, but", "no, make it five".
            "Yes.",
            "No",
            "Okay.",
            "Please.",
            "Yes it is.",
            "I do",
            "I don't want to",
            "I'd love to.",
            "what?",
            "to",
            // A particle or a stranded preposition is an end.
            "Turn it on",
            "Turn the lights off",
            "Come in.",
            "Who is it for",
            "What are you talking about",
            "I'm just stopping by, so stop by",
            "Tell me where my keys are",
            "I don't know how",
            "What is it called",
            // Complete enough, and more may come.
            "Send an email to Peter",
            "Call me",
            "Send it",
            "Send the email",
            "Cancel that",
            "What's the weather",
            "Add milk",
            "Lights",
        ],
    );
}

#[test]
fn other_languages_are_read_by_their_marks_alone() {
    for (text, expected) in [
        ("Schick eine Nachricht an", Sentence::Open),
        ("Ruf Anna an und...", Sentence::Unfinished),
        ("Meine Nummer ist 0 3", Sentence::Unfinished),
        ("Stop.", Sentence::Open),
    ] {
        assert_eq!(Sentence::of(text, "de"), expected, "{text:?}");
    }
    assert_eq!(Sentence::of("Send it to", ""), Sentence::Open);
}

#[test]
fn the_less_finished_and_the_less_eager_the_longer_the_wait() {
    for eagerness in [Eagerness::Low, Eagerness::Medium, Eagerness::High] {
        let patience = Patience::of(eagerness);
        let waits = [Sentence::Unfinished, Sentence::Open, Sentence::Whole].map(|s| patience.after(s));
        assert!(waits.is_sorted_by(|a, b| a > b), "{waits:?}");
    }
    let usual = [Eagerness::Low, Eagerness::Medium, Eagerness::High].map(|e| Patience::of(e).usual);
    assert!(usual.is_sorted_by(|a, b| a > b));
}
