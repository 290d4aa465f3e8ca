//! The Graph API: one request for each message, sent once.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::account::Account;
use super::number::Number;
use super::refusal::{self, Meaning, Refusal};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take in all.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Why a request did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum GraphError {
    /// It was not sent.
    #[error(
        "WhatsApp can't be reached ({0}) and nothing was sent: check the internet connection, then try again"
    )]
    Unreachable(String),
    /// It was turned away.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It was sent, and nobody knows what became of it.
    #[error("the connection to WhatsApp ended after the request had gone out and before its answer")]
    Lost,
}

/// What WhatsApp has taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// Its id.
    pub wamid: String,
    /// By which id WhatsApp knows who gets it, where it says so.
    pub person: Option<String>,
}

/// The Graph API for one account.
#[derive(Debug)]
pub(super) struct Graph {
    account: Account,
    http: OnceCell<reqwest::Client>,
}

impl Graph {
    pub fn new(account: Account) -> Graph {
        Graph { account, http: OnceCell::new() }
    }

    /// Sends a message; `id` is ours and comes back with every notice about it.
    pub async fn send(&self, to: &str, content: Value, id: &str) -> Result<Taken, GraphError> {
        #[derive(Deserialize)]
        struct Answer {
            messages: Vec<Message>,
            #[serde(default)]
            contacts: Vec<Contact>,
        }
        #[derive(Deserialize)]
        struct Message {
            id: String,
        }
        #[derive(Deserialize)]
        struct Contact {
            #[serde(default)]
            wa_id: Option<String>,
        }
        // Who hides their number is written to by another id, which has a field of its own.
        let field = if Number::of_digits(to).is_some() { "to" } else { "recipient" };
        let mut body = json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", field: to, "biz_opaque_callback_data": id,
        });
        if let (Value::Object(body), Value::Object(content)) = (&mut body, content) {
            body.extend(content);
        }
        let answer: Answer = self.post(&body).await?;
        let person = answer.contacts.into_iter().find_map(|contact| contact.wa_id);
        let wamid = answer.messages.into_iter().next().map(|message| message.id);
        wamid.map(|wamid| Taken { wamid, person }).ok_or(GraphError::Lost)
    }

    /// Marks a message that came as read, and with it those before it. Doing it twice does no harm.
    pub async fn mark_read(&self, wamid: &str) -> Result<(), GraphError> {
        #[derive(Deserialize)]
        struct Answer {
            success: bool,
        }
        let body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
        let answer: Answer = self.post(&body).await?;
        if answer.success { Ok(()) } else { Err(GraphError::Lost) }
    }

    async fn post<T: for<'de> Deserialize<'de>>(&self, body: &Value) -> Result<T, GraphError> {
        let token = self.account.token.expose_secret();
        let request = self.client().await?.post(self.account.messages()).bearer_auth(token).json(body);
        let mut answer = request.send().await.map_err(not_answered)?;
        let status = answer.status();
        let mut read = Vec::new();
        let whole = loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if read.len() + chunk.len() <= LONGEST_ANSWER => {
                    read.extend_from_slice(&chunk)
                }
                Ok(None) => break true,
                Ok(Some(_)) | Err(_) => break false,
            }
        };
        if status.is_success() {
            return serde_json::from_slice(&read).ok().filter(|_| whole).ok_or(GraphError::Lost);
        }
        match refusal::meaning(status.as_u16(), &read, token) {
            Meaning::Refused(refusal) => Err(refusal.into()),
            Meaning::Unknown => Err(GraphError::Lost),
        }
    }

    async fn client(&self) -> Result<&reqwest::Client, GraphError> {
        let build = async || {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("HomePilot/", env!("CARGO_PKG_VERSION")))
                // The token goes to the address that was set, and nowhere else.
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                // One that the other side has closed meanwhile would leave a message between sent and not sent.
                .pool_max_idle_per_host(0)
                .connect_timeout(CONNECT)
                .timeout(PATIENCE);
            if self.account.is_here() { builder.no_proxy() } else { builder }.build()
        };
        self.http.get_or_try_init(build).await.map_err(|error| GraphError::Unreachable(innermost(error)))
    }
}

fn not_answered(error: reqwest::Error) -> GraphError {
    if error.is_connect() || error.is_builder() {
        GraphError::Unreachable(innermost(error))
    } else {
        GraphError::Lost
    }
}

/// The cause at the bottom, which says the most, without an address.
fn innermost(error: reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = &error.without_url();
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string().to_lowercase()
}
