//! Settings of the WhatsApp connector: the token and the number by the names of the integrations guide, the rest by Meta's.

use homepilot_servers::whatsapp::{self, Account, Contact, Country, Webhook};
use secrecy::SecretString;

use super::{Reader, Setting};
use crate::paths::Paths;

/// Contacts at most.
const MOST_CONTACTS: usize = 500;

const fn setting(key: &'static str, variable: &'static str, takes: &'static str) -> Setting {
    Setting { key, variable, takes, needed: false, secret: false }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        needed: true,
        secret: true,
        ..setting("token", "WHATSAPP_TOKEN", "the access token of Meta's app, best of a system user")
    },
    Setting {
        needed: true,
        ..setting(
            "phone_number_id",
            "WHATSAPP_PHONE_NUMBER_ID",
            "the id of your business number: digits, in Meta's app dashboard under WhatsApp, API Setup",
        )
    },
    Setting {
        secret: true,
        ..setting(
            "app_secret",
            "WHATSAPP_APP_SECRET",
            "the secret of Meta's app, which signs what the webhook brings; with verify_token, or neither",
        )
    },
    Setting {
        secret: true,
        ..setting(
            "verify_token",
            "WHATSAPP_VERIFY_TOKEN",
            "a word of your own choice, given to Meta with the webhook's address",
        )
    },
    setting(
        "country",
        "WHATSAPP_COUNTRY",
        "where numbers without a country code are: two letters like US or DE",
    ),
    setting(
        "contacts",
        "WHATSAPP_CONTACTS",
        "names with numbers, like John: +44 7911 123456; Ann: +1 650 253 0000",
    ),
    setting(
        "language",
        "WHATSAPP_LANGUAGE",
        "the language of your templates as Meta writes it; en_US if left out",
    ),
    setting("url", "WHATSAPP_URL", "an https address of the Graph API; Meta's if left out"),
    setting("version", "WHATSAPP_API_VERSION", "a version of the Graph API, like v25.0"),
];

impl Reader {
    /// `None` after a problem, or if something is missing.
    pub(super) fn whatsapp(&mut self, paths: &Paths) -> Option<whatsapp::Options> {
        let country = self.parsed("country", |text| text.parse::<Country>().ok());
        let language = self.parsed("language", |text| whatsapp::is_language(text).then(|| text.to_owned()));
        let contacts = self.contacts(country);
        let webhook = self.webhook();
        let (token, id) = (self.secret("token"), self.text("phone_number_id"));
        let account = self.account(token?, &id?);
        let options = whatsapp::Options::new(paths.database(), account?);
        let language = language.unwrap_or_else(|| options.language.clone());
        Some(whatsapp::Options { webhook, contacts, country, language, ..options })
    }

    fn account(&mut self, token: SecretString, id: &str) -> Option<Account> {
        let made = Account::new(id, token).map_err(|problem| ("phone_number_id", problem));
        let made = made.and_then(|account| match self.text("url") {
            Some(url) => account.at(&url).map_err(|problem| ("url", problem)),
            None => Ok(account),
        });
        let made = made.and_then(|account| match self.text("version") {
            Some(version) => account.version(&version).map_err(|problem| ("version", problem)),
            None => Ok(account),
        });
        made.map_err(|(key, problem)| self.complain(key, problem.to_string())).ok()
    }

    /// Both or neither: a webhook that takes what nobody has signed is none.
    fn webhook(&mut self) -> Option<Webhook> {
        let missing = |key: &'static str| SETTINGS.iter().filter(move |setting| setting.key == key);
        match (self.secret("app_secret"), self.secret("verify_token")) {
            (Some(app_secret), Some(verify_token)) => return Some(Webhook { app_secret, verify_token }),
            (Some(_), None) => self.missing.extend(missing("verify_token")),
            (None, Some(_)) => self.missing.extend(missing("app_secret")),
            (None, None) => {}
        }
        None
    }

    fn contacts(&mut self, country: Option<Country>) -> Vec<Contact> {
        let Some(text) = self.text("contacts") else { return Vec::new() };
        let pairs = pairs(&text);
        if pairs.len() > MOST_CONTACTS {
            self.complain("contacts", format!("has {} names: {MOST_CONTACTS} is the most", pairs.len()));
            return Vec::new();
        }
        let mut contacts = Vec::new();
        for (name, number) in pairs {
            match Contact::read(&name, &number, country) {
                Ok(contact) if !contact.name.is_empty() => contacts.push(contact),
                Ok(_) => self.complain(
                    "contacts",
                    "a number has no name: give it like John: +44 7911 123456".to_owned(),
                ),
                Err(problem) => self.complain("contacts", format!("{name}: {problem}")),
            }
        }
        contacts
    }
}

/// Names with numbers: of a table of the settings file, or of `name: number; name: number`.
fn pairs(text: &str) -> Vec<(String, String)> {
    let table = format!("contacts = {text}").parse::<toml::Table>().ok();
    if let Some(toml::Value::Table(table)) = table.and_then(|mut table| table.remove("contacts")) {
        let number = |value: toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return table.into_iter().map(|(name, value)| (name, number(value))).collect();
    }
    let entries = text.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    let pair = |entry: &str| match entry.split_once([':', '=']) {
        Some((name, number)) => (name.trim().to_owned(), number.trim().to_owned()),
        None => (entry.to_owned(), String::new()),
    };
    entries.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::config::connectors::{Connector, Environment, Options, Reading, read};

    const WHOLE: [(&str, &str); 2] =
        [("WHATSAPP_TOKEN", "EAATOPSECRET"), ("WHATSAPP_PHONE_NUMBER_ID", "106540352242922")];

    fn reading(toml: &str, variables: &[(&str, &str)]) -> Reading {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let paths =
            Paths { data: at("data"), cache: at("cache"), config: folder.path().to_owned(), home: None };
        std::fs::write(paths.settings(), toml).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment::from(variables.collect::<BTreeMap<_, _>>());
        read(Connector::WhatsApp, &paths, &environment).1
    }

    fn options(toml: &str, more: &[(&str, &str)]) -> whatsapp::Options {
        match reading(toml, &[&WHOLE, more].concat()) {
            Reading::Ready(options) => match *options {
                Options::WhatsApp(options) => options,
                Options::Email(_) => panic!("not WhatsApp"),
            },
            Reading::Wrong(problems) => panic!("{problems:?}"),
            Reading::Incomplete(missing) => panic!("{missing:?}"),
            Reading::NotSetUp => panic!("not set up"),
        }
    }

    fn missing(variables: &[(&str, &str)]) -> Vec<&'static str> {
        match reading("", variables) {
            Reading::Incomplete(missing) => missing.iter().map(|setting| setting.variable).collect(),
            Reading::Ready(_) | Reading::NotSetUp | Reading::Wrong(_) => Vec::new(),
        }
    }

    #[test]
    fn a_token_and_a_number_are_enough() {
        let small = options("", &[]);
        assert!(small.webhook.is_none() && small.contacts.is_empty() && small.country.is_none());
        assert!(!format!("{small:?}").contains("TOPSECRET"), "{small:?}");
        assert_eq!(missing(&WHOLE[..1]), ["WHATSAPP_PHONE_NUMBER_ID"]);
        assert_eq!(missing(&WHOLE[1..]), ["WHATSAPP_TOKEN"]);
        assert!(matches!(reading("", &[]), Reading::NotSetUp));
    }

    #[test]
    fn the_webhook_wants_both_of_its_secrets() {
        let both = [("WHATSAPP_APP_SECRET", "TOPSECRET"), ("WHATSAPP_VERIFY_TOKEN", "TOPSECRET too")];
        let webhook = options("", &both).webhook.unwrap();
        assert_eq!(webhook.app_secret.expose_secret(), "TOPSECRET");
        assert_eq!(webhook.verify_token.expose_secret(), "TOPSECRET too");
        assert_eq!(missing(&[&WHOLE[..], &both[..1]].concat()), ["WHATSAPP_VERIFY_TOKEN"]);
        assert_eq!(missing(&[&WHOLE[..], &both[1..]].concat()), ["WHATSAPP_APP_SECRET"]);
    }

    #[test]
    fn contacts_are_a_table_or_a_line() {
        let named = |options: &whatsapp::Options| -> Vec<(String, String)> {
            let pair = |contact: &Contact| (contact.name.clone(), contact.number.digits().to_owned());
            options.contacts.iter().map(pair).collect()
        };
        let wanted = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, number)| ((*name).to_owned(), (*number).to_owned())).collect()
        };
        let toml = "[connectors.whatsapp]\ncountry = \"GB\"\nlanguage = \"de\"\nversion = \"v24.0\"\n\
                    [connectors.whatsapp.contacts]\nJohn = \"07911 123456\"\n\"Ann Lee\" = \"+1 650 253 0000\"\n";
        let from_file = options(toml, &[]);
        let mut found = named(&from_file);
        found.sort();
        assert_eq!(found, wanted(&[("Ann Lee", "16502530000"), ("John", "447911123456")]));
        assert_eq!(from_file.language, "de");
        let line = "John: 07911 123456; Ann Lee = +1 650 253 0000;";
        let from_line = options("", &[("WHATSAPP_CONTACTS", line), ("WHATSAPP_COUNTRY", "gb")]);
        assert_eq!(named(&from_line), wanted(&[("John", "447911123456"), ("Ann Lee", "16502530000")]));
    }

    #[test]
    fn what_is_wrong_is_said_without_secrets() {
        for (name, value, wanted) in [
            ("WHATSAPP_PHONE_NUMBER_ID", "+1 555 078 3881", "is no phone number id"),
            ("WHATSAPP_URL", "http://graph.example.org", "is no https address"),
            ("WHATSAPP_API_VERSION", "25", "is no version of the Graph API"),
            ("WHATSAPP_COUNTRY", "Germany", "is not where numbers without a country code are: two letters"),
            ("WHATSAPP_LANGUAGE", "en-US", "is not the language of your templates as Meta writes it"),
            ("WHATSAPP_CONTACTS", "John: 07911 123456", "John: 07911 123456 has no country code"),
            ("WHATSAPP_CONTACTS", "John", "John:  is no phone number"),
            ("WHATSAPP_CONTACTS", ": +44 7911 123456", "a number has no name"),
        ] {
            match reading("", &[&WHOLE[..], &[(name, value)]].concat()) {
                Reading::Wrong(problems) => {
                    let said = format!("{problems:?}");
                    assert!(said.contains(wanted) && !said.contains("TOPSECRET"), "{name}: {said}");
                    assert_eq!(problems[0].place, name);
                }
                Reading::Ready(_) | Reading::NotSetUp | Reading::Incomplete(_) => {
                    panic!("{name}={value} is taken")
                }
            }
        }
    }
}
