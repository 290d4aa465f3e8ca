//! Agents that ask something in the middle of their task.

use expect_test::expect;

use super::{Cancel, DecidedBy, Input, StepState, Talk, Utterance};

const ASKS: &str = "Travel asks: Which day?";

impl Talk {
    /// Up to an agent's question that was not played yet.
    fn travel() -> Self {
        let mut talk = Self::new();
        talk.say("book a trip to Rome").plan("trip_plan").must_ask("a1").played().say("yes");
        talk.granted(1, DecidedBy::Voice);
        talk.log.clear();
        talk
    }

    fn asks_back(&mut self) -> &mut Self {
        self.finished(StepState::Asks, ASKS)
    }
}

fn typed(text: &str) -> Input<super::Token> {
    Input::UtteranceEnded(Utterance::Typed(text.to_owned()))
}

#[test]
fn the_next_words_are_the_answer_until_it_is_done() {
    let mut talk = Talk::travel();
    talk.asks_back().played().say("Thursday").plan("trip_plan").allowed(2).asks_back().played();
    talk.say("no the day after")
        .plan("trip_plan")
        .allowed(3)
        .finished(StepState::Succeeded, "Booked.")
        .played();
    talk.say("thanks");
    talk.check(expect![[r#"
        finished → outcome Asks; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "Thursday"; plan "Thursday" answering "Travel asks: Which day?" after ["book a trip to Rome", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Travel asks: Which day?"]; [Thinking]
        plan → judge trip_plan as an answer
        allowed → EXECUTE 2; [Doing]
        finished → outcome Asks; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no the day after"; plan "no the day after" answering "Travel asks: Which day?" after ["book a trip to Rome", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Travel asks: Which day?", "Thursday", "Travel asks: Which day?"]; [Thinking]
        plan → judge trip_plan as an answer
        allowed → EXECUTE 3; [Doing]
        finished → outcome Succeeded; speak "Booked."; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "thanks"; plan "thanks" after ["book a trip to Rome", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Travel asks: Which day?", "Thursday", "Travel asks: Which day?", "no the day after", "Booked."]; [Thinking]
    "#]]);
}

#[test]
fn words_before_its_end_and_doubtful_ones_have_it_asked_again_and_at_last_nothing_is_sent() {
    let mut talk = Talk::travel();
    talk.asks_back().wait(1).voice().cut("Travel").utterance().text("Thursday", 0.9).played();
    for _ in 0..super::super::MAX_ASKS {
        talk.wait(1).voice().utterance().text("thirst day", 0.2).played();
    }
    talk.check(expect![[r#"
        finished → outcome Asks; speak "Travel asks: Which day?"; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "Thursday"; let go; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "thirst day"; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "thirst day"; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "thirst day"; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "thirst day"; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "thirst day"; speak "I couldn't make out an answer, so I sent none. It isn't finished."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn who_leaves_it_is_told_that_it_is_not_finished() {
    let mut talk = Talk::travel();
    talk.asks_back().played().say("never mind").played().say("Thursday");
    talk.check(expect![[r#"
        finished → outcome Asks; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "never mind"; speak "Okay, I won't answer that, so it isn't finished."; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "Thursday"; plan "Thursday" after ["book a trip to Rome", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Travel asks: Which day?", "never mind", "Okay, I won't answer that, so it isn't finished."]; [Thinking]
    "#]]);
}

#[test]
fn an_answer_that_comes_too_late_is_a_request_of_its_own() {
    let mut talk = Talk::travel();
    talk.asks_back().played().wait(130).say("Thursday");
    talk.check(expect![[r#"
        finished → outcome Asks; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "Thursday"; plan "Thursday" after ["book a trip to Rome", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Travel asks: Which day?"]; [Thinking]
    "#]]);
}

#[test]
fn a_noise_over_it_has_it_said_again() {
    let mut talk = Talk::travel();
    talk.asks_back().voice().cut("Tra").step("false start", Input::FalseStart).played().say("Thursday");
    talk.check(expect![[r#"
        finished → outcome Asks; speak "Travel asks: Which day?"; [Speaking]
        voice → hold; [Listening]
        cut → nothing
        false start → speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "Thursday"; plan "Thursday" answering "Travel asks: Which day?" after ["book a trip to Rome", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Tra", "Travel asks: Which day?"]; [Thinking]
    "#]]);
}

#[test]
fn what_was_said_before_it_asked_is_no_answer() {
    let mut talk = Talk::travel();
    talk.say("what time is it").asks_back().played().say("Thursday").plan("trip_plan").allowed(2);
    talk.finished(StepState::Succeeded, "Booked.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "what time is it"; speak "I'm still working on that. I'll come to it next."; [Doing]
        finished → outcome Asks; speak "Travel asks: Which day?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "Thursday"; plan "Thursday" answering "Travel asks: Which day?" after ["book a trip to Rome", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Travel asks: Which day?"]; [Thinking]
        plan → judge trip_plan as an answer
        allowed → EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "Booked."; [Speaking]
        played → plan "what time is it" after ["book a trip to Rome", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Travel asks: Which day?", "Thursday", "Booked."]; [Thinking]
    "#]]);
}

#[test]
fn the_next_step_waits_for_it() {
    let mut talk = Talk::new();
    talk.step("typed", typed("book a trip to Rome, then write to Sara"))
        .plan("list_tasks")
        .allowed(1)
        .asks_back();
    talk.log.clear();
    talk.step("typed", typed("Thursday")).plan("list_tasks").allowed(2);
    talk.finished(StepState::Succeeded, "Booked.");
    talk.check(expect![[r#"
        typed → heard "Thursday"; hush; plan "Thursday" answering "Travel asks: Which day?" after ["book a trip to Rome, then write to Sara"]; [Thinking]
        plan → step 1 of 2 "book a trip to Rome"; judge list_tasks as an answer
        allowed → EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "Booked."; plan "write to Sara" after ["book a trip to Rome, then write to Sara", "Thursday"]; [Thinking]
    "#]]);
}

#[test]
fn a_cancel_closes_it() {
    let mut talk = Talk::travel();
    talk.asks_back().step("escape", Input::Cancel(Cancel::Everything(DecidedBy::Screen))).say("Thursday");
    talk.check(expect![[r#"
        finished → outcome Asks; speak "Travel asks: Which day?"; [Speaking]
        escape → hush; [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "Thursday"; plan "Thursday" after ["book a trip to Rome", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes"]; [Thinking]
    "#]]);
}
