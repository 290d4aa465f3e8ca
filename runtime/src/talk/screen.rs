//! The terminal: lines that stay scroll up as in any program, a few at the bottom are drawn anew. Whatever ends the
//! program, the terminal is as it was before.

use std::{
    io::{self, Stdout, Write},
    panic,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use crossterm::{
    cursor::{Hide, MoveToColumn, MoveUp, Show},
    event::{KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags},
    execute, queue,
    style::{Attribute, Print, SetAttribute},
    terminal::{self, Clear, ClearType},
};

use super::{
    scene::Line,
    status::{Shown, lines, printable},
};

/// The least time between two drawings of what changes all the time.
const FRAME: Duration = Duration::from_millis(80);

/// Whether the terminal is ours to give back.
static HELD: AtomicBool = AtomicBool::new(false);

/// A terminal in raw mode; given back on drop, and before a panic is told.
pub(super) struct Screen {
    out: Stdout,
    drawn: Vec<String>,
    drawn_at: Option<Instant>,
    persona: String,
}

fn give_back() {
    if HELD.swap(false, Ordering::AcqRel) {
        // What can't be given back is gone with its terminal.
        drop(execute!(io::stdout(), PopKeyboardEnhancementFlags, Show));
        drop(terminal::disable_raw_mode());
    }
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn take(persona: String) -> io::Result<Screen> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
        terminal::enable_raw_mode()?;
        HELD.store(true, Ordering::Release);
        let screen = Screen { out: io::stdout(), drawn: Vec::new(), drawn_at: None, persona };
        // Terminals without such reports pass this over.
        let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
            | KeyboardEnhancementFlags::REPORT_EVENT_TYPES;
        execute!(io::stdout(), PushKeyboardEnhancementFlags(flags), Hide)?;
        Ok(screen)
    }

    /// Adds lines that stay.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn add(&mut self, added: &[Line]) -> io::Result<()> {
        if added.is_empty() {
            return Ok(());
        }
        self.erase()?;
        for line in added {
            let (attribute, text) = match line {
                Line::You(words) => (Attribute::Reset, format!("you: {words}")),
                Line::Persona(words) => (Attribute::Bold, format!("{}: {words}", self.persona)),
                Line::Note(words) => (Attribute::Dim, format!("({words})")),
                Line::Problem(words) => (Attribute::Reset, format!("! {words}")),
            };
            let text = printable(&text);
            queue!(
                self.out,
                SetAttribute(attribute),
                Print(text),
                SetAttribute(Attribute::Reset),
                Print("\r\n")
            )?;
        }
        self.out.flush()
    }

    /// Draws the bottom anew, where it changed.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn draw(&mut self, shown: &Shown<'_>, now: Instant) -> io::Result<()> {
        if self.drawn_at.is_some_and(|at| now - at < FRAME) && !self.drawn.is_empty() {
            return Ok(());
        }
        let (columns, _) = terminal::size()?;
        // A full last column would wrap on some terminals.
        let lines = lines(shown, usize::from(columns).saturating_sub(1).max(10), now);
        if lines == self.drawn {
            return Ok(());
        }
        self.erase()?;
        queue!(
            self.out,
            SetAttribute(Attribute::Dim),
            Print(lines.join("\r\n")),
            SetAttribute(Attribute::Reset)
        )?;
        self.out.flush()?;
        (self.drawn, self.drawn_at) = (lines, Some(now));
        Ok(())
    }

    /// The window has another size: what stands there may be wrapped.
    pub(super) fn resized(&mut self) {
        self.drawn_at = None;
    }

    fn erase(&mut self) -> io::Result<()> {
        if let Some(up) = self.drawn.len().checked_sub(1) {
            queue!(self.out, MoveToColumn(0))?;
            if up > 0 {
                queue!(self.out, MoveUp(u16::try_from(up).unwrap_or(u16::MAX)))?;
            }
            queue!(self.out, Clear(ClearType::FromCursorDown))?;
        }
        self.drawn.clear();
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(self.erase());
        drop(self.out.flush());
        give_back();
    }
}
