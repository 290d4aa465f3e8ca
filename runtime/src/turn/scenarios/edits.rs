//! Changes of a call that waits for its yes.

use expect_test::expect;

use super::{DecidedBy, Input, Plan, Talk, ask};

#[test]
fn an_edit_is_a_new_question() {
    let mut talk = Talk::asked();
    talk.say("no, make it six")
        .plan("set_reminder")
        .must_ask("a2")
        .played()
        .say("yes")
        .granted(2, DecidedBy::Voice);
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no, make it six"; answer Deny by Voice; question closed Deny by Voice; plan "make it six" editing set_reminder after ["remind me to call mom tomorrow at five", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "no, make it six"]; [Thinking]
        plan → judge set_reminder
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
    "#]]);
}

#[test]
fn arguments_changed_elsewhere_are_asked_about_anew() {
    let mut talk = Talk::asked();
    talk.edited("a2").played().say("yes").granted(2, DecidedBy::Voice);
    talk.check(expect![[r#"
        edited → question closed Deny by Screen; question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
    "#]]);
}

#[test]
fn an_edit_that_is_no_call_does_nothing() {
    let mut talk = Talk::asked();
    talk.say("no, make it six");
    let tag = talk.last.plan.expect("a plan");
    talk.step("respond", Input::Planned(tag, Ok(Plan::Respond)));
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no, make it six"; answer Deny by Voice; question closed Deny by Voice; plan "make it six" editing set_reminder after ["remind me to call mom tomorrow at five", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "no, make it six"]; [Thinking]
        respond → speak "I didn't get what to change, so nothing was done. Please ask me again."; [Speaking]
    "#]]);
}

#[test]
fn a_missing_argument_of_an_edit_goes_on_with_the_edit() {
    let mut talk = Talk::asked();
    talk.say("no, change the time");
    let tag = talk.last.plan.expect("a plan");
    talk.step("ask", Input::Planned(tag, Ok(ask("To when?")))).played().say("six");
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no, change the time"; answer Deny by Voice; question closed Deny by Voice; plan "change the time" editing set_reminder after ["remind me to call mom tomorrow at five", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "no, change the time"]; [Thinking]
        ask → speak "To when?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "six"; plan "six" editing set_reminder after ["remind me to call mom tomorrow at five", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "no, change the time", "To when?"]; [Thinking]
    "#]]);
}
