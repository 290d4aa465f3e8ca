//! What goes out: each [`Output`] of the session as the server events of the Realtime protocol.
//!
//! Order matters to the SDKs: `response.created`, then the items with their parts, then deltas, then everything's
//! `done`, then `response.done`. `mcp_*` items go only to sessions that declared the mcp tool, `homepilot.*` events
//! only to those that asked for them with `include`: unknown types make some SDKs raise.

mod items;
mod lead;
mod transcripts;

use std::{collections::HashMap, sync::Arc};

use homepilot_personas::Persona;
use serde_json::{Value, json};

use super::{
    Refusal,
    audio::Encoder,
    client_event::{ContentParam, Format, SessionPatch},
    refuse,
    server_event::Kind,
};
use crate::session::{Asked, Closed, Done, Output, SpeechId, UtteranceId};
use items::{Items, call_item, format_json, message_item, person_item};
use lead::Lead;
use transcripts::Transcripts;

/// A response that is being sent.
struct Response {
    id: String,
    item: String,
    /// What comes before its item.
    previous: Option<String>,
    text: String,
    sounded: bool,
    /// Why it is cut short, if it will be.
    reason: &'static str,
    items: Vec<Value>,
}

impl Response {
    fn new(id: String, item: String, sounded: bool) -> Self {
        let text = String::new();
        Self { id, item, previous: None, text, sounded, reason: "turn_detected", items: Vec::new() }
    }

    /// Its words as they stream; the finished item names them otherwise.
    fn part(&self, text: &str) -> Value {
        if self.sounded {
            json!({"type": "audio", "transcript": text})
        } else {
            json!({"type": "text", "text": text})
        }
    }
}

/// Turns outputs into events.
pub(super) struct Outlet {
    session: String,
    model: String,
    persona_instructions: String,
    voice: String,
    /// Given by the client with its last `response.create`.
    pub(super) metadata: Option<Value>,
    instructions: Option<String>,
    tools: Value,
    mcp: bool,
    own: bool,
    aloud: bool,
    speed: f32,
    formats: (Format, Format),
    encoder: Encoder,
    items: Items,
    speeches: HashMap<SpeechId, Response>,
    transcripts: Transcripts,
    lead: Lead,
    events: u64,
}

impl Outlet {
    pub(super) fn new(session: String, persona: &Arc<Persona>) -> Self {
        let pcm = Format::Pcm { rate: 24_000 };
        Self {
            session,
            model: persona.id.to_string(),
            persona_instructions: persona.instructions.clone(),
            voice: persona.voice.id.clone(),
            metadata: None,
            instructions: None,
            tools: json!([]),
            mcp: false,
            own: false,
            aloud: true,
            speed: 1.0,
            formats: (pcm, pcm),
            encoder: Encoder::new(pcm),
            items: Items::default(),
            speeches: HashMap::new(),
            transcripts: Transcripts::default(),
            lead: Lead::None,
            events: 0,
        }
    }

    fn event(&mut self, kind: Kind, mut event: Value) -> Value {
        self.events += 1;
        event["type"] = json!(kind.name());
        event["event_id"] = json!(format!("event_{:06}", self.events));
        event
    }

    pub(super) fn error(&mut self, client_event: Option<&str>, refusal: &Refusal) -> Value {
        self.event(
            Kind::Error,
            json!({"error": {
                "type": "invalid_request_error", "code": refusal.code, "message": refusal.message,
                "param": refusal.parameter, "event_id": client_event
            }}),
        )
    }

    pub(super) fn apply(&mut self, patch: SessionPatch, aloud: bool, speed: f32) {
        self.aloud = aloud;
        self.speed = speed;
        if let Some(tools) = patch.tools {
            let ours = |t: &serde_json::Map<String, Value>| {
                t.get("type").and_then(Value::as_str) == Some("mcp")
                    && t.get("server_label").and_then(Value::as_str) == Some("homepilot")
            };
            self.mcp = tools.iter().any(ours);
            self.tools = json!(tools);
        }
        if let Some(include) = patch.include {
            self.own = include.iter().any(|i| i == "homepilot");
        }
        self.instructions = patch.instructions.or(self.instructions.take());
        self.formats.0 = patch.audio.input.format.unwrap_or(self.formats.0);
        if let Some(format) = patch.audio.output.format {
            self.formats.1 = format;
            self.encoder = Encoder::new(format);
        }
    }

    pub(super) fn session_event(&mut self, kind: Kind, detection: Value) -> Value {
        let session = json!({
            "type": "realtime",
            "object": "realtime.session",
            "id": self.session,
            "model": self.model,
            "output_modalities": [if self.aloud { "audio" } else { "text" }],
            "instructions": self.instructions.as_ref().unwrap_or(&self.persona_instructions),
            "tools": self.tools,
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": null,
            "truncation": "auto",
            "prompt": null,
            "include": if self.own { json!(["homepilot"]) } else { Value::Null },
            "audio": {
                "input": {
                    "format": format_json(self.formats.0),
                    "transcription": {"model": "whisper"},
                    "noise_reduction": null,
                    "turn_detection": detection
                },
                "output": {"format": format_json(self.formats.1), "voice": self.voice, "speed": self.speed}
            }
        });
        self.event(kind, json!({"session": session}))
    }

    /// The client's `commit` was taken: its item exists from here.
    pub(super) fn committed(&mut self) -> Vec<Value> {
        let id = self.transcripts.commit(|| self.items.fresh("item"));
        self.commit_events(&id)
    }

    /// The client threw away what it had appended.
    pub(super) fn cleared(&mut self) -> Value {
        self.transcripts.drop_open();
        self.event(Kind::Cleared, json!({}))
    }

    fn commit_events(&mut self, id: &str) -> Vec<Value> {
        let previous = self.items.last();
        let item = person_item(id, &[json!({"type": "input_audio", "transcript": null})]);
        let committed = self.event(Kind::Committed, json!({"previous_item_id": previous, "item_id": id}));
        let mut events = vec![committed];
        events.extend(self.added_and_done(item));
        events
    }

    /// What the person wrote, or sent as a recording.
    pub(super) fn user_message(&mut self, id: Option<String>, content: &[ContentParam]) -> Vec<Value> {
        let id = id.unwrap_or_else(|| self.items.fresh("item"));
        let part = |part: &ContentParam| match part {
            ContentParam::Text { text } => json!({"type": "input_text", "text": text}),
            ContentParam::Audio { .. } => json!({"type": "input_audio", "transcript": null}),
        };
        if content.iter().any(|part| matches!(part, ContentParam::Audio { .. })) {
            self.transcripts.recorded(id.clone());
        }
        self.added_and_done(person_item(&id, &content.iter().map(part).collect::<Vec<_>>()))
    }

    fn added_and_done(&mut self, item: Value) -> Vec<Value> {
        let event = json!({"previous_item_id": self.items.last(), "item": item});
        self.items.insert(item);
        vec![self.event(Kind::ItemAdded, event.clone()), self.event(Kind::ItemDone, event)]
    }

    pub(super) fn approval_response(
        &mut self,
        id: Option<String>,
        request: &str,
        approve: bool,
    ) -> Result<Vec<Value>, Refusal> {
        if !self.items.asks(request) {
            let message = format!("there is no question {request:?} in this session");
            return Err(refuse("item_not_found", message, Some("item.approval_request_id")));
        }
        let id = id.unwrap_or_else(|| self.items.fresh("mcpr"));
        let item = json!({
            "id": id, "type": "mcp_approval_response", "approval_request_id": request, "approve": approve,
            "reason": null
        });
        Ok(self.added_and_done(item))
    }

    pub(super) fn delete(&mut self, id: &str) -> Result<Value, Refusal> {
        self.items.remove(id)?;
        Ok(self.event(Kind::ItemDeleted, json!({"item_id": id})))
    }

    pub(super) fn retrieve(&mut self, id: &str) -> Result<Value, Refusal> {
        let item = self.items.get(id)?.clone();
        Ok(self.event(Kind::ItemRetrieved, json!({"item": item})))
    }

    pub(super) fn truncate(&mut self, id: &str, audio_end_ms: u64) -> Result<Value, Refusal> {
        self.items.get(id)?;
        let event = json!({"item_id": id, "content_index": 0, "audio_end_ms": audio_end_ms});
        Ok(self.event(Kind::ItemTruncated, event))
    }

    /// The events of one output, in order.
    pub(super) fn events(&mut self, output: Output) -> Vec<Value> {
        match output {
            Output::State(state) => self.state(state),
            Output::SpeechStarted { at } => {
                let id = self.items.fresh("item");
                self.transcripts.begin(id.clone(), at);
                vec![self.event(Kind::SpeechStarted, json!({"audio_start_ms": at, "item_id": id}))]
            }
            Output::SpeechStopped { at } => {
                let id = self.transcripts.item(|| self.items.fresh("item"));
                let event = json!({"audio_end_ms": at, "item_id": id});
                vec![self.event(Kind::SpeechStopped, event)]
            }
            Output::SpeechDropped => {
                // Where it began: nothing was said.
                let dropped = self.transcripts.drop_open();
                let event = dropped.map(|of| json!({"audio_end_ms": of.began, "item_id": of.item}));
                event.map(|event| self.event(Kind::SpeechStopped, event)).into_iter().collect()
            }
            Output::Hearing { text } => {
                let delta = self.transcripts.hearing(&text, || self.items.fresh("item"));
                delta.map(|(kind, event)| self.event(kind, event)).into_iter().collect()
            }
            Output::Utterance(utterance) => self.utterance(utterance),
            Output::Heard { utterance, text } => self.heard(utterance, &text),
            Output::HearingFailed { utterance, message } => {
                let failed = self.transcripts.failed(utterance, &message);
                failed.map(|(kind, event)| self.event(kind, event)).into_iter().collect()
            }
            Output::Planned { .. } => Vec::new(),
            Output::Step { number, of, text } => {
                self.own(Kind::Step, json!({"number": number, "of": of, "text": text}))
            }
            Output::Begin { speech, asking } => self.begin(speech, asking.as_deref()),
            Output::Acknowledge { speech } => {
                let events = self.begin(speech, None);
                self.lead = Lead::Saying(speech);
                events
            }
            Output::Reminder { speech, reminder } => {
                let item = self.speeches.get(&speech).map(|response| response.item.as_str());
                let event = items::reminder_event(&reminder, item);
                self.own(Kind::Reminder, event)
            }
            Output::Words { speech, text } => self.words(speech, &text),
            Output::Sound { speech, samples } => self.sound(speech, &samples),
            Output::End { speech, complete } => self.end(speech, complete),
            Output::Due { approval, expires_at, seconds } => self.own(
                Kind::QuestionDue,
                json!({"approval_id": approval, "expires_at": expires_at, "seconds": seconds}),
            ),
            Output::Closed(Closed { approval, decision, decided_by }) => self.own(
                Kind::QuestionClosed,
                json!({"approval_id": approval, "decision": decision, "decided_by": decided_by}),
            ),
            Output::Done(done) => self.done(&done),
            Output::Notice { level, code, message } => {
                self.own(Kind::Notice, json!({"level": level, "code": code, "message": message}))
            }
        }
    }

    fn own(&mut self, kind: Kind, event: Value) -> Vec<Value> {
        if self.own { vec![self.event(kind, event)] } else { Vec::new() }
    }

    fn utterance(&mut self, utterance: UtteranceId) -> Vec<Value> {
        match self.transcripts.complete(utterance, || self.items.fresh("item")) {
            Some(id) => self.commit_events(&id),
            None => Vec::new(),
        }
    }

    fn heard(&mut self, utterance: UtteranceId, text: &str) -> Vec<Value> {
        let Some((item, events)) = self.transcripts.heard(utterance, text) else { return Vec::new() };
        self.items.transcript(&item, text);
        events.into_iter().map(|(kind, event)| self.event(kind, event)).collect()
    }

    fn begin(&mut self, speech: SpeechId, asking: Option<&Asked>) -> Vec<Value> {
        let (response, mut events) = self.open(speech);
        let id = response.id.clone();
        let item_id = response.item.clone();
        self.speeches.insert(speech, response);
        if let Some(asked) = asking {
            self.items.question(&asked.approval);
            if self.mcp {
                let item = items::approval_item(asked);
                events.extend(self.whole_item(speech, &id, item));
            }
            events.extend(self.own(Kind::Question, items::question_event(asked)));
        }
        let item = message_item(&item_id, "in_progress", &[]);
        let previous = self.items.last();
        self.items.insert(item.clone());
        let Some(response) = self.speeches.get_mut(&speech) else { return events };
        response.previous.clone_from(&previous);
        let (index, part) = (response.items.len(), response.part(""));
        events.push(
            self.event(
                Kind::OutputItemAdded,
                json!({"response_id": id, "output_index": index, "item": item}),
            ),
        );
        events.push(self.event(Kind::ItemAdded, json!({"previous_item_id": previous, "item": item})));
        events.push(self.event(
            Kind::ContentPartAdded,
            json!({
                "response_id": id, "item_id": item_id, "output_index": index, "content_index": 0, "part": part
            }),
        ));
        events
    }

    /// An item that is complete when it appears.
    fn whole_item(&mut self, speech: SpeechId, response: &str, item: Value) -> Vec<Value> {
        let index = self.speeches.get(&speech).map_or(0, |r| r.items.len());
        let event = json!({"response_id": response, "output_index": index, "item": item});
        let mut events = vec![self.event(Kind::OutputItemAdded, event.clone())];
        events.extend(self.added_and_done(item.clone()));
        events.push(self.event(Kind::OutputItemDone, event));
        if let Some(open) = self.speeches.get_mut(&speech) {
            open.items.push(item);
        }
        events
    }

    /// Where a delta of this speech belongs.
    fn place(&self, speech: SpeechId) -> Option<Value> {
        let response = self.speeches.get(&speech)?;
        Some(json!({
            "response_id": response.id, "item_id": response.item, "output_index": response.items.len(), "content_index": 0
        }))
    }

    fn words(&mut self, speech: SpeechId, text: &str) -> Vec<Value> {
        let Some(mut event) = self.place(speech) else { return Vec::new() };
        let Some(response) = self.speeches.get_mut(&speech) else { return Vec::new() };
        response.text.push_str(text);
        let kind = if response.sounded { Kind::AudioTranscriptDelta } else { Kind::TextDelta };
        event["delta"] = json!(text);
        vec![self.event(kind, event)]
    }

    fn sound(&mut self, speech: SpeechId, samples: &[f32]) -> Vec<Value> {
        /// Samples of one delta: half a second, so that no event grows large.
        const CHUNK: usize = 12_000;
        let Some(place) = self.place(speech) else { return Vec::new() };
        let mut events = Vec::new();
        for chunk in samples.chunks(CHUNK) {
            let mut event = place.clone();
            event["delta"] = json!(self.encoder.encode(chunk));
            events.push(self.event(Kind::AudioDelta, event));
        }
        events
    }

    fn end(&mut self, speech: SpeechId, complete: bool) -> Vec<Value> {
        let Some(place) = self.place(speech) else { return Vec::new() };
        let Some(mut response) = self.speeches.remove(&speech) else { return Vec::new() };
        let text = response.text.trim().to_owned();
        let part = response.part(&text);
        let status = if complete { "completed" } else { "incomplete" };
        let item = message_item(&response.item, status, std::slice::from_ref(&part));
        self.items.insert(item.clone());
        let with = |key: &str, value: Value| {
            let mut event = place.clone();
            event[key] = value;
            event
        };
        let mut closing = if response.sounded {
            let transcript = with("transcript", json!(text));
            vec![(Kind::AudioDone, place.clone()), (Kind::AudioTranscriptDone, transcript)]
        } else {
            vec![(Kind::TextDone, with("text", json!(text)))]
        };
        closing.push((Kind::ContentPartDone, with("part", part)));
        let (id, index) = (&response.id, response.items.len());
        closing.push((Kind::OutputItemDone, json!({"response_id": id, "output_index": index, "item": item})));
        closing.push((Kind::ItemDone, json!({"previous_item_id": response.previous, "item": item})));
        response.items.push(item);
        if complete && matches!(self.lead, Lead::Saying(lead) if lead == speech) {
            self.lead = Lead::Said(Box::new(response));
        } else {
            let done = self.response_json(&response, if complete { "completed" } else { "cancelled" });
            closing.push((Kind::ResponseDone, json!({"response": done})));
        }
        closing.into_iter().map(|(kind, event)| self.event(kind, event)).collect()
    }

    fn done(&mut self, done: &Done) -> Vec<Value> {
        let mut events = Vec::new();
        if self.mcp && done.state != "denied" {
            let id = self.items.fresh("mcp");
            let item = call_item(&id, done);
            let added = self.added_and_done(item);
            events.extend(added);
            let kind = if done.state == "succeeded" { Kind::McpCallCompleted } else { Kind::McpCallFailed };
            events.push(self.event(kind, json!({"item_id": id, "output_index": 0})));
        }
        events.extend(self.own(Kind::Outcome, items::outcome_event(done)));
        events
    }

    fn response_json(&self, response: &Response, status: &str) -> Value {
        let details = match status {
            "cancelled" => json!({"type": "cancelled", "reason": response.reason}),
            _ => Value::Null,
        };
        json!({
            "object": "realtime.response",
            "id": response.id,
            "status": status,
            "status_details": details,
            "output": response.items,
            "conversation_id": format!("conv_{}", self.session.trim_start_matches("sess_")),
            "output_modalities": [if response.sounded { "audio" } else { "text" }],
            "max_output_tokens": "inf",
            "audio": {"output": {"format": format_json(self.formats.1), "voice": self.voice}},
            "usage": null,
            "metadata": self.metadata
        })
    }
}

#[cfg(test)]
mod tests;
