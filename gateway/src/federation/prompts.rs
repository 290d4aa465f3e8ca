//! The prompts of every server as `server__prompt`, and completion of their arguments.

use std::sync::Arc;

use rmcp::model::{
    CacheScope, CompleteRequest, CompleteRequestParams, CompleteResult, ErrorData, GetPromptRequest,
    GetPromptRequestParams, GetPromptResponse, ListPromptsResult, PaginatedRequestParams, Prompt, Reference,
    ResultType, ServerResult,
};

use super::answer::without_server;
use super::client::Client;
use super::paging::page;
use super::pass::{self, Passing};
use super::shelf::{Kind, Shelf};
use super::tools::TTL_MS;
use super::{Hub, resources};
use crate::name::ServerName;
use crate::plain_text;

/// One page of the prompts.
pub(super) async fn list(
    hub: &Hub,
    request: Option<&PaginatedRequestParams>,
) -> Result<ListPromptsResult, ErrorData> {
    let mut all = Vec::new();
    for (server, shelf) in hub.shelves.look(&hub.gateway, Kind::Prompts).await.iter() {
        let Shelf::Prompts(prompts) = shelf else { continue };
        all.extend(prompts.iter().map(|prompt| shown(server, prompt)));
    }
    let (prompts, next) = page(all, request, |prompt| &prompt.name)?;
    let mut result =
        ListPromptsResult::with_all_items(prompts).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private);
    result.next_cursor = next;
    Ok(result)
}

fn shown(server: &ServerName, prompt: &Prompt) -> Prompt {
    let mut shown = prompt.clone();
    shown.name = format!("{server}__{}", prompt.name);
    shown.title = prompt.title.as_deref().map(plain_text::description);
    shown.description = prompt.description.as_deref().map(plain_text::description);
    shown
}

/// The server of a prompt, and the prompt's name there.
async fn owner(hub: &Hub, name: &str) -> Result<(ServerName, String), ErrorData> {
    if let Some((server, prompt)) = name.split_once("__")
        && let Ok(server) = server.parse::<ServerName>()
        && hub.gateway.shared().table.connection(&server).is_some()
    {
        return Ok((server, prompt.to_owned()));
    }
    let shelves = hub.shelves.lately(&hub.gateway, Kind::Prompts).await;
    let mut offers = shelves.iter().filter_map(|(server, shelf)| match shelf {
        Shelf::Prompts(prompts) if prompts.iter().any(|prompt| prompt.name == name) => Some(server),
        Shelf::Prompts(_) | Shelf::Resources(_) | Shelf::Templates(_) => None,
    });
    match (offers.next(), offers.next()) {
        (Some(server), None) => Ok((server.clone(), name.to_owned())),
        (Some(one), Some(other)) => Err(ErrorData::invalid_params(
            format!("{name:?} is offered more than once, use {one}__{name} or {other}__{name}"),
            None,
        )),
        (None, _) => Err(ErrorData::invalid_params(
            format!("unknown prompt {name:?}, prompts/list has the names"),
            None,
        )),
    }
}

/// Gets a prompt from its server.
pub(super) async fn get(
    hub: &Arc<Hub>,
    passing: Passing<'_>,
    mut request: GetPromptRequestParams,
) -> Result<GetPromptResponse, ErrorData> {
    let (server, prompt) = owner(hub, &request.name).await?;
    let binding = format!("prompts/get {server} {prompt}");
    request.name = prompt;
    request.meta = None;
    let state = request.request_state.take();
    let make = |responses, state| {
        let mut again = request.clone();
        (again.input_responses, again.request_state) = (responses, state);
        GetPromptRequest::new(again).into()
    };
    let first = request.input_responses.clone();
    match passing.pass(&server, &binding, first, state, make).await? {
        ServerResult::GetPromptResult(mut result) => {
            result.result_type = Some(ResultType::COMPLETE);
            result.meta = without_server(result.meta.take());
            Ok(result.into())
        }
        ServerResult::InputRequiredResult(wanted) => Ok(wanted.into()),
        _ => Err(pass::odd(&server)),
    }
}

/// Completes an argument of a prompt or of a template.
pub(super) async fn complete(
    hub: &Arc<Hub>,
    client: &Client,
    mut request: CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let server = match &mut request.r#ref {
        Reference::Prompt(reference) => {
            let (server, prompt) = owner(hub, &reference.name).await?;
            reference.name = prompt;
            server
        }
        Reference::Resource(reference) => {
            let (server, uri) = resources::owner_of_template(hub, &reference.uri).await?;
            reference.uri = uri;
            server
        }
        _ => {
            return Err(ErrorData::invalid_params(
                "only prompts and resource templates can be completed",
                None,
            ));
        }
    };
    let connection = pass::connection(hub, &server)?;
    if connection.capabilities().is_none_or(|can| can.completions.is_none()) {
        return Ok(CompleteResult::default());
    }
    request.meta = None;
    match pass::send(&connection, client, CompleteRequest::new(request).into()).await? {
        ServerResult::CompleteResult(mut result) => {
            result.result_type = Some(ResultType::COMPLETE);
            result.meta = without_server(result.meta.take());
            Ok(result)
        }
        _ => Err(pass::odd(&server)),
    }
}
