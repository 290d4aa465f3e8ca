//! Names of options, criteria and risks: the same whether or not they have an article or capitals.

/// Whether two names mean the same.
pub(super) fn same(a: &str, b: &str) -> bool {
    folded(a) == folded(b)
}

/// The place of a name among `names`.
pub(super) fn place(name: &str, names: &[String]) -> Option<usize> {
    names.iter().position(|other| same(other, name))
}

/// Whether `text` has all words of `name`, one after the other; gives back the text without them.
pub(super) fn without(text: &str, name: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let wanted = folded(name);
    let count = wanted.split(' ').count();
    let fits = |window: &[&str]| {
        window.iter().map(|word| bare(word).to_lowercase()).collect::<Vec<_>>().join(" ") == wanted
    };
    let at = words.windows(count).position(fits)?;
    Some([&words[..at], &words[at + count..]].concat().join(" "))
}

/// "the Honda", at the beginning of a sentence.
pub(super) fn capital(name: &str) -> String {
    let mut rest = name.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// "Book early" after "you could"; "USB stick" keeps its capitals.
pub(super) fn uncapital(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) if !rest.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(rest).collect()
        }
        Some(_) | None => text.to_owned(),
    }
}

/// "a", "a and b", "a, b and c".
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

fn folded(name: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
    let skip = usize::from(words.len() > 1 && matches!(words[0], "the" | "a" | "an"));
    words[skip..].join(" ")
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| matches!(c, ',' | ';' | ':' | '.' | '!' | '?' | '"' | '(' | ')'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_and_capitals_do_not_matter() {
        assert!(same("The Honda", "honda") && same("a  new car.", "New car") && !same("a", "b"));
        assert!(same("the", "The"));
        assert_eq!(place("toyota", &["the Honda".to_owned(), "the Toyota".to_owned()]), Some(1));
        assert_eq!(without("the Honda: price 7", "the honda").as_deref(), Some("the price 7"));
        assert_eq!(without("price 7", "the Honda"), None);
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(capital("the Honda"), "The Honda");
        assert_eq!(
            (uncapital("Book early").as_str(), uncapital("USB stick").as_str()),
            ("book early", "USB stick")
        );
    }
}
