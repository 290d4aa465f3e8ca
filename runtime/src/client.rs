//! A small client of our own realtime protocol, for the command line and the tests: what `homepilot ask` does is what
//! any client can do.

pub mod events;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::{SinkExt as _, StreamExt as _};
use homepilot_voice::{Audio, SampleRate, pcm, resample};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

/// The rate of the protocol's audio.
pub const RATE: u32 = 24_000;
/// Milliseconds of audio in one event.
const CHUNK_MS: usize = 100;

/// One connection.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// Why a connection can't go on.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answered, or not with a WebSocket.
    #[error("{url} can't be reached: {reason}")]
    Connect {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// It broke.
    #[error("the connection was lost: {0}")]
    Lost(String),
}

impl Client {
    /// Connects to `address` (`host:port`) and a persona.
    ///
    /// # Errors
    /// When nobody answers there, or the persona is not known.
    pub async fn connect(address: &str, persona: &str) -> Result<Self, ClientError> {
        Self::open(format!("ws://{address}/v1/realtime?model={persona}")).await
    }

    /// The same for one turn: reminders are left to who stays to hear them.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect_for_a_turn(address: &str, persona: &str) -> Result<Self, ClientError> {
        Self::open(format!("ws://{address}/v1/realtime?model={persona}&reminders=off")).await
    }

    async fn open(url: String) -> Result<Self, ClientError> {
        let failed = |reason: String| ClientError::Connect { url: url.clone(), reason };
        let mut request = url.as_str().into_client_request().map_err(|e| failed(e.to_string()))?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("realtime"));
        let (socket, _) = tokio_tungstenite::connect_async(request).await.map_err(|e| failed(reason(&e)))?;
        Ok(Self { socket })
    }

    /// Sends an event.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn send(&mut self, event: Value) -> Result<(), ClientError> {
        self.socket.send(Message::text(event.to_string())).await.map_err(|e| ClientError::Lost(e.to_string()))
    }

    /// The next event; `None` when the server closed.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn next(&mut self) -> Result<Option<Value>, ClientError> {
        while let Some(message) = self.socket.next().await {
            match message.map_err(|e| ClientError::Lost(e.to_string()))? {
                Message::Text(text) => {
                    return serde_json::from_str(text.as_str())
                        .map(Some)
                        .map_err(|e| ClientError::Lost(e.to_string()));
                }
                Message::Close(_) => return Ok(None),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        Ok(None)
    }

    /// Push-to-talk: whole recordings are sent, our own events are wanted.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn push_to_talk(&mut self, aloud: bool) -> Result<(), ClientError> {
        self.send(events::session(events::Turns::PushToTalk, aloud)).await
    }

    /// Says typed words.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn say(&mut self, text: &str) -> Result<(), ClientError> {
        self.send(events::words(text)).await?;
        self.send(events::respond()).await
    }

    /// Says a recording, as push-to-talk.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn play(&mut self, audio: &Audio) -> Result<(), ClientError> {
        let samples = match SampleRate::try_from(RATE) {
            Ok(rate) => resample::convert(audio, rate).samples,
            Err(error) => return Err(ClientError::Lost(error.to_string())),
        };
        for chunk in samples.chunks(RATE as usize * CHUNK_MS / 1000) {
            self.send(events::append(chunk)).await?;
        }
        self.send(events::commit()).await?;
        self.send(events::respond()).await
    }
}

/// The samples of a `response.output_audio.delta`.
pub fn samples(event: &Value) -> Vec<f32> {
    decoded(event.get("delta").and_then(Value::as_str).unwrap_or_default())
}

/// The samples of base64; none where it is not sound.
pub fn decoded(audio: &str) -> Vec<f32> {
    STANDARD.decode(audio).ok().and_then(|bytes| pcm::decode_s16le(&bytes).ok()).unwrap_or_default()
}

/// The server's own words, where it refused.
fn reason(error: &tokio_tungstenite::tungstenite::Error) -> String {
    if let tokio_tungstenite::tungstenite::Error::Http(response) = error {
        let body = response.body().as_deref().unwrap_or_default();
        if let Ok(value) = serde_json::from_slice::<Value>(body)
            && let Some(message) = value.pointer("/error/message").and_then(Value::as_str)
        {
            return message.to_owned();
        }
    }
    error.to_string()
}
