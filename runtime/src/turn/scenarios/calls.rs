//! Calls under way, and those that are not made.

use expect_test::expect;

use super::{Cancel, DecidedBy, HearingFault, Input, Judgement, PlanFault, StepState, Talk, call};

#[test]
fn speech_never_stops_an_execution_and_waits_for_it() {
    let mut talk = Talk::doing();
    talk.say("what time is it").say("and where am I").finished(StepState::Succeeded, "Done.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "what time is it"; speak "I'm still working on that. I'll come to it next."; [Doing]
        voice → hush; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "and where am I"; notice busy; speak "I'm still working on that. Please ask me again when I'm done."; [Doing]
        finished → outcome Succeeded; speak "Done."; [Speaking]
        played → plan "what time is it" after ["remind me to call mom tomorrow at five", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Done."]; [Thinking]
    "#]]);
}

#[test]
fn an_explicit_cancel_stops_an_execution_and_its_outcome_is_told() {
    let mut talk = Talk::doing();
    talk.say("cancel that").step("response.cancel", Input::Cancel(Cancel::Reply));
    talk.step("escape", Input::Cancel(Cancel::Everything(DecidedBy::Screen)));
    talk.finished(StepState::Unknown, "I don't know whether that was done.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "cancel that"; cancel execution; speak "I'm trying to stop it."; [Doing]
        response.cancel → hush
        escape → cancel execution; notice cancelling
        finished → outcome Unknown; speak "I don't know whether that was done."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_result_waits_while_the_person_speaks() {
    let mut talk = Talk::new();
    talk.say("show my tasks").plan("list_tasks").voice().allowed(1).utterance().text("no stop", 0.9);
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "show my tasks"; plan "show my tasks" after []; [Thinking]
        plan → judge list_tasks
        voice → [Listening]
        allowed → nothing
        utterance → transcribe; [Hearing]
        text → heard "no stop"; stop thinking; speak "Okay, I stopped. Nothing was done."; discard 1; [Speaking]
    "#]]);
}

#[test]
fn what_comes_before_the_models_is_told_when_they_come() {
    let mut talk = Talk::new();
    talk.say("hello");
    let tag = talk.last.plan.expect("a plan");
    talk.step("too early", Input::Planned(tag, Err(PlanFault::NotYet("I think in a minute.".to_owned()))))
        .played()
        .voice()
        .utterance();
    let tag = talk.last.clip.expect("a clip");
    let fault = HearingFault::NotYet("I hear in a minute.".to_owned());
    talk.step("too early", Input::Transcribed(tag, Err(fault))).played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "hello"; plan "hello" after []; [Thinking]
        too early → speak "I think in a minute."; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        too early → speak "I hear in a minute."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn what_broke_off_is_said_and_asked_for_once_more() {
    let mut talk = Talk::new();
    talk.say("hello");
    let tag = talk.last.plan.expect("a plan");
    talk.step("broke", Input::Planned(tag, Err(PlanFault::BrokeOff("it panicked".to_owned()))))
        .played()
        .voice()
        .utterance();
    let tag = talk.last.clip.expect("a clip");
    let fault = HearingFault::BrokeOff("it panicked".to_owned());
    talk.step("broke", Input::Transcribed(tag, Err(fault))).played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "hello"; plan "hello" after []; [Thinking]
        broke → speak "My thinking broke off and was started again, so nothing was done. Please ask me once more."; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        broke → speak "My hearing broke off and was started again. Please say that once more."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_refusal_and_faults_are_said() {
    let mut talk = Talk::new();
    talk.say("send it").plan("send_email");
    let tag = talk.last.judge.expect("a judgement");
    let refused = Judgement::Refused { call: call("send_email"), say: "I may only read.".to_owned() };
    talk.step("refused", Input::Judged(tag, refused)).played().say("hello");
    let tag = talk.last.plan.expect("a plan");
    talk.step("fault", Input::Planned(tag, Err(PlanFault::Broken("engine died".to_owned()))))
        .played()
        .voice()
        .utterance();
    let tag = talk.last.clip.expect("a clip");
    talk.step("fault", Input::Transcribed(tag, Err(HearingFault::Broken("engine died".to_owned())))).played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "send it"; plan "send it" after []; [Thinking]
        plan → judge send_email
        refused → not done; speak "I may only read."; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "hello"; plan "hello" after ["send it", "I may only read."]; [Thinking]
        fault → notice planning_failed; speak "Sorry, I couldn't work that out, so nothing was done. Please try again."; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        fault → notice hearing_failed; speak "Sorry, I couldn't make that out. Please say it again."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn an_execution_without_word_is_unknown() {
    Talk::doing().silence().played().silence().check(expect![[r#"
        silence → acknowledge "One moment."
        played → nothing
        silence → outcome Unknown; speak "I haven't heard back, so I don't know whether it was done. Please check before you try again."; [Speaking]
    "#]]);
}
