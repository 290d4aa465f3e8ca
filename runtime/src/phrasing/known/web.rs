//! The web. An address is on the screen; what is said of it is whose page it is.

use super::{Given, Known};

pub(super) fn phrase(action: &str, given: &Given) -> Option<Known> {
    match action {
        "web_search" if given.only(&["query", "freshness", "count"]) => {
            let searched = format!("search the web for: {}", given.text("query")?);
            let searched = match given.get("freshness").as_deref() {
                None | Some("any") => searched,
                Some(span) => format!("{searched}, from the last {span}"),
            };
            let whole =
                given.get("count").map_or(searched.clone(), |n| format!("{searched}, up to {n} results"));
            Some(Known { whole, short: "search the web" })
        }
        "read_page" if given.only(&["url", "offset"]) => {
            let host = host(given.value("url")?.as_str()?)?;
            let from = given.value("offset").and_then(serde_json::Value::as_u64).filter(|offset| *offset > 0);
            let whole = match from {
                Some(_) => format!("read on in the page on {host}"),
                None => format!("read the page on {host}"),
            };
            Some(Known { whole, short: "read the page" })
        }
        _ => None,
    }
}

/// "en.wikipedia.org" of an address that is written whole or without its scheme.
fn host(address: &str) -> Option<String> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    // Whatever else it is, it is read out whole.
    (!host.is_empty() && host.chars().all(plain)).then(|| host.trim_start_matches("www.").to_owned())
}
