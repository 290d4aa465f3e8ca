//! `homepilot talk`: a conversation by this machine's microphone and loudspeaker. A client of the realtime protocol like
//! any other, so it works against a program that runs as well as against one that was started for it.
//!
//! [`gate`](gate::Gate) decides what of the microphone is sent, [`press`](press::Press) what the talk key means,
//! [`scene`](scene::Scene) what is known; all three are pure. This file moves between them, the devices, the
//! [`link`](link::Link) and the terminal.
//!
//! Echo: half duplex. While the persona is heard the microphone is not listened to; the talk key stops the persona and
//! opens it. With headphones the persona can be interrupted by speaking.

mod event;
mod face;
mod gate;
mod keys;
mod link;
mod mouth;
mod press;
mod scene;
mod screen;
mod spoken;
mod status;

use std::time::{Duration, Instant};

use crossterm::event::Event as Key;
use homepilot_voice::{
    SampleRate,
    device::{Capture, Captured, Choice, DeviceError, Opened, Playback, Played, Role},
    meter::Meter,
};
use tokio::sync::mpsc;

use crate::client::{
    self,
    events::{self, Turns},
};
use event::{Event, State};
use face::Face;
use gate::{Completed, Gate, Passed, Room};
use keys::{Asked, Keys, Questions};
use link::{Link, News};
use mouth::Mouth;
use press::{Press, Wish};
use scene::{Line, Scene};
use status::Shown;

/// Pieces of sound that may wait for the connection, 40 ms each; more are lost.
const HEARD: usize = 256;
/// What the keys do.
const HELP: &str = "space: hold it while you speak, or tap it before and after; it also interrupts. esc: silence. \
                    y, n, e: yes, no, change what is asked. t: type. h: hands-free. q: end";

/// Where the persona's voice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ears {
    /// Into the room: the microphone is not listened to meanwhile.
    Open,
    /// Into headphones: both can speak at once.
    Headphones,
}

/// How long the conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Until the person ends it.
    Open,
    /// One turn, which begins within this time.
    OneTurn(Duration),
}

/// How to talk.
#[derive(Clone, Debug)]
pub struct Options {
    /// With whom.
    pub persona: String,
    /// Who finds the end of what is said.
    pub turns: Turns,
    /// How long.
    pub length: Length,
    /// Where the voice goes.
    pub ears: Ears,
}

impl Options {
    /// Whether it can be done here.
    ///
    /// # Errors
    /// Where there is no key to hold.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.turns == Turns::HandsFree || face::is_terminal(),
            "there is no terminal whose space bar could be held: use --hands-free or --once"
        );
        Ok(())
    }
}

/// Microphone and loudspeaker, open.
pub struct Devices {
    // Before the devices: what their threads tell has nowhere to go when these are closed.
    heard: mpsc::Receiver<Heard>,
    playback: Playback,
    _capture: Capture,
    opened: (Opened, Opened),
}

enum Heard {
    Microphone(Captured),
    Loudspeaker(Played),
}

impl Devices {
    /// Opens both.
    ///
    /// # Errors
    /// Which of them can't be used, why, and what to do.
    pub fn open(microphone: &Choice, loudspeaker: &Choice) -> Result<Devices, DeviceError> {
        let (tell, heard) = mpsc::channel(HEARD);
        let told = tell.clone();
        let rate = SampleRate::HZ_24000;
        let (playback, loud) = Playback::open(loudspeaker.pinned(Role::Loudspeaker)?, rate, move |played| {
            pass_on(&told, Heard::Loudspeaker(played));
        })?;
        let (capture, soft) = Capture::open(microphone.pinned(Role::Microphone)?, rate, move |captured| {
            pass_on(&tell, Heard::Microphone(captured));
        })?;
        Ok(Devices { heard, playback, _capture: capture, opened: (soft, loud) })
    }
}

/// The devices' threads never wait for the connection.
fn pass_on(tell: &mpsc::Sender<Heard>, heard: Heard) {
    if tell.try_send(heard).is_err() {
        tracing::debug!("the connection is behind: a piece of sound is lost");
    }
}

/// Talks until the person, the turn or `stop` ends it.
///
/// # Errors
/// Why it can't go on, or why the one turn was not done.
pub async fn run(
    address: String,
    options: Options,
    devices: Devices,
    stop: impl Future<Output = std::io::Result<()>>,
) -> anyhow::Result<()> {
    let link = Link::open(address, options.persona.clone()).await?;
    let mut talk = Talk {
        scene: Scene::new(options.persona.clone(), options.turns),
        gate: Gate::new(options.turns),
        press: Press::new(),
        keys: Keys::default(),
        meter: Meter::default(),
        microphone: Microphone::There,
        mouth: Mouth::new(devices.playback),
        face: Face::open(&options.persona)?,
        link,
        ears: options.ears,
    };
    let (soft, loud) = &devices.opened;
    let opened = format!("microphone: {soft}; loudspeaker: {loud}");
    let first = match options.turns {
        Turns::HandsFree => "speak",
        Turns::PushToTalk => HELP,
    };
    talk.face.add(&[Line::Note(opened), Line::Note(first.to_owned())])?;
    talk.converse(options.length, devices.heard, stop).await
}

enum Microphone {
    There,
    Gone,
}

/// Whether the conversation goes on.
enum Course {
    On,
    End,
}

struct Talk {
    scene: Scene,
    gate: Gate,
    press: Press,
    keys: Keys,
    meter: Meter,
    microphone: Microphone,
    mouth: Mouth,
    face: Face,
    link: Link,
    ears: Ears,
}

impl Talk {
    async fn converse(
        &mut self,
        length: Length,
        mut heard: mpsc::Receiver<Heard>,
        stop: impl Future<Output = std::io::Result<()>>,
    ) -> anyhow::Result<()> {
        let began = Instant::now();
        tokio::pin!(stop);
        loop {
            let now = Instant::now();
            self.draw(now)?;
            if let Length::OneTurn(wait) = length {
                match self.one_turn(now, began + wait) {
                    Ok(Course::On) => {}
                    Ok(Course::End) => return Ok(()),
                    Err(message) => anyhow::bail!("{message}"),
                }
            }
            let alarm = self.alarm(now);
            let course = tokio::select! {
                news = self.link.next() => self.on_news(news, length).await?,
                Some(heard) = heard.recv() => self.on_heard(heard).await?,
                event = self.face.event() => self.on_key(event?).await?,
                () = tokio::time::sleep_until(alarm.into()) => self.on_alarm().await,
                result = &mut stop => {
                    result?;
                    Course::End
                }
            };
            match course {
                Course::On => {}
                Course::End => return Ok(()),
            }
        }
    }

    fn draw(&mut self, now: Instant) -> std::io::Result<()> {
        let shown = Shown {
            sounding: self.mouth.sounds(now),
            scene: &self.scene,
            meter: self.meter,
            taking: self.gate.is_open(),
            typed: self.keys.typed(),
            deaf: matches!(self.microphone, Microphone::Gone),
        };
        self.face.draw(&shown, now)
    }

    /// One turn is over when it was understood, everything it led to has been said, and that has been heard.
    fn one_turn(&mut self, now: Instant, until: Instant) -> Result<Course, String> {
        let at_rest = self.scene.state == State::Idle && self.scene.open.is_empty();
        match (self.scene.understood, at_rest && !self.mouth.sounds(now)) {
            (true, true) => self.scene.failed.take().map_or(Ok(Course::End), Err),
            (false, true) if now >= until => Err("nobody was understood in time: speak nearer to the microphone, \
                                                  choose another with --microphone, or wait longer with --wait"
                .to_owned()),
            _ => Ok(Course::On),
        }
    }

    /// At the latest in a second: what counts down is drawn, and a loudspeaker that falls silent is noticed.
    fn alarm(&self, now: Instant) -> Instant {
        let second = now + Duration::from_secs(1);
        self.press.deadline().map_or(second, |due| due.min(second))
    }

    async fn on_alarm(&mut self) -> Course {
        if let Some(wish) = self.press.tick(Instant::now()) {
            self.wish(wish).await;
        }
        Course::On
    }

    async fn on_news(&mut self, news: News, length: Length) -> anyhow::Result<Course> {
        let lines = match news {
            News::Event(event) => {
                let lines = self.scene.server(Instant::now(), &event);
                self.face.add(&lines)?;
                self.on_event(event).await?;
                return Ok(Course::On);
            }
            News::Open => self.scene.back(),
            News::Lost { why, again_in } => {
                if let Length::OneTurn(_) = length {
                    anyhow::bail!(
                        "{why}; what was asked was not done, or its outcome is in `homepilot audit list`"
                    );
                }
                // There is nobody to tell what was heard.
                drop(self.mouth.stop());
                self.forget();
                self.scene.lost(&why, again_in)
            }
        };
        self.face.add(&lines)?;
        Ok(Course::On)
    }

    async fn on_event(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Created => self.link.send(events::session(self.scene.turns, true)).await,
            Event::Sound { response_id, item_id, delta } if !self.scene.is_silenced(&response_id) => {
                if let Err(full) = self.mouth.say(&item_id, &client::decoded(&delta)) {
                    self.face.add(&[Line::Problem(full.to_string())])?;
                }
            }
            Event::SoundDone { item_id } => self.mouth.said(&item_id),
            // What the server has cut, because the person spoke or answered elsewhere.
            Event::Done { response } if response.status == "cancelled" => {
                for event in self.mouth.stop() {
                    self.link.send(event).await;
                }
            }
            Event::Sound { .. }
            | Event::Done { .. }
            | Event::Begun { .. }
            | Event::Saying { .. }
            | Event::Said { .. }
            | Event::SpeechStarted
            | Event::Hearing { .. }
            | Event::Heard { .. }
            | Event::Unheard { .. }
            | Event::State { .. }
            | Event::Question(_)
            | Event::Due { .. }
            | Event::Closed { .. }
            | Event::Step { .. }
            | Event::Outcome { .. }
            | Event::Reminder { .. }
            | Event::Notice { .. }
            | Event::Error { .. }
            | Event::Other => {}
        }
        Ok(())
    }

    async fn on_heard(&mut self, heard: Heard) -> anyhow::Result<Course> {
        let line = match heard {
            Heard::Microphone(Captured::Sound(sound)) => {
                self.on_sound(sound).await?;
                return Ok(Course::On);
            }
            Heard::Microphone(Captured::Lost(error)) => {
                self.microphone = Microphone::Gone;
                self.drop_utterance().await;
                Line::Problem(format!("{error}; until then it is tried every second"))
            }
            Heard::Microphone(Captured::Back(opened)) => {
                self.microphone = Microphone::There;
                Line::Note(format!("the microphone is back: {opened}"))
            }
            Heard::Loudspeaker(Played::Lost(error)) => Line::Problem(format!(
                "{error}; until then it is tried every second, and answers are only written"
            )),
            Heard::Loudspeaker(Played::Back(opened)) => {
                Line::Note(format!("the loudspeaker is back: {opened}"))
            }
        };
        self.face.add(&[line])?;
        Ok(Course::On)
    }

    async fn on_sound(&mut self, sound: Vec<f32>) -> std::io::Result<()> {
        let sounds = self.mouth.sounds(Instant::now());
        match sounds && !self.gate.is_open() {
            true => self.meter.set(self.mouth.level()),
            false => self.meter.hear(&sound),
        }
        let room = match self.ears {
            Ears::Open if sounds || self.scene.is_responding() => Room::PersonaSpeaks,
            Ears::Open | Ears::Headphones => Room::Quiet,
        };
        if !self.scene.connected {
            return Ok(());
        }
        for passed in self.gate.hear(sound, room) {
            match passed {
                Passed::Sound(sound) => self.link.send(events::append(&sound)).await,
                Passed::Complete(completed) => self.complete(completed).await?,
            }
        }
        Ok(())
    }

    async fn complete(&mut self, completed: Completed) -> std::io::Result<()> {
        let note = match completed {
            Completed::Whole => None,
            Completed::Longest => Some("that was nearly three minutes, as much as can be taken at once"),
            Completed::TooShort => Some("that was very short: hold space while you speak"),
            Completed::Muted => {
                Some("the microphone sends nothing but silence: is it switched off or muted?")
            }
        };
        match completed {
            Completed::Whole | Completed::Longest => {
                self.link.send(events::commit()).await;
                self.link.send(events::respond()).await;
            }
            Completed::TooShort | Completed::Muted => self.link.send(events::clear()).await,
        }
        self.press.forget();
        match note {
            Some(note) => self.face.add(&[Line::Note(note.to_owned())]),
            None => Ok(()),
        }
    }

    async fn on_key(&mut self, event: Key) -> anyhow::Result<Course> {
        let now = Instant::now();
        let key = match event {
            Key::Key(key) => key,
            Key::Resize(..) => {
                self.face.resized();
                return Ok(Course::On);
            }
            Key::FocusGained | Key::FocusLost | Key::Mouse(_) => return Ok(Course::On),
        };
        let questions = if self.scene.question.is_some() { Questions::Open } else { Questions::None };
        let Some(asked) = self.keys.press(key, questions) else { return Ok(Course::On) };
        match asked {
            Asked::Down => {
                if let Some(wish) = self.press.down(now) {
                    self.wish(wish).await;
                }
            }
            Asked::Repeat => self.press.repeat(now),
            Asked::Up => {
                if let Some(wish) = self.press.up(now) {
                    self.wish(wish).await;
                }
            }
            Asked::Hush => {
                self.drop_utterance().await;
                self.hush().await;
            }
            Asked::Yes => self.answer(true).await,
            Asked::No => self.answer(false).await,
            Asked::Words(words) => {
                self.drop_utterance().await;
                self.hush().await;
                self.face.add(&[Line::You(words.clone())])?;
                self.link.send(events::words(&words)).await;
                self.link.send(events::respond()).await;
            }
            Asked::HandsFree => {
                self.drop_utterance().await;
                self.scene.turns = match self.scene.turns {
                    Turns::PushToTalk => Turns::HandsFree,
                    Turns::HandsFree => Turns::PushToTalk,
                };
                self.gate.turns(self.scene.turns);
                self.link.send(events::session(self.scene.turns, true)).await;
            }
            Asked::Help => self.face.add(&[Line::Note(HELP.to_owned())])?,
            Asked::Quit => return Ok(Course::End),
        }
        Ok(Course::On)
    }

    async fn wish(&mut self, wish: Wish) {
        match wish {
            Wish::Begin => {
                self.hush().await;
                if self.scene.turns == Turns::HandsFree || !self.scene.connected {
                    self.press.forget();
                    return;
                }
                let before = self.gate.press();
                self.link.send(events::clear()).await;
                if !before.is_empty() {
                    self.link.send(events::append(&before)).await;
                }
            }
            Wish::End => self.gate.release(),
        }
    }

    /// Silence, and no more of what is being said.
    async fn hush(&mut self) {
        let responding = self.scene.is_responding();
        if responding {
            self.link.send(events::cancel()).await;
        }
        if responding || self.mouth.sounds(Instant::now()) {
            for event in self.mouth.stop() {
                self.link.send(event).await;
            }
        }
        self.scene.hush();
    }

    async fn answer(&mut self, approve: bool) {
        if let Some(open) = &self.scene.question {
            self.link.send(events::answer(&open.question.approval_id, approve)).await;
        }
    }

    /// What was begun with the key is not said.
    async fn drop_utterance(&mut self) {
        if self.gate.is_open() {
            self.link.send(events::clear()).await;
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.gate.forget();
        self.press.forget();
    }
}
