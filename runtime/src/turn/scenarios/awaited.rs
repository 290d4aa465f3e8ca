//! What the ear is told before it listens.

use super::Talk;
use crate::turn::{Awaiting, ClipId, Command, Input, Utterance};

#[test]
fn a_reply_is_listened_for_while_a_question_is_open_and_only_then() {
    for (name, mut talk, expected) in [
        ("at rest", Talk::new(), Awaiting::Words),
        ("asked", Talk::asked(), Awaiting::Reply),
        ("doing", Talk::doing(), Awaiting::Words),
    ] {
        let mut out = Vec::new();
        let utterance = Utterance::Spoken { clip: ClipId(1), started: talk.now };
        talk.machine.handle(talk.now, Input::UtteranceEnded(utterance), &mut out);
        let awaited = out.iter().find_map(|command| match command {
            Command::Transcribe { awaited, .. } => Some(*awaited),
            _ => None,
        });
        assert_eq!(awaited, Some(expected), "{name}");
    }
}
