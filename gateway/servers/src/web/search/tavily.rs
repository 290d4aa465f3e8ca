//! Tavily's search API: <https://docs.tavily.com/documentation/api-reference/endpoint/search>.

use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{Query, SafeSearch, SearchError, ask, below, found};
use crate::web::output::{Found, Provider};
use crate::web::published;

#[derive(Deserialize)]
struct Answer {
    results: Vec<Find>,
}

#[derive(Deserialize)]
struct Find {
    url: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    content: Option<String>,
    /// RFC 2822; only news have it.
    #[serde(default)]
    published_date: Option<String>,
}

pub(super) async fn search(
    http: &reqwest::Client,
    url: &Url,
    key: &SecretString,
    query: &Query,
) -> Result<Vec<Found>, SearchError> {
    let mut asked = json!({
        "query": query.text,
        "max_results": query.count,
        "search_depth": "basic",
        "include_answer": false,
        "include_images": false,
        "include_raw_content": false,
    });
    if let Some(freshness) = query.freshness.wire() {
        asked["time_range"] = json!(freshness);
    }
    // Other plans refuse a request that has it.
    if query.safe == SafeSearch::Strict {
        asked["safe_search"] = json!(true);
    }
    let request = http.post(below(url, "search")).bearer_auth(key.expose_secret()).json(&asked);
    let answer: Answer = ask(Provider::Tavily, url, request, refusal).await?;
    let read = |find: Find| {
        let published = find.published_date.and_then(|written| published::day(&written));
        found(&find.url, &find.title.unwrap_or_default(), &find.content.unwrap_or_default(), published)
    };
    Ok(answer.results.into_iter().filter_map(read).collect())
}

fn refusal(status: StatusCode) -> Option<SearchError> {
    let provider = Provider::Tavily;
    let status = status.as_u16();
    match status {
        401 => Some(SearchError::Key),
        403 => Some(SearchError::Forbidden { provider, status, hint: "the key's plan does not include it" }),
        429 => Some(SearchError::TooMany { provider, status, hint: "try again in a minute" }),
        // Tavily's own: the plan's limit, and the limit of paying as one goes.
        432 | 433 => Some(SearchError::TooMany {
            provider,
            status,
            hint: "the plan's searches are used up, raise its limit at tavily.com",
        }),
        _ => None,
    }
}
