//! Markdown, code and tags: the words stay, the marks go.

use std::sync::LazyLock;

use regex::Regex;

static FENCE: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"(?s)(?:```|~~~).*?(?:```|~~~|$)"));
static TAG: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"</?[A-Za-z][^<>]{0,200}>|<!--(?s:.*?)-->"));
static LINK: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"!?\[([^\[\]\n]*)\]\([^()\s]*(?:\s+\x22[^\x22]*\x22)?\)"));
static AUTO_LINK: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"<((?:https?://|mailto:)[^<>\s]+)>"));
static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"\[([^\[\]\n]*)\]\[[^\[\]\n]*\]|\[\^?\d+\]"));
static RULE: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(r"(?m)^[ \t]*(?:(?:[-*_=][ \t]*){3,}|\|?(?:[ \t]*:?-{2,}:?[ \t]*\|?)+)$")
});
static LEAD: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"(?m)^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)+"));
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"(?m)^[ \t]*(\d{1,3})[.)][ \t]+"));
static EMPHASIS: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"\*+|~~+|`+|__+"));
static UNDERLINED: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"(^|[\s(\x22'])_([^_\n]+)_($|[\s)\x22'.,!?;:])"));
static CELL: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"(?m)^[ \t]*\||\|[ \t]*$"));

/// The words of `text` without its markup. A block of code is named, not read.
pub(super) fn strip(text: &str) -> String {
    let text = FENCE.replace_all(text, "\na piece of code\n");
    let text = LINK.replace_all(&text, "$1");
    let text = AUTO_LINK.replace_all(&text, "$1");
    let text = REFERENCE.replace_all(&text, "$1");
    let text = TAG.replace_all(&text, " ");
    let text = RULE.replace_all(&text, "");
    let text = LEAD.replace_all(&text, "");
    let text = NUMBERED.replace_all(&text, "$1: ");
    let text = UNDERLINED.replace_all(&text, "$1$2$3");
    let text = CELL.replace_all(&text, "");
    let text = text.replace('|', ", ");
    EMPHASIS.replace_all(&text, "").into_owned()
}
