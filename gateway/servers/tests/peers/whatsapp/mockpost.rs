//! MockPost as a process of its own, on a port of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::installed::installed;

/// Starting Python takes seconds on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const APP: &str = "homepilot";

/// It ends with the value.
pub(super) struct MockPost {
    pub(super) url: String,
    http: reqwest::Client,
    _process: Child,
    _log: JoinSet<()>,
}

impl MockPost {
    /// Starts it with its files in `folder`. Its mail and file servers are on ports of the system's choice too.
    pub(super) async fn start(folder: &Path) -> MockPost {
        let mut command = Command::new(installed("python/bin/python"));
        command.args(["-c", "from mockpost.cli import main; main()"]).current_dir(folder);
        for port in ["HTTP", "SMTP", "FTP", "FTPS", "FTPS_IMPLICIT", "SFTP"] {
            command.env(format!("MOCKPOST_{port}_PORT"), "0");
        }
        command.env("MOCKPOST_DB_PATH", folder.join("mockpost.db")).env("MOCKPOST_STRICT_AUTH", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let started = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, rest)) = line.split_once("Uvicorn running on ") {
                    return rest.split(' ').next().unwrap().to_owned();
                }
                said.push(line);
            }
            panic!("MockPost ended: {}", said.join("\n"))
        };
        let url = tokio::time::timeout(PATIENCE, started).await.expect("MockPost starts");
        let mut log = JoinSet::new();
        // A full pipe would stop it.
        log.spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        MockPost { url, http, _process: process, _log: log }
    }

    /// Makes a business number known, and where its notices go.
    pub(super) async fn serve_number(&self, number: &str, webhook: &str) {
        self.post("/api/apps", json!({"name": APP, "creds": {"whatsapp_phone_id": number}})).await;
        self.post("/api/webhooks", json!({"channel": "whatsapp", "target_url": webhook, "app": APP})).await;
    }

    /// Somebody writes; the status with which the notice was answered.
    pub(super) async fn writes(&self, from: &str, name: &str, text: &str) -> u64 {
        let body = json!({"from": from, "name": name, "text": text, "phone_number_id": super::NUMBER});
        delivered(&self.post("/whatsapp/simulate/incoming", body).await)
    }

    /// Something becomes of a message.
    pub(super) async fn becomes(&self, number: &str, wamid: &str, status: &str, to: &str) -> u64 {
        let body =
            json!({"message_id": wamid, "status": status, "recipient_id": to, "phone_number_id": number});
        delivered(&self.post("/whatsapp/simulate/status", body).await)
    }

    /// A message is delivered that is known by the sender's own id, which MockPost itself does not keep.
    pub(super) async fn delivered_under(&self, number: &str, ours: &str) -> u64 {
        let hooks: Value = self.get("/api/webhooks?channel=whatsapp").await;
        let hook = hooks[0]["id"].as_str().unwrap().to_owned();
        let status = json!({"id": "wamid.late", "status": "delivered", "timestamp": "1772636050",
            "recipient_id": super::JOHN, "biz_opaque_callback_data": ours});
        let value = json!({"messaging_product": "whatsapp", "statuses": [status],
            "metadata": {"display_phone_number": number, "phone_number_id": number}});
        let payload = json!({"object": "whatsapp_business_account",
            "entry": [{"id": number, "changes": [{"field": "messages", "value": value}]}]});
        let body = json!({"event_type": "status_update", "payload": payload});
        self.post(&format!("/api/webhooks/{hook}/trigger"), body).await["response_code"].as_u64().unwrap()
    }

    /// What was sent through it, the oldest first, as it arrived.
    pub(super) async fn sent(&self) -> Vec<Value> {
        let messages: Vec<Value> = self.get("/api/messages?channel=whatsapp&limit=100").await;
        let out = messages.into_iter().rev().filter(|message| message["direction"] == "outbound");
        out.map(|message| serde_json::from_str(message["raw_payload"].as_str().unwrap()).unwrap()).collect()
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.url)).header("x-mockpost-app", APP).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json().await.unwrap()
    }
}

fn delivered(answer: &Value) -> u64 {
    answer["webhooks_delivered"][0]["response_code"].as_u64().unwrap_or_else(|| panic!("{answer}"))
}
