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

#[cfg(test)]
mod tests {
    use homepilot_servers::Connector;

    use super::super::{Environment, Options, Reading, read};
    use super::*;

    fn reading(variables: &[(&str, &str)]) -> Reading {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let paths = Paths { data: at("data"), cache: at("cache"), config: at("config"), home: None };
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment::from(variables.collect::<std::collections::BTreeMap<_, _>>());
        read(Connector::Calendar, &paths, &environment).1
    }

    const WHOLE: [(&str, &str); 3] =
        [("CALDAV_URL", "https://dav.example.org/"), ("CALDAV_USER", "ada"), ("CALDAV_PASS", "TOPSECRET")];

    #[test]
    fn the_guides_names_set_it_up() {
        let Reading::Ready(options) = reading(&[
            WHOLE[0],
            WHOLE[1],
            WHOLE[2],
            ("CALDAV_CALENDAR", "Work"),
            ("CALDAV_TIMEZONE", "Europe/Berlin"),
        ]) else {
            panic!("it is not ready")
        };
        let Options::Calendar(options) = *options else { panic!("another connector") };
        assert_eq!((options.url.as_str(), options.user.as_str()), ("https://dav.example.org/", "ada"));
        assert_eq!(options.calendar.as_deref(), Some("Work"));
        assert_eq!(options.zone.as_ref().and_then(TimeZone::iana_name), Some("Europe/Berlin"));
        assert!(!format!("{options:?}").contains("TOPSECRET"), "{options:?}");
        assert!(matches!(reading(&[]), Reading::NotSetUp));
        let Reading::Incomplete(missing) = reading(&WHOLE[..1]) else { panic!("it is not incomplete") };
        let missing: Vec<_> = missing.iter().map(|setting| setting.variable).collect();
        assert_eq!(missing, ["CALDAV_USER", "CALDAV_PASS"]);
    }

    #[test]
    fn what_cant_be_used_is_named_without_the_password() {
        for (variable, value, wanted) in [
            ("CALDAV_URL", "dav.example.org", "is not the https address"),
            // The password would go over the network as it is.
            ("CALDAV_URL", "http://dav.example.org/", "is not the https address"),
            ("CALDAV_URL", "https://ada:TOPSECRET@dav.example.org/", "into CALDAV_USER and CALDAV_PASS"),
            ("CALDAV_TIMEZONE", "Middle Earth", "is not your time zone"),
            ("CALDAV_CA_FILE", "/nowhere/ca.pem", "can't be read"),
        ] {
            let kept = WHOLE.into_iter().filter(|(name, _)| *name != variable);
            let all: Vec<_> = kept.chain([(variable, value)]).collect();
            let Reading::Wrong(problems) = reading(&all) else { panic!("{variable}={value} is taken") };
            let said: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.place, p.message)).collect();
            let said = said.join("; ");
            assert!(
                said.contains(wanted) && said.contains(variable) && !said.contains("TOPSECRET"),
                "{said}"
            );
        }
        // On this machine nobody else hears it.
        for here in ["http://127.0.0.1:5232/", "http://localhost:5232", "http://[::1]:5232/ada/"] {
            assert!(
                matches!(reading(&[("CALDAV_URL", here), WHOLE[1], WHOLE[2]]), Reading::Ready(_)),
                "{here}"
            );
        }
    }
}
