//! Settings of the calendar connector, by the names of the integrations guide.

use homepilot_servers::calendar;
use jiff::tz::TimeZone;
use reqwest::Url;

use super::{Reader, Setting};
use crate::paths::Paths;

const fn setting(key: &'static str, variable: &'static str, takes: &'static str) -> Setting {
    Setting { key, variable, takes, needed: false, secret: false }
}

const fn needed(key: &'static str, variable: &'static str, takes: &'static str) -> Setting {
    Setting { needed: true, ..setting(key, variable, takes) }
}

pub(super) const SETTINGS: &[Setting] = &[
    needed(
        "url",
        "CALDAV_URL",
        "the https address of your provider's CalDAV, or of one calendar, like https://caldav.icloud.com",
    ),
    needed("user", "CALDAV_USER", "the name you sign in with, mostly your address"),
    Setting {
        secret: true,
        ..needed("pass", "CALDAV_PASS", "your password; of most providers one made for this use")
    },
    setting("calendar", "CALDAV_CALENDAR", "the name of the only calendar to use; all of them if left out"),
    setting("timezone", "CALDAV_TIMEZONE", "your time zone, like Europe/Berlin; the system's if left out"),
    setting("ca_file", "CALDAV_CA_FILE", "the PEM file of a certificate that your server's is signed with"),
];

impl Reader {
    /// `None` after a problem, or if something is missing.
    pub(super) fn calendar(&mut self, paths: &Paths) -> Option<calendar::Options> {
        // What it holds of these is no one's to see.
        if self.text("url").is_some_and(|url| url.contains('@')) {
            self.complain("url", "put the name and the password into CALDAV_USER and CALDAV_PASS".to_owned());
            return None;
        }
        let url = self.parsed("url", address);
        let named_zone = self.text("timezone").is_some();
        let zone = self.parsed("timezone", |name| TimeZone::get(name).ok());
        let authorities = self.contents("ca_file");
        let (user, password) = (self.text("user")?, self.secret("pass")?);
        if named_zone && zone.is_none() {
            return None;
        }
        let options = calendar::Options {
            calendar: self.text("calendar"),
            zone,
            authorities,
            ..calendar::Options::new(url?, user, password, paths.database())
        };
        match options.check() {
            Ok(()) => Some(options),
            Err(problem) => {
                self.complain("ca_file", problem.to_string());
                None
            }
        }
    }
}

/// A web address. The password would go over the wire as it is without TLS, which only
/// this machine may see.
fn address(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let here = url.host_str().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
    let fits = url.scheme() == "https" || (url.scheme() == "http" && here);
    fits.then_some(url)
}
