use super::*;

fn clause(text: &str, ms: u64) -> Clause {
    Clause { text: text.to_owned(), duration: Duration::from_millis(ms), samples: None }
}

fn tag(epoch: u64) -> Tag {
    Tag { turn: 1, epoch }
}

fn words() -> Source {
    Source::Words(String::new())
}

#[test]
fn a_speech_is_played_when_its_last_clause_ends_and_the_next_follows_it() {
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    let mut mouth = Mouth::default();
    let first = mouth.say(tag(1), words());
    let second = mouth.say(tag(2), words());
    assert_eq!(mouth.begin().map(|b| b.0), Some(first));
    assert!(mouth.begin().is_none(), "one at a time");
    assert!(!mouth.sounds(at(0)));
    assert_eq!(mouth.made_clause(first, clause("one two", 1000), at(0)), Place::Sent(first, tag(1)));
    mouth.made_clause(first, clause("three", 500), at(100));
    assert!(mouth.sounds(at(1499)) && !mouth.sounds(at(1500)));
    assert!(mouth.played(at(5000)).is_none(), "not all of it is made");
    mouth.made(first, false);
    assert_eq!(mouth.begin().map(|b| b.0), Some(second));
    mouth.made_clause(second, clause("four", 500), at(200));
    mouth.made(second, false);
    assert!(mouth.played(at(1499)).is_none());
    let (_, id, played) = mouth.played(at(1500)).unwrap();
    assert_eq!((id, played), (first, Played { heard: "one two three".into(), complete: true }));
    assert_eq!(mouth.ends(at(1500)), Some(at(2000)));
}

#[test]
fn what_was_heard_of_a_speech_cut_short_is_whole_words() {
    let start = Instant::now();
    let mut mouth = Mouth::default();
    let id = mouth.say(tag(1), words());
    mouth.begin();
    mouth.made_clause(id, clause("I will. ", 1000), start);
    mouth.made_clause(id, clause("Then the rest follows", 1000), start);
    let stopped = mouth.stop(start + Duration::from_millis(1_550), None);
    assert_eq!(stopped[0].2, Played { heard: "I will. Then the".into(), complete: false });
    assert!(mouth.stop(start, None).is_empty());
    assert!(mouth.go_on(tag(1), tag(2), start).is_none(), "nothing of it was kept");
}

#[test]
fn what_was_stopped_goes_on_with_the_clause_that_was_cut_while_it_is_still_being_made() {
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    let mut mouth = Mouth::default();
    let first = mouth.say(tag(1), words());
    let (_, _, cancel) = mouth.begin().unwrap();
    for text in ["One.", "Two.", "Three."] {
        mouth.made_clause(first, clause(text, 1000), at(0));
    }
    mouth.stop(at(1_500), Some(tag(1)));
    assert!(!cancel.is_cancelled(), "it is still being made");
    assert_eq!(mouth.made_clause(first, clause("Four.", 1000), at(1_600)), Place::NotNow);
    let (second, clauses) = mouth.go_on(tag(1), tag(2), at(2_000)).unwrap();
    let texts: Vec<&str> = clauses.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(texts, ["Two.", "Three.", "Four."]);
    assert_ne!(first, second);
    assert_eq!(mouth.made_clause(first, clause("Five.", 1000), at(2_100)), Place::Sent(second, tag(2)));
    mouth.made(first, false);
    assert_eq!(mouth.ends(at(2_100)), Some(at(6_000)));
    let (ended, _, played) = mouth.played(at(6_000)).unwrap();
    assert_eq!((ended, played.heard.as_str()), (tag(2), "Two. Three. Four. Five."));
}

#[test]
fn a_clause_whose_end_the_person_can_not_have_heard_yet_is_said_again() {
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    let mut mouth = Mouth::default();
    let id = mouth.say(tag(1), words());
    mouth.begin();
    mouth.made_clause(id, clause("One.", 1000), at(0));
    mouth.made_clause(id, clause("Two.", 1000), at(0));
    mouth.stop(at(1_200), Some(tag(1)));
    assert_eq!(mouth.go_on(tag(1), tag(2), at(2_000)).unwrap().1.len(), 2);
}

#[test]
fn what_is_kept_is_let_go_of_by_the_next_speech() {
    let start = Instant::now();
    let mut mouth = Mouth::default();
    let first = mouth.say(tag(1), words());
    let (_, _, cancel) = mouth.begin().unwrap();
    mouth.made_clause(first, clause("One.", 1000), start);
    mouth.stop(start, Some(tag(1)));
    mouth.say(tag(2), words());
    assert!(cancel.is_cancelled());
    assert!(mouth.go_on(tag(1), tag(3), start).is_none());
    assert_eq!(mouth.made_clause(first, clause("Two.", 1000), start), Place::NotNow);
}

#[test]
fn a_speech_that_had_not_begun_goes_on_from_its_beginning() {
    let start = Instant::now();
    let mut mouth = Mouth::default();
    let first = mouth.say(tag(1), words());
    mouth.stop(start, Some(tag(1)));
    let (second, clauses) = mouth.go_on(tag(1), tag(2), start).unwrap();
    assert!(clauses.is_empty());
    assert_eq!(mouth.begin().map(|b| b.0), Some(first), "it is made now");
    assert_eq!(mouth.made_clause(first, clause("One.", 1000), start), Place::Sent(second, tag(2)));
}
