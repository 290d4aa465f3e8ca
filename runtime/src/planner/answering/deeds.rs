//! Answers in words do nothing, so none may say that something was, will or could be done.

/// Instead of an answer that claims a deed.
const NOT_DONE: &str = "I can't do that yet, so nothing was done.";

/// What an assistant says it does: as it will do it, and as it has done it.
const DEEDS: &[(&str, &str)] = &[
    ("add", "added"),
    ("book", "booked"),
    ("call", "called"),
    ("cancel", "cancelled"),
    ("change", "changed"),
    ("check", "checked"),
    ("create", "created"),
    ("delete", "deleted"),
    ("email", "emailed"),
    ("forward", "forwarded"),
    ("message", "messaged"),
    ("move", "moved"),
    ("note", "noted"),
    ("notify", "notified"),
    ("open", "opened"),
    ("order", "ordered"),
    ("pay", "paid"),
    ("post", "posted"),
    ("put", "put"),
    ("remind", "reminded"),
    ("remove", "removed"),
    ("reschedule", "rescheduled"),
    ("reserve", "reserved"),
    ("save", "saved"),
    ("schedule", "scheduled"),
    ("search", "searched"),
    ("send", "sent"),
    ("set", "set"),
    ("start", "started"),
    ("stop", "stopped"),
    ("switch", "switched"),
    ("text", "texted"),
    ("transfer", "transferred"),
    ("turn", "turned"),
    ("update", "updated"),
    ("use", "used"),
];
/// Words that change nothing about what follows them.
const FILLERS: &str = "just already now also then gladly happily quickly successfully immediately definitely certainly be \
    go going to ahead and";

/// Passes on the clauses of an answer up to one that claims a deed, which a plain sentence takes the place of.
#[derive(Debug, Default)]
pub struct Honest {
    phase: Phase,
}

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Begins,
    /// "Sure," waits for what follows it: it must not stand before the plain sentence.
    Opened(String),
    GoesOn,
    Over,
}

impl Honest {
    /// What may be said of the next clauses.
    pub fn pass(&mut self, clauses: Vec<String>) -> Vec<String> {
        let mut said = Vec::new();
        for clause in clauses {
            let clause = match std::mem::replace(&mut self.phase, Phase::GoesOn) {
                Phase::Over => {
                    self.phase = Phase::Over;
                    break;
                }
                Phase::Begins if opens(&clause) => {
                    self.phase = Phase::Opened(clause);
                    continue;
                }
                Phase::Opened(opening) => format!("{opening} {clause}"),
                Phase::Begins | Phase::GoesOn => clause,
            };
            if claims_a_deed(&clause) {
                said.push(NOT_DONE.to_owned());
                self.phase = Phase::Over;
            } else {
                said.push(clause);
            }
        }
        said
    }

    /// Whether a deed was claimed: nothing more is passed on.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// What still waited.
    pub fn finish(self) -> Option<String> {
        match self.phase {
            Phase::Opened(opening) => Some(opening),
            Phase::Begins | Phase::GoesOn | Phase::Over => None,
        }
    }
}

/// "Sure," and "Of course!": one or two words before the answer itself.
fn opens(clause: &str) -> bool {
    clause.ends_with([',', '!', '.']) && clause.split_whitespace().count() <= 2 && !claims_a_deed(clause)
}

/// Whether a clause says that its speaker did something, does it, will do it or could.
fn claims_a_deed(clause: &str) -> bool {
    let words: Vec<String> = clause
        .replace('’', "'")
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = |word: &str| DEEDS.iter().any(|(_, past)| *past == word);
    let doing = |word: &str| DEEDS.iter().any(|(now, _)| *now == word || is_going_on(word, now));
    if matches!(
        words.as_slice(),
        ["done"] | ["all", "done" | "set"] | ["it's", "done"] | ["you're", "all", "set"]
    ) {
        return true;
    }
    // Only code asks for a yes.
    let asks = words.windows(2).any(|pair| pair == ["shall", "i"]);
    asks || (0..words.len()).any(|at| {
        let rest = &words[at..];
        let verb = |skip: usize| {
            rest[skip..].iter().copied().find(|word| !FILLERS.split(' ').any(|f| f.trim() == *word))
        };
        match rest {
            ["i've", ..] => verb(1).is_some_and(done),
            ["i", "have", ..] => verb(2).is_some_and(done),
            ["i'll" | "i'm", ..] => verb(1).is_some_and(doing),
            ["i", "will" | "am", ..] => verb(2).is_some_and(doing),
            ["i", "can", ..] => verb(2).is_some_and(doing) || offers(&rest[2..]),
            ["i", ..] => verb(1).is_some_and(done),
            ["has" | "have", "been", ..] => words[..at].contains(&"your") && verb(2).is_some_and(done),
            _ => false,
        }
    })
}

/// "help you order", "help with that": help with something that is not mere advice.
fn offers(words: &[&str]) -> bool {
    let ["help", rest @ ..] = words else { return false };
    let mut rest = rest.iter().skip_while(|word| matches!(**word, "you" | "to" | "with"));
    rest.next().is_some_and(|word| {
        matches!(*word, "that" | "this" | "it")
            || DEEDS.iter().any(|(now, _)| now == word || is_going_on(word, now))
    })
}

/// "setting", "creating", "sending".
fn is_going_on(word: &str, verb: &str) -> bool {
    word.strip_suffix("ing").is_some_and(|stem| {
        let last = verb.chars().last().unwrap_or_default();
        stem == verb || verb.strip_suffix('e') == Some(stem) || stem.strip_suffix(last) == Some(verb)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_and_promises_are_seen() {
        for clause in [
            "I've set a reminder for five.",
            "I have just sent it to Ann,",
            "Sure, I'll remind you tomorrow.",
            "I will go ahead and book it.",
            "I am now turning off the lights.",
            "I'm setting that up",
            "I sent it.",
            "Your alarm has been set.",
            "Done.",
            "I’ve added milk to your list.",
            "Sure, I can call a taxi for you.",
            "I can help you order a large pizza.",
            "I can help you with that.",
            "I'll use the calendar to move it.",
            "Shall I?",
        ] {
            assert!(claims_a_deed(clause), "{clause}");
        }
    }

    #[test]
    fn a_claim_is_replaced_with_what_opens_it() {
        let said = |clauses: &[&str]| {
            let mut honest = Honest::default();
            let mut said: Vec<String> =
                clauses.iter().flat_map(|clause| honest.pass(vec![(*clause).to_owned()])).collect();
            said.extend(honest.finish());
            said.join(" ")
        };
        assert_eq!(said(&["Sure,", "I'll text her.", "Anything else?"]), NOT_DONE);
        assert_eq!(said(&["Sure,", "cats purr.", "They do."]), "Sure, cats purr. They do.");
        assert_eq!(said(&["Hello!"]), "Hello!");
        assert_eq!(said(&["It is late.", "I have set an alarm."]), format!("It is late. {NOT_DONE}"));
    }

    #[test]
    fn other_sentences_stay() {
        for clause in [
            "I can't send messages yet.",
            "I haven't done anything.",
            "I have no tool for that.",
            "I'm here with you.",
            "I will always listen.",
            "I call that brave.",
            "I can help you think it through.",
            "I can see why.",
            "The game has been played since 1930.",
            "You could set an alarm.",
            "The first email was sent in 1971.",
            "I have heard that the sun sets late there.",
        ] {
            assert!(!claims_a_deed(clause), "{clause}");
        }
    }
}
