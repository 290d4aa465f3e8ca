//! "cancel that" is a request when something was done, and dismisses what is going on when nothing was.

use expect_test::expect;

use super::{StepState, Talk};

#[test]
fn cancel_that_is_planned_after_something_was_done() {
    let mut talk = Talk::doing();
    talk.finished(StepState::Succeeded, "Done.").played().log.clear();
    talk.say("cancel that").check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "cancel that"; plan "cancel that" after ["remind me to call mom tomorrow at five", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Done."]; [Thinking]
    "#]]);
}

#[test]
fn cancel_that_dismisses_when_nothing_was_done() {
    let mut talk = Talk::new();
    talk.say("cancel that").check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "cancel that"; speak "Okay."; [Speaking]
    "#]]);
    let mut denied = Talk::asked();
    denied.say("no").played().log.clear();
    denied.say("cancel that").check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "cancel that"; speak "Okay."; [Speaking]
    "#]]);
}
