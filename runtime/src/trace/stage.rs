//! What a turn is made of, and what it is called in a trace.

use std::time::Instant;

use opentelemetry::{KeyValue, trace::Status};

/// One stage of a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What was done.
    pub work: Work,
    /// From then.
    pub began: Instant,
    /// Until then.
    pub ended: Instant,
}

/// What ended an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// Nobody went on.
    Silence,
    /// The button was released.
    Button,
}

/// What is done in a stage. What is `ahead` was begun before the utterance was over.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// From the last sound until the utterance was known to be over.
    Endpoint(EndedBy),
    /// Words were recognised.
    Transcribe {
        /// Catalogue id.
        model: String,
        /// Begun before the end.
        ahead: bool,
        /// The words, if they may be told.
        text: Option<String>,
    },
    /// A model chose a call.
    Plan {
        /// Catalogue id.
        model: String,
        /// Begun before the end.
        ahead: bool,
        /// Of the prompt, and written.
        tokens: (usize, usize),
    },
    /// A model wrote an answer.
    Write {
        /// Catalogue id.
        model: String,
        /// Written, if that is known.
        tokens: Option<usize>,
    },
    /// A question was open.
    Approval {
        /// `approved`, `denied` or `expired`.
        decision: &'static str,
        /// Who answered.
        by: &'static str,
    },
    /// A tool was called.
    Call {
        /// Server's name.
        server: String,
        /// Tool's own name.
        tool: String,
        /// How it ended; none if nobody knows.
        outcome: Option<&'static str>,
        /// As JSON, if they may be told.
        arguments: Option<String>,
    },
    /// Sound was made of one clause.
    Synthesize {
        /// Catalogue id.
        voice: String,
    },
    /// From the last sound of an utterance, or from when its text came, to the first sound of what was said to it.
    FirstAudio,
}

impl Work {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Endpoint(_) => "voice.endpoint".to_owned(),
            Self::Transcribe { .. } => "voice.transcribe".to_owned(),
            Self::Plan { model, .. } | Self::Write { model, .. } => format!("chat {model}"),
            Self::Approval { .. } => "homepilot.approval".to_owned(),
            Self::Call { tool, .. } => format!("execute_tool {tool}"),
            Self::Synthesize { .. } => "voice.synthesize".to_owned(),
            Self::FirstAudio => "voice.first_audio".to_owned(),
        }
    }

    pub(super) fn attributes(&self) -> Vec<KeyValue> {
        let count = |tokens: usize| i64::try_from(tokens).unwrap_or(i64::MAX);
        match self {
            Self::Endpoint(by) => {
                let by = match by {
                    EndedBy::Silence => "silence",
                    EndedBy::Button => "button",
                };
                vec![KeyValue::new("voice.ended_by", by)]
            }
            Self::Transcribe { model, ahead, text } => {
                let mut attributes = vec![model_of(model), KeyValue::new("voice.ahead", *ahead)];
                attributes.extend(text.clone().map(|text| KeyValue::new("voice.transcript", text)));
                attributes
            }
            Self::Plan { model, ahead, tokens: (prompt, written) } => {
                let mut attributes = chat(model, "json");
                attributes.extend([
                    KeyValue::new("gen_ai.usage.input_tokens", count(*prompt)),
                    KeyValue::new("gen_ai.usage.output_tokens", count(*written)),
                    KeyValue::new("voice.ahead", *ahead),
                ]);
                attributes
            }
            Self::Write { model, tokens } => {
                let written = tokens.map(|tokens| KeyValue::new("gen_ai.usage.output_tokens", count(tokens)));
                let mut attributes = chat(model, "text");
                attributes.extend(written);
                attributes
            }
            Self::Approval { decision, by } => {
                vec![
                    KeyValue::new("homepilot.decision", *decision),
                    KeyValue::new("homepilot.decided_by", *by),
                ]
            }
            Self::Call { server, tool, outcome, arguments } => {
                let mut attributes = vec![
                    KeyValue::new("gen_ai.operation.name", "execute_tool"),
                    KeyValue::new("gen_ai.tool.name", tool.clone()),
                    KeyValue::new("gen_ai.tool.type", "function"),
                    KeyValue::new("homepilot.server", server.clone()),
                    KeyValue::new("homepilot.outcome", outcome.unwrap_or("unknown")),
                ];
                attributes.extend(self.fault().map(|fault| KeyValue::new("error.type", fault)));
                let told = arguments.clone().map(|json| KeyValue::new("gen_ai.tool.call.arguments", json));
                attributes.extend(told);
                attributes
            }
            Self::Synthesize { voice } => vec![model_of(voice)],
            Self::FirstAudio => Vec::new(),
        }
    }

    /// A call that did not succeed is an error; its text may hold what was said, so only its kind is told.
    pub(super) fn status(&self) -> Option<Status> {
        self.fault().map(Status::error)
    }

    fn fault(&self) -> Option<&'static str> {
        match self {
            Self::Call { outcome: None, .. } => Some("unknown"),
            Self::Call { outcome: Some(outcome), .. } => {
                Some(*outcome).filter(|outcome| !["succeeded", "asks"].contains(outcome))
            }
            Self::Endpoint(_)
            | Self::Transcribe { .. }
            | Self::Plan { .. }
            | Self::Write { .. }
            | Self::Approval { .. }
            | Self::Synthesize { .. }
            | Self::FirstAudio => None,
        }
    }
}

fn model_of(model: &str) -> KeyValue {
    KeyValue::new("gen_ai.request.model", model.to_owned())
}

fn chat(model: &str, form: &'static str) -> Vec<KeyValue> {
    vec![
        KeyValue::new("gen_ai.operation.name", "chat"),
        KeyValue::new("gen_ai.provider.name", "homepilot"),
        model_of(model),
        KeyValue::new("gen_ai.output.type", form),
    ]
}
