//! Whole conversations, one line a step: what happened, then what the machine wants done.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use serde_json::Map;

use super::{
    Call, Cancel, ClipId, Command, DecidedBy, Heard, HearingFault, Input, Judgement, Machine, PendingCall,
    Plan, PlanFault, Played, Resolution, StepOutcome, StepState, Tag, TurnEvent, Utterance,
};
use crate::phrasing::Question;

mod announced;
mod bounds;
mod steps;
mod taken_back;

#[derive(Debug)]
struct Token(u32);

struct Talk {
    machine: Machine<Token>,
    now: Instant,
    log: String,
    last: Last,
}

/// The newest tag of each kind.
#[derive(Default)]
struct Last {
    clip: Option<Tag>,
    plan: Option<Tag>,
    judge: Option<Tag>,
    check: Option<Tag>,
    step: Option<Tag>,
    speech: Option<(Tag, String)>,
}

impl Talk {
    fn new() -> Self {
        let machine = Machine::new(DecidedBy::Screen);
        Self { machine, now: Instant::now(), log: String::new(), last: Last::default() }
    }

    fn step(&mut self, name: &str, input: Input<Token>) -> &mut Self {
        let mut out = Vec::new();
        self.machine.handle(self.now, input, &mut out);
        let done: Vec<String> = out.into_iter().map(|c| self.note(c)).collect();
        self.log.push_str(&format!(
            "{name} → {}\n",
            if done.is_empty() { "nothing".to_owned() } else { done.join("; ") }
        ));
        self
    }

    fn note(&mut self, command: Command<Token>) -> String {
        match command {
            Command::Transcribe { tag, .. } => {
                self.last.clip = Some(tag);
                "transcribe".to_owned()
            }
            Command::Forget(_) => "forget clip".to_owned(),
            Command::Plan { tag, request } => {
                self.last.plan = Some(tag);
                let editing = request.editing.map(|c| format!(" editing {}", c.action)).unwrap_or_default();
                let history: Vec<_> = request.history.into_iter().map(|l| l.text).collect();
                let answering = request.answering.map(|h| format!(" answering {:?}", h.question));
                let answering = answering.filter(|_| editing.is_empty()).unwrap_or_default();
                let then =
                    if request.then.is_empty() { String::new() } else { format!(" then {:?}", request.then) };
                format!("plan {:?}{then}{editing}{answering} after {history:?}", request.utterance)
            }
            Command::Judge { tag, call, .. } => {
                self.last.judge = Some(tag);
                format!("judge {}", call.action)
            }
            Command::AskAloud { tag, text, form } => {
                self.last.speech = Some((tag, text.clone()));
                format!("ask {form:?} {text:?}")
            }
            Command::Answer { decision, by, .. } => format!("answer {decision:?} by {by:?}"),
            Command::Withdraw { approval } => format!("withdraw {approval}"),
            Command::Execute { tag, token } => {
                self.last.step = Some(tag);
                format!("EXECUTE {}", token.0)
            }
            Command::Check { tag, condition, result } => {
                self.last.check = Some(tag);
                format!("check {condition:?} of {result:?}")
            }
            Command::CancelExecution { .. } => "cancel execution".to_owned(),
            Command::Discard { token } => format!("discard {}", token.0),
            Command::Converse { tag, utterance, .. } => {
                self.last.speech = Some((tag, "It is sunny. It is warm.".to_owned()));
                format!("converse {utterance:?}")
            }
            Command::Speak { tag, text } => {
                self.last.speech = Some((tag, text.clone()));
                format!("speak {text:?}")
            }
            Command::Announce { tag, text, .. } => {
                self.last.speech = Some((tag, text.clone()));
                format!("announce {text:?}")
            }
            Command::Decline { id } => format!("decline {}", id.0),
            Command::StopSpeaking => "hush".to_owned(),
            Command::StopThinking { .. } => "stop thinking".to_owned(),
            Command::Publish(event) => match event {
                TurnEvent::State(state) => format!("[{state:?}]"),
                TurnEvent::Heard { text, .. } => format!("heard {text:?}"),
                TurnEvent::Step { number, of, words } => format!("step {number} of {of} {words:?}"),
                TurnEvent::QuestionOpened(_) => "question opened".to_owned(),
                TurnEvent::AnswerDue { until, .. } => format!("due in {} s", (until - self.now).as_secs()),
                TurnEvent::QuestionClosed { decision, by, .. } => {
                    format!("question closed {decision:?} by {by:?}")
                }
                TurnEvent::Done { outcome, .. } => format!("outcome {:?}", outcome.state),
                TurnEvent::NotDone { .. } => "not done".to_owned(),
                TurnEvent::Notice { code, .. } => format!("notice {code}"),
            },
        }
    }

    fn wait(&mut self, seconds: u64) -> &mut Self {
        self.now += Duration::from_secs(seconds);
        self
    }

    /// Waits for the machine's own deadline.
    fn silence(&mut self) -> &mut Self {
        self.now = self.machine.deadline().unwrap_or(self.now);
        self.step("silence", Input::DeadlineReached)
    }

    fn voice(&mut self) -> &mut Self {
        self.step("voice", Input::SpeechStarted)
    }

    fn utterance(&mut self) -> &mut Self {
        let started = self.now;
        self.wait(1).step("utterance", Input::UtteranceEnded(Utterance::Spoken { clip: ClipId(1), started }))
    }

    fn text(&mut self, text: &str, confidence: f32) -> &mut Self {
        let tag = self.last.clip.expect("a clip");
        self.step("text", Input::Transcribed(tag, Ok(Heard { text: text.to_owned(), confidence })))
    }

    fn say(&mut self, text: &str) -> &mut Self {
        self.wait(1).voice().utterance().text(text, 0.9)
    }

    fn plan(&mut self, action: &str) -> &mut Self {
        let tag = self.last.plan.expect("a plan");
        self.step("plan", Input::Planned(tag, Ok(Plan::Call(call(action)))))
    }

    fn must_ask(&mut self, approval: &str) -> &mut Self {
        let (tag, pending) = (self.last.judge.expect("a judgement"), self.pending(approval));
        self.step("must ask", Input::Judged(tag, Judgement::Ask(pending)))
    }

    fn edited(&mut self, approval: &str) -> &mut Self {
        let (tag, pending) = (self.last.judge.expect("a judgement"), Box::new(self.pending(approval)));
        let by = DecidedBy::Screen;
        self.step("edited", Input::Resolved(tag, Resolution::Edited { pending, by }))
    }

    fn pending(&self, approval: &str) -> PendingCall {
        let expires = self.now + Duration::from_secs(90);
        let question = Question {
            spoken: "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?".to_owned(),
            again: "Sorry, I didn't get that. Shall I set the reminder?".to_owned(),
            title: "Set the reminder".to_owned(),
            lines: Vec::new(),
        };
        PendingCall { approval: approval.to_owned(), call: call("set_reminder"), question, expires }
    }

    fn allowed(&mut self, token: u32) -> &mut Self {
        let tag = self.last.judge.expect("a judgement");
        let judgement = Judgement::Allowed { token: Token(token), call: call("list_tasks") };
        self.step("allowed", Input::Judged(tag, judgement))
    }

    fn granted(&mut self, token: u32, by: DecidedBy) -> &mut Self {
        let tag = self.last.judge.expect("a judgement");
        self.step("granted", Input::Resolved(tag, Resolution::Granted { token: Token(token), by }))
    }

    fn finished(&mut self, state: StepState, say: &str) -> &mut Self {
        let tag = self.last.step.expect("a step");
        self.step("finished", Input::StepFinished(tag, outcome(state, say)))
    }

    fn played(&mut self) -> &mut Self {
        let (tag, heard) = self.last.speech.clone().expect("speech");
        self.wait(3).step("played", Input::Played(tag, Played { heard, complete: true }))
    }

    fn cut(&mut self, heard: &str) -> &mut Self {
        let (tag, _) = self.last.speech.clone().expect("speech");
        self.step("cut", Input::Played(tag, Played { heard: heard.to_owned(), complete: false }))
    }

    /// Up to a question that was played.
    fn asked() -> Self {
        let mut talk = Self::new();
        talk.say("remind me to call mom tomorrow at five").plan("set_reminder").must_ask("a1").played();
        talk.log.clear();
        talk
    }

    /// Up to a call under way.
    fn doing() -> Self {
        let mut talk = Self::asked();
        talk.say("yes").granted(1, DecidedBy::Voice);
        talk.log.clear();
        talk
    }

    fn check(&self, expected: Expect) {
        expected.assert_eq(&self.log);
    }
}

fn outcome(state: StepState, say: &str) -> StepOutcome {
    StepOutcome { state, say: say.to_owned(), result: say.to_owned() }
}

fn ask(question: &str) -> Plan {
    Plan::Ask { question: question.to_owned(), call: None }
}

fn call(action: &str) -> Call {
    Call {
        capability: format!("assistant__{action}"),
        server: "assistant".to_owned(),
        action: action.to_owned(),
        arguments: Map::new(),
    }
}

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
        text → heard "tomorrow at five p.m. shall I"; ask Repeat "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"; [Asking]
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
        voice → hush; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "and tomorrow"; plan "and tomorrow" after ["how is the weather", "It is sunny."]; [Thinking]
    "#]]);
}

#[test]
fn a_noise_has_a_sentence_said_again_once() {
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
        voice → hush; [Listening]
        cut → nothing
        false start → speak "I don't know whether that was done."; [Speaking]
        voice → hush; [Listening]
        cut → nothing
        false start → [Idle]
    "#]]);
}

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
fn a_refusal_and_faults_are_said() {
    let mut talk = Talk::new();
    talk.say("send it").plan("send_email");
    let tag = talk.last.judge.expect("a judgement");
    let refused = Judgement::Refused { call: call("send_email"), say: "I may only read.".to_owned() };
    talk.step("refused", Input::Judged(tag, refused)).played().say("hello");
    let tag = talk.last.plan.expect("a plan");
    talk.step("fault", Input::Planned(tag, Err(PlanFault("engine died".to_owned()))))
        .played()
        .voice()
        .utterance();
    let tag = talk.last.clip.expect("a clip");
    talk.step("fault", Input::Transcribed(tag, Err(HearingFault("engine died".to_owned())))).played();
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

#[test]
fn stop_said_to_speech_means_silence() {
    let mut talk = Talk::doing();
    talk.finished(StepState::Succeeded, "Done.").say("stop").cut("Do").say("never mind");
    talk.check(expect![[r#"
        finished → outcome Succeeded; speak "Done."; [Speaking]
        voice → hush; [Listening]
        utterance → transcribe; [Hearing]
        text → heard "stop"; [Idle]
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
        voice → hush; [Listening]
        cut → nothing
        utterance → transcribe; [Hearing]
        text → heard "stop"; [Idle]
    "#]]);
}

#[test]
fn an_execution_without_word_is_unknown() {
    Talk::doing().silence().check(expect![[r#"
        silence → outcome Unknown; speak "I haven't heard back, so I don't know whether it was done. Please check before you try again."; [Speaking]
    "#]]);
}
