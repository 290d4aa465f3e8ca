//! How people ask: which words begin a request, and what is dictated rather than asked.

use super::words::{Word, has, is, starts};

/// Verbs that begin a request.
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "add", "append", "ask", "assign", "calculate", "cancel", "compare", "confirm", "convert", "create", "define",
    "delete", "describe", "dictate", "disable", "draft", "edit", "enable", "erase", "explain", "fetch", "find",
    "forward", "get", "give", "increase", "inform", "invite", "let", "look", "lower", "make", "mute", "notify", "open",
    "pause", "put", "raise", "read", "recommend", "remember", "remind", "remove", "rename", "reply", "reschedule",
    "reserve", "resume", "retry", "save", "say", "see", "send", "set", "show", "shut", "snooze", "spell", "submit", "suggest",
    "summarise", "summarize", "switch", "take", "tell", "translate", "try", "turn", "unmute", "upload", "wake", "write",
    "keep", "complete", "finish", "repeat", "download",
];

/// Verbs that are as often nouns: they begin a request beside "and" only before an object.
#[rustfmt::skip]
const NOUN_VERBS: &[&str] = &[
    "text", "email", "e-mail", "mail", "message", "whatsapp", "call", "phone", "book", "order", "note", "schedule",
    "mark", "check", "record", "plan", "play", "list", "update", "post", "share", "change", "move", "start", "stop",
    "track", "block", "pay", "buy", "review", "search", "watch", "transfer", "ping", "dial", "google", "close", "jot", "decline",
    "accept", "log", "clear", "archive", "copy", "report",
];

/// What begins the object of a verb, or a clause it governs.
#[rustfmt::skip]
const OBJECTS: &[&str] = &[
    "a", "an", "the", "my", "our", "his", "her", "their", "your", "me", "him", "us", "them", "it", "that", "this",
    "these", "those", "some", "any", "all", "every", "another", "if", "whether", "for", "what", "when", "how", "who",
    "where", "which", "up", "down", "off", "on", "out", "two", "three", "everyone", "everybody",
];

/// What may stand before a request without being part of it.
#[rustfmt::skip]
const COURTESY: &[&str] = &[
    "i would like you to", "i'd like you to", "i want you to", "i need you to", "do you think you could",
    "would you mind", "can you please", "could you please", "would you please", "can you", "could you", "would you",
    "will you", "go ahead and", "go and", "i'd like to", "i would like to", "i want to", "i need to", "please", "just", "also", "then",
    "finally", "hey", "hi", "hello", "okay", "ok", "um", "uh", "er", "so", "well", "now", "kindly", "alright", "yes",
    "maybe", "quickly", "and",
];

/// The words from where the request begins: without courtesy, and without a name that is called before a comma.
pub(super) fn lead(words: &[Word]) -> &[Word] {
    let rest = courteous(words);
    let name = rest.iter().take(3).skip(1).position(|word| word.gap != super::Gap::None).map(|at| at + 1);
    match name {
        Some(at)
            if !begins_request(rest) && rest.len() > at + 1 && begins_request(courteous(&rest[at..])) =>
        {
            courteous(&rest[at..])
        }
        Some(_) | None => rest,
    }
}

/// The words without the courtesy before them.
pub(super) fn courteous(words: &[Word]) -> &[Word] {
    let mut rest = words;
    loop {
        let courtesy = COURTESY.iter().filter_map(|phrase| starts(rest, phrase)).max();
        match courtesy {
            Some(length) if length < rest.len() => rest = &rest[length..],
            Some(_) | None => return rest,
        }
    }
}

/// Whether everything hangs on a condition: then nothing of it is a request of its own.
pub(super) fn is_conditional(words: &[Word]) -> bool {
    let rest = lead(words);
    is(rest.first(), &["if", "unless", "whenever", "once", "after", "before", "in case", "while"])
        || has(
            rest,
            &[
                "as soon as",
                "in case",
                "every time",
                "each time",
                "when i",
                "when we",
                "when he",
                "when she",
                "when they",
                "when my",
            ],
        )
}

/// Whether the words begin as a request does.
pub(super) fn begins_request(words: &[Word]) -> bool {
    let verb = |word: &Word| VERBS.contains(&word.text.as_str()) || NOUN_VERBS.contains(&word.text.as_str());
    words.first().is_some_and(verb) || is_inverted(words)
}

/// Whether the words can be nothing but a request: no verb that may be a noun, or one with an object.
pub(super) fn is_plain(words: &[Word]) -> bool {
    let Some(first) = words.first() else { return false };
    if NOUN_VERBS.contains(&first.text.as_str()) {
        return words.get(1).is_some_and(|next| next.capital || OBJECTS.contains(&next.text.as_str()));
    }
    begins_request(words)
}

/// A main clause that asks: "what's …", "do I …", not "what he said".
pub(super) fn is_inverted(words: &[Word]) -> bool {
    const ASKING: &[&str] = &["what", "how", "when", "where", "who", "which", "why"];
    const HELPING: &[&str] = &[
        "is", "are", "was", "were", "do", "does", "did", "will", "would", "should", "can", "could", "have",
        "has",
    ];
    const SUBJECTS: &[&str] =
        &["i", "we", "it", "there", "he", "she", "they", "my", "the", "you", "any", "anything"];
    let contracted = words.first().is_some_and(|word| {
        word.text.strip_suffix("'s").or(word.text.strip_suffix("'re")).is_some_and(|w| ASKING.contains(&w))
    });
    contracted
        || (is(words.first(), ASKING) && is(words.get(1), HELPING))
        || (is(words.first(), &["how"]) && is(words.get(1), &["much", "many", "long", "far", "old", "about"]))
        || (is(words.first(), HELPING) && is(words.get(1), SUBJECTS))
}

/// Whether an answer in words will do.
pub(super) fn is_question(words: &[Word]) -> bool {
    is_inverted(words)
        || is(
            words.first(),
            &[
                "what",
                "how",
                "when",
                "where",
                "who",
                "which",
                "why",
                "explain",
                "describe",
                "define",
                "spell",
                "suggest",
                "recommend",
            ],
        )
        || has(words, &["tell me", "give me", "read me", "show me"])
}

/// Whether the words begin with a verb that is done by speaking.
pub(super) fn is_of_words(words: &[Word]) -> bool {
    const SPEAKING: &[&str] = &[
        "calculate",
        "compare",
        "convert",
        "explain",
        "read",
        "repeat",
        "review",
        "say",
        "summarise",
        "summarize",
        "translate",
    ];
    is(words.first(), SPEAKING)
}

/// Whether the words are said to us, whatever stands before them: "remind me …", "add … to my …", "what's …".
pub(super) fn is_certain(words: &[Word]) -> bool {
    const OURS: &[&str] =
        &["reminder", "alarm", "timer", "task", "note", "event", "meeting", "appointment", "entry"];
    const FOR_ME: &[&str] =
        &["remind me", "tell me", "show me", "read me", "let me know", "give me", "wake me", "send me"];
    if has(words, FOR_ME) || is_inverted(words) {
        return true;
    }
    let into_mine = |words: &[Word]| {
        words.windows(2).any(|pair| {
            ["to", "on", "in", "into", "onto", "from", "off"].contains(&pair[0].text.as_str())
                && ["my", "our"].contains(&pair[1].text.as_str())
        })
    };
    if is(words.first(), &["add", "put", "remove", "delete", "cancel", "mark"]) && into_mine(words) {
        return true;
    }
    is(words.first(), &["add", "set", "create", "start", "make", "schedule"])
        && is(words.get(1), &["a", "an", "another", "the"])
        && words.iter().skip(2).take(3).any(|word| OURS.contains(&word.text.as_str()))
}

/// Whether the words can only be meant for us, since nobody else keeps what they are about: "cancel the reminder …", "read
/// all my tasks", "set an alarm for six".
pub(super) fn is_ours(words: &[Word]) -> bool {
    const KEPT: &[&str] = &[
        "reminder",
        "reminders",
        "alarm",
        "alarms",
        "timer",
        "timers",
        "task",
        "tasks",
        "to-do",
        "to-dos",
        "todo",
        "todos",
    ];
    const KEEPING: &[&str] = &[
        "cancel",
        "change",
        "clear",
        "complete",
        "delete",
        "edit",
        "erase",
        "finish",
        "list",
        "mark",
        "read",
        "remove",
        "rename",
        "repeat",
        "reschedule",
        "show",
        "snooze",
        "update",
    ];
    /// What is kept stands before these, or is not what is asked for.
    const BEHIND: &[&str] = &["about", "at", "for", "from", "in", "of", "on", "that", "to", "with"];
    if has(words, &["remind me"]) {
        return words.len() > 2;
    }
    let object = words.iter().skip(1).take(5).take_while(|word| !BEHIND.contains(&word.text.as_str()));
    let kept = object.enumerate().find(|(_, word)| KEPT.contains(&word.text.as_str())).map(|(at, _)| at + 1);
    match kept {
        None => false,
        Some(_) if is(words.first(), KEEPING) => true,
        // "set a reminder" alone may be what somebody is to do.
        Some(at) => {
            is(words.first(), &["add", "create", "make", "put", "set", "start"])
                && is(words.get(1), &["a", "an", "another", "one"])
                && at + 1 < words.len()
        }
    }
}

/// Whether what follows is taken down for the person, not handed on to somebody else.
pub(super) fn takes_down(words: &[Word]) -> bool {
    !is(words.first(), SAYING) && !is(words.first(), &["let", "send", "say"])
}

/// Whether nothing to be done begins here: "to Paris", "some tea", "he left".
pub(super) fn leads_nothing(words: &[Word]) -> bool {
    words.first().is_some_and(|first| first.capital || is_small(&first.text))
}

/// Whether a clause with so many words that tell something says more of what was asked before it: "make it seven", "let me
/// know", "tell him I'm late".
pub(super) fn goes_on_about(words: &[Word], telling: usize) -> bool {
    const FURTHER: &[&str] = &[
        "call", "change", "label", "make", "mention", "move", "name", "put", "say", "set", "title", "write",
    ];
    const FOR_US: &[&str] = &["give", "let", "send", "show", "tell"];
    let of_it = is(words.first(), FURTHER) && is(words.get(1), &["it", "that", "this"]);
    let to_us = is(words.first(), FOR_US) && is(words.get(1), &["me", "us"]);
    of_it
        || to_us
        || (telling > 0 && (is(words.first(), SAYING) || is(words.first(), &["let", "say", "write"])))
}

/// Words that are of no weight, and numbers and times, which a call may hold in another form.
#[rustfmt::skip]
const SMALL: &[&str] = &[
    "a", "an", "the", "my", "our", "your", "his", "her", "its", "their", "this", "that", "these", "those", "some", "any",
    "all", "another", "i", "i'm", "i'll", "i've", "i'd", "we", "you", "he", "she", "it", "they", "me", "him", "us", "them",
    "there", "here", "one", "ones", "to", "in", "on", "at", "for", "from", "with", "by", "of", "about", "up", "down", "off",
    "out", "into", "onto", "over", "under", "as", "like", "than", "so", "or", "but", "and", "not", "no", "if", "when",
    "whether", "because", "who", "what", "where", "which", "how", "why", "is", "are", "was", "were", "be", "been", "am",
    "do", "does", "did", "have", "has", "had", "will", "would", "can", "could", "should", "may", "might", "must", "please",
    "also", "then", "too", "again", "later", "soon", "now", "just", "know", "thing", "things", "sure", "back", "list",
    "calendar", "schedule", "today", "tomorrow", "tonight", "yesterday", "morning", "afternoon", "evening", "night", "noon",
    "midnight", "o'clock", "pm", "p.m", "a.m", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks",
    "weekend", "month", "months", "year", "years", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
    "sunday", "january", "february", "march", "april", "june", "july", "august", "september", "october", "november",
    "december", "next", "every", "each", "daily", "weekly", "half", "quarter", "past",
];

/// Whether a word, in lower case, tells nothing by itself that a call would hold.
pub(super) fn is_small(word: &str) -> bool {
    let figure = word.chars().next().is_some_and(|first| first.is_ascii_digit());
    SMALL.contains(&word) || figure || crate::planner::arguments::spoken_number(&[word]).is_some()
}

/// "text Dave and tell him …": the second says what the first is to send.
pub(super) fn is_more_of_the_message(done: &[Word], next: &[Word]) -> bool {
    const SENDING: &[&str] = &[
        "text", "message", "whatsapp", "email", "e-mail", "mail", "send", "write", "call", "phone", "ping",
        "reply", "contact",
    ];
    is(done.first(), SENDING)
        && is(next.first(), &["tell", "ask", "let", "say", "inform", "wish", "remind", "invite"])
        && is(next.get(1), &["him", "her", "them", "that", "it"])
}

/// Whether the verb's object is something said before.
pub(super) fn refers_back(words: &[Word]) -> bool {
    is(words.get(1), &["it", "that", "them", "this", "those", "these", "him", "her"])
}

/// What a clause holds that is to be handed on as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dictated {
    Nothing,
    /// Words whose end is not marked: "remind me to …", "tell Bob I'm …".
    Open,
    /// Words after a mark that takes all that follows: "saying …", "that …", a quotation that is not closed.
    Quoted,
}

/// Verbs that hand on what follows them.
const SAYING: &[&str] = &[
    "tell", "text", "message", "whatsapp", "ask", "inform", "email", "e-mail", "mail", "reply", "ping",
    "notify",
];

pub(super) fn is_dictated(words: &[Word]) -> Dictated {
    /// Take down what follows them.
    const KEEPING: &[&str] = &[
        "remind",
        "note",
        "write",
        "say",
        "remember",
        "jot",
        "draft",
        "dictate",
        "post",
        "translate",
        "spell",
        "repeat",
    ];
    /// What follows these is all of it a text.
    const MARKS: &[&str] =
        &["saying", "says", "reading", "titled", "entitled", "called", "named", "labelled", "labeled"];
    /// Things that hold a text.
    const HOLDERS: &[&str] = &["task", "reminder", "note", "todo", "memo", "item", "message", "text", "post"];
    let Some(first) = words.first() else { return Dictated::Nothing };
    let first = first.text.as_str();
    let says = SAYING.contains(&first) || KEEPING.contains(&first) || matches!(first, "send" | "let");
    let inner = words.iter().enumerate().skip(1);
    let marked = inner.clone().any(|(at, word)| {
        let more = at + 1 < words.len();
        more && (MARKS.contains(&word.text.as_str()) || (says && word.text == "that" && at >= 2))
    });
    if marked {
        return Dictated::Quoted;
    }
    if has(words, &["remind me"]) {
        // "remind me at six": what of is still to come, and will be asked for.
        let about = words.iter().any(|w| matches!(w.text.as_str(), "to" | "about" | "of"));
        return if about || words.len() > 5 { Dictated::Open } else { Dictated::Nothing };
    }
    if has(words, &["tell me", "ask me", "let me", "send me", "text me", "email me"]) {
        return Dictated::Nothing;
    }
    if KEEPING.contains(&first)
        || has(words, &["take a note", "make a note", "let him", "let her", "let them"])
    {
        return Dictated::Open;
    }
    if SAYING.contains(&first) || first == "let" {
        return if is_addressed_only(&words[1..]) { Dictated::Nothing } else { Dictated::Open };
    }
    const MAKING: &[&str] =
        &["add", "put", "set", "create", "make", "take", "leave", "send", "schedule", "get", "give"];
    let holds = MAKING.contains(&first)
        && inner.clone().any(|(at, word)| {
            const AFTER: &[&str] = &[
                "for", "at", "on", "in", "from", "tomorrow", "today", "tonight", "with", "as", "off", "list",
                "out", "via", "by",
            ];
            let later = words.get(at + 2..).unwrap_or_default();
            let named = later.windows(2).any(|pair| {
                matches!(pair[0].text.as_str(), "to" | "about")
                    && !["my", "the", "our"].contains(&pair[1].text.as_str())
            });
            HOLDERS.contains(&word.text.as_str())
                && ((named && first != "send")
                    || match words.get(at + 1).map(|w| w.text.as_str()) {
                        None => false,
                        // "a task to buy milk", but "a message to Sara", "the task to my list"
                        Some("to") => {
                            let next = words.get(at + 2);
                            at + 3 < words.len() && !is(next, &["my", "the", "our"]) && first != "send"
                        }
                        Some(next) => !AFTER.contains(&next),
                    })
        });
    let how_to = words.windows(2).any(|pair| pair[0].text == "how" && pair[1].text == "to");
    if holds || how_to { Dictated::Open } else { Dictated::Nothing }
}

/// "Sara", "my mom", "her on WhatsApp": to whom and by which way, and nothing that is to be said.
fn is_addressed_only(words: &[Word]) -> bool {
    let named = match words.first().map(|w| w.text.as_str()) {
        Some("my" | "the" | "our" | "his" | "her" | "their") if words.len() > 1 => 2,
        Some(_) => 1,
        None => return true,
    };
    // "her" is also a whole person.
    let ways = ["on", "via", "by", "over", "through", "about", "it"];
    let rest = |from: usize| words.get(from..).unwrap_or_default();
    [named, 1].into_iter().any(|from| {
        let rest = rest(from);
        rest.is_empty() || (is(rest.first(), &ways) && rest.len() <= 3)
    })
}

/// Whether what is put somewhere has its place: "add milk to my list" is whole, "add milk" may go on.
pub(super) fn is_closed(words: &[Word]) -> bool {
    const PLACES: &[&str] =
        &["to", "on", "in", "into", "onto", "there", "at", "for", "from", "tomorrow", "today", "tonight"];
    !is(words.first(), &["add", "put", "append", "create", "make", "set"])
        || words.iter().skip(2).any(|word| PLACES.contains(&word.text.as_str()))
        || is(words.get(1), &["it", "that", "them", "those", "this"])
}

/// The words as they stand in the utterance.
pub(super) fn text(utterance: &str, words: &[Word]) -> String {
    match (words.first(), words.last()) {
        (Some(first), Some(last)) => {
            let closing =
                utterance[last.end..].chars().next().filter(|c| last.quoted && matches!(c, '"' | '”'));
            let end = last.end + closing.map_or(0, char::len_utf8);
            utterance[first.at..end].to_owned()
        }
        (None, _) | (_, None) => String::new(),
    }
}
