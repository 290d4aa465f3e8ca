//! Taking back what was done: "cancel that" becomes a call of the tool that undoes the last one, with its words.

use serde_json::{Map, Value};

use super::{
    ask,
    phrase::{elliptic, parts},
};
use crate::planner::{
    Decision, Draft, Past, PastState, Tool, Toolbox,
    arguments::{is_temporal, required},
    ids::is_id,
};

/// Verbs of tools that make something, of those that take it away and of those that change it.
const MAKING: &[&str] = &[
    "add",
    "book",
    "create",
    "insert",
    "make",
    "new",
    "order",
    "place",
    "plan",
    "post",
    "put",
    "register",
    "reserve",
    "save",
    "schedule",
    "set",
    "start",
    "store",
    "subscribe",
    "write",
];
const REMOVING: &[&str] =
    &["cancel", "clear", "delete", "discard", "drop", "remove", "revoke", "undo", "unset", "unsubscribe"];
const CHANGING: &[&str] = &["change", "edit", "modify", "move", "reschedule", "update"];
/// Verbs of tools that bring one thing into a state: called again, they change it.
const SETTING: &[&str] =
    &["adjust", "change", "edit", "modify", "move", "rename", "reschedule", "set", "switch", "update"];
/// Pairs that undo each other, whatever the rest of the name.
const OPPOSITES: &[(&str, &str)] = &[
    ("on", "off"),
    ("enable", "disable"),
    ("start", "stop"),
    ("lock", "unlock"),
    ("open", "close"),
    ("mute", "unmute"),
    ("arm", "disarm"),
    ("archive", "unarchive"),
    ("follow", "unfollow"),
    ("block", "unblock"),
    ("pause", "resume"),
];
/// Names of arguments that hold what a thing is called.
const CALLED: &[&str] =
    &["title", "name", "text", "subject", "summary", "task", "item", "label", "description"];
const TO_TAKE_BACK: &[&str] = &["cancel", "delete", "remove", "revert", "scratch", "undo"];

/// Whether the words want it undone and call it by its kind: "cancel the reminder".
pub(super) fn names(said: &str, past: &Past) -> bool {
    let words = keys(said);
    let kinds = kind(own_name(&past.tool));
    let mut words = words.split(' ');
    let verb = words.next().is_some_and(|verb| TO_TAKE_BACK.contains(&verb));
    let which = words.next().is_some_and(|which| ["the", "that", "this"].contains(&which));
    let thing = words.next().is_some_and(|thing| kinds.iter().any(|kind| kind == thing));
    !past.reads && verb && which && thing && words.next().is_none()
}

/// What takes back the last call.
pub(super) fn taken_back(past: Option<&Past>, toolbox: &Toolbox) -> Decision {
    let nothing = || ask("There is nothing that I could take back. What should I do?".to_owned(), None);
    let Some(past) = past.filter(|past| !past.reads) else { return nothing() };
    match past.state {
        PastState::NotDone | PastState::Failed => nothing(),
        PastState::Done | PastState::Unknown => {
            let undone = undoing(past, toolbox);
            undone
                .map(|(tool, arguments)| Decision::Call { tool: tool.id.clone(), arguments })
                .unwrap_or_else(|| {
                    ask(
                        "That was done, and I have no way to take it back. What should I do?".to_owned(),
                        None,
                    )
                })
        }
    }
}

/// A correction of a write that was done: the call that changes it to `arguments`.
pub(super) fn redone(past: &Past, arguments: &Map<String, Value>, toolbox: &Toolbox) -> Option<Decision> {
    let kinds = kind(own_name(&past.tool));
    let changed: Vec<(&String, &Value)> =
        arguments.iter().filter(|(name, value)| past.arguments.get(*name) != Some(value)).collect();
    let [(name, value)] = changed.as_slice() else { return None };
    let mut found = kin(past, toolbox).filter(|tool| {
        let own = parts(&tool.name);
        own.first().is_some_and(|verb| CHANGING.contains(&verb.as_str())) && shares(&own, &kinds)
    });
    if let Some(tool) = found.next()
        && found.next().is_none()
        && let Some(target) = target(tool, name, past, toolbox)
        && let Some(mut call) = identified(tool, past, &[target])
    {
        call.insert(target.to_owned(), (*value).clone());
        return Some(Decision::Call { tool: tool.id.clone(), arguments: call });
    }
    let undone = undoing(past, toolbox);
    let call = Draft { tool: past.tool.clone(), arguments: arguments.clone() };
    if undone.is_none()
        && parts(own_name(&past.tool)).first().is_some_and(|verb| SETTING.contains(&verb.as_str()))
    {
        return Some(Decision::Call { tool: call.tool, arguments: call.arguments });
    }
    Some(match (past.state, undone) {
        (PastState::Done, Some((tool, arguments))) => {
            Decision::Instead { undo: Draft { tool: tool.id.clone(), arguments }, call }
        }
        (PastState::Done, None) => {
            ask("That was done already, and I can't change it. What should I do?".to_owned(), None)
        }
        // Made again, it may be there twice.
        (PastState::Unknown | PastState::Failed | PastState::NotDone, _) => ask(
            "I don't know whether that was done, so I can't change it. What should I do?".to_owned(),
            None,
        ),
    })
}

/// The one tool of the same server that undoes the call, with the arguments that say what.
fn undoing<'a>(past: &Past, toolbox: &'a Toolbox) -> Option<(&'a Tool, Map<String, Value>)> {
    let name = parts(own_name(&past.tool));
    let opposite = |other: &[String]| {
        other.len() == name.len()
            && OPPOSITES.iter().any(|(a, b)| {
                let differing: Vec<_> = name.iter().zip(other).filter(|(x, y)| x != y).collect();
                matches!(differing.as_slice(), [(x, y)] if (*x == a && *y == b) || (*x == b && *y == a))
            })
    };
    let making = name.first().is_some_and(|verb| MAKING.contains(&verb.as_str()));
    let kinds = kind(own_name(&past.tool));
    let removes = |other: &[String]| {
        making && other.first().is_some_and(|verb| REMOVING.contains(&verb.as_str())) && shares(other, &kinds)
    };
    let mut found = kin(past, toolbox).filter(|tool| {
        let other = parts(&tool.name);
        opposite(&other) || removes(&other)
    });
    let tool = found.next()?;
    if found.next().is_some() {
        return None;
    }
    Some((tool, identified(tool, past, &[])?))
}

/// The other tools of the same server.
fn kin<'a>(past: &Past, toolbox: &'a Toolbox) -> impl Iterator<Item = &'a Tool> {
    let server = past.tool.split("__").next().unwrap_or_default().to_owned();
    let own = past.tool.clone();
    toolbox.all().filter(move |tool| tool.id != own && tool.id.split("__").next() == Some(server.as_str()))
}

/// Arguments by which `tool` finds what the past call made: those of the same name, the id that came back, and its words for
/// the one that is left. `later` are filled by the caller.
fn identified(tool: &Tool, past: &Past, later: &[&str]) -> Option<Map<String, Value>> {
    let properties = tool.schema.get("properties").and_then(Value::as_object)?;
    let mut call = Map::new();
    for name in required(&tool.schema).filter(|name| !later.contains(name)) {
        let same = past.arguments.get(name).filter(|_| properties.contains_key(name));
        let is_text =
            properties.get(name).and_then(|p| p.get("type")).and_then(Value::as_str) == Some("string");
        let value = match same {
            Some(value) => value.clone(),
            None if is_id(name) => past.ids.of(name, &kind(own_name(&past.tool)))?.clone(),
            None if is_text => called(past)?,
            None => return None,
        };
        call.insert(name.to_owned(), value);
    }
    // One value can't stand for two different things.
    let filled: Vec<&Value> = call.values().collect();
    filled.iter().enumerate().all(|(i, value)| !filled[..i].contains(value)).then_some(call)
}

/// What the thing of a past call is called.
fn called(past: &Past) -> Option<Value> {
    let only = || {
        let mut texts = past.arguments.values().filter(|value| value.is_string());
        texts.next().filter(|_| texts.next().is_none())
    };
    named(past).or_else(only).cloned()
}

/// The text that plainly is a name.
pub(in crate::planner) fn named(past: &Past) -> Option<&Value> {
    CALLED.iter().find_map(|called| past.arguments.get(*called).filter(|value| value.is_string()))
}

/// The argument of `tool` that takes the changed value of `name`.
fn target<'a>(tool: &'a Tool, name: &str, past: &Past, toolbox: &Toolbox) -> Option<&'a str> {
    let properties = tool.schema.get("properties").and_then(Value::as_object)?;
    let renamed = format!("new_{name}");
    if let Some((found, _)) = properties.iter().find(|(own, _)| **own == renamed || *own == name) {
        return Some(found);
    }
    let old = toolbox.tool(&past.tool)?.schema.get("properties")?.get(name)?;
    let mut temporal = properties.iter().filter(|(_, property)| is_temporal(property));
    let (found, _) = temporal.next().filter(|_| temporal.next().is_none() && is_temporal(old))?;
    Some(found)
}

/// What a tool is about: its name without the verb and small words.
fn kind(name: &str) -> Vec<String> {
    const SMALL: &[&str] = &["to", "from", "a", "the", "for", "of", "in", "on", "off", "my", "new"];
    parts(name).into_iter().skip(1).filter(|part| !SMALL.contains(&part.as_str())).collect()
}

fn shares(parts: &[String], kinds: &[String]) -> bool {
    parts.iter().skip(1).any(|part| kinds.contains(part))
}

fn own_name(id: &str) -> &str {
    id.split_once("__").map_or(id, |(_, name)| name)
}

fn keys(said: &str) -> String {
    elliptic(said, "").phrase.iter().map(super::Word::key).collect::<Vec<_>>().join(" ")
}
