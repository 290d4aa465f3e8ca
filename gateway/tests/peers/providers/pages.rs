//! The pages' `curl` lines, typed as they stand there, at stand-ins instead of the providers; and the other addresses that
//! providers have handed out.

use std::process::Command;

use homepilot_gateway::{Registration, Status, TransportChoice};
use serde_json::Value;

use super::StandIn;
use crate::offers::{self, PROVIDERS, stand_in};
use crate::pages::{KEY, Page, elsewhere, registers};
use crate::rig::Rig;

/// What a shell prints for a command.
async fn typed(command: String) -> String {
    let run =
        move || Command::new("sh").args(["-c", &command]).env("NO_PROXY", "*").env("no_proxy", "*").output();
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The page's registrations with `curl`, and the names they use.
fn registrations(page: &Page) -> Vec<(String, String)> {
    let lines = page.commands().into_iter().filter(|command| command.starts_with("curl "));
    let named: Vec<(String, String)> = lines
        .map(|line| {
            (registers(&line).unwrap_or_else(|| panic!("{}: {line:?} registers nothing", page.name)), line)
        })
        .collect();
    assert!(!named.is_empty(), "{} has no line that registers", page.name);
    named
}

#[test]
fn each_provider_has_a_page() {
    let pages: Vec<String> = Page::all().into_iter().map(|page| page.name).collect();
    for provider in PROVIDERS {
        assert!(pages.iter().any(|page| page == provider), "{provider} has no page: {pages:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_curl_line_registers_and_with_a_wrong_key_says_what_to_do() {
    for page in Page::all() {
        let provider = StandIn::start(&stand_in(&page.name, KEY)).await;
        let rig = Rig::open().await;
        for (name, line) in registrations(&page) {
            let text = typed(elsewhere(&line, &rig.url, &provider.url, KEY)).await;
            let view: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (&view["name"], &view["status"]),
                (&name.as_str().into(), &"healthy".into()),
                "{line}: {text}"
            );
            assert!(view["tools"].as_array().is_some_and(|tools| !tools.is_empty()), "{line}: {text}");
            let older = line.split('"').any(|word| word.ends_with("/sse"));
            let transport = if older { "sse" } else { "streamable_http" };
            assert_eq!(view["transport"], transport, "{line}: {text}");
            assert!(!text.contains(KEY), "{line} shows the key: {text}");
            assert!(rig.gateway.deregister(&name).await.unwrap());
            assert_eq!(rig.ids(), Vec::<String>::new(), "{line}");

            // Another's key, none, and the placeholder left as it was.
            for wrong in ["wr0ng-s3cret-key", "", "YOUR_KEY"] {
                let text = typed(elsewhere(&line, &rig.url, &provider.url, wrong)).await;
                let view: Value = serde_json::from_str(&text).unwrap();
                let reason = view["reason"].as_str().unwrap_or_default();
                assert_eq!(view["status"], "unreachable", "{line} with {wrong:?}: {text}");
                assert!(reason.contains("key"), "{line} with {wrong:?}: {reason}");
                assert!(wrong.is_empty() || !text.contains(wrong), "{line} shows the key: {text}");
                assert!(rig.gateway.deregister(&name).await.unwrap());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_every_shape_are_taken() {
    let shapes = [
        ("/api/mcp/s/KEY/mcp", TransportChoice::StreamableHttp),
        ("/api/mcp/s/KEY/sse", TransportChoice::Sse),
        ("/mcp/?strata_id=KEY", TransportChoice::StreamableHttp),
        ("/sse?instance_id=KEY", TransportChoice::Sse),
        ("/KEY/sse", TransportChoice::Sse),
        ("/api/v1/connect?token=KEY", TransportChoice::StreamableHttp),
    ];
    let with_key = |shape: &str| shape.replace("KEY", KEY);
    let mut arguments = super::arguments(["--tools", "read:gmail_find_email", "--paths"]);
    arguments.extend(shapes.iter().map(|(shape, _)| with_key(shape)));
    arguments.push("--sse".to_owned());
    let older = shapes.iter().filter(|(_, transport)| *transport == TransportChoice::Sse);
    arguments.extend(older.map(|(shape, _)| with_key(shape)));
    let provider = StandIn::start(&arguments).await;
    let rig = Rig::open().await;
    for (nth, (shape, transport)) in shapes.into_iter().enumerate() {
        let url = format!("{}{}", provider.url, with_key(shape));
        let view = rig.register(Registration::new(format!("shape-{nth}"), url)).await;
        assert_eq!((view.transport, view.tools.len()), (transport, 1), "{shape}");
        assert_eq!(view.url, format!("{}/…", provider.url), "{shape}");
        let found =
            rig.answer(&format!("shape-{nth}__gmail_find_email"), serde_json::json!({"query": "rent"})).await;
        assert_eq!(found, "Found for rent: one.", "{shape}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_header_is_needed_and_is_not_shown() {
    for page in ["infobip", "home-automation"] {
        let provider = StandIn::start(&stand_in(page, KEY)).await;
        let rig = Rig::open().await;
        for (nth, (address, _)) in offers::addresses(page, KEY).into_iter().enumerate() {
            let bare = Registration::new(format!("without-{nth}"), format!("{}{address}", provider.url));
            let without = rig.gateway.register(bare.clone()).await.unwrap().view;
            assert_eq!(without.status, Status::Unreachable, "{page} {address}");
            assert!(without.reason.as_ref().is_some_and(|reason| reason.contains("header")), "{without:?}");
            let mut with = Registration { name: format!("with-{nth}"), ..bare };
            let (name, value) = offers::header(page, KEY).unwrap();
            with.headers.insert(name.to_owned(), value);
            let with = rig.register(with).await;
            assert_eq!(with.header_names, ["authorization"]);
            assert!(!format!("{with:?}").contains(KEY));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_in_the_environment_is_asked_for_by_its_name() {
    let rig = Rig::open().await;
    let mut registration = Registration::new("infobip-sms", "http://127.0.0.1:9/sms");
    registration.headers.insert("Authorization".to_owned(), "App env:NOBODY_SETS_THIS".to_owned());
    for registration in [registration, Registration::new("zapier", "env:NOBODY_SETS_THIS")] {
        let view = rig.gateway.register(registration).await.unwrap().view;
        let wanted = "environment variable NOBODY_SETS_THIS is not set, set it where HomePilot starts and start it again";
        assert_eq!((view.status, view.reason.as_deref()), (Status::Unreachable, Some(wanted)));
    }
}
