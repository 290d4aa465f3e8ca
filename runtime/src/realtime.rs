//! `/v1/realtime`: the OpenAI Realtime protocol over WebSocket, so that its SDKs are clients with a changed address.
//!
//! One task a connection. [`client_event`] is what may come in, [`server_event`] what goes out, [`outlet`] how the
//! [`Session`]'s outputs become that; this file moves between them. Whatever a client sends wrong is answered with an
//! `error` event, and the session lives on.

mod audio;
mod client_event;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod odd;
mod outlet;
mod pulse;
mod server_event;

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use homepilot_personas::Persona;
use serde_json::{Value, json};

use crate::{
    access::{Caller, Scope},
    app::App,
    session::{Eagerness, Listening, Options, Request, Session, Silence},
    turn::DecidedBy,
};
use audio::Inlet;
use client_event::{ClientEvent, ContentParam, Format, ItemParam, SessionPatch, TurnDetection};
use outlet::Outlet;
use pulse::{Beat, Pulse};
use server_event::Kind;

/// Bytes of one event, and of the audio that may wait for a commit.
pub const LARGEST: usize = 15 * 1024 * 1024;
/// Bytes of one WebSocket message that are read at all, so that a larger event can be answered instead of cut off.
pub const LARGEST_MESSAGE: usize = 24 * 1024 * 1024;

/// Characters of one message.
const LONGEST_MESSAGE: usize = 4_000;
/// Characters of the messages that wait for `response.create`.
const LONGEST_WAITING: usize = 4 * LONGEST_MESSAGE;
/// Parts of one message.
const MOST_PARTS: usize = 100;
/// Bytes of an item's id that the client chooses.
const LONGEST_ID: usize = 200;

/// How long a closing handshake may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long a client may take nothing of what is sent to it.
const STALLED: Duration = Duration::from_secs(30);
/// How long a client may take to say how it wants its audio before it is told reminders.
const SETTLING: Duration = Duration::from_secs(2);

/// Whether a connection is told reminders that fall due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reminders {
    /// As long as it is open.
    Told,
    /// Somebody else tells them: this client stays for a moment only.
    Withheld,
}

/// Why an event was not carried out.
struct Refusal {
    code: &'static str,
    message: String,
    parameter: Option<&'static str>,
}

fn refuse(code: &'static str, message: impl Into<String>, parameter: Option<&'static str>) -> Refusal {
    Refusal { code, message: message.into(), parameter }
}

/// How turns are found, as it was asked for.
#[derive(Default)]
struct Detection {
    listening: Listening,
    /// For `semantic_vad`, its eagerness by name.
    semantic: Option<&'static str>,
}

/// A connection's state besides its session.
struct Connection {
    session: Session,
    outlet: Outlet,
    inlet: Inlet,
    /// `None` is push-to-talk.
    detection: Option<Detection>,
    create_response: bool,
    /// Whole utterances that wait for `response.create`.
    pending: Vec<f32>,
    typed: Vec<String>,
    pressed: bool,
    aloud: bool,
    speed: f32,
}

/// Serves one connection until it closes.
pub async fn serve(
    mut socket: WebSocket,
    app: Arc<App>,
    persona: Arc<Persona>,
    caller: Caller,
    reminders: Reminders,
) {
    let approves = caller.may(Scope::Approve);
    tokio::select! {
        () = converse(&mut socket, app, persona, approves, reminders) => {}
        () = caller.removed() => {}
    }
    farewell(socket).await;
}

/// The closing handshake: whoever closed is answered, whoever did not is told.
pub async fn farewell(mut socket: WebSocket) {
    let closing = async {
        // One that has closed already takes no more; its own is answered by reading on.
        drop(socket.send(Message::Close(None)).await);
        while let Some(Ok(_)) = socket.recv().await {}
    };
    drop(tokio::time::timeout(FAREWELL, closing).await);
}

async fn converse(
    socket: &mut WebSocket,
    app: Arc<App>,
    persona: Arc<Persona>,
    approves: bool,
    reminders: Reminders,
) {
    let id = format!("sess_{}", uuid::Uuid::now_v7().simple());
    let options =
        Options { id, persona: persona.clone(), aloud: true, typed_by: DecidedBy::Screen, approves };
    let (session, mut outputs) = Session::open(app.clone(), options);
    let mut connection = Connection::new(session, &persona);
    let created = connection.created();
    if send(socket, Message::Text(created.to_string().into())).await.is_err() {
        return;
    }
    // Its first event says how it wants its audio; one that sends nothing is content with what it gets.
    let mut settling = match reminders {
        Reminders::Told => Some(Box::pin(tokio::time::sleep(SETTLING))),
        Reminders::Withheld => None,
    };
    let mut pulse = Pulse::default();
    loop {
        let events = tokio::select! {
            message = socket.recv() => {
                pulse.heard();
                match message {
                    Some(Ok(Message::Text(text))) => {
                        let events = connection.on_text(text.as_str()).await;
                        if settling.take().is_some() && connection.session.send(Request::Attend).await.is_err() {
                            return;
                        }
                        events
                    }
                    Some(Ok(Message::Binary(_))) => vec![connection.outlet.error(
                        None,
                        &refuse("invalid_event", "binary frames are not used: send JSON events with base64 audio", None),
                    )],
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                }
            }
            output = outputs.recv() => match output {
                Some(output) => connection.outlet.events(output),
                None => return,
            },
            () = settled(settling.as_mut()) => {
                settling = None;
                if connection.session.send(Request::Attend).await.is_err() {
                    return;
                }
                continue;
            }
            beat = pulse.beat() => {
                if beat == Beat::Ask && send(socket, Message::Ping(Bytes::new())).await.is_ok() {
                    continue;
                }
                tracing::info!("a client answers no more, its session ends");
                return;
            }
        };
        for event in events {
            if send(socket, Message::Text(event.to_string().into())).await.is_err() {
                return;
            }
        }
    }
}

async fn settled(settling: Option<&mut Pin<Box<tokio::time::Sleep>>>) {
    match settling {
        Some(settling) => settling.await,
        None => std::future::pending().await,
    }
}

/// Fails when the client is gone, or takes nothing any more.
async fn send(socket: &mut WebSocket, message: Message) -> Result<(), axum::Error> {
    let sent = tokio::time::timeout(STALLED, socket.send(message)).await;
    sent.unwrap_or_else(|elapsed| Err(axum::Error::new(elapsed)))
}

impl Connection {
    fn new(session: Session, persona: &Arc<Persona>) -> Self {
        Self {
            outlet: Outlet::new(session.id.clone(), persona),
            session,
            inlet: Inlet::default(),
            detection: Some(Detection::default()),
            create_response: true,
            pending: Vec::new(),
            typed: Vec::new(),
            pressed: false,
            aloud: true,
            speed: 1.0,
        }
    }

    /// How the session is held until the client says otherwise.
    fn created(&mut self) -> Value {
        self.outlet.session_event(Kind::SessionCreated, self.detection_json())
    }

    async fn on_text(&mut self, text: &str) -> Vec<Value> {
        if text.len() > LARGEST {
            let message = format!("an event may have at most {LARGEST} bytes; this one has {}", text.len());
            return vec![self.outlet.error(None, &refuse("event_too_large", message, None))];
        }
        let parsed: Result<Value, _> = serde_json::from_str(text);
        let Ok(raw) = parsed else {
            return vec![self.outlet.error(None, &refuse("invalid_json", "the event is not JSON", None))];
        };
        let client_id = raw.get("event_id").and_then(Value::as_str).map(str::to_owned);
        let outcome = match serde_json::from_value::<ClientEvent>(raw) {
            Ok(event) => self.on_event(event).await,
            Err(error) => Err(refuse("invalid_event", error.to_string(), Some("type"))),
        };
        match outcome {
            Ok(events) => events,
            Err(refusal) => vec![self.outlet.error(client_id.as_deref(), &refusal)],
        }
    }

    async fn on_event(&mut self, event: ClientEvent) -> Result<Vec<Value>, Refusal> {
        match event {
            ClientEvent::SessionUpdate { session } => self.update(session).await,
            ClientEvent::Append { audio } => self.append(&audio).await,
            ClientEvent::Commit {} => self.commit().await,
            ClientEvent::Clear {} => {
                self.inlet.clear();
                if std::mem::take(&mut self.pressed) {
                    self.ask(Request::Released).await?;
                }
                Ok(vec![self.outlet.cleared()])
            }
            ClientEvent::ItemCreate { item } => self.create_item(item).await,
            ClientEvent::ItemDelete { item_id } => self.outlet.delete(&item_id).map(|e| vec![e]),
            ClientEvent::ItemRetrieve { item_id } => self.outlet.retrieve(&item_id).map(|e| vec![e]),
            ClientEvent::ItemTruncate { item_id, audio_end_ms } => {
                // What a voice has stopped is left to what the voice says.
                if self.outlet.is_saying(&item_id) {
                    self.outlet.cancel();
                    self.ask(Request::Quiet).await?;
                }
                self.outlet.truncate(&item_id, audio_end_ms).map(|e| vec![e])
            }
            ClientEvent::ResponseCreate { response } => {
                self.outlet.metadata = response.and_then(|r| r.metadata);
                self.respond().await
            }
            ClientEvent::ResponseCancel {} => {
                if !self.outlet.is_speaking() {
                    return Err(refuse("response_cancel_not_active", "no response is active", None));
                }
                self.outlet.cancel();
                self.ask(Request::Quiet).await?;
                Ok(Vec::new())
            }
        }
    }

    async fn ask(&self, request: Request) -> Result<(), Refusal> {
        self.session.send(request).await.map_err(|e| refuse("session_ended", e.to_string(), None))
    }

    async fn update(&mut self, patch: SessionPatch) -> Result<Vec<Value>, Refusal> {
        let formats = [patch.audio.input.format, patch.audio.output.format];
        for format in formats.into_iter().flatten() {
            if matches!(format, Format::Pcm { rate } if rate != 24_000) {
                return Err(refuse(
                    "unsupported_rate",
                    "audio/pcm is 24000 Hz only",
                    Some("session.audio.format.rate"),
                ));
            }
        }
        let listening = match &patch.audio.input.turn_detection {
            Some(Some(detection)) => Some(Some(listening(detection)?)),
            Some(None) => Some(None),
            None => None,
        };
        if let Some(speed) = patch.audio.output.speed {
            if !(0.25..=1.5).contains(&speed) {
                return Err(refuse(
                    "invalid_value",
                    "speed is 0.25 to 1.5",
                    Some("session.audio.output.speed"),
                ));
            }
            self.speed = speed;
        }
        if let Some(modalities) = &patch.output_modalities {
            self.aloud = match modalities.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["audio"] => true,
                ["text"] => false,
                _ => {
                    let message = "output_modalities is [\"audio\"] or [\"text\"]";
                    return Err(refuse("invalid_value", message, Some("session.output_modalities")));
                }
            };
        }
        if let Some(format) = patch.audio.input.format {
            self.inlet.format(format);
        }
        if let Some(listening) = listening {
            self.inlet.clear();
            self.create_response = creates_response(patch.audio.input.turn_detection.as_ref());
            self.detection = listening;
            if let Some(detection) = &self.detection {
                self.ask(Request::Listen(detection.listening.clone())).await?;
            }
        }
        self.ask(Request::Speech { aloud: self.aloud, speed: self.speed }).await?;
        self.outlet.apply(patch, self.aloud, self.speed);
        Ok(vec![self.outlet.session_event(Kind::SessionUpdated, self.detection_json())])
    }

    async fn append(&mut self, audio: &str) -> Result<Vec<Value>, Refusal> {
        let samples = self.inlet.decode(audio)?;
        if self.detection.is_some() {
            self.ask(Request::Audio(samples)).await?;
            return Ok(Vec::new());
        }
        self.inlet.keep(&samples)?;
        if !std::mem::replace(&mut self.pressed, true) {
            self.ask(Request::Pressed).await?;
        }
        // What it says is found out while it comes; the whole is sent with `response.create`.
        self.ask(Request::Held(samples)).await?;
        Ok(Vec::new())
    }

    async fn commit(&mut self) -> Result<Vec<Value>, Refusal> {
        if self.detection.is_some() {
            let message = "turn detection commits by itself; set turn_detection to null to commit";
            return Err(refuse("commit_not_allowed", message, None));
        }
        let samples = self.inlet.take()?;
        self.pressed = false;
        if let Err(refusal) = self.wait_for_response(&samples) {
            self.ask(Request::Released).await?;
            return Err(refusal);
        }
        Ok(self.outlet.committed())
    }

    /// Keeps speech until `response.create`. One recording is bounded by its event, more of them together by this.
    fn wait_for_response(&mut self, samples: &[f32]) -> Result<(), Refusal> {
        if !self.pending.is_empty() && self.pending.len() + samples.len() > audio::LONGEST {
            let message = format!(
                "what waits for response.create may last {} seconds: send it first; this audio was not kept",
                audio::LONGEST_SECONDS
            );
            return Err(refuse("buffer_full", message, None));
        }
        self.pending.extend_from_slice(samples);
        Ok(())
    }

    async fn create_item(&mut self, item: ItemParam) -> Result<Vec<Value>, Refusal> {
        let (ItemParam::Message { id, .. } | ItemParam::McpApprovalResponse { id, .. }) = &item;
        if id.as_ref().is_some_and(|id| id.len() > LONGEST_ID) {
            let message = format!("an id may have at most {LONGEST_ID} bytes");
            return Err(refuse("invalid_value", message, Some("item.id")));
        }
        match item {
            ItemParam::McpApprovalResponse { id, approval_request_id, approve, pin } => {
                let events = self.outlet.approval_response(id, &approval_request_id, approve)?;
                self.ask(Request::Answer { approval: approval_request_id, approve, pin }).await?;
                Ok(events)
            }
            ItemParam::Message { id, role, content } => {
                if role != "user" {
                    let message =
                        format!("messages of role {role:?} are not taken: only what the user says is");
                    return Err(refuse("invalid_value", message, Some("item.role")));
                }
                if content.len() > MOST_PARTS {
                    let message = format!("a message may have at most {MOST_PARTS} parts");
                    return Err(refuse("invalid_value", message, Some("item.content")));
                }
                let (mut words, mut samples) = (Vec::new(), Vec::new());
                for part in &content {
                    match part {
                        ContentParam::Text { text } => words.push(text.clone()),
                        ContentParam::Audio { audio } => samples.extend(self.inlet.decode_whole(audio)?),
                    }
                }
                let text = words.join(" ").trim().to_owned();
                let length = text.chars().count();
                if length > LONGEST_MESSAGE {
                    let message = format!("a message may have at most {LONGEST_MESSAGE} characters");
                    return Err(refuse("text_too_long", message, None));
                }
                let waiting: usize = self.typed.iter().map(|text| text.chars().count()).sum();
                if waiting + length > LONGEST_WAITING {
                    let message = format!(
                        "what waits for response.create may have {LONGEST_WAITING} characters: send it first"
                    );
                    return Err(refuse("text_too_long", message, None));
                }
                self.wait_for_response(&samples)?;
                if !text.is_empty() {
                    self.typed.push(text);
                }
                Ok(self.outlet.user_message(id, &content))
            }
        }
    }

    /// Answers what waits: recorded speech first, then typed words.
    async fn respond(&mut self) -> Result<Vec<Value>, Refusal> {
        let samples = std::mem::take(&mut self.pending);
        let typed = std::mem::take(&mut self.typed).join(" ");
        if !samples.is_empty() {
            self.ask(Request::Utterance(samples)).await?;
        } else if !typed.is_empty() {
            self.ask(Request::Text(typed)).await?;
        }
        // With nothing new there is nothing to answer: with turn detection the response is already on its way.
        Ok(Vec::new())
    }

    fn detection_json(&self) -> Value {
        match &self.detection {
            None => Value::Null,
            Some(Detection { semantic: Some(eagerness), .. }) => json!({
                "type": "semantic_vad",
                "eagerness": eagerness,
                "create_response": self.create_response,
                "interrupt_response": true
            }),
            Some(Detection { listening, semantic: None }) => json!({
                "type": "server_vad",
                "threshold": listening.threshold,
                "prefix_padding_ms": listening.prefix_padding.as_millis() as u64,
                "silence_duration_ms": listening.silence.usual().as_millis() as u64,
                "idle_timeout_ms": null,
                "create_response": self.create_response,
                "interrupt_response": true
            }),
        }
    }
}

fn creates_response(detection: Option<&Option<TurnDetection>>) -> bool {
    match detection {
        Some(Some(
            TurnDetection::ServerVad { create_response, .. }
            | TurnDetection::SemanticVad { create_response, .. },
        )) => create_response.unwrap_or(true),
        Some(None) | None => true,
    }
}

fn listening(detection: &TurnDetection) -> Result<Detection, Refusal> {
    let default = Listening::default();
    let within = |value: Option<u64>,
                  low: u64,
                  high: u64,
                  name: &'static str,
                  default: std::time::Duration| match value {
        None => Ok(default),
        Some(ms) if (low..=high).contains(&ms) => Ok(std::time::Duration::from_millis(ms)),
        Some(ms) => {
            Err(refuse("invalid_value", format!("{name} is {low} to {high} ms, not {ms}"), Some(name)))
        }
    };
    match detection {
        TurnDetection::ServerVad { threshold, prefix_padding_ms, silence_duration_ms, .. } => {
            let threshold = threshold.unwrap_or(default.threshold);
            if !(0.05..=0.95).contains(&threshold) {
                return Err(refuse("invalid_value", "threshold is 0.05 to 0.95", Some("threshold")));
            }
            let prefix_padding =
                within(*prefix_padding_ms, 0, 1_000, "prefix_padding_ms", default.prefix_padding)?;
            // A silence that was asked for is kept to; without one the words decide.
            let silence = match silence_duration_ms {
                Some(_) => Silence::Fixed(within(
                    *silence_duration_ms,
                    200,
                    5_000,
                    "silence_duration_ms",
                    default.silence.usual(),
                )?),
                None => default.silence,
            };
            Ok(Detection { listening: Listening { threshold, prefix_padding, silence }, semantic: None })
        }
        TurnDetection::SemanticVad { eagerness, .. } => {
            let (name, eagerness) = match eagerness.as_deref() {
                Some("low") => ("low", Eagerness::Low),
                Some("high") => ("high", Eagerness::High),
                Some("medium") => ("medium", Eagerness::Medium),
                Some("auto") | None => ("auto", Eagerness::Medium),
                Some(other) => {
                    let message = format!("eagerness is low, medium, high or auto, not {other:?}");
                    return Err(refuse("invalid_value", message, Some("eagerness")));
                }
            };
            let listening = Listening { silence: Silence::Judged(eagerness), ..default };
            Ok(Detection { listening, semantic: Some(name) })
        }
    }
}
