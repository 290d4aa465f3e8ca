//! A voice over ours: what stops us, and what goes on.

use expect_test::expect;

use super::{ClipId, DecidedBy, Input, Plan, Played, StepState, Talk, Utterance};
use crate::turn::MAX_CUTS;

impl Talk {
    /// A voice over our speech that does not stop it by itself.
    fn overheard(&mut self, text: &str) -> &mut Self {
        let started = self.now;
        let utterance = Utterance::Overheard { clip: ClipId(1), started };
        self.wait(1).step("overheard", Input::UtteranceEnded(utterance)).text(text, 0.9)
    }

    /// Up to an answer in words that is being said.
    fn telling() -> Self {
        let mut talk = Self::new();
        talk.say("how is the weather");
        let tag = talk.last.plan.expect("a plan");
        talk.step("respond", Input::Planned(tag, Ok(Plan::Respond)));
        let (tag, _) = talk.last.speech.clone().expect("speech");
        talk.step("saying", Input::Saying(tag, "It is sunny. ".to_owned()));
        talk.step("saying", Input::Saying(tag, "It is warm. ".to_owned()));
        talk.log.clear();
        talk
    }
}

#[test]
fn a_cough_has_it_go_on_from_where_it_was() {
    let mut talk = Talk::telling();
    talk.wait(1).voice().cut("It is").utterance().text("", 0.1).played().say("and tomorrow");
    talk.check(expect![[r#"
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → go on; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "and tomorrow"; plan "and tomorrow" after ["how is the weather", "It is", "the rest"]; [Thinking]
    "#]]);
}

#[test]
fn a_listening_sound_has_it_go_on_too() {
    let mut talk = Talk::telling();
    talk.wait(1).voice().cut("It is").utterance().text("Mm-hmm.", 0.9).overheard("okay").played();
    talk.check(expect![[r#"
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "Mm-hmm."; go on; [Speaking]
        overheard → transcribe; [Hearing]
        text → heard "okay"; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn our_own_words_have_it_go_on() {
    let mut talk = Talk::telling();
    talk.wait(1).voice().cut("It is").utterance().text("sunny it is warm", 0.9);
    talk.overheard("it is warm");
    talk.check(expect![[r#"
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "sunny it is warm"; own voice; go on; [Speaking]
        overheard → transcribe; [Hearing]
        text → heard "it is warm"; own voice; [Speaking]
    "#]]);
}

#[test]
fn words_to_us_end_it() {
    let mut talk = Talk::telling();
    talk.wait(1).voice().cut("It is sunny.").utterance().text("and tomorrow", 0.9);
    talk.check(expect![[r#"
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "and tomorrow"; let go; plan "and tomorrow" after ["how is the weather", "It is sunny."]; [Thinking]
    "#]]);
}

#[test]
fn words_that_had_not_stopped_it_do_so_once_they_are_understood() {
    let mut talk = Talk::telling();
    talk.overheard("stop").cut("It is sunny.");
    talk.check(expect![[r#"
        overheard → transcribe; [Hearing]
        text → heard "stop"; hush; [Idle]
        cut → nothing
    "#]]);
    let mut talk = Talk::telling();
    talk.overheard("and tomorrow").cut("It is sunny.");
    talk.check(expect![[r#"
        overheard → transcribe; [Hearing]
        text → heard "and tomorrow"; hush; plan "and tomorrow" after ["how is the weather"]; [Thinking]
        cut → nothing
    "#]]);
}

#[test]
fn noises_without_end_let_it_be() {
    let mut talk = Talk::telling();
    for _ in 0..=MAX_CUTS {
        talk.voice().cut("").step("false start", Input::FalseStart);
    }
    talk.check(expect![[r#"
        voice → hold; [Listening]
        cut → nothing
        false start → go on; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        false start → go on; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        false start → go on; [Speaking]
        voice → hush; [Listening]
        cut → nothing
        false start → [Idle]
    "#]]);
}

#[test]
fn a_cancel_ends_what_might_have_gone_on() {
    let mut talk = Talk::telling();
    talk.voice().cut("It is").step("escape", Input::Cancel(super::Cancel::Everything(DecidedBy::Screen)));
    talk.step("false start", Input::FalseStart);
    talk.check(expect![[r#"
        voice → hold; [Listening]
        cut → nothing
        escape → let go; [Idle]
        false start → nothing
    "#]]);
}

#[test]
fn what_was_asked_is_an_answer_and_no_listening_sound() {
    let mut talk = Talk::doing();
    talk.finished(StepState::Failed, "That didn't work. Do you want to hear why?");
    talk.voice().cut("That didn't work.").utterance().text("okay", 0.9);
    talk.check(expect![[r#"
        finished → outcome Failed; speak "That didn't work. Do you want to hear why?"; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "okay"; let go; plan "okay" after ["remind me to call mom tomorrow at five", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "That didn't work."]; [Thinking]
    "#]]);
}

#[test]
fn a_listening_sound_over_a_question_is_no_yes() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").must_ask("a1");
    talk.log.clear();
    talk.wait(1).overheard("mhm").played().say("yes").granted(1, DecidedBy::Voice);
    talk.check(expect![[r#"
        overheard → transcribe; [Hearing]
        text → heard "mhm"; hush; ask Repeat "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 1; [Doing]
    "#]]);
}

#[test]
fn no_over_a_question_is_no_before_it_was_played() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").must_ask("a1");
    talk.log.clear();
    talk.wait(1).overheard("no").cut("I'll set a").played();
    talk.check(expect![[r#"
        overheard → transcribe; [Hearing]
        text → heard "no"; hush; answer Deny by Voice; question closed Deny by Voice; not done; speak "Okay, I won't. Nothing was done."; [Speaking]
        cut → [Idle]
        played → nothing
    "#]]);
}

#[test]
fn a_listener_is_not_told_that_we_are_busy() {
    let mut talk = Talk::doing();
    talk.say("okay").finished(StepState::Succeeded, "Done.");
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "okay"; [Doing]
        finished → outcome Succeeded; speak "Done."; [Speaking]
    "#]]);
}

#[test]
fn what_was_heard_of_both_halves_is_history() {
    let mut talk = Talk::telling();
    talk.voice().cut("It is sunny.").step("false start", Input::FalseStart);
    let (tag, _) = talk.last.speech.clone().expect("speech");
    let heard = "It is warm.".to_owned();
    talk.step("played", Input::Played(tag, Played { heard, complete: true })).say("and tomorrow");
    let history: Vec<String> = talk.machine.history().into_iter().map(|line| line.text).collect();
    assert_eq!(history, ["how is the weather", "It is sunny.", "It is warm.", "and tomorrow"]);
}
