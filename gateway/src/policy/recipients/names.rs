//! What an argument's name says about it.

use crate::capability::words;

/// An argument (or its last word, as in `reply_channel`) of one of these names says who is reached.
const RECIPIENT: &str = "to cc bcc recipient recipients receiver receivers email emails mail mailto phone phones telephone tel mobile \
    msisdn whatsapp channel channels attendee attendees invitee invitees participant participants guest guests \
    member members user users username usernames userid person people chat chats chatid channelid room rooms group \
    groups conversation contact contacts address addresses destination destinations phonenumber emailaddress \
    toemail toaddress sendto jid";
/// Words after a recipient's: `user_id`, `channel_name`.
const QUALIFIER: &str = "id ids name names number numbers list handle handles uri key value";
/// Words before one of the above that make it something else: `date_to`, `ip_address`.
const NOT_AFTER: &str = "date time day valid range up page due ip mac web";
/// Who sends.
const SENDER: &str = "from sender organizer organiser author";

pub(super) fn holds(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

/// A name's words without the digits at their ends: `toEmail2` has `to` and `email`.
fn plain_words(name: &str) -> Vec<String> {
    words(name)
        .into_iter()
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

pub(super) fn says_recipient(name: &str) -> bool {
    let words = plain_words(name);
    if words == ["number"] || words == ["numbers"] {
        return true;
    }
    let mut rest = words.as_slice();
    while let Some((last, before)) = rest.split_last() {
        if holds(RECIPIENT, last) {
            return before.last().is_none_or(|word| !holds(NOT_AFTER, word));
        }
        if !holds(QUALIFIER, last) {
            return false;
        }
        rest = before;
    }
    false
}

/// Who sends, or what is answered to: an address there reaches nobody.
pub(super) fn sends(name: &str) -> bool {
    let words = plain_words(name);
    words.first().is_some_and(|word| holds(SENDER, word))
        || words.windows(2).any(|pair| pair == ["reply", "to"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "to",
            "TO",
            "cc",
            "bcc",
            "recipient",
            "recipients",
            "email",
            "emails",
            "phone",
            "phone_number",
            "phoneNumber",
            "number",
            "channel",
            "channels",
            "channel_id",
            "channelName",
            "attendees",
            "invitee",
            "users",
            "user_id",
            "userName",
            "chat_id",
            "chatId",
            "contact",
            "address",
            "addresses",
            "send_to",
            "to_email",
            "toEmailAddress",
            "toRecipients",
            "mailto",
            "to2",
            "notify-users",
            "in_channel",
            "reply_channel",
            "recipient.email",
        ] {
            assert!(says_recipient(name) && !sends(name), "{name}");
        }
        for name in [
            "text",
            "subject",
            "email_subject",
            "user_agent",
            "date_to",
            "valid_to",
            "ip_address",
            "number_of_items",
            "order_number",
            "file_name",
            "id",
            "token",
            "topic",
            "address_line",
            "message",
        ] {
            assert!(!says_recipient(name), "{name}");
        }
        for name in ["from", "from_email", "sender", "replyTo", "in_reply_to"] {
            assert!(sends(name), "{name}");
        }
    }
}
