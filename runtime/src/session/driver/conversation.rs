//! The planner's form of what the machine asks.

use homepilot_gateway::{CapabilityId, Class, Gateway};

use crate::{
    planner::{self, Conversation, Draft, Past},
    sources,
    turn::{Call, PastCall, PastState, PlanRequest, Role},
};

/// Characters of a result that the next step of a request is planned from, about 60 tokens.
const RESULT_CHARS: usize = 240;

/// What a request is planned from. Of the calls of the same request (`turn`) the planner is told what came back, also
/// while it is still being said; of those before it what the person heard.
pub(super) fn conversation(turn: u64, request: PlanRequest, gateway: &Gateway) -> Conversation {
    let mut earlier = lines(&request.history);
    let past: Vec<Past> = request.past.iter().map(|call| past(turn, call, gateway)).collect();
    for (call, past) in request.past.iter().zip(&past) {
        let ours = call.tag.turn == turn && call.state == PastState::Done;
        if ours && !earlier.iter().any(|line| line.text.contains(past.said.trim())) {
            // In place of what was heard of it, which is less.
            earlier
                .retain(|line| line.speaker == planner::Speaker::User || !past.said.starts_with(&line.text));
            earlier.push(planner::Line { speaker: planner::Speaker::Persona, text: past.said.clone() });
        }
    }
    Conversation {
        earlier,
        past,
        utterance: request.utterance,
        editing: request.editing.map(draft),
        asked: request.answering.map(|half| planner::Asked {
            request: half.utterance,
            question: half.question,
            draft: half.call.map(draft),
        }),
    }
}

pub(super) fn lines(history: &[crate::turn::Line]) -> Vec<planner::Line> {
    let speaker = |role: Role| match role {
        Role::Person => planner::Speaker::User,
        Role::Persona => planner::Speaker::Persona,
    };
    history.iter().map(|l| planner::Line { speaker: speaker(l.role), text: l.text.clone() }).collect()
}

fn draft(call: Call) -> Draft {
    Draft { arguments: sources::spoken_only(&call), tool: call.capability }
}

fn past(turn: u64, past: &PastCall, gateway: &Gateway) -> Past {
    let id = past.call.capability.parse::<CapabilityId>().ok();
    let class = id.and_then(|id| gateway.capability(&id)).map(|known| known.class);
    let mut said = past.said.clone();
    if past.tag.turn == turn && !said.contains(past.result.trim()) {
        said.push(' ');
        said.extend(past.result.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(RESULT_CHARS));
    }
    Past {
        tool: past.call.capability.clone(),
        arguments: sources::spoken_only(&past.call),
        reads: class == Some(Class::Read),
        state: past.state,
        said,
        ids: past.ids.clone(),
    }
}
