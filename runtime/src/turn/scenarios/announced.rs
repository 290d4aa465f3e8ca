//! Announcements among everything else.

use expect_test::expect;

use super::{Cancel, DecidedBy, HearingFault, Input, Plan, Played, StepState, Talk, Utterance, ask};
use crate::turn::{Announcement, AnnouncementId, MAX_ANNOUNCEMENTS};

impl Talk {
    fn due(&mut self, id: u64) -> &mut Self {
        let text = format!("Reminder: number {id}.");
        self.step("due", Input::Announce(Announcement { id: AnnouncementId(id), text }))
    }

    fn asks(&mut self, question: &str) -> &mut Self {
        let tag = self.last.plan.expect("a plan");
        self.step("ask", Input::Planned(tag, Ok(ask(question))))
    }
}

#[test]
fn at_rest_it_is_said_at_once_and_is_heard_history() {
    Talk::new().due(1).played().say("what was that").check(expect![[r#"
        due → announce "Reminder: number 1."; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "what was that"; plan "what was that" after ["Reminder: number 1."]; [Thinking]
    "#]]);
}

#[test]
fn it_waits_for_the_end_of_the_turn() {
    let mut talk = Talk::doing();
    talk.due(1).due(2).finished(StepState::Succeeded, "Done.").due(3).played().played().played().played();
    talk.check(expect![[r#"
        due → nothing
        due → nothing
        finished → outcome Succeeded; speak "Done."; [Speaking]
        due → nothing
        played → announce "Reminder: number 1."
        played → announce "Reminder: number 2."
        played → announce "Reminder: number 3."
        played → [Idle]
    "#]]);
}

#[test]
fn it_waits_for_the_answer_to_a_question_and_is_no_answer() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").due(1).must_ask("a1").due(2).played();
    talk.log.clear();
    talk.due(3).say("yes").granted(1, DecidedBy::Voice).finished(StepState::Succeeded, "Done.").played();
    talk.check(expect![[r#"
        due → nothing
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 1; [Doing]
        finished → outcome Succeeded; speak "Done."; [Speaking]
        played → announce "Reminder: number 1."
    "#]]);
}

#[test]
fn a_question_that_runs_out_is_told_first() {
    let mut talk = Talk::asked();
    talk.due(1).silence().played().played().check(expect![[r#"
        due → nothing
        silence → answer Deny by Timeout; question closed Deny by Timeout; not done; speak "I didn't hear a yes, so I did nothing."; [Speaking]
        played → announce "Reminder: number 1."
        played → [Idle]
    "#]]);
}

#[test]
fn a_question_in_words_keeps_the_floor_for_its_answer() {
    let mut talk = Talk::new();
    talk.say("remind me to call mom").asks("When shall I remind you?").due(1).played();
    talk.log.clear();
    talk.wait(2).due(2).say("at five").plan("set_reminder").must_ask("a1").check(expect![[r#"
        due → nothing
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "at five"; plan "at five" answering "When shall I remind you?" after ["remind me to call mom", "When shall I remind you?"]; [Thinking]
        plan → judge set_reminder
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
    "#]]);
}

#[test]
fn a_question_in_words_that_nobody_answers_gives_the_floor_up() {
    let mut talk = Talk::new();
    talk.say("remind me to call mom").asks("Tell me the time").due(1).played();
    talk.log.clear();
    talk.silence().played().check(expect![[r#"
        silence → announce "Reminder: number 1."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn an_answer_that_ends_in_a_question_keeps_the_floor_too() {
    let mut talk = Talk::new();
    talk.say("hello");
    let tag = talk.last.plan.expect("a plan");
    talk.step("respond", Input::Planned(tag, Ok(Plan::Respond))).due(1);
    let (tag, _) = talk.last.speech.clone().expect("speech");
    talk.log.clear();
    let heard = "Hello. How are you?".to_owned();
    talk.step("played", Input::Played(tag, Played { heard, complete: true })).silence().check(expect![[r#"
        played → [Idle]
        silence → announce "Reminder: number 1."; [Speaking]
    "#]]);
}

#[test]
fn who_was_not_understood_speaks_again_first() {
    let mut talk = Talk::new();
    talk.voice().due(1).utterance();
    let tag = talk.last.clip.expect("a clip");
    talk.step("fault", Input::Transcribed(tag, Err(HearingFault::Broken("engine died".to_owned()))))
        .played()
        .say("show my tasks");
    talk.check(expect![[r#"
        voice → [Listening]
        due → nothing
        utterance → transcribe; [Hearing]
        fault → notice hearing_failed; speak "Sorry, I couldn't make that out. Please say it again."; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "show my tasks"; plan "show my tasks" after ["Sorry, I couldn't make that out. Please say it again."]; [Thinking]
    "#]]);
}

#[test]
fn it_never_speaks_over_a_voice() {
    let mut talk = Talk::new();
    talk.voice().due(1).step("false start", Input::FalseStart).played().check(expect![[r#"
        voice → [Listening]
        due → nothing
        false start → announce "Reminder: number 1."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_voice_stops_it_and_a_noise_has_it_go_on() {
    let mut talk = Talk::new();
    talk.due(1).wait(1).voice().cut("Reminder: number").step("false start", Input::FalseStart);
    talk.voice().cut("Reminder:").step("false start", Input::FalseStart).check(expect![[r#"
        due → announce "Reminder: number 1."; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        false start → go on; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        false start → go on; [Speaking]
    "#]]);
}

#[test]
fn words_over_it_are_a_request_and_what_was_heard_of_it_was_said() {
    let mut talk = Talk::new();
    talk.due(1).wait(1).voice().cut("Reminder: number").utterance().text("show my tasks", 0.9);
    talk.check(expect![[r#"
        due → announce "Reminder: number 1."; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "show my tasks"; let go; plan "show my tasks" after ["Reminder: number"]; [Thinking]
    "#]]);
}

#[test]
fn spoken_over_before_a_word_was_heard_it_comes_after_the_turn_once() {
    let mut talk = Talk::new();
    talk.due(1)
        .voice()
        .cut("")
        .utterance()
        .text("stop", 0.9)
        .silence()
        .voice()
        .cut("")
        .utterance()
        .text("stop", 0.9);
    talk.check(expect![[r#"
        due → announce "Reminder: number 1."; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "stop"; [Idle]
        silence → announce "Reminder: number 1."; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "stop"; let go; [Idle]
    "#]]);
}

#[test]
fn typed_over_before_a_word_was_heard_it_comes_after_the_turn() {
    let mut talk = Talk::new();
    talk.due(1);
    let (tag, _) = talk.last.speech.clone().expect("speech");
    talk.step("typed", Input::UtteranceEnded(Utterance::Typed("show my tasks".to_owned())));
    talk.step("cut", Input::Played(tag, Played { heard: String::new(), complete: false }));
    talk.plan("list_tasks").allowed(1).finished(StepState::Succeeded, "One task.").played();
    talk.check(expect![[r#"
        due → announce "Reminder: number 1."; [Speaking]
        typed → heard "show my tasks"; hush; plan "show my tasks" after []; [Thinking]
        cut → nothing
        plan → judge list_tasks
        allowed → EXECUTE 1; [Doing]
        finished → outcome Succeeded; speak "One task."; [Speaking]
        played → announce "Reminder: number 1."
    "#]]);
}

#[test]
fn what_can_not_be_spoken_is_not_tried_again() {
    Talk::new().due(1).cut("").check(expect![[r#"
        due → announce "Reminder: number 1."; [Speaking]
        cut → [Idle]
    "#]]);
}

#[test]
fn a_press_that_cancels_speech_goes_first() {
    let mut talk = Talk::doing();
    talk.finished(StepState::Succeeded, "Done.").due(1);
    talk.log.clear();
    talk.step("response.cancel", Input::Cancel(Cancel::Reply)).cut("Do");
    talk.wait(1).voice().utterance();
    talk.text("never mind", 0.9).played().check(expect![[r#"
        response.cancel → hush; [Idle]
        cut → nothing
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "never mind"; speak "Okay."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_cancel_that_nothing_follows_holds_it_up_for_a_moment_only() {
    let mut talk = Talk::new();
    talk.due(1)
        .due(2)
        .step("escape", Input::Cancel(Cancel::Everything(DecidedBy::Screen)))
        .cut("Rem")
        .silence();
    talk.check(expect![[r#"
        due → announce "Reminder: number 1."; [Speaking]
        due → nothing
        escape → hush; [Idle]
        cut → nothing
        silence → announce "Reminder: number 2."; [Speaking]
    "#]]);
}

#[test]
fn a_yes_to_it_is_a_request_like_any_other() {
    Talk::new().due(1).played().say("yes").check(expect![[r#"
        due → announce "Reminder: number 1."; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; plan "yes" after ["Reminder: number 1."]; [Thinking]
    "#]]);
}

#[test]
fn too_many_are_declined() {
    let mut talk = Talk::doing();
    for id in 0..=MAX_ANNOUNCEMENTS as u64 {
        talk.due(id);
    }
    talk.check(expect![[r#"
        due → nothing
        due → nothing
        due → nothing
        due → nothing
        due → nothing
        due → nothing
        due → nothing
        due → nothing
        due → decline 8
    "#]]);
}

#[test]
fn who_is_gone_is_told_nothing() {
    let mut talk = Talk::asked();
    talk.due(1).step("gone", Input::Disconnected).check(expect![[r#"
        due → nothing
        gone → answer Deny by Disconnect; question closed Deny by Disconnect; [Idle]
    "#]]);
}
