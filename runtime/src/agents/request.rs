//! What may be sent to an agent: one message in words, within bounds. What is refused here has made no task.

use std::collections::HashMap;

use a2a::{A2AError, Message, PartContent, error_code};
use homepilot_gateway::a2a::DELEGATION;
use serde_json::Value;

/// Characters of one message.
pub const LONGEST_TEXT: usize = 4_000;
/// Parts of one message.
pub const MOST_PARTS: usize = 16;
/// Characters of a conversation's id.
pub const LONGEST_CONTEXT: usize = 128;
/// The words of a message.
///
/// # Errors
/// Names the part that is not understood, or the bound that is exceeded.
pub fn words(message: &Message) -> Result<String, A2AError> {
    if message.parts.len() > MOST_PARTS {
        let message = format!("a message has {} parts: send at most {MOST_PARTS}", message.parts.len());
        return Err(A2AError::invalid_params(message));
    }
    let mut words = Vec::new();
    for (number, part) in message.parts.iter().enumerate() {
        let number = number + 1;
        let refused = |what: String| {
            let message = format!("part {number} is {what}, which I don't understand: send text");
            A2AError::new(error_code::CONTENT_TYPE_NOT_SUPPORTED, message)
        };
        let named = || part.filename.as_deref().map(|name| format!(" {name:?}")).unwrap_or_default();
        match &part.content {
            PartContent::Text(_) if part.media_type.as_deref().is_some_and(|kind| !is_text(kind)) => {
                return Err(refused(format!("of type {}", part.media_type.as_deref().unwrap_or_default())));
            }
            PartContent::Text(text) => words.push(text.trim()),
            PartContent::Raw(_) => return Err(refused(format!("a file{}", named()))),
            PartContent::Url(_) => return Err(refused(format!("a linked file{}", named()))),
            PartContent::Data(_) => return Err(refused("data".to_owned())),
        }
    }
    let words = words.join("\n").trim().to_owned();
    let length = words.chars().count();
    if length == 0 {
        return Err(A2AError::invalid_params("the message has no words: send a part with text"));
    }
    if length > LONGEST_TEXT {
        let message = format!("the message has {length} characters: send at most {LONGEST_TEXT}");
        return Err(A2AError::invalid_params(message));
    }
    Ok(words)
}

fn is_text(kind: &str) -> bool {
    kind.is_empty() || kind.trim_start().to_ascii_lowercase().starts_with("text/")
}

/// Checks the id of a conversation that the caller chose.
///
/// # Errors
/// Says what it may be.
pub fn context(message: &Message) -> Result<(), A2AError> {
    let Some(context) = &message.context_id else { return Ok(()) };
    let fine = context.chars().count() <= LONGEST_CONTEXT && context.chars().all(|c| !c.is_control());
    if fine && !context.is_empty() {
        return Ok(());
    }
    let message = format!("a contextId has 1 to {LONGEST_CONTEXT} printable characters");
    Err(A2AError::invalid_params(message))
}

/// How often a request was passed on; 0 comes from a person's own program. A value that can't be read counts as too deep.
pub fn depth(message: &Message, request: Option<&HashMap<String, Value>>) -> u64 {
    let of = |metadata: Option<&HashMap<String, Value>>| {
        let delegation = metadata?.get(DELEGATION)?;
        // ProtoJSON carries every number as a float.
        let depth = delegation["depth"].as_f64().filter(|depth| (0.0..1e6).contains(depth));
        Some(depth.map_or(u64::MAX, |depth| depth.ceil() as u64))
    };
    of(message.metadata.as_ref()).max(of(request)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use a2a::{Part, Role};
    use homepilot_gateway::a2a::{DEEPEST, delegated};
    use serde_json::json;

    use super::*;

    fn said(parts: Vec<Part>) -> Result<String, A2AError> {
        words(&Message::new(Role::User, parts))
    }

    #[test]
    fn words_are_taken_and_anything_else_is_named() {
        assert_eq!(said(vec![Part::text(" buy "), Part::text("bread")]).unwrap(), "buy\nbread");
        assert_eq!(said(vec![Part::text("bread").with_media_type("text/markdown")]).unwrap(), "bread");
        let file = said(vec![Part::text("read"), Part::raw(vec![1]).with_filename("bill.pdf")]).unwrap_err();
        assert_eq!(file.code, error_code::CONTENT_TYPE_NOT_SUPPORTED);
        assert_eq!(file.message, "part 2 is a file \"bill.pdf\", which I don't understand: send text");
        assert!(said(vec![Part::url("http://x")]).unwrap_err().message.contains("linked file"));
        assert!(said(vec![Part::data(json!({}))]).unwrap_err().message.contains("data"));
        assert!(
            said(vec![Part::text("x").with_media_type("image/png")])
                .unwrap_err()
                .message
                .contains("image/png")
        );
    }

    #[test]
    fn bounds_are_said_with_their_numbers() {
        let long = said(vec![Part::text("x".repeat(LONGEST_TEXT + 1))]).unwrap_err();
        assert_eq!(long.message, "the message has 4001 characters: send at most 4000");
        assert!(said(vec![Part::text("x".repeat(LONGEST_TEXT))]).is_ok());
        assert!(said(vec![Part::text(" ")]).unwrap_err().message.contains("no words"));
        assert!(said(vec![]).is_err());
        assert!(said(vec![Part::text("x"); MOST_PARTS + 1]).unwrap_err().message.contains("at most 16"));
        let in_context = |id: &str| {
            let mut message = Message::new(Role::User, vec![]);
            message.context_id = Some(id.to_owned());
            context(&message).is_ok()
        };
        assert!(in_context("a") && in_context(&"é".repeat(LONGEST_CONTEXT)));
        assert!(!in_context("") && !in_context("a\nb") && !in_context(&"x".repeat(LONGEST_CONTEXT + 1)));
    }

    #[test]
    fn depth_is_carried_and_fails_closed() {
        let of = |metadata: Option<HashMap<String, Value>>| {
            let mut message = Message::new(Role::User, vec![]);
            message.metadata = metadata;
            depth(&message, None)
        };
        assert_eq!(of(None), 0);
        assert_eq!(of(Some(delegated(2))), 2);
        assert_eq!(depth(&Message::new(Role::User, vec![]), Some(&delegated(1))), 1);
        for odd in [json!({"depth": "2"}), json!({"depth": -1}), json!({"depth": null}), json!(3)] {
            let metadata = HashMap::from([(DELEGATION.to_owned(), odd)]);
            assert!(of(Some(metadata)) > DEEPEST);
        }
    }
}
