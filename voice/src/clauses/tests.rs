use super::{ClauseStream, split};
use proptest::prelude::*;

#[test]
fn replies_are_cut_where_people_breathe() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("  \n ", &[]),
        ("Done.", &["Done."]),
        ("Done. I'll remind you tomorrow.", &["Done.", "I'll remind you tomorrow."]),
        ("Okay, it is done.", &["Okay,", "it is done."]),
        (
            "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?",
            &["I'll set a reminder to call mom,", "tomorrow at five p.m.", "Shall I?"],
        ),
        ("Meet Dr. Smith at 5 p.m. today.", &["Meet Dr. Smith at 5 p.m. today."]),
        ("It costs $5.20, which is 3.5 percent more.", &["It costs $5.20,", "which is 3.5 percent more."]),
        (
            "Write to jo.smith@mail.example.com. Or call.",
            &["Write to jo.smith@mail.example.com.", "Or call."],
        ),
        ("Open example.com/a,b at 17:00. Go.", &["Open example.com/a,b at 17:00.", "Go."]),
        ("On May 5, 2026 we met. It rained.", &["On May 5, 2026 we met.", "It rained."]),
        ("He said \"stop.\" Then he left.", &["He said \"stop.\"", "Then he left."]),
        ("1. Milk\n2. Bread", &["1. Milk", "2. Bread"]),
        (
            "You have two tasks today: buy milk, call mom, and then write the report.",
            &["You have two tasks today:", "buy milk, call mom, and then write the report."],
        ),
        (
            "I could not reach the mail server because it is switched off.",
            &["I could not reach the mail server", "because it is switched off."],
        ),
        ("Wait... what? Really?!", &["Wait...", "what?", "Really?!"]),
        ("Version 1.2.3 is out", &["Version 1.2.3 is out"]),
    ];
    for (text, expected) in cases {
        assert_eq!(split(text), *expected, "{text}");
    }
}

#[test]
fn a_clause_comes_as_soon_as_it_is_certain() {
    let mut stream = ClauseStream::new();
    assert!(stream.push("Done").is_empty());
    assert!(stream.push(".").is_empty());
    assert_eq!(stream.push(" I"), ["Done."]);
    assert!(stream.push("'ll call at 5 p.m.").is_empty());
    assert!(stream.push(" tomorrow").is_empty());
    assert_eq!(stream.finish().as_deref(), Some("I'll call at 5 p.m. tomorrow"));
}

#[test]
fn endless_sentences_are_cut_between_words_but_not_in_numbers() {
    let text = "and then we walked along the river with twenty five friends ".repeat(12);
    let clauses = split(&text);
    assert!(clauses.len() > 3);
    for clause in &clauses {
        assert!(clause.len() <= super::LONGEST, "{clause}");
        assert!(!clause.starts_with("five"), "{clause}");
    }
    let digits = "7 ".repeat(60);
    assert_eq!(split(&digits).len(), 1);
    // Even a number ends somewhere.
    assert!(split(&"7 ".repeat(2_000)).iter().all(|clause| clause.len() <= super::LONGEST + 2));
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

proptest! {
    #[test]
    fn the_words_stay_the_same(text in "([A-Za-z0-9$@.,:;!?\"'()\u{2014}-]{1,9}[ \n]{1,2}){0,60}") {
        let clauses = split(&text);
        let joined = clauses.join(" ");
        prop_assert_eq!(words(&joined), words(&text));
        prop_assert!(clauses.iter().all(|clause| !clause.is_empty()));
    }

    #[test]
    fn any_text_keeps_its_words(text in "(?s).{0,300}") {
        let joined = split(&text).join(" ");
        prop_assert_eq!(words(&joined), words(&text));
    }

    #[test]
    fn pieces_make_no_difference(
        text in "([A-Za-z0-9.,:!?-]{1,7} {1,2}|five p\\.m\\. |Dr\\. |\n){0,50}",
        lengths in prop::collection::vec(1usize..9, 1..80),
    ) {
        let mut stream = ClauseStream::new();
        let mut streamed = Vec::new();
        let mut rest: Vec<char> = text.chars().collect();
        for length in lengths {
            let piece: String = rest.drain(..length.min(rest.len())).collect();
            streamed.extend(stream.push(&piece));
        }
        streamed.extend(stream.push(&rest.into_iter().collect::<String>()));
        streamed.extend(stream.finish());
        prop_assert_eq!(streamed, split(&text));
    }
}
