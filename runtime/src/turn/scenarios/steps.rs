//! Requests of several steps.

use expect_test::expect;

use super::{
    Call, Cancel, DecidedBy, Input, Judgement, Plan, PlanFault, StepState, Talk, Utterance, ask, call,
};
use crate::turn::State;

pub(super) const THREE: &str =
    "find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp";

impl Talk {
    fn planned(&mut self, name: &str, plan: Plan) -> &mut Self {
        let tag = self.last.plan.expect("a plan");
        self.step(name, Input::Planned(tag, Ok(plan)))
    }

    /// A plan of a call with this text.
    fn holding(&mut self, action: &str, text: &str) -> &mut Self {
        let arguments = serde_json::Map::from_iter([("text".to_owned(), text.into())]);
        self.planned("plan", Plan::Call(Call { arguments, ..call(action) }))
    }

    /// Up to the speech about a first step that is done, while the second is planned.
    fn one_of_three() -> Self {
        let mut talk = Self::new();
        talk.say(THREE)
            .plan("find_slots")
            .allowed(1)
            .finished(StepState::Succeeded, "Thursday at one is cheapest.");
        talk.log.clear();
        talk
    }

    /// Up to the question about the second step, played.
    fn two_of_three() -> Self {
        let mut talk = Self::one_of_three();
        talk.played().plan("create_event").must_ask("a2").played();
        talk.log.clear();
        talk
    }
}

#[test]
fn three_steps_each_asked_and_answered_by_itself() {
    let mut talk = Talk::new();
    talk.say(THREE).plan("find_slots").allowed(1);
    talk.finished(StepState::Succeeded, "Thursday at one is cheapest.").plan("create_event").played();
    talk.must_ask("a2").played().say("yes").granted(2, DecidedBy::Voice);
    talk.finished(StepState::Succeeded, "It's in.").plan("send_whatsapp").must_ask("a3").played().played();
    talk.say("yes").granted(3, DecidedBy::Voice).finished(StepState::Succeeded, "Sent.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp"; plan "find the cheapest slot on Thursday" then ["put lunch with Sara there", "tell her on WhatsApp"] after []; [Thinking]
        plan → step 1 of 3 "find the cheapest slot on Thursday"; judge find_slots
        allowed → EXECUTE 1; [Doing]
        finished → outcome Succeeded; speak "Thursday at one is cheapest."; plan "put lunch with Sara there" after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp"]; [Thinking]
        plan → step 2 of 3 "put lunch with Sara there"; judge create_event
        played → nothing
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "It's in."; plan "tell her on WhatsApp" after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp", "Thursday at one is cheapest.", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes"]; [Thinking]
        plan → step 3 of 3 "tell her on WhatsApp"; judge send_whatsapp
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        played → nothing
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 3; [Doing]
        finished → outcome Succeeded; speak "Sent."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn words_that_are_one_request_after_all_are_planned_as_one() {
    let mut talk = Talk::new();
    talk.say("add milk to my list and then text Bob").planned("one request", Plan::OneRequest);
    talk.holding("create_task", "milk, and then text Bob")
        .allowed(1)
        .finished(StepState::Succeeded, "Added.");
    talk.played().check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "add milk to my list and then text Bob"; plan "add milk to my list" then ["text Bob"] after []; [Thinking]
        one request → plan "add milk to my list and then text Bob" after ["add milk to my list and then text Bob"]
        plan → judge create_task
        allowed → EXECUTE 1; [Doing]
        finished → outcome Succeeded; speak "Added."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn what_the_call_for_one_request_leaves_out_comes_after_it() {
    let mut talk = Talk::new();
    talk.say("add milk to my list and then text Bob").planned("one request", Plan::OneRequest);
    talk.holding("create_task", "milk").allowed(1).finished(StepState::Succeeded, "Added.").check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "add milk to my list and then text Bob"; plan "add milk to my list" then ["text Bob"] after []; [Thinking]
        one request → plan "add milk to my list and then text Bob" after ["add milk to my list and then text Bob"]
        plan → step 1 of 2 "add milk to my list"; judge create_task
        allowed → EXECUTE 1; [Doing]
        finished → outcome Succeeded; speak "Added."; plan "text Bob" after ["add milk to my list and then text Bob"]; [Thinking]
    "#]]);
}

#[test]
fn what_is_added_while_a_call_is_judged_is_cut_anew() {
    let mut talk = Talk::new();
    talk.say("add a task to oil the door and then close the shutters").holding("create_task", "oil the door");
    talk.say("in the attic").holding("create_task", "oil the door and then close the shutters in the attic");
    talk.allowed(1).finished(StepState::Succeeded, "Added.").check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "add a task to oil the door and then close the shutters"; plan "add a task to oil the door and then close the shutters" after []; [Thinking]
        plan → step 1 of 2 "add a task to oil the door"; judge create_task
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "in the attic"; stop thinking; plan "add a task to oil the door and then close the shutters in the attic" after ["add a task to oil the door and then close the shutters"]; [Thinking]
        plan → judge create_task
        allowed → EXECUTE 1; [Doing]
        finished → outcome Succeeded; speak "Added."; [Speaking]
    "#]]);
}

#[test]
fn what_hangs_on_a_condition_and_is_in_no_call_is_told() {
    let mut talk = Talk::new();
    talk.say("if it snows remind me to find the shovel and then text Bob");
    talk.holding("set_reminder", "find the shovel").allowed(1).finished(StepState::Succeeded, "Set.");
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "if it snows remind me to find the shovel and then text Bob"; plan "if it snows remind me to find the shovel and then text Bob" after []; [Thinking]
        plan → judge set_reminder
        allowed → EXECUTE 1; [Doing]
        finished → outcome Succeeded; speak "Set. I didn't go on to text Bob."; [Speaking]
    "#]]);
}

#[test]
fn a_failed_step_ends_the_request() {
    let mut talk = Talk::two_of_three();
    talk.say("yes").granted(2, DecidedBy::Voice).finished(StepState::Failed, "That didn't work.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Failed; speak "That didn't work. I didn't go on to tell her on WhatsApp."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn an_unknown_step_ends_the_request() {
    let mut talk = Talk::two_of_three();
    talk.say("yes").granted(2, DecidedBy::Voice).finished(StepState::Unknown, "I don't know.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Unknown; speak "I don't know. I didn't go on to tell her on WhatsApp."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_denied_step_ends_the_request() {
    Talk::two_of_three().say("no").played().check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no"; answer Deny by Voice; question closed Deny by Voice; not done; speak "Okay, I left that out. What came before it is done. I didn't go on to tell her on WhatsApp."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_denied_first_step_ends_the_request() {
    let mut talk = Talk::new();
    talk.say(THREE).plan("find_slots").must_ask("a1").played().say("no").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp"; plan "find the cheapest slot on Thursday" then ["put lunch with Sara there", "tell her on WhatsApp"] after []; [Thinking]
        plan → step 1 of 3 "find the cheapest slot on Thursday"; judge find_slots
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no"; answer Deny by Voice; question closed Deny by Voice; not done; speak "Okay, I won't. Nothing was done. I didn't go on to put lunch with Sara there, or to tell her on WhatsApp."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_refused_step_ends_the_request() {
    let mut talk = Talk::one_of_three();
    talk.plan("create_event");
    let tag = talk.last.judge.expect("a judgement");
    let refused = Judgement::Refused { call: call("create_event"), say: "I may only read.".to_owned() };
    talk.step("refused", Input::Judged(tag, refused)).check(expect![[r#"
        plan → step 2 of 3 "put lunch with Sara there"; judge create_event
        refused → not done; speak "I may only read. I didn't go on to tell her on WhatsApp."; [Speaking]
    "#]]);
}

#[test]
fn a_step_that_can_not_be_planned_ends_the_request() {
    let mut talk = Talk::one_of_three();
    let tag = talk.last.plan.expect("a plan");
    talk.step("fault", Input::Planned(tag, Err(PlanFault::Broken("x".to_owned())))).check(expect![[r#"
        fault → notice planning_failed; speak "Sorry, I couldn't work out the next step, so I stopped there. What came before is done. I didn't go on to tell her on WhatsApp."; [Speaking]
    "#]]);
}

#[test]
fn what_can_only_be_talked_about_ends_the_request() {
    let mut talk = Talk::one_of_three();
    talk.planned("respond", Plan::Respond).played().check(expect![[r#"
        respond → step 2 of 3 "put lunch with Sara there"; speak "I have no way to do that. I didn't go on to put lunch with Sara there, or to tell her on WhatsApp."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_question_is_answered_in_words_and_the_rest_goes_on() {
    let mut talk = Talk::new();
    talk.say("what's the capital of France and remind me at six to cook").planned("respond", Plan::Respond);
    talk.played().plan("set_reminder").check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "what's the capital of France and remind me at six to cook"; plan "what's the capital of France" then ["remind me at six to cook"] after []; [Thinking]
        respond → step 1 of 2 "what's the capital of France"; converse "what's the capital of France"; [Speaking]
        played → plan "remind me at six to cook" after ["what's the capital of France and remind me at six to cook", "It is sunny. It is warm."]; [Thinking]
        plan → step 2 of 2 "remind me at six to cook"; judge set_reminder
    "#]]);
}

#[test]
fn an_edit_of_the_second_question_keeps_the_rest() {
    let mut talk = Talk::two_of_three();
    talk.say("no, make it two").plan("create_event").must_ask("a3").played().say("yes");
    talk.granted(2, DecidedBy::Voice).finished(StepState::Succeeded, "It's in.");
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no, make it two"; answer Deny by Voice; question closed Deny by Voice; plan "make it two" editing set_reminder after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp", "Thursday at one is cheapest.", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "no, make it two"]; [Thinking]
        plan → step 2 of 3 "put lunch with Sara there"; judge create_event
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "It's in."; plan "tell her on WhatsApp" after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp", "Thursday at one is cheapest.", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "no, make it two", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes"]; [Thinking]
    "#]]);
}

#[test]
fn a_cancel_between_steps_drops_the_rest() {
    Talk::one_of_three().say("stop").played().check(expect![[r#"
        voice → hush; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "stop"; stop thinking; speak "Okay, I stopped there. What came before is done. I didn't go on to tell her on WhatsApp."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_no_between_steps_drops_the_rest_too() {
    Talk::one_of_three().say("no don't").played().check(expect![[r#"
        voice → hush; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "no don't"; stop thinking; speak "Okay, I stopped there. What came before is done. I didn't go on to tell her on WhatsApp."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn a_yes_between_steps_is_no_answer_to_the_next_question() {
    let mut talk = Talk::one_of_three();
    talk.wait(1).voice().cut("Thursday at").plan("create_event").utterance().text("yes", 0.9).must_ask("a2");
    talk.check(expect![[r#"
        voice → hush; [Listening]
        cut → nothing
        plan → nothing
        utterance → transcribe; [Hearing]
        text → heard "yes"; speak "Thursday at one is cheapest."; step 2 of 3 "put lunch with Sara there"; judge create_event; [Thinking]
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
    "#]]);
}

#[test]
fn a_yes_during_the_last_outcome_does_not_approve_the_question_behind_it() {
    let mut talk = Talk::one_of_three();
    talk.plan("create_event").must_ask("a2").wait(1).voice().utterance().text("yes", 0.9).played().say("yes");
    talk.check(expect![[r#"
        plan → step 2 of 3 "put lunch with Sara there"; judge create_event
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        voice → hush; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; ask Repeat "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        played → due in 20 s
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
    "#]]);
}

#[test]
fn a_noise_has_the_last_outcome_said_again_before_the_question() {
    let mut talk = Talk::one_of_three();
    talk.voice().step("false start", Input::FalseStart).plan("create_event").must_ask("a2").voice();
    talk.step("false start", Input::FalseStart).check(expect![[r#"
        voice → hush; [Listening]
        false start → speak "Thursday at one is cheapest."; [Thinking]
        plan → step 2 of 3 "put lunch with Sara there"; judge create_event
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        voice → hush; [Listening]
        false start → ask Repeat "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
    "#]]);
}

#[test]
fn what_is_added_between_steps_belongs_to_the_next() {
    let mut talk = Talk::one_of_three();
    talk.say("in the garden").plan("create_event").check(expect![[r#"
        voice → hush; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "in the garden"; stop thinking; plan "put lunch with Sara there in the garden" after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp"]; [Thinking]
        plan → step 2 of 3 "put lunch with Sara there in the garden"; judge create_event
    "#]]);
}

#[test]
fn a_request_during_a_step_waits_for_all_of_them() {
    let mut talk = Talk::two_of_three();
    talk.say("yes")
        .granted(2, DecidedBy::Voice)
        .say("what time is it")
        .finished(StepState::Succeeded, "It's in.");
    talk.plan("send_whatsapp").allowed(3).finished(StepState::Succeeded, "Sent.").played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "what time is it"; speak "I'm still working on that. I'll come to it next."; [Doing]
        finished → outcome Succeeded; speak "It's in."; plan "tell her on WhatsApp" after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp", "Thursday at one is cheapest.", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes"]; [Thinking]
        plan → step 3 of 3 "tell her on WhatsApp"; judge send_whatsapp
        allowed → EXECUTE 3; [Doing]
        finished → outcome Succeeded; speak "Sent."; [Speaking]
        played → plan "what time is it" after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp", "Thursday at one is cheapest.", "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?", "yes", "Sent."]; [Thinking]
    "#]]);
}

#[test]
fn a_cancel_during_a_step_leaves_out_the_rest() {
    let mut talk = Talk::two_of_three();
    talk.say("yes")
        .granted(2, DecidedBy::Voice)
        .say("cancel that")
        .finished(StepState::Succeeded, "It's in.")
        .played();
    talk.check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "yes"; answer Approve by Voice; [Asking]
        granted → question closed Approve by Voice; EXECUTE 2; [Doing]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "cancel that"; cancel execution; speak "I'm trying to stop it."; [Doing]
        finished → outcome Succeeded; speak "It's in. I didn't go on to tell her on WhatsApp."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn an_interrupting_client_stops_the_speech_and_not_the_request() {
    let mut talk = Talk::one_of_three();
    talk.step("response.cancel", Input::Cancel(Cancel::Reply)).plan("create_event");
    talk.check(expect![[r#"
        response.cancel → hush
        plan → step 2 of 3 "put lunch with Sara there"; judge create_event
    "#]]);
}

#[test]
fn escape_between_steps_stops_everything() {
    let mut talk = Talk::one_of_three();
    talk.step("escape", Input::Cancel(Cancel::Everything(DecidedBy::Screen))).check(expect![[r#"
        escape → hush; stop thinking; notice left_out; notice cancelled; [Idle]
    "#]]);
}

#[test]
fn the_line_drops_between_steps() {
    let mut talk = Talk::one_of_three();
    talk.step("gone", Input::Disconnected);
    assert_eq!((talk.machine.state(), talk.machine.deadline()), (State::Idle, None));
}

#[test]
fn a_missing_value_of_the_second_step_is_asked_for_and_the_rest_goes_on() {
    let mut talk = Talk::one_of_three();
    let half = Plan::Ask { question: "At what time?".to_owned(), call: Some(call("create_event")) };
    talk.planned("ask", half).played().played().wait(20).say("at one").plan("create_event").allowed(2);
    talk.finished(StepState::Succeeded, "It's in.").check(expect![[r#"
        ask → step 2 of 3 "put lunch with Sara there"; speak "At what time?"; [Speaking]
        played → [Idle]
        played → nothing
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "at one"; plan "at one" answering "At what time?" after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp", "At what time?"]; [Thinking]
        plan → step 2 of 3 "put lunch with Sara there"; judge create_event
        allowed → EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "It's in."; plan "tell her on WhatsApp" after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp", "At what time?", "at one"]; [Thinking]
    "#]]);
}

#[test]
fn something_else_than_the_missing_value_leaves_out_the_rest() {
    let mut talk = Talk::one_of_three();
    let half = Plan::Ask { question: "At what time?".to_owned(), call: Some(call("create_event")) };
    talk.planned("ask", half).played().say("show my tasks").plan("list_tasks").allowed(2);
    talk.finished(StepState::Succeeded, "You have no tasks.").played().check(expect![[r#"
        ask → step 2 of 3 "put lunch with Sara there"; speak "At what time?"; [Speaking]
        played → [Idle]
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "show my tasks"; plan "show my tasks" answering "At what time?" after ["find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp", "At what time?"]; [Thinking]
        plan → notice left_out; judge list_tasks
        allowed → EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "You have no tasks."; [Speaking]
        played → [Idle]
    "#]]);
}

#[test]
fn an_answer_that_comes_too_late_is_a_new_request() {
    let mut talk = Talk::new();
    talk.say("remind me").planned("ask", ask("Of what?")).played();
    talk.log.clear();
    talk.wait(300).say("call mom").check(expect![[r#"
        voice → [Listening]
        utterance → transcribe; [Hearing]
        text → heard "call mom"; plan "call mom" after ["remind me", "Of what?"]; [Thinking]
    "#]]);
}

#[test]
fn results_and_words_of_the_request_are_the_grounds_of_its_calls() {
    let mut talk = Talk::one_of_three();
    let mut out = Vec::new();
    let tag = talk.last.plan.expect("a plan");
    let call = Call { arguments: serde_json::Map::new(), ..call("create_event") };
    talk.machine.handle(talk.now, Input::Planned(tag, Ok(Plan::Call(call))), &mut out);
    let grounds = out.into_iter().find_map(|command| match command {
        super::Command::Judge { grounds, .. } => Some(grounds),
        _ => None,
    });
    let grounds = grounds.expect("a judgement");
    assert!(grounds.spoken.iter().any(|words| words == THREE));
    assert_eq!(grounds.results, ["Thursday at one is cheapest."]);
}

#[test]
fn an_answer_in_words_after_a_call_is_about_what_the_tool_answered() {
    let mut talk = Talk::new();
    talk.say("find the cheapest slots on Thursday and then compare them");
    talk.plan("find_slots").allowed(1).finished(StepState::Succeeded, "Thursday at one is cheapest.");
    let mut out = Vec::new();
    let tag = talk.last.plan.expect("a plan");
    talk.machine.handle(talk.now, Input::Planned(tag, Ok(Plan::Respond)), &mut out);
    let results = out.into_iter().find_map(|command| match command {
        super::Command::Converse { results, .. } => Some(results),
        _ => None,
    });
    assert_eq!(results.expect("an answer"), ["Thursday at one is cheapest."]);
}

#[test]
fn typed_words_go_the_same_way() {
    let mut talk = Talk::new();
    let typed = |text: &str| Input::UtteranceEnded(Utterance::Typed(text.to_owned()));
    talk.step("typed", typed("add milk to my list and then text Bob")).plan("create_task").allowed(1);
    talk.finished(StepState::Succeeded, "Added.")
        .plan("send_whatsapp")
        .must_ask("a2")
        .step("typed", typed("yes"));
    talk.granted(2, DecidedBy::Screen).finished(StepState::Succeeded, "Sent.");
    talk.check(expect![[r#"
        typed → heard "add milk to my list and then text Bob"; plan "add milk to my list" then ["text Bob"] after []; [Thinking]
        plan → step 1 of 2 "add milk to my list"; judge create_task
        allowed → EXECUTE 1; [Doing]
        finished → outcome Succeeded; speak "Added."; plan "text Bob" after ["add milk to my list and then text Bob"]; [Thinking]
        plan → step 2 of 2 "text Bob"; judge send_whatsapp
        must ask → question opened; ask Full "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
        typed → heard "yes"; hush; answer Approve by Screen
        granted → question closed Approve by Screen; EXECUTE 2; [Doing]
        finished → outcome Succeeded; speak "Sent."; [Speaking]
    "#]]);
}
