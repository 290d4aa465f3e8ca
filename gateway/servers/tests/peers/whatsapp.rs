//! WhatsApp before MockPost, which keeps messages in the shape of Meta's Cloud API and brings what others write.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use homepilot_servers::whatsapp::{self, Account, Contact, Options, Webhook};
use homepilot_servers::{Clock, IDEMPOTENCY_KEY, OUTCOME_KEY};
use jiff::{SignedDuration, Timestamp};
use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig, JsonObject, RequestMetaObject};
use rmcp::transport::StreamableHttpClientTransport;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod front;
mod mockpost;

use front::Front;
use mockpost::MockPost;

const NUMBER: &str = "106540352242922";
const SECRET: &str = "app secret";
const JOHN: &str = "447911123456";

struct Rig {
    mockpost: MockPost,
    front: Front,
    url: String,
    /// By how many hours the connector's clock is ahead.
    ahead: Arc<AtomicI64>,
    _tasks: JoinSet<()>,
    _folder: TempDir,
}

impl Rig {
    async fn start() -> Rig {
        Rig::with("EAAtopsecret", |front| format!("{front}/whatsapp")).await
    }

    /// With a token, and with the address of the Graph API made of the front's.
    async fn with(token: &str, base: impl FnOnce(&str) -> String) -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let mockpost = MockPost::start(folder.path()).await;
        let mut tasks = JoinSet::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let front = Front::start(&mut tasks, mockpost.url.clone(), format!("{url}/webhook"), SECRET).await;
        mockpost.serve_number(NUMBER, &format!("{}/signed", front.url)).await;
        let account = Account::new(NUMBER, token.into()).unwrap().at(&base(&front.url)).unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let hours = Arc::clone(&ahead);
        let options = Options {
            webhook: Some(Webhook { app_secret: SECRET.into(), verify_token: "between us".into() }),
            contacts: vec![Contact::read("John", "+44 7911 123456", None).unwrap()],
            clock: Clock::new(move || {
                Timestamp::now() + SignedDuration::from_hours(hours.load(Ordering::SeqCst))
            }),
            ..Options::new(folder.path().join("homepilot.db"), account)
        };
        tasks.spawn(async move {
            whatsapp::serve(listener, options, CancellationToken::new()).await.unwrap();
        });
        Rig { mockpost, front, url, ahead, _tasks: tasks, _folder: folder }
    }

    async fn call(&self, tool: &'static str, arguments: Value) -> CallToolResult {
        self.request(CallToolRequestParams::new(tool).with_arguments(object(arguments))).await
    }

    async fn keyed(&self, key: &str, tool: &'static str, arguments: Value) -> CallToolResult {
        let mut request = CallToolRequestParams::new(tool).with_arguments(object(arguments));
        request.meta = Some(RequestMetaObject::from(object(json!({ IDEMPOTENCY_KEY: key }))));
        self.request(request).await
    }

    async fn request(&self, request: CallToolRequestParams) -> CallToolResult {
        let transport = StreamableHttpClientTransport::from_uri(format!("{}/mcp", self.url));
        let client = ClientConfig::default().serve(transport).await.unwrap();
        client.call_tool(request).await.unwrap()
    }
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

fn done(result: &CallToolResult) -> String {
    assert_ne!(result.is_error, Some(true), "{result:?}");
    text(result)
}

fn refused(result: &CallToolResult) -> String {
    assert_eq!(result.is_error, Some(true), "{result:?}");
    text(result)
}

fn is_unknown(result: &CallToolResult) -> bool {
    result.meta.as_ref().and_then(|meta| meta.get(OUTCOME_KEY)) == Some(&json!("unknown"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_over_mockpost() {
    let rig = Rig::start().await;
    // Nobody has written: no text, but a template.
    let message = json!({"to": "John", "message": "I'll be there in ten minutes"});
    let said = refused(&rig.call("send_whatsapp", message.clone()).await);
    assert!(said.contains("has not written to you in the last 24 hours"), "{said}");
    assert!(rig.mockpost.sent().await.is_empty());
    let template = json!({"to": "John", "message": "Thursday at three", "template": "appointment reminder"});
    assert_eq!(done(&rig.call("send_whatsapp", template).await), "Done. I sent your message to John.");

    // John writes, and may be written to.
    assert_eq!(rig.mockpost.writes(JOHN, "Johnny", "where are you?").await, 200);
    let sent = rig.keyed("k1", "send_whatsapp", message.clone()).await;
    assert_eq!(done(&sent), "Done. I sent your message to John.");
    assert_eq!(text(&rig.keyed("k1", "send_whatsapp", message.clone()).await), text(&sent));
    let out = rig.mockpost.sent().await;
    let [template, text] = out.as_slice() else { panic!("{out:?}") };
    assert_eq!(
        template["template"],
        json!({"name": "appointment_reminder", "language": {"code": "en_US"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Thursday at three"}]}]})
    );
    assert_eq!((&text["to"], &text["text"]["body"]), (&json!(JOHN), &json!("I'll be there in ten minutes")));

    // What became of it.
    let wamid = sent.structured_content.unwrap()["id"].as_str().unwrap().to_owned();
    assert!(wamid.starts_with("wamid."), "{wamid}");
    assert_eq!(rig.mockpost.becomes(NUMBER, &wamid, "read", JOHN).await, 200);
    let said = done(&rig.call("list_messages", json!({"person": "John"})).await);
    assert!(said.starts_with("There are three WhatsApp messages between you and John.\n"), "{said}");
    assert!(said.contains("and it was read: I'll be there in ten minutes."), "{said}");

    // What came is listed and marked.
    let said = done(&rig.call("list_messages", json!({"unread": true})).await);
    assert!(
        said.starts_with("You have one unread WhatsApp message, from John.\nJohn wrote today at "),
        "{said}"
    );
    assert!(said.ends_with(": where are you?"), "{said}");
    let said = done(&rig.call("mark_read", json!({})).await);
    assert_eq!(said, "Done. I marked one message from John as read.");
    assert_eq!(rig.front.marked().len(), 1);

    // A day later.
    rig.ahead.store(24, Ordering::SeqCst);
    let later = json!({"to": "John", "message": "are you there"});
    assert!(
        refused(&rig.call("send_whatsapp", later).await)
            .contains("has not written to you in the last 24 hours")
    );
    assert_eq!(rig.mockpost.sent().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn mockposts_notices_count_only_with_a_signature() {
    let rig = Rig::start().await;
    rig.front.sign_with("another secret");
    assert_eq!(rig.mockpost.writes(JOHN, "Johnny", "hi").await, 401);
    rig.front.sign_with("");
    assert_eq!(rig.mockpost.writes(JOHN, "Johnny", "hi").await, 401);
    assert!(done(&rig.call("list_messages", json!({})).await).starts_with("You have no WhatsApp messages."));
    rig.front.sign_with(SECRET);
    assert_eq!(rig.mockpost.writes(JOHN, "Johnny", "hi").await, 200);
    assert!(done(&rig.call("list_messages", json!({})).await).starts_with("You have one WhatsApp message"));

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (word, status, said) in
        [("between+us", 200, "1158201444"), ("something", 403, "the verify token is not")]
    {
        let query = format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={word}");
        let answer = http.get(format!("{}/webhook?{query}", rig.url)).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert!(answer.text().await.unwrap().starts_with(said));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_taken_and_whose_answer_was_lost_is_not_sent_again() {
    let rig = Rig::start().await;
    assert_eq!(rig.mockpost.writes(JOHN, "Johnny", "hi").await, 200);
    rig.front.lose_next_answer();
    let message = json!({"to": "John", "message": "hello"});
    for _ in 0..2 {
        let lost = rig.keyed("k1", "send_whatsapp", message.clone()).await;
        assert!(is_unknown(&lost), "{lost:?}");
    }
    assert_eq!(rig.mockpost.sent().await.len(), 1);
    // The notice about it names our own id, which Meta hands back.
    let ours = rig.front.callback_data();
    assert_eq!(rig.mockpost.delivered_under(NUMBER, &ours).await, 200);
    let settled = rig.keyed("k1", "send_whatsapp", message).await;
    assert_eq!(done(&settled), "Done. Your message has arrived at John.");
    assert_eq!(rig.mockpost.sent().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mockpost_refuses_is_said_with_what_to_do() {
    let message = json!({"to": "John", "message": "Thursday", "template": "hello"});
    let without_token = Rig::with("", |front| format!("{front}/whatsapp")).await;
    let said = refused(&without_token.call("send_whatsapp", message.clone()).await);
    assert!(said.contains("does not accept the access token") && said.contains("WHATSAPP_TOKEN"), "{said}");
    let elsewhere = Rig::with("EAAtopsecret", |front| format!("{front}/facebook")).await;
    let said = refused(&elsewhere.call("send_whatsapp", message).await);
    assert!(said.contains("there is no Graph API at the address that is set (status 404)"), "{said}");
}
