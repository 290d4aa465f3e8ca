//! Settings of the connectors: from `[connectors.NAME]` of the settings file, then from a file of secrets beside it, then
//! from the environment. They are no part of [`Settings`](super::Settings), because they may change while the program runs:
//! whatever is wrong or missing here concerns one connector, never the program.

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use homepilot_servers::{Connector, calendar, email, whatsapp};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Problem, search};
use crate::{dotenv, paths::Paths};

mod caldav;
mod mail;
mod whatsapp_business;

/// One setting of a connector.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key within the connector's table: `smtp_host`.
    pub key: &'static str,
    /// Its environment variable: `EMAIL_SMTP_HOST`.
    pub variable: &'static str,
    /// What it is, for who sets it up.
    pub takes: &'static str,
    /// Whether there is no connector without it.
    pub needed: bool,
    /// Whether nobody may see it. In the settings file stands only where it is.
    pub secret: bool,
}

/// What the settings of a connector come to.
pub enum Reading {
    /// Nothing of it is set.
    NotSetUp,
    /// These have to be set as well.
    Incomplete(Vec<&'static Setting>),
    /// These can't be used.
    Wrong(Vec<Problem>),
    /// It can be started.
    Ready(Box<Options>),
}

/// What a connector is started with.
pub enum Options {
    /// Mail.
    Email(email::Options),
    /// WhatsApp Business.
    WhatsApp(whatsapp::Options),
    /// A calendar.
    Calendar(calendar::Options),
}

/// Environment variables that are no settings of the program; their values may be secrets.
#[derive(Clone, Default)]
pub struct Environment(Arc<BTreeMap<String, String>>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

impl From<BTreeMap<String, String>> for Environment {
    fn from(variables: BTreeMap<String, String>) -> Self {
        Self(Arc::new(variables))
    }
}

/// The settings of a connector, in the order they are documented.
pub fn settings(connector: Connector) -> &'static [Setting] {
    match connector {
        Connector::Email => mail::SETTINGS,
        Connector::WhatsApp => whatsapp_business::SETTINGS,
        Connector::Calendar => caldav::SETTINGS,
    }
}

/// The setting's full key: `connectors.email.smtp_host`.
pub fn key(connector: Connector, setting: &Setting) -> String {
    format!("connectors.{}.{}", connector.name(), setting.key)
}

/// The setting of a connector's port.
pub fn port_key(connector: Connector) -> &'static str {
    match connector {
        Connector::Email => "ports.email",
        Connector::WhatsApp => "ports.whatsapp",
        Connector::Calendar => "ports.calendar",
    }
}

/// Whether a key of the settings file is read here.
pub(super) fn owns(key: &str) -> bool {
    let table = key.strip_prefix("connectors.").and_then(|rest| rest.split_once('.'));
    table.is_some_and(|(name, _)| Connector::ALL.iter().any(|connector| connector.name() == name))
}

/// Values as they were found. Two that are equal make the same connector.
#[derive(Clone, Default, PartialEq)]
pub struct Values(BTreeMap<&'static str, Value>);

#[derive(Clone)]
struct Value {
    text: SecretString,
    place: String,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.text.expose_secret() == other.text.expose_secret() && self.place == other.place
    }
}

/// Reads the settings of a connector from every source, and makes its options of them.
pub fn read(connector: Connector, paths: &Paths, environment: &Environment) -> (Values, Reading) {
    let mut reader =
        Reader { connector, values: Values::default(), missing: Vec::new(), problems: Vec::new() };
    let secrets = reader.secrets(&paths.secrets());
    let look_up = |name: &str| {
        let of_file = || secrets.get(name).map(|value| value.expose_secret().to_owned());
        environment.0.get(name).cloned().or_else(of_file).filter(|value| !value.is_empty())
    };
    reader.file(&paths.settings(), &look_up);
    for setting in settings(connector) {
        let of_file = secrets.get(setting.variable).map(|value| value.expose_secret());
        if let Some(text) = of_file {
            reader.put(setting, text, format!("{}: {}", paths.secrets().display(), setting.variable));
        }
        if let Some(text) = environment.0.get(setting.variable) {
            reader.put(setting, text, setting.variable.to_owned());
        }
    }
    let is_set = !reader.values.0.is_empty();
    // The connector's own reading may put what a file holds in the place of its path.
    let options = is_set.then(|| reader.options(paths)).flatten();
    let reading = match options {
        _ if !reader.problems.is_empty() => Reading::Wrong(reader.problems),
        _ if !is_set => Reading::NotSetUp,
        Some(options) if reader.missing.is_empty() => Reading::Ready(Box::new(options)),
        Some(_) | None => Reading::Incomplete(reader.missing),
    };
    (reader.values, reading)
}

struct Reader {
    connector: Connector,
    values: Values,
    missing: Vec<&'static Setting>,
    problems: Vec<Problem>,
}

impl Reader {
    fn options(&mut self, paths: &Paths) -> Option<Options> {
        let missing = settings(self.connector).iter().filter(|setting| setting.needed);
        self.missing = missing.filter(|setting| !self.values.0.contains_key(setting.key)).collect();
        match self.connector {
            Connector::Email => self.mail(paths).map(Options::Email),
            Connector::WhatsApp => self.whatsapp(paths).map(Options::WhatsApp),
            Connector::Calendar => self.calendar(paths).map(Options::Calendar),
        }
    }

    fn put(&mut self, setting: &Setting, text: &str, place: String) {
        let text = text.trim();
        if !text.is_empty() {
            self.values.0.insert(setting.key, Value { text: text.into(), place });
        }
    }

    fn problem(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { place: place.into(), message: message.into() });
    }

    /// The file of secrets, unless it says nothing about this connector or may not be used.
    fn secrets(&mut self, file: &Path) -> BTreeMap<String, SecretString> {
        let place = file.display().to_string();
        match dotenv::read(file) {
            Ok(dotenv) => {
                let concerns = |name: &String| settings(self.connector).iter().any(|s| s.variable == name);
                match dotenv.open {
                    Some(open) if dotenv.values.keys().any(concerns) => self.problem(place, open),
                    Some(_) => {}
                    None => return dotenv.values,
                }
            }
            Err(problem) => self.problem(place, problem),
        }
        BTreeMap::new()
    }

    /// The connector's table of the settings file.
    fn file(&mut self, file: &Path, look_up: &impl Fn(&str) -> Option<String>) {
        let name = file.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.problem(name, format!("can't be read: {error}")),
        };
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            // The parser's message quotes the line, and that may hold a secret.
            Err(error) => {
                let line =
                    error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
                return self.problem(name, format!("line {line} is no TOML"));
            }
        };
        let of = |table: &toml::Table, key: &str| table.get(key).and_then(toml::Value::as_table).cloned();
        let own = of(&table, "connectors").and_then(|connectors| of(&connectors, self.connector.name()));
        for (written, value) in own.into_iter().flatten() {
            let place = format!("{name}: connectors.{}.{written}", self.connector.name());
            let Some(setting) = settings(self.connector).iter().find(|setting| setting.key == written) else {
                let known: Vec<_> = settings(self.connector).iter().map(|setting| setting.key).collect();
                self.problem(place, format!("unknown setting; known are {}", known.join(", ")));
                continue;
            };
            let text = match value {
                toml::Value::String(text) => text,
                other => other.to_string(),
            };
            match found(setting, text.trim(), look_up) {
                Ok(text) => self.put(setting, &text, place),
                Err(message) => self.problem(place, message),
            }
        }
    }

    /// A setting's text, if it is set.
    fn text(&self, key: &str) -> Option<String> {
        self.values.0.get(key).map(|value| value.text.expose_secret().to_owned())
    }

    /// A secret, if it is set.
    fn secret(&self, key: &str) -> Option<SecretString> {
        self.values.0.get(key).map(|value| value.text.clone())
    }

    /// A setting read by `parse`; what it takes is told if that finds nothing. `None` if it is not set, too.
    fn parsed<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(key)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            let takes = settings(self.connector).iter().find(|s| s.key == key).map_or("", |s| s.takes);
            let shown: String = text.chars().take(80).collect();
            self.complain(key, format!("{shown:?} is not {takes}"));
        }
        parsed
    }

    /// What stands in the file that a setting names.
    fn contents(&mut self, key: &'static str) -> Option<String> {
        let file = self.text(key)?;
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                if let Some(value) = self.values.0.get_mut(key) {
                    value.text = format!("{file}\n{text}").into();
                }
                Some(text)
            }
            Err(error) => {
                self.complain(key, format!("{file} can't be read: {error}"));
                None
            }
        }
    }

    fn complain(&mut self, key: &'static str, message: String) {
        let place = self.values.0.get(key).map_or_else(|| key.to_owned(), |value| value.place.clone());
        self.problem(place, message);
    }
}

/// `env:NAME` looked up; of a secret, what its file holds.
fn found(
    setting: &Setting,
    written: &str,
    look_up: &impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    match written.strip_prefix("env:") {
        Some(name) => look_up(name).ok_or_else(|| format!("environment variable {name} is not set")),
        None if setting.secret && !written.is_empty() => search::from_file(written),
        None => Ok(written.to_owned()),
    }
}

#[cfg(test)]
mod tests;
