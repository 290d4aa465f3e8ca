//! The server without an account that can be reached: what it says of itself, and what it refuses before it connects.

use std::path::Path;

use rmcp::model::JsonObject;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::tools::Name;
use super::toolset::Mail;
use super::*;
use crate::serving::{Call, Toolset as _};

fn mail(folder: &Path) -> Mail {
    // Nothing listens on the first port.
    let account = || Account {
        host: "127.0.0.1".to_owned(),
        port: 1,
        security: Security::Tls,
        user: "ada@example.org".to_owned(),
        password: "TOPSECRET".into(),
    };
    let sender = Sender::parse("ada@example.org").unwrap();
    Mail::new(Options::new(folder.join("homepilot.db"), account(), account(), sender))
}

async fn refused(tool: Name, arguments: Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    let Value::Object(arguments) = arguments else { panic!("no object") };
    let cancel = CancellationToken::new();
    let call = Call { arguments: Some(arguments), key: None, meta: JsonObject::new(), cancel };
    let said = mail(folder.path()).call(tool, call).await.unwrap_err().to_string();
    assert!(!said.contains("TOPSECRET"), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_before_anything_is_connected_to() {
    for (tool, arguments, wanted) in [
        (Name::SendEmail, json!({"subject": "x", "body": "y"}), "to is missing: give it as an email address"),
        (
            Name::SendEmail,
            json!({"to": ["Sara"], "subject": "x", "body": "y"}),
            "\"Sara\" is no email address",
        ),
        (Name::SendEmail, json!({"to": ["a@x.org"], "body": "y"}), "subject is missing"),
        (Name::SendEmail, json!({"to": ["a@x.org"], "subject": "x", "body": " \n "}), "body is empty"),
        (
            Name::SendEmail,
            json!({"to": ["a@x.org"], "subject": "x", "body": "y", "bcc": "z"}),
            "no argument bcc",
        ),
        (Name::DraftEmail, json!({"subject": "x"}), "body is missing"),
        (Name::ReplyEmail, json!({"body": "x"}), "email is missing"),
        (Name::LabelEmail, json!({"email": "x"}), "label is missing"),
        (Name::ReadInbox, json!({"since": "yesterday", "limit": 51}), "limit cannot be 51"),
        (Name::ReadInbox, json!({"since": "tomorrow"}), "since: "),
        (
            Name::ReadInbox,
            json!({}),
            "127.0.0.1 does not answer on port 1 (nothing listens there): check EMAIL_IMAP_HOST and EMAIL_IMAP_PORT",
        ),
        (
            Name::SendEmail,
            json!({"to": ["a@x.org"], "subject": "x", "body": "y"}),
            "check EMAIL_SMTP_HOST and EMAIL_SMTP_PORT",
        ),
    ] {
        let said = refused(tool, arguments).await;
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn the_tools_are_those_that_were_promised() {
    let names: Vec<_> = classes().into_iter().map(|(name, effect)| (name, effect == Effect::Read)).collect();
    assert_eq!(
        names,
        [
            ("send_email", false),
            ("reply_email", false),
            ("draft_email", false),
            ("read_inbox", true),
            ("search_email", true),
            ("get_email", true),
            ("archive_email", false),
            ("label_email", false),
        ]
    );
    for tool in Name::ALL {
        let described = tool.describe();
        let given = described.input_schema["properties"].as_object().unwrap();
        let mut known: Vec<_> = tool.arguments().to_vec();
        let mut listed: Vec<_> = given.keys().map(String::as_str).collect();
        known.sort_unstable();
        listed.sort_unstable();
        assert_eq!(known, listed, "{}", tool.name());
    }
}
