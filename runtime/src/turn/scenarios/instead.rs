//! A correction of what was done and can't be changed: taken back, and made again.

use expect_test::expect;

use super::{DecidedBy, Input, Plan, StepState, Talk, call};

impl Talk {
    fn instead(&mut self) -> &mut Self {
        let tag = self.last.plan.expect("a plan");
        let (undo, call) = (call("cancel_reminder"), call("set_reminder"));
        self.step("instead", Input::Planned(tag, Ok(Plan::Instead { undo, call })))
    }

    /// Up to the question whether what was done is taken back, played.
    fn corrected() -> Self {
        let mut talk = Self::doing();
        talk.finished(StepState::Succeeded, "Done.").played();
        talk.say("no, make it six").instead().played().must_ask("a2").played();
        talk.log.clear();
        talk
    }
}

#[test]
fn it_is_taken_back_and_made_again_each_with_a_yes_of_its_own() {
    let mut talk = Talk::doing();
    talk.finished(StepState::Succeeded, "Done.").played().log.clear();
    talk.say("no, make it six").instead().played().must_ask("a2").played();
    talk.say("yes").granted(2, DecidedBy::Voice).finished(StepState::Succeeded, "Cancelled.");
    talk.played().must_ask("a3").played();
    talk.say("yes").granted(3, DecidedBy::Voice).finished(StepState::Succeeded, "It's set.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no, make it six"; plan "no, make it six" after ["remind me to call mom tomorrow at five", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Done."]; [Thinking]
        instead → speak "I can't change that, so I'd take it back and make it again."; judge cancel_reminder
        played → nothing
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "Cancelled."; judge set_reminder; [Thinking]
        played → nothing
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 3; [Doing]
        finished → outcome Succeeded; speak "It's set."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_no_to_the_first_leaves_everything_as_it_was() {
    Talk::corrected().say("no").played().check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no"; answer Deny by Voice; question closed Deny by Voice; not done; speak "Okay, I won't. Nothing was done. I didn't go on to make it again."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_first_that_fails_is_followed_by_nothing() {
    let mut talk = Talk::corrected();
    talk.say("yes").granted(2, DecidedBy::Voice).finished(StepState::Failed, "That didn't work.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Failed; speak "That didn't work. I didn't go on to make it again."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn an_unknown_first_is_followed_by_nothing() {
    let mut talk = Talk::corrected();
    talk.say("yes").granted(2, DecidedBy::Voice).finished(StepState::Unknown, "I don't know.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Unknown; speak "I don't know. I didn't go on to make it again."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_no_to_the_second_says_that_the_first_is_done() {
    let mut talk = Talk::corrected();
    talk.say("yes").granted(2, DecidedBy::Voice).finished(StepState::Succeeded, "Cancelled.");
    talk.played().must_ask("a3").played().say("no").played().check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "Cancelled."; judge set_reminder; [Thinking]
        played → nothing
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no"; answer Deny by Voice; question closed Deny by Voice; not done; speak "Okay, I left that out. What came before it is done."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn words_that_change_it_meanwhile_refuse_both_and_are_planned_anew() {
    let mut talk = Talk::corrected();
    talk.say("no, make it seven").plan("set_reminder").must_ask("a3").played();
    talk.say("yes").granted(2, DecidedBy::Voice).finished(StepState::Succeeded, "It's set.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no, make it seven"; answer Deny by Voice; question closed Deny by Voice; plan "no, make it seven" after ["remind me to call mom tomorrow at five", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Done.", "no, make it six", "I can't change that, so I'd take it back and make it again.", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "no, make it seven"]; [Thinking]
        plan → judge set_reminder
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "It's set."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn what_is_planned_instead_is_judged_with_its_own_arguments() {
    let mut talk = Talk::corrected();
    talk.say("yes").granted(2, DecidedBy::Voice);
    let mut out = Vec::new();
    let done = super::outcome(StepState::Succeeded, "Cancelled.");
    talk.machine.handle(talk.now, Input::StepFinished(talk.last.step.expect("a step"), done), &mut out);
    let judged = out.into_iter().find_map(|command| match command {
        super::Command::Judge { call, .. } => Some(call),
        _ => None,
    });
    assert_eq!(judged, Some(call("set_reminder")));
}
