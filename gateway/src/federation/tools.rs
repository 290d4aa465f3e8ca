//! The tools of every healthy server under one roof, and which of them a name means.

use std::sync::Arc;

use rmcp::model::{CacheScope, ErrorData, ListToolsResult, PaginatedRequestParams};

use super::paging::page;
use crate::capability::Tool;
use crate::gateway::Gateway;
use crate::name::CapabilityId;

/// How long a client may keep a list, in milliseconds. Changes are announced besides.
pub(super) const TTL_MS: u64 = 5_000;

/// One page of the tools.
pub(super) fn list(
    gateway: &Gateway,
    request: Option<&PaginatedRequestParams>,
) -> Result<ListToolsResult, ErrorData> {
    let mut offered = Vec::new();
    gateway.shared().table.each_tool(|id, tool| offered.push(shown(&id, tool)));
    let (tools, next) = page(offered, request, |tool| tool.name.as_ref())?;
    let mut result =
        ListToolsResult::with_all_items(tools).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private);
    result.next_cursor = next;
    Ok(result)
}

/// One tool as it is listed.
pub(super) fn find(gateway: &Gateway, name: &str) -> Option<rmcp::model::Tool> {
    let id = resolve(gateway, name).ok()?;
    let (_, tool) = gateway.shared().table.find(&id).ok()?;
    Some(shown(&id, &tool))
}

/// The definition as its server sent it, under its full name, with the texts that people read cleaned.
pub(super) fn shown(id: &CapabilityId, tool: &Tool) -> rmcp::model::Tool {
    let mut shown = (*tool.raw).clone();
    shown.name = id.to_string().into();
    shown.description = Some(tool.description.clone().into());
    shown.title = tool.title.clone();
    shown.input_schema = Arc::clone(&tool.schema);
    if let Some(annotations) = &mut shown.annotations {
        annotations.title = annotations.title.as_deref().map(crate::plain_text::description);
    }
    shown
}

/// The tool that a name means: a full name, or a bare one that one server alone offers.
pub(super) fn resolve(gateway: &Gateway, name: &str) -> Result<CapabilityId, ErrorData> {
    let table = &gateway.shared().table;
    if let Ok(id) = name.parse::<CapabilityId>()
        && table.read().contains_key(id.server())
    {
        return Ok(id);
    }
    let mut offers = Vec::new();
    table.each_tool(|id, tool| {
        if tool.name.as_str() == name {
            offers.push(id);
        }
    });
    match offers.len() {
        1 => Ok(offers.remove(0)),
        0 => Err(ErrorData::invalid_params(format!("unknown tool {name:?}, tools/list has the names"), None)),
        _ => Err(ErrorData::invalid_params(
            format!("{name:?} is offered more than once, use one of: {}", named(&offers)),
            None,
        )),
    }
}

fn named(ids: &[CapabilityId]) -> String {
    ids.iter().map(CapabilityId::to_string).collect::<Vec<_>>().join(", ")
}
