//! Which item is meant by some of its words.

/// Something of the user's that has words of its own.
pub(crate) trait Item {
    fn id(&self) -> &str;
    fn words(&self) -> &str;
    /// Whether the user could tell the two apart, given the same words.
    fn differs(&self, other: &Self) -> bool;
}

/// What some words pick out.
#[derive(Debug, PartialEq)]
pub(crate) enum Match<'a, T> {
    One(&'a T),
    /// Equally good, at least two.
    Several(Vec<&'a T>),
    None,
}

/// Words that tell no item from another.
const EMPTY: [&str; 21] = [
    "a", "an", "the", "to", "my", "of", "for", "task", "item", "one", "with", "on", "about", "and", "at",
    "in", "reminder", "that", "from", "list", "is",
];

/// The item with this id, the one that has exactly these words, else the one that shares the most of them and at least
/// half of them. Of items that the user cannot tell apart the first is taken.
pub(crate) fn find<'a, T: Item>(words: &str, items: &[&'a T]) -> Match<'a, T> {
    if let Some(item) = items.iter().find(|item| item.id() == words.trim()) {
        return Match::One(item);
    }
    let wanted = split(words);
    let same = |item: &&&T| !wanted.is_empty() && split(item.words()) == wanted;
    let exact: Vec<&'a T> = items.iter().filter(same).copied().collect();
    if !exact.is_empty() {
        return only(exact);
    }
    let score = |item: &T| {
        let own = split(item.words());
        wanted.iter().filter(|word| own.iter().any(|other| alike(word, other))).count()
    };
    let best = items.iter().map(|item| score(item)).max().unwrap_or(0);
    if best == 0 || best * 2 < wanted.len() {
        return Match::None;
    }
    only(items.iter().filter(|item| score(item) == best).copied().collect())
}

/// The only one, or the choice among those that can be told apart.
pub(crate) fn only<'a, T: Item>(items: Vec<&'a T>) -> Match<'a, T> {
    let mut good: Vec<&'a T> = Vec::new();
    for item in items {
        let told_apart = |other: &&T| split(other.words()) != split(item.words()) || other.differs(item);
        if good.iter().all(told_apart) {
            good.push(item);
        }
    }
    match good.as_slice() {
        [] => Match::None,
        [one] => Match::One(one),
        _ => Match::Several(good),
    }
}

/// Whether `words` say anything that could tell one item from another.
pub(crate) fn tells(words: &str) -> bool {
    words
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| !word.is_empty() && !EMPTY.contains(&word))
}

fn split(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let all: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let telling: Vec<String> = all.iter().filter(|word| !EMPTY.contains(&word.as_str())).cloned().collect();
    if telling.is_empty() { all } else { telling }
}

/// The same word, or one begins with the other and the stem has four letters: "call", "calling".
fn alike(one: &str, other: &str) -> bool {
    let stem = one.chars().count().min(other.chars().count());
    one == other || (stem >= 4 && (one.starts_with(other) || other.starts_with(one)))
}

#[cfg(test)]
mod tests {
    use super::{Item, Match, find};

    /// An id, words, and what else tells it from others.
    struct Thing(String, &'static str, u8);

    impl Item for Thing {
        fn id(&self) -> &str {
            &self.0
        }

        fn words(&self) -> &str {
            self.1
        }

        fn differs(&self, other: &Thing) -> bool {
            self.2 != other.2
        }
    }

    fn matched(words: &str, texts: &[(&'static str, u8)]) -> String {
        let things = texts.iter().enumerate().map(|(at, (text, day))| Thing(format!("id-{at}"), text, *day));
        let things: Vec<Thing> = things.collect();
        match find(words, &things.iter().collect::<Vec<_>>()) {
            Match::One(thing) => thing.1.to_owned(),
            Match::Several(several) => several.iter().map(|thing| thing.1).collect::<Vec<_>>().join(" | "),
            Match::None => "none".to_owned(),
        }
    }

    #[test]
    fn an_item_is_found_by_its_words_and_never_guessed() {
        let list = [
            ("call mom", 0),
            ("call mom about the trip", 0),
            ("buy milk", 0),
            ("send the report to Anna", 0),
            ("buy bread", 0),
        ];
        for (words, expected) in [
            ("call mom", "call mom"),
            ("Call mom.", "call mom"),
            ("the trip", "call mom about the trip"),
            ("milk", "buy milk"),
            ("buying milk", "buy milk"),
            ("the report", "send the report to Anna"),
            ("reports", "send the report to Anna"),
            ("my reminder to call mom", "call mom"),
            ("call", "call mom | call mom about the trip"),
            ("buy", "buy milk | buy bread"),
            ("id-3", "send the report to Anna"),
            ("wash the car", "none"),
            ("", "none"),
            ("feed the brown dog with milk", "none"),
        ] {
            assert_eq!(matched(words, &list), expected, "{words}");
        }
        assert_eq!(matched("buy eggs", &[("buy eggs", 0), ("buy eggs", 0)]), "buy eggs");
        assert_eq!(matched("eggs", &[("buy eggs", 0), ("buy eggs", 1)]), "buy eggs | buy eggs");
        assert_eq!(matched("buy eggs", &[("buy eggs", 0), ("buy eggs", 1)]), "buy eggs | buy eggs");
    }
}
