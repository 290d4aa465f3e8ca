//! The tools that read.

use jiff::Zoned;

use super::account::Found;
use super::agenda::Agenda;
use super::expansion::Occurrence;
use super::output::{Availability, Event, Events, FreeTime};
use super::spoken;
use super::tools::LONGEST_TEXT;
use super::toolset::{CallError, Parts};
use crate::answered::Answer;
use crate::arguments::Arguments;
use crate::dates;
use crate::free::{self, Stretch};
use crate::placing::{self, USUAL_FREE};

/// The most events or stretches of one answer.
pub(super) const PAGE: usize = 100;

pub(super) async fn list(parts: &Parts, arguments: &Arguments, now: &Zoned) -> Result<Answer, CallError> {
    let when = arguments.when("when", now)?;
    let window = placing::listed(when.as_ref(), "in the calendar", now)?;
    let named = arguments.optional_text("calendar", LONGEST_TEXT)?;
    let found = parts.account.found().await?;
    let agenda = Agenda::read(&found, &parts.read_from(&found, named.as_deref())?, &window).await?;
    let asked = placing::asked(when);
    let text = spoken::list(&agenda.times, agenda.unreadable, asked.as_ref(), now);
    let events = agenda.times.iter().take(PAGE).map(|time| event(time, &agenda, &found)).collect();
    let total = agenda.times.len();
    Ok(Answer::new(text, &Events { events, total, unreadable: agenda.unreadable })?)
}

pub(super) async fn availability(
    parts: &Parts,
    arguments: &Arguments,
    now: &Zoned,
) -> Result<Answer, CallError> {
    let said = arguments.string("duration")?.map(dates::length).transpose()?;
    let when = arguments.when("when", now)?;
    let windows = placing::windows(when.as_ref(), said.unwrap_or(USUAL_FREE), &parts.options.hours, now)?;
    // Of a quarter of an hour that was asked about, a quarter is enough.
    let longest = windows.iter().map(|(from, to)| to.duration_since(from).as_mins()).max().unwrap_or(0);
    let longest = u32::try_from(longest).unwrap_or(USUAL_FREE).max(1);
    let minutes = said.unwrap_or(USUAL_FREE.min(longest));
    let found = parts.account.found().await?;
    let agenda = match (windows.first(), windows.last()) {
        (Some((from, _)), Some((_, to))) => {
            let window = (from.clone(), to.clone());
            Agenda::read(&found, &parts.read_from(&found, None)?, &window).await?
        }
        _ => Agenda::default(),
    };
    let within = |time: &&Occurrence| windows.iter().any(|window| time.overlaps(window));
    let declined = |time: &&Occurrence| !time.event.declined_by(&found.addresses);
    let (busy, rest): (Vec<Occurrence>, Vec<Occurrence>) =
        agenda.times.iter().filter(within).filter(declined).cloned().partition(Occurrence::takes_hours);
    let days: Vec<Occurrence> = rest.into_iter().filter(|time| time.event.start.is_day()).collect();
    let taken: Vec<Stretch> = busy.iter().map(|time| (time.from.clone(), time.to.clone())).collect();
    let free = free::gaps(&windows, &taken, minutes);
    let text = spoken::availability(&busy, &days, &free, agenda.unreadable, (minutes, when.as_ref()), now);
    let times = free.iter().take(PAGE).map(|(from, to)| FreeTime {
        from: from.to_string(),
        to: to.to_string(),
        minutes: to.duration_since(from).as_mins(),
    });
    let events = busy.iter().chain(&days).take(PAGE).map(|time| event(time, &agenda, &found));
    let availability = Availability {
        free: busy.is_empty() && !free.is_empty(),
        times: times.collect(),
        events: events.collect(),
        unreadable: agenda.unreadable,
    };
    Ok(Answer::new(text, &availability)?)
}

/// An event as programs see it.
pub(super) fn event(time: &Occurrence, agenda: &Agenda, found: &Found) -> Event {
    let calendar = agenda.object(time).and_then(|object| found.calendars.get(object.calendar));
    shown(time, calendar.map_or("", |calendar| calendar.name.as_str()))
}

/// An event of the calendar with this name.
pub(super) fn shown(time: &Occurrence, calendar: &str) -> Event {
    let (from, to) = if time.event.start.is_day() {
        (time.from.date().to_string(), time.to.date().to_string())
    } else {
        (time.from.to_string(), time.to.to_string())
    };
    Event {
        id: time.id.clone(),
        title: time.event.name().to_owned(),
        from,
        to,
        location: time.event.location.clone(),
        calendar: calendar.to_owned(),
        repeats: time.of_series.is_some(),
        attendees: time.event.attendees.iter().map(|attendee| attendee.address.clone()).collect(),
        overlaps: None,
    }
}

impl Parts {
    /// The calendars that are read: the one that was named, else the one that is set, else all.
    pub fn read_from(&self, found: &Found, named: Option<&str>) -> Result<Vec<usize>, CallError> {
        match named.or(self.options.calendar.as_deref()) {
            Some(name) => Ok(vec![by_name(found, name)?]),
            None => Ok((0..found.calendars.len()).collect()),
        }
    }

    /// The calendar into which a new event goes: the one that was named, the one that is set, the one whose address was
    /// given, else the first.
    pub fn write_to(&self, found: &Found, named: Option<&str>) -> Result<usize, CallError> {
        if let Some(name) = named.or(self.options.calendar.as_deref()) {
            return by_name(found, name);
        }
        let path = self.options.url.path().trim_end_matches('/');
        let given = found.calendars.iter().position(|own| own.href.trim_end_matches('/') == path);
        Ok(given.unwrap_or(0))
    }
}

/// The calendar of this name, else the only one whose name has it in it.
pub(super) fn by_name(found: &Found, name: &str) -> Result<usize, CallError> {
    let wanted = name.trim().to_lowercase();
    let wanted = wanted.strip_suffix(" calendar").unwrap_or(&wanted);
    let names: Vec<String> = found.calendars.iter().map(|calendar| calendar.name.to_lowercase()).collect();
    if let Some(exact) = names.iter().position(|own| own == wanted || *own == name.trim().to_lowercase()) {
        return Ok(exact);
    }
    let near: Vec<usize> =
        names.iter().enumerate().filter(|(_, own)| own.contains(wanted)).map(|(at, _)| at).collect();
    match near.as_slice() {
        [only] if !wanted.is_empty() => Ok(*only),
        _ => Err(CallError::NoCalendar {
            name: name.to_owned(),
            known: found.calendars.iter().map(|calendar| calendar.name.clone()).collect(),
        }),
    }
}
