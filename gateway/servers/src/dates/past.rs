//! Times that are over: "yesterday", "last monday", "three days ago".
//!
//! The grammar of coming times is asked again at earlier moments: the latest meaning that is not to come is the one that is
//! meant. "three days ago" is as far behind as "in three days" is ahead.

use jiff::{ToSpan, Zoned};

use super::{DateError, Reading, When, iso, midnight, parse, say};

/// Days back from today at which a phrase is read, until what it means has begun: today, yesterday, the week, the month, the
/// year.
const BACK: [i64; 5] = [0, 1, 7, 30, 365];

/// Since when, at the moment `now`: the beginning of the latest time that `phrase` can mean and that is not to come.
pub(super) fn since(phrase: &str, now: &Zoned) -> Result<Zoned, DateError> {
    if let Some(written) = iso::written(phrase.trim(), now) {
        return written.and_then(|at| if at <= *now { Ok(at) } else { Err(to_come(phrase.trim())) });
    }
    let words = phrase.trim().to_lowercase();
    let words = words.strip_prefix("since ").unwrap_or(&words).trim();
    let ago = words.strip_suffix(" ago").or_else(|| {
        let rest = words.strip_prefix("the ").unwrap_or(words);
        let rest = rest.strip_prefix("last ").or_else(|| rest.strip_prefix("past "))?;
        let unit = rest.rsplit(' ').next().unwrap_or_default();
        ["hour", "hours", "day", "days", "minutes", "weeks", "months"].contains(&unit).then_some(rest)
    });
    if let Some(length) = ago {
        let length = match length {
            "hour" => "an hour",
            "day" => "one day",
            length => length,
        };
        return match parse(&format!("in {length}"), now)? {
            When::At(at) => back(now, now.timestamp().duration_since(at.timestamp())),
            When::Day(day) => midnight(
                now.date().checked_sub(now.date().until(day).unwrap_or_default()).map_err(|_| far(words))?,
                now,
            ),
            When::Span { .. } | When::Every(_) => Err(far(words)),
        };
    }
    let ahead = ["in ", "within ", "next "].iter().any(|ahead| words.starts_with(ahead));
    if ahead || words.contains("from now") || words.contains("tomorrow") {
        return Err(to_come(words));
    }
    let anchored = ["today", "tonight", "this "].iter().any(|anchor| words.starts_with(anchor));
    let (words, from) = if let Some(rest) = words.strip_prefix("the day before yesterday") {
        (format!("today{rest}"), Some(2))
    } else if words == "last night" {
        ("tonight".to_owned(), Some(1))
    } else if words.contains("yesterday") {
        (words.replace("yesterday", "today"), Some(1))
    } else if let Some(unit @ ("week" | "weekend" | "month" | "year")) = words.strip_prefix("last ") {
        let days = match unit {
            "month" => i64::from(now.day()),
            "year" => i64::from(now.day_of_year()),
            _ => 7,
        };
        (format!("this {unit}"), Some(days))
    } else {
        (words.to_owned(), anchored.then_some(0))
    };
    // "last monday" is never today.
    let (words, over) = match words.strip_prefix("last ") {
        Some(rest) => (rest, midnight(now.date(), now)?.yesterday().map_err(|_| far(rest))?),
        None => (words.as_str(), now.clone()),
    };
    let mut twice = false;
    let tried: &[i64] = from.as_ref().map_or(&BACK, std::slice::from_ref);
    for days in tried {
        if twice && *days == 1 {
            continue;
        }
        let day = now.date().checked_sub(days.days()).map_err(|_| far(words))?;
        let then = midnight(day, now)?;
        let meanings = match parse(words, &then) {
            Ok(when) => vec![when],
            // A weekday on that very day: the week before it is asked as well.
            Err(DateError::Ambiguous { .. }) if *days == 0 => {
                twice = true;
                continue;
            }
            Err(DateError::Ambiguous { options }) => options.into_iter().map(|option| option.when).collect(),
            Err(DateError::Past { .. }) => continue,
            Err(problem) => return Err(problem),
        };
        let mut begun: Vec<Zoned> =
            meanings.iter().filter_map(|when| begin(when, now)).filter(|at| *at <= over).collect();
        begun.sort();
        match begun.len() {
            0 => {}
            1 => return Ok(begun.remove(0)),
            _ => {
                let option = |at: Zoned| {
                    let when = When::Day(at.date());
                    Reading { spoken: say::when(&when, now), when }
                };
                return Err(DateError::Ambiguous { options: begun.into_iter().map(option).collect() });
            }
        }
    }
    Err(to_come(words))
}

fn begin(when: &When, now: &Zoned) -> Option<Zoned> {
    match when {
        When::At(at) => Some(at.clone()),
        When::Day(day) => midnight(*day, now).ok(),
        When::Span { from, .. } => Some(from.clone()),
        When::Every(_) => None,
    }
}

fn to_come(words: &str) -> DateError {
    DateError::Impossible { what: format!("{words} is still to come, say a time that is past") }
}

fn back(now: &Zoned, by: jiff::SignedDuration) -> Result<Zoned, DateError> {
    now.checked_add(by).map_err(|_| far("that"))
}

fn far(words: &str) -> DateError {
    DateError::Impossible { what: format!("{words} is beyond the calendar") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        // A Wednesday.
        let now: Zoned = "2026-03-04T10:00:00-05:00[America/New_York]".parse().unwrap();
        for (phrase, wanted) in [
            ("yesterday", "2026-03-03T00:00"),
            ("since yesterday", "2026-03-03T00:00"),
            ("yesterday at five", "2026-03-03T17:00"),
            ("yesterday morning", "2026-03-03T09:00"),
            ("the day before yesterday", "2026-03-02T00:00"),
            ("last night", "2026-03-03T20:00"),
            ("today", "2026-03-04T00:00"),
            ("this morning", "2026-03-04T09:00"),
            ("nine a.m.", "2026-03-04T09:00"),
            ("at eleven a.m.", "2026-03-03T11:00"),
            ("monday", "2026-03-02T00:00"),
            ("last monday", "2026-03-02T00:00"),
            ("monday at nine", "2026-03-02T09:00"),
            ("friday", "2026-02-27T00:00"),
            ("last wednesday", "2026-02-25T00:00"),
            ("this week", "2026-03-02T00:00"),
            ("last week", "2026-02-23T00:00"),
            ("this month", "2026-03-01T00:00"),
            ("last month", "2026-02-01T00:00"),
            ("last year", "2025-01-01T00:00"),
            ("march 3rd", "2026-03-03T00:00"),
            ("the third of february", "2026-02-03T00:00"),
            ("december 24th", "2025-12-24T00:00"),
            ("the 21st", "2026-02-21T00:00"),
            ("two hours ago", "2026-03-04T08:00"),
            ("the last two hours", "2026-03-04T08:00"),
            ("the last hour", "2026-03-04T09:00"),
            ("three days ago", "2026-03-01T00:00"),
            ("a week ago", "2026-02-25T00:00"),
            ("2026-03-01", "2026-03-01T00:00"),
            ("2026-03-01T12:30:00Z", "2026-03-01T07:30"),
        ] {
            let found = since(phrase, &now).map(|at| at.strftime("%Y-%m-%dT%H:%M").to_string());
            assert_eq!(found.as_deref(), Ok(wanted), "{phrase}");
        }
        for phrase in ["tomorrow", "2026-03-05", "in two hours", "every monday"] {
            assert!(matches!(since(phrase, &now), Err(DateError::Impossible { .. })), "{phrase}");
        }
        assert!(matches!(since("the blue moon", &now), Err(DateError::Unknown { .. })));
        let Err(DateError::Ambiguous { options }) = since("wednesday", &now) else { panic!("guessed") };
        assert_eq!(options.len(), 2);
    }
}
