//! Questions and their answers.

use std::time::Duration;

use expect_test::expect;

use super::{Cancel, ClipId, DecidedBy, Input, StepState, Talk, Utterance, YesBy};

#[test]
fn asked_answered_done() {
    let mut talk = Talk::new();
    talk.say("remind me to call mom tomorrow at five").plan("set_reminder").must_ask("a1").played();
    talk.say("yes").granted(1, DecidedBy::Voice).finished(StepState::Succeeded, "Done.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "remind me to call mom tomorrow at five"; plan "remind me to call mom tomorrow at five" after []; [Thinking]
        plan → judge set_reminder
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 1; [Doing]
        finished → outcome Succeeded; speak "Done."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn no() {
    Talk::asked().say("no").played().check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no"; answer Deny by Voice; question closed Deny by Voice; not done; speak "Okay, I won't. Nothing was done."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn silence_is_no() {
    Talk::asked().silence().played().check(expect![[r#"
        silence → answer Deny by Timeout; question closed Deny by Timeout; not done; speak "I didn't hear a yes, so I did nothing."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn unclear_is_asked_again_once() {
    Talk::asked().say("maybe").played().say("purple elephants").played().check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "maybe"; ask Short "Sorry, I didn't get that. Shall I set the reminder?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "purple elephants"; answer Deny by Voice; question closed Deny by Voice; not done; speak "I couldn't tell whether that was a yes, so I did nothing."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_doubtful_yes_is_unclear() {
    Talk::asked().wait(1).voice().utterance().text("yes", 0.3).check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; ask Short "Sorry, I didn't get that. Shall I set the reminder?"; [Asking]
    "#]]);
}

#[test]
fn an_early_yes_does_not_count() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").must_ask("a1");
    talk.log.clear();
    talk.wait(1).voice().cut("I'll set").utterance().text("yes", 0.9).played().say("yes");
    talk.check(expect![[r#"
        voice → hush; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "yes"; ask Repeat "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
    "#]]);
}

#[test]
fn a_yes_that_began_before_the_end_of_the_question_is_early_also_when_it_ends_after_it() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").must_ask("a1");
    let started = talk.now + Duration::from_secs(2);
    talk.played().log.clear();
    talk.voice().step("utterance", Input::UtteranceEnded(Utterance::Spoken { clip: ClipId(1), started }));
    talk.text("yes", 0.9).check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; ask Short "Sorry, I didn't get that. Shall I set the reminder?"; [Asking]
    "#]]);
}

#[test]
fn an_early_no_counts() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").must_ask("a1");
    talk.log.clear();
    talk.say("no stop").check(expect![[r#"
        voice → hush; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no stop"; answer Deny by Voice; question closed Deny by Voice; not done; speak "Okay, I won't. Nothing was done."; [Speaking]
    "#]]);
}

#[test]
fn our_own_words_are_no_answer() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").must_ask("a1");
    talk.log.clear();
    talk.wait(1).voice().cut("I'll set").utterance().text("tomorrow at five p.m. shall I", 0.9);
    talk.check(expect![[r#"
        voice → hush; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "tomorrow at five p.m. shall I"; own voice; ask Repeat "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
    "#]]);
}

#[test]
fn a_noise_over_the_question_has_it_asked_again() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").must_ask("a1");
    talk.log.clear();
    talk.wait(1).voice().cut("I'll").step("false start", Input::FalseStart).played().say("yes");
    talk.check(expect![[r#"
        voice → hush; [Listening]
        cut → nothing
        false start → ask Repeat "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
    "#]]);
}

#[test]
fn a_click_counts_while_the_question_is_played_and_the_spoken_yes_after_it_is_late() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").must_ask("a1");
    talk.log.clear();
    talk.granted(1, DecidedBy::Screen).granted(2, DecidedBy::Api);
    talk.check(expect![[r#"
        granted → hush; question closed Approve by Screen; EXECUTE 1; [Doing]
        granted → discard 2; notice approved_too_late
    "#]]);
}

#[test]
fn no_wins_over_a_yes_that_is_not_yet_granted() {
    Talk::asked().say("yes").say("no wait stop").granted(1, DecidedBy::Voice).check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no wait stop"; answer Deny by Voice; question closed Deny by Voice; not done; speak "Okay, I won't. Nothing was done."; [Speaking]
        granted → discard 1; notice approved_too_late
    "#]]);
}

#[test]
fn yes_and_then_a_second_thought_in_one_breath() {
    let mut talk = Talk::asked();
    talk.wait(1).voice().utterance().voice().text("yes", 0.9).utterance().text("no wait", 0.9);
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        voice → [Listening]
        text → heard "yes"
        utterance → transcribe; [Hearing]
        text → heard "no wait"; answer Deny by Voice; question closed Deny by Voice; not done; speak "Okay, I won't. Nothing was done."; [Speaking]
    "#]]);
}

#[test]
fn asked_to_repeat() {
    Talk::asked().say("what did you say").played().say("yes please").check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "what did you say"; ask Repeat "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes please"; answer Approve by Voice; [Asking]
    "#]]);
}

#[test]
fn the_line_drops_while_asking() {
    Talk::asked().step("gone", Input::Disconnected).granted(1, DecidedBy::Screen).check(expect![[r#"
        gone → answer Deny by Disconnect; question closed Deny by Disconnect; [Idle]
        granted → discard 1; notice approved_too_late
    "#]]);
}

#[test]
fn typed_answers_need_no_playback() {
    let mut talk = Talk::new();
    let typed = |text: &str| Input::UtteranceEnded(Utterance::Typed(text.to_owned()));
    talk.step("typed", typed("remind me")).plan("set_reminder").must_ask("a1").step("typed", typed("yes"));
    talk.check(expect![[r#"
        typed → heard "remind me"; plan "remind me" after []; [Thinking]
        plan → judge set_reminder
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        typed → heard "yes"; hush; answer Approve by Screen
    "#]]);
}

#[test]
fn response_cancel_leaves_the_question_open_but_unheard() {
    let mut talk = Talk::new();
    talk.say("remind me").plan("set_reminder").must_ask("a1");
    talk.log.clear();
    talk.step("response.cancel", Input::Cancel(Cancel::Reply)).cut("I'll").say("yes").played().say("yes");
    talk.check(expect![[r#"
        response.cancel → hush; due in 20 s
        cut → nothing
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; ask Repeat "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
    "#]]);
}

#[test]
fn escape_denies() {
    Talk::asked()
        .step("escape", Input::Cancel(Cancel::Everything(DecidedBy::Screen)))
        .check(expect![[r#"
            escape → answer Deny by Screen; question closed Deny by Screen; not done; speak "Okay, I won't. Nothing was done."; [Speaking]
        "#]]);
}

#[test]
fn a_yes_from_where_none_counts_is_a_no() {
    let mut talk = Talk::of(false).up_to_a_question();
    talk.say("yes").check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Deny by Voice; question closed Deny by Voice; not done; speak "This device may talk to me, but not say yes. Nothing was done."; [Speaking]
    "#]]);
}

#[test]
fn a_yes_that_has_to_be_clicked_is_not_spoken() {
    let mut talk = Talk::new();
    talk.yes = YesBy::Screen;
    talk.up_to_a_question().say("yes").played().granted(1, DecidedBy::Screen).check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; ask Otherwise "That needs the button on the screen."; [Asking]
        played → due in 82 s
        granted → question closed Approve by Screen; EXECUTE 1; [Doing]
    "#]]);
}

#[test]
fn a_pin_is_never_among_words() {
    let mut talk = Talk::new();
    talk.yes = YesBy::Pin;
    talk.up_to_a_question().typed("yes").say("yes").silence().check(expect![[r#"
        typed → heard "yes"; ask Otherwise "That needs your PIN on the screen."
        voice → hush; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; ask Otherwise "That needs your PIN on the screen."; [Asking]
        silence → hush; answer Deny by Timeout; question closed Deny by Timeout; not done; speak "I didn't hear a yes, so I did nothing."; [Speaking]
    "#]]);
}

#[test]
fn a_yes_that_has_to_be_spoken_is_not_typed() {
    let mut talk = Talk::new();
    talk.yes = YesBy::Voice;
    talk.up_to_a_question().typed("yes").played().say("yes").check(expect![[r#"
        typed → heard "yes"; ask Otherwise "That needs your voice."
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
    "#]]);
}
