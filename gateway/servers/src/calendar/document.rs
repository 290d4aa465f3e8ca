//! An iCalendar object whose lines stay as they came.
//!
//! Whoever else writes into the calendar keeps properties there that we know nothing of. A changed object has them still,
//! letter for letter, because only the lines that are changed are written anew. Single lines are read and written by the
//! crate `icalendar` (parameters, escapes, folding). Its own calendars are not changed and written back: they keep one of
//! two equal `X-` properties, sort the rest, and refuse a whole object for one odd line.

use std::fmt::{self, Write as _};

use icalendar::Property;
use icalendar::parser::unfold;

/// How deep components may stand in each other; three are usual.
const DEEPEST: usize = 16;

/// Why a text is no iCalendar object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DocumentError {
    #[error("the object does not begin with BEGIN:VCALENDAR")]
    NoCalendar,
    #[error("{name} does not end where it should")]
    Unbalanced { name: String },
    #[error("components stand in each other more than {DEEPEST} deep")]
    Deep,
}

/// A component: its lines and components in the order in which they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Component {
    /// In capitals.
    pub name: String,
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// A content line as it came, folds included.
    Line {
        /// In capitals.
        name: String,
        raw: String,
    },
    Component(Component),
}

impl Component {
    /// An empty one.
    pub fn new(name: &str) -> Component {
        Component { name: name.to_owned(), items: Vec::new() }
    }

    /// The calendar object in `text`.
    pub fn parse(text: &str) -> Result<Component, DocumentError> {
        let mut open: Vec<Component> = Vec::new();
        for raw in content_lines(text) {
            let name = name_of(&raw);
            let rest = || raw.split_once(':').map_or("", |(_, rest)| rest).trim().to_ascii_uppercase();
            match (name.as_str(), open.len()) {
                ("BEGIN", DEEPEST..) => return Err(DocumentError::Deep),
                ("BEGIN", _) => open.push(Component::new(&rest())),
                (_, 0) => return Err(DocumentError::NoCalendar),
                ("END", depth) => {
                    let Some(done) = open.pop().filter(|done| done.name == rest()) else {
                        return Err(DocumentError::Unbalanced { name: rest() });
                    };
                    if depth == 1 {
                        let calendar = done.name == "VCALENDAR";
                        return if calendar { Ok(done) } else { Err(DocumentError::NoCalendar) };
                    }
                    if let Some(parent) = open.last_mut() {
                        parent.items.push(Item::Component(done));
                    }
                }
                _ => {
                    if let Some(component) = open.last_mut() {
                        component.items.push(Item::Line { name, raw });
                    }
                }
            }
        }
        match open.first() {
            Some(component) => Err(DocumentError::Unbalanced { name: component.name.clone() }),
            None => Err(DocumentError::NoCalendar),
        }
    }

    /// The properties of this name that can be read, in order.
    pub fn properties<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Property> + 'a {
        self.items.iter().filter_map(move |item| match item {
            Item::Line { name: own, raw } if own == name => read(own, raw),
            Item::Line { .. } | Item::Component(_) => None,
        })
    }

    /// The first property of this name.
    pub fn property(&self, name: &str) -> Option<Property> {
        self.properties(name).next()
    }

    /// The value of the first property of this name, without spaces around it, if there is anything in it.
    pub fn text(&self, name: &str) -> Option<String> {
        let value = self.property(name)?.value().trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    /// Puts a property in the place of all of its name.
    pub fn set(&mut self, property: Property) {
        let (name, line) = (property.key().to_owned(), written(property));
        let mut line = Some(line);
        self.items.retain_mut(|item| match item {
            Item::Line { name: own, raw } if *own == name => match line.take() {
                Some(line) => {
                    *raw = line;
                    true
                }
                None => false,
            },
            Item::Line { .. } | Item::Component(_) => true,
        });
        if let Some(line) = line {
            self.insert(name, line);
        }
    }

    /// Adds a property after the others.
    pub fn add(&mut self, property: Property) {
        self.insert(property.key().to_owned(), written(property));
    }

    /// Takes out every property of this name.
    pub fn remove(&mut self, name: &str) {
        self.items.retain(|item| !matches!(item, Item::Line { name: own, .. } if own == name));
    }

    /// The components of this name, in order.
    pub fn components<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Component> + 'a {
        self.items.iter().filter_map(move |item| match item {
            Item::Component(component) if component.name == name => Some(component),
            Item::Line { .. } | Item::Component(_) => None,
        })
    }

    /// The same, to be changed.
    pub fn components_mut<'a>(&'a mut self, name: &'a str) -> impl Iterator<Item = &'a mut Component> + 'a {
        self.items.iter_mut().filter_map(move |item| match item {
            Item::Component(component) if component.name == name => Some(component),
            Item::Line { .. } | Item::Component(_) => None,
        })
    }

    /// Adds a component after everything else.
    pub fn push(&mut self, component: Component) {
        self.items.push(Item::Component(component));
    }

    /// Keeps only those components for which `keep` says so; lines stay.
    pub fn retain_components(&mut self, keep: impl Fn(&Component) -> bool) {
        self.items.retain(|item| match item {
            Item::Line { .. } => true,
            Item::Component(component) => keep(component),
        });
    }

    fn insert(&mut self, name: String, raw: String) {
        let lines = self.items.iter().rposition(|item| matches!(item, Item::Line { .. }));
        self.items.insert(lines.map_or(0, |last| last + 1), Item::Line { name, raw });
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BEGIN:{}\r\n", self.name)?;
        for item in &self.items {
            match item {
                Item::Line { raw, .. } => write!(f, "{raw}\r\n")?,
                Item::Component(component) => component.fmt(f)?,
            }
        }
        write!(f, "END:{}\r\n", self.name)
    }
}

/// A parameter of a property, whatever the case of its name.
pub(super) fn parameter<'a>(property: &'a Property, name: &str) -> Option<&'a str> {
    let found = property.params().iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, parameter)| parameter.value()).filter(|value| !value.is_empty())
}

/// The lines of a text, each with its folds.
fn content_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').split('\n') {
        let line = line.trim_end_matches('\r');
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                // Writing into a String does not fail.
                let _ = write!(last, "\r\n{line}");
            }
            _ if line.trim().is_empty() => {}
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn name_of(raw: &str) -> String {
    let end = raw.find([':', ';']).unwrap_or(raw.len());
    raw.get(..end).unwrap_or_default().trim().to_ascii_uppercase()
}

/// A line as a property; none if it is no line of iCalendar.
fn read(name: &str, raw: &str) -> Option<Property> {
    let line = unfold(raw);
    let rest = line.get(line.find([':', ';'])?..)?;
    format!("{name}{rest}").parse().ok()
}

fn written(property: Property) -> String {
    let line: Result<String, fmt::Error> = property.try_into();
    line.unwrap_or_default().trim_end_matches(['\r', '\n']).to_owned()
}
