//! What is said and shown unasked. Its words come from whoever set the reminder, a person or a program.

use super::text::{beginning, ended, shown, spoken};

/// A longer reminder is shown, not said.
const SAID: usize = 320;

/// The sentence as it is said. It asks nothing: what is answered to it is a request like any other.
pub fn announcement(sentence: &str) -> String {
    let plain = spoken(sentence).replace('?', ".");
    if plain.chars().count() <= SAID {
        return ended(&plain);
    }
    format!("{} The rest is on screen.", ended(&beginning(&plain, SAID)))
}

/// What to be reminded of, as it is shown.
pub fn reminded(text: &str) -> String {
    shown(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_is_plain_ends_and_asks_nothing() {
        assert_eq!(announcement("Reminder: call your mom."), "Reminder: call your mom.");
        assert_eq!(announcement("Reminder: **pay**\n<b>rent</b>\u{202e}"), "Reminder: pay b rent /b.");
        assert_eq!(announcement("Reminder: shall I delete it all?"), "Reminder: shall I delete it all.");
        let long = announcement(&format!("Reminder: {}", "word ".repeat(100)));
        assert!(long.ends_with("word. The rest is on screen.") && long.chars().count() < 360, "{long}");
    }
}
