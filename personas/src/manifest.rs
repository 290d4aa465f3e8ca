//! A persona's file: from TOML to [`Persona`], or to everything that is wrong with it.
//!
//! The file is walked by hand rather than derived, because a derived reader stops at its first error and forgets where
//! each value stood.

mod reader;

use std::path::Path;

use toml::de::DeTable;

use crate::persona::{Autonomy, Level, Mode, Origin, Persona, PersonaId, Rule, ToolFilter, VoiceChoice};
use crate::problem::PersonaProblem;
use reader::{Found, Reader, Section};

const ROOT: &[&str] = &[
    "id",
    "name",
    "description",
    "mode",
    "instructions",
    "greeting",
    "language",
    "voice",
    "autonomy",
    "tools",
    "memory",
];
const VOICE: &[&str] = &["id", "speed"];
const AUTONOMY: &[&str] = &["default", "ceiling", "rule"];
const RULE: &[&str] = &["server", "actions", "level"];
const TOOLS: &[&str] = &["allow", "deny"];
const MEMORY: &[&str] = &["enabled"];

/// Characters, the language model's prefix is paid for by the token.
const LONGEST_INSTRUCTIONS: usize = 4000;
/// The voice of a persona that names none.
pub const DEFAULT_VOICE: &str = "piper-en_US-joe-medium";

/// Reads one persona. `file` is only named in problems; nothing is opened.
///
/// # Errors
/// Every problem of the text, in the order of its lines; those without a line come last.
pub fn parse(toml: &str, file: &Path, origin: Origin) -> Result<Persona, Vec<PersonaProblem>> {
    let (root, syntax) = DeTable::parse_recoverable(toml);
    let mut reader = Reader::new(toml, file);
    for error in &syntax {
        reader.report(error.span(), "", error.message());
    }
    // After a syntax error the recovered values are guesses: complaining about them would only mislead.
    let persona = if syntax.is_empty() { persona(&mut reader, root.get_ref(), origin) } else { None };
    let problems = reader.into_problems();
    match persona {
        Some(persona) if problems.is_empty() => Ok(persona),
        Some(_) | None => Err(problems),
    }
}

/// `None` only together with a reported problem.
fn persona(reader: &mut Reader<'_>, root: &DeTable<'_>, origin: Origin) -> Option<Persona> {
    let root = Section::root(root);
    reader.known_keys(&root, ROOT);

    let id = reader.required(&root, "id").and_then(|text| match text.value.parse::<PersonaId>() {
        Ok(id) => Some(id),
        Err(problem) => reader.refuse(text.span, "id", &problem.to_string()),
    });
    let name = reader.required(&root, "name").and_then(|text| reader.line_of_text(text, "name", 1..=60));
    let description = line_or_empty(reader, &root, "description", 200);
    let greeting = line_or_empty(reader, &root, "greeting", 300);
    let instructions = reader
        .required(&root, "instructions")
        .and_then(|text| reader.text(text, "instructions", 1..=LONGEST_INSTRUCTIONS));
    let mode = reader.word(&root, "mode", &[("linked", Mode::Linked), ("unlinked", Mode::Unlinked)]);
    let language = reader.string(&root, "language").map(|text| language(reader, text));
    let voice = voice(reader, &root);
    let autonomy = autonomy(reader, &root);
    let tools = tools(reader, &root);
    let memory = reader.section(&root, "memory").and_then(|memory| {
        reader.known_keys(&memory, MEMORY);
        reader.boolean(&memory, "enabled")
    });

    Some(Persona {
        id: id?,
        name: name?,
        description,
        mode: mode.unwrap_or(Mode::Linked),
        instructions: instructions?,
        greeting,
        language: language.unwrap_or_else(|| "en".to_owned()),
        voice,
        autonomy,
        tools,
        memory: memory.unwrap_or(false),
        origin,
    })
}

fn line_or_empty(reader: &mut Reader<'_>, section: &Section<'_>, key: &str, longest: usize) -> String {
    let text = reader.string(section, key);
    text.and_then(|text| reader.line_of_text(text, key, 0..=longest)).unwrap_or_default()
}

fn language(reader: &mut Reader<'_>, tag: Found<String>) -> String {
    let mut parts = tag.value.split('-');
    let primary = parts.next().unwrap_or_default();
    let alphabetic = |part: &str| part.chars().all(|c| c.is_ascii_alphabetic());
    let good = (2..=3).contains(&primary.len())
        && alphabetic(primary)
        && parts.all(|part| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if !good {
        let message = format!("must be a language tag such as \"en\" or \"en-GB\", not {:?}", tag.value);
        reader.report(tag.span, "language", &message);
    }
    tag.value
}

fn voice(reader: &mut Reader<'_>, root: &Section<'_>) -> VoiceChoice {
    let mut choice = VoiceChoice { id: DEFAULT_VOICE.to_owned(), speed: 1.0 };
    let Some(section) = reader.section(root, "voice") else { return choice };
    reader.known_keys(&section, VOICE);
    if let Some(id) = reader.string(&section, "id") {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if id.value.is_empty() || id.value.len() > 80 || !id.value.chars().all(allowed) {
            let message =
                format!("must be the id of a voice such as \"{DEFAULT_VOICE}\", not {:?}", id.value);
            reader.report(id.span, "voice.id", &message);
        }
        choice.id = id.value;
    }
    if let Some(speed) = reader.number(&section, "speed") {
        if !(0.5..=2.0).contains(&speed.value) {
            let message = format!("must be a number from 0.5 to 2.0, not {}", speed.value);
            reader.report(speed.span, "voice.speed", &message);
        }
        // A factor within 0.5..=2.0 loses nothing anyone could hear in single precision.
        choice.speed = speed.value as f32;
    }
    choice
}

fn autonomy(reader: &mut Reader<'_>, root: &Section<'_>) -> Autonomy {
    let mut autonomy = Autonomy { default: Level::Confirm, ceiling: Level::Autonomous, rules: Vec::new() };
    let Some(section) = reader.section(root, "autonomy") else { return autonomy };
    reader.known_keys(&section, AUTONOMY);
    if let Some(ceiling) = reader.level(&section, "ceiling") {
        autonomy.ceiling = ceiling.value;
        autonomy.default = autonomy.default.min(ceiling.value);
    }
    if let Some(default) = reader.level(&section, "default") {
        within_ceiling(reader, &default, autonomy.ceiling, "autonomy.default");
        autonomy.default = default.value;
    }
    for rule in reader.sections(&section, "rule") {
        reader.known_keys(&rule, RULE);
        let server = reader.required(&rule, "server").and_then(|text| {
            let field = rule.field("server");
            if is_server(&text.value) {
                Some(text.value)
            } else {
                reader.refuse(text.span, &field, &not_a_server(&text.value))
            }
        });
        let level = reader.required_level(&rule, "level");
        if let Some(level) = &level {
            within_ceiling(reader, level, autonomy.ceiling, &rule.field("level"));
        }
        let actions = reader.strings(&rule, "actions", |action| {
            (!is_tool(action))
                .then(|| format!("must be the name of one of the server's tools, not {action:?}"))
        });
        if let (Some(server), Some(level)) = (server, level) {
            autonomy.rules.push(Rule { server, actions, level: level.value });
        }
    }
    autonomy
}

fn within_ceiling(reader: &mut Reader<'_>, level: &Found<Level>, ceiling: Level, field: &str) {
    if level.value > ceiling {
        let message =
            format!("is {}, but autonomy.ceiling is {ceiling}; lower this or raise the ceiling", level.value);
        reader.report(level.span.clone(), field, &message);
    }
}

fn tools(reader: &mut Reader<'_>, root: &Section<'_>) -> ToolFilter {
    let Some(section) = reader.section(root, "tools") else { return ToolFilter::default() };
    reader.known_keys(&section, TOOLS);
    let check = |entry: &str| {
        let good = match entry.split_once("__") {
            Some((server, tool)) => is_server(server) && is_tool(tool),
            None => is_server(entry),
        };
        (!good).then(|| format!("must be \"server\" or \"server__tool\", not {entry:?}"))
    };
    ToolFilter {
        allow: reader.strings(&section, "allow", check),
        deny: reader.strings(&section, "deny", check),
    }
}

/// The gateway's rule for server names.
fn is_server(name: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || c == b'-';
    name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.len() <= 40
        && name.bytes().all(allowed)
        && !name.contains("__")
}

fn not_a_server(name: &str) -> String {
    format!("must be a registered server's name: 1 to 40 characters of a-z, 0-9, _ and -, not {name:?}")
}

fn is_tool(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests;
