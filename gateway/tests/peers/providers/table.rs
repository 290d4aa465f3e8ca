//! Every row of the guide's tables: each service of each provider is registered, asked about, and used, once; what is said of
//! it on the pages and in the catalogue is what was tried, and no more.

use std::collections::BTreeSet;

use homepilot_gateway::{Class, Level, Registration, ServerPatch, Verdict};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::StandIn;
use crate::installed::repository;
use crate::offers::{COMPARED, PROVIDERS, Service, header, services};
use crate::pages::{KEY, Page};
use crate::rig::Rig;

fn id(service: &Service, tool: &str) -> String {
    format!("{}-{}__{tool}", service.provider, service.slug())
}

fn arguments(service: &Service, tool: &str) -> Value {
    if service.reads.contains(&tool) {
        json!({"query": format!("read {}", service.slug())})
    } else {
        json!({"to": "john@example.org", "text": format!("write {}", service.slug())})
    }
}

/// What a call leaves at the stand-in.
fn trace(service: &Service, tool: &str) -> String {
    let arguments = arguments(service, tool);
    let line = match arguments.get("query") {
        Some(query) => format!("{{\"query\": {query}}}"),
        None => format!("{{\"to\": {}, \"text\": {}}}", arguments["to"], arguments["text"]),
    };
    format!("{tool} {line}")
}

async fn verdict(rig: &Rig, service: &Service, tool: &str) -> Verdict {
    rig.propose(&id(service, tool), arguments(service, tool)).await.unwrap()
}

/// A stranger's tools, whatever they say of themselves: asked about at level 1 and even at 2, refused at 0.
async fn nothing_runs_unasked(rig: &Rig, service: &Service) {
    let server = format!("{}-{}", service.provider, service.slug());
    for tool in service.tools() {
        let deletes = tool.contains("delete");
        let wanted = if deletes { Class::Destructive } else { Class::Unknown };
        assert_eq!(rig.class(&id(service, tool)), wanted, "{server} {tool}");
        let asked = verdict(rig, service, tool).await;
        assert!(matches!(asked, Verdict::Ask(_)), "{server} {tool}: {asked:?}");
    }
    rig.level(&server, Level::ReadOnly, &[]).await;
    for tool in service.tools() {
        let refused = verdict(rig, service, tool).await;
        assert!(matches!(refused, Verdict::Denied(_)), "{server} {tool}: {refused:?}");
    }
    rig.level(&server, Level::Autonomous, &[]).await;
    for tool in service.tools() {
        let asked = verdict(rig, service, tool).await;
        assert!(matches!(asked, Verdict::Ask(_)), "{server} {tool}: {asked:?}");
    }
    rig.level(&server, Level::Confirm, &[]).await;
}

/// What the provider says of its tools counts when the operator trusts it, and no longer than that.
async fn trusted_its_word_counts(rig: &Rig, service: &Service) {
    let server = format!("{}-{}", service.provider, service.slug());
    let trust = |trusted| ServerPatch { trusted: Some(trusted), ..ServerPatch::default() };
    rig.gateway.patch(&server, trust(true)).await.unwrap();
    for tool in service.tools() {
        let wanted = match tool {
            tool if service.reads.contains(&tool) => Class::Read,
            tool if tool.contains("delete") => Class::Destructive,
            _ => Class::Write,
        };
        assert_eq!(rig.class(&id(service, tool)), wanted, "{server} {tool}");
    }
    rig.gateway.patch(&server, trust(false)).await.unwrap();
}

/// One read that the operator has named runs unasked, one write after a yes. What they leave at the stand-in.
async fn one_read_and_one_write_run(rig: &Rig, service: &Service) -> Vec<String> {
    let server = format!("{}-{}", service.provider, service.slug());
    let mut traces = Vec::new();
    if let Some(read) = service.reads.first() {
        rig.level(&server, Level::ReadOnly, service.reads).await;
        assert_eq!(rig.class(&id(service, read)), Class::Read, "{server} {read}");
        let Verdict::Allowed(authorized) = verdict(rig, service, read).await else {
            panic!("{server} {read} is named as a read and does not run")
        };
        let done = rig.gateway.execute(authorized, CancellationToken::new()).await.state;
        assert!(format!("{done:?}").contains("Found for read"), "{server} {read}: {done:?}");
        traces.push(trace(service, read));
    }
    let write = service.writes[0];
    let done = rig.answer(&id(service, write), arguments(service, write)).await;
    assert_eq!(done, "Done for john@example.org.", "{server} {write}");
    traces.push(trace(service, write));
    traces
}

/// Registers all that a provider has, each service by itself, and uses it.
async fn everything_can_be_used(provider: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("done.txt");
    let mut words = super::arguments(["--file", file.to_str().unwrap()]);
    for service in services(provider) {
        words.extend(["--at".to_owned(), service.address(KEY)]);
        words.extend(service.offered());
    }
    if let Some((name, value)) = header(provider, KEY) {
        words.extend(["--header".to_owned(), format!("{name}: {value}")]);
    }
    let stand_in = StandIn::start(&words).await;
    let rig = Rig::open().await;
    let (mut wanted, mut traces) = (BTreeSet::new(), Vec::new());
    for service in services(provider) {
        let name = format!("{provider}-{}", service.slug());
        let mut registration = Registration::new(name, format!("{}{}", stand_in.url, service.address(KEY)));
        registration.headers.extend(header(provider, KEY).map(|(name, value)| (name.to_owned(), value)));
        rig.register(registration).await;
        wanted.extend(service.tools().map(|tool| id(service, tool)));
        nothing_runs_unasked(&rig, service).await;
        trusted_its_word_counts(&rig, service).await;
        traces.extend(one_read_and_one_write_run(&rig, service).await);
    }
    assert_eq!(rig.ids().into_iter().collect::<BTreeSet<_>>(), wanted);
    let done = std::fs::read_to_string(&file).unwrap();
    assert_eq!(done.lines().collect::<Vec<_>>(), traces, "what was done, in its order");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_zapier() {
    everything_can_be_used("zapier").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_klavis() {
    everything_can_be_used("klavis").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_infobip() {
    everything_can_be_used("infobip").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_viasocket() {
    everything_can_be_used("viasocket").await;
}

#[test]
fn the_pages_name_what_was_tried() {
    for provider in PROVIDERS {
        let rows = Page::named(provider).table("service");
        let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        let tried: Vec<&str> = services(provider).iter().map(|service| service.name).collect();
        assert_eq!(names, tried, "{provider}");
        for (row, service) in rows.iter().zip(services(provider)) {
            let named: Vec<String> =
                row[2].split(", ").map(|tool| tool.trim_matches('`').to_owned()).collect();
            assert_eq!(named, service.tools().collect::<Vec<_>>(), "{provider}: {}", service.name);
        }
    }
}

#[test]
fn the_comparison_claims_what_there_is_and_nothing_else() {
    let rows = Page::named("README").table("");
    for (service, provided) in COMPARED {
        let row = rows.iter().find(|row| row[0] == service).unwrap_or_else(|| panic!("no row for {service}"));
        for ((provider, name), cell) in PROVIDERS.iter().zip(provided).zip(&row[1..]) {
            let page = Page::named(provider).table("service");
            if let Some(name) = name {
                let has = services(provider).iter().any(|service| service.name == name);
                assert!(
                    has && (cell == "yes" || cell.starts_with("basic")),
                    "{service} of {provider}: {cell}"
                );
            } else {
                assert_eq!(cell, "no", "{service} of {provider}");
                // Neither a service nor a tool of that name.
                let word = service.split(' ').next().unwrap().to_lowercase();
                let claims = |row: &&Vec<String>| row.concat().to_lowercase().contains(&word);
                assert_eq!(
                    page.iter().find(claims),
                    None,
                    "{provider} has no {service}, and its page claims it"
                );
                let claims = |tool: &str| tool.contains(&word);
                assert!(!services(provider).iter().any(|service| service.tools().any(claims)));
            }
        }
    }
}

#[test]
fn the_catalogue_says_the_same_and_names_the_page() {
    let text = std::fs::read_to_string(repository().join("runtime/src/http/catalog/providers.toml")).unwrap();
    for provider in PROVIDERS {
        let entry =
            text.split("[[provider]]").find(|entry| entry.contains(&format!("id = \"{provider}\""))).unwrap();
        let names: Vec<String> =
            services(provider).iter().map(|service| service.name.to_lowercase()).collect();
        let actions = format!("actions = {names:?}");
        assert!(entry.contains(&actions), "{provider}: {actions} is not in {entry}");
        let page = format!("page = \"gateway/providers/{provider}.md\"");
        assert!(entry.contains(&page), "{provider}: {page} is not in {entry}");
    }
}
