//! Which tools a family of phrasings means, by the words of their names: `list_reminders` and `GetReminders` both read
//! reminders, whoever registered them.

use std::collections::BTreeSet;

use super::bank::{Bank, Rule, singular};

/// For each family the indices of the tools it means, among `names`.
pub(super) fn attach(bank: &Bank, names: &[&str]) -> Vec<Vec<usize>> {
    let words: Vec<Named> = names.iter().map(|name| verb_and_nouns(bank, name)).collect();
    let own: Vec<Vec<usize>> = bank
        .rules
        .iter()
        .map(|rule| {
            let fits = |tool: &usize| rule.as_ref().is_some_and(|rule| fits(rule, &words[*tool]));
            (0..names.len()).filter(fits).collect()
        })
        .collect();
    (0..own.len()).map(|family| meant(bank, &own, family)).collect()
}

/// Whether a tool has the words of a family by itself.
pub(super) fn is_of(bank: &Bank, family: &str, name: &str) -> bool {
    let index = bank.names.iter().position(|known| *known == family);
    let rule = index.and_then(|index| bank.rules[index].as_ref());
    rule.is_some_and(|rule| fits(rule, &verb_and_nouns(bank, name)))
}

fn fits(rule: &Rule, (verb, nouns): &Named) -> bool {
    let does = rule.verbs.as_ref().is_none_or(|verbs| verb.as_ref().is_some_and(|v| verbs.contains(v)));
    does && !nouns.is_disjoint(&rule.nouns)
}

/// Whether two tools are about the same kind of thing: their names have nouns of one family.
pub(super) fn same_matter(bank: &Bank, one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    let about = |words: &[String], rule: &Rule| words.iter().any(|word| rule.nouns.contains(word));
    bank.rules.iter().flatten().any(|rule| about(&one, rule) && about(&other, rule))
}

/// The family's own tools, or those of the first family that does instead.
fn meant(bank: &Bank, own: &[Vec<usize>], family: usize) -> Vec<usize> {
    let mut asked = vec![family];
    let mut next = 0;
    while let Some(family) = asked.get(next).copied() {
        if !own[family].is_empty() {
            return own[family].clone();
        }
        for other in bank.rules[family].iter().flat_map(|rule| &rule.otherwise) {
            if !asked.contains(other) {
                asked.push(*other);
            }
        }
        next += 1;
    }
    Vec::new()
}

/// The first verb of a name, and its other words.
type Named = (Option<String>, BTreeSet<String>);

fn verb_and_nouns(bank: &Bank, name: &str) -> Named {
    let mut words = words(name);
    let verb = words.iter().position(|word| bank.is_verb(word)).map(|index| words.remove(index));
    (verb, words.into_iter().collect())
}

/// The words of a tool's name, `snake_case`, `kebab-case` or `camelCase`, in the singular.
pub(in crate::planner) fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for character in name.chars() {
        if character.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            spaced.push(' ');
        }
        spaced.push(if character.is_alphabetic() { character } else { ' ' });
        before = character;
    }
    spaced.split_whitespace().map(|word| singular(&word.to_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the tools that the family of this phrasing means.
    fn means<'n>(bank: &Bank, names: &[&'n str], phrase: &str) -> Vec<&'n str> {
        let family = bank.phrases.iter().find(|(_, p)| *p == phrase).unwrap().0;
        attach(bank, names)[family].iter().map(|tool| names[*tool]).collect()
    }

    #[test]
    fn a_family_finds_its_tools_whatever_style_their_names_have() {
        let bank = Bank::read();
        for (names, phrase, expected) in [
            (
                &["set_reminder", "list_reminders", "set_alarm"][..],
                "please remind me to renew my passport next month",
                &["set_reminder"][..],
            ),
            (&["AddReminder", "GetReminders"], "what reminders do I have", &["GetReminders"]),
            (&["delete-event", "createEvent"], "cancel my meeting with Tom", &["delete-event"]),
            (&["list_schedule", "add_schedule_entry"], "what's on my calendar today", &["list_schedule"]),
            (&["get_list", "list_events"], "what's on my shopping list", &["get_list"]),
            (&["create_task", "set_reminder"], "add milk to my shopping list", &["create_task"]),
            (&["web_search"], "how tall is Mount Everest", &["web_search"]),
            (&["look_up_online"], "how tall is Mount Everest", &[]),
            (&["web_search", "play_song"], "put on my workout playlist", &["play_song"]),
            (&["web_search", "send_message"], "turn on the lights", &[]),
            (&["web_search", "send_message"], "hello", &[]),
        ] {
            assert_eq!(means(&bank, names, phrase), expected, "{phrase} with {names:?}");
        }
    }
}
