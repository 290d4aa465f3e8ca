//! HTML of an email as text that can be read aloud: what is shown, in lines, without addresses of links and pictures.

use dom_smoothie::{Config, Readability};

use crate::web::markup;

/// The longest HTML that is taken apart, in bytes.
const LONGEST: usize = 512 * 1024;
/// What is not read: what nobody sees, and what only a program reads.
const UNREAD: &str = "head, title, script, style, noscript, template, svg, [hidden], [aria-hidden=\"true\"], \
    [style*=\"display:none\"], [style*=\"display: none\"], [style*=\"visibility:hidden\"], \
    [style*=\"visibility: hidden\"], [style*=\"font-size:0\"], [style*=\"mso-hide:all\"]";

/// The text of a page. What is too elaborate for a parser is stripped of its tags instead.
pub(super) fn text(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(LONGEST)];
    if markup::is_simple(html)
        && let Ok(page) = Readability::new(html, None, Some(Config::default()))
    {
        page.doc.select(UNREAD).remove();
        return page.doc.formatted_text().to_string();
    }
    mail_parser::decoders::html::html_to_text(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_and_nothing_else() {
        let html = "<html><head><title>Newsletter</title><style>p { color: red }</style></head><body>\
            <div style=\"display:none\">Preheader that nobody sees</div>\
            <h1>Hello&nbsp;Ada</h1><p>The <b>boiler</b> is\n mended.<br>Call <a href=\"https://x.org/?k=1\">us</a>.</p>\
            <ul><li>one</li><li>two</li></ul><img src=\"https://track.example/x.gif\" alt=\"\">\
            <script>steal()</script><table><tr><td>Sum</td><td>12 €</td></tr></table></body></html>";
        let text = text(html);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words, "Hello Ada The boiler is mended. Call us. one two Sum 12 €", "{text}");
        assert!(text.lines().count() > 4, "{text}");
    }

    #[test]
    fn what_would_keep_a_parser_busy_is_stripped() {
        let bomb = format!("<p>Hello</p>{}", "<div>".repeat(80_000));
        assert_eq!(text(&bomb).trim(), "Hello");
        assert!(text("<a href=\"x").trim().is_empty());
    }
}
