//! The resources of every server under their own addresses, so that links inside results stay true. Where two servers use one
//! address, the second one's is listed as `homepilot://SERVER/ADDRESS`, which is understood for every resource.

use std::collections::BTreeSet;
use std::sync::Arc;

use rmcp::model::{
    CacheScope, ErrorCode, ErrorData, ListResourceTemplatesResult, ListResourcesResult,
    PaginatedRequestParams, ReadResourceRequest, ReadResourceRequestParams, ReadResourceResponse, Resource,
    ResourceTemplate, ResultType, ServerResult,
};
use serde_json::json;

use super::Hub;
use super::answer::without_server;
use super::paging::page;
use super::pass::{Passing, odd};
use super::shelf::{Kind, Shelf};
use super::tools::TTL_MS;
use crate::name::ServerName;
use crate::plain_text;

const SCHEME: &str = "homepilot://";

/// One page of the resources.
pub(super) async fn list(
    hub: &Hub,
    request: Option<&PaginatedRequestParams>,
) -> Result<ListResourcesResult, ErrorData> {
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for (server, shelf) in hub.shelves.look(&hub.gateway, Kind::Resources).await.iter() {
        let Shelf::Resources(resources) = shelf else { continue };
        for resource in resources {
            let mut shown: Resource = resource.clone();
            shown.uri = unused(&mut seen, server, &resource.uri);
            shown.title = resource.title.as_deref().map(plain_text::description);
            shown.description = resource.description.as_deref().map(plain_text::description);
            all.push(shown);
        }
    }
    let (resources, next) = page(all, request, |resource| &resource.uri)?;
    let mut result = ListResourcesResult::with_all_items(resources)
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private);
    result.next_cursor = next;
    Ok(result)
}

/// One page of the templates.
pub(super) async fn templates(
    hub: &Hub,
    request: Option<&PaginatedRequestParams>,
) -> Result<ListResourceTemplatesResult, ErrorData> {
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for (server, shelf) in hub.shelves.look(&hub.gateway, Kind::Templates).await.iter() {
        let Shelf::Templates(templates) = shelf else { continue };
        for template in templates {
            let mut shown: ResourceTemplate = template.clone();
            shown.uri_template = unused(&mut seen, server, &template.uri_template);
            shown.title = template.title.as_deref().map(plain_text::description);
            shown.description = template.description.as_deref().map(plain_text::description);
            all.push(shown);
        }
    }
    let (templates, next) = page(all, request, |template| &template.uri_template)?;
    let mut result = ListResourceTemplatesResult::with_all_items(templates)
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private);
    result.next_cursor = next;
    Ok(result)
}

/// An address that no server before this one uses.
fn unused(seen: &mut BTreeSet<String>, server: &ServerName, uri: &str) -> String {
    if seen.insert(uri.to_owned()) { uri.to_owned() } else { format!("{SCHEME}{server}/{uri}") }
}

/// The server that an address names, and the address there.
fn named(uri: &str) -> Option<(ServerName, String)> {
    let (server, uri) = uri.strip_prefix(SCHEME)?.split_once('/')?;
    Some((server.parse().ok()?, uri.to_owned()))
}

/// The servers that may have a resource, the likeliest first, and its address there.
async fn owners(hub: &Hub, uri: &str) -> (Vec<ServerName>, String) {
    if let Some((server, uri)) = named(uri) {
        return (vec![server], uri);
    }
    let resources = hub.shelves.lately(&hub.gateway, Kind::Resources).await;
    let lists = |shelf: &Shelf| match shelf {
        Shelf::Resources(resources) => resources.iter().any(|resource| resource.uri == uri),
        Shelf::Templates(templates) => templates.iter().any(|template| fits(&template.uri_template, uri)),
        Shelf::Prompts(_) => false,
    };
    if let Some((server, _)) = resources.iter().find(|(_, shelf)| lists(shelf)) {
        return (vec![server.clone()], uri.to_owned());
    }
    let templates = hub.shelves.lately(&hub.gateway, Kind::Templates).await;
    if let Some((server, _)) = templates.iter().find(|(_, shelf)| lists(shelf)) {
        return (vec![server.clone()], uri.to_owned());
    }
    // Servers may know more than they list.
    let all = hub.gateway.shared().table.connections().into_iter();
    let have =
        all.filter(|(_, connection)| connection.capabilities().is_some_and(|can| can.resources.is_some()));
    (have.map(|(server, _)| server).collect(), uri.to_owned())
}

/// The server that will have a resource, as far as can be told.
pub(super) async fn owner(hub: &Hub, uri: &str) -> Result<(ServerName, String), ErrorData> {
    let (servers, there) = owners(hub, uri).await;
    servers.into_iter().next().map(|server| (server, there)).ok_or_else(|| not_found(uri))
}

/// The server of a template, and the template there.
pub(super) async fn owner_of_template(hub: &Hub, template: &str) -> Result<(ServerName, String), ErrorData> {
    if let Some(named) = named(template) {
        return Ok(named);
    }
    let shelves = hub.shelves.lately(&hub.gateway, Kind::Templates).await;
    let owner = shelves.iter().find(|(_, shelf)| match shelf {
        Shelf::Templates(templates) => templates.iter().any(|known| known.uri_template == template),
        Shelf::Resources(_) | Shelf::Prompts(_) => false,
    });
    owner.map(|(server, _)| (server.clone(), template.to_owned())).ok_or_else(|| not_found(template))
}

/// Reads a resource from the server that has it.
pub(super) async fn read(
    hub: &Arc<Hub>,
    passing: Passing<'_>,
    mut request: ReadResourceRequestParams,
) -> Result<ReadResourceResponse, ErrorData> {
    let asked = request.uri.clone();
    let (servers, there) = owners(hub, &asked).await;
    request.uri = there;
    request.meta = None;
    let (first, state) = (request.input_responses.take(), request.request_state.take());
    let make = |responses, state| {
        let mut again = request.clone();
        (again.input_responses, again.request_state) = (responses, state);
        ReadResourceRequest::new(again).into()
    };
    for server in &servers {
        let binding = format!("resources/read {server} {asked}");
        match passing.pass(server, &binding, first.clone(), state.clone(), make).await {
            Ok(ServerResult::ReadResourceResult(mut result)) => {
                result.result_type = Some(ResultType::COMPLETE);
                result.meta = without_server(result.meta.take());
                return Ok(result.into());
            }
            Ok(ServerResult::InputRequiredResult(wanted)) => return Ok(wanted.into()),
            Ok(_) => return Err(odd(server)),
            Err(error) if servers.len() == 1 && !is_not_found(&error) => return Err(error),
            // Another one may have it.
            Err(_) => {}
        }
    }
    Err(not_found(&asked))
}

fn is_not_found(error: &ErrorData) -> bool {
    error.code == ErrorCode::RESOURCE_NOT_FOUND
}

fn not_found(uri: &str) -> ErrorData {
    ErrorData::resource_not_found(format!("no server here has {uri:?}"), Some(json!({"uri": uri})))
}

/// Whether an address is one of a template's, where each `{…}` stands for at least one character.
fn fits(template: &str, uri: &str) -> bool {
    let Some((fixed, rest)) = template.split_once('{') else { return template == uri };
    let Some(after) = uri.strip_prefix(fixed) else { return false };
    let Some((_, rest)) = rest.split_once('}') else { return false };
    after
        .char_indices()
        .skip(1)
        .map(|(at, _)| at)
        .chain([after.len()])
        .any(|at| at > 0 && fits(rest, &after[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fit_their_addresses() {
        for (template, uri, wanted) in [
            ("test://template/{id}/data", "test://template/123/data", true),
            ("test://template/{id}/data", "test://template//data", false),
            ("test://template/{id}/data", "test://other/123/data", false),
            ("file:///{+path}", "file:///a/b/c", true),
            ("note://{a}/{b}", "note://x/y", true),
            ("note://plain", "note://plain", true),
            ("note://plain", "note://plain/more", false),
            ("odd://{open", "odd://x", false),
        ] {
            assert_eq!(fits(template, uri), wanted, "{template} {uri}");
        }
    }

    #[test]
    fn an_address_that_is_taken_gets_its_servers_name() {
        let (mut seen, server) = (BTreeSet::new(), "desk".parse::<ServerName>().unwrap());
        assert_eq!(unused(&mut seen, &server, "a://b"), "a://b");
        let second = unused(&mut seen, &server, "a://b");
        assert_eq!(second, "homepilot://desk/a://b");
        assert_eq!(named(&second), Some((server, "a://b".to_owned())));
    }
}
