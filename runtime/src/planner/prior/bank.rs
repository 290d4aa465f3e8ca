//! Everyday phrasings in families: what people say when they want a reminder, a forecast or nothing at all, and which
//! kind of tool a family means. The text is `bank.txt`: a line in brackets begins a family and says how its tools are
//! called, every other line is one phrasing.
//!
//! `[reminder.update: CHANGE | reminder > reminder.create]`: verbs, then nouns that stand in a tool's name, then the
//! families whose tools do instead. A word in capitals is a class of verbs, `*` is any verb. A family without such a
//! rule never means a tool.

use std::collections::BTreeSet;

const TEXT: &str = include_str!("bank.txt");

/// Classes of verbs, by what they do to a thing.
const VERBS: [(&str, &[&str]); 6] = [
    (
        "MAKE",
        &[
            "create", "set", "add", "make", "new", "schedule", "put", "insert", "save", "remember", "log",
            "plan", "arrange", "register",
        ],
    ),
    (
        "READ",
        &[
            "list", "get", "read", "show", "check", "find", "search", "lookup", "look", "query", "view",
            "fetch", "retrieve", "current", "forecast", "which", "see",
        ],
    ),
    ("DROP", &["delete", "remove", "cancel", "clear", "dismiss", "stop", "erase", "drop"]),
    ("END", &["complete", "finish", "tick", "done"]),
    ("CHANGE", &["update", "change", "modify", "edit", "move", "reschedule", "rename"]),
    ("SEND", &["send", "reply", "compose", "post", "draft", "write", "text", "notify", "answer", "forward"]),
];

/// Which tools a family means, by the words of their names.
#[derive(Debug)]
pub(super) struct Rule {
    /// [`None`] for any.
    pub(super) verbs: Option<BTreeSet<String>>,
    pub(super) nouns: BTreeSet<String>,
    /// Families, by index, whose tools do if no tool has the words.
    pub(super) otherwise: Vec<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Bank {
    /// A rule for each family.
    pub(super) rules: Vec<Option<Rule>>,
    /// A name for each family.
    pub(super) names: Vec<&'static str>,
    /// Phrasings with the index of their family.
    pub(super) phrases: Vec<(usize, &'static str)>,
    verbs: BTreeSet<String>,
}

impl Bank {
    pub(super) fn read() -> Self {
        let mut bank = Self::default();
        let heads: Vec<&'static str> = lines().filter_map(head).collect();
        let names: Vec<&'static str> =
            heads.iter().map(|head| head.split(':').next().unwrap_or_default().trim()).collect();
        for head in &heads {
            let rule = head.split_once(':').map(|(_, rule)| rule_of(rule, &names));
            bank.verbs.extend(rule.iter().filter_map(|rule| rule.verbs.clone()).flatten());
            bank.rules.push(rule);
        }
        bank.names = names;
        let mut family = None;
        for line in lines() {
            match (head(line), family) {
                (Some(_), before) => family = Some(before.map_or(0, |f: usize| f + 1)),
                (None, Some(family)) => bank.phrases.push((family, line)),
                (None, None) => {}
            }
        }
        bank
    }

    /// Whether a word is the verb of any rule.
    pub(super) fn is_verb(&self, word: &str) -> bool {
        self.verbs.contains(word)
    }
}

fn lines() -> impl Iterator<Item = &'static str> {
    TEXT.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn head(line: &'static str) -> Option<&'static str> {
    line.strip_prefix('[')?.strip_suffix(']')
}

fn rule_of(rule: &str, names: &[&str]) -> Rule {
    let (words, otherwise) = rule.split_once('>').unwrap_or((rule, ""));
    let (verbs, nouns) = words.split_once('|').unwrap_or((words, ""));
    let class = |verb: &str| VERBS.iter().find(|(name, _)| *name == verb).map(|(_, verbs)| *verbs);
    let verbs: BTreeSet<String> = verbs
        .split_whitespace()
        .flat_map(|verb| {
            class(verb).map_or_else(|| vec![singular(verb)], |c| c.iter().map(|v| singular(v)).collect())
        })
        .collect();
    Rule {
        verbs: (!verbs.contains("*")).then_some(verbs),
        nouns: nouns.split_whitespace().map(singular).collect(),
        otherwise: otherwise
            .split_whitespace()
            .filter_map(|name| names.iter().position(|n| *n == name))
            .collect(),
    }
}

/// Without a plural's ending.
pub(super) fn singular(word: &str) -> String {
    let plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
    if plural { word[..word.len() - 1].to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_phrasings_of_its_own_and_rules_that_can_be_met() {
        let bank = Bank::read();
        let mut seen = BTreeSet::new();
        for (family, rule) in bank.rules.iter().enumerate() {
            assert!(bank.phrases.iter().any(|(f, _)| *f == family), "family {family} is empty");
            assert!(rule.as_ref().is_none_or(|rule| !rule.nouns.is_empty()), "family {family} has no nouns");
        }
        for (_, phrase) in &bank.phrases {
            assert!(seen.insert(phrase), "twice: {phrase}");
        }
        for line in lines().filter_map(head) {
            let written = line.split_once('>').map_or(0, |(_, names)| names.split_whitespace().count());
            let name = line.split(':').next().unwrap();
            let index = lines().filter_map(head).position(|head| head == line).unwrap();
            let found = bank.rules[index].as_ref().map_or(0, |rule| rule.otherwise.len());
            assert_eq!(written, found, "{name} names a family that is not there");
        }
    }
}
