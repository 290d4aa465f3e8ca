//! A word about the wait.

use std::time::Duration;

use expect_test::expect;

use super::{DecidedBy, Input, Plan, StepState, Talk};

impl Talk {
    /// The next deadline, `ms` from now at the latest.
    fn by(&mut self, ms: u64) -> &mut Self {
        let due = self.machine.deadline().expect("a deadline");
        assert!(due <= self.now + Duration::from_millis(ms), "{:?}", due - self.now);
        self.silence()
    }
}

#[test]
fn a_plan_that_takes_long_is_announced_once_and_the_question_follows() {
    let mut talk = Talk::new();
    talk.say("remind me").by(2_000);
    let (word, _) = talk.last.speech.clone().expect("the word");
    talk.plan("set_reminder").must_ask("a1").played().say("yes").granted(1, DecidedBy::Voice);
    assert!(Some(word) < talk.last.step, "the word came first");
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "remind me"; plan "remind me" after []; [Thinking]
        silence → acknowledge "One moment."
        plan → judge set_reminder
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 1; [Doing]
    "#]]);
}

#[test]
fn a_call_that_takes_long_is_announced_and_is_no_history() {
    let mut talk = Talk::doing();
    talk.by(1_000).played().finished(StepState::Succeeded, "Done.").played();
    let history: Vec<String> = talk.machine.history().into_iter().map(|line| line.text).collect();
    assert_eq!(history.last().map(String::as_str), Some("Done."));
    assert!(!history.iter().any(|line| line.contains("moment")), "{history:?}");
    talk.check(expect![[r#"
        silence → acknowledge "One moment."
        played → nothing
        finished → outcome Succeeded; speak "Done."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn nothing_is_announced_before_what_comes_at_once() {
    let mut talk = Talk::doing();
    talk.finished(StepState::Succeeded, "Done.").played();
    talk.check(expect![[r#"
        finished → outcome Succeeded; speak "Done."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn an_answer_that_takes_long_to_write_is_announced_by_its_past() {
    let mut talk = Talk::new();
    talk.say("how is the weather");
    talk.now += Duration::from_millis(700);
    let tag = talk.last.plan.expect("a plan");
    talk.step("respond", Input::Planned(tag, Ok(Plan::Respond)));
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "how is the weather"; plan "how is the weather" after []; [Thinking]
        respond → acknowledge "One moment."; converse "how is the weather"; [Speaking]
    "#]]);
}

#[test]
fn who_types_reads() {
    let mut talk = Talk::new();
    let typed = super::Utterance::Typed("remind me".to_owned());
    talk.step("typed", Input::UtteranceEnded(typed));
    let due = talk.machine.deadline().expect("a deadline");
    assert!(due > talk.now + Duration::from_secs(60), "the last resort alone");
}

#[test]
fn whoever_speaks_over_the_word_is_heard() {
    let mut talk = Talk::doing();
    talk.by(1_000).voice().cut("").utterance().text("stop", 0.9);
    talk.check(expect![[r#"
        silence → acknowledge "One moment."
        voice → hush; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "stop"; cancel execution; speak "I'm trying to stop it."; [Doing]
    "#]]);
}
