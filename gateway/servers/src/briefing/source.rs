//! Which tools a briefing can be made from: those whose names say that they list tasks, mail and the like, and that can be
//! called without knowing anything but the time.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::NAME;

/// The most sources of one briefing.
pub const SOURCES: usize = 12;
/// How many things a source is asked for.
const ITEMS: u64 = 50;

/// What a source holds, in the order it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What is planned at a time.
    Schedule,
    /// Events and meetings.
    Calendar,
    /// What the user is reminded of.
    Reminders,
    /// A to-do list.
    Tasks,
    /// Mail.
    Mail,
    /// Chats.
    Messages,
    /// Documents and notes.
    Documents,
}

impl Kind {
    /// What a source of it is called.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Schedule => "schedule",
            Kind::Calendar => "calendar",
            Kind::Reminders => "reminders",
            Kind::Tasks => "tasks",
            Kind::Mail => "inbox",
            Kind::Messages => "messages",
            Kind::Documents => "documents",
        }
    }

    /// Words of which a tool's name has one.
    fn words(self) -> &'static [&'static str] {
        match self {
            Kind::Schedule => &["schedule", "agenda"],
            Kind::Calendar => &["event", "events", "meetings", "appointments", "calendar"],
            Kind::Reminders => &["reminder", "reminders"],
            Kind::Tasks => &["task", "tasks", "todo", "todos", "issues", "tickets"],
            Kind::Mail => &["mail", "mails", "email", "emails", "inbox"],
            Kind::Messages => &["messages", "chats"],
            Kind::Documents => &["document", "documents", "docs", "notes", "files"],
        }
    }
}

/// The order in which kinds are tried: "list calendar reminders" lists reminders.
const TRIED: [Kind; 7] = [
    Kind::Reminders,
    Kind::Tasks,
    Kind::Calendar,
    Kind::Schedule,
    Kind::Mail,
    Kind::Messages,
    Kind::Documents,
];
/// A tool that reads many things says so by one of these.
const READS: [&str; 12] = [
    "list", "get", "search", "find", "fetch", "read", "query", "show", "upcoming", "recent", "inbox",
    "agenda",
];
/// Words of tools about something else than the things themselves.
const ABOUT: [&str; 16] = [
    "free",
    "labels",
    "label",
    "folders",
    "folder",
    "drafts",
    "draft",
    "calendars",
    "attachments",
    "attachment",
    "settings",
    "templates",
    "comments",
    "count",
    "projects",
    "lists",
];

/// A tool on offer.
#[derive(Debug, Clone, Copy)]
pub struct Offered<'a> {
    /// `server__tool`.
    pub id: &'a str,
    /// The JSON schema of its arguments.
    pub schema: &'a Value,
}

/// A tool that a briefing can be made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `server__tool`.
    pub id: String,
    /// What it holds.
    pub kind: Kind,
}

impl Source {
    /// The source that a tool of this name is, whatever its arguments.
    pub fn named(id: &str) -> Option<Source> {
        let (server, tool) = id.split_once("__").filter(|(server, _)| *server != NAME)?;
        let words = words_of(tool);
        let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        if !has(&READS) || has(&ABOUT) {
            return None;
        }
        let mail =
            words_of(server).iter().any(|word| word.contains("mail") || word == "outlook" || word == "imap");
        let kind = TRIED.into_iter().find(|kind| has(kind.words()));
        let kind = match kind {
            Some(Kind::Messages) | None if mail && has(&["messages", "threads"]) => Kind::Mail,
            Some(kind) => kind,
            None => return None,
        };
        Some(Source { id: id.to_owned(), kind })
    }

    /// A tool whose name doesn't say what it holds, which somebody wants read all the same.
    pub(super) fn unknown(id: &str) -> Source {
        Source { id: id.to_owned(), kind: Kind::Documents }
    }

    /// Whose it is, to be said: "your tasks", "gmail's inbox".
    pub fn spoken(&self) -> String {
        match self.server() {
            crate::assistant::NAME => format!("your {}", self.kind.noun()),
            server => format!("{}'s {}", server.replace(['-', '_'], " "), self.kind.noun()),
        }
    }

    /// The server that offers it.
    pub fn server(&self) -> &str {
        self.id.split("__").next().unwrap_or_default()
    }
}

/// The tools that a briefing can be made from, of tools that only read: at most one of each server and kind, [`SOURCES`] in
/// all, in the order they are told.
pub fn sources<'a>(tools: impl IntoIterator<Item = Offered<'a>>) -> Vec<Source> {
    let sample = Period::sample();
    let mut fitting: Vec<(Source, usize)> = tools
        .into_iter()
        .filter_map(|tool| {
            let source = Source::named(tool.id)?;
            let arguments = sample.arguments(&source, tool.schema)?;
            let lists = tool.id.contains("list");
            Some((source, arguments.len() + if lists { 0 } else { 100 }))
        })
        .collect();
    fitting.sort_by(|(a, rank_a), (b, rank_b)| {
        (a.kind, a.server(), rank_a, &a.id).cmp(&(b.kind, b.server(), rank_b, &b.id))
    });
    fitting.dedup_by(|(later, _), (first, _)| later.kind == first.kind && later.server() == first.server());
    fitting.into_iter().map(|(source, _)| source).take(SOURCES).collect()
}

fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        let starts = !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && lower);
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        lower = c.is_ascii_lowercase();
    }
    words
}

/// The time that a briefing is about.
#[derive(Debug, Clone)]
pub(super) struct Period {
    pub(super) now: Zoned,
    /// What is looked for begins and ends here.
    pub(super) from: Zoned,
    pub(super) to: Zoned,
    /// Whether what is done is looked for too.
    pub(super) done: bool,
}

impl Period {
    /// Some period, to see whether arguments can be found at all.
    fn sample() -> Self {
        let now = Zoned::new(Timestamp::UNIX_EPOCH, TimeZone::UTC);
        Self { from: now.clone(), to: now.clone(), now, done: true }
    }

    /// The arguments with which a source is asked about the period; `None` if it wants something that can't be known.
    pub(super) fn arguments(&self, source: &Source, schema: &Value) -> Option<Map<String, Value>> {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut arguments = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let needed = required.contains(&name.as_str());
            match self.argument(source, name, property, needed) {
                Some(value) => drop(arguments.insert(name.clone(), value)),
                None if needed => return None,
                None => {}
            }
        }
        required.iter().all(|name| arguments.contains_key(*name)).then_some(arguments)
    }

    fn argument(&self, source: &Source, name: &str, property: &Value, needed: bool) -> Option<Value> {
        let timed = matches!(source.kind, Kind::Schedule | Kind::Calendar);
        let mail = matches!(source.kind, Kind::Mail | Kind::Messages);
        let plain = name.to_lowercase().replace(['_', '-', '.'], "");
        if property["x-homepilot"] == "when" {
            return (timed || needed).then(|| format!("{}/{}", self.from, self.to).into());
        }
        let numeric = matches!(property["type"].as_str(), Some("integer" | "number"));
        if numeric && LIMITS.contains(&plain.as_str()) {
            let most = property["maximum"].as_u64().unwrap_or(ITEMS);
            return Some(ITEMS.min(most).max(property["minimum"].as_u64().unwrap_or(1)).into());
        }
        if let Some(choices) = property["enum"].as_array() {
            let all = self.done && choices.iter().any(|choice| choice == "all");
            return if all {
                Some("all".into())
            } else {
                needed.then(|| property.get("default").cloned())?
            };
        }
        if numeric || !property["type"].is_string() && !property["type"].is_null() {
            return needed.then(|| property.get("default").cloned())?;
        }
        // In mail, "from" and "to" are people.
        let bound = |names: &[&str]| {
            names.contains(&plain.as_str()) && !(mail && matches!(plain.as_str(), "from" | "to"))
        };
        if (timed || mail || needed) && bound(&STARTS) {
            return Some(written(&self.from, &plain, property));
        }
        if (timed || needed) && bound(&ENDS) {
            return Some(written(&self.to, &plain, property));
        }
        if !needed {
            return None;
        }
        match plain.as_str() {
            "date" | "day" | "when" => Some(self.now.date().to_string().into()),
            // The only search words that mean a time and nothing else.
            "query" | "q" if source.kind == Kind::Mail && source.id.contains("gmail") => {
                let days = self.from.date().until(self.now.date()).map_or(1, |span| span.get_days().max(1));
                Some(format!("newer_than:{days}d").into())
            }
            _ => property.get("default").cloned(),
        }
    }
}

const LIMITS: [&str; 10] =
    ["limit", "maxresults", "max", "count", "pagesize", "perpage", "top", "first", "maxitems", "numresults"];
const STARTS: [&str; 14] = [
    "from",
    "since",
    "after",
    "start",
    "startdate",
    "starttime",
    "startat",
    "timemin",
    "datefrom",
    "fromdate",
    "begin",
    "mintime",
    "startdatetime",
    "receivedafter",
];
const ENDS: [&str; 12] = [
    "to",
    "until",
    "before",
    "end",
    "enddate",
    "endtime",
    "endat",
    "timemax",
    "dateto",
    "todate",
    "maxtime",
    "enddatetime",
];

fn written(at: &Zoned, plain: &str, property: &Value) -> Value {
    let day = property["format"] == "date"
        || property["format"].is_null() && plain.contains("date") && !plain.contains("time");
    if day { at.date().to_string().into() } else { at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string().into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tools_by_their_names() {
        for (id, wanted) in [
            ("assistant__list_tasks", Some((Kind::Tasks, "your tasks"))),
            ("assistant__list_reminders", Some((Kind::Reminders, "your reminders"))),
            ("assistant__list_schedule", Some((Kind::Schedule, "your schedule"))),
            ("assistant__find_free_time", None),
            ("gmail__GMAIL_SEARCH_EMAILS", Some((Kind::Mail, "gmail's inbox"))),
            ("gmail__listMessages", Some((Kind::Mail, "gmail's inbox"))),
            ("slack__list_messages", Some((Kind::Messages, "slack's messages"))),
            ("gmail__list_labels", None),
            ("my-calendar__get_events", Some((Kind::Calendar, "my calendar's calendar"))),
            ("calendar__list_calendars", None),
            ("knowledge__list_documents", Some((Kind::Documents, "knowledge's documents"))),
            ("github__list_issues", Some((Kind::Tasks, "github's tasks"))),
            ("briefing__daily_digest", None),
            ("briefing__list_tasks", None),
            ("weather__get_forecast", None),
            ("mail__send_email", None),
            ("tasks", None),
        ] {
            let found = Source::named(id);
            let found = found.as_ref().map(|source| (source.kind, source.spoken()));
            assert_eq!(found.as_ref().map(|(kind, spoken)| (*kind, spoken.as_str())), wanted, "{id}");
        }
    }

    #[test]
    fn arguments_that_can_be_known() {
        let from: Zoned = "2026-03-04T00:00:00-05:00[America/New_York]".parse().unwrap();
        let to = from.tomorrow().unwrap();
        let period = Period { now: from.clone(), from, to, done: true };
        let text = json!({"type": "string"});
        let cases = [
            ("a__list_tasks", json!({}), json!([]), Some(json!({}))),
            (
                "a__list_tasks",
                json!({"status": {"enum": ["open", "all"]}}),
                json!([]),
                Some(json!({"status": "all"})),
            ),
            ("a__get_task", json!({"id": text}), json!(["id"]), None),
            (
                "c__list_events",
                json!({"timeMin": {"type": "string", "format": "date-time"}, "end_date": text, "limit": {"type": "integer", "maximum": 20}}),
                json!(["timeMin"]),
                Some(json!({"timeMin": "2026-03-04T00:00:00-05:00", "end_date": "2026-03-05", "limit": 20})),
            ),
            (
                "a__list_schedule",
                json!({"when": {"type": "string", "x-homepilot": "when"}}),
                json!([]),
                Some(
                    json!({"when": "2026-03-04T00:00:00-05:00[America/New_York]/2026-03-05T00:00:00-05:00[America/New_York]"}),
                ),
            ),
            ("m__search_emails", json!({"query": text, "from": text}), json!(["query"]), None),
            (
                "gmail__search_emails",
                json!({"query": text, "from": text}),
                json!(["query"]),
                Some(json!({"query": "newer_than:1d"})),
            ),
            (
                "m__list_emails",
                json!({"from": text, "since": text}),
                json!([]),
                Some(json!({"since": "2026-03-04T00:00:00-05:00"})),
            ),
            (
                "c__list_events",
                json!({"calendar_id": {"type": "string", "default": "primary"}}),
                json!(["calendar_id"]),
                Some(json!({"calendar_id": "primary"})),
            ),
            ("c__list_events", json!({}), json!(["secret"]), None),
            ("c__list_events", json!(5), json!("odd"), Some(json!({}))),
        ];
        for (id, properties, required, wanted) in cases {
            let schema = json!({"type": "object", "properties": properties, "required": required});
            let found = period.arguments(
                &Source::named(id).unwrap_or(Source { id: id.into(), kind: Kind::Tasks }),
                &schema,
            );
            assert_eq!(found.map(Value::Object), wanted, "{id} {schema}");
        }
    }

    #[test]
    fn one_of_each_server_and_kind() {
        let (none, id) = (json!({}), json!({"properties": {"id": {"type": "string"}}, "required": ["id"]}));
        let tools = [
            ("gmail__search_emails", &none),
            ("gmail__list_emails", &none),
            ("gmail__read_email", &id),
            ("assistant__list_tasks", &none),
            ("assistant__list_schedule", &none),
        ];
        let found = sources(tools.map(|(id, schema)| Offered { id, schema }));
        let ids: Vec<_> = found.iter().map(|source| source.id.as_str()).collect();
        assert_eq!(ids, ["assistant__list_schedule", "assistant__list_tasks", "gmail__list_emails"]);
    }
}
