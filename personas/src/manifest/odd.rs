//! Files that no author meant: cut off, spoilt, doubled, deep and long. Each is a persona or a list of problems that say
//! what is wrong.

use std::path::Path;

use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

use super::{LONGEST_INSTRUCTIONS, parse};
use crate::persona::{Origin, Persona};
use crate::problem::PersonaProblem;

/// Everything that a file may have.
const WHOLE: &str = r#"
id = "gardener"
name = "Gardener"
description = "Plants"
mode = "unlinked"
instructions = """
Speak of plants.
"""
greeting = 'Hello, "green" thumb.'
language = "en-GB"
voice = { id = "piper-en_GB-alan-medium", speed = 1 }
autonomy = { default = 0, ceiling = 0x1, rule = [{ server = "calendar", actions = ["list_events"], level = 1 }] }
[tools]
allow = ["calendar", "notes__add"]
deny = ["notes__erase"]
[memory]
enabled = true
"#;

fn read(toml: &str) -> Result<Persona, Vec<PersonaProblem>> {
    parse(toml, Path::new("odd.toml"), Origin::BuiltIn)
}

/// Whether it is a persona within its bounds, or problems that say something and stand in the file.
fn is_sound(toml: &str) -> bool {
    let lines = toml.bytes().filter(|byte| *byte == b'\n').count() + 1;
    match read(toml) {
        Ok(persona) => {
            (1..=60).contains(&persona.name.chars().count())
                && (1..=LONGEST_INSTRUCTIONS).contains(&persona.instructions.chars().count())
                && persona.autonomy.default <= persona.autonomy.ceiling
        }
        Err(problems) => {
            let placed =
                |problem: &PersonaProblem| problem.line.is_none_or(|line| (1..=lines).contains(&line));
            let said: usize = problems.iter().map(|problem| problem.message.len()).sum();
            !problems.is_empty()
                && problems.iter().all(|problem| !problem.message.is_empty() && placed(problem))
                // A key of one letter is answered with the names of all keys.
                && said <= 400 * (toml.len() + 1)
        }
    }
}

#[test]
fn a_file_is_read_or_refused_wherever_it_is_cut() {
    assert!(read(WHOLE).is_ok(), "{:?}", read(WHOLE));
    for end in 0..WHOLE.len() {
        assert!(is_sound(&WHOLE[..end]), "cut at {end}");
    }
}

#[test]
fn odd_files_are_refused_by_name() {
    let with = |line: &str| format!("id = \"a\"\nname = \"A\"\ninstructions = \"Be brief.\"\n{line}\n");
    assert!(read(&with("")).is_ok());
    for (toml, wanted) in [
        (String::new(), "is missing"),
        ("\u{feff}".to_owned(), ""),
        ("id".to_owned(), ""),
        ("\0".to_owned(), ""),
        ("=".to_owned(), ""),
        (with("name = \"B\""), ""),
        (with("[voice]\n[voice]"), ""),
        (with("voice = 7"), "must be a section"),
        (with("[[voice]]"), "must be a section"),
        (with("[voice]\nspeed = nan"), "must be a number from 0.5 to 2.0"),
        (with("[voice]\nspeed = 1e400"), ""),
        (with("[voice]\nspeed = 99999999999999999999"), ""),
        (with("[autonomy]\ndefault = 0b11"), "must be"),
        (with("[autonomy]\ndefault = -1"), "must be"),
        (with("[autonomy]\nrule = [[]]"), "must be"),
        (with("memory.enabled = 1979-05-27"), "must be true or false"),
        (with("greeting = \"a\\u202eb\""), "must not hold the character U+202E"),
        (with("greeting = \"\\uD800\""), ""),
        (with("language = \"-\""), "must be a language tag"),
        (with("tools.allow = [\"__\"]"), "must be \"server\" or"),
    ] {
        let problems = read(&toml).expect_err(&toml);
        let said = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n");
        assert!(!said.is_empty() && said.contains(wanted), "{toml:?}: {said}");
    }
}

#[test]
fn what_is_deep_is_refused_and_not_followed() {
    for deep in [
        format!("id = {}", "[".repeat(10_000)),
        format!("id = {}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("id = {}", "{a = ".repeat(10_000)),
        format!("id = {}1{}", "{a = ".repeat(10_000), "}".repeat(10_000)),
        format!("id{} = 1", ".a".repeat(10_000)),
        format!("[{}a]", "a.".repeat(10_000)),
        "[[autonomy.rule]]\n".repeat(2_000),
        "]\n".repeat(2_000),
    ] {
        let problems = read(&deep).expect_err("no persona is so deep");
        assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.message.is_empty()));
    }
}

#[test]
fn what_is_long_is_refused_with_its_length() {
    let long = WHOLE.replace("Speak of plants.", &"Speak of plants. ".repeat(100_000));
    let problems = read(&long).expect_err("it is too long");
    let [problem] = problems.as_slice() else { panic!("{} problems", problems.len()) };
    assert!(problem.message.starts_with("must be 1 to 4000 characters, not 1"), "{problem}");
    assert!(read(&format!("{} = 1", "k".repeat(1_000_000))).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_a_persona_or_has_a_problem(text in any::<String>()) {
        prop_assert!(is_sound(&text));
    }

    #[test]
    fn any_row_of_what_toml_is_made_of_has_a_problem(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..40),
    ) {
        let text = parts.concat();
        prop_assert!(is_sound(&text), "{}", text);
        prop_assert!(read(&text).is_err(), "{}", text);
    }

    #[test]
    fn a_spoilt_file_is_a_persona_or_has_a_problem(
        spoil in prop::collection::vec((0..WHOLE.len(), any::<u8>()), 1..8),
        (one, other) in (0..WHOLE.len(), 0..WHOLE.len()),
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (at, byte) in spoil {
            bytes[at] = byte;
        }
        // A stretch of it stands in it twice.
        let twice = [&bytes[..one.max(other)], &bytes[one.min(other)..]].concat();
        for spoilt in [bytes, twice] {
            let text = String::from_utf8_lossy(&spoilt);
            prop_assert!(is_sound(&text), "{}", text);
        }
    }

    #[test]
    fn a_name_that_is_written_is_the_name_that_is_read(name in "[^\\pC\\s'][^\\pC']{0,40}[^\\pC\\s']") {
        let toml = format!("id = 'a'\nname = '{name}'\ninstructions = 'Be brief.'");
        prop_assert_eq!(read(&toml).map(|persona| persona.name), Ok(name));
    }
}

/// What a file is made of.
const PARTS: &[&str] = &[
    "name",
    "id",
    "voice",
    "autonomy.rule",
    "tools",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "=",
    ".",
    ",",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "\n",
    "\r\n",
    "\r",
    " ",
    "#",
    "\\",
    "\\u",
    "0x",
    "1e",
    "-",
    "nan",
    "true",
    "1979-05-27T",
    "\u{feff}",
    "é",
    "\0",
];
