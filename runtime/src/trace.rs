//! A trace per turn, for whoever asks for one: where the time between a person's last word and the answer goes.
//!
//! Nothing is traced unless an OTLP endpoint is set. A turn is told when it is over: one root span `invoke_agent PERSONA` and
//! a child for each stage, with the names and attributes of OpenTelemetry's conventions for generative AI, and `voice.*` where
//! those have none.
//!
//! Invariants:
//! - What was said and what a tool was called with are in a span only if [`Options::content`] says so. What a tool answered, an
//!   error's text, an address or a key never is.
//! - Telling takes no time from a turn: spans wait in a queue of the exporter's own thread, and are lost when it is full.

mod stage;

use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime},
};

use opentelemetry::{
    Context, KeyValue,
    trace::{SpanBuilder, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_otlp::{
    OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, Protocol, SpanExporter, WithExportConfig,
};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};

pub use stage::{EndedBy, Stage, Work};

/// How long what was not told yet may take when the program stops.
const GRACE: Duration = Duration::from_secs(3);

/// What is told, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Takes `POST`s of OTLP over HTTP, its path included.
    pub url: String,
    /// Whether words that were said and arguments of calls are told too.
    pub content: bool,
}

/// A turn that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The session, as in the audit.
    pub session: String,
    /// The persona's id.
    pub persona: String,
    /// From the last sound of the request, or from when its text came.
    pub began: Instant,
    /// Until nothing was left to do or say.
    pub ended: Instant,
    /// What was done, in the order of its beginnings.
    pub stages: Vec<Stage>,
}

/// Traces can't be told.
#[derive(Debug, thiserror::Error)]
#[error("traces can't be sent: {0}; check trace.endpoint and the variables OTEL_EXPORTER_OTLP_…")]
pub struct TraceError(String);

/// Where turns are told.
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    content: bool,
}

impl Traces {
    /// Gets ready to tell. Nothing is sent before the first turn is over. Headers, timeouts and the encoding come from the
    /// variables of OpenTelemetry's specification.
    ///
    /// # Errors
    /// When the exporter can't use what is set.
    pub fn open(options: &Options) -> Result<Self, TraceError> {
        let mut exporter = SpanExporter::builder().with_http().with_endpoint(&options.url);
        let set = |name: &str| std::env::var_os(name).is_some();
        if !set(OTEL_EXPORTER_OTLP_TRACES_PROTOCOL) && !set(OTEL_EXPORTER_OTLP_PROTOCOL) {
            exporter = exporter.with_protocol(Protocol::HttpBinary);
        }
        let exporter = exporter.build().map_err(|error| TraceError(error.to_string()))?;
        let resource = Resource::builder()
            .with_service_name("homepilot")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        Ok(Self::of(provider, options.content))
    }

    fn of(provider: SdkTracerProvider, content: bool) -> Self {
        Self { tracer: provider.tracer("homepilot"), provider, content }
    }

    /// Told to memory.
    #[cfg(test)]
    pub(crate) fn kept(content: bool) -> (Self, opentelemetry_sdk::trace::InMemorySpanExporter) {
        let spans = opentelemetry_sdk::trace::InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
        (Self::of(provider, content), spans)
    }

    /// Whether words and arguments are told.
    pub fn content(&self) -> bool {
        self.content
    }

    /// Hands a turn over.
    pub fn tell(&self, turn: &Turn) {
        let (instant, time) = (Instant::now(), SystemTime::now());
        // A speech is reckoned to its end, which may lie ahead.
        let at = |moment: Instant| {
            time + moment.saturating_duration_since(instant) - instant.saturating_duration_since(moment)
        };
        let root = self.span(format!("invoke_agent {}", turn.persona), at(turn.began)).with_attributes([
            KeyValue::new("gen_ai.operation.name", "invoke_agent"),
            KeyValue::new("gen_ai.provider.name", "homepilot"),
            KeyValue::new("gen_ai.agent.id", turn.persona.clone()),
            KeyValue::new("gen_ai.conversation.id", turn.session.clone()),
        ]);
        let root = Context::new().with_span(root.start_with_context(&self.tracer, &Context::new()));
        for Stage { work, began, ended } in &turn.stages {
            let span = self.span(work.name(), at(*began)).with_attributes(work.attributes());
            let span = Context::new().with_span(span.start_with_context(&self.tracer, &root));
            if let Some(status) = work.status() {
                span.span().set_status(status);
            }
            span.span().end_with_timestamp(at(*ended));
        }
        root.span().end_with_timestamp(at(turn.ended));
    }

    fn span(&self, name: String, began: SystemTime) -> SpanBuilder {
        self.tracer.span_builder(name).with_kind(SpanKind::Internal).with_start_time(began)
    }

    /// Sends what waits. Takes at most three seconds, and the thread that calls it.
    pub fn close(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(GRACE) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// The address that traces are posted to, from the standard variables; none if they ask for nothing.
pub(crate) fn standard(variables: &HashMap<&str, &str>) -> Option<(&'static str, String)> {
    let set = |name: &str| variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    if set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    let own = set(opentelemetry_otlp::OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
        .map(|url| (opentelemetry_otlp::OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, url.to_owned()));
    own.or_else(|| {
        let base = set(opentelemetry_otlp::OTEL_EXPORTER_OTLP_ENDPOINT)?;
        Some((opentelemetry_otlp::OTEL_EXPORTER_OTLP_ENDPOINT, under(base)))
    })
}

/// Where a collector at `base` takes traces.
pub(crate) fn under(base: &str) -> String {
    format!("{}/v1/traces", base.trim_end_matches('/'))
}

#[cfg(test)]
mod tests;
