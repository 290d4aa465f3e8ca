//! Days of publication, in the ways that pages and providers write them.

use jiff::civil::Date;
use jiff::fmt::rfc2822;

/// The day as `2026-03-04`; `None` if it is written in another way than ISO 8601 or RFC 2822.
pub(super) fn day(written: &str) -> Option<String> {
    let written = written.trim();
    let iso = written.get(..10).and_then(|day| day.parse::<Date>().ok());
    let day = iso.or_else(|| rfc2822::parse(written).ok().map(|at| at.date()))?;
    Some(day.to_string())
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_read_as_they_are_written() {
        for (written, wanted) in [
            ("2026-03-04", Some("2026-03-04")),
            ("2026-03-04T23:30:00", Some("2026-03-04")),
            ("2026-03-04T23:30:00-05:00", Some("2026-03-04")),
            ("2026-03-04 08:00:00+0000", Some("2026-03-04")),
            ("Wed, 04 Mar 2026 08:00:00 GMT", Some("2026-03-04")),
            ("2 hours ago", None),
            ("2026-13-04", None),
            ("", None),
            ("March 4, 2026 — überall", None),
        ] {
            assert_eq!(day(written).as_deref(), wanted, "{written:?}");
        }
    }
}
