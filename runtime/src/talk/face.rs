//! Where the conversation is seen: at a terminal with keys, or as plain lines for a program to read.

use std::{
    io::{self, IsTerminal as _},
    time::Instant,
};

use crossterm::event::{Event, EventStream};
use futures::StreamExt as _;

use super::{
    scene::Line,
    screen::Screen,
    status::{Shown, printable},
};

/// A terminal, or lines: what was said on stdout, everything else on stderr.
pub(super) enum Face {
    Terminal { screen: Screen, keys: EventStream },
    Lines { persona: String, prompted: Option<String> },
}

impl Face {
    /// A terminal where there is one.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn open(persona: &str) -> io::Result<Face> {
        let persona = persona.to_owned();
        if is_terminal() {
            let screen = Screen::take(persona)?;
            return Ok(Face::Terminal { screen, keys: EventStream::new() });
        }
        Ok(Face::Lines { persona, prompted: None })
    }

    pub(super) fn add(&mut self, lines: &[Line]) -> io::Result<()> {
        match self {
            Face::Terminal { screen, .. } => screen.add(lines)?,
            Face::Lines { persona, .. } => {
                for line in lines {
                    match line {
                        Line::You(words) => println!("you: {}", printable(words)),
                        Line::Persona(words) => println!("{persona}: {}", printable(words)),
                        Line::Note(words) => eprintln!("({})", printable(words)),
                        Line::Problem(words) => eprintln!("homepilot: {}", printable(words)),
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn draw(&mut self, shown: &Shown<'_>, now: Instant) -> io::Result<()> {
        match self {
            Face::Terminal { screen, .. } => screen.draw(shown, now),
            // A question is prompted for once, where its answer counts and the persona is silent.
            Face::Lines { prompted, .. } => {
                let due = shown.scene.question.as_ref().filter(|o| o.until.is_some() && !shown.sounding);
                if let Some(open) = due
                    && prompted.as_ref() != Some(&open.question.approval_id)
                {
                    let left = open.until.map_or(0, |until| until.saturating_duration_since(now).as_secs());
                    eprintln!("(say yes, no or a change: {left} s left)");
                    *prompted = Some(open.question.approval_id.clone());
                }
                Ok(())
            }
        }
    }

    pub(super) fn resized(&mut self) {
        if let Face::Terminal { screen, .. } = self {
            screen.resized();
        }
    }

    /// The next key or change of the window; never, where there is no terminal.
    pub(super) async fn event(&mut self) -> io::Result<Event> {
        match self {
            Face::Terminal { keys, .. } => {
                keys.next().await.unwrap_or_else(|| Err(io::ErrorKind::BrokenPipe.into()))
            }
            Face::Lines { .. } => std::future::pending().await,
        }
    }
}

/// Whether there is a person with keys.
pub(super) fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}
