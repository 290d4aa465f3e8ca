//! Web pages: the article without what stands around it, or everything when no article is found.

use dom_smoothie::{Config, ParsePolicy, Readability, TextMode};

use super::blocks::{Blocks, Reading};
use super::{ReadError, markdown};

/// The most elements of a page.
const MOST_ELEMENTS: usize = 200_000;

pub(super) fn read(text: &str) -> Result<Reading, ReadError> {
    let page = |policy: ParsePolicy, char_threshold: usize| {
        let config = Config {
            max_elements_to_parse: MOST_ELEMENTS,
            char_threshold,
            text_mode: TextMode::Markdown,
            ..Config::default()
        };
        Readability::new(text, None, Some(config)).and_then(|mut page| page.parse_with_policy(policy))
    };
    let usual = Config::default().char_threshold;
    let article = page(ParsePolicy::Strict, usual)
        .or_else(|_| page(ParsePolicy::Raw, 1))
        .map_err(|error| ReadError::Damaged(error.to_string()))?;
    let mut blocks = Blocks::default();
    blocks.title(&article.title);
    markdown::into(&article.text_content, &mut blocks)?;
    Ok(blocks.finish())
}
