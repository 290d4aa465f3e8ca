//! Answering a question with other arguments: the question closes, and the same proposer is asked about those.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{AnswerError, ApprovalView, MAX_ARGUMENTS, Resolution, view};
use crate::arguments;
use crate::audit::DecidedBy;
use crate::canonical::canonical_object;
use crate::execution::{Call, Wish};
use crate::gateway::Shared;
use crate::id::ApprovalId;
use crate::ledger::{Edit, Settled, Settlement};
use crate::policy::{Effect, Grounds};
use crate::store::now;

impl Shared {
    pub(crate) async fn answer_edited(
        self: &Arc<Self>,
        id: &ApprovalId,
        arguments: Map<String, Value>,
        by: DecidedBy,
    ) -> Result<ApprovalView, AnswerError> {
        let (shared, asked) = (self.clone(), id.clone());
        // As with any answer: a caller that goes away half-way leaves no question half-answered.
        let edited = self.tasks.spawn(async move { shared.edit(&asked, arguments, by).await }).await;
        edited.unwrap_or_else(|_| Err(AnswerError::NotFound(id.clone())))
    }

    async fn edit(
        self: &Arc<Self>,
        id: &ApprovalId,
        arguments: Map<String, Value>,
        by: DecidedBy,
    ) -> Result<ApprovalView, AnswerError> {
        let Some(open) = self.desk.open(id) else { return Err(self.why_not_open(id).await?) };
        if open.term.is_over(Instant::now(), now()) {
            self.end(id, Settlement::Expired).await?;
            return Err(AnswerError::Expired(id.clone()));
        }
        let size = canonical_object(&arguments).len();
        if size > MAX_ARGUMENTS {
            return Err(AnswerError::TooLarge(size));
        }
        let old = &open.call;
        let mut judged =
            self.judge_call(&old.persona, &old.record.capability, &arguments, &Grounds::Caller).await?;
        let mut arguments = arguments;
        arguments::leave_out_nulls(&judged.tool.schema, &mut arguments);
        arguments::check(&judged.tool, &arguments)?;
        // What was changed is the editor's own word; the rest comes from where it came from.
        let kept = old
            .unspoken
            .iter()
            .filter(|one| arguments.get(&one.argument) == old.arguments.get(&one.argument));
        judged.explanation.unspoken = kept.cloned().collect();
        match judged.explanation.effect {
            Effect::Refused => {
                let reason = judged.explanation.reason.unwrap_or_else(|| "the policy forbids it".to_owned());
                return Err(AnswerError::Refused(reason));
            }
            // Somebody changed it: it is asked about even if the policy would let it run.
            Effect::Runs | Effect::Asks => {}
        }
        let wish = Wish {
            persona: old.persona.clone(),
            maker: old.maker,
            session: old.record.session.clone(),
            capability: old.record.capability.clone(),
            arguments,
            // The intent is the same, so its key goes on to the new question.
            claim: old.claim.clone(),
            passing: old.passing,
            round: old.round,
        };
        let call = Call::new(wish, judged);
        if call.record.arguments_sha256 == old.record.arguments_sha256 {
            return Err(AnswerError::Unchanged(id.clone()));
        }
        let view = view(&call, open.view.by_voice, open.ttl);
        let edit = Edit {
            id: id.clone(),
            old: old.record.clone(),
            by,
            new: call.record.clone(),
            question: view.question(),
        };
        match self.journal.edit(edit).await? {
            Settled::Won => {}
            Settled::TooLate => return Err(AnswerError::AlreadyAnswered(id.clone())),
            Settled::Expired => return Err(AnswerError::Expired(id.clone())),
            Settled::NotFound => return Err(AnswerError::NotFound(id.clone())),
        }
        let pending = self.open_question(call, view.clone(), open.ttl);
        self.desk.close(id, Resolution::Edited(pending));
        Ok(view)
    }
}
