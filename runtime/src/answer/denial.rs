//! What counts against a yes: denial, cancelling, hesitation, hedging, edits. Only the lists here decide; a reply with
//! any word of [`DENY`] is never a yes, whatever stands around it.

use super::words::{Word, find, has, is_quantity};

/// Any of these in a reply rules a yes out. Idioms that agree with a negative word ("no problem") are asked again:
/// a recogniser that drops a word would turn them around.
#[rustfmt::skip]
pub(super) const DENY: &[&str] = &[
    "no", "nope", "nah", "naw", "nay", "not", "never", "none", "nothing", "neither", "nor", "negative",
    "cancel", "cancelled", "canceled", "stop", "abort", "quit", "halt", "terminate", "wrong", "wrongly",
    "incorrect", "incorrectly", "inaccurate", "erroneous", "false", "untrue", "mistaken", "mistake",
    "error", "disagree", "disagreed", "refuse", "refused", "reject", "rejected", "decline", "declined",
    "deny", "denied", "disapprove", "forget", "scratch", "drop", "discard", "undo", "enough", "invalid",
    "unacceptable", "unnecessary", "impossible", "terrible", "horrible", "awful", "bad", "unfortunately",
    "hardly", "without", "dismiss", "skip",
];

/// Hesitation: no answer yet, and never a yes.
#[rustfmt::skip]
const HOLD: &[&str] = &[
    "wait", "hold on", "hold up", "hang on", "one moment", "one second", "one sec", "one minute",
    "a moment", "a second", "a sec", "a minute", "let me think", "let me see", "let me check",
    "not so fast", "slow down",
];

#[rustfmt::skip]
const CANCEL: &[&str] = &[
    "cancel", "stop", "abort", "quit", "halt", "terminate", "never mind", "forget it", "forget that",
    "forget about", "scratch that", "drop it", "call it off", "enough", "undo", "discard", "skip it",
    "dismiss", "leave it",
];

#[rustfmt::skip]
const HEDGE: &[&str] = &[
    "maybe", "perhaps", "possibly", "probably", "might", "i may", "it may", "that may", "we may",
    "they may", "may be", "guess", "suppose", "think", "believe", "assume", "imagine", "depends", "unsure",
    "uncertain", "undecided", "doubt", "whatever", "whichever", "whenever", "wherever", "either",
    "somewhat", "kinda", "sorta", "kind of", "sort of", "hopefully", "if", "unless", "wonder", "anything",
    "any", "could", "later", "almost", "nearly", "partly", "mostly", "until", "once", "supposedly",
    "apparently",
];

/// Negative words that leave it open instead of denying.
#[rustfmt::skip]
const OPEN: &[&str] = &[
    "not sure", "not certain", "not know", "no idea", "no clue", "not decide", "not decided", "not care",
    "not mind", "not matter", "no preference", "no difference", "not tell", "not say for", "not positive",
    "no opinion", "not fussed", "no problem", "no problems", "no worries", "no doubt", "no objection",
    "no objections", "no issue", "no issues", "why not", "yes and no", "not wrong", "not incorrect",
    "not cancel", "not stop", "not a problem", "not bad", "nothing wrong", "not complain", "not picky",
    "not particular", "never know", "foggiest", "faintest", "slightest", "not have an answer",
    "not have a clue", "not have an opinion", "not have a preference", "not have an idea",
    "not make up my mind", "not remember", "not recall",
];

#[rustfmt::skip]
const QUIET: &[&str] = &[
    "stop talking", "stop speaking", "quit talking", "quit speaking", "be quiet", "keep quiet", "shut up",
    "hush", "shush", "silence", "quiet", "more talking", "not talk", "not speak", "stop reading",
    "be silent", "stop your talking",
];

#[rustfmt::skip]
const REPEAT: &[&str] = &[
    "repeat", "say again", "say it again", "say that again", "say that one more time", "tell me again",
    "ask again", "ask me again", "read it again", "read that again", "one more time", "once more",
    "come again", "pardon", "what did you say", "what did you just say", "what did you ask",
    "what did you just ask", "what was that", "what was it", "what was the question",
    "what is the question", "what are you asking", "what are you saying", "what were you saying",
    "what you said", "what you just said", "what you asked", "not hear", "not catch", "not understand",
    "not follow", "not get that", "not get what", "not quite get", "not quite catch", "missed that",
    "missed it", "missed what", "say what", "what is that", "excuse me", "double check", "check again",
    "recheck", "verify", "check that", "check it", "are you sure", "are you certain", "you sure",
    "hear that again", "hear it again", "again please", "please confirm", "you confirm", "reconfirm",
    "check", "are you positive",
];

/// Asks for something to be different, when its clause is not itself denied.
#[rustfmt::skip]
const CHANGE: &[&str] = &[
    "make it", "make that", "make them", "make the", "make this", "change", "switch", "move it",
    "move that", "set it", "set the", "use", "instead", "rather", "actually", "should be", "needs to be",
    "supposed to be", "i meant", "i mean", "i said", "i asked for", "i need", "we need", "will need",
    "i want", "we want", "i would like", "i would prefer", "i prefer", "can we", "can you", "could you",
    "could we", "would you", "let us", "how about", "what about", "try", "add", "remove", "put", "only",
    "but", "except", "turn", "give", "find", "get", "update", "replace", "correct the", "correct it",
    "include", "book", "send", "also", "it is for", "there will be", "there are",
];

/// Puts it off; the person decides later, so now it is no.
#[rustfmt::skip]
const PUT_OFF: &[&str] = &[
    "later", "another time", "some other time", "other time", "another day", "next time", "not yet",
    "not now", "myself", "at the moment", "right now", "first", "for now", "all for", "that is all",
    "will be all", "anymore", "any more",
];

/// A word or phrase that rules a yes out.
pub(super) fn denies(words: &[Word]) -> bool {
    words.iter().any(|w| DENY.contains(&w.text.as_str()))
        || has(words, &["uh uh", "nuh uh", "leave it", "call it off"])
}

pub(super) fn holds(words: &[Word]) -> bool {
    has(words, HOLD)
}

pub(super) fn hedges(words: &[Word]) -> bool {
    has(words, HEDGE)
}

pub(super) fn leaves_open(words: &[Word]) -> bool {
    #[rustfmt::skip]
    const DEGREE: &[&str] = &[
        "really", "so", "too", "entirely", "completely", "very", "quite", "even", "exactly", "particularly",
        "at", "all",
    ];
    let plain: Vec<Word> = words.iter().filter(|w| !DEGREE.contains(&w.text.as_str())).cloned().collect();
    has(&plain, OPEN)
}

pub(super) fn cancels(words: &[Word]) -> bool {
    has(words, CANCEL)
}

pub(super) fn silences(words: &[Word]) -> bool {
    has(words, QUIET)
}

/// The question is wanted again, and nothing says no.
pub(super) fn asks_again(words: &[Word]) -> bool {
    #[rustfmt::skip]
    const ALONE: &[&str] = &[
        "what", "sorry", "huh", "eh", "again", "hm", "come again", "i am sorry", "sorry what",
    ];
    let clear = |w: &Word| !matches!(w.text.as_str(), "no" | "nope" | "nah" | "cancel" | "stop");
    let all: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    words.iter().all(clear) && (has(words, REPEAT) || ALONE.contains(&all.join(" ").as_str()))
}

/// Where the words begin that ask for a change; `None` when the reply only denies or says too little.
pub(super) fn change(words: &[Word], question: &[Word]) -> Option<usize> {
    let from = words.iter().position(|w| !leads(w))?;
    let rest = &words[from..];
    let fresh = |w: &Word| is_quantity(&w.text) && !question.iter().any(|q| q.text == w.text);
    let mut asks = false;
    for clause in clauses(rest) {
        if clause.iter().any(|w| matches!(w.text.as_str(), "not" | "never")) || has(clause, CANCEL) {
            continue;
        }
        let content = clause.iter().filter(|w| !filler(w)).count();
        let wants = has(clause, CHANGE) && content > 0 && !has(clause, PUT_OFF);
        asks |= wants || clause.iter().any(fresh) || names(words, clause) || another(clause);
        asks |= !has(clause, PUT_OFF) && (redirects(clause, question) || orders(clause));
    }
    asks.then_some(from)
}

/// "no, to Sara": a preposition and something the question does not say.
fn redirects(clause: &[Word], question: &[Word]) -> bool {
    #[rustfmt::skip]
    const IDIOM: &[&str] = &[
        "at all", "at least", "in fact", "in that case", "on the contrary", "on second", "by the way",
    ];
    let Some((first, rest)) = clause.split_first() else { return false };
    matches!(first.text.as_str(), "to" | "at" | "on" | "from" | "with" | "in" | "by")
        && !has(clause, IDIOM)
        && rest
            .iter()
            .find(|w| !filler(w) && w.text != "my")
            .is_some_and(|w| !question.iter().any(|q| q.text == w.text))
}

/// "no, play it in the kitchen": something that is neither a pronoun nor a small word, then its object or place.
fn orders(clause: &[Word]) -> bool {
    let clause = match clause {
        [please, rest @ ..] if please.text == "please" => rest,
        all => all,
    };
    let [verb, object, _, ..] = clause else { return false };
    let small = filler(verb)
        || is_quantity(&verb.text)
        || matches!(
            verb.text.as_str(),
            "to" | "at"
                | "on"
                | "from"
                | "with"
                | "in"
                | "by"
                | "of"
                | "my"
                | "your"
                | "he"
                | "she"
                | "they"
                | "there"
                | "these"
                | "have"
                | "has"
                | "had"
                | "not"
                | "keep"
                | "hold"
                | "because"
                | "if"
                | "when"
                | "what"
                | "how"
                | "why"
                | "problem"
                | "reason"
                | "point"
                | "correct"
                | "good"
                | "great"
                | "fine"
                | "happy"
                | "all"
                | "maybe"
                | "perhaps"
        );
    !small
        && matches!(
            object.text.as_str(),
            "it" | "that" | "them" | "this" | "the" | "my" | "a" | "me" | "to" | "in" | "on" | "at"
        )
}

/// "no, Sara": a name after a comma. At the beginning of a sentence a capital says nothing.
fn names(words: &[Word], clause: &[Word]) -> bool {
    matches!(clause, [only] if only.capital && !filler(only) && words.first().is_some_and(|w| w.at < only.at)
        && words.iter().any(|w| w.at < only.at && matches!(w.text.as_str(), "no" | "not" | "nope" | "but")))
}

/// "no, the other John": somebody else, or something else, by name.
fn another(clause: &[Word]) -> bool {
    find(clause, "the other").is_some_and(|at| {
        clause.get(at + 2).is_some_and(|which| (which.capital && !filler(which)) || which.text == "one")
    })
}

fn clauses(words: &[Word]) -> impl Iterator<Item = &[Word]> {
    words.chunk_by(|_, next| !next.opens && next.text != "but")
}

/// Words before the point of an edit.
fn leads(word: &Word) -> bool {
    matches!(
        word.text.as_str(),
        "no" | "nope"
            | "nah"
            | "naw"
            | "yes"
            | "yeah"
            | "yep"
            | "yup"
            | "sure"
            | "okay"
            | "but"
            | "wait"
            | "well"
            | "oh"
            | "um"
            | "uh"
            | "er"
            | "hmm"
            | "sorry"
            | "and"
            | "so"
            | "actually"
            | "right"
            | "thanks"
    )
}

/// Small words that carry no change by themselves.
fn filler(word: &Word) -> bool {
    leads(word)
        || DENY.contains(&word.text.as_str())
        || matches!(
            word.text.as_str(),
            "i" | "you"
                | "we"
                | "it"
                | "that"
                | "this"
                | "them"
                | "please"
                | "can"
                | "could"
                | "would"
                | "will"
                | "like"
                | "want"
                | "need"
                | "to"
                | "do"
                | "the"
                | "a"
                | "just"
                | "me"
                | "us"
                | "is"
                | "are"
                | "be"
                | "am"
                | "let"
                | "instead"
                | "rather"
                | "also"
                | "only"
                | "make"
                | "thank"
                | "said"
                | "meant"
                | "mean"
                | "try"
                | "get"
                | "change"
                | "way"
                | "sir"
                | "siree"
                | "chance"
                | "dice"
                | "use"
                | "put"
                | "add"
                | "give"
                | "for"
        )
}

/// Whether the whole reply only dismisses: cancel words, denial and courtesy, nothing else.
pub(super) fn dismisses(words: &[Word]) -> bool {
    #[rustfmt::skip]
    const PLAIN: &[&str] = &[
        "no", "nope", "nah", "stop", "cancel", "abort", "quit", "halt", "never", "mind", "forget", "drop",
        "leave", "enough", "quiet", "shush", "hush", "silence",
    ];
    #[rustfmt::skip]
    const AROUND: &[&str] = &[
        "it", "that", "this", "is", "please", "just", "okay", "oh", "now", "thanks", "thank", "you", "wait",
        "be", "about", "talking", "speaking", "all", "everything", "would", "will", "can", "shut", "up",
        "do", "not", "i", "said", "keep", "the", "and", "so", "well", "um", "uh", "actually", "sorry",
        "anything",
    ];
    let quiet = find(words, "shut up").is_some();
    (quiet || words.iter().any(|w| PLAIN.contains(&w.text.as_str())))
        && find(words, "not stop").is_none()
        && find(words, "not cancel").is_none()
        && words.iter().all(|w| PLAIN.contains(&w.text.as_str()) || AROUND.contains(&w.text.as_str()))
}
