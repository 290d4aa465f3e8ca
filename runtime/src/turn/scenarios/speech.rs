//! Speech that is cut, joined or told to stop.

use expect_test::expect;

use super::{Input, Plan, StepState, Talk};

#[test]
fn a_voice_stops_speech() {
    let mut talk = Talk::new();
    talk.say("how is the weather");
    let tag = talk.last.plan.expect("a plan");
    talk.step("respond", Input::Planned(tag, Ok(Plan::Respond)))
        .wait(1)
        .voice()
        .cut("It is sunny.")
        .utterance();
    talk.text("and tomorrow", 0.9);
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "how is the weather"; plan "how is the weather" after []; [Thinking]
        respond → converse "how is the weather"; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "and tomorrow"; let go; plan "and tomorrow" after ["how is the weather", "It is sunny."]; [Thinking]
    "#]]);
}

#[test]
fn a_noise_has_a_sentence_go_on() {
    let mut talk = Talk::doing();
    talk.finished(StepState::Unknown, "I don't know whether that was done.");
    talk.voice()
        .cut("")
        .step("false start", Input::FalseStart)
        .voice()
        .cut("")
        .step("false start", Input::FalseStart);
    talk.check(expect![[r#"
        finished → outcome Unknown; speak "I don't know whether that was done."; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        false start → go on; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        false start → go on; [Speaking]
    "#]]);
}

#[test]
fn what_is_added_while_thinking_is_planned_together() {
    let mut talk = Talk::new();
    talk.say("remind me to call mom").say("tomorrow at five").plan("set_reminder");
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "remind me to call mom"; plan "remind me to call mom" after []; [Thinking]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "tomorrow at five"; stop thinking; plan "remind me to call mom tomorrow at five" after ["remind me to call mom"]; [Thinking]
        plan → judge set_reminder
    "#]]);
}

#[test]
fn stop_said_to_speech_means_silence() {
    let mut talk = Talk::doing();
    talk.finished(StepState::Succeeded, "Done.").say("stop").cut("Do").say("never mind");
    talk.check(expect![[r#"
        finished → outcome Succeeded; speak "Done."; [Speaking]
        voice → hold; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "stop"; let go; [Idle]
        cut → nothing
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "never mind"; speak "Okay."; [Speaking]
    "#]]);
}

#[test]
fn stop_said_to_an_answer_means_silence_too() {
    let mut talk = Talk::new();
    talk.say("how is the weather");
    let tag = talk.last.plan.expect("a plan");
    talk.step("respond", Input::Planned(tag, Ok(Plan::Respond)));
    talk.log.clear();
    talk.wait(1).voice().cut("It is").utterance().text("stop", 0.9).check(expect![[r#"
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "stop"; let go; [Idle]
    "#]]);
}
