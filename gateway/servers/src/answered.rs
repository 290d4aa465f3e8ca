//! What the servers that change something keep of their calls, so that a key which comes again is answered the same.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _};
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde::Serialize;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

/// How long a call is remembered, in hours: a week.
const KEPT: i64 = 7 * 24;

/// What a call is answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// To be spoken.
    pub text: String,
    /// For programs.
    pub structured: Value,
}

impl Answer {
    pub fn new(text: String, structured: &impl Serialize) -> Result<Answer, serde_json::Error> {
        Ok(Answer { text, structured: serde_json::to_value(structured)? })
    }

    /// From the columns `text` and `structured`.
    pub fn stored(row: &SqliteRow) -> Result<Answer, sqlx::Error> {
        let structured = serde_json::from_str(row.try_get("structured")?).map_err(|problem| {
            sqlx::Error::ColumnDecode { index: "structured".to_owned(), source: Box::new(problem) }
        })?;
        Ok(Answer { text: row.try_get("text")?, structured })
    }
}

impl From<Answer> for CallToolResult {
    fn from(answer: Answer) -> CallToolResult {
        let mut result = CallToolResult::structured(answer.structured);
        result.content = vec![ContentBlock::text(answer.text)];
        result
    }
}

/// Arguments as JSON, in the order of their names: what makes two calls the same.
pub(crate) fn canonical(arguments: Option<&JsonObject>) -> Result<String, serde_json::Error> {
    serde_json::to_string(&arguments.into_iter().flatten().collect::<BTreeMap<&String, &Value>>())
}

/// Calls from before this are forgotten, as the column holds it.
pub(crate) fn oldest(now: Timestamp) -> String {
    now.checked_sub(KEPT.hours()).unwrap_or(Timestamp::MIN).to_string()
}
