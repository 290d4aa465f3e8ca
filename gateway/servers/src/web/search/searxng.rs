//! SearXNG's JSON API (and searx's, which it comes from): <https://docs.searxng.org/dev/search_api.html>.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{Query, SafeSearch, SearchError, ask, below, found};
use crate::web::output::{Found, Provider};
use crate::web::{plain, published};

#[derive(Deserialize)]
struct Answer {
    results: Vec<Find>,
    /// Engines that did not answer, each with the reason.
    #[serde(default)]
    unresponsive_engines: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
struct Find {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    content: Option<String>,
    /// ISO 8601 with SearXNG, words of the instance's language with searx.
    #[serde(default, rename = "publishedDate")]
    published: Option<String>,
    /// Searx's date for programs.
    #[serde(default, rename = "pubdate")]
    published_at: Option<String>,
}

pub(super) async fn search(
    http: &reqwest::Client,
    url: &Url,
    query: &Query,
) -> Result<Vec<Found>, SearchError> {
    let mut asked = below(url, "search");
    {
        let mut asked = asked.query_pairs_mut();
        asked.append_pair("q", &query.text).append_pair("format", "json").append_pair(
            "safesearch",
            match query.safe {
                SafeSearch::Off => "0",
                SafeSearch::Moderate => "1",
                SafeSearch::Strict => "2",
            },
        );
        if let Some(freshness) = query.freshness.wire() {
            asked.append_pair("time_range", freshness);
        }
        if let Some(language) = &query.language {
            asked.append_pair("language", language);
        }
    }
    let answer: Answer = ask(Provider::Searxng, url, http.get(asked), refusal).await?;
    if answer.results.is_empty() && !answer.unresponsive_engines.is_empty() {
        return Err(SearchError::NoEngine(silent(&answer.unresponsive_engines)));
    }
    let read = |find: Find| {
        let published = find.published_at.or(find.published).and_then(|written| published::day(&written));
        found(&find.url?, &find.title.unwrap_or_default(), &find.content.unwrap_or_default(), published)
    };
    Ok(answer.results.into_iter().filter_map(read).collect())
}

fn refusal(status: StatusCode) -> Option<SearchError> {
    match status.as_u16() {
        401 => Some(SearchError::Login),
        403 => Some(SearchError::JsonIsOff),
        429 => Some(SearchError::TooMany {
            provider: Provider::Searxng,
            status: 429,
            hint: "let this machine past its limiter, or try again in a while",
        }),
        _ => None,
    }
}

/// "duckduckgo: timeout, brave: too many requests".
fn silent(engines: &[Vec<Value>]) -> String {
    let named = engines.iter().take(3).map(|engine| {
        let words: Vec<_> = engine.iter().take(2).filter_map(Value::as_str).collect();
        plain::line(&words.join(": "), 60)
    });
    named.collect::<Vec<_>>().join(", ")
}
