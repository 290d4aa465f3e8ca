//! Who is meant: people by name or number, from the operator's list and from those who have written.
//!
//! What somebody calls themselves is theirs to choose, so such a name never wins over the operator's list: where both could
//! be meant, both are named.

use super::number::{Country, Number, NumberError, is_number};

/// The longest name of a person, in characters.
pub(super) const LONGEST_NAME: usize = 100;
/// Names that a question offers.
const OFFERED: usize = 5;
/// Last digits of a number that tell one person from another.
const ENDING: usize = 4;

/// A person of the operator's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// What the user calls them.
    pub name: String,
    /// Where they are reached.
    pub number: Number,
}

impl Contact {
    /// A name with a number; one without a country code is in `country`.
    ///
    /// # Errors
    /// As [`Number::read`].
    pub fn read(name: &str, number: &str, country: Option<Country>) -> Result<Contact, NumberError> {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Contact {
            name: name.chars().take(LONGEST_NAME).collect(),
            number: Number::read(number, country)?,
        })
    }
}

/// Somebody who can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// The digits of their number, or the id that stands for a hidden one.
    pub id: String,
    /// What the user calls them.
    pub listed: Option<String>,
    /// What they call themselves.
    pub own: Option<String>,
}

impl Person {
    /// Somebody of whom nothing but the id is known.
    pub fn stranger(id: &str) -> Person {
        Person { id: id.to_owned(), listed: None, own: None }
    }

    /// The name they are spoken of by: their number, if there is none.
    pub fn name(&self) -> String {
        self.listed.clone().or_else(|| self.own.clone()).unwrap_or_else(|| self.number())
    }

    /// Their number in groups.
    pub fn number(&self) -> String {
        Number::of_digits(&self.id).map_or_else(|| "a hidden number".to_owned(), |number| number.to_string())
    }

    /// The name with what tells them from others of that name.
    fn told_apart(&self) -> String {
        match Number::of_digits(&self.id) {
            Some(number) => {
                let digits = number.digits();
                format!("{}, whose number ends in {}", self.name(), &digits[digits.len() - ENDING..])
            }
            None => format!("{}, whose number is hidden", self.name()),
        }
    }

    fn is_called(&self, words: &[String]) -> bool {
        self.names().any(|name| split(name) == words)
    }

    fn fits(&self, words: &[String]) -> bool {
        let ends = |word: &String| {
            word.len() >= ENDING - 1
                && word.bytes().all(|c| c.is_ascii_digit())
                && self.id.ends_with(word.as_str())
        };
        self.names().any(|name| {
            let own = split(name);
            // Digits alone are no name.
            words.iter().any(|word| own.contains(word))
                && words.iter().all(|word| own.contains(word) || ends(word))
        })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        [self.listed.as_deref(), self.own.as_deref()].into_iter().flatten()
    }
}

/// Why it is not clear who is meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WhoError {
    #[error(transparent)]
    Number(#[from] NumberError),
    #[error(
        "nobody called {0} is known on WhatsApp: say the number, or add the name with its number to the contacts in the settings"
    )]
    Nobody(String),
    #[error("{count} people could be meant by {words}: {names}. Ask which one it is")]
    Several { words: String, count: String, names: String },
}

/// The person whose id, number or name is given.
pub(super) fn find(given: &str, people: &[Person], country: Option<Country>) -> Result<Person, WhoError> {
    if let Some(person) = people.iter().find(|person| person.id == given) {
        return Ok(person.clone());
    }
    if is_number(given) {
        let number = Number::read(given, country)?;
        let known = people.iter().find(|person| person.id == number.digits());
        return Ok(known.cloned().unwrap_or_else(|| Person::stranger(number.digits())));
    }
    let words = split(given);
    if words.is_empty() {
        return Err(WhoError::Nobody(given.to_owned()));
    }
    match choose(&words, people).as_slice() {
        [] => Err(WhoError::Nobody(given.to_owned())),
        [one] => Ok((*one).clone()),
        several => Err(several_people(given, several)),
    }
}

fn choose<'a>(words: &[String], people: &'a [Person]) -> Vec<&'a Person> {
    let named = |listed: bool| {
        let called = move |person: &&Person| {
            let name = if listed { &person.listed } else { &person.own };
            name.as_ref().is_some_and(|name| split(name) == words)
        };
        people.iter().filter(called).collect::<Vec<_>>()
    };
    let listed = named(true);
    if !listed.is_empty() {
        return listed;
    }
    let fit: Vec<&Person> = people.iter().filter(|person| person.fits(words)).collect();
    if fit.iter().any(|person| person.listed.is_some()) {
        return fit;
    }
    let own: Vec<&Person> = fit.iter().copied().filter(|person| person.is_called(words)).collect();
    if own.is_empty() { fit } else { own }
}

fn several_people(given: &str, people: &[&Person]) -> WhoError {
    let alike =
        |person: &Person| people.iter().filter(|other| split(&other.name()) == split(&person.name())).count();
    let mut names: Vec<String> = people
        .iter()
        .take(OFFERED)
        .map(|person| if alike(person) > 1 { person.told_apart() } else { person.name() })
        .collect();
    match people.len() - names.len() {
        0 => {
            if let [_, .., last] = names.as_mut_slice() {
                *last = format!("and {last}");
            }
        }
        more => names.push(format!("and {} more", crate::dates::cardinal(more))),
    }
    WhoError::Several {
        words: given.to_owned(),
        count: crate::dates::cardinal(people.len()),
        names: names.join("; "),
    }
}

/// The words of a name, in lower case.
fn split(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Vec<Person> {
        let person = |id: &str, listed: Option<&str>, own: Option<&str>| Person {
            id: id.to_owned(),
            listed: listed.map(str::to_owned),
            own: own.map(str::to_owned),
        };
        vec![
            person("447911123456", Some("John Miller"), Some("Johnny 🎸")),
            person("16502530000", None, Some("John Smith")),
            person("16502530001", None, Some("John")),
            person("4915123456789", Some("Mom"), None),
            person("4915123456780", None, Some("Mom")),
            person("15551230001", None, Some("Ann")),
            person("15551230002", None, Some("Ann Lee")),
            person("15551231111", Some("Bob"), None),
            person("15551232222", Some("Bob"), None),
            person("US.134912", None, Some("Zoë")),
        ]
    }

    fn found(given: &str) -> String {
        let country = "GB".parse().ok();
        find(given, &people(), country).map_or_else(|problem| problem.to_string(), |person| person.id)
    }

    #[test]
    fn people_are_found_by_name_and_number_and_never_guessed() {
        for (given, wanted) in [
            ("John Miller", "447911123456"),
            ("john smith", "16502530000"),
            ("Johnny", "447911123456"),
            ("07911 123456", "447911123456"),
            ("+1 650-253-0000", "16502530000"),
            // Somebody new.
            ("+1 650 253 0009", "16502530009"),
            // Who calls themselves what the user calls somebody else is not meant.
            ("mom", "4915123456789"),
            ("Ann", "15551230001"),
            ("Ann Lee", "15551230002"),
            ("Bob 2222", "15551232222"),
            ("Zoë", "US.134912"),
            ("US.134912", "US.134912"),
            (
                "John",
                "three people could be meant by John: John Miller; John Smith; and John. Ask which one it is",
            ),
            (
                "Bob",
                "two people could be meant by Bob: Bob, whose number ends in 1111; and Bob, whose number ends in 2222. \
                 Ask which one it is",
            ),
            (
                "Sara",
                "nobody called Sara is known on WhatsApp: say the number, or add the name with its number to the contacts \
                 in the settings",
            ),
            ("2222", "nobody called 2222 is known"),
            ("…", "nobody called … is known"),
            ("07911 1234", "07911 1234 does not have as many digits as numbers there have: check it"),
        ] {
            let found = found(given);
            assert!(
                found == wanted || (wanted.ends_with("known") && found.starts_with(wanted)),
                "{given}: {found}"
            );
        }
    }

    #[test]
    fn many_of_a_name_are_not_all_read_out() {
        let person = |at: usize| Person {
            id: format!("1555123{at:04}"),
            listed: None,
            own: Some(format!("Tom {}", ["Ash", "Bell", "Cole", "Dean", "East", "Fox", "Gray"][at])),
        };
        let toms: Vec<Person> = (0..7).map(person).collect();
        let problem = find("Tom", &toms, None).unwrap_err().to_string();
        assert_eq!(
            problem,
            "seven people could be meant by Tom: Tom Ash; Tom Bell; Tom Cole; Tom Dean; Tom East; and two more. Ask which \
             one it is"
        );
    }
}
