//! `POST /v1/agentic/invoke`: one turn in text, through the same session as speech. A session goes on where it was
//! left, so that "yes" answers its question. `steps` are the outcomes of the calls that this turn came to, oldest first,
//! `outcome` the last of them; `plan` is what was planned last.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Extension, Json,
    extract::{Request, State},
};
use homepilot_gateway::{api_error::ApiError, http::read_json};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::LARGEST_JSON;
use crate::{
    access::{Caller, Scope},
    app::App,
    session::{
        Done,
        text::{TextSession, Turn},
    },
    turn::DecidedBy,
};

/// Conversations kept; the longest unused makes room.
const MOST: usize = 64;
/// A turn that takes longer is left to finish by itself.
const LONGEST_TURN: Duration = Duration::from_secs(180);
/// Characters of one text.
const LONGEST_TEXT: usize = 4_000;

struct Conversation {
    persona: String,
    session: TextSession,
}

/// When a conversation was last used, and the conversation.
type Kept = (Instant, Arc<Mutex<Conversation>>);

/// The open text conversations.
#[derive(Default)]
pub struct Conversations(std::sync::Mutex<HashMap<String, Kept>>);

impl Conversations {
    fn find(&self, id: &str) -> Option<Arc<Mutex<Conversation>>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (used, conversation) = known.get_mut(id)?;
        *used = Instant::now();
        Some(conversation.clone())
    }

    fn insert(&self, id: String, conversation: Conversation) -> Arc<Mutex<Conversation>> {
        let conversation = Arc::new(Mutex::new(conversation));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            let oldest = known.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| id.clone());
            oldest.and_then(|id| known.remove(&id));
        }
        known.insert(id, (Instant::now(), conversation.clone()));
        conversation
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    persona: String,
    text: String,
    session: Option<String>,
}

pub(super) async fn invoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let approves = caller.may(Scope::Approve);
    let body: Body = read_json(request, LARGEST_JSON).await?;
    let text = body.text.trim().to_owned();
    if text.is_empty() || text.chars().count() > LONGEST_TEXT {
        return Err(ApiError::unusable("invalid_text", format!("text has 1 to {LONGEST_TEXT} characters")));
    }
    let persona =
        app.persona(&body.persona).map_err(|message| ApiError::unusable("unknown_persona", message))?;
    let conversation = match &body.session {
        Some(id) => app.conversations.find(id).ok_or_else(|| {
            ApiError::not_found(
                "unknown_session",
                format!("there is no session {id:?}; leave it out to begin one"),
            )
        })?,
        None => {
            let id = format!("text_{}", uuid::Uuid::now_v7().simple());
            let session = TextSession::open(app.clone(), persona, id.clone(), DecidedBy::Screen, approves);
            app.conversations.insert(id, Conversation { persona: body.persona.clone(), session })
        }
    };
    let mut conversation = conversation.lock().await;
    if conversation.persona != body.persona {
        let message = format!("this session is with {:?}", conversation.persona);
        return Err(ApiError::conflict("other_persona", message));
    }
    let turn = tokio::time::timeout(LONGEST_TURN, conversation.session.turn(text)).await;
    let turn = turn
        .map_err(|_| {
            let message = format!(
                "no answer within {} seconds; the turn goes on, see the audit",
                LONGEST_TURN.as_secs()
            );
            ApiError::new(axum::http::StatusCode::GATEWAY_TIMEOUT, "slow_turn", message)
        })?
        .map_err(|_| ApiError::conflict("session_ended", "the session has ended: begin a new one"))?;
    Ok(Json(answer(conversation.session.id(), &turn)))
}

/// The turn as the contract has it.
fn answer(session: &str, turn: &Turn) -> Value {
    let outcome = |done: &Done| json!({"server": done.server, "tool": done.tool, "state": done.state, "text": done.text});
    let steps: Vec<Value> = turn.done.iter().map(outcome).collect();
    let mut answer = json!({"session": session, "plan": null, "steps": steps, "reply": turn.reply.trim()});
    if let Some(plan) = &turn.plan {
        answer["plan"] = json!({
            "tool": plan.tool, "arguments": plan.arguments, "confidence": plan.confidence,
            "tokens": {"evaluated": plan.tokens.0, "generated": plan.tokens.1}
        });
    }
    if let Some(asked) = &turn.asked {
        answer["approval"] = json!({
            "id": asked.approval, "question": asked.question.spoken, "server": asked.server,
            "tool": asked.action, "arguments": asked.arguments, "expires_at": asked.expires_at
        });
    }
    if let Some(done) = turn.done.last() {
        answer["outcome"] = outcome(done);
    }
    if let Some(message) = &turn.notice {
        answer["notice"] = json!(message);
    }
    answer
}
