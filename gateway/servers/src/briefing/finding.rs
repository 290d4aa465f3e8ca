//! What is in a result: the list of things that it holds, whoever made it.
//!
//! Structured content is preferred; else the text is read as JSON, else line by line. Everything is bounded, and nothing in it
//! is followed.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, Zoned};
use rmcp::model::CallToolResult;
use serde_json::{Map, Value};
use url::Url;

use super::item::{Item, Stamp};
use super::plain;
use super::source::{Kind, Source};

/// The most things taken from one source.
pub(super) const MOST: usize = 100;
/// Characters of a title, of a name or a place, of an address.
const TITLE: usize = 200;
const NAME: usize = 80;
const LINK: usize = 500;
/// Values looked at in one result.
const LOOKED_AT: usize = 20_000;
/// Objects within objects that are looked into.
const DEPTH: usize = 5;
/// Bytes of a text that is read.
const TEXT: usize = 1024 * 1024;

/// What a source holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) items: Vec<Item>,
    /// How many there are, by its own word if it gives one.
    pub(super) total: usize,
}

/// What a result holds.
pub(super) fn found(source: &Source, result: &CallToolResult, now: &Zoned) -> Found {
    let reader = Reader { source, now };
    if let Some(structured) = &result.structured_content {
        return reader.value(structured);
    }
    let text: String = result
        .content
        .iter()
        .filter_map(|block| block.as_text())
        .map(|text| text.text.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    let end = text.floor_char_boundary(TEXT);
    match serde_json::from_str::<Value>(&text[..end]) {
        Ok(value @ (Value::Array(_) | Value::Object(_))) => reader.value(&value),
        Ok(_) | Err(_) => reader.lines(&text[..end]),
    }
}

struct Reader<'a> {
    source: &'a Source,
    now: &'a Zoned,
}

impl Reader<'_> {
    fn value(&self, value: &Value) -> Found {
        let mut left = LOOKED_AT;
        let Some(rows) = longest(value, DEPTH, &mut left) else { return Found::default() };
        let items: Vec<Item> =
            rows.iter().filter_map(Value::as_object).filter_map(|row| self.item(row)).take(MOST).collect();
        let said = value.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok());
        let total = said
            .filter(|total| (items.len()..1_000_000).contains(total))
            .unwrap_or(rows.len().max(items.len()));
        Found { items, total }
    }

    fn lines(&self, text: &str) -> Found {
        let bullet = |line: &str| {
            line.trim_start_matches(|c: char| c.is_ascii_digit() || "-*•.) \t".contains(c)).to_owned()
        };
        let listed: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| {
                line.starts_with(['-', '*', '•']) || line.starts_with(|c: char| c.is_ascii_digit())
            })
            .collect();
        let items: Vec<Item> = listed
            .iter()
            .take(MOST)
            .map(|line| plain::line(&bullet(line), TITLE))
            .filter(|title| !title.is_empty())
            .map(|title| self.bare(title))
            .collect();
        Found { total: listed.len(), items }
    }

    fn bare(&self, title: String) -> Item {
        Item {
            source: self.source.id.clone(),
            kind: self.source.kind,
            title,
            when: None,
            created: None,
            changed: None,
            done: None,
            finished: false,
            from: None,
            place: None,
            link: None,
        }
    }

    fn item(&self, row: &Map<String, Value>) -> Option<Item> {
        let title = titled(row)?;
        let mail = matches!(self.source.kind, Kind::Mail | Kind::Messages);
        let stamp = |names: &[&str]| names.iter().find_map(|name| self.stamp(row.get(*name)?));
        let name = |names: &[&str]| {
            let of = |value: &Value| match value {
                Value::String(text) => Some(plain::line(text, NAME)),
                Value::Object(object) => texts(object, &["name", "displayName", "email", "address"])
                    .map(|text| plain::line(text, NAME)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
            };
            names.iter().find_map(|name| row.get(*name).and_then(of)).filter(|name| !name.is_empty())
        };
        let received = stamp(&[
            "received_at",
            "receivedAt",
            "received",
            "receivedDateTime",
            "date",
            "sent_at",
            "internalDate",
            "timestamp",
            "ts",
        ]);
        let created =
            stamp(&["created_at", "createdAt", "created", "added_at", "addedAt", "added", "indexed_at"]);
        let done =
            stamp(&["done_at", "completed_at", "completedAt", "closed_at", "finished_at", "completed"]);
        let closed = texts(row, &["status", "state"]).is_some_and(|state| {
            matches!(
                state.to_lowercase().as_str(),
                "done" | "completed" | "complete" | "closed" | "cancelled" | "canceled"
            )
        });
        let ticked = ["done", "completed", "is_completed", "checked"]
            .iter()
            .any(|name| row.get(*name) == Some(&Value::Bool(true)));
        Some(Item {
            when: if mail {
                None
            } else {
                stamp(&[
                    "due",
                    "due_at",
                    "due_date",
                    "dueDate",
                    "start",
                    "start_time",
                    "startTime",
                    "starts_at",
                    "start_date",
                    "from",
                    "when",
                    "at",
                    "date",
                ])
            },
            created: if mail { received.or(created) } else { created },
            changed: stamp(&[
                "updated_at",
                "updatedAt",
                "updated",
                "modified_at",
                "modifiedTime",
                "modified",
                "lastModifiedDateTime",
            ]),
            finished: done.is_some() || closed || ticked,
            done,
            from: if mail {
                name(&["from", "sender", "author", "user"])
            } else {
                name(&["organizer", "author", "assignee"])
            },
            place: name(&["location", "place"]),
            link: texts(row, &["link", "url", "htmlLink", "html_url", "webLink", "web_url"]).and_then(link),
            ..self.bare(title)
        })
    }

    fn stamp(&self, value: &Value) -> Option<Stamp> {
        match value {
            Value::String(text) if text.len() <= 100 => self.written(text.trim()),
            Value::Number(number) => self.counted(number.as_i64()?),
            // The form of several calendars.
            Value::Object(object) => self.written(texts(object, &["dateTime", "date_time", "date"])?),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) => None,
        }
    }

    fn written(&self, text: &str) -> Option<Stamp> {
        let zone = self.now.time_zone();
        if text.len() == 10
            && let Ok(day) = text.parse::<Date>()
        {
            return Some(Stamp::Day(day));
        }
        if let Ok(at) = text.parse::<Zoned>() {
            return Some(Stamp::At(at.with_time_zone(zone.clone())));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(Stamp::At(at.to_zoned(zone.clone())));
        }
        if let Ok(at) = text.parse::<DateTime>() {
            return at.to_zoned(zone.clone()).ok().map(Stamp::At);
        }
        if let Ok(at) = jiff::fmt::rfc2822::parse(text) {
            return Some(Stamp::At(at.with_time_zone(zone.clone())));
        }
        self.counted(text.parse().ok()?)
    }

    /// Seconds or milliseconds since 1970, from 2001 on.
    fn counted(&self, number: i64) -> Option<Stamp> {
        let at = match number {
            1_000_000_000..100_000_000_000 => Timestamp::from_second(number),
            100_000_000_000.. => Timestamp::from_millisecond(number),
            _ => return None,
        };
        at.ok().map(|at| Stamp::At(at.to_zoned(self.now.time_zone().clone())))
    }
}

fn texts<'a>(row: &'a Map<String, Value>, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| row.get(*name)?.as_str()).filter(|text| !text.trim().is_empty())
}

fn titled(row: &Map<String, Value>) -> Option<String> {
    let text = texts(
        row,
        &["title", "subject", "summary", "text", "name", "content", "snippet", "message", "description"],
    )?;
    Some(plain::line(text, TITLE)).filter(|title| !title.is_empty())
}

/// An address that can be opened, written so that it ends nothing around it.
fn link(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let shown = url.to_string();
    (shown.len() <= LINK && !shown.contains(['<', '>', '"', '`', ' ']) && url.password().is_none())
        .then_some(shown)
}

/// The list with the most things that have a title.
fn longest<'a>(value: &'a Value, depth: usize, left: &mut usize) -> Option<&'a [Value]> {
    if depth == 0 || *left == 0 {
        return None;
    }
    *left -= 1;
    match value {
        Value::Array(rows) => {
            let looked = rows.iter().take(MOST);
            *left = left.saturating_sub(looked.len());
            looked.filter_map(Value::as_object).any(|row| titled(row).is_some()).then_some(rows.as_slice())
        }
        Value::Object(members) => {
            let mut best: Option<&[Value]> = None;
            for member in members.values() {
                let rows = longest(member, depth - 1, left);
                best = match (best, rows) {
                    (Some(best), Some(rows)) if rows.len() <= best.len() => Some(best),
                    (best, None) => best,
                    (_, rows) => rows,
                };
            }
            best
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::ContentBlock;
    use serde_json::json;

    use super::*;

    fn now() -> Zoned {
        "2026-03-04T10:00:00-05:00[America/New_York]".parse().unwrap()
    }

    fn read(kind: Kind, value: Value) -> Found {
        found(&Source { id: "a__b".into(), kind }, &CallToolResult::structured(value), &now())
    }

    #[test]
    fn shapes_of_many_servers() {
        let tasks = read(
            Kind::Tasks,
            json!({"total": 140, "tasks": [
                {"id": "1", "text": "water the plants", "due": "2026-03-04", "created_at": "2026-03-03T12:00:00Z"},
                {"id": "2", "text": "call mom", "done_at": "2026-03-04T12:00:00Z"},
            ]}),
        );
        assert_eq!((tasks.items.len(), tasks.total), (2, 140));
        assert_eq!(tasks.items[0].when, Some(Stamp::Day("2026-03-04".parse().unwrap())));
        assert!(tasks.items[1].finished && !tasks.items[0].finished);
        let events = read(
            Kind::Calendar,
            json!({"items": [{
                "summary": "Stand-up", "start": {"dateTime": "2026-03-04T11:00:00-05:00"}, "htmlLink": "https://cal.example/1",
                "location": "Room 5", "attendees": [{"name": "a"}, {"name": "b"}],
            }]}),
        );
        assert_eq!(events.items[0].title, "Stand-up");
        assert_eq!(events.items[0].link.as_deref(), Some("https://cal.example/1"));
        assert!(matches!(&events.items[0].when, Some(Stamp::At(at)) if at.hour() == 11));
        let mail = read(
            Kind::Mail,
            json!([{"subject": "Hi", "from": {"name": "Sara"}, "internalDate": "1772632800000"}]),
        );
        assert_eq!(mail.items[0].from.as_deref(), Some("Sara"));
        assert!(mail.items[0].created.is_some() && mail.items[0].when.is_none());
        let nested = read(
            Kind::Documents,
            json!({"data": {"result": {"documents": [{"title": "Plan"}]}, "tags": ["x"]}}),
        );
        assert_eq!(nested.items[0].title, "Plan");
    }

    #[test]
    fn text_is_read_where_nothing_is_structured() {
        let source = Source { id: "a__list_tasks".into(), kind: Kind::Tasks };
        let read =
            |text: &str| found(&source, &CallToolResult::success(vec![ContentBlock::text(text)]), &now());
        assert_eq!(read("[{\"title\": \"Milk\"}]").items[0].title, "Milk");
        let lines = read("You have two:\n- milk\n2. bread\nThat is all.");
        assert_eq!(lines.items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["milk", "bread"]);
        assert!(read("Nothing is due.").items.is_empty());
    }

    #[test]
    fn odd_and_huge_results_stay_small() {
        let row =
            json!({"title": "x\u{202e}y\n".repeat(50_000), "due": "never", "url": "javascript:alert(1)"});
        let found = read(Kind::Tasks, json!({"total": -5, "tasks": vec![row; 500]}));
        assert_eq!((found.items.len(), found.total), (MOST, 500));
        let item = &found.items[0];
        assert!(item.title.chars().count() <= TITLE && !item.title.contains(['\u{202e}', '\n']));
        assert!(item.when.is_none() && item.link.is_none());
        let mut deep = json!([{"title": "t"}]);
        for _ in 0..100 {
            deep = json!({"x": deep});
        }
        for odd in [deep, json!(null), json!([1, "a", [], {}]), json!({"a": {"title": 5}}), json!("text")] {
            assert!(read(Kind::Tasks, odd).items.is_empty());
        }
    }
}
