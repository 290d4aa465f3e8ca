//! What WhatsApp refuses, in plain words with what to do. Codes are Meta's
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes>); they come with an answer
//! or, for a message that was taken, later through the webhook.

use std::fmt;

use serde::Deserialize;

use crate::web::plain;

/// The most that is said of what Meta says about an error that is not known here, in characters.
const LONGEST_DETAILS: usize = 200;

/// An error as Meta writes it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Fault {
    #[serde(default)]
    code: Option<i64>,
    #[serde(default)]
    error_subcode: Option<i64>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    error_data: Option<FaultData>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct FaultData {
    #[serde(default)]
    details: Option<String>,
}

/// Why it was certainly not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    words: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Refusal {}

/// What an answer that is no success means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It was turned away.
    Refused(Refusal),
    /// Whoever answered can't know whether it was done.
    Unknown,
}

/// Reads an answer that is no success.
pub(super) fn meaning(status: u16, body: &[u8], secret: &str) -> Meaning {
    #[derive(Deserialize)]
    struct Envelope {
        error: Fault,
    }
    let fault = serde_json::from_slice::<Envelope>(body).ok().map(|envelope| envelope.error);
    let code = fault.as_ref().and_then(|fault| fault.code);
    match (fault, code) {
        // Meta's word for a failure that it knows nothing of, and whatever stands between here and Meta.
        (_, Some(1) | None) if status >= 500 => Meaning::Unknown,
        (Some(fault), Some(_)) => Meaning::Refused(fault.in_words(secret)),
        (_, None) | (None, _) => Meaning::Refused(Refusal { words: by_status(status) }),
    }
}

fn by_status(status: u16) -> String {
    match status {
        300..=399 => format!(
            "the address of the Graph API sends us elsewhere (status {status}): set the final address in the settings"
        ),
        401 | 403 => format!("WhatsApp does not let us in (status {status}): check the access token"),
        404 | 405 => {
            format!(
                "there is no Graph API at the address that is set (status {status}): check address and version"
            )
        }
        429 => "WhatsApp has had too many requests from this app: try again in a few minutes".to_owned(),
        _ => format!(
            "WhatsApp did not understand the request (status {status}): check the API version in the settings"
        ),
    }
}

impl Fault {
    /// `secret` is blotted out of whatever Meta repeats of it.
    pub fn in_words(&self, secret: &str) -> Refusal {
        if let Some(words) = self.code.and_then(|code| known(code, self.error_subcode)) {
            return Refusal { words: words.to_owned() };
        }
        let error = self.code.map_or_else(|| "an error".to_owned(), |code| format!("error {code}"));
        let words = match self.details(secret) {
            Some(details) => format!("WhatsApp refused it with {error}: {details}"),
            None => format!("WhatsApp refused it with {error}: look it up in Meta's list of error codes"),
        };
        Refusal { words }
    }

    fn details(&self, secret: &str) -> Option<String> {
        let details = self.error_data.as_ref().and_then(|data| data.details.as_deref());
        let told = details.or(self.message.as_deref()).or(self.title.as_deref())?;
        let told = if secret.is_empty() { told.to_owned() } else { told.replace(secret, "…") };
        let told = plain::line(&told, LONGEST_DETAILS);
        (!told.is_empty()).then(|| told.trim_end_matches('.').to_owned())
    }
}

/// What a code means and what to do.
fn known(code: i64, subcode: Option<i64>) -> Option<&'static str> {
    Some(match (code, subcode) {
        (0 | 190, _) => {
            "WhatsApp does not accept the access token any more: it has expired or was taken back. Make a new one in Meta's \
             app dashboard, best for a system user, whose token does not expire, and set it as WHATSAPP_TOKEN"
        }
        (3 | 10 | 200..=299 | 131_005, _) => {
            "the access token may not do this: give its system user the permission whatsapp_business_messaging and this \
             WhatsApp account"
        }
        (33, _) | (100, Some(33)) => {
            "the access token knows no number with the id that is set: check the phone number id in the settings, and that \
             the token belongs to its account"
        }
        (4 | 80_007 | 130_429, _) => "too many messages are being sent at once: try again in a few minutes",
        (131_048, _) => {
            "WhatsApp has limited this number because too many people blocked or reported its messages: look at its quality \
             in WhatsApp Manager and wait"
        }
        (131_056, _) => "too many messages went to this person in a short time: wait a few minutes",
        (368 | 131_031, _) => {
            "Meta has restricted or locked this business account: see why in WhatsApp Manager, under account quality"
        }
        (130_497, _) => "this business account may not write to people in that country",
        (130_472, _) => {
            "Meta holds marketing messages to this person back for an experiment of its own: it was not sent"
        }
        (2 | 131_000 | 131_016 | 133_004, _) => {
            "WhatsApp has trouble of its own and did not send it: try again later"
        }
        (131_008 | 131_009 | 100, _) => {
            "WhatsApp did not understand the message: check the number, and with a template its name, language and values"
        }
        (131_021, _) => "a number can't write to itself: give another one",
        (131_026, _) => {
            "the message can't be delivered to this number: it may not be on WhatsApp, or its WhatsApp may be too old"
        }
        (131_030, _) => {
            "this number is not among those that a test number may write to: add it in Meta's app dashboard (WhatsApp, API \
             Setup, To), or use a business number of your own"
        }
        (131_037, _) => "the display name of the business number is not approved yet: see WhatsApp Manager",
        (131_042, _) => "Meta wants a way to be paid: add or mend the payment method in WhatsApp Manager",
        (131_045 | 133_010, _) => {
            "the business number is not registered with the Cloud API: register it in Meta's app dashboard"
        }
        (131_047, _) => {
            "more than 24 hours have passed since this person last wrote, so only a template may be sent: give the name of an \
             approved one"
        }
        (131_049, _) => {
            "Meta did not deliver it, because this person has had enough marketing messages for now: try again another day"
        }
        (131_050, _) => "this person does not want marketing messages from you",
        (131_051, _) => "WhatsApp does not take this type of message",
        (131_057, _) => "the business account is under maintenance at Meta: try again later",
        (132_000, _) => {
            "the template does not have as many places as there were values: give one value for each of its places, or none"
        }
        (132_001, _) => {
            "there is no approved template of that name in that language: check its name and language in WhatsApp Manager"
        }
        (132_005, _) => "the template's text is too long with these values: make them shorter",
        (132_007, _) => "the template goes against a policy of WhatsApp's: see why in WhatsApp Manager",
        (132_012, _) => {
            "a value does not fit the template's format: look at the template in WhatsApp Manager"
        }
        (132_015, _) => {
            "the template is paused, because people did not like it: improve it in WhatsApp Manager or use another one"
        }
        (132_016, _) => {
            "the template was switched off for good, because people did not like it: use another one"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(status: u16, body: &serde_json::Value) -> String {
        match meaning(status, body.to_string().as_bytes(), "EAAtopsecret") {
            Meaning::Refused(refusal) => refusal.to_string(),
            Meaning::Unknown => "unknown".to_owned(),
        }
    }

    fn error(code: i64) -> serde_json::Value {
        json!({"error": {"message": format!("(#{code}) Something"), "type": "OAuthException", "code": code, "fbtrace_id": "A"}})
    }

    #[test]
    fn what_is_refused_says_what_to_do() {
        for (status, code, part) in [
            (401, 190, "set it as WHATSAPP_TOKEN"),
            (403, 200, "whatsapp_business_messaging"),
            (400, 131_030, "API Setup"),
            (400, 130_429, "try again in a few minutes"),
            (400, 131_056, "wait a few minutes"),
            (400, 131_047, "only a template may be sent"),
            (404, 132_001, "no approved template of that name in that language"),
            (400, 132_000, "one value for each of its places"),
            (400, 132_015, "paused"),
            (400, 131_026, "may not be on WhatsApp"),
            (500, 131_000, "trouble of its own"),
            (400, 131_042, "payment method"),
        ] {
            let said = said(status, &error(code));
            assert!(said.contains(part), "{code}: {said}");
        }
        let wrong_id =
            json!({"error": {"code": 100, "error_subcode": 33, "message": "Unsupported post request."}});
        assert!(said(400, &wrong_id).contains("phone number id"));
    }

    #[test]
    fn other_errors_are_told_without_secrets() {
        let details = json!({"error": {"code": 139_000, "message": "(#139000) Blocked", "error_data": {
            "messaging_product": "whatsapp", "details": "The token EAAtopsecret is\u{202e} odd."}}});
        assert_eq!(said(400, &details), "WhatsApp refused it with error 139000: The token … is odd");
        let bare = json!({"error": {"code": 139_000}});
        assert!(said(400, &bare).contains("Meta's list of error codes"));
    }

    #[test]
    fn answers_without_a_code_are_read_by_their_status() {
        for (status, part) in [
            (302, "sends us elsewhere"),
            (401, "check the access token"),
            (404, "check address and version"),
            (422, "did not understand"),
            (429, "too many requests"),
        ] {
            let said = said(status, &json!({"detail": "no"}));
            assert!(said.contains(part), "{status}: {said}");
        }
    }

    #[test]
    fn what_nobody_knows_is_no_refusal() {
        for (status, body) in [(502, json!("Bad Gateway")), (504, json!({})), (500, error(1))] {
            assert_eq!(said(status, &body), "unknown", "{status} {body}");
        }
        assert_ne!(said(400, &error(1)), "unknown");
    }
}
