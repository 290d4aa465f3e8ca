//! Whole conversations, one line a step: what happened, then what the machine wants done.

use std::time::{Duration, Instant};

use expect_test::Expect;
use serde_json::Map;

use super::{
    Call, Cancel, ClipId, Command, DecidedBy, Heard, HearingFault, Ids, Input, Judgement, Leg, Machine,
    PendingCall, Plan, PlanFault, Played, Resolution, StepOutcome, StepState, Tag, TurnEvent, Utterance,
};
use crate::phrasing::{Question, YesBy};

mod announced;
mod asked_back;
mod awaited;
mod barge_in;
mod bounds;
mod calls;
mod edits;
mod instead;
mod questions;
mod speech;
mod steps;
mod taken_back;
mod waiting;

#[derive(Debug)]
struct Token(u32);

struct Talk {
    machine: Machine<Token>,
    now: Instant,
    log: String,
    last: Last,
    /// How a yes to its questions has to be given.
    yes: YesBy,
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
        Self::of(true)
    }

    /// Where a yes counts, or does not.
    fn of(approves: bool) -> Self {
        let machine = Machine::new(DecidedBy::Screen, approves);
        Self { machine, now: Instant::now(), log: String::new(), last: Last::default(), yes: YesBy::Any }
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
            Command::Judge { tag, call, leg, .. } => {
                self.last.judge = Some(tag);
                match leg {
                    Leg::Begins => format!("judge {}", call.action),
                    Leg::GoesOn => format!("judge {} as an answer", call.action),
                }
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
            Command::StopSpeaking { keep: None } => "hush".to_owned(),
            Command::StopSpeaking { keep: Some(_) } => "hold".to_owned(),
            Command::GoOn { tag, .. } => {
                self.last.speech = Some((tag, "the rest".to_owned()));
                "go on".to_owned()
            }
            Command::LetGo => "let go".to_owned(),
            Command::Acknowledge { tag, text } => {
                self.last.speech = Some((tag, text.clone()));
                format!("acknowledge {text:?}")
            }
            Command::StopThinking { .. } => "stop thinking".to_owned(),
            Command::Publish(event) => match event {
                TurnEvent::State(state) => format!("[{state:?}]"),
                TurnEvent::Heard { text, .. } => format!("heard {text:?}"),
                TurnEvent::OwnVoice => "own voice".to_owned(),
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

    fn typed(&mut self, text: &str) -> &mut Self {
        self.step("typed", Input::UtteranceEnded(Utterance::Typed(text.to_owned())))
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
            yes: self.yes,
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
        Self::new().up_to_a_question()
    }

    fn up_to_a_question(mut self) -> Self {
        let talk = &mut self;
        talk.say("remind me to call mom tomorrow at five").plan("set_reminder").must_ask("a1").played();
        talk.log.clear();
        self
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
    StepOutcome { state, say: say.to_owned(), result: say.to_owned(), ids: Ids::default() }
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
        about: None,
    }
}
