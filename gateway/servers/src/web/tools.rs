//! What the tools say of themselves.

use rmcp::model::Tool;
use serde_json::json;

use super::guard::LONGEST_URL;
use super::output::{Page, Results};
use super::search::Freshness;
use crate::definition::{Definition, choice, integer, text};
use crate::serving::{Effect, ToolName};

/// The longest query, in characters; Tavily takes no more.
pub(super) const LONGEST_QUERY: usize = 400;
/// Finds that can be asked for at most.
pub(super) const MOST_FINDS: i64 = 10;
/// Finds if no number is given.
pub(super) const USUAL_FINDS: i64 = 5;
/// The largest offset in an article, in characters.
pub(super) const LARGEST_OFFSET: i64 = 5 * 1024 * 1024;

/// A tool of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    WebSearch,
    ReadPage,
}

impl ToolName for Name {
    const ALL: &'static [Name] = &[Name::WebSearch, Name::ReadPage];

    fn name(self) -> &'static str {
        match self {
            Name::WebSearch => "web_search",
            Name::ReadPage => "read_page",
        }
    }

    fn effect(self) -> Effect {
        match self {
            Name::WebSearch | Name::ReadPage => Effect::Read,
        }
    }

    fn describe(self) -> Tool {
        let definition = Definition {
            name: self.name(),
            title: "",
            description: "",
            properties: json!({}),
            required: &[],
            effect: self.effect(),
            idempotent: true,
            open_world: true,
        };
        match self {
            Name::WebSearch => Definition {
                title: "Search the web",
                description: "Search the internet. Use it for \"search the web for …\", \"look up … online\" and for news, prices and \
                              facts that may have changed. It does not search the user's own documents or mail.",
                properties: json!({
                    "query": text("What to search for, in a few words.", LONGEST_QUERY, &["opening hours of the Louvre", "latest Rust release"]),
                    "freshness": choice("How old the pages may be. Leave it out unless the user asks for something recent.", &Freshness::NAMES),
                    "count": integer("How many results.", (1, MOST_FINDS), USUAL_FINDS),
                }),
                required: &["query"],
                ..definition
            }
            .tool::<Results>(),
            Name::ReadPage => Definition {
                title: "Read a web page",
                description: "Read the article on one web page whose address is known, from the user or from web_search. Use it for \
                              \"read me that article\" and \"what does example.com/page say\".",
                properties: json!({
                    "url": text("The page's address.", LONGEST_URL, &["https://en.wikipedia.org/wiki/Rust", "example.com/news"]),
                    "offset": integer("Where to go on in a long article: next_offset of the answer before.", (0, LARGEST_OFFSET), 0),
                }),
                required: &["url"],
                ..definition
            }
            .tool::<Page>(),
        }
    }
}
