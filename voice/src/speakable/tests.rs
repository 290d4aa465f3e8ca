use super::speakable_in;
use crate::clauses;
use proptest::prelude::*;

fn said(text: &str) -> String {
    speakable_in(text, 2026)
}

fn table(cases: &[(&str, &str)]) {
    for (written, spoken) in cases {
        assert_eq!(said(written), *spoken, "{written:?}");
    }
}

#[test]
fn times_are_said_by_the_clock() {
    table(&[
        ("at 17:00", "at five p.m."),
        ("at 17:00.", "at five p.m."),
        ("at 17:00. Shall I?", "at five p.m. Shall I?"),
        ("at 5 PM", "at five p.m."),
        ("at 5pm, or 6:30 pm.", "at five p.m., or six thirty p.m."),
        ("at 5 p.m. today", "at five p.m. today"),
        ("08:05", "eight oh five a.m."),
        ("9:30", "nine thirty"),
        ("10:00", "ten o'clock"),
        ("12:00 and 00:00", "noon and midnight"),
        ("00:15", "twelve fifteen a.m."),
        ("23:59:59", "eleven fifty-nine p.m."),
        ("25:00", "25:00"),
    ]);
}

#[test]
fn dates_are_said_by_the_calendar() {
    table(&[
        ("2026-11-23", "November twenty-third"),
        ("due 2027-01-05.", "due January fifth, twenty twenty-seven."),
        ("2026-11-23T17:00:00-05:00[America/New_York]", "November twenty-third at five p.m."),
        ("2026-11-23 09:30", "November twenty-third at nine thirty a.m."),
        ("Nov 23", "November twenty-third"),
        ("May 5th, 2026", "May fifth"),
        ("3 March 1999", "March third, nineteen ninety-nine"),
        ("in 2024", "in twenty twenty-four"),
        ("12/24/2026", "December twenty-fourth"),
        ("2026-13-45", "2026 to 13 to 45"),
        ("may I", "may I"),
    ]);
}

#[test]
fn amounts_are_said_with_their_units() {
    table(&[
        ("$5.20", "five dollars and twenty cents"),
        ("$1", "one dollar"),
        ("$0.99", "ninety-nine cents"),
        ("$1,250.00", "one thousand two hundred fifty dollars"),
        ("$3.5 million", "three point five million dollars"),
        ("€20 or 20 €", "twenty euros or twenty euros"),
        ("£2.50", "two pounds and fifty pence"),
        ("50 USD", "fifty dollars"),
        ("5%", "5 percent"),
        ("12.5 %.", "12.5 percent."),
        ("21°C", "21 degrees Celsius"),
        ("-3 °F", "minus 3 degrees Fahrenheit"),
        ("1 km, 5kg", "1 kilometer, 5 kilograms"),
        ("3-5 days", "3 to 5 days"),
        ("Dr. Lee & Ms. Roe, e.g., #3", "Doctor Lee and Miz Roe, for example number 3"),
        ("milk, eggs, etc. Then go.", "milk, eggs, et cetera. Then go."),
        ("and/or", "and or or"),
    ]);
}

#[test]
fn addresses_are_said_in_words() {
    table(&[
        ("https://www.example.com", "example dot com"),
        ("See https://example.com/docs.", "See example dot com slash docs."),
        ("(https://example.com/a/b?c=d&e=f#g)", "(example dot com)"),
        ("example.com!", "example dot com!"),
        ("jo.smith+x@mail.example.org, please", "jo dot smith plus x at mail dot example dot org, please"),
        ("mailto:a_b@example.com", "a underscore b at example dot com"),
        ("http://127.0.0.1:8000/x", "127 dot 0 dot 0 dot 1 port 8000 slash x"),
        ("localhost:4444", "localhost port 4444"),
        ("https://user:secret@example.com/", "example dot com"),
        ("id 123e4567-e89b-12d3-a456-42661417400a", "id an ID ending in four zero zero A"),
    ]);
}

#[test]
fn digits_that_are_no_amount_are_said_one_by_one() {
    table(&[
        ("5551234567", "five five five, one two three, four five six seven"),
        ("555-123-4567", "five five five, one two three, four five six seven"),
        ("+1 (555) 123-4567", "plus one, five five five, one two three, four five six seven"),
        ("call 555-1234.", "call five five five, one two three four."),
        ("1234567 7654321", "one two three, four five six seven seven six five, four three two one"),
        ("4111111111111111", "four one one one, one one one one, one one one one, one one one one"),
        ("agent 007", "agent zero zero seven"),
        ("1,234,567 people", "1,234,567 people"),
        ("1234 people", "1234 people"),
        ("0.5", "0.5"),
    ]);
}

#[test]
fn spans_are_said_from_one_end_to_the_other() {
    table(&[
        ("10:00-11:30", "ten o'clock to eleven thirty"),
        ("from 5-6 pm.", "from 5 to six p.m."),
        ("9 AM–5 PM", "nine a.m. to five p.m."),
        ("Nov 23-25", "November twenty-third to twenty-fifth"),
        ("Mon–Fri", "Monday to Friday"),
        ("Thu, Nov 26 at 17:00", "Thursday, November twenty-sixth at five p.m."),
        ("Sat 10:30", "Saturday ten thirty"),
        ("the sun sat low", "the sun sat low"),
        ("$5-10", "5 to ten dollars"),
        ("2026-11-23T17:00:00-05:00", "November twenty-third at five p.m."),
    ]);
}

#[test]
fn rates_shares_and_small_words_are_written_out() {
    table(&[
        ("$5/month", "five dollars per month"),
        ("100/day", "100 per day"),
        ("60 km/h", "60 kilometers per hour"),
        ("30 sec.", "30 seconds."),
        ("2½ cups, ½ full", "2 and a half cups, one half full"),
        ("open 24/7", "open twenty-four seven"),
        ("lunch w/ Sam w/o wine", "lunch with Sam without wine"),
    ]);
}

#[test]
fn streets_are_said_in_full() {
    table(&[
        ("at 12 Main St. Shall I?", "at 12 Main Street. Shall I?"),
        ("at 400 North Oak Ave, Portland", "at 400 North Oak Avenue, Portland"),
        ("7 Elm Dr.", "7 Elm Drive."),
        ("Dr. Elm", "Doctor Elm"),
        ("Portland, OR 97201", "Portland, OR nine seven two zero one"),
    ]);
}

#[test]
fn markup_is_not_said() {
    table(&[
        ("# Title\n\nSome **bold** and _thin_ `code`.", "Title. Some bold and thin code."),
        ("- milk\n- [x] bread\n* eggs", "milk. bread. eggs"),
        ("1. Milk\n2. Bread", "1: Milk. 2: Bread"),
        ("Read [the docs](https://example.com/x) now", "Read the docs now"),
        ("![a cat](cat.png)", "a cat"),
        ("Run:\n```rust\nfn main() {}\n```\nDone.", "Run: a piece of code. Done."),
        ("```\nnever closed", "a piece of code"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b. 1, 2"),
        ("<b>x</b> <script>y</script>", "x y"),
        ("a\n---\nb", "a. b"),
        ("snake_case", "snake case"),
        ("> quoted", "quoted"),
    ]);
}

#[test]
fn what_has_no_sound_is_taken_out() {
    table(&[
        ("Done ✅ 🎉👩‍👩‍👧!", "Done!"),
        ("a\u{202e}b\u{200b}c\u{7}\u{feff}", "abc"),
        ("x\u{2028}y\tz", "x. y z"),
        ("“Hi” it’s", "\"Hi\" it's"),
        ("🙂", ""),
        ("***", ""),
        ("", ""),
    ]);
    assert_eq!(said(&format!("key {} end", "Ab1".repeat(40))), "key end");
}

fn plain() -> impl Strategy<Value = String> {
    "[A-Z][a-z]{1,8}( [a-z]{2,8}){0,8}(, [a-z]{2,8}){0,3}[.!?]( [A-Z][a-z]{2,8}[.!?]){0,2}"
}

proptest! {
    #[test]
    fn plain_words_come_back_unchanged(text in plain()) {
        prop_assert_eq!(said(&text), text);
    }

    #[test]
    fn nothing_unsayable_is_left(text in "(?s).{0,120}") {
        let spoken = said(&text);
        for c in spoken.chars() {
            let unsayable = "\u{200b}\u{202e}\u{2066}\u{feff}\u{1f600}*_`#<>[]{}|\\".contains(c);
            prop_assert!(!c.is_control() && !unsayable, "{:?} in {:?}", c, spoken);
        }
        prop_assert_eq!(spoken.trim(), &spoken);
    }

    #[test]
    fn saying_it_twice_is_saying_it_once(text in "(([A-Za-z]{1,6}|[0-9]{1,9}|[0-9]{1,2}:[0-9]{2}|\\$[0-9]{1,4}\\.[0-9]{2}|5%)[.,!?]? ){0,12}") {
        let once = said(&text);
        prop_assert_eq!(said(&once), once.clone());
    }

    #[test]
    fn clauses_of_what_is_said_are_short(text in "([a-z]{1,9} ){0,80}") {
        for clause in clauses::split(&said(&text)) {
            prop_assert!(clause.len() <= 200);
        }
    }
}
