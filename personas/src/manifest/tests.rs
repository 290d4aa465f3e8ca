use std::path::Path;

use expect_test::{Expect, expect};

use super::parse;
use crate::persona::{Level, Mode, Origin};

const FILE: &str = "personas/gardener.toml";

fn check(toml: &str, expected: Expect) {
    let problems = parse(toml, Path::new(FILE), Origin::BuiltIn).expect_err("the file is bad");
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn a_whole_file_is_read() {
    let toml = r#"
id = "gardener"
name = "  Gardener "
description = "Plants"
mode = "unlinked"
instructions = """
Speak of plants.
Keep it short.
"""
greeting = "Hello, green thumb."
language = "en-GB"
voice = { id = "piper-en_GB-alan-medium", speed = 1 }

[autonomy]
default = 0
ceiling = 0x1

[[autonomy.rule]]
server = "calendar"
actions = ["list_events", "find-slot"]
level = 1

[tools]
allow = ["calendar", "notes__add"]
deny = ["notes__erase"]

[memory]
enabled = true
"#;
    let persona = parse(toml, Path::new(FILE), Origin::File(FILE.into())).unwrap();
    expect![[r#"
        Persona {
            id: PersonaId(
                "gardener",
            ),
            name: "Gardener",
            description: "Plants",
            mode: Unlinked,
            instructions: "Speak of plants.\nKeep it short.",
            greeting: "Hello, green thumb.",
            language: "en-GB",
            voice: VoiceChoice {
                id: "piper-en_GB-alan-medium",
                speed: 1.0,
            },
            autonomy: Autonomy {
                default: ReadOnly,
                ceiling: Confirm,
                rules: [
                    Rule {
                        server: "calendar",
                        actions: [
                            "list_events",
                            "find-slot",
                        ],
                        level: Confirm,
                    },
                ],
            },
            tools: ToolFilter {
                allow: [
                    "calendar",
                    "notes__add",
                ],
                deny: [
                    "notes__erase",
                ],
            },
            memory: true,
            origin: File(
                "personas/gardener.toml",
            ),
        }
    "#]]
    .assert_debug_eq(&persona);
}

#[test]
fn what_is_left_out_is_cautious() {
    let toml = "id = 'a'\nname = 'A'\ninstructions = 'Be kind.'";
    let persona = parse(toml, Path::new(FILE), Origin::BuiltIn).unwrap();
    assert_eq!(persona.mode, Mode::Linked);
    assert_eq!(persona.autonomy.default, Level::Confirm);
    assert!(persona.autonomy.rules.is_empty() && !persona.memory);
    assert_eq!((persona.language.as_str(), persona.voice.speed), ("en", 1.0));
}

#[test]
fn a_low_ceiling_lowers_the_unwritten_default() {
    let toml = "id = 'a'\nname = 'A'\ninstructions = 'Be kind.'\n[autonomy]\nceiling = 0";
    let persona = parse(toml, Path::new(FILE), Origin::BuiltIn).unwrap();
    assert_eq!(persona.autonomy.default, Level::ReadOnly);
}

#[test]
fn every_problem_is_told_at_once() {
    check(
        r#"id = "The Gardener"
nmae = "Gardener"
mode = "Linked"
language = "english, please"
instructions = ""
colour = "green"

[voice]
speed = 3.5
pitch = 2

[autonomy]
default = "high"
ceiling = 1
[[autonomy.rule]]
server = "Calendar"
level = 2
[[autonomy.rule]]
actions = "all"

[tools]
allow = ["calendar", 7, "a__b__c"]
deny = ["Not A Server"]
[memory]
enabled = "yes"
"#,
        expect![[r#"
            personas/gardener.toml:1: id: must be 1 to 40 characters of a-z, 0-9 and -, not "The Gardener"
            personas/gardener.toml:2: nmae: unknown key; did you mean "name"?
            personas/gardener.toml:3: mode: must be "linked" or "unlinked", not "Linked"; did you mean "linked"?
            personas/gardener.toml:4: language: must be a language tag such as "en" or "en-GB", not "english, please"
            personas/gardener.toml:5: instructions: must not be empty; write up to 4000 characters
            personas/gardener.toml:6: colour: unknown key; known here: id, name, description, mode, instructions, greeting, language, voice, autonomy, tools, memory
            personas/gardener.toml:9: voice.speed: must be a number from 0.5 to 2.0, not 3.5
            personas/gardener.toml:10: voice.pitch: unknown key; known here: id, speed
            personas/gardener.toml:13: autonomy.default: must be 0 (read-only), 1 (confirm) or 2 (autonomous), not "high"
            personas/gardener.toml:16: autonomy.rule[1].server: must be a registered server's name: 1 to 40 characters of a-z, 0-9, _ and -, not "Calendar"
            personas/gardener.toml:17: autonomy.rule[1].level: is 2 (autonomous), but autonomy.ceiling is 1 (confirm); lower this or raise the ceiling
            personas/gardener.toml:18: autonomy.rule[2].server: is missing
            personas/gardener.toml:18: autonomy.rule[2].level: is missing
            personas/gardener.toml:19: autonomy.rule[2].actions: must be a list of texts such as ["one", "two"], not "all"
            personas/gardener.toml:22: tools.allow[2]: must be text in quotes, not 7
            personas/gardener.toml:23: tools.deny[1]: must be "server" or "server__tool", not "Not A Server"
            personas/gardener.toml:25: memory.enabled: must be true or false, not "yes"
            personas/gardener.toml: name: is missing
        "#]],
    );
}

#[test]
fn nothing_at_all_names_what_is_needed() {
    check(
        "",
        expect![[r#"
        personas/gardener.toml: id: is missing
        personas/gardener.toml: name: is missing
        personas/gardener.toml: instructions: is missing
    "#]],
    );
}

#[test]
fn broken_toml_is_shown_where_it_breaks() {
    check(
        "id = \"a\"\nname = \"A\ninstructions = \"Be kind.\"\n",
        expect![[r#"
        personas/gardener.toml:2: invalid basic string, expected `"`
    "#]],
    );
    check(
        "id = \"a\"\nid = \"b\"\n",
        expect![[r#"
        personas/gardener.toml:2: duplicate key
    "#]],
    );
}

#[test]
fn wrong_shapes_are_named() {
    check(
        "id = 7\nname = ['a']\ninstructions = 'ok'\nvoice = 'joe'\nautonomy = 2\ntools = []\nmemory = true\n",
        expect![[r#"
            personas/gardener.toml:1: id: must be text in quotes, not 7
            personas/gardener.toml:2: name: must be text in quotes, not a list
            personas/gardener.toml:4: voice: must be a section headed [voice], not "joe"
            personas/gardener.toml:5: autonomy: must be a section headed [autonomy], not 2
            personas/gardener.toml:6: tools: must be a section headed [tools], not a list
            personas/gardener.toml:7: memory: must be a section headed [memory], not true
        "#]],
    );
    check(
        "id='a'\nname='A'\ninstructions='ok'\n[autonomy]\nrule = 'all'\n",
        expect![[r#"
        personas/gardener.toml:5: autonomy.rule: must be sections headed [[autonomy.rule]], not "all"
    "#]],
    );
    check(
        "id='a'\nname='A'\ninstructions='ok'\n[autonomy]\nrule = ['all']\ndefault = 9\n",
        expect![[r#"
        personas/gardener.toml:5: autonomy.rule[1]: must be sections headed [[autonomy.rule]], not "all"
        personas/gardener.toml:6: autonomy.default: must be 0 (read-only), 1 (confirm) or 2 (autonomous), not 9
    "#]],
    );
}

#[test]
fn text_that_could_deceive_the_eye_or_flood_the_prompt_is_refused() {
    let long = "x".repeat(4001);
    check(
        &format!("id = 'a'\nname = \"A\\u202Eb\"\ngreeting = \"two\\nlines\"\ninstructions = '{long}'\n"),
        expect![[r#"
        personas/gardener.toml:2: name: must not hold the character U+202E; remove it
        personas/gardener.toml:3: greeting: must not hold the character U+000A; remove it
        personas/gardener.toml:4: instructions: must be 1 to 4000 characters, not 4001
    "#]],
    );
}

#[test]
fn a_number_that_is_no_number_is_refused() {
    check(
        "id='a'\nname='A'\ninstructions='ok'\n[voice]\nspeed = nan\n",
        expect![[r#"
        personas/gardener.toml:5: voice.speed: must be a number from 0.5 to 2.0, not NaN
    "#]],
    );
}
