//! The names that are likely to be said to a persona, for the recogniser to know beforehand.
//!
//! They come from what the person has set up and from nowhere else: personas, the people that rules of autonomy name, and
//! registered servers. What a tool returned is not among them, so no tool decides what is heard.

use homepilot_gateway::{Gateway, Origin, PolicyRule};
use homepilot_personas::{Catalogue, Persona};

use crate::phrasing::{self, capital};

/// The likeliest first, because a recogniser keeps only so many: the persona's own, people, servers, the other personas.
/// None twice.
pub fn known(persona: &Persona, personas: &Catalogue, gateway: &Gateway) -> Vec<String> {
    let people =
        gateway.rules().into_iter().filter(|rule| is_for(rule, persona)).flat_map(|rule| people(&rule));
    let servers = gateway.servers().into_iter().filter(|server| server.origin != Origin::Builtin);
    let servers = servers.map(|server| titled(&phrasing::words_of(server.name.as_str())));
    let others = personas.list().into_iter().map(|other| other.name.clone());
    distinct(std::iter::once(persona.name.clone()).chain(people).chain(servers).chain(others))
}

fn is_for(rule: &PolicyRule, persona: &Persona) -> bool {
    rule.persona.as_deref().is_none_or(|id| id == persona.id.as_str())
}

fn people(rule: &PolicyRule) -> Vec<String> {
    let recipients = rule.boundaries.as_ref().map_or(&[][..], |boundaries| boundaries.recipients());
    recipients.iter().filter_map(|written| person(written)).collect()
}

/// The name in a recipient: "Anna Bell", or that of `anna.bell@example.org`. A mailbox of one word, a number, a channel or a
/// whole domain names nobody.
fn person(written: &str) -> Option<String> {
    let is_name =
        |part: &&str| part.chars().count() > 1 && part.chars().all(|c| c.is_alphabetic() || c == '\'');
    match written.split_once('@') {
        None => {
            let words: Vec<&str> = written.split_whitespace().collect();
            let named = !words.is_empty() && words.iter().all(|word| is_name(&word.trim_end_matches('.')));
            named.then(|| titled(written))
        }
        Some((mailbox, _)) => {
            let words: Vec<&str> = mailbox.split(['.', '_', '-']).collect();
            (words.len() > 1 && words.iter().all(is_name)).then(|| titled(&words.join(" ")))
        }
    }
}

/// As names are written: every word with a capital. Other letters stay.
fn titled(words: &str) -> String {
    words.split_whitespace().map(capital).collect::<Vec<_>>().join(" ")
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !name.is_empty() && !all.iter().any(|known| known.to_lowercase() == name.to_lowercase()) {
            all.push(name);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use homepilot_gateway::{Gateway, GatewayConfig};
    use homepilot_personas::Catalogue;

    use super::{distinct, known, person};

    #[tokio::test]
    async fn a_persona_is_called_by_its_own_name_first_and_knows_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Gateway::open(GatewayConfig::new(folder.path().join("homepilot.db"))).await.unwrap();
        let personas = Catalogue::load(None);
        for persona in personas.list() {
            let names = known(&persona, &personas, &gateway);
            assert_eq!(names.first(), Some(&persona.name));
            assert_eq!(names.len(), personas.list().len(), "{names:?}");
        }
    }

    #[test]
    fn people_are_read_out_of_recipients() {
        for (written, name) in [
            ("anna", Some("Anna")),
            ("Anna Bell", Some("Anna Bell")),
            ("Dr. Zoë O'Neil", Some("Dr. Zoë O'Neil")),
            ("anna.bell@example.org", Some("Anna Bell")),
            ("zoë_king@example.org", Some("Zoë King")),
            ("info@example.org", None),
            ("a.bell@example.org", None),
            ("*@example.org", None),
            ("#general", None),
            ("+1 555 0100", None),
            ("C024BE91L", None),
            ("", None),
        ] {
            assert_eq!(person(written).as_deref(), name, "{written}");
        }
    }

    #[test]
    fn a_name_is_told_once_and_the_first_stands_first() {
        let names = ["Secretary", "Anna", "", "secretary", "Kids' Friend", "ANNA"];
        let told = distinct(names.into_iter().map(str::to_owned));
        assert_eq!(told, ["Secretary", "Anna", "Kids' Friend"]);
    }
}
