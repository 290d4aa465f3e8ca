use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;

use super::*;

fn told(stages: Vec<Work>) -> Vec<SpanData> {
    let (traces, spans) = Traces::kept(false);
    let began = Instant::now();
    let at = |number: usize| began + Duration::from_millis(10 * number as u64);
    let stage = |(number, work)| Stage { work, began: at(number), ended: at(number + 1) };
    let stages: Vec<Stage> = stages.into_iter().enumerate().map(stage).collect();
    let turn =
        Turn { session: "s".into(), persona: "assistant".into(), began, ended: at(stages.len()), stages };
    traces.tell(&turn);
    spans.get_finished_spans().unwrap()
}

fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.to_string())
}

#[test]
fn a_turn_is_one_root_with_its_stages_below_it_in_their_time() {
    let plan = Work::Plan { model: "m".into(), ahead: true, tokens: (900, 24) };
    let mut spans = told(vec![Work::Endpoint(EndedBy::Button), plan, Work::FirstAudio]);
    spans.sort_by_key(|span| (span.parent_span_id != SpanId::INVALID, span.start_time));
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["invoke_agent assistant", "voice.endpoint", "chat m", "voice.first_audio"]);
    let root = spans[0].span_context.clone();
    for span in &spans[1..] {
        assert_eq!(span.parent_span_id, root.span_id());
        assert_eq!(span.span_context.trace_id(), root.trace_id());
        assert!(span.start_time >= spans[0].start_time && span.end_time <= spans[0].end_time);
        assert_eq!(span.end_time.duration_since(span.start_time).unwrap(), Duration::from_millis(10));
    }
    assert_eq!(attribute(&spans[2], "gen_ai.usage.input_tokens").as_deref(), Some("900"));
    assert_eq!(attribute(&spans[2], "gen_ai.usage.output_tokens").as_deref(), Some("24"));
}

#[test]
fn a_call_that_did_not_succeed_is_an_error_of_its_kind() {
    let call = |outcome| Work::Call { server: "s".into(), tool: "t".into(), outcome, arguments: None };
    for (outcome, fault) in [
        (Some("succeeded"), None),
        (Some("asks"), None),
        (Some("failed"), Some("failed")),
        (None, Some("unknown")),
    ] {
        let spans = told(vec![call(outcome)]);
        let span = spans.iter().find(|span| span.name == "execute_tool t").unwrap();
        assert_eq!(attribute(span, "error.type").as_deref(), fault);
        assert_eq!(span.status, fault.map_or(Status::Unset, Status::error));
    }
}
