//! What is to be done again, and until when.

use super::{
    Until,
    speech::text,
    words::{Word, has, is, starts},
};

/// The words of a clause that is to be repeated, without the repeating, and when that ends.
pub(super) fn asks_again(utterance: &str, clause: &[Word]) -> Option<(String, Until)> {
    /// What looks and changes nothing, and trying.
    const LOOKING: &[(&str, &str)] = &[
        ("checking", "check"),
        ("looking", "look"),
        ("searching", "search"),
        ("reading", "read"),
        ("watching", "check"),
        ("asking", "ask"),
        ("testing", "test"),
        ("finding", "find"),
        ("refreshing", "refresh"),
        ("querying", "query"),
        ("pinging", "ping"),
        ("polling", "poll"),
        ("monitoring", "check"),
    ];
    const WORKS: &[&str] = &[
        "it works",
        "it worked",
        "that works",
        "it succeeds",
        "it goes through",
        "it has worked",
        "it's done",
        "it is done",
        "it has gone through",
        "it has succeeded",
        "you succeed",
        "it's through",
        "this works",
        "it went through",
    ];
    let end = clause.iter().position(|word| matches!(word.text.as_str(), "until" | "till"))?;
    let (request, condition) = (&clause[..end], &clause[end + 1..]);
    let condition_text = text(utterance, condition);
    if condition.len() < 2 {
        return None;
    }
    let works = WORKS.iter().any(|phrase| starts(condition, phrase) == Some(condition.len()));
    let until = if works { Until::Works } else { Until::Holds(condition_text) };
    let again = ["again", "again and again", "over and over"];
    let words = if let Some(length) =
        starts(request, "keep trying to").or_else(|| starts(request, "keep on trying to"))
    {
        text(utterance, &request[length..])
    } else if has(
        request,
        &[
            "keep trying",
            "keep on trying",
            "retry",
            "repeat that",
            "repeat this",
            "do it again",
            "do that again",
            "try again",
            "try it again",
            "try that again",
        ],
    ) {
        "try again".to_owned()
    } else if let Some(length) = starts(request, "keep on").or_else(|| starts(request, "keep")) {
        let doing = request.get(length)?;
        let (_, verb) = LOOKING.iter().find(|(doing_so, _)| *doing_so == doing.text)?;
        format!("{verb} {}", text(utterance, &request[length + 1..])).trim().to_owned()
    } else {
        let (cut, _) = again
            .iter()
            .filter_map(|phrase| {
                let at = (1..request.len()).find(|at| starts(&request[*at..], phrase).is_some())?;
                Some((at, phrase))
            })
            .min()?;
        let looks = LOOKING.iter().any(|(_, verb)| is(request.first(), &[*verb]));
        looks.then(|| text(utterance, &request[..cut]))?
    };
    (!words.is_empty()).then_some((words, until))
}
