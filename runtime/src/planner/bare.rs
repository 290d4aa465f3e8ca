//! A reply when nothing was asked: "yes", "cancel", "say that again". Never a call, whatever a model makes of it.

use super::{Conversation, Speaker};

/// One of these has to be there.
const REPLIES: &[&str] = &[
    "again", "cancel", "correct", "maybe", "mind", "nah", "no", "nope", "ok", "okay", "pardon", "perhaps",
    "repeat", "right", "stop", "sure", "wrong", "yeah", "yep", "yes", "yup",
];
/// These may stand around it.
const FILLERS: &[&str] = &[
    "a", "all", "can", "come", "could", "did", "it", "just", "me", "never", "not", "now", "of", "oh", "one",
    "please", "say", "said", "so", "sorry", "thank", "thanks", "that", "that's", "thats", "the", "then",
    "this", "to", "um", "well", "what", "would", "you", "is", "i", "last", "thing", "time",
];

/// Whether the utterance is such a reply and nothing is there that it could answer.
pub(super) fn is_bare(conversation: &Conversation) -> bool {
    let asked = conversation
        .earlier
        .last()
        .is_some_and(|line| line.speaker == Speaker::Persona && line.text.trim_end().ends_with('?'));
    let pending = asked
        || conversation.asked.is_some()
        || conversation.editing.is_some()
        || !conversation.past.is_empty();
    !pending && is_reply(&conversation.utterance)
}

fn is_reply(utterance: &str) -> bool {
    let lower = utterance.to_lowercase().replace('\u{2019}', "'");
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    words.iter().any(|word| REPLIES.contains(word))
        && words.iter().all(|word| REPLIES.contains(word) || FILLERS.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::{Asked, Line};

    #[test]
    fn a_reply_to_nothing_is_told_from_a_request() {
        for reply in
            ["Yes.", "no no", "okay sure", "never mind", "could you say that again please", "cancel that"]
        {
            assert!(is_bare(&Conversation::of(reply)), "{reply}");
        }
        for request in
            ["", "cancel my alarm", "what time is it", "stop the music", "yes to the invitation", "thanks"]
        {
            assert!(!is_bare(&Conversation::of(request)), "{request}");
        }
    }

    #[test]
    fn a_reply_to_a_question_is_an_answer() {
        let asked = Asked { request: "set an alarm".into(), question: "For seven?".into(), draft: None };
        assert!(!is_bare(&Conversation { asked: Some(asked), ..Conversation::of("yes") }));
        let line = Line { speaker: Speaker::Persona, text: "Shall I look it up?".into() };
        assert!(!is_bare(&Conversation { earlier: vec![line], ..Conversation::of("yes") }));
    }
}
