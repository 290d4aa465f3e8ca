//! The lines at the bottom of the terminal: what is being said, the open question, the meter and the keys.

use std::time::Instant;

use homepilot_voice::meter::Meter;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{
    event::State,
    keys::Typed,
    scene::{Open, Scene},
};
use crate::client::events::Turns;

/// Cells of the meter.
const METER: usize = 16;

/// What is shown besides the scene.
pub(super) struct Shown<'s> {
    pub(super) scene: &'s Scene,
    pub(super) meter: Meter,
    /// Whether an utterance is being taken from the microphone.
    pub(super) taking: bool,
    /// Whether the persona can be heard.
    pub(super) sounding: bool,
    pub(super) typed: Option<&'s Typed>,
    /// Why there is no microphone.
    pub(super) deaf: bool,
}

/// The lines, each at most `width` cells wide.
pub(super) fn lines(shown: &Shown<'_>, width: usize, now: Instant) -> Vec<String> {
    let scene = shown.scene;
    let mut lines = Vec::new();
    if let Some((_, text)) = &scene.hearing {
        lines.push(format!("you: {text}…"));
    }
    if !scene.saying.is_empty() {
        lines.push(format!("{}: {}…", scene.persona, scene.saying));
    }
    if let Some(open) = &scene.question {
        lines.push(question(open));
        let left = open.until.map(|until| until.saturating_duration_since(now).as_secs());
        let left = left.map(|seconds| format!("   {seconds} s left")).unwrap_or_default();
        lines.push(format!("  y yes   n no   e change{left}"));
    }
    if let Some(typed) = shown.typed {
        lines.push(format!("{}: {}_", typed.prompt, typed.text));
        lines.push("enter sends   esc goes back".to_owned());
    } else {
        let talk = match scene.turns {
            Turns::PushToTalk => "space talk (hold, or tap twice)",
            Turns::HandsFree => "space interrupts",
        };
        lines.push(format!("{talk}   esc quiet   t type   h hands-free   ? keys   q end"));
    }
    let decibels = shown.meter.decibels();
    lines.push(format!("{} {decibels:>3.0} dB  {}", bar(shown.meter), doing(shown)));
    lines.into_iter().map(|line| fitted(&printable(&line), width)).collect()
}

fn doing(shown: &Shown<'_>) -> &'static str {
    let scene = shown.scene;
    match (scene.connected, scene.state) {
        (false, _) => "no connection, trying again",
        (true, _) if shown.taking => "listening",
        (true, _) if shown.sounding => "speaking",
        (true, _) if shown.deaf => "no microphone, trying again",
        (true, State::Idle) if scene.turns == Turns::HandsFree => "speak",
        (true, State::Idle | State::Speaking) => "ready",
        (true, State::Listening) => "listening",
        (true, State::Hearing) => "understanding",
        (true, State::Thinking) => "thinking",
        (true, State::Asking) => "waiting for your answer",
        (true, State::Doing) => "doing it",
        (true, State::Busy) => "busy",
    }
}

fn question(open: &Open) -> String {
    let value = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let arguments: Vec<String> =
        open.question.arguments.iter().map(|a| format!("{}: {}", a.label, value(&a.value))).collect();
    let where_ = [&open.question.server, &open.question.title].map(String::as_str).join(" · ");
    format!("? {where_}   {}", arguments.join("   "))
}

fn bar(meter: Meter) -> String {
    let full = (meter.share() * METER as f32).round() as usize;
    format!("[{}{}]", "#".repeat(full.min(METER)), "·".repeat(METER - full.min(METER)))
}

/// Text from elsewhere without what a terminal would obey: control characters become spaces.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect()
}

/// Marks that turn the direction of what follows, or have no shape.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// As much of the end as fits, because what was said last counts.
fn fitted(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let (mut kept, mut cells) = (Vec::new(), 1);
    for c in line.chars().rev() {
        cells += c.width().unwrap_or(0);
        if cells > width {
            break;
        }
        kept.push(c);
    }
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;

    use super::*;
    use crate::talk::event::{Argument, Question};

    fn shown(scene: &Scene) -> Shown<'_> {
        let mut meter = Meter::default();
        meter.set(0.1);
        Shown { scene, meter, taking: false, sounding: false, typed: None, deaf: false }
    }

    #[test]
    fn a_question_shows_what_would_be_done_and_the_time_left() {
        let now = Instant::now();
        let mut scene = Scene::new("assistant".into(), Turns::PushToTalk);
        let value = serde_json::Value::from("water the\u{1b}[2J garden");
        scene.question = Some(Open {
            question: Question {
                approval_id: "a".into(),
                server: "assistant".into(),
                title: "Set a reminder".into(),
                arguments: vec![Argument { label: "text".into(), value }],
            },
            until: Some(now + Duration::from_secs(18)),
        });
        scene.state = State::Asking;
        expect![[r#"
            ? assistant · Set a reminder   text: water the [2J garden
              y yes   n no   e change   18 s left
            space talk (hold, or tap twice)   esc quiet   t type   h hands-free   ? keys   q end
            [###########·····] -20 dB  waiting for your answer"#]]
        .assert_eq(&lines(&shown(&scene), 100, now).join("\n"));
    }

    #[test]
    fn long_words_show_their_end_and_nothing_is_wider_than_the_terminal() {
        let mut scene = Scene::new("assistant".into(), Turns::HandsFree);
        scene.hearing = Some(("i".into(), "我".repeat(40) + " and then the end"));
        for width in [20, 41, 80] {
            let lines = lines(&shown(&scene), width, Instant::now());
            assert!(lines.iter().all(|line| line.width() <= width), "{lines:?}");
            assert!(lines[0].ends_with("the end…"), "{lines:?}");
        }
    }

    #[test]
    fn nothing_from_elsewhere_moves_the_cursor() {
        assert_eq!(printable("a\u{1b}[31mb\r\nc\u{202e}d"), "a [31mb  c d");
    }
}
