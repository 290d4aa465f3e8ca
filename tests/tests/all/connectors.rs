//! The connectors by voice: mail in Dovecot and Postfix, WhatsApp before MockPost, a calendar in Radicale. Every line is
//! spoken and heard, the question is answered aloud, and what counts is what lies at the other side.

#[allow(dead_code, reason = "shared with the connectors' own tests, which use more of it")]
#[path = "../../../gateway/servers/tests/peers/whatsapp/front.rs"]
mod front;
#[allow(dead_code, reason = "shared with the connectors' own tests, which use more of it")]
#[path = "../../../gateway/servers/tests/peers/email/house.rs"]
mod house;
#[allow(dead_code, reason = "shared with the connectors' own tests, which use more of it")]
#[path = "../../../gateway/servers/tests/peers/whatsapp/mockpost.rs"]
mod mockpost;
#[allow(dead_code, reason = "shared with the connectors' own tests, which use more of it")]
#[path = "../../../gateway/servers/tests/peers/calendar/peer.rs"]
mod radicale;

use std::os::unix::fs::PermissionsExt as _;

use front::Front;
use homepilot_tests::{
    program::homepilot,
    server::{Home, PLANNER, Server},
};
use house::{ADA, House};
use mockpost::MockPost;
use radicale::{Kind, Peer};
use serde_json::json;
use tokio::task::JoinSet;

const NUMBER: &str = "106540352242922";
const JOHN: &str = "447911123456";
const YES: &str = "Yes, please.";

/// A home in which these are set, as a person sets them: in a file that is theirs alone.
fn set_up(settings: &[(&str, &str)]) -> Home {
    let home = Home::new().unwrap();
    let file = home.paths().secrets();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let lines = settings.iter().map(|(name, value)| format!("{name}={value}\n"));
    std::fs::write(&file, lines.collect::<String>()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    home
}

/// With one connector, and nothing but that in the way of a call to it.
async fn server(connector: &str, settings: &[(&str, &str)]) -> Server {
    let server = Server::start_in(set_up(settings)).await.unwrap();
    let runs = |catalog: &serde_json::Value| {
        let rows = catalog["connectors"].as_array().unwrap();
        rows.iter().any(|row| row["name"] == connector && row["status"] == "running")
    };
    server.get_until("/v1/agentic/catalog", runs).await.unwrap();
    server.get_until("/v1/agentic/status", |status| status["ready"] == true).await.unwrap();
    server
}

/// What is told when these lines are spoken, one after the other, in lower case.
async fn conversation(server: &Server, said: &[&str]) -> String {
    let port = server.at.runtime.port().to_string();
    let mut arguments = vec!["--model".to_owned(), PLANNER.to_owned(), "ask".to_owned()];
    for (number, words) in said.iter().enumerate() {
        let file = server.recording(&format!("line-{number}"), words).await.unwrap();
        arguments.push(if number == 0 { "--audio" } else { "--then" }.to_owned());
        arguments.push(file.to_str().unwrap().to_owned());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = homepilot(&server.home, &[("HOMEPILOT_PORTS_RUNTIME", &port)], &arguments).await.unwrap();
    ended.said.to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_is_checked_for_emails_from_the_design_team() {
    let house = House::open().await;
    let letter = |from: &str, subject: &str| {
        format!(
            "From: {from}\r\nTo: {ADA}\r\nSubject: {subject}\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\nSee you.\r\n"
        )
    };
    let letters = [
        letter("Design Team <design@example.org>", "The new logo"),
        letter("Your Bank <bank@example.org>", "Your statement"),
        letter("Design Team <design@example.org>", "Colours for the website"),
    ];
    house.put(ADA, letters.iter().map(String::as_bytes));
    let certificate = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(certificate.path(), &house.certificate).unwrap();
    let (smtp, imap) = (house.ports.smtps.to_string(), house.ports.imaps.to_string());
    let settings = [
        ("EMAIL_SMTP_HOST", "localhost"),
        ("EMAIL_SMTP_PORT", &smtp),
        ("EMAIL_SMTP_SECURITY", "tls"),
        ("EMAIL_SMTP_USER", ADA),
        ("EMAIL_SMTP_PASS", house::PASSWORD),
        ("EMAIL_IMAP_HOST", "localhost"),
        ("EMAIL_IMAP_PORT", &imap),
        ("EMAIL_IMAP_SECURITY", "tls"),
        ("EMAIL_CA_FILE", certificate.path().to_str().unwrap()),
    ];
    let server = server("email", &settings).await;
    let told = conversation(&server, &["Check my inbox for any emails from the design team.", YES]).await;
    assert!(
        told.contains("look into your inbox for emails from") && told.contains("design team. shall i?"),
        "{told}"
    );
    assert!(told.contains("new logo") && told.contains("colours for the website"), "{told}");
    assert!(!told.contains("statement") && !told.contains(house::PASSWORD), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whatsapp_message_goes_to_john() {
    let folder = tempfile::tempdir().unwrap();
    let mockpost = MockPost::start(folder.path()).await;
    let mut tasks = JoinSet::new();
    let front =
        Front::start(&mut tasks, mockpost.url.clone(), "http://127.0.0.1:1/webhook".to_owned(), "").await;
    mockpost.serve_number(NUMBER, "http://127.0.0.1:1/webhook").await;
    let base = format!("{}/whatsapp", front.url);
    let settings = [
        ("WHATSAPP_TOKEN", "EAAtopsecret"),
        ("WHATSAPP_PHONE_NUMBER_ID", NUMBER),
        ("WHATSAPP_CONTACTS", "John: +44 7911 123456"),
        ("WHATSAPP_URL", &base),
    ];
    let server = server("whatsapp", &settings).await;
    let told =
        conversation(&server, &["Send a WhatsApp message to John: I'll be there in 10 minutes.", YES]).await;
    assert!(told.contains("i'll send john on whatsapp:") && told.contains("minutes"), "{told}");
    let sent = mockpost.sent().await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!((&sent[0]["to"], &sent[0]["type"]), (&json!(JOHN), &json!("text")), "{sent:?}");
    let text = sent[0]["text"]["body"].as_str().unwrap().to_lowercase();
    assert!(text.contains("be there in") && text.contains("minutes"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn free_on_thursday_and_then_the_dentist_at_three() {
    let peer = Peer::start(Kind::Radicale).await;
    let url = peer.url();
    let settings =
        [("CALDAV_URL", url.as_str()), ("CALDAV_USER", radicale::USER), ("CALDAV_PASS", radicale::PASSWORD)];
    let server = server("calendar", &settings).await;
    let said = ["Am I free on Thursday afternoon?", YES, "Then put the dentist at three.", YES];
    let told = conversation(&server, &said).await;
    assert_eq!(told.matches("shall i?").count(), 2, "{told}");
    assert!(told.contains("look into your calendar for free time"), "{told}");
    assert!(told.contains("put this into your calendar: dentist") && told.contains("thursday"), "{told}");
    let kept = peer.everything().await.to_lowercase();
    assert_eq!(kept.matches("begin:vevent").count(), 1, "{kept}");
    assert!(kept.contains("dentist") && kept.contains("t150000"), "{kept}\n{told}");
}
