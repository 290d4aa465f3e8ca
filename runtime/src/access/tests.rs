use std::{net::IpAddr, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request, header},
    middleware::from_fn_with_state,
};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tempfile::TempDir;
use tower_service::Service as _;

use super::*;
use crate::tls::Peer;

/// This machine's address in its network, and somebody else's there.
const OURS: &str = "192.168.1.5";
const THEIRS: &str = "192.168.1.9";

struct House {
    access: Access,
    _folder: TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let access = Access::open(&folder.path().join("homepilot.db")).await.unwrap();
        Self { access, _folder: folder }
    }

    /// A device with these scopes, and its token.
    async fn paired(&self, scopes: &str) -> (Device, String) {
        let code = self.access.invite(scopes.parse().unwrap(), Instant::now());
        let (device, token) = self.access.pair(&code, "Kim's phone", Instant::now()).await.unwrap();
        (device, token.expose_secret().to_owned())
    }

    /// Status, error code and caller's name of a request to the runtime's port.
    async fn ask(&self, from: Peer, request: Request<Body>) -> (u16, String) {
        let seen = async |Extension(caller): Extension<Caller>| match caller {
            Caller::Here => "here".to_owned(),
            Caller::Stranger(_) => "stranger".to_owned(),
            Caller::Paired(_, device) => device.name.clone(),
        };
        let guarding = Guard { access: self.access.clone(), needs: seen_as_runtime };
        let mut router: Router = Router::new().fallback(seen).layer(from_fn_with_state(guarding, guard));
        let mut request = request;
        request.extensions_mut().insert(ConnectInfo(from));
        let response = router.call(request).await.unwrap();
        let status = response.status().as_u16();
        let text = to_bytes(response.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        let code = serde_json::from_str::<Value>(&text).ok();
        let code = code.and_then(|body| body["error"]["code"].as_str().map(str::to_owned));
        (status, code.unwrap_or(text))
    }
}

fn peer(from: &str, secure: bool) -> Peer {
    let from: IpAddr = from.parse().unwrap();
    let at = if from.is_loopback() { from } else { OURS.parse().unwrap() };
    Peer { from, at, secure }
}

fn get(path: &str, headers: &[(header::HeaderName, &str)]) -> Request<Body> {
    let mut request = Request::builder().uri(path);
    if !headers.iter().any(|(name, _)| *name == header::HOST) {
        request = request.header(header::HOST, "localhost:8000");
    }
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.body(Body::empty()).unwrap()
}

#[test]
fn scopes_are_words_with_commas() {
    let scopes: Scopes = "approve, talk,talk".parse().unwrap();
    assert_eq!(scopes.to_string(), "talk,approve");
    assert!(scopes.allow(Scope::Talk) && !scopes.allow(Scope::Register));
    assert!("admin".parse::<Scopes>().unwrap().allow(Scope::Register));
    let wrong = "talk,everything".parse::<Scopes>().unwrap_err().to_string();
    assert!(wrong.contains("\"everything\"") && wrong.contains("register"), "{wrong}");
    assert!("".parse::<Scopes>().is_err());
}

#[tokio::test]
async fn a_code_lets_one_device_in() {
    let house = House::new().await;
    let now = Instant::now();
    let code = house.access.invite("talk".parse().unwrap(), now);
    assert_eq!(code.len(), 9, "{code}");
    let written = code.to_lowercase().replace('-', " ");
    let (device, token) = house.access.pair(&written, " Kim's phone ", now).await.unwrap();
    assert_eq!((device.name.as_str(), device.scopes.to_string().as_str()), ("Kim's phone", "talk"));
    assert!(token.expose_secret().len() >= 60);
    assert!(matches!(house.access.pair(&code, "another", now).await, Err(PairError::Code)), "used");
    assert_eq!(house.access.devices().await.unwrap(), [device]);
}

#[tokio::test]
async fn a_code_is_given_up_after_its_time_and_after_five_wrong_tries() {
    let house = House::new().await;
    let now = Instant::now();
    let code = house.access.invite(Scopes::default(), now);
    assert!(matches!(house.access.pair(&code, "late", now + CODE_HOLDS).await, Err(PairError::Code)));
    for name in ["", "a\u{202e}b", &"x".repeat(LONGEST_NAME + 1)] {
        assert!(matches!(house.access.pair(&code, name, now).await, Err(PairError::Name)), "{name:?}");
    }
    for _ in 0..MOST_WRONG - 1 {
        assert!(matches!(house.access.pair("AAAA-AAAA", "guess", now).await, Err(PairError::Code)));
    }
    let again = house.access.invite(Scopes::default(), now);
    assert!(matches!(house.access.pair(&code, "old", now).await, Err(PairError::Code)), "replaced");
    for _ in 0..MOST_WRONG - 1 {
        assert!(matches!(house.access.pair("AAAA-AAAA", "guess", now).await, Err(PairError::Code)));
    }
    assert!(matches!(house.access.pair(&again, "right, too late", now).await, Err(PairError::Code)));
    assert!(house.access.devices().await.unwrap().is_empty());
}

#[tokio::test]
async fn this_machine_is_asked_for_no_token_and_pages_of_others_are_not_answered() {
    let house = House::new().await;
    let local = async |from: &str, headers: &[(header::HeaderName, &str)]| {
        house.ask(peer(from, false), get("/v1/agentic/audit", headers)).await
    };
    assert_eq!(local("127.0.0.1", &[]).await, (200, "here".to_owned()));
    assert_eq!(local("::1", &[]).await, (200, "here".to_owned()));
    // By its address in the network, from itself.
    assert_eq!(local(OURS, &[(header::HOST, "192.168.1.5:8000")]).await, (200, "here".to_owned()));
    let rebound = local("127.0.0.1", &[(header::HOST, "evil.example:8000")]).await;
    assert_eq!(rebound, (403, "foreign_host".to_owned()));
    let page = local("127.0.0.1", &[(header::ORIGIN, "https://evil.example")]).await;
    assert_eq!(page, (403, "foreign_origin".to_owned()));
    // A proxy on this machine speaks for somebody elsewhere.
    let passed_on = local("127.0.0.1", &[("x-forwarded-for".parse().unwrap(), "203.0.113.4")]).await;
    assert_eq!(passed_on, (403, "tls_needed".to_owned()));
}

#[tokio::test]
async fn elsewhere_counts_a_token_over_tls_whatever_the_host_says() {
    let house = House::new().await;
    let (_, token) = house.paired("talk,approve").await;
    let bearer = format!("Bearer {token}");
    let cookie = format!("other=1; {COOKIE}={token}");
    let ask = async |secure: bool, path: &str, headers: &[(header::HeaderName, &str)]| {
        house.ask(peer(THEIRS, secure), get(path, headers)).await
    };
    // The host that a local program would send helps nobody.
    assert_eq!(ask(false, "/v1/models", &[]).await, (403, "tls_needed".to_owned()));
    assert_eq!(ask(false, "/v1/models", &[(header::AUTHORIZATION, &bearer)]).await.0, 403);
    assert_eq!(ask(true, "/v1/models", &[]).await, (401, "not_paired".to_owned()));
    for path in ["/", "/assets/app.js", "/health", "/v1/access", "/v1/access/pair"] {
        assert_eq!(ask(true, path, &[]).await, (200, "stranger".to_owned()), "{path}");
    }
    for shown in [(header::AUTHORIZATION, bearer.as_str()), (header::COOKIE, cookie.as_str())] {
        assert_eq!(ask(true, "/v1/models", &[shown]).await, (200, "Kim's phone".to_owned()));
    }
    let host = (header::HOST, "pilot.local:8000");
    let own = [host.clone(), (header::COOKIE, cookie.as_str()), (header::ORIGIN, "https://pilot.local:8000")];
    assert_eq!(ask(true, "/v1/realtime", &own).await, (200, "Kim's phone".to_owned()));
    for origin in ["https://evil.example", "null", "http://pilot.local:8000", "https://pilot.local"] {
        let foreign = [host.clone(), (header::COOKIE, cookie.as_str()), (header::ORIGIN, origin)];
        assert_eq!(ask(true, "/v1/realtime", &foreign).await, (403, "foreign_origin".to_owned()), "{origin}");
    }
}

#[tokio::test]
async fn a_device_does_what_its_scopes_say_until_it_is_removed() {
    let house = House::new().await;
    let (device, token) = house.paired("talk").await;
    let bearer = format!("Bearer {token}");
    let ask = async |path: &str| {
        house.ask(peer(THEIRS, true), get(path, &[(header::AUTHORIZATION, &bearer)])).await
    };
    assert_eq!(ask("/v1/realtime").await.0, 200);
    for path in ["/v1/agentic/approvals", "/v1/agentic/audit", "/v1/access/devices", "/metrics"] {
        assert_eq!(ask(path).await, (403, "scope_missing".to_owned()), "{path}");
    }
    let caller = Caller::Paired(house.access.clone(), Arc::new(device.clone()));
    assert!(tokio::time::timeout(Duration::from_millis(50), caller.removed()).await.is_err());
    let (removed, ()) = tokio::join!(house.access.remove(&device.id), caller.removed());
    assert!(removed.unwrap());
    assert_eq!(ask("/v1/realtime").await, (401, "not_paired".to_owned()));
    assert!(!house.access.remove(&device.id).await.unwrap());
}

#[tokio::test]
async fn who_guesses_tokens_waits() {
    let house = House::new().await;
    let (_, token) = house.paired("talk").await;
    let guess = async |token: &str| {
        let bearer = format!("Bearer {token}");
        house.ask(peer(THEIRS, true), get("/v1/models", &[(header::AUTHORIZATION, &bearer)])).await
    };
    for _ in 0..throttle::MOST_FAILURES - 1 {
        assert_eq!(guess("guess").await, (401, "not_paired".to_owned()));
    }
    assert_eq!(guess("guess").await, (429, "too_many_tries".to_owned()));
    assert_eq!(guess(&token).await.0, 200, "who is paired is not kept out by others behind its address");
}

#[test]
fn every_route_needs_what_it_does() {
    let of = |method: &Method, path: &str| seen_as_runtime(method, path);
    let (get, post) = (&Method::GET, &Method::POST);
    for path in [
        "/v1/personas",
        "/v1/personas/kids",
        "/v1/agentic/status",
        "/v1/agentic/servers",
        "/v1/agentic/catalog",
    ] {
        assert_eq!(of(get, path), Some(Scope::Talk), "{path}");
    }
    for path in ["/v1/realtime", "/v1/audio/speech", "/v1/agentic/invoke"] {
        assert_eq!(of(post, path), Some(Scope::Talk), "{path}");
    }
    for path in ["/v1/agentic/register/tool", "/v1/agentic/servers/gmail/refresh", "/v1/agentic/models/fetch"]
    {
        assert_eq!(of(post, path), Some(Scope::Register), "{path}");
    }
    assert_eq!(of(post, "/v1/agentic/approvals/7"), Some(Scope::Approve));
    for path in
        ["/v1/personas", "/v1/agentic/policy", "/v1/access/codes", "/v1/agentic/auditor", "/v1/realtimes"]
    {
        assert_eq!(of(post, path), Some(Scope::Admin), "{path}");
    }
    assert_eq!(seen_as_gateway(post, "/mcp"), Some(Scope::Approve));
    assert_eq!(seen_as_gateway(post, "/api/servers"), Some(Scope::Register));
    assert_eq!(seen_as_gateway(get, "/metrics"), Some(Scope::Admin));
}
