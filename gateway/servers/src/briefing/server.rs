//! Carries out the calls: reads the sources and makes a briefing of them.

use rmcp::model::CallToolResult;

use super::brief::Brief;
use super::gathering::{GatherError, Gatherer, delegation};
use super::report::report;
use super::tools::{LONGEST_ID, Name};
use super::{Options, SOURCES, SOURCES_ARGUMENT};
use crate::arguments::{ArgumentError, Arguments};
use crate::dates;
use crate::serving::{Call, Toolset, answer};

/// The server; it keeps nothing between calls.
#[derive(Clone)]
pub(super) struct Briefing {
    options: Options,
}

/// Why there is no briefing.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    #[error(transparent)]
    Gather(#[from] GatherError),
    #[error("nobody waits for the briefing any more")]
    Gone,
    #[error("the answer cannot be written: {0}")]
    Answer(#[from] serde_json::Error),
}

impl Briefing {
    pub fn new(options: Options) -> Self {
        Self { options }
    }

    async fn brief(&self, tool: Name, call: &Call) -> Result<CallToolResult, CallError> {
        let now = self.options.now();
        let known: &'static [&'static str] = match tool {
            Name::DailyDigest | Name::WeeklySummary | Name::StatusReport => &[SOURCES_ARGUMENT],
            Name::WhatChangedSince => &["since", SOURCES_ARGUMENT],
        };
        let arguments = Arguments::new(call.arguments.clone(), known)?;
        let named = arguments.texts(SOURCES_ARGUMENT, 1..=SOURCES, LONGEST_ID)?;
        let brief = match tool {
            Name::DailyDigest => Brief::Daily,
            Name::WeeklySummary => Brief::Weekly,
            Name::StatusReport => Brief::Status,
            Name::WhatChangedSince => {
                let since = arguments.text("since", dates::LONGEST)?;
                let at = dates::parse_since(&since, &now);
                Brief::Since(at.map_err(|source| ArgumentError::Date { name: "since", source })?)
            }
        };
        let period = brief.period(&now);
        let Options { gateway, deadline, .. } = &self.options;
        let gatherer = Gatherer { gateway, deadline: *deadline, delegation: delegation(&call.meta) };
        let (gathered, away) = gatherer.gather(named, &period).await?;
        let report = report(&brief, &gathered, &away, &period);
        answer(report.spoken.clone(), &report)
    }
}

impl Toolset for Briefing {
    type Name = Name;
    type Error = CallError;

    const IMPLEMENTATION: &'static str = "homepilot-briefing";
    const INSTRUCTIONS: &'static str = "Briefings from the tasks, reminders, calendars, mail and documents that are registered with HomePilot.";

    async fn call(&self, tool: Name, call: Call) -> Result<CallToolResult, CallError> {
        let cancel = call.cancel.clone();
        cancel.run_until_cancelled(self.brief(tool, &call)).await.unwrap_or(Err(CallError::Gone))
    }
}
