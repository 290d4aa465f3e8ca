//! An agent's card: who it is, what it can do and where it is asked, read from a stranger's JSON.
//!
//! What is wrong with the card as a whole refuses it; a single skill that can't be used is left out with a note.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use thiserror::Error;

use super::tongue::Tongue;
use crate::canonical::Digest;
use crate::name::ToolName;
use crate::plain_text;

/// The largest card, in bytes.
pub(super) const MAX_CARD: usize = 1024 * 1024;
/// The most skills that are used of one agent.
const MAX_SKILLS: usize = 200;
const MAX_NOTES: usize = 20;
/// Examples that go into a skill's description, and the longest of them in characters.
const EXAMPLES: usize = 3;
const MAX_EXAMPLE: usize = 160;
/// Characters of a skill's name as a tool.
const MAX_SLUG: usize = 64;
/// Interfaces that are looked at.
const MAX_INTERFACES: usize = 16;

/// What an agent says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Its name, cleaned of hidden characters.
    pub name: String,
    /// What it does, cleaned of hidden characters.
    pub description: String,
    /// What it can do.
    pub skills: Vec<Skill>,
    /// What had to be left out.
    pub notes: Vec<String>,
    pub(super) streams: bool,
    /// Where it is asked, best first.
    pub(super) offers: Vec<Offer>,
}

/// One thing that an agent can do, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Its id on the card.
    pub id: String,
    /// The same as a name that can be shown, matched and typed.
    pub slug: ToolName,
    /// Its name for people.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What one could say to have it done.
    pub examples: Vec<String>,
}

/// An interface that a card names and that is spoken here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) url: String,
    pub(super) tongue: Tongue,
    pub(super) tenant: Option<String>,
}

/// Why a card can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum CardProblem {
    #[error("{0} is not {1}")]
    Type(&'static str, &'static str),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("it exceeds {MAX_CARD} bytes")]
    TooLarge,
    #[error("it speaks {0}; JSONRPC 1.0 and 0.3 and HTTP+JSON 1.0 are spoken here")]
    Tongues(String),
    #[error("it names {0}")]
    Interface(String),
    #[error(
        "it leads to {0}, which is in a private network; register it with allow_private if that is meant"
    )]
    Private(String),
    #[error("it leads to {0}, another origin, where your secrets don't belong")]
    Secrets(String),
}

impl Card {
    /// Reads a card.
    pub(super) fn read(card: &Value) -> Result<Self, CardProblem> {
        let card = card.as_object().ok_or(CardProblem::Type("it", "a JSON object"))?;
        let offers = offers(card)?;
        let (skills, notes) = skills(card)?;
        let capabilities = object(card, "capabilities")?;
        let streams = capabilities.and_then(|can| can.get("streaming")).and_then(Value::as_bool);
        Ok(Self {
            name: plain_text::description(text(card, "name")?.unwrap_or_default()),
            description: plain_text::description(text(card, "description")?.unwrap_or_default()),
            skills,
            notes,
            streams: streams.unwrap_or_default(),
            offers,
        })
    }

    /// Whether an agent described like this is asked in the same way.
    pub(super) fn is_asked_like(&self, other: &Card) -> bool {
        self.streams == other.streams && self.offers == other.offers
    }
}

/// A field that is absent or null is none; one of another type is a lie about the whole card.
fn text<'a>(object: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, CardProblem> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(CardProblem::Type(name, "a text")),
    }
}

fn list<'a>(object: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a [Value]>, CardProblem> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(CardProblem::Type(name, "a list")),
    }
}

fn object<'a>(
    card: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a Map<String, Value>>, CardProblem> {
    match card.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(CardProblem::Type(name, "an object")),
    }
}

/// The interfaces of 1.0, then what 0.3 says in its own fields.
fn offers(card: &Map<String, Value>) -> Result<Vec<Offer>, CardProblem> {
    let (mut offers, mut others) = (Vec::new(), BTreeSet::new());
    let mut add =
        |url: &str, binding: &str, version: &str, tenant: Option<&str>| match Tongue::of(binding, version) {
            Some(tongue) => {
                let tenant = tenant.filter(|tenant| !tenant.is_empty()).map(str::to_owned);
                offers.push(Offer { url: url.to_owned(), tongue, tenant });
            }
            None => {
                let other = plain_text::description(&format!("{binding} {version}"));
                others.insert(other.chars().take(40).collect::<String>());
            }
        };
    let interfaces = list(card, "supportedInterfaces")?;
    for interface in interfaces.into_iter().flatten().take(MAX_INTERFACES) {
        let interface = interface.as_object().ok_or(CardProblem::Type("an interface", "an object"))?;
        let url = text(interface, "url")?.ok_or(CardProblem::Missing("the url of an interface"))?;
        let binding = text(interface, "protocolBinding")?.unwrap_or("JSONRPC");
        add(url, binding, text(interface, "protocolVersion")?.unwrap_or("1.0"), text(interface, "tenant")?);
    }
    if let Some(url) = text(card, "url")? {
        let version = text(card, "protocolVersion")?.unwrap_or("0.3");
        add(url, text(card, "preferredTransport")?.unwrap_or("JSONRPC"), version, None);
        for more in list(card, "additionalInterfaces")?.into_iter().flatten().take(MAX_INTERFACES) {
            let more = more.as_object().ok_or(CardProblem::Type("an interface", "an object"))?;
            if let (Some(url), Some(transport)) = (text(more, "url")?, text(more, "transport")?) {
                add(url, transport, version, None);
            }
        }
    } else if interfaces.is_none_or(<[Value]>::is_empty) {
        return Err(CardProblem::Missing("supportedInterfaces"));
    }
    if offers.is_empty() {
        return Err(CardProblem::Tongues(others.into_iter().collect::<Vec<_>>().join(", ")));
    }
    // Stable: among interfaces alike the card's own order counts.
    offers.sort_by_key(|offer| offer.tongue);
    Ok(offers)
}

fn skills(card: &Map<String, Value>) -> Result<(Vec<Skill>, Vec<String>), CardProblem> {
    let offered = list(card, "skills")?.unwrap_or_default();
    let (mut skills, mut notes) = (Vec::new(), Vec::new());
    for offered in offered.iter().take(MAX_SKILLS) {
        match skill(offered) {
            Ok(skill) => skills.push(skill),
            Err(problem) if notes.len() < MAX_NOTES => notes.push(format!("a skill was left out: {problem}")),
            Err(_) => {}
        }
    }
    if offered.len() > MAX_SKILLS {
        notes.push(format!("it offers {} skills, the first {MAX_SKILLS} are used", offered.len()));
    }
    if skills.is_empty() && notes.is_empty() {
        notes.push("its card names no skill, so there is nothing to ask it for".to_owned());
    }
    Ok((skills, notes))
}

fn skill(skill: &Value) -> Result<Skill, CardProblem> {
    let skill = skill.as_object().ok_or(CardProblem::Type("it", "an object"))?;
    let id = text(skill, "id")?.filter(|id| !id.is_empty()).ok_or(CardProblem::Missing("its id"))?;
    let slug = slug(id).ok_or(CardProblem::Type("its id", "usable"))?;
    let examples = list(skill, "examples")?.unwrap_or_default().iter().filter_map(Value::as_str);
    let examples = examples.map(plain_text::description).filter(|example| !example.is_empty());
    Ok(Skill {
        id: id.to_owned(),
        slug,
        name: text(skill, "name")?.unwrap_or(id).to_owned(),
        description: text(skill, "description")?.unwrap_or_default().to_owned(),
        examples: examples.take(EXAMPLES).map(|text| text.chars().take(MAX_EXAMPLE).collect()).collect(),
    })
}

/// The id in letters, digits, `_` and `-`. One that has none of them becomes its hash: it must stay the same name each time.
fn slug(id: &str) -> Option<ToolName> {
    let mut slug = String::new();
    for c in id.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => slug.push(c),
            _ if slug.ends_with('_') => {}
            _ => slug.push('_'),
        }
    }
    let slug = slug.trim_matches('_');
    if slug.is_empty() || slug.len() > MAX_SLUG {
        return format!("skill_{}", &Digest::of(&[id]).as_str()[..12]).parse().ok();
    }
    slug.parse().ok()
}

#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(card: Value) -> String {
        Card::read(&card).unwrap_err().to_string()
    }

    fn with(field: &str, value: Value) -> Value {
        let mut card = json!({"name": "n", "supportedInterfaces": [{"url": "/", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}]});
        card[field] = value;
        card
    }

    #[test]
    fn cards_of_both_versions() {
        let card = Card::read(&json!({
            "name": "Travel\u{202e}", "description": "Plans trips", "version": "1", "capabilities": {"streaming": true},
            "supportedInterfaces": [
                {"url": "grpc://h", "protocolBinding": "GRPC", "protocolVersion": "1.0"},
                {"url": "http://h/rest", "protocolBinding": "HTTP+JSON", "protocolVersion": "1.0"},
                {"url": "http://h/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0", "tenant": "t"}
            ],
            "skills": [{"id": "book.trip", "name": "Book", "description": "Books.", "tags": [], "examples": ["Book Rome", "", "b", "c", "d"]}]
        }))
        .unwrap();
        let rpc = Offer { url: "http://h/rpc".into(), tongue: Tongue::JsonRpc, tenant: Some("t".into()) };
        assert_eq!((card.name.as_str(), card.streams, &card.offers[0]), ("Travel", true, &rpc));
        assert_eq!(card.skills[0].slug.as_str(), "book_trip");
        assert_eq!(card.skills[0].examples, ["Book Rome", "b", "c"]);

        let old = Card::read(&json!({
            "name": "Old", "protocolVersion": "0.3.0", "url": "http://h/", "preferredTransport": "HTTP+JSON",
            "additionalInterfaces": [{"url": "http://h/rpc", "transport": "JSONRPC"}], "skills": null
        }))
        .unwrap();
        assert_eq!(
            old.offers,
            [Offer { url: "http://h/rpc".into(), tongue: Tongue::JsonRpc03, tenant: None }]
        );
        assert_eq!(old.notes, ["its card names no skill, so there is nothing to ask it for"]);
    }

    #[test]
    fn cards_that_lie_are_refused() {
        for (card, wanted) in [
            (json!([]), "it is not a JSON object"),
            (json!({"ok": true}), "supportedInterfaces is missing"),
            (with("supportedInterfaces", json!({})), "supportedInterfaces is not a list"),
            (with("supportedInterfaces", json!([7])), "an interface is not an object"),
            (with("supportedInterfaces", json!([{"url": 7}])), "url is not a text"),
            (with("supportedInterfaces", json!([])), "supportedInterfaces is missing"),
            (with("skills", json!("all of them")), "skills is not a list"),
            (with("capabilities", json!([])), "capabilities is not an object"),
            (with("name", json!({})), "name is not a text"),
            (
                with(
                    "supportedInterfaces",
                    json!([{"url": "x", "protocolBinding": "GRPC", "protocolVersion": "1.0"}]),
                ),
                "it speaks GRPC 1.0; JSONRPC 1.0 and 0.3 and HTTP+JSON 1.0 are spoken here",
            ),
        ] {
            assert_eq!(refused(card), wanted);
        }
    }

    #[test]
    fn skills_that_cant_be_used_are_left_out_with_a_word() {
        let card = Card::read(&with(
            "skills",
            json!([7, {"name": "no id"}, {"id": "a", "name": 3}, {"id": "good"}]),
        ))
        .unwrap();
        assert_eq!((card.skills.len(), card.notes.len()), (1, 3), "{:?}", card.notes);
        let many: Vec<Value> = (0..5000).map(|n| json!({"id": format!("s{n}")})).collect();
        let card = Card::read(&with("skills", json!(many))).unwrap();
        assert_eq!(
            (card.skills.len(), card.notes),
            (200, vec!["it offers 5000 skills, the first 200 are used".to_owned()])
        );
    }

    #[test]
    fn slugs() {
        let slug = |id: &str| slug(id).unwrap().to_string();
        assert_eq!(slug("send-email"), "send-email");
        assert_eq!(slug("s\u{0435}nd  it!"), "s_nd_it");
        assert_eq!(slug("天気"), slug("天気"));
        assert!(slug("天気").starts_with("skill_") && slug("天気") != slug("地図"));
        assert!(slug(&"x".repeat(500)).len() < 20);
    }
}
