//! The article of a page: its own text without menus, advertisements and scripts, and what the page says of it.

use dom_smoothie::{Config, Metadata, Readability, TextMode};
use url::Url;

use super::fetch::{FetchError, Fetched, Media};
use super::{markup, plain, published};

/// Elements within elements; browsers stop at the same number.
const DEEPEST: usize = 512;
/// The longest title, in characters.
const LONGEST_TITLE: usize = 300;
/// The longest name of an author or a site, in characters.
const LONGEST_NAME: usize = 120;
/// The longest excerpt, in characters.
const LONGEST_EXCERPT: usize = 400;
/// The longest name of a language, in characters.
const LONGEST_LANGUAGE: usize = 20;
/// What a page shows without saying something.
const NO_TEXT: &str = "script, style, noscript, template, svg, nav, form, footer";

/// What was read.
#[derive(Debug)]
pub(super) struct Article {
    pub url: Url,
    pub title: String,
    pub byline: Option<String>,
    pub site: Option<String>,
    pub published: Option<String>,
    pub language: Option<String>,
    pub excerpt: Option<String>,
    /// One paragraph a line; never empty.
    pub text: String,
}

/// Why a page that was fetched has no article.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArticleError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the page is too elaborate to be read: try another one")]
    Elaborate,
    #[error("the page has no text that can be read: it may need a browser or a login")]
    Empty,
}

/// Unpacks a page and takes it apart; seconds of work for the largest.
pub(super) fn extract(fetched: Fetched) -> Result<Article, ArticleError> {
    let (url, media) = (fetched.url.clone(), fetched.media);
    let text = fetched.text()?;
    let article = match media {
        Media::Html => from_html(&text, url)?,
        Media::Plain => Article {
            title: file_name(&url),
            url,
            byline: None,
            site: None,
            published: None,
            language: None,
            excerpt: None,
            text: plain::paragraphs(&text),
        },
    };
    if article.text.is_empty() { Err(ArticleError::Empty) } else { Ok(article) }
}

fn from_html(html: &str, url: Url) -> Result<Article, ArticleError> {
    if !markup::is_simple(html) {
        return Err(ArticleError::Elaborate);
    }
    let config = Config { text_mode: TextMode::Formatted, ..Config::default() };
    let parsed = || Readability::new(html, None, Some(config.clone())).map_err(|_| ArticleError::Elaborate);
    let mut page = parsed()?;
    if is_deep(&page) {
        return Err(ArticleError::Elaborate);
    }
    let (said, text) = match page.parse() {
        Ok(read) => {
            let said = Metadata {
                title: read.title,
                byline: read.byline,
                excerpt: read.excerpt,
                site_name: read.site_name,
                published_time: read.published_time,
                lang: read.lang,
                ..Metadata::default()
            };
            (said, plain::paragraphs(&read.text_content))
        }
        // A page without an article, like a list of links, is read as a whole.
        Err(_) => {
            let page = parsed()?;
            page.doc.select(NO_TEXT).remove();
            let text = page.doc.body().map(|body| plain::paragraphs(&body.formatted_text()));
            (page.get_article_metadata(None), text.unwrap_or_default())
        }
    };
    let line = |text: Option<String>, longest| {
        text.map(|text| plain::line(&text, longest)).filter(|text| !text.is_empty())
    };
    Ok(Article {
        title: line(Some(said.title), LONGEST_TITLE).unwrap_or_else(|| host(&url)),
        byline: line(said.byline, LONGEST_NAME),
        site: line(said.site_name, LONGEST_NAME),
        published: said.published_time.and_then(|written| published::day(&written)),
        language: line(said.lang, LONGEST_LANGUAGE),
        excerpt: line(said.excerpt, LONGEST_EXCERPT),
        text,
        url,
    })
}

/// Whether elements lie deeper within each other than in any page for people.
fn is_deep(page: &Readability) -> bool {
    let mut open = vec![(page.doc.root(), 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > DEEPEST {
            return true;
        }
        open.extend(node.children_it(false).map(|child| (child, depth + 1)));
    }
    false
}

/// The last part of an address's path in words, or its host.
fn file_name(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).filter(|name| !name.is_empty());
    last.map_or_else(|| host(url), |name| plain::line(&name.replace(['-', '_'], " "), LONGEST_TITLE))
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}
