//! What the calendars hold in a stretch of time, read at once.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::account::{Found, Resource};
use super::error::RemoteError;
use super::expansion::{Occurrence, occurrences};
use crate::free::Stretch;

/// Such a part of some calendars.
#[derive(Default)]
pub(super) struct Agenda {
    /// The earliest first; `place` is where each stands in `objects`.
    pub times: Vec<Occurrence>,
    pub objects: Vec<Object>,
    /// How many events can't be read.
    pub unreadable: usize,
}

/// A calendar object and the calendar it stands in, by its place in [`Found::calendars`].
pub(super) struct Object {
    pub calendar: usize,
    pub resource: Resource,
}

impl Agenda {
    /// Reads these calendars, each on its own.
    pub async fn read(
        found: &Arc<Found>,
        calendars: &[usize],
        window: &Stretch,
    ) -> Result<Agenda, RemoteError> {
        let mut reading = JoinSet::new();
        for at in calendars.iter().copied() {
            let (found, window) = (Arc::clone(found), window.clone());
            reading.spawn(async move { one(&found, at, window).await });
        }
        let mut agenda = Agenda::default();
        while let Some(read) = reading.join_next().await {
            let read = read.map_err(|problem| RemoteError::Odd(problem.to_string()))??;
            let first = agenda.objects.len();
            let times = read.times.into_iter().map(|time| Occurrence { place: first + time.place, ..time });
            agenda.times.extend(times);
            agenda.objects.extend(read.objects);
            agenda.unreadable += read.unreadable;
        }
        agenda
            .times
            .sort_by(|one, other| one.from.cmp(&other.from).then(one.event.name().cmp(other.event.name())));
        Ok(agenda)
    }

    /// The object that an event stands in.
    pub fn object(&self, time: &Occurrence) -> Option<&Object> {
        self.objects.get(time.place)
    }
}

async fn one(found: &Found, at: usize, window: Stretch) -> Result<Agenda, RemoteError> {
    let Some(calendar) = found.calendars.get(at) else { return Ok(Agenda::default()) };
    let (resources, unreadable) = calendar.between(&window).await?;
    // Rules may take long to follow.
    let expanded = tokio::task::spawn_blocking(move || {
        let mut agenda = Agenda { unreadable, ..Agenda::default() };
        for resource in resources {
            let (times, unreadable) = occurrences(&resource.document, &window);
            let place = agenda.objects.len();
            agenda.times.extend(times.into_iter().map(|time| Occurrence { place, ..time }));
            agenda.objects.push(Object { calendar: at, resource });
            agenda.unreadable += unreadable;
        }
        agenda
    });
    expanded.await.map_err(|problem| RemoteError::Odd(problem.to_string()))
}
