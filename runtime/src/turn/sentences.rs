//! What the machine says by itself. Each says whether anything was done.

use super::agenda::{Bound, MAX_CALLS, MAX_STEPS};
use crate::planner::agenda::Clause;

/// The end of a step that is not made: said of a request of which nothing, or something, was done before.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    alone: &'static str,
    after: &'static str,
}

/// How much of a request was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Nothing,
    Some,
}

impl End {
    pub fn said(self, progress: Progress) -> &'static str {
        match progress {
            Progress::Nothing => self.alone,
            Progress::Some => self.after,
        }
    }
}

pub(super) const DENIED: End = End {
    alone: "Okay, I won't. Nothing was done.",
    after: "Okay, I left that out. What came before it is done.",
};
pub(super) const NO_ANSWER: End = End {
    alone: "I didn't hear a yes, so I did nothing.",
    after: "I didn't hear a yes, so I left that out. What came before it is done.",
};
pub(super) const UNCLEAR: End = End {
    alone: "I couldn't tell whether that was a yes, so I did nothing.",
    after: "I couldn't tell whether that was a yes, so I left that out. What came before it is done.",
};
pub(super) const NOT_HERE: End = End {
    alone: "This device may talk to me, but not say yes. Nothing was done.",
    after: "This device may talk to me, but not say yes, so I left that out. What came before it is done.",
};
pub(super) const WITHDRAWN: End = End {
    alone: "That can't be approved any more, so nothing was done. Please ask me again.",
    after: "That can't be approved any more, so I left it out. What came before it is done.",
};
pub(super) const STOPPED: End = End {
    alone: "Okay, I stopped. Nothing was done.",
    after: "Okay, I stopped there. What came before is done.",
};
pub(super) const NOT_PLANNED: End = End {
    alone: "Sorry, I couldn't work that out, so nothing was done. Please try again.",
    after: "Sorry, I couldn't work out the next step, so I stopped there. What came before is done.",
};
pub(super) const THINKING_BROKE_OFF: End = End {
    alone: "My thinking broke off and was started again, so nothing was done. Please ask me once more.",
    after: "My thinking broke off and was started again, so I stopped there. What came before is done.",
};
pub(super) const TOO_SLOW: End = End {
    alone: "Sorry, that took too long, so I stopped. Nothing was done.",
    after: "Sorry, the next step took too long, so I stopped there. What came before is done.",
};
pub(super) const NOT_CHANGED: End = End {
    alone: "I didn't get what to change, so nothing was done. Please ask me again.",
    after: "I didn't get what to change, so I left that out. What came before it is done.",
};
pub(super) const NOT_ANSWERED: End = End {
    alone: "I couldn't make out an answer, so I sent none. It isn't finished.",
    after: "I couldn't make out an answer, so I sent none and stopped there. What came before it is done.",
};
pub(super) const UNANSWERED: &str = "Okay, I won't answer that, so it isn't finished.";
pub(super) const INSTEAD: &str = "I can't change that, so I'd take it back and make it again.";
pub(super) const NO_WAY: &str = "I have no way to do that.";
/// That somebody was heard, to be said in turn. None of them is a yes to anything.
pub(super) const ACKNOWLEDGED: [&str; 2] = ["One moment.", "Just a moment."];
pub(super) const DISMISSED: &str = "Okay.";
pub(super) const NOT_HEARD: &str = "Sorry, I couldn't make that out. Please say it again.";
pub(super) const HEARING_BROKE_OFF: &str =
    "My hearing broke off and was started again. Please say that once more.";
/// What broke off and works again, for whoever had nothing under way with it.
pub const HEARING_ANEW: &str =
    "My hearing broke off and was started again. If I missed something, please say it once more.";
/// The same.
pub const THINKING_ANEW: &str =
    "My thinking broke off and was started again. If you wait for an answer, please ask me once more.";
/// The same; what was to be said is on the screen.
pub const VOICE_ANEW: &str = "My voice broke off and was started again.";
/// The same of the whole program.
pub const PROGRAM_ANEW: &str = "I broke off and was started again. What was under way is in Activity.";
/// Why, perhaps, when the system ended it.
pub const SHORT_OF_MEMORY: &str = "Perhaps memory ran out; a smaller model needs less of it.";
pub(super) const STILL_WORKING: &str = "I'm still working on that. I'll come to it next.";
pub(super) const STILL_WORKING_FULL: &str = "I'm still working on that. Please ask me again when I'm done.";
pub(super) const STOPPING: &str = "I'm trying to stop it.";
pub(super) const NO_WORD: &str =
    "I haven't heard back, so I don't know whether it was done. Please check before you try again.";
pub(super) const KEEPING_ON: &str = "Not yet. I'll keep trying.";

/// Those that are the same every time.
pub const FIXED: [&str; 15] = [
    ACKNOWLEDGED[0],
    ACKNOWLEDGED[1],
    DENIED.alone,
    DENIED.after,
    NO_ANSWER.alone,
    UNCLEAR.alone,
    STOPPED.alone,
    STOPPED.after,
    NOT_PLANNED.alone,
    NOT_HEARD,
    DISMISSED,
    STILL_WORKING,
    STOPPING,
    KEEPING_ON,
    VOICE_ANEW,
];

/// A bound was reached.
pub(super) fn bounded(bound: Bound) -> String {
    let number = |n: usize| {
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
            .get(n)
            .copied()
            .unwrap_or("many")
    };
    match bound {
        Bound::Steps => {
            format!("That was {} steps, and I do no more at once, so I stopped there.", number(MAX_STEPS))
        }
        Bound::Calls => format!(
            "I called on tools {} times, and I do no more at once, so I stopped there.",
            number(MAX_CALLS)
        ),
        Bound::Time => {
            "I've worked on that for two minutes, and I don't go on longer, so I stopped there.".to_owned()
        }
    }
}

/// What was asked for and not begun: "I didn't go on to tell her on WhatsApp."
pub(super) fn not_reached(left: &[Clause]) -> Option<String> {
    match left {
        [] => None,
        [one] => Some(match deed(one) {
            Some(deed) => format!("I didn't go on to {deed}."),
            None => "I didn't go on to the next thing you asked.".to_owned(),
        }),
        [first, others @ ..] => Some(match (deed(first), others) {
            (Some(first), [second]) => match deed(second) {
                Some(second) => format!("I didn't go on to {first}, or to {second}."),
                None => format!("I didn't go on to {first}, or to the rest."),
            },
            (Some(first), _) => format!("I didn't go on to {first}, or to the rest."),
            (None, _) => "I didn't go on to the rest.".to_owned(),
        }),
    }
}

/// A clause as we would say it of ourselves; none for a question or for one too long to be heard.
fn deed(clause: &Clause) -> Option<String> {
    /// Characters.
    const SAID: usize = 80;
    let words: Vec<String> = clause
        .words
        .split_whitespace()
        .map(|word| {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            let turned = match bare.to_lowercase().as_str() {
                "i" | "me" => "you",
                "my" => "your",
                "mine" => "yours",
                "myself" => "yourself",
                "i'm" => "you're",
                "i've" => "you've",
                "i'll" => "you'll",
                "am" => "are",
                "your" => "my",
                _ => return word.trim_matches(['"', '“', '”']).to_owned(),
            };
            word.replace(bare, turned)
        })
        .collect();
    let said = words.join(" ");
    let said = said.trim_end_matches(|c: char| !c.is_alphanumeric());
    (clause.is_command() && said.chars().count() <= SAID && !said.contains(['?', '<', '{']))
        .then(|| said.to_owned())
}
