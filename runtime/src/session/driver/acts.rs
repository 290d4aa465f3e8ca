//! Acting: policy, approvals and execution at the gateway.

use std::time::{Duration, Instant};

use homepilot_gateway as gateway;
use homepilot_gateway::{
    AnswerError, ApprovalId, Authorized, CapabilityId, PendingResolution, Proposal, ProposeError, Verdict,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{Driver, Report};
use crate::{
    phrasing::{self, ActionWords, Proposed},
    session::output::Asked,
    trace::Work,
    turn::{self, Call, DecidedBy, Decision, Input, Judgement, PendingCall, Resolution, StepState, Tag},
};

/// How long an approval lives at the gateway when the question is spoken: the question itself, an answer within
/// [`turn::VOICE_ANSWER`], and one more round.
const SPOKEN: Duration = Duration::from_secs(120);
/// How long a question that is only on a screen stays open.
const SHOWN: Duration = Duration::from_secs(300);

impl Driver {
    pub(super) fn judge(&mut self, tag: Tag, call: Call, grounds: turn::Grounds, leg: turn::Leg) {
        let gateway = self.app.gateway.clone();
        let (profile, session) = (self.profile.clone(), self.options.id.clone());
        let by_voice = self.options.aloud;
        let passing = crate::translate::passing(leg, self.depth);
        self.jobs.spawn(async move {
            let ttl = if by_voice { SPOKEN } else { SHOWN };
            let capability: CapabilityId = match call.capability.parse() {
                Ok(capability) => capability,
                Err(_) => {
                    return refused(
                        tag,
                        call,
                        "I don't know that tool any more, so I did nothing.".to_owned(),
                    );
                }
            };
            let proposal = Proposal {
                persona: profile,
                session,
                capability,
                arguments: call.arguments.clone(),
                grounds: crate::translate::grounds(grounds),
                by_voice,
                ttl,
                idempotency_key: None,
                passing,
            };
            match gateway.propose(proposal).await {
                Ok(Verdict::Allowed(token)) => Report::Judged(tag, Judgement::Allowed { token, call }, None),
                Ok(Verdict::Denied(denial)) => refused(tag, call, phrasing::refusal(&denial.reason)),
                Ok(Verdict::Ask(pending)) => {
                    let (ask, resolution) = phrased(&gateway, pending, call);
                    Report::Judged(tag, Judgement::Ask(ask), Some(resolution))
                }
                // A spoken wish carries no key, so nothing can be its repetition.
                Ok(Verdict::Replayed(_)) => refused(tag, call, "That was done before.".to_owned()),
                Err(ProposeError::Argument(problem)) => {
                    refused(tag, call, format!("I can't do that: {} {}.", problem.argument, problem.message))
                }
                Err(error) => refused(tag, call, format!("I did nothing: {error}.")),
            }
        });
    }

    pub(super) fn answer(
        &mut self,
        approval: String,
        decision: Decision,
        by: DecidedBy,
        pin: Option<String>,
    ) {
        let gateway = self.app.gateway.clone();
        self.answered.entry(approval.clone()).or_insert(by);
        self.answering += 1;
        self.jobs.spawn(async move {
            let Ok(id) = approval.parse::<ApprovalId>() else { return Report::Answered };
            let decision = match decision {
                Decision::Approve => gateway::Decision::Approve,
                Decision::Deny => gateway::Decision::Deny,
            };
            let by = crate::translate::decided_by(by);
            match gateway.answer_with_pin(&id, decision, by, pin.as_deref()).await {
                Ok(()) => Report::Answered,
                Err(error @ (AnswerError::Otherwise { .. } | AnswerError::Pin(_))) => {
                    Report::NotTaken(approval, error.to_string())
                }
                // Whatever this answer came to, the approval's own end is reported to whoever waits for it.
                Err(error) => {
                    tracing::debug!(%approval, %error, "an answer came to nothing");
                    Report::Answered
                }
            }
        });
    }

    pub(super) fn execute(&mut self, tag: Tag, token: Authorized) {
        let cancel = CancellationToken::new();
        self.running.insert(tag, cancel.clone());
        let arguments = self.record.content(|| Value::Object(token.arguments().clone()).to_string());
        let (server, tool) = (token.server().to_string(), token.tool().to_string());
        self.record.begin(tag, Work::Call { server, tool, outcome: None, arguments }, Instant::now());
        let (app, said) = (self.app.clone(), self.said.clone());
        let action = ActionWords { server: token.server().to_string(), action: token.tool().to_string() };
        self.jobs.spawn(async move {
            let outcome = app.gateway.execute(token, cancel).await;
            let told = crate::translate::outcome(&app, &action, &said, outcome.state).await;
            Report::Input(Input::StepFinished(tag, told))
        });
    }
}

impl Driver {
    /// A call ended.
    pub(super) fn ran(&mut self, tag: Tag, state: StepState) {
        let outcome = Some(state_name(state));
        self.record.end(tag, Instant::now(), |work| {
            let Work::Call { server, tool, arguments, .. } = work else { return Some(work) };
            Some(Work::Call { server, tool, outcome, arguments })
        });
    }
}

/// Puts an open question into words, here and at the gateway.
fn phrased(
    gateway: &gateway::Gateway,
    pending: gateway::Pending,
    call: Call,
) -> (PendingCall, PendingResolution) {
    let gateway::Pending { approval, resolution } = pending;
    let left = approval.expires_at.duration_since(jiff::Timestamp::now());
    let expires = Instant::now() + Duration::try_from(left).unwrap_or_default();
    let capability = CapabilityId::new(approval.server, approval.tool);
    let schema = gateway.capability(&capability).map(|known| known.input_schema).unwrap_or_default();
    let foreign: Vec<&str> = approval.unspoken.iter().map(|one| one.kind.as_str()).collect();
    let about = call.about.as_ref().map(|about| (about.argument.as_str(), about.name.as_str()));
    let proposed = Proposed {
        action: &words(&call),
        arguments: &call.arguments,
        schema: &schema,
        about,
        foreign: &foreign,
        yes: crate::translate::yes_by(approval.approve),
    };
    let question = phrasing::question(proposed, &jiff::Zoned::now());
    gateway.set_question(&approval.id, question.spoken.clone());
    (PendingCall { approval: approval.id.to_string(), call, question, expires }, resolution)
}

fn words(call: &Call) -> ActionWords {
    ActionWords { server: call.server.clone(), action: call.action.clone() }
}

fn refused(tag: Tag, call: Call, say: String) -> Report {
    Report::Judged(tag, Judgement::Refused { call, say }, None)
}

/// Waits for an approval's end. Aborting this job withdraws the approval.
pub(super) async fn resolution(
    tag: Tag,
    gateway: gateway::Gateway,
    asked: PendingCall,
    mut pending: PendingResolution,
) -> Report {
    let resolution = match pending.wait().await {
        gateway::Resolution::Edited(edited) => {
            let arguments = edited.approval.arguments.clone();
            // Another id is of another thing.
            let about = asked
                .call
                .about
                .filter(|about| arguments.get(&about.argument) == asked.call.arguments.get(&about.argument));
            let call = Call { arguments, about, ..asked.call };
            let (ask, resolution) = phrased(&gateway, edited, call);
            return Report::Reasked(tag, ask, resolution);
        }
        gateway::Resolution::Granted(token) => {
            // Who it was is filled in by the session, which knows whether it was asked here or elsewhere.
            Resolution::Granted { token, by: DecidedBy::Api }
        }
        gateway::Resolution::Denied { by } => Resolution::Denied { by: crate::translate::by(by) },
        gateway::Resolution::ToolChanged => Resolution::Denied { by: DecidedBy::Timeout },
        gateway::Resolution::Expired => Resolution::Expired,
    };
    Report::Input(Input::Resolved(tag, resolution))
}

/// What is shown of a pending call.
pub(super) fn asked(pending: PendingCall) -> Asked {
    let seconds = pending.expires.saturating_duration_since(Instant::now()).as_secs();
    Asked {
        approval: pending.approval,
        server: pending.call.server,
        action: pending.call.action,
        arguments: pending.call.arguments,
        question: pending.question,
        expires_at: expiry(seconds),
        seconds,
    }
}

/// The wall-clock time `seconds` from now, RFC 3339.
pub(super) fn expiry(seconds: u64) -> String {
    let span = jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    jiff::Timestamp::now().checked_add(span).map(|t| t.to_string()).unwrap_or_default()
}

/// How a call ended, as the outside is told.
pub(super) fn state_name(state: StepState) -> &'static str {
    match state {
        StepState::Succeeded => "succeeded",
        StepState::Asks => "asks",
        StepState::Failed => "failed",
        StepState::Unknown => "unknown",
        StepState::NotSent => "not_sent",
    }
}

/// The contract's name for who answered.
pub(super) fn by_name(by: DecidedBy) -> &'static str {
    match by {
        turn::DecidedBy::Voice => "voice",
        turn::DecidedBy::Screen => "screen",
        turn::DecidedBy::Api => "api",
        turn::DecidedBy::Timeout => "timeout",
        turn::DecidedBy::Disconnect => "disconnect",
    }
}
