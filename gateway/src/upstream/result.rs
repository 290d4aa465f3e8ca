//! What a tool answered: kept as it came within a size, and read for people.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde::Serialize;
use serde_json::Value;

use crate::capability::Tool;
use crate::plain_text;

/// The most one whole result keeps, binary content included.
pub(super) const MAX_RESULT: usize = 4 * 1024 * 1024;
/// The most text, and the most structured content, that is shown or given to a model.
const MAX_SHOWN: usize = 256 * 1024;
/// Characters of the type or the address of what was left out.
const MAX_NAMED: usize = 200;

/// The answer for people and the answer for programs.
pub(crate) fn shown(result: &CallToolResult) -> (String, Option<Value>) {
    let mut text = result.content.iter().map(block).collect::<Vec<_>>().join("\n");
    // Servers should repeat structured content as text; where they don't, it is the text.
    if text.is_empty()
        && let Some(structured) = &result.structured_content
    {
        text = structured.to_string();
    }
    let structured = result.structured_content.clone().filter(|value| size(value) <= MAX_SHOWN);
    (capped(plain_text::answer(&text), MAX_SHOWN), structured)
}

/// Cuts what exceeds [`MAX_RESULT`] and says so in its place.
pub(super) fn bounded(mut result: CallToolResult) -> CallToolResult {
    if size(&result) <= MAX_RESULT {
        return result;
    }
    let mut room = MAX_RESULT;
    let too_large = |what: &str, bytes: usize| {
        format!("[{what} of {bytes} bytes was left out: the whole result may have {MAX_RESULT}]")
    };
    let mut note = None;
    if let Some(structured) = &result.structured_content {
        let bytes = size(structured);
        if bytes > room {
            note = Some(too_large("structured content", bytes));
            result.structured_content = None;
        } else {
            room -= bytes;
        }
    }
    if let Some(meta) = &result.meta {
        let bytes = size(meta);
        if bytes > room {
            result.meta = None;
        } else {
            room -= bytes;
        }
    }
    let mut kept = Vec::new();
    for content in result.content {
        let bytes = size(&content);
        if bytes <= room {
            room -= bytes;
            kept.push(content);
            continue;
        }
        // What stands beside a content that is cut, such as its annotations, may be what is too large.
        let cut = match content {
            ContentBlock::Text(text) => {
                let text = ContentBlock::text(capped(text.text, room));
                room = 0;
                text
            }
            other => {
                let name: String = block(&other).trim_matches(['[', ']']).chars().take(MAX_NAMED).collect();
                ContentBlock::text(too_large(&name, bytes))
            }
        };
        room = room.saturating_sub(size(&cut));
        kept.push(cut);
        // What follows the cut would read as if it were whole.
        if room == 0 {
            break;
        }
    }
    kept.extend(note.map(ContentBlock::text));
    result.content = kept;
    result
}

/// Takes structured content away that does not fit the tool's own schema, for programs rely on it, and says so.
pub(super) fn fitting(tool: &Tool, mut result: CallToolResult) -> CallToolResult {
    let (Some(schema), Some(structured)) = (&tool.raw.output_schema, &result.structured_content) else {
        return result;
    };
    if let Err(mismatch) = tool.output.check(schema, structured) {
        let place = if mismatch.place.is_empty() { "it".to_owned() } else { format!("{:?}", mismatch.place) };
        let note = format!(
            "[the call was made, but its structured result does not fit the tool's own schema and was left out: {place} {}]",
            mismatch.problem
        );
        result.structured_content = None;
        result.content.push(ContentBlock::text(note));
    }
    result
}

fn block(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => format!("[an image, {}]", image.mime_type),
        ContentBlock::Audio(audio) => format!("[a recording, {}]", audio.mime_type),
        ContentBlock::Resource(resource) => match &resource.resource {
            ResourceContents::TextResourceContents { text, .. } => text.clone(),
            ResourceContents::BlobResourceContents { uri, .. } => format!("[a file, {uri}]"),
            _ => "[something this version can't show]".to_owned(),
        },
        ContentBlock::ResourceLink(link) => format!("[a link, {}]", link.uri),
        _ => "[something this version can't show]".to_owned(),
    }
}

fn capped(mut text: String, limit: usize) -> String {
    let whole = text.len();
    if whole > limit {
        text.truncate(text.floor_char_boundary(limit));
        text.push_str(&format!("\n[cut here: the whole result is {whole} bytes, the limit is {limit}]"));
    }
    text
}

/// Bytes as JSON, without making it.
fn size(value: &impl Serialize) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // What can't be written as JSON can't be kept either.
    if serde_json::to_writer(&mut count, value).is_ok() { count.0 } else { usize::MAX }
}

#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(value: Value) -> CallToolResult {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn results_for_people() {
        let mixed = json!({"content": [{"type": "text", "text": "a\u{202e}"}, {"type": "image", "data": "", "mimeType": "image/png"}]});
        assert_eq!(shown(&result(mixed)), ("a\n[an image, image/png]".to_owned(), None));
        let structured = result(json!({"content": [], "structuredContent": {"a": 1}}));
        assert_eq!(shown(&structured), ("{\"a\":1}".to_owned(), Some(json!({"a": 1}))));
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let (text, _) = shown(&result(json!({"content": [{"type": "text", "text": "é".repeat(200_000)}]})));
        assert!(text.ends_with("[cut here: the whole result is 400000 bytes, the limit is 262144]"));
        assert!(text.len() < 262_144 + 100);
    }

    #[test]
    fn a_result_within_the_limit_stays_as_it_is() {
        let image = result(json!({"content": [
            {"type": "image", "data": "A".repeat(3_000_000), "mimeType": "image/png"}, {"type": "text", "text": "x"}
        ]}));
        assert_eq!(bounded(image.clone()), image);
    }

    #[test]
    fn a_result_has_to_fit_the_tools_schema() {
        let tool = json!({"name": "t", "inputSchema": {"type": "object"}, "outputSchema":
            {"type": "object", "properties": {"degrees": {"type": "number"}}, "required": ["degrees"]}});
        let tool = Tool::read("t".parse().unwrap(), serde_json::from_value(tool).unwrap());
        let good = result(json!({"content": [], "structuredContent": {"degrees": 21.5}}));
        assert_eq!(fitting(&tool, good.clone()), good);
        let bad = fitting(&tool, result(json!({"content": [], "structuredContent": {"degrees": "warm"}})));
        assert_eq!(
            shown(&bad),
            (
                "[the call was made, but its structured result does not fit the tool's own schema and was left out: \
                 \"degrees\" must be number, not string]"
                    .to_owned(),
                None
            )
        );
    }

    #[test]
    fn what_is_too_large_is_named() {
        let large = bounded(result(json!({
            "content": [
                {"type": "text", "text": "first"},
                {"type": "image", "data": "A".repeat(5_000_000), "mimeType": "image/png"},
                {"type": "text", "text": "last"},
            ],
            "structuredContent": {"a": "x".repeat(5_000_000)},
        })));
        assert_eq!(large.structured_content, None);
        let texts: Vec<String> = large.content.iter().map(block).collect();
        assert_eq!(texts.len(), 4, "{texts:?}");
        assert!(texts[1].starts_with("[an image, image/png of 5000049 bytes was left out"), "{}", texts[1]);
        assert!(texts[3].starts_with("[structured content of 5000008 bytes was left out"), "{}", texts[3]);
        assert!(size(&bounded(large)) < MAX_RESULT);
    }
}
