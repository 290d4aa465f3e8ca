//! Requests that come with a delegation: which tools may be read on behalf of the call it stands for, and reading them.

use std::pin::pin;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorData, ListToolsResult, MetaObject, PaginatedRequestParams,
};
use serde_json::{Value, json};

use super::answer::{self, refused};
use super::call::{idempotency_key, not_judged};
use super::client::Client;
use super::paging::page;
use super::{ASK, Hub, tools};
use crate::approval::{Proposal, Unasked};
use crate::capability::Class;
use crate::delegation::{Delegation, DelegationError};
use crate::execution::{Authorized, Done, Passing, RawOutcome, Route};
use crate::gateway::Gateway;
use crate::policy::{Effect, Grounds, mcp_profile, reaches};
use crate::upstream::Called;

/// Names, in the metadata of a list, the servers whose tools are missing from it.
const UNAVAILABLE: &str = "homepilot/unavailable";

/// The delegation that a request is made by. None where it doesn't speak of one; never another than it speaks of.
pub(super) fn of(hub: &Hub, client: &Client) -> Result<Option<Arc<Delegation>>, ErrorData> {
    let Some(given) = &client.delegation else { return Ok(None) };
    let found = match given.text() {
        None => Err(DelegationError::NotText),
        // A server that was called by somebody else than us, who gave it no token.
        Some("") => {
            Ok(Arc::new(Delegation::of_caller(mcp_profile(), client.session.clone(), client.gone.clone())))
        }
        Some(token) => hub.gateway.shared().delegations.find(token),
    };
    found.map(Some).map_err(|error| ErrorData::invalid_params(error.to_string(), None))
}

/// One page of what could be read, with annotations that say so by what the tools are taken to do. It is not kept: another
/// delegation sees another list.
pub(super) fn list(
    gateway: &Gateway,
    delegation: &Delegation,
    request: Option<&PaginatedRequestParams>,
) -> Result<ListToolsResult, ErrorData> {
    let shared = gateway.shared();
    let mut offered = Vec::new();
    shared.table.each_tool(|id, tool| offered.push((tools::shown(&id, tool), id)));
    offered.retain(|(_, id)| {
        shared
            .judge(&delegation.persona, id)
            .is_ok_and(|(said, _)| said.class == Class::Read && said.effect != Effect::Refused)
    });
    let readable = offered.into_iter().map(|(mut tool, _)| {
        let annotations = tool.annotations.get_or_insert_default();
        (annotations.read_only_hint, annotations.destructive_hint) = (Some(true), Some(false));
        tool
    });
    let (tools, next) = page(readable.collect(), request, |tool| tool.name.as_ref())?;
    let mut result = ListToolsResult::with_all_items(tools).with_ttl_ms(0);
    result.next_cursor = next;
    let away: Vec<Value> = gateway
        .unavailable()
        .into_iter()
        .filter(|away| reaches(&delegation.persona, &away.server))
        .map(|away| json!({"server": away.server, "reason": away.reason}))
        .collect();
    let mut meta = MetaObject::default();
    meta.insert(UNAVAILABLE.to_owned(), Value::from(away));
    result.meta = Some(meta);
    Ok(result)
}

/// Reads by one tool, or says why not; nobody is asked.
pub(super) async fn call(
    hub: &Hub,
    client: &Client,
    delegation: &Delegation,
    request: CallToolRequestParams,
) -> Result<CallToolResponse, ErrorData> {
    if request.request_state.is_some() {
        let message = "a call that is made by delegation has no state to go on from";
        return Err(ErrorData::invalid_params(message, None));
    }
    let proposal = Proposal {
        persona: delegation.persona.clone(),
        session: delegation.session.clone(),
        capability: tools::resolve(&hub.gateway, &request.name)?,
        arguments: request.arguments.unwrap_or_default(),
        grounds: Grounds::Caller,
        by_voice: false,
        ttl: ASK,
        idempotency_key: idempotency_key(client)?,
        passing: Passing::default(),
    };
    match hub.gateway.propose_unasked(proposal, delegation).await {
        Ok(Unasked::Allowed(authorized)) => run(hub, client, delegation, authorized).await,
        Ok(Unasked::NeedsApproval(denial)) => Ok(refused("needs_approval", &denial.reason)),
        Ok(Unasked::Denied(denial)) => Ok(refused("denied", &denial.reason)),
        Ok(Unasked::Replayed(outcome)) => Ok(answer::again(outcome.state)),
        Err(error) => not_judged(error),
    }
}

/// Runs it until it ends, the call it is for ends, or nobody waits for it. What its tool asks back stays without an answer.
async fn run(
    hub: &Hub,
    client: &Client,
    delegation: &Delegation,
    authorized: Authorized,
) -> Result<CallToolResponse, ErrorData> {
    let cancel = delegation.over.child_token();
    let mut run = pin!(hub.gateway.execute_raw(authorized, cancel.clone(), Route::default()));
    let outcome = tokio::select! {
        biased;
        outcome = &mut run => outcome,
        () = client.gone.cancelled() => {
            cancel.cancel();
            run.await
        }
    };
    match outcome {
        RawOutcome::Ended { called, .. } => answer::of(called),
        RawOutcome::InputRequired { open, wanted } => {
            let called = Called::InputRequired(wanted);
            open.close(Done::from(&called)).await;
            answer::of(called)
        }
    }
}
