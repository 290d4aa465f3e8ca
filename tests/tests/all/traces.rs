//! What a collector is told of a spoken turn, over the network and in the encoding that it comes in by default.

use axum::{Router, body::Bytes, routing::post};
use homepilot::{session::Output, trace, turn::State};
use homepilot_tests::{
    server::{Home, Server},
    speaking::{Person, silence, spoken},
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message as _;
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

/// A collector: its address, and what it is sent.
async fn collector(serving: &mut JoinSet<()>) -> (String, mpsc::Receiver<Bytes>) {
    let (tell, told) = mpsc::channel(64);
    let take = move |body: Bytes| {
        let tell = tell.clone();
        async move { tell.send(body).await.unwrap() }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", post(take));
    serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, told)
}

fn text(span: &Span, name: &str) -> Option<String> {
    let value = &span.attributes.iter().find(|attribute| attribute.key == name)?.value;
    match value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoken_turn_is_one_tree_of_stages_without_a_word_of_it() {
    let mut serving = JoinSet::new();
    let (url, mut told) = collector(&mut serving).await;
    let asked_for = |settings: &mut homepilot::config::Settings| {
        settings.trace = Some(trace::Options { url, content: false });
    };
    let server = Server::start_with(Home::new().unwrap(), asked_for).await.unwrap();
    let request = spoken(&server, "Remind me to water the garden tomorrow at five.").await.unwrap();
    let request = [silence(200), request, silence(600)].concat();
    let yes = [silence(200), spoken(&server, "Yes, please.").await.unwrap(), silence(200)].concat();
    let mut person = Person::at(&server, "traced").unwrap();
    person.says(&request, |output| matches!(output, Output::Due { .. })).await.unwrap();
    person.says(&yes, |output| matches!(output, Output::State(State::Idle))).await.unwrap();
    server.app.stop().await;

    let mut spans: Vec<Span> = Vec::new();
    let mut sent = Vec::new();
    while let Ok(body) = told.try_recv() {
        let request = ExportTraceServiceRequest::decode(body.clone()).unwrap();
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        spans.extend(scopes.flat_map(|scope| scope.spans));
        sent.extend_from_slice(&body);
    }
    spans.sort_by_key(|span| (span.start_time_unix_nano, !span.parent_span_id.is_empty()));
    let root = spans.iter().position(|span| span.parent_span_id.is_empty()).expect("a root");
    let root = spans.remove(root);
    assert_eq!(root.name, "invoke_agent assistant");
    assert_eq!(text(&root, "gen_ai.conversation.id").as_deref(), Some("traced"));
    for span in &spans {
        assert_eq!((&span.trace_id, &span.parent_span_id), (&root.trace_id, &root.span_id), "{}", span.name);
        assert!(span.start_time_unix_nano >= root.start_time_unix_nano, "{}", span.name);
        assert!(span.end_time_unix_nano <= root.end_time_unix_nano, "{}", span.name);
    }

    let planner = server.app.engines.ids.planner.to_string();
    let chat = format!("chat {planner}");
    let tool = "execute_tool set_reminder";
    // What is said in between depends on how long it takes.
    let beside = ["voice.endpoint", "voice.synthesize", "voice.first_audio"];
    let (beside, stages): (Vec<&str>, Vec<&str>) =
        spans.iter().map(|span| span.name.as_str()).partition(|name| beside.contains(name));
    assert_eq!(stages, ["voice.transcribe", &chat, "homepilot.approval", "voice.transcribe", tool]);
    for name in ["voice.endpoint", "voice.first_audio"] {
        let count = beside.iter().filter(|stage| **stage == name).count();
        assert_eq!(count, 2, "{name} of the request and of its answer");
    }
    let last = |name: &str| {
        spans.iter().filter(|span| span.name == name).map(|span| span.start_time_unix_nano).max()
    };
    for said_after in ["homepilot.approval", tool] {
        assert!(last("voice.synthesize") > last(said_after), "nothing is said after {said_after}");
    }
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!(text(named(&chat), "gen_ai.operation.name").as_deref(), Some("chat"));
    assert_eq!(text(named(&chat), "gen_ai.request.model"), Some(planner));
    assert!(text(named(&chat), "gen_ai.usage.output_tokens").is_some_and(|tokens| tokens != "0"));
    assert_eq!(text(named("homepilot.approval"), "homepilot.decided_by").as_deref(), Some("voice"));
    assert_eq!(text(named(tool), "gen_ai.tool.name").as_deref(), Some("set_reminder"));

    let sent = String::from_utf8_lossy(&sent);
    for word in ["garden", "water", "five", "17:00"] {
        assert!(!sent.contains(word), "{word} was told");
    }
}
