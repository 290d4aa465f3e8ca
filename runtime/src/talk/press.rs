//! The talk key: held while speaking, or tapped once to begin and once to end.
//!
//! Most terminals report presses only; a held key is then a row of presses, the first pause between them longer than
//! the others. So what a second press means is known a moment later: [`REPEAT`] after it at most. Terminals that report
//! releases (kitty, foot, WezTerm, Ghostty, Alacritty, Konsole) leave nothing to guess.

use std::time::{Duration, Instant};

/// The longest pause before a held key begins to repeat, as desktops set it.
const FIRST_REPEAT: Duration = Duration::from_millis(800);
/// The longest pause between repetitions.
const REPEAT: Duration = Duration::from_millis(150);
/// A key that is down for less was tapped.
const TAP: Duration = Duration::from_millis(300);

/// What the key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Listen.
    Begin,
    /// That was all.
    End,
}

#[derive(Clone, Copy, Debug)]
enum Key {
    Up,
    /// Pressed, and perhaps released.
    Pressed(Instant),
    /// Pressed again, soon enough to be its first repetition.
    Again(Instant),
    /// Held, as its repetitions say; the last of them.
    Repeating(Instant),
    /// Held, as the terminal says.
    Held,
}

/// The key's state.
#[derive(Debug)]
pub(super) struct Press {
    key: Key,
    reports_release: bool,
}

impl Press {
    pub(super) fn new() -> Press {
        Press { key: Key::Up, reports_release: false }
    }

    /// The key went down, or repeated without being called a repetition.
    pub(super) fn down(&mut self, now: Instant) -> Option<Wish> {
        match self.key {
            Key::Up => {
                self.key = Key::Pressed(now);
                Some(Wish::Begin)
            }
            Key::Pressed(at) if self.reports_release || now - at > FIRST_REPEAT => self.end(),
            Key::Pressed(_) => {
                self.key = Key::Again(now);
                None
            }
            Key::Again(_) | Key::Repeating(_) => {
                self.key = Key::Repeating(now);
                None
            }
            Key::Held => None,
        }
    }

    /// The terminal says that the key is held.
    pub(super) fn repeat(&mut self, now: Instant) {
        match self.key {
            Key::Up => {}
            Key::Pressed(_) if self.reports_release => self.key = Key::Held,
            Key::Pressed(_) | Key::Again(_) | Key::Repeating(_) => self.key = Key::Repeating(now),
            Key::Held => {}
        }
    }

    /// The terminal says that the key went up.
    pub(super) fn up(&mut self, now: Instant) -> Option<Wish> {
        self.reports_release = true;
        match self.key {
            Key::Up => None,
            Key::Pressed(at) if now - at < TAP => None,
            Key::Pressed(_) | Key::Again(_) | Key::Repeating(_) | Key::Held => self.end(),
        }
    }

    /// Time passed; see [`Press::deadline`].
    pub(super) fn tick(&mut self, now: Instant) -> Option<Wish> {
        if self.deadline()? > now { None } else { self.end() }
    }

    /// When [`Press::tick`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.key {
            Key::Again(last) | Key::Repeating(last) => Some(last + REPEAT),
            Key::Up | Key::Pressed(_) | Key::Held => None,
        }
    }

    /// What was begun is over for another reason.
    pub(super) fn forget(&mut self) {
        self.key = Key::Up;
    }

    fn end(&mut self) -> Option<Wish> {
        self.key = Key::Up;
        Some(Wish::End)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays presses (`d`), repetitions as the terminal calls them (`r`) and releases (`u`) at milliseconds, and gives
    /// the wishes with their times; deadlines are kept exactly.
    fn wishes(press: &mut Press, begin: Instant, keys: &[(char, u64)]) -> Vec<(Wish, u64)> {
        let mut seen = Vec::new();
        let at = |ms| begin + Duration::from_millis(ms);
        let ticks = |press: &mut Press, until: Instant, seen: &mut Vec<(Wish, u64)>| {
            while let Some(due) = press.deadline().filter(|due| *due <= until) {
                let ms = (due - begin).as_millis() as u64;
                seen.extend(press.tick(due).map(|wish| (wish, ms)));
            }
        };
        for &(key, ms) in keys {
            ticks(press, at(ms), &mut seen);
            let wish = match key {
                'd' => press.down(at(ms)),
                'u' => press.up(at(ms)),
                _ => {
                    press.repeat(at(ms));
                    None
                }
            };
            seen.extend(wish.map(|wish| (wish, ms)));
        }
        ticks(press, at(1_000_000), &mut seen);
        seen
    }

    fn fresh(keys: &[(char, u64)]) -> Vec<(Wish, u64)> {
        wishes(&mut Press::new(), Instant::now(), keys)
    }

    #[test]
    fn two_taps_begin_and_end() {
        let taps = fresh(&[('d', 0), ('d', 2_000), ('d', 5_000), ('d', 9_000)]);
        assert_eq!(taps, [(Wish::Begin, 0), (Wish::End, 2_000), (Wish::Begin, 5_000), (Wish::End, 9_000)]);
    }

    #[test]
    fn a_second_tap_that_comes_as_soon_as_a_repetition_ends_a_moment_later() {
        assert_eq!(fresh(&[('d', 0), ('d', 500)]), [(Wish::Begin, 0), (Wish::End, 650)]);
    }

    #[test]
    fn a_held_key_that_only_repeats_ends_when_it_stops() {
        let mut keys = vec![('d', 0), ('d', 600)];
        keys.extend((1..40).map(|n| ('d', 600 + n * 40)));
        assert_eq!(fresh(&keys), [(Wish::Begin, 0), (Wish::End, 600 + 39 * 40 + 150)]);
    }

    #[test]
    fn with_releases_a_held_key_ends_at_once_and_a_tap_goes_on() {
        let mut press = Press::new();
        let begin = Instant::now();
        let held = wishes(&mut press, begin, &[('d', 0), ('r', 500), ('r', 540), ('u', 560)]);
        assert_eq!(held, [(Wish::Begin, 0), (Wish::End, 560)]);
        let quick = wishes(&mut press, begin, &[('d', 1_000), ('u', 1_400)]);
        assert_eq!(quick, [(Wish::Begin, 1_000), (Wish::End, 1_400)]);
        let tapped = wishes(&mut press, begin, &[('d', 2_000), ('u', 2_080), ('d', 2_500), ('u', 2_580)]);
        assert_eq!(tapped, [(Wish::Begin, 2_000), (Wish::End, 2_500)]);
    }

    #[test]
    fn the_first_held_key_of_a_terminal_with_releases_may_come_as_presses() {
        let keys = [('d', 0), ('d', 500), ('d', 530), ('d', 560), ('u', 570)];
        assert_eq!(fresh(&keys), [(Wish::Begin, 0), (Wish::End, 570)]);
    }

    #[test]
    fn what_is_forgotten_has_no_end() {
        let mut press = Press::new();
        let now = Instant::now();
        press.down(now);
        press.down(now);
        press.forget();
        assert_eq!((press.deadline(), press.up(now)), (None, None));
    }
}
