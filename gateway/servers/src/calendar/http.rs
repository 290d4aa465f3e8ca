//! How the calendar's server is talked to: libdav's requests, carried by reqwest.
//!
//! The password goes with every request, so a request goes only where its credentials may: to the origin that was set, or,
//! where that is `https`, to another `https` origin that the server itself named (iCloud does). Redirects are not followed
//! here; discovery does so where the protocol says it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response, Uri};
use reqwest::{Body, Certificate, Client, redirect};
use secrecy::{ExposeSecret, SecretString};
use tower_service::Service;

/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long an answer may take in all.
const ANSWERING: Duration = Duration::from_secs(20);
/// The largest answer, in bytes: a year of a full calendar has a tenth of it.
const LARGEST: usize = 16 * 1024 * 1024;

/// Carries requests with the account's name and password. It has no `Debug`.
#[derive(Clone)]
pub(super) struct Carrier {
    client: Client,
    /// The address that was set.
    home: Uri,
    user: String,
    password: SecretString,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum CarryError {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error("the answer has more than {} MB", LARGEST / 1024 / 1024)]
    Large,
    #[error("the password must not be sent to {host}")]
    Elsewhere { host: String },
}

impl CarryError {
    /// Whether the request surely has not arrived.
    pub fn not_sent(&self) -> bool {
        match self {
            CarryError::Request(error) => error.is_connect() || error.is_builder(),
            CarryError::Elsewhere { .. } => true,
            CarryError::Large => false,
        }
    }

    /// Whether the time was up.
    pub fn slow(&self) -> bool {
        match self {
            CarryError::Request(error) => error.is_timeout(),
            CarryError::Large | CarryError::Elsewhere { .. } => false,
        }
    }
}

impl Carrier {
    /// For an account; `authorities` are trusted beside the system's.
    pub fn new(
        home: Uri,
        user: &str,
        password: SecretString,
        authorities: Vec<Certificate>,
    ) -> Result<Carrier, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECTING)
            .timeout(ANSWERING)
            .redirect(redirect::Policy::none())
            .tls_certs_merge(authorities)
            .user_agent(concat!("homepilot/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Carrier { client, home, user: user.to_owned(), password })
    }

    /// Whether the password may go there.
    pub fn trusts(&self, place: &Uri) -> bool {
        let secure = |uri: &Uri| uri.scheme_str() == Some("https");
        let same = place.scheme() == self.home.scheme() && origin(place) == origin(&self.home);
        same || (secure(place) && secure(&self.home))
    }
}

/// Host and port.
fn origin(uri: &Uri) -> (Option<String>, u16) {
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    (uri.host().map(str::to_lowercase), uri.port_u16().unwrap_or(usual))
}

impl Service<Request<String>> for Carrier {
    type Response = Response<Body>;
    type Error = CarryError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, CarryError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CarryError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let (parts, body) = request.into_parts();
        if !self.trusts(&parts.uri) {
            let host = parts.uri.host().unwrap_or_default().to_owned();
            let refused: Result<Response<Body>, CarryError> = Err(CarryError::Elsewhere { host });
            return Box::pin(std::future::ready(refused));
        }
        let request = self
            .client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            .body(body);
        Box::pin(async move {
            let mut answer = request.send().await?;
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                if body.len() + chunk.len() > LARGEST {
                    return Err(CarryError::Large);
                }
                body.extend_from_slice(&chunk);
            }
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = answer.status();
            *response.headers_mut() = std::mem::take(answer.headers_mut());
            Ok(response)
        })
    }
}
