//! The hours of a day, and the days of a week, in local time.

use std::fmt;

use jiff::civil::{DateTime, Weekday};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

const DAY: u16 = 24 * 60;
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// From one minute of a day up to, but not including, another. Hours that end before they start go on after midnight and
/// belong to the day they start on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hours {
    /// Minutes after midnight.
    from: u16,
    to: u16,
    /// Indexes of [`DAYS`], sorted; none means every day.
    days: Option<Vec<usize>>,
}

impl Hours {
    /// # Errors
    /// Says what is wrong.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let Value::Object(fields) = value else { return Err("it is not an object".to_owned()) };
        if let Some(unknown) = fields.keys().find(|name| !["from", "to", "days"].contains(&name.as_str())) {
            return Err(format!("{unknown:?} is unknown"));
        }
        let (from, to) = (minute(fields, "from", DAY - 1)?, minute(fields, "to", DAY)?);
        if from == to {
            return Err("from and to are the same".to_owned());
        }
        let days = fields.get("days").map(days).transpose()?;
        Ok(Self { from, to, days })
    }

    pub(super) fn contain(&self, now: DateTime) -> bool {
        // Both are in range: an hour is at most 23, a minute at most 59.
        let minute = u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs());
        let today = now.weekday();
        let on = |day: Weekday| {
            self.days.as_ref().is_none_or(|days| days.iter().any(|index| DAYS[*index].1 == day))
        };
        if self.from < self.to {
            (self.from..self.to).contains(&minute) && on(today)
        } else {
            (minute >= self.from && on(today)) || (minute < self.to && on(today.previous()))
        }
    }

    fn day_names(&self) -> Option<Vec<&'static str>> {
        self.days.as_ref().map(|days| days.iter().map(|index| DAYS[*index].0).collect())
    }
}

fn minute(fields: &Map<String, Value>, name: &str, last: u16) -> Result<u16, String> {
    let text = fields.get(name).ok_or_else(|| format!("{name} is missing"))?;
    let read = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let number = |text: &str| -> Option<u16> {
            (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
        };
        let (hour, minute) = (number(hour)?, number(minute).filter(|minute| *minute < 60)?);
        Some(hour * 60 + minute).filter(|minute| *minute <= last)
    };
    text.as_str().and_then(read).ok_or_else(|| format!("{name} is {text}, which is no time of day"))
}

fn days(value: &Value) -> Result<Vec<usize>, String> {
    let names = value.as_array().filter(|names| !names.is_empty());
    let names = names.ok_or_else(|| "days is not a list of at least one day".to_owned())?;
    let mut days = Vec::new();
    for name in names {
        let day = name.as_str().and_then(|name| DAYS.iter().position(|(day, _)| *day == name));
        days.push(day.ok_or_else(|| format!("{name} is no day, use mon, tue, wed, thu, fri, sat or sun"))?);
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        write!(f, "{} to {}", clock(self.from), clock(self.to))?;
        match self.day_names() {
            Some(days) => write!(f, " on {}", days.join(", ")),
            None => Ok(()),
        }
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let mut fields = json!({"from": clock(self.from), "to": clock(self.to)});
        if let Some(days) = self.day_names() {
            fields["days"] = json!(days);
        }
        fields.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(value: Value) -> Hours {
        Hours::read(&value).unwrap()
    }

    #[test]
    fn inside_and_outside() {
        // 2026-03-02 is a Monday.
        let day = json!({"from": "08:00", "to": "18:30", "days": ["fri", "mon", "mon"]});
        let night = json!({"from": "22:00", "to": "06:00", "days": ["mon"]});
        let whole = json!({"from": "00:00", "to": "24:00", "days": ["sun"]});
        for (value, now, wanted) in [
            (&day, "2026-03-02T08:00:00", true),
            (&day, "2026-03-02T07:59:59", false),
            (&day, "2026-03-02T18:29:59", true),
            (&day, "2026-03-02T18:30:00", false),
            (&day, "2026-03-03T12:00:00", false),
            (&day, "2026-03-06T12:00:00", true),
            (&night, "2026-03-02T22:00:00", true),
            (&night, "2026-03-03T05:59:59", true),
            (&night, "2026-03-03T06:00:00", false),
            (&night, "2026-03-02T05:00:00", false),
            (&night, "2026-03-03T23:00:00", false),
            (&whole, "2026-03-01T00:00:00", true),
            (&whole, "2026-03-01T23:59:59", true),
            (&whole, "2026-03-02T00:00:00", false),
        ] {
            assert_eq!(hours(value.clone()).contain(now.parse().unwrap()), wanted, "{value} {now}");
        }
        assert_eq!(hours(day).to_string(), "08:00 to 18:30 on mon, fri");
        assert_eq!(hours(json!({"from": "08:00", "to": "18:30"})).to_string(), "08:00 to 18:30");
    }

    #[test]
    fn what_is_no_hours() {
        for (value, wanted) in [
            (json!("8-18"), "it is not an object"),
            (json!({"from": "08:00"}), "to is missing"),
            (json!({"from": "8", "to": "18:00"}), "from is \"8\", which is no time of day"),
            (json!({"from": "24:00", "to": "18:00"}), "from is \"24:00\", which is no time of day"),
            (json!({"from": "08:60", "to": "18:00"}), "from is \"08:60\", which is no time of day"),
            (json!({"from": "08:00", "to": "24:01"}), "to is \"24:01\", which is no time of day"),
            (json!({"from": "08:00", "to": 18}), "to is 18, which is no time of day"),
            (json!({"from": "08:00", "to": "18:00", "zone": "UTC"}), "\"zone\" is unknown"),
            (json!({"from": "08:00", "to": "18:00", "days": []}), "days is not a list of at least one day"),
            (
                json!({"from": "08:00", "to": "18:00", "days": ["Montag"]}),
                "\"Montag\" is no day, use mon, tue, wed, thu, fri, sat or sun",
            ),
        ] {
            assert_eq!(Hours::read(&value).unwrap_err(), wanted);
        }
    }
}
