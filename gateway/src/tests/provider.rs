//! An authorization server and an MCP server that believes nobody else's tokens. Both check what a client has to do: PKCE,
//! redirect addresses, the resource, one use of codes and of refresh tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::{Body, to_bytes};
use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use super::peer::Shop;

type Fields = BTreeMap<String, String>;

/// Both servers, on ports of their own.
pub(super) struct Provider {
    resource: SocketAddr,
    books: Arc<Mutex<Books>>,
    serving: [JoinHandle<()>; 2],
}

/// What the authorization server knows, and how it behaves.
#[derive(Default)]
pub(super) struct Books {
    issuer: String,
    resource: String,
    clients: BTreeMap<String, Option<String>>,
    codes: BTreeMap<String, Fields>,
    /// Tokens that are good, and for what.
    access: BTreeMap<String, BTreeSet<String>>,
    refresh: BTreeMap<String, String>,
    issued: usize,
    /// What was asked for in each authorization.
    pub(super) asked: Vec<String>,
    pub(super) refreshed: usize,
    pub(super) registered: usize,
    /// Answers to authorizations come from somebody else.
    pub(super) wrong_issuer: bool,
    /// The person says no.
    pub(super) deny: bool,
    /// What a call needs.
    pub(super) call_scope: Option<&'static str>,
    /// The authorization server that the resource names instead of this one.
    pub(super) elsewhere: Option<&'static str>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

impl Provider {
    pub(super) async fn start() -> Self {
        let bind = || tokio::net::TcpListener::bind("127.0.0.1:0");
        let (at_issuer, at_resource) = (bind().await.unwrap(), bind().await.unwrap());
        let resource = at_resource.local_addr().unwrap();
        let books = Books {
            issuer: format!("http://{}", at_issuer.local_addr().unwrap()),
            resource: format!("http://{resource}/mcp"),
            ..Books::default()
        };
        let books = Arc::new(Mutex::new(books));
        let issuer = Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata))
            .route("/register", post(register))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(books.clone());
        let shop = Shop::new();
        let mcp = StreamableHttpService::new(
            move || Ok(shop.clone()),
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        let guarded = Router::new()
            .nest_service("/mcp", mcp)
            .layer(middleware::from_fn_with_state(books.clone(), guard))
            .route("/.well-known/oauth-protected-resource/mcp", get(resource_metadata))
            .with_state(books.clone());
        let serving = [
            tokio::spawn(async move { axum::serve(at_issuer, issuer).await.unwrap() }),
            tokio::spawn(async move { axum::serve(at_resource, guarded).await.unwrap() }),
        ];
        Self { resource, books, serving }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/mcp", self.resource)
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }
}

impl Books {
    /// A client that was made by hand.
    pub(super) fn know(&mut self, client_id: &str, secret: &str) {
        self.clients.insert(client_id.into(), Some(secret.into()));
    }

    /// Access tokens are good no more.
    pub(super) fn expire_access(&mut self) {
        self.access.clear();
    }

    /// Nor are refresh tokens.
    pub(super) fn revoke(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }

    /// Every token that is good now.
    pub(super) fn secrets(&self) -> Vec<String> {
        self.access.keys().chain(self.refresh.keys()).cloned().collect()
    }

    fn issue(&mut self, scope: &str, with_refresh: bool) -> Value {
        self.issued += 1;
        let access = format!("access-{}-SECRET", self.issued);
        self.access.insert(access.clone(), scope.split_whitespace().map(str::to_owned).collect());
        let mut answer =
            json!({"access_token": access, "token_type": "Bearer", "expires_in": 3600, "scope": scope});
        if with_refresh {
            let refresh = format!("refresh-{}-SECRET", self.issued);
            self.refresh.insert(refresh.clone(), scope.to_owned());
            answer["refresh_token"] = json!(refresh);
        }
        answer
    }

    fn challenge(&self, more: &str) -> String {
        let base = self.resource.trim_end_matches("/mcp");
        format!("Bearer resource_metadata=\"{base}/.well-known/oauth-protected-resource/mcp\"{more}")
    }
}

type Shared = State<Arc<Mutex<Books>>>;

async fn metadata(State(books): Shared) -> Json<Value> {
    let issuer = books.lock().unwrap().issuer.clone();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "registration_endpoint": format!("{issuer}/register"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn resource_metadata(State(books): Shared) -> Json<Value> {
    let books = books.lock().unwrap();
    let server = books.elsewhere.unwrap_or(&books.issuer);
    Json(
        json!({"resource": books.resource, "authorization_servers": [server], "scopes_supported": ["basic"]}),
    )
}

async fn register(State(books): Shared, Json(request): Json<Value>) -> Response {
    let mut books = books.lock().unwrap();
    books.registered += 1;
    let client_id = format!("client-{}", books.registered);
    books.clients.insert(client_id.clone(), None);
    let answer = json!({"client_id": client_id, "redirect_uris": request["redirect_uris"]});
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn authorize(State(books): Shared, Query(asked): Query<Fields>) -> Response {
    let mut books = books.lock().unwrap();
    assert!(books.clients.contains_key(&asked["client_id"]), "an unknown client");
    assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
    assert_eq!(asked["resource"], books.resource);
    books.asked.push(asked.get("scope").cloned().unwrap_or_default());
    let issuer = if books.wrong_issuer { "http://127.0.0.1:1".to_owned() } else { books.issuer.clone() };
    let mut back = url::Url::parse(&asked["redirect_uri"]).unwrap();
    back.query_pairs_mut().append_pair("state", &asked["state"]).append_pair("iss", &issuer);
    if books.deny {
        back.query_pairs_mut().append_pair("error", "access_denied<b>");
    } else {
        let code = format!("code-{}-SECRET", books.asked.len());
        back.query_pairs_mut().append_pair("code", &code);
        books.codes.insert(code, asked);
    }
    Redirect::to(back.as_str()).into_response()
}

async fn token(State(books): Shared, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let mut books = books.lock().unwrap();
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    let Some(client) = client(&books, &headers, &form) else { return refused("invalid_client") };
    assert_eq!(form["resource"], books.resource);
    let answer = match form["grant_type"].as_str() {
        "authorization_code" => {
            let Some(asked) = books.codes.remove(&form["code"]) else { return refused("invalid_grant") };
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
            let fits = challenge == asked["code_challenge"]
                && client == asked["client_id"]
                && form["redirect_uri"] == asked["redirect_uri"];
            if !fits {
                return refused("invalid_grant");
            }
            books.issue(asked.get("scope").map_or("", String::as_str), true)
        }
        "refresh_token" => {
            books.refreshed += 1;
            let Some(scope) = books.refresh.remove(&form["refresh_token"]) else {
                return refused("invalid_grant");
            };
            books.issue(&scope, true)
        }
        "client_credentials" => books.issue(form.get("scope").map_or("", String::as_str), false),
        _ => return refused("unsupported_grant_type"),
    };
    Json(answer).into_response()
}

/// The client that asks, if it is who it says.
fn client(books: &Books, headers: &HeaderMap, form: &Fields) -> Option<String> {
    let basic = headers.get(header::AUTHORIZATION).map(|value| {
        let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let plain = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
        let (id, secret) = plain.split_once(':').unwrap();
        (id.to_owned(), Some(secret.to_owned()))
    });
    let in_form = || Some((form.get("client_id")?.clone(), form.get("client_secret").cloned()));
    let (id, secret) = basic.or_else(in_form)?;
    (*books.clients.get(&id)? == secret).then_some(id)
}

/// The resource's own check of each request.
async fn guard(State(books): Shared, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let method = serde_json::from_slice::<Value>(&bytes)
        .ok()
        .and_then(|body| body["method"].as_str().map(str::to_owned));
    let sent =
        parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let refusal = {
        let books = books.lock().unwrap();
        let needed = books.call_scope.filter(|_| method.as_deref() == Some("tools/call"));
        match (sent.strip_prefix("Bearer ").and_then(|token| books.access.get(token)), needed) {
            (None, _) => Some((StatusCode::UNAUTHORIZED, books.challenge(""))),
            (Some(scopes), Some(needed)) if !scopes.contains(needed) => {
                let more = format!(", error=\"insufficient_scope\", scope=\"{needed}\"");
                Some((StatusCode::FORBIDDEN, books.challenge(&more)))
            }
            (Some(_), _) => None,
        }
    };
    match refusal {
        Some((status, challenge)) => (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response(),
        None => next.run(Request::from_parts(parts, Body::from(bytes))).await,
    }
}
