//! What a key means: the talk key, single letters, and a line that is being typed.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Characters of a typed line; the server takes as many.
const LONGEST_LINE: usize = 4_000;

/// What a key asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The talk key went down.
    Down,
    /// It is held.
    Repeat,
    /// It came up.
    Up,
    /// Silence, and nothing of what was begun.
    Hush,
    /// Yes to the question.
    Yes,
    /// No to the question.
    No,
    /// Hands-free on or off.
    HandsFree,
    /// These words were typed.
    Words(String),
    /// What the keys are.
    Help,
    /// The end.
    Quit,
}

/// What the keys do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Questions {
    /// y, n and e answer it.
    Open,
    /// They mean nothing.
    None,
}

/// Keys, and the line that is being typed.
#[derive(Debug, Default)]
pub(super) struct Keys {
    line: Option<Typed>,
}

/// A line that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    /// What stands before it.
    pub(super) prompt: &'static str,
    /// So far.
    pub(super) text: String,
}

impl Keys {
    /// The line that is being typed.
    pub(super) fn typed(&self) -> Option<&Typed> {
        self.line.as_ref()
    }

    /// A key.
    pub(super) fn press(&mut self, key: KeyEvent, questions: Questions) -> Option<Asked> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c' | 'd')) {
            return Some(Asked::Quit);
        }
        if self.line.is_some() {
            return if key.kind == KeyEventKind::Release { None } else { self.edit(key.code, control) };
        }
        if key.code == KeyCode::Char(' ') {
            return Some(match key.kind {
                KeyEventKind::Press => Asked::Down,
                KeyEventKind::Repeat => Asked::Repeat,
                KeyEventKind::Release => Asked::Up,
            });
        }
        if key.kind != KeyEventKind::Press || control || key.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        match (key.code, questions) {
            (KeyCode::Esc, _) => Some(Asked::Hush),
            (KeyCode::Char('y' | 'Y'), Questions::Open) => Some(Asked::Yes),
            (KeyCode::Char('n' | 'N'), Questions::Open) => Some(Asked::No),
            (KeyCode::Char('e' | 'E'), Questions::Open) => self.begin("change"),
            (KeyCode::Char('t' | 'T'), _) => self.begin("you"),
            (KeyCode::Char('h' | 'H'), _) => Some(Asked::HandsFree),
            (KeyCode::Char('?'), _) => Some(Asked::Help),
            (KeyCode::Char('q' | 'Q'), _) => Some(Asked::Quit),
            // Keys are the terminal's.
            _ => None,
        }
    }

    fn begin(&mut self, prompt: &'static str) -> Option<Asked> {
        self.line = Some(Typed { prompt, text: String::new() });
        None
    }

    fn edit(&mut self, code: KeyCode, control: bool) -> Option<Asked> {
        let line = self.line.as_mut()?;
        match code {
            KeyCode::Enter => {
                let words = self.line.take()?.text.trim().to_owned();
                return (!words.is_empty()).then_some(Asked::Words(words));
            }
            KeyCode::Esc => self.line = None,
            KeyCode::Backspace => drop(line.text.pop()),
            KeyCode::Char('u') if control => line.text.clear(),
            KeyCode::Char(c) if !control && line.text.chars().count() < LONGEST_LINE => line.text.push(c),
            // Keys are the terminal's.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    fn press(keys: &mut Keys, c: char, questions: Questions) -> Option<Asked> {
        keys.press(key(KeyCode::Char(c)), questions)
    }

    fn write(keys: &mut Keys, text: &str) {
        for c in text.chars() {
            assert_eq!(press(keys, c, Questions::Open), None);
        }
    }

    #[test]
    fn yes_and_no_are_keys_only_while_a_question_is_open() {
        let mut keys = Keys::default();
        for (c, asked) in [('y', Asked::Yes), ('N', Asked::No)] {
            assert_eq!(press(&mut keys, c, Questions::Open), Some(asked));
            assert_eq!(press(&mut keys, c, Questions::None), None);
        }
        assert_eq!(press(&mut keys, 'e', Questions::None), None);
        assert!(keys.typed().is_none());
    }

    #[test]
    fn a_change_is_typed_and_its_letters_are_no_keys() {
        let mut keys = Keys::default();
        assert_eq!(press(&mut keys, 'e', Questions::Open), None);
        write(&mut keys, "yes  make it sixx");
        assert_eq!(keys.press(key(KeyCode::Backspace), Questions::Open), None);
        assert_eq!(keys.typed().map(|t| (t.prompt, t.text.as_str())), Some(("change", "yes  make it six")));
        let sent = keys.press(key(KeyCode::Enter), Questions::Open);
        assert_eq!(sent, Some(Asked::Words("yes  make it six".into())));
        assert!(keys.typed().is_none());
    }

    #[test]
    fn an_empty_line_and_escape_say_nothing() {
        let mut keys = Keys::default();
        for last in [KeyCode::Enter, KeyCode::Esc] {
            press(&mut keys, 't', Questions::None);
            write(&mut keys, " ");
            assert_eq!(keys.press(key(last), Questions::None), None);
            assert!(keys.typed().is_none());
        }
        assert_eq!(keys.press(key(KeyCode::Esc), Questions::None), Some(Asked::Hush));
    }

    #[test]
    fn control_c_ends_it_from_anywhere() {
        let mut keys = Keys::default();
        let quit = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(keys.press(quit, Questions::None), Some(Asked::Quit));
        press(&mut keys, 't', Questions::None);
        assert_eq!(keys.press(quit, Questions::None), Some(Asked::Quit));
    }

    #[test]
    fn the_talk_key_is_told_as_the_terminal_tells_it() {
        let mut keys = Keys::default();
        let space = |kind| KeyEvent { kind, ..key(KeyCode::Char(' ')) };
        let mut told = |kind| keys.press(space(kind), Questions::Open);
        assert_eq!(told(KeyEventKind::Press), Some(Asked::Down));
        assert_eq!(told(KeyEventKind::Repeat), Some(Asked::Repeat));
        assert_eq!(told(KeyEventKind::Release), Some(Asked::Up));
    }

    #[test]
    fn releases_of_letters_mean_nothing() {
        let mut keys = Keys::default();
        let release = KeyEvent { kind: KeyEventKind::Release, ..key(KeyCode::Char('q')) };
        assert_eq!(keys.press(release, Questions::None), None);
    }
}
