//! The account: which calendars there are, found once and kept, and what is read from them.

use std::sync::Arc;

use http::Uri;
use libdav::caldav::{
    CalendarComponent, FindCalendarHomeSet, FindCalendars, GetCalendarResources, GetSupportedComponents,
    GetUserAddressSet, ListCalendarResources, TimeRange, UtcTimestamp,
};
use libdav::dav::{CheckSupport, FindPropertyHrefs, ResolveContextPathError, WebDavClient, WebDavError};
use libdav::names;
use libdav::sd::DiscoverableService;
use libdav::{CalDavClient, CheckSupportError};
use tokio::sync::Mutex;

use super::document::Component;
use super::error::RemoteError;
use super::event::bare;
use super::http::{Carrier, CarryError};
use super::stamp::Stamp;
use crate::free::Stretch;

/// The most calendars of an account that are looked at.
const MOST_CALENDARS: usize = 30;
/// The most events of one calendar that are read for one answer.
const MOST_EVENTS: usize = 2000;
/// How many objects are asked for at a time.
const AT_A_TIME: usize = 100;

pub(super) type Dav = CalDavClient<Carrier>;

/// The account on the calendar's server.
pub(super) struct Account {
    url: Uri,
    carrier: Carrier,
    user: String,
    /// Finding out takes several requests; it is done again after a calendar was not there any more.
    found: Mutex<Option<Arc<Found>>>,
}

/// What was found out about the account.
pub(super) struct Found {
    /// Those for events, in the server's order; at least one.
    pub calendars: Vec<Calendar>,
    /// The person's own addresses, in small letters.
    pub addresses: Vec<String>,
    /// Whether the server sends invitations itself.
    pub schedules: bool,
}

/// A calendar.
pub(super) struct Calendar {
    pub name: String,
    pub href: String,
    pub dav: Dav,
}

/// A calendar object as it stands on the server.
pub(super) struct Resource {
    pub href: String,
    pub etag: String,
    pub document: Component,
}

impl Account {
    pub fn new(url: Uri, user: String, carrier: Carrier) -> Account {
        Account { url, carrier, user, found: Mutex::new(None) }
    }

    /// The calendars, looked for when first needed.
    pub async fn found(&self) -> Result<Arc<Found>, RemoteError> {
        let mut found = self.found.lock().await;
        if let Some(found) = found.as_ref() {
            return Ok(Arc::clone(found));
        }
        let fresh = Arc::new(self.find().await?);
        *found = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// Looks for the calendars again the next time.
    pub async fn forget(&self) {
        *self.found.lock().await = None;
    }

    async fn find(&self) -> Result<Found, RemoteError> {
        let Some((dav, principal)) = self.principal().await? else {
            let dav = self.dav(&self.url)?;
            let calendars = calendars_of(&dav, self.url.path()).await?;
            return self.of(dav, calendars, Vec::new()).await;
        };
        let principal = self.resolved(&principal, dav.base_url())?;
        let dav = self.dav(&principal)?;
        let homes = dav.request(FindCalendarHomeSet::new(principal.path())).await?.home_sets;
        let mut calendars = Vec::new();
        for home in &homes {
            let near = self.dav(&self.resolved(home, dav.base_url())?)?;
            calendars.extend(calendars_of(&near, home.path()).await?);
        }
        if calendars.is_empty() {
            calendars = calendars_of(&dav, self.url.path()).await?;
        }
        let addresses = optional(dav.request(GetUserAddressSet::new(&principal)).await)?;
        let addresses = addresses.map(|known| known.addresses).unwrap_or_default();
        let addresses = addresses.iter().map(|address| bare(address)).filter(|own| own.contains('@'));
        let addresses = addresses.collect();
        self.of(dav, calendars, addresses).await
    }

    async fn of(
        &self,
        dav: Dav,
        mut calendars: Vec<Calendar>,
        mut addresses: Vec<String>,
    ) -> Result<Found, RemoteError> {
        calendars.truncate(MOST_CALENDARS);
        let mut kept = Vec::new();
        for calendar in calendars {
            let components =
                optional(calendar.dav.request(GetSupportedComponents::new(&calendar.href)).await)?;
            // A server that doesn't say takes everything.
            let others = components.is_some_and(|known| {
                !known.components.is_empty() && !known.components.contains(&CalendarComponent::VEvent)
            });
            if !others {
                kept.push(calendar);
            }
        }
        let Some(first) = kept.first() else { return Err(RemoteError::NoCalendars) };
        let place = self.resolved(&first.href.parse().map_err(odd)?, dav.base_url())?;
        let schedules = match dav.request(CheckSupport::new(&place, "calendar-auto-schedule")).await {
            Ok(()) => true,
            Err(CheckSupportError::Request(problem)) => return Err(problem.into()),
            Err(_) => false,
        };
        if addresses.is_empty() && self.user.contains('@') {
            addresses.push(bare(&self.user));
        }
        Ok(Found { calendars: kept, addresses, schedules })
    }

    /// Who the person is on the server, and where that was found out: at the address given, at the well-known one, or at the
    /// root.
    async fn principal(&self) -> Result<Option<(Dav, Uri)>, RemoteError> {
        let given = self.dav(&self.url)?;
        if let Some(principal) = principal_at(&given, self.url.path()).await? {
            return Ok(Some((given, principal)));
        }
        let https = self.url.scheme_str() == Some("https");
        let service = if https { DiscoverableService::CalDavs } else { DiscoverableService::CalDav };
        let port = self.url.port_u16().unwrap_or(if https { 443 } else { 80 });
        let known = given.find_context_path(service, self.url.host().unwrap_or_default(), port).await;
        // Trouble on the way is told; a server that has nothing there is asked further.
        let known = match known {
            Err(ResolveContextPathError::Request(problem)) => return Err(problem.into()),
            known => known.ok().flatten(),
        };
        if let Some(context) = known {
            let there = self.dav(&self.resolved(&context, given.base_url())?)?;
            if let Some(principal) = principal_at(&there, context.path()).await? {
                return Ok(Some((there, principal)));
            }
        }
        let root = principal_at(&given, "/").await?;
        Ok(root.map(|principal| (given, principal)))
    }

    /// An address that the server named, if the password may go there.
    fn resolved(&self, named: &Uri, base: &Uri) -> Result<Uri, RemoteError> {
        let mut parts = named.clone().into_parts();
        let of_base = base.clone().into_parts();
        if parts.authority.is_none() || parts.scheme.is_none() {
            (parts.scheme, parts.authority) = (of_base.scheme, of_base.authority);
        }
        let resolved = Uri::from_parts(parts).map_err(odd)?;
        if self.carrier.trusts(&resolved) {
            Ok(resolved)
        } else {
            Err(RemoteError::Elsewhere { host: resolved.host().unwrap_or_default().to_owned() })
        }
    }

    fn dav(&self, base: &Uri) -> Result<Dav, RemoteError> {
        if base.host().is_none() {
            return Err(RemoteError::NoCalendars);
        }
        Ok(CalDavClient::new(WebDavClient::new(base.clone(), self.carrier.clone())))
    }
}

fn odd(problem: impl std::fmt::Display) -> RemoteError {
    RemoteError::Odd(problem.to_string())
}

/// Who the person is, as an address says; none where it doesn't.
async fn principal_at(dav: &Dav, path: &str) -> Result<Option<Uri>, RemoteError> {
    let asked = dav.request(FindPropertyHrefs::new(path, &names::CURRENT_USER_PRINCIPAL)).await;
    Ok(optional(asked)?.and_then(|found| found.hrefs.into_iter().next()))
}

/// What a server says that need not say it: a refusal is nothing, trouble on the way is trouble.
fn optional<T>(asked: Result<T, WebDavError<CarryError>>) -> Result<Option<T>, RemoteError> {
    match asked.map_err(RemoteError::from) {
        Ok(found) => Ok(Some(found)),
        Err(
            problem @ (RemoteError::Password
            | RemoteError::Away(_)
            | RemoteError::Slow
            | RemoteError::Cut(_)
            | RemoteError::Trouble(_)),
        ) => Err(problem),
        Err(
            RemoteError::Forbidden
            | RemoteError::Gone
            | RemoteError::Changed
            | RemoteError::Refused(_)
            | RemoteError::Odd(_)
            | RemoteError::NoCalendars
            | RemoteError::Elsewhere { .. },
        ) => Ok(None),
    }
}

async fn calendars_of(dav: &Dav, path: &str) -> Result<Vec<Calendar>, RemoteError> {
    let found = match dav.request(FindCalendars::new(path)).await.map_err(RemoteError::from) {
        Ok(found) => found.calendars,
        Err(RemoteError::Gone | RemoteError::Odd(_) | RemoteError::Refused(_)) => Vec::new(),
        Err(problem) => return Err(problem),
    };
    let named = found.into_iter().map(|calendar| {
        let known = calendar.properties.iter().find(|(name, _)| **name == names::DISPLAY_NAME);
        let name = known.and_then(|(_, value)| value.clone()).map(|name| name.trim().to_owned());
        let own = || {
            let last = calendar.href.trim_end_matches('/').rsplit('/').next();
            last.unwrap_or_default().to_owned()
        };
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(own);
        Calendar { name, href: calendar.href, dav: dav.clone() }
    });
    Ok(named.collect())
}

impl Calendar {
    /// The objects that may have events in the stretch, and how many of them can't be read.
    pub async fn between(&self, (from, to): &Stretch) -> Result<(Vec<Resource>, usize), RemoteError> {
        use jiff::ToSpan;
        // Times without a zone are anywhere on earth for the server.
        let around = |at: &jiff::Zoned, days: i64| at.timestamp().checked_add((days * 24).hours());
        let bounds = [(from, -1), (to, 1)].map(|(at, days)| {
            let at = around(at, days).unwrap_or(at.timestamp());
            Stamp::utc(at).value().parse::<UtcTimestamp>()
        });
        let [Ok(start), Ok(end)] = bounds else { return Ok((Vec::new(), 0)) };
        let list = ListCalendarResources::new(&self.href)
            .with_component_and_time_range(CalendarComponent::VEvent, TimeRange::Between(start, end));
        let listed = self.dav.request(list).await?.resources;
        let mut hrefs: Vec<String> = listed
            .into_iter()
            .filter(|resource| !resource.resource_type.is_collection)
            .filter(|resource| resource.status.is_none_or(|status| status.is_success()))
            .map(|resource| resource.href)
            .collect();
        let unread = hrefs.len().saturating_sub(MOST_EVENTS);
        hrefs.truncate(MOST_EVENTS);
        let (mut resources, mut odd) = (Vec::new(), unread);
        for part in hrefs.chunks(AT_A_TIME) {
            let (read, unreadable) = self.read(part).await?;
            resources.extend(read);
            odd += unreadable;
        }
        Ok((resources, odd))
    }

    /// One object; none if it is not there.
    pub async fn resource(&self, href: &str) -> Result<Option<Resource>, RemoteError> {
        match self.read(&[href.to_owned()]).await {
            Ok((mut resources, _)) => Ok(resources.pop()),
            Err(RemoteError::Gone) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    async fn read(&self, hrefs: &[String]) -> Result<(Vec<Resource>, usize), RemoteError> {
        let request = GetCalendarResources::new(&self.href).with_hrefs(hrefs);
        let mut odd = 0;
        let mut resources = Vec::new();
        for fetched in self.dav.request(request).await?.resources {
            // One that has gone between the two requests is no event any more.
            let Ok(content) = fetched.content else { continue };
            match Component::parse(&content.data) {
                Ok(document) => {
                    resources.push(Resource { href: fetched.href, etag: content.etag, document });
                }
                Err(problem) => {
                    tracing::debug!(%problem, "an object of the calendar cannot be read");
                    odd += 1;
                }
            }
        }
        Ok((resources, odd))
    }
}
