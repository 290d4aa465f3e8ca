//! What the tools say: short sentences without addresses and marks.

use url::Url;

use super::output::Found;
use super::plain;

/// Finds that are read out.
const READ_OUT: usize = 2;
/// The longest that is said of one find, in characters.
const LONGEST_FIND: usize = 220;
/// The longest that is read from a page, in characters.
const LONGEST_READING: usize = 500;
/// What may stand between the end of a sentence and the next one.
const CLOSING: [char; 5] = ['"', '”', '’', ')', '»'];
/// The longest title or query that is said, in characters.
const LONGEST_TITLE: usize = 120;

/// The best finds, each with the name of its site.
pub(super) fn results(query: &str, found: &[Found]) -> String {
    if found.is_empty() {
        return format!(
            "I found nothing on the web about {}. Try other words.",
            plain::shortened(query, LONGEST_TITLE)
        );
    }
    let said: Vec<_> = found.iter().take(READ_OUT).map(find).collect();
    said.join(" ")
}

fn find(found: &Found) -> String {
    let (title, site) = titled(found);
    let snippet = beginning(&found.snippet, 1, LONGEST_FIND);
    let said = if snippet.is_empty() { beginning(&title, 1, LONGEST_FIND) } else { snippet };
    format!("From {site}: {said}")
}

/// The title and the first sentences of what was read from `offset` on; `more` if the page goes on after `text`.
pub(super) fn page(title: &str, text: &str, offset: usize, more: bool) -> String {
    let read = beginning(text, 3, LONGEST_READING);
    let more = more || beginning(text, usize::MAX, usize::MAX) != read;
    let title = beginning(title, 1, LONGEST_TITLE);
    let titled = offset > 0 || read.starts_with(title.trim_end_matches(['.', '…']));
    let parts = [(!titled).then_some(title.as_str()), Some(read.as_str()), more.then_some("There is more.")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A find's title without its site, and the site's name: "Rust" and "Wikipedia" for "Rust - Wikipedia".
fn titled(found: &Found) -> (String, String) {
    let host =
        Url::parse(&found.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let label = label(&host);
    let split = [" - ", " | ", " – ", " — ", " · "]
        .iter()
        .filter_map(|mark| found.title.rsplit_once(mark))
        .min_by_key(|(_, last)| last.len());
    if let Some((title, last)) = split {
        let name: String =
            last.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let same = !name.is_empty() && (name.contains(&label) || label.contains(&name));
        if same && last.chars().count() <= 40 {
            return (title.trim().to_owned(), sayable(last));
        }
    }
    (found.title.clone(), capitalised(&label))
}

/// The part of a host name that people call the site by: `wikipedia` of `en.wikipedia.org`, `bbc` of `www.bbc.co.uk`.
fn label(host: &str) -> String {
    if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        return "a page".to_owned();
    }
    let parts: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    match parts.as_slice() {
        // Second levels that registries give out under countries.
        [.., name, "co" | "com" | "org" | "net" | "ac" | "gov" | "edu" | "or" | "ne", country]
            if country.len() == 2 =>
        {
            (*name).to_owned()
        }
        [.., name, _] | [name] => (*name).to_owned(),
        [] => String::new(),
    }
}

/// "Wikipedia"; a name without vowels is letters: "NPR".
fn capitalised(label: &str) -> String {
    if label == "a page" {
        return label.to_owned();
    }
    if label.len() <= 4 && label.chars().all(|c| c.is_ascii_alphabetic() && !"aeiouy".contains(c)) {
        return label.to_uppercase();
    }
    let mut letters = label.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The first `count` sentences of a text, in at most about `longest` characters, ending as a sentence does.
fn beginning(text: &str, count: usize, longest: usize) -> String {
    let text = sayable(text);
    let (mut end, mut sentences) = (0, 0);
    for next in ends(&text) {
        // A sentence that ends with its line ends there once.
        let fresh = !text[end..next].trim().is_empty();
        if fresh && sentences > 0 && (sentences >= count || text[..next].chars().count() > longest) {
            break;
        }
        end = next;
        sentences += usize::from(fresh);
    }
    let said = plain::shortened(text[..end].trim_end(), longest);
    said.lines().map(ended).collect::<Vec<_>>().join(" ")
}

/// With a full stop, if it does not end as a sentence does.
fn ended(line: &str) -> String {
    if line.trim_end_matches(CLOSING).ends_with(['.', '!', '?', '…', '。']) {
        line.to_owned()
    } else {
        format!("{}.", line.trim_end_matches([',', ';', ':']))
    }
}

/// Where sentences end, in bytes; the end of the text last. A line is a sentence of its own.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let inner = text.char_indices().filter_map(move |(at, c)| {
        let rest = &text[at + c.len_utf8()..];
        let after = rest.trim_start_matches(CLOSING);
        let end = text.len() - after.len();
        match c {
            '\n' => Some(at),
            '.' | '!' | '?' | '…' | '。' if !after.starts_with(char::is_whitespace) => None,
            '!' | '?' | '…' | '。' => Some(end),
            '.' if abbreviated(&text[..at]) => None,
            '.' => after.trim_start().chars().next().is_none_or(|c| !c.is_lowercase()).then_some(end),
            _ => None,
        }
    });
    inner.chain(std::iter::once(text.len()))
}

/// Whether a full stop after this belongs to the word: "Dr", "e.g", "J".
fn abbreviated(before: &str) -> bool {
    const KNOWN: [&str; 16] = [
        "Dr", "Mr", "Mrs", "Ms", "Prof", "St", "vs", "No", "Inc", "Ltd", "Jr", "Sr", "etc", "approx", "Gen",
        "Sen",
    ];
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() <= 1);
    initial || dotted || KNOWN.contains(&word)
}

/// Without what is not said: addresses, and the marks of Markdown.
fn sayable(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words = line.split_whitespace().filter(|word| {
            let bare = word.trim_start_matches(['(', '[', '<', '"']);
            !bare.contains("://") && !bare.starts_with("www.")
        });
        let kept: Vec<String> = words
            .map(|word| word.chars().filter(|c| !"*_#`|<>[]{}\\~^".contains(*c)).collect::<String>())
            .filter(|word| !word.is_empty())
            .collect();
        kept.join(" ")
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_of(title: &str, url: &str, snippet: &str) -> Found {
        Found { title: title.into(), url: url.into(), snippet: snippet.into(), published: None }
    }

    #[test]
    fn finds_are_said_with_the_name_of_their_site() {
        for (title, url, snippet, wanted) in [
            (
                "Rust (programming language) - Wikipedia",
                "https://en.wikipedia.org/wiki/Rust",
                "Rust is a general-purpose language. It is fast.",
                "From Wikipedia: Rust is a general-purpose language.",
            ),
            ("Home | BBC News", "https://www.bbc.co.uk/news", "", "From BBC News: Home."),
            (
                "Radio",
                "https://npr.org/x",
                "Dr. Smith said e.g. this, in the U.S. today",
                "From NPR: Dr. Smith said e.g. this, in the U.S. today.",
            ),
            (
                "A",
                "http://192.0.2.7/",
                "See https://a.example/x for **more**, it's 3.5 m",
                "From a page: See for more, it's 3.5 m.",
            ),
            (
                "Wetter",
                "https://www.spiegel.de/a",
                "“Es regnet.” Morgen nicht.",
                "From Spiegel: “Es regnet.”",
            ),
        ] {
            assert_eq!(find(&find_of(title, url, snippet)), wanted);
        }
    }

    #[test]
    fn long_snippets_end_in_the_middle() {
        let said = find(&find_of("T", "https://long.example/", &"word ".repeat(100)));
        assert!(said.ends_with("word…"), "{said}");
        assert!(said.chars().count() <= LONGEST_FIND + "From Long: ".len());
    }

    #[test]
    fn a_page_is_begun_and_gone_on_with() {
        let text = "A heading\nFirst one. Second one! Third (of many.) Fourth.";
        assert_eq!(
            page("The Title", text, 0, false),
            "The Title. A heading. First one. Second one! There is more."
        );
        assert_eq!(page("First one", "First one. Second.", 0, false), "First one. Second.");
        assert_eq!(page("The Title", "Later on.", 10, true), "Later on. There is more.");
        assert_eq!(page("Why?", "Because", 0, false), "Why? Because.");
    }

    #[test]
    fn nothing_found_says_so() {
        assert_eq!(results("qwxz", &[]), "I found nothing on the web about qwxz. Try other words.");
    }
}
