//! What holds for every sequence of inputs, sensible or not.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::Map;

use super::{
    Announcement, AnnouncementId, Call, Cancel, ClipId, Command, DecidedBy, Decision, Heard, HearingFault,
    Ids, Input, Judgement, Machine, PendingCall, Plan, PlanFault, Played, Resolution, State, StepOutcome,
    StepState, Tag, Utterance,
};
use crate::phrasing::Question;

mod announced;
mod steps;

/// Counted by the test; can't be copied.
#[derive(Debug)]
struct Token(u64);

/// An input without tag and token; `which` chooses among the tags that were handed out, newest first.
#[derive(Clone, Debug)]
enum Event {
    Speech,
    FalseStart,
    Spoken { ago_ms: u64 },
    Overheard { ago_ms: u64 },
    Typed(&'static str),
    Text { which: usize, text: &'static str, confidence: f32 },
    Deaf { which: usize },
    Plan { which: usize, kind: u8 },
    Judge { which: usize, kind: u8 },
    Resolve { which: usize, kind: u8 },
    Step { which: usize, kind: u8 },
    Check { which: usize, holds: bool },
    Played { which: usize, complete: bool },
    Announce,
    CancelReply,
    CancelAll,
    Gone,
    Deadline,
    Wait(u64),
}

const TEXTS: &[&str] = &[
    "yes",
    "no",
    "",
    "no, make it six",
    "stop",
    "mhm",
    "what did you say",
    "maybe",
    "shall i",
    "call mom",
    "be quiet",
    "add milk to my list and then text Bob and then remind me at six to cook",
    "keep checking my tasks until it works, then text Bob",
    "keep checking my inbox until Bob wrote",
];

fn event() -> impl Strategy<Value = Event> {
    let which = || prop_oneof![8 => Just(0usize), 1 => 0usize..4];
    let text = || prop::sample::select(TEXTS);
    prop_oneof![
        3 => Just(Event::Speech),
        1 => Just(Event::FalseStart),
        4 => (0u64..4000).prop_map(|ago_ms| Event::Spoken { ago_ms }),
        2 => (0u64..4000).prop_map(|ago_ms| Event::Overheard { ago_ms }),
        1 => text().prop_map(Event::Typed),
        6 => (which(), text(), any::<f32>()).prop_map(|(which, text, c)| Event::Text { which, text, confidence: if c > 0.0 { 0.9 } else { c } }),
        1 => which().prop_map(|which| Event::Deaf { which }),
        6 => (which(), 0u8..9).prop_map(|(which, kind)| Event::Plan { which, kind }),
        6 => (which(), 0u8..5).prop_map(|(which, kind)| Event::Judge { which, kind }),
        3 => (which(), 0u8..4).prop_map(|(which, kind)| Event::Resolve { which, kind }),
        4 => (which(), 0u8..5).prop_map(|(which, kind)| Event::Step { which, kind }),
        2 => (which(), any::<bool>()).prop_map(|(which, holds)| Event::Check { which, holds }),
        5 => (which(), any::<bool>()).prop_map(|(which, complete)| Event::Played { which, complete }),
        2 => Just(Event::Announce),
        1 => Just(Event::CancelReply),
        1 => Just(Event::CancelAll),
        1 => Just(Event::Gone),
        1 => Just(Event::Deadline),
        2 => (1u64..6000).prop_map(Event::Wait),
    ]
}

/// Random events, most often after a piece of the way to an executed call: chance alone hardly ever gets there.
fn events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    let way = vec![
        Event::Spoken { ago_ms: 0 },
        Event::Text { which: 0, text: "call mom", confidence: 0.9 },
        Event::Plan { which: 0, kind: 5 },
        Event::Judge { which: 0, kind: 4 },
        Event::Wait(1000),
        Event::Played { which: 0, complete: true },
        Event::Wait(1000),
        Event::Spoken { ago_ms: 500 },
        Event::Text { which: 0, text: "yes", confidence: 0.9 },
        Event::Resolve { which: 0, kind: 3 },
    ];
    // The same with a request of three steps, to the question about the second.
    let steps = vec![
        Event::Spoken { ago_ms: 0 },
        Event::Text { which: 0, text: TEXTS[11], confidence: 0.9 },
        Event::Plan { which: 0, kind: 8 },
        Event::Judge { which: 0, kind: 0 },
        Event::Step { which: 0, kind: 4 },
        Event::Wait(1000),
        Event::Plan { which: 0, kind: 8 },
        Event::Judge { which: 0, kind: 4 },
        Event::Wait(1000),
        Event::Played { which: 0, complete: true },
    ];
    let answer = (0u64..2000).prop_map(|ago_ms| {
        vec![Event::Spoken { ago_ms }, Event::Text { which: 0, text: "yes", confidence: 0.9 }]
    });
    let start = prop_oneof![Just(way), Just(steps)]
        .prop_flat_map(|way| (0..=way.len()).prop_map(move |n| way[..n].to_vec()));
    (start, prop_oneof![Just(Vec::new()), answer], prop::collection::vec(event(), 1..most))
        .prop_map(|(start, answer, rest)| [start, answer, rest].concat())
}

/// A driver that answers at random and keeps the books.
struct World {
    machine: Machine<Token>,
    now: Instant,
    tags: HashMap<&'static str, Vec<Tag>>,
    issued: u64,
    executed: HashSet<u64>,
    discarded: HashSet<u64>,
    /// When the newest question was played to its end, if it was.
    played: Option<Instant>,
    asked: Option<Tag>,
    /// When the clip of a tag began.
    clips: HashMap<Tag, Instant>,
    next_start: Instant,
    newest_text: Option<Instant>,
    typed: bool,
    said: Vec<Tag>,
    announced: announced::Book,
    steps: steps::Book,
}

impl World {
    fn new() -> Self {
        let now = Instant::now() + Duration::from_secs(10);
        Self {
            machine: Machine::new(DecidedBy::Screen, true),
            now,
            tags: HashMap::new(),
            issued: 0,
            executed: HashSet::new(),
            discarded: HashSet::new(),
            played: None,
            asked: None,
            clips: HashMap::new(),
            next_start: now,
            newest_text: None,
            typed: false,
            said: Vec::new(),
            announced: announced::Book::default(),
            steps: steps::Book::default(),
        }
    }

    fn tag(&self, kind: &str, which: usize) -> Tag {
        let known = self.tags.get(kind).map(Vec::as_slice).unwrap_or_default();
        known.iter().rev().nth(which).copied().unwrap_or(Tag { turn: 999, epoch: 999_999 })
    }

    fn token(&mut self) -> Token {
        self.issued += 1;
        Token(self.issued)
    }

    fn input(&mut self, event: &Event) -> Option<Input<Token>> {
        self.typed = false;
        Some(match event {
            Event::Speech => Input::SpeechStarted,
            Event::FalseStart => Input::FalseStart,
            Event::Spoken { ago_ms } => {
                self.next_start = self.now - Duration::from_millis(*ago_ms);
                Input::UtteranceEnded(Utterance::Spoken { clip: ClipId(0), started: self.next_start })
            }
            Event::Overheard { ago_ms } => {
                self.next_start = self.now - Duration::from_millis(*ago_ms);
                Input::UtteranceEnded(Utterance::Overheard { clip: ClipId(0), started: self.next_start })
            }
            Event::Typed(text) => {
                self.typed = true;
                Input::UtteranceEnded(Utterance::Typed((*text).to_owned()))
            }
            Event::Text { which, text, confidence } => {
                let tag = self.tag("hear", *which);
                self.newest_text = self.clips.get(&tag).copied();
                Input::Transcribed(tag, Ok(Heard { text: (*text).to_owned(), confidence: *confidence }))
            }
            Event::Deaf { which } => {
                Input::Transcribed(self.tag("hear", *which), Err(HearingFault::Broken("x".to_owned())))
            }
            Event::Plan { which, kind } => Input::Planned(
                self.tag("plan", *which),
                match kind {
                    0 => Ok(Plan::Respond),
                    1 => Ok(Plan::Ask { question: "when?".to_owned(), call: None }),
                    2 => Err(PlanFault::Broken("x".to_owned())),
                    3 => Ok(Plan::OneRequest),
                    4 => Ok(Plan::Instead { undo: call(), call: call() }),
                    5.. => Ok(Plan::Call(call())),
                },
            ),
            Event::Judge { which, kind } => {
                let tag = self.tag("judge", *which);
                Input::Judged(
                    tag,
                    match kind {
                        0 => Judgement::Allowed { token: self.token(), call: call() },
                        1 => Judgement::Refused { call: call(), say: "no".to_owned() },
                        2.. => Judgement::Ask(pending(self.now + Duration::from_secs(60))),
                    },
                )
            }
            Event::Resolve { which, kind } => {
                let tag = self.tag("judge", *which);
                Input::Resolved(
                    tag,
                    match kind {
                        0 => Resolution::Expired,
                        1 => Resolution::Denied { by: DecidedBy::Api },
                        2 => Resolution::Edited {
                            pending: Box::new(pending(self.now + Duration::from_secs(60))),
                            by: DecidedBy::Screen,
                        },
                        3.. => Resolution::Granted { token: self.token(), by: DecidedBy::Screen },
                    },
                )
            }
            Event::Check { which, holds } => Input::Checked(self.tag("check", *which), Ok(*holds)),
            Event::Step { which, kind } => Input::StepFinished(
                self.tag("step", *which),
                StepOutcome {
                    state: match kind {
                        0 => StepState::Failed,
                        1 => StepState::Unknown,
                        2 => StepState::Asks,
                        3.. => StepState::Succeeded,
                    },
                    say: steps::RESULT.to_owned(),
                    result: steps::RESULT.to_owned(),
                    ids: Ids::default(),
                },
            ),
            Event::Played { which, complete } => {
                let tag = self.tag("say", *which);
                if *complete && self.asked == Some(tag) {
                    self.played.get_or_insert(self.now);
                }
                let heard = if *complete { "some words" } else { ["", "some", "some?"][self.said.len() % 3] };
                self.announced.played(tag, heard);
                Input::Played(tag, Played { heard: heard.to_owned(), complete: *complete })
            }
            Event::Announce => {
                let id = self.announced.new_one();
                Input::Announce(Announcement { id, text: format!("Reminder {}.", id.0) })
            }
            Event::CancelReply => Input::Cancel(Cancel::Reply),
            Event::CancelAll => Input::Cancel(Cancel::Everything(DecidedBy::Screen)),
            Event::Gone => Input::Disconnected,
            Event::Deadline => Input::DeadlineReached,
            Event::Wait(ms) => {
                self.now += Duration::from_millis(*ms);
                return None;
            }
        })
    }

    fn put(&mut self, input: Input<Token>) -> Vec<Command<Token>> {
        let mut out = Vec::new();
        self.machine.handle(self.now, input, &mut out);
        out
    }

    /// Books what the machine wants, and returns whether it approved something by voice.
    fn book(&mut self, out: Vec<Command<Token>>) -> Result<(), proptest::test_runner::TestCaseError> {
        for command in out {
            let (kind, tag) = match command {
                Command::Transcribe { tag, .. } => {
                    self.clips.insert(tag, self.next_start);
                    ("hear", tag)
                }
                Command::Plan { tag, request } => {
                    self.steps.planned(&request)?;
                    ("plan", tag)
                }
                Command::Check { tag, .. } => ("check", tag),
                Command::Judge { tag, .. } => ("judge", tag),
                Command::Execute { tag, token } => {
                    self.steps.called(tag)?;
                    prop_assert!(self.executed.insert(token.0), "executed twice");
                    prop_assert!(!self.discarded.contains(&token.0), "discarded and executed");
                    ("step", tag)
                }
                Command::Discard { token } => {
                    prop_assert!(self.discarded.insert(token.0), "discarded twice");
                    prop_assert!(!self.executed.contains(&token.0), "executed and discarded");
                    continue;
                }
                Command::AskAloud { tag, .. } => {
                    self.asked = Some(tag);
                    self.played = None;
                    ("say", tag)
                }
                Command::Speak { tag, .. }
                | Command::Acknowledge { tag, .. }
                | Command::Converse { tag, .. } => ("say", tag),
                Command::GoOn { tag, from } => {
                    prop_assert!(self.said.contains(&from), "what was never said goes on");
                    prop_assert!(self.asked != Some(from), "a question goes on in pieces");
                    ("say", tag)
                }
                Command::Announce { tag, id, .. } => {
                    self.announced.said(id, tag)?;
                    ("say", tag)
                }
                Command::Decline { id } => {
                    self.announced.declined(id)?;
                    continue;
                }
                Command::Answer { decision: Decision::Approve, by, .. } => {
                    if !self.typed {
                        prop_assert_eq!(by, DecidedBy::Voice);
                        let played = self.played;
                        prop_assert!(played.is_some(), "a yes to a question that was not played");
                        prop_assert!(
                            self.newest_text > played,
                            "a yes that began before the question was played"
                        );
                    }
                    continue;
                }
                Command::Answer { .. }
                | Command::Withdraw { .. }
                | Command::Forget(_)
                | Command::CancelExecution { .. }
                | Command::StopSpeaking { .. }
                | Command::LetGo
                | Command::StopThinking { .. } => continue,
                Command::Publish(event) => {
                    self.announced.note(&event);
                    continue;
                }
            };
            prop_assert!(!self.said.contains(&tag), "a tag for two pieces of work");
            self.said.push(tag);
            self.tags.entry(kind).or_default().push(tag);
        }
        Ok(())
    }

    fn run(&mut self, events: &[Event]) -> Result<(), proptest::test_runner::TestCaseError> {
        for event in events {
            if let Some(input) = self.input(event) {
                let out = self.put(input);
                self.book(out)?;
            }
        }
        Ok(())
    }

    /// Lets deadlines alone pass.
    fn rest(&mut self) -> Result<(), proptest::test_runner::TestCaseError> {
        let mut rounds = 0;
        while let Some(due) = self.machine.deadline() {
            self.now = self.now.max(due);
            let out = self.put(Input::DeadlineReached);
            self.book(out)?;
            rounds += 1;
            prop_assert!(rounds < 60, "never at rest");
        }
        Ok(())
    }

    fn accounted(&self) -> u64 {
        (self.executed.len() + self.discarded.len()) as u64
    }
}

fn call() -> Call {
    Call {
        capability: "a__b".to_owned(),
        server: "a".to_owned(),
        action: "b".to_owned(),
        arguments: Map::new(),
        about: None,
    }
}

fn pending(expires: Instant) -> PendingCall {
    let question = Question {
        spoken: "I'll call mom. Shall I?".to_owned(),
        again: "Shall I?".to_owned(),
        title: "Call".to_owned(),
        lines: Vec::new(),
        yes: crate::phrasing::YesBy::Any,
    };
    PendingCall { approval: "a1".to_owned(), call: call(), question, expires }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 2000, ..Default::default() })]

    /// Nothing runs without a token, each runs at most once, none is lost; a yes before the end of the question never
    /// approves; deadlines alone bring every session to rest.
    #[test]
    fn tokens_answers_and_rest(events in events(60)) {
        let mut world = World::new();
        world.run(&events)?;
        prop_assert!(world.executed.iter().all(|t| *t <= world.issued));
        world.rest()?;
        prop_assert_eq!(world.machine.state(), State::Idle);
        prop_assert_eq!(world.accounted(), world.issued, "a token was lost");
    }

    /// Disconnection brings every session to rest at once, without a word.
    #[test]
    fn gone_is_idle(events in events(60)) {
        let mut world = World::new();
        world.run(&events)?;
        let out = world.put(Input::Disconnected);
        let acts = |c: &Command<Token>| matches!(c, Command::Speak { .. } | Command::GoOn { .. } | Command::Acknowledge { .. } | Command::AskAloud { .. } | Command::Announce { .. } | Command::Execute { .. });
        prop_assert!(!out.iter().any(acts), "said or did something to nobody");
        world.book(out)?;
        prop_assert_eq!(world.machine.state(), State::Idle);
        prop_assert_eq!(world.machine.deadline(), None);
        prop_assert_eq!(world.accounted(), world.issued, "a token was lost");
    }

    /// Words are planned as it was foreseen while they were said.
    #[test]
    fn what_was_foreseen_is_what_is_planned(events in events(40), text in prop::sample::select(TEXTS)) {
        let mut world = World::new();
        world.run(&events)?;
        let out = world.put(Input::SpeechStarted);
        world.book(out)?;
        let foreseen = world.machine.foresee(world.now, text);
        let spoken = Utterance::Spoken { clip: ClipId(0), started: world.now };
        let out = world.put(Input::UtteranceEnded(spoken));
        let hearing = out.iter().find_map(|c| if let Command::Transcribe { tag, .. } = c { Some(*tag) } else { None });
        if let (Some(foreseen), Some(tag)) = (foreseen, hearing) {
            let heard = Heard { text: text.to_owned(), confidence: 0.9 };
            let out = world.put(Input::Transcribed(tag, Ok(heard)));
            for command in &out {
                if let Command::Plan { tag, request } = command {
                    prop_assert_eq!((tag.turn, &**request), (foreseen.turn, &foreseen.request));
                }
            }
        }
    }

    /// A result with a tag that nobody waits for changes nothing and runs nothing.
    #[test]
    fn stale_results_are_inert(events in events(40), stale in event()) {
        let mut world = World::new();
        world.run(&events)?;
        world.tags.clear();
        let tagged = matches!(stale, Event::Text { .. } | Event::Deaf { .. } | Event::Plan { .. } | Event::Judge { .. }
            | Event::Resolve { .. } | Event::Step { .. } | Event::Check { .. } | Event::Played { .. });
        if tagged && let Some(input) = world.input(&stale) {
            let before = format!("{:?}", world.machine);
            let out = world.put(input);
            let inert = |c: &Command<Token>| matches!(c, Command::Discard { .. } | Command::Withdraw { .. } | Command::Publish(_));
            prop_assert!(out.iter().all(inert), "a stale result had an effect");
            prop_assert_eq!(before, format!("{:?}", world.machine));
        }
    }
}
