//! What stands before every route of the two ports: who asks, and whether they may.

use std::{net::IpAddr, sync::Arc, time::Instant};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use homepilot_gateway::{api_error::ApiError, http::check_local_caller};
use homepilot_servers::is_passed_on;

use super::{Access, Device, Scope};
use crate::tls::Peer;

/// The cookie that a paired browser shows; its prefix binds it to this host and to TLS (RFC 6265bis, 4.1.3.2).
pub const COOKIE: &str = "__Host-homepilot";

/// Which scope a request needs; none for what anybody may see.
pub type Needs = fn(&Method, &str) -> Option<Scope>;

/// Who stands before a port.
#[derive(Clone)]
pub struct Guard {
    /// The devices.
    pub access: Access,
    /// What is asked of them.
    pub needs: Needs,
}

/// Who asks.
#[derive(Clone)]
pub enum Caller {
    /// Somebody on this machine, who may do everything.
    Here,
    /// Somebody elsewhere who has shown nothing, at an address.
    Stranger(IpAddr),
    /// A paired device.
    Paired(Access, Arc<Device>),
}

impl Caller {
    /// Whether they may.
    pub fn may(&self, scope: Scope) -> bool {
        match self {
            Caller::Here => true,
            Caller::Stranger(_) => false,
            Caller::Paired(_, device) => device.scopes.allow(scope),
        }
    }

    /// Resolves when they may no longer ask.
    pub async fn removed(&self) {
        match self {
            Caller::Here | Caller::Stranger(_) => std::future::pending().await,
            Caller::Paired(access, device) => access.removed(&device.id).await,
        }
    }
}

/// What the runtime's routes need.
pub fn seen_as_runtime(method: &Method, path: &str) -> Option<Scope> {
    let under =
        |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let reads = *method == Method::GET || *method == Method::HEAD;
    if matches!(path, "/" | "/health" | "/v1/access" | "/v1/access/pair") || path.starts_with("/assets/") {
        return None;
    }
    let talk = ["/v1/realtime", "/v1/audio", "/v1/agentic/invoke"];
    let shown = ["/v1/models", "/v1/personas", "/v1/agentic/status", "/v1/agentic/capabilities"];
    let listed = ["/v1/agentic/catalog", "/v1/agentic/servers"];
    Some(if talk.into_iter().any(under) || reads && shown.into_iter().chain(listed).any(under) {
        Scope::Talk
    } else if under("/v1/agentic/approvals") {
        Scope::Approve
    } else if ["/v1/agentic/register", "/v1/agentic/servers", "/v1/agentic/models"].into_iter().any(under) {
        Scope::Register
    } else {
        // Rules, the journal, the devices, figures, and whatever is added later.
        Scope::Admin
    })
}

/// What the gateway's routes need.
pub fn seen_as_gateway(_: &Method, path: &str) -> Option<Scope> {
    Some(match path {
        "/health" => Scope::Talk,
        // Whoever calls a tool here answers its question too.
        "/mcp" => Scope::Approve,
        _ if path.starts_with("/api/servers") || path.starts_with("/oauth/") => Scope::Register,
        _ => Scope::Admin,
    })
}

/// Middleware: lets through who may, and says to the others what to do. The [`Caller`] is added to the request.
pub(crate) async fn guard(
    State(guard): State<Guard>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let (mut head, body) = request.into_parts();
    match guard.caller(peer, &head).await {
        Ok(caller) => {
            head.extensions.insert(caller);
            next.run(Request::from_parts(head, body)).await
        }
        Err(refusal) => *refusal,
    }
}

impl Guard {
    async fn caller(&self, peer: Peer, request: &Parts) -> Result<Caller, Box<Response>> {
        let refused = |error: ApiError| Box::new(error.into_response());
        let headers = &request.headers;
        if peer.is_here() && !is_passed_on(headers) {
            // A browser of this machine may be showing anybody's page.
            return check_local_caller(headers, &request.uri, Some(peer.at))
                .map(|()| Caller::Here)
                .map_err(refused);
        }
        if !peer.secure {
            return Err(self.plain(request));
        }
        if foreign(headers) {
            let message = "this port answers no requests from other web pages";
            return Err(refused(ApiError::new(StatusCode::FORBIDDEN, "foreign_origin", message)));
        }
        let device = match token(headers) {
            None => None,
            Some(token) => {
                let known =
                    self.access.known(token).await.map_err(|error| refused(ApiError::internal(&error)))?;
                if known.is_none() {
                    self.access.throttle().failed(peer.from, Instant::now());
                }
                known
            }
        };
        if device.is_none() && self.access.throttle().holds(peer.from, Instant::now()) {
            let message = "too many wrong tokens or codes came from this address: try again in a minute";
            let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", message);
            return Err(Box::new(([(header::RETRY_AFTER, "60")], error).into_response()));
        }
        let caller = device.map_or(Caller::Stranger(peer.from), |device| {
            Caller::Paired(self.access.clone(), Arc::new(device))
        });
        match (self.needs)(&request.method, request.uri.path()) {
            None => Ok(caller),
            Some(needed) if caller.may(needed) => Ok(caller),
            Some(_) if matches!(caller, Caller::Stranger(_)) => {
                let message = "only a paired device is answered here: run `homepilot pair` on the machine, open this \
                               address in a browser and give the code, or send a device's token as authorization: \
                               Bearer TOKEN";
                let error = ApiError::new(StatusCode::UNAUTHORIZED, "not_paired", message);
                Err(Box::new(([(header::WWW_AUTHENTICATE, "Bearer")], error).into_response()))
            }
            Some(needed) => {
                let message = format!(
                    "this device may not do that: it was paired without the scope {}; pair it anew with `homepilot pair \
                     --scopes …`",
                    needed.name()
                );
                let error = ApiError::new(StatusCode::FORBIDDEN, "scope_missing", message);
                Err(refused(error.with("scope", needed.name())))
            }
        }
    }

    /// Who asks for the page without TLS is led to it with TLS; nobody else's token crosses the network in the open.
    fn plain(&self, request: &Parts) -> Box<Response> {
        let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        if let (&Method::GET, "/", Some(host)) = (&request.method, request.uri.path(), host)
            && (self.needs)(&Method::GET, "/").is_none()
        {
            return Box::new(Redirect::temporary(&format!("https://{host}/")).into_response());
        }
        let message = "from another machine this port is reached over TLS only: use https:// and wss://";
        Box::new(ApiError::new(StatusCode::FORBIDDEN, "tls_needed", message).into_response())
    }
}

/// Whether another page asks: `Origin` is what the address bar says there, and has to be what it says here.
fn foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let origin = text(header::ORIGIN);
    origin
        .is_some_and(|origin| origin.strip_prefix("https://") != Some(text(header::HOST).unwrap_or_default()))
}

/// What was shown: a bearer token, or our own cookie.
fn token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    bearer.or_else(|| {
        cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value))
    })
}
