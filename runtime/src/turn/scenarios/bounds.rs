//! Requests that are repeated, and requests that reach their bounds.

use std::time::Duration;

use expect_test::expect;

use super::{DecidedBy, Input, StepState, Talk, steps::THREE};
use crate::turn::{MAX_CALLS, State};

impl Talk {
    fn checked(&mut self, holds: bool) -> &mut Self {
        let tag = self.last.check.expect("a check");
        self.step("checked", Input::Checked(tag, Ok(holds)))
    }

    /// A call that is to be repeated, under way.
    fn repeating(words: &str) -> Self {
        let mut talk = Self::new();
        talk.say(words).plan("track_parcel").allowed(1);
        talk.log.clear();
        talk
    }
}

#[test]
fn the_most_steps_are_done_and_the_rest_is_told() {
    let mut talk = Talk::new();
    let words = "add milk to my list and then text Bob and then text Ann and then text Cleo and then text Dora and then text Eve and then text Finn and then text Gina";
    talk.say(words).plan("a").allowed(1);
    talk.log.clear();
    for step in 1..=6 {
        talk.finished(StepState::Succeeded, "Done.");
        if step < 6 {
            talk.plan("b").allowed(step + 1);
        }
    }
    let last = talk.log.lines().last().map(str::to_owned).unwrap_or_default();
    expect![[r#"finished → outcome Succeeded; speak "Done."; speak "That was six steps, and I do no more at once, so I stopped there. I didn't go on to text Finn, or to text Gina."; [Speaking]"#]].assert_eq(&last);
}

#[test]
fn work_that_takes_too_long_ends_between_steps_and_waiting_for_the_person_does_not_count() {
    let mut talk = Talk::new();
    talk.say(THREE).wait(60).plan("find_slots").must_ask("a1").played().wait(15).say("yes");
    talk.granted(1, DecidedBy::Voice).wait(40).finished(StepState::Succeeded, "Thursday at one.");
    talk.played()
        .plan("create_event")
        .must_ask("a2")
        .played()
        .say("yes")
        .granted(2, DecidedBy::Voice)
        .wait(25);
    talk.log.clear();
    talk.finished(StepState::Succeeded, "It's in.").check(expect![[r#"
        finished → outcome Succeeded; speak "It's in."; speak "I've worked on that for two minutes, and I don't go on longer, so I stopped there. I didn't go on to tell her on WhatsApp."; [Speaking]
    "#]]);
}

#[test]
fn what_is_waited_for_is_looked_at_until_it_holds() {
    let mut talk = Talk::repeating("keep checking my parcel until it has arrived, then text Bob");
    talk.finished(StepState::Succeeded, "It is in Leipzig.").checked(false).silence().allowed(2);
    talk.finished(StepState::Succeeded, "It has arrived.").checked(true).check(expect![[r#"
        finished → outcome Succeeded; check "it has arrived" of "It is in Leipzig. It is in Leipzig."; [Thinking]
        checked → speak "Not yet. I'll keep trying."; [Doing]
        silence → judge list_tasks; [Thinking]
        allowed → EXECUTE 2; [Doing]
        finished → outcome Succeeded; check "it has arrived" of "It has arrived. It has arrived."; [Thinking]
        checked → speak "It has arrived."; plan "text Bob" after ["keep checking my parcel until it has arrived, then text Bob"]
    "#]]);
}

#[test]
fn a_loop_that_would_never_end_stops_at_its_bound() {
    let mut talk = Talk::repeating("keep checking my parcel until it has arrived, then text Bob");
    let mut calls = 1;
    while talk.machine.state() != State::Speaking {
        talk.log.clear();
        talk.finished(StepState::Succeeded, "It is in Leipzig.").checked(false);
        if talk.machine.state() == State::Doing {
            calls += 1;
            talk.silence().allowed(calls);
        }
    }
    assert_eq!(calls as usize, MAX_CALLS);
    talk.check(expect![[r#"
        finished → outcome Succeeded; check "it has arrived" of "It is in Leipzig. It is in Leipzig."; [Thinking]
        checked → speak "I called on tools eight times, and I do no more at once, so I stopped there. It is in Leipzig. I didn't go on to text Bob."; [Speaking]
    "#]]);
}

#[test]
fn a_slow_loop_ends_by_time() {
    let mut talk = Talk::repeating("keep checking my parcel until it has arrived");
    talk.wait(100).finished(StepState::Succeeded, "It is in Leipzig.").checked(false).silence().allowed(2);
    talk.log.clear();
    talk.wait(80).finished(StepState::Succeeded, "It is in Leipzig.").checked(false).check(expect![[r#"
        finished → outcome Succeeded; check "it has arrived" of "It is in Leipzig. It is in Leipzig."; [Thinking]
        checked → speak "I've worked on that for two minutes, and I don't go on longer, so I stopped there. It is in Leipzig."; [Speaking]
    "#]]);
}

#[test]
fn what_failed_is_tried_again_until_it_works_and_asked_about_each_time() {
    let mut talk = Talk::new();
    talk.say("keep trying to send the report to Tom until it works")
        .plan("send_email")
        .must_ask("a1")
        .played();
    talk.say("yes")
        .granted(1, DecidedBy::Voice)
        .finished(StepState::NotSent, "I couldn't reach it.")
        .played();
    talk.log.clear();
    talk.silence().must_ask("a2").played().say("yes").granted(2, DecidedBy::Voice);
    talk.finished(StepState::Succeeded, "Sent.").played().check(expect![[r#"
        silence → judge set_reminder; [Thinking]
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "Sent."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn what_may_have_happened_is_never_tried_again() {
    let mut talk = Talk::repeating("keep trying to send the report to Tom until it works");
    talk.finished(StepState::Unknown, "I don't know.").played().check(expect![[r#"
        finished → outcome Unknown; speak "I don't know."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_no_ends_the_repeating_and_other_words_wait() {
    let mut talk = Talk::repeating("keep checking my parcel until it has arrived, then text Bob");
    talk.finished(StepState::Succeeded, "It is in Leipzig.")
        .say("what time is it")
        .checked(false)
        .say("stop")
        .played();
    talk.check(expect![[r#"
        finished → outcome Succeeded; check "it has arrived" of "It is in Leipzig. It is in Leipzig."; [Thinking]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "what time is it"; speak "I'm still working on that. I'll come to it next."; [Thinking]
        checked → speak "Not yet. I'll keep trying."; [Doing]
        voice → hush; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "stop"; speak "Okay, I stopped. Nothing was done. I didn't go on to text Bob."; [Speaking]
        played → plan "what time is it" after ["keep checking my parcel until it has arrived, then text Bob", "stop", "Okay, I stopped. Nothing was done. I didn't go on to text Bob."]; [Thinking]
    "#]]);
}

#[test]
fn a_voice_holds_up_the_next_try() {
    let mut talk = Talk::repeating("keep checking my parcel until it has arrived");
    talk.finished(StepState::Succeeded, "It is in Leipzig.").checked(false).voice();
    talk.now += Duration::from_secs(6);
    talk.step("time", Input::DeadlineReached).step("false start", Input::FalseStart).silence();
    talk.check(expect![[r#"
        finished → outcome Succeeded; check "it has arrived" of "It is in Leipzig. It is in Leipzig."; [Thinking]
        checked → speak "Not yet. I'll keep trying."; [Doing]
        voice → hush; [Listening]
        time → nothing
        false start → [Doing]
        silence → judge list_tasks; [Thinking]
    "#]]);
}
