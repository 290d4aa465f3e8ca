//! A call on behalf of another: it runs or it doesn't, and nobody is asked.

use std::sync::Arc;

use super::{Considered, Denial, Proposal, ProposeError};
use crate::arguments;
use crate::delegation::{Delegation, Ruling};
use crate::execution::{Authorized, Maker, Outcome};
use crate::gateway::Gateway;

/// What becomes of a call that nobody is asked about.
#[derive(Debug)]
pub(crate) enum Unasked {
    /// It may run.
    Allowed(Authorized),
    /// A person would have to be asked.
    NeedsApproval(Denial),
    /// It may not run.
    Denied(Denial),
    /// It was run before under the same key.
    Replayed(Outcome),
}

impl Gateway {
    /// As [`Gateway::propose`], for a call that is made by a delegation; the proposal is in its persona's name.
    pub(crate) async fn propose_unasked(
        &self,
        proposal: Proposal,
        delegation: &Delegation,
    ) -> Result<Unasked, ProposeError> {
        let shared = self.shared();
        let considered = shared
            .consider(proposal, Maker::Delegate, |capability, said| delegation.rule(capability, said))
            .await?;
        let (call, tool, ruling) = match considered {
            Considered::New { call, tool, ruling } => (call, tool, ruling),
            Considered::Replayed(outcome) => return Ok(Unasked::Replayed(outcome)),
        };
        match ruling {
            Ruling::Runs(allowed) => {
                arguments::check(&tool, &call.arguments)?;
                Ok(Unasked::Allowed(Authorized::grant(Arc::new(call), None, allowed)))
            }
            Ruling::NeedsApproval => Ok(Unasked::NeedsApproval(shared.refuse(call).await?)),
            Ruling::Denied => Ok(Unasked::Denied(shared.refuse(call).await?)),
        }
    }
}
