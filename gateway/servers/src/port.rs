//! A port of this program: HTTP/1.1 with its upgrades, to clients that may be slow, silent or too many.
//!
//! What a client can hold is bounded, and ends by itself: a request's head comes whole within [`Limits::head`], which is also how
//! long a connection may idle; its body comes without a pause of [`Limits::pause`] and whole within [`Limits::body`], or it is
//! answered 408; and beyond [`Limits::connections`] a connection is answered 503 and closed. A connection that was upgraded is
//! not counted: whoever took it bounds it. HTTP/2 is not spoken, so nothing of it needs a bound.

mod slow;
#[cfg(test)]
mod tests;

use std::{
    convert::Infallible,
    future::ready,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
    response::{IntoResponse as _, Response},
    serve::Listener,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;

use slow::Patient;

/// How long one that is turned away may take to hear why.
const TURNING_AWAY: Duration = Duration::from_secs(2);
/// Connections that are told why at a time; more are closed without a word.
const MOST_TURNED_AWAY: usize = 32;

/// What a client of a port may hold, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// From a connection's begin, or the end of an answer, to the end of the next request's head.
    pub head: Duration,
    /// From one piece of a request's body to the next.
    pub pause: Duration,
    /// From a request's head to the end of its body.
    pub body: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(10),
            pause: Duration::from_secs(30),
            body: Duration::from_secs(5 * 60),
        }
    }
}

/// Serves `router` until `stop`; what is being answered then is answered first. Handlers find what `who` says of a connection as
/// [`ConnectInfo`]. Dropping the future cuts all connections that were not upgraded.
pub async fn serve<L, C>(
    mut listener: L,
    router: Router,
    who: impl Fn(&L::Io, &L::Addr) -> C,
    limits: Limits,
    stop: CancellationToken,
) where
    L: Listener,
    C: Clone + Send + Sync + 'static,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut connections = JoinSet::<()>::new();
    let mut turned_away = JoinSet::<()>::new();
    loop {
        let (io, from) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            // A handler that panicked has said so itself.
            Some(_) = connections.join_next() => continue,
            Some(_) = turned_away.join_next() => continue,
        };
        if connections.len() >= limits.connections {
            if turned_away.len() < MOST_TURNED_AWAY {
                let why = move |_: Request<Incoming>| ready(Ok::<_, Infallible>(full(limits)));
                let telling = http.serve_connection(TokioIo::new(io), service_fn(why));
                // Whether it was heard or not, the connection ends.
                turned_away.spawn(async move { drop(timeout(TURNING_AWAY, telling).await) });
            }
            continue;
        }
        let (seen, router, stop) = (who(&io, &from), router.clone(), stop.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(seen.clone()));
            answer(router.clone(), request, limits)
        });
        let connection = http.serve_connection(TokioIo::new(io), service).with_upgrades();
        connections.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection was cut");
            }
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Answers one request; one whose body was given up is told why, whatever the handler made of it.
async fn answer(
    mut router: Router,
    request: Request<Incoming>,
    limits: Limits,
) -> Result<Response, Infallible> {
    let late = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| Patient::new(body, limits, late.clone()));
    let response = router.call(request).await?;
    Ok(if late.load(Ordering::Acquire) { too_slow(limits) } else { response })
}

fn too_slow(Limits { pause, body, .. }: Limits) -> Response {
    let message = format!(
        "the request's body came too slowly: it may pause for {} seconds and take {} in all; nothing was done, send it again",
        pause.as_secs(),
        body.as_secs()
    );
    refusal(StatusCode::REQUEST_TIMEOUT, "too_slow", &message)
}

fn full(Limits { connections, .. }: Limits) -> Response {
    let message =
        format!("{connections} connections are open to this port already: close some and try again");
    refusal(StatusCode::SERVICE_UNAVAILABLE, "too_many_connections", &message)
}

/// In the shape of all errors of the HTTP API; the connection ends with it.
fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"error": {"code": code, "message": message, "details": {}}});
    (status, [(header::CONNECTION, "close")], Json(body)).into_response()
}
