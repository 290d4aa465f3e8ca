//! Calls over a pipe in this process.
#![allow(deprecated, reason = "the trait names what servers of 2025-11-25 still do")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rmcp::model::{
    CallToolResponse, ClientCapabilities, ContentBlock, CreateMessageRequestParams, CreateMessageResult,
    ElicitRequestParams, ElicitResult, ListRootsResult, LoggingMessageNotificationParam, NumberOrString,
    ProgressNotificationParam, ProgressToken, ResourceUpdatedNotificationParam, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer, serve_client, serve_server};
use serde_json::json;
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::registry::TransportChoice;
use crate::upstream::{ChangedList, Connected, Listener, Upcalls};

/// Reports progress at every step, so many times, and then answers. Tells of calls that were taken back.
#[derive(Clone)]
struct Slow {
    steps: usize,
    step: Duration,
    taken_back: mpsc::Sender<()>,
}

impl rmcp::ServerHandler for Slow {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        _request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let token = context.meta.get_progress_token().expect("every call has a progress token");
        for step in 1..=self.steps {
            tokio::select! {
                () = sleep(self.step) => {}
                () = context.ct.cancelled() => {
                    self.taken_back.send(()).await.unwrap();
                    return Err(ErrorData::internal_error("taken back", None));
                }
            }
            let progress = ProgressNotificationParam::new(token.clone(), step as f64);
            context.peer.notify_progress(progress).await.unwrap();
        }
        Ok(CallToolResult::success(vec![ContentBlock::text("done")]).into())
    }
}

async fn connect(steps: usize, step: Duration, listener: Listener) -> (Connected, mpsc::Receiver<()>) {
    let (taken_back, heard) = mpsc::channel(1);
    let (here, there) = tokio::io::duplex(64 * 1024);
    let server = async {
        let server = serve_server(Slow { steps, step, taken_back }, there).await.unwrap();
        tokio::spawn(server.waiting());
    };
    let (client, ()) = tokio::join!(serve_client(listener, here), server);
    (Connected::new(client.unwrap(), None, TransportChoice::Stdio), heard)
}

fn tool() -> Tool {
    let raw = json!({"name": "slow", "inputSchema": {"type": "object"}});
    Tool::read("slow".parse().unwrap(), serde_json::from_value(raw).unwrap())
}

fn listener() -> Listener {
    Listener::new(Arc::new(Notify::new()))
}

const HOUR: Duration = Duration::from_secs(3600);
const INSTANT: Duration = Duration::from_millis(10);

async fn call(connected: &Connected, leg: Leg, silence: Duration, in_all: Duration) -> Called {
    let limits = Limits { call: silence, call_total: in_all, ..Limits::default() };
    connected.connection.call(&tool(), Map::new(), leg, &limits).await
}

#[test]
fn patience() {
    let start = Instant::now();
    let second = Duration::from_secs(1);
    let mut patience = Patience::new(start, 60 * second, 600 * second);
    assert_eq!(patience.until(), start + 60 * second);
    patience.sign_of_life(start + 50 * second);
    assert_eq!(patience.until(), start + 110 * second);
    assert_eq!(patience.over(start + 110 * second), Some("no answer within 60s".to_owned()));
    for n in 1..20 {
        patience.sign_of_life(start + n * 30 * second);
        assert_eq!(patience.over(start + n * 30 * second + second), None);
    }
    assert_eq!(patience.until(), start + 600 * second);
    assert_eq!(patience.over(start + 600 * second), Some("no answer within 600s in all".to_owned()));
}

#[tokio::test]
async fn progress_keeps_a_call_alive() {
    // Together the steps take longer than the silence that is allowed.
    let (connected, _taken_back) = connect(8, Duration::from_millis(400), listener()).await;
    let called = call(&connected, Leg::default(), Duration::from_secs(2), HOUR).await;
    assert!(matches!(called, Called::Answered { failed: false, .. }), "{called:?}");
}

#[tokio::test]
async fn silence_ends_it_and_the_server_is_told() {
    let (connected, mut taken_back) = connect(1, HOUR, listener()).await;
    let called = call(&connected, Leg::default(), Duration::from_millis(300), HOUR).await;
    assert!(
        matches!(&called, Called::Unknown { reason } if reason == "no answer within 300ms"),
        "{called:?}"
    );
    taken_back.recv().await.unwrap();
}

#[tokio::test]
async fn a_call_that_only_makes_progress_ends_too() {
    let (connected, mut taken_back) = connect(usize::MAX, INSTANT, listener()).await;
    let called = call(&connected, Leg::default(), HOUR, Duration::from_millis(300)).await;
    assert!(
        matches!(&called, Called::Unknown { reason } if reason == "no answer within 300ms in all"),
        "{called:?}"
    );
    taken_back.recv().await.unwrap();
}

#[tokio::test]
async fn a_dropped_call_is_taken_back() {
    let (sender, mut heard) = mpsc::channel(8);
    let watcher = Arc::new(Watcher(sender));
    let (connected, mut taken_back) = connect(2, INSTANT * 20, listener().with_upcalls(watcher)).await;
    let leg = Leg { meta: Some(RequestMetaObject::with_progress_token(token())), ..Leg::default() };
    tokio::select! {
        called = call(&connected, leg, HOUR, HOUR) => panic!("{called:?}"),
        _ = heard.recv() => {}
    }
    taken_back.recv().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_ended_sends_nothing() {
    let (connected, _taken_back) = connect(1, INSTANT, listener()).await;
    let connection = connected.connection.clone();
    connected.close().await;
    let called = connection.call(&tool(), Map::new(), Leg::default(), &Limits::default()).await;
    assert!(matches!(called, Called::NotSent { .. }), "{called:?}");
}

fn token() -> ProgressToken {
    ProgressToken(NumberOrString::String("theirs".into()))
}

/// Hands on the progress that it hears of.
#[derive(Debug)]
struct Watcher(mpsc::Sender<ProgressNotificationParam>);

#[async_trait]
impl Upcalls for Watcher {
    fn capabilities(&self) -> ClientCapabilities {
        ClientCapabilities::default()
    }

    async fn elicit(
        &self,
        _params: ElicitRequestParams,
        _taken_back: CancellationToken,
    ) -> Result<ElicitResult, ErrorData> {
        Err(ErrorData::internal_error("not asked", None))
    }

    async fn sample(
        &self,
        _params: CreateMessageRequestParams,
        _taken_back: CancellationToken,
    ) -> Result<CreateMessageResult, ErrorData> {
        Err(ErrorData::internal_error("not asked", None))
    }

    async fn roots(&self, _taken_back: CancellationToken) -> Result<ListRootsResult, ErrorData> {
        Err(ErrorData::internal_error("not asked", None))
    }

    async fn log(&self, _params: LoggingMessageNotificationParam) {}

    async fn progress(&self, params: ProgressNotificationParam) {
        self.0.send(params).await.unwrap();
    }

    async fn resource_updated(&self, _params: ResourceUpdatedNotificationParam) {}

    async fn list_changed(&self, _list: ChangedList) {}
}

#[tokio::test]
async fn progress_is_told_under_the_callers_token() {
    let (sender, mut heard) = mpsc::channel(8);
    let (connected, _taken_back) =
        connect(2, INSTANT, listener().with_upcalls(Arc::new(Watcher(sender)))).await;
    let leg = Leg { meta: Some(RequestMetaObject::with_progress_token(token())), ..Leg::default() };
    let called = call(&connected, leg, HOUR, HOUR).await;
    assert!(matches!(called, Called::Answered { .. }), "{called:?}");
    assert_eq!(heard.recv().await.unwrap().progress_token, token());
}
