//! Mail. What is written to others is said as it was dictated, not turned into ours.

use super::{Given, Known};

pub(super) fn phrase(action: &str, given: &Given) -> Option<Known> {
    let (names, short): (&[&str], _) = match action {
        "send_email" => (&["to", "subject", "body", "cc"], "send the email"),
        "draft_email" => (&["to", "subject", "body", "cc"], "put the email into your drafts"),
        "reply_email" => (&["email", "body", "all"], "send the answer"),
        "read_inbox" => (&["from", "unread", "since", "limit"], "look into your inbox"),
        "search_email" => {
            (&["query", "from", "subject", "unread", "since", "limit"], "look through your email")
        }
        "get_email" => (&["email"], "read the email"),
        "archive_email" => (&["email"], "archive the email"),
        "label_email" => (&["email", "label"], "label the email"),
        _ => return None,
    };
    if !given.only(names) {
        return None;
    }
    let whole = match action {
        "send_email" => saying(given, written(given, "send an email")),
        "draft_email" => saying(given, written(given, "put an email into your drafts, unsent")),
        "reply_email" => {
            let whom = if given.is("all") { "answer everybody on" } else { "answer" };
            saying(given, format!("{whom} {}", one(given)?))
        }
        "read_inbox" => listed(given, "look into your inbox", " for"),
        "search_email" => match given.get("query") {
            Some(query) => listed(given, &format!("look through your email for {query}"), ", in"),
            None => listed(given, "look through your email", " for"),
        },
        "get_email" => format!("read {}", one(given)?),
        "archive_email" => format!("archive {}", one(given)?),
        "label_email" => format!("put the label {} on {}", given.get("label")?, one(given)?),
        _ => return None,
    };
    Some(Known { whole, short })
}

/// "send an email to ada@example.org, with a copy to bob@example.org, about lunch on Friday"
fn written(given: &Given, deed: &str) -> String {
    let to = given.after(deed.to_owned(), " to ", "to");
    let copied = given.after(to, ", with a copy to ", "cc");
    match given.get("subject") {
        Some(subject) => format!("{copied}, with the subject: {subject}"),
        None => copied,
    }
}

/// The text as it was dictated: what the person wrote to others keeps its "my".
fn saying(given: &Given, deed: String) -> String {
    match given.get("body") {
        Some(body) => format!("{}. It says: {body}", deed.trim_end_matches(['.', '!', '?'])),
        None => deed,
    }
}

/// "the email from or about Sara"
fn one(given: &Given) -> Option<String> {
    Some(format!("the email from or about {}", given.text("email")?))
}

/// "look into your inbox for unread emails from the design team, since yesterday, five at most"
fn listed(given: &Given, deed: &str, joint: &str) -> String {
    let of_some = ["from", "subject"].iter().any(|name| given.value(name).is_some());
    let what = match given.is("unread") {
        true => format!("{deed}{joint} unread emails"),
        false if of_some => format!("{deed}{joint} emails"),
        false => deed.to_owned(),
    };
    let what = given.after(given.after(what, " from ", "from"), " with the subject ", "subject");
    let what = match given.get("since") {
        Some(since) => format!(
            "{what}, since {}",
            ["on ", "from ", "since "]
                .iter()
                .fold(&*since, |words, joint| words.strip_prefix(joint).unwrap_or(words))
        ),
        None => what,
    };
    match given.get("limit") {
        Some(limit) => format!("{what}, {limit} at most"),
        None => what,
    }
}
