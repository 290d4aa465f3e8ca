//! What a server of our own says of a call whose end even it doesn't know: the message left for the service behind it, and the
//! connection ended before the answer. Its result is a tool error that carries [`META_KEY`].
//!
//! Only servers that HomePilot itself has registered are believed. From anybody else it is a failure like any other, for who
//! calls a failure unknown keeps the person from trying again.

use serde_json::Value;

use super::{Called, shown};
use crate::registry::Origin;

/// The `_meta` key of a tool error under which a server says what is known of the outcome.
const META_KEY: &str = "homepilot/outcome";
/// The value that says: nothing.
const UNKNOWN: &str = "unknown";
/// The most that is kept of what the server says, in characters.
const LONGEST: usize = 300;

/// The call's end as it counts. The text becomes the reason, which the ledger keeps: servers of our own leave the arguments
/// out of it.
pub(super) fn read(called: Called, origin: Origin) -> Called {
    let Called::Answered { result, failed: true } = &called else { return called };
    let said = result.meta.as_ref().and_then(|meta| meta.get(META_KEY)).and_then(Value::as_str);
    if origin == Origin::User || said != Some(UNKNOWN) {
        return called;
    }
    let text: String = shown(result).0.chars().take(LONGEST).collect();
    Called::Unknown { reason: text.trim().trim_end_matches('.').to_owned() }
}

#[cfg(test)]
mod tests {
    use rmcp::model::CallToolResult;
    use serde_json::json;

    use super::*;

    fn said(error: bool, meta: &Value, origin: Origin) -> Option<String> {
        let result: CallToolResult = serde_json::from_value(json!({
            "content": [{"type": "text", "text": "the line was cut after it had gone out."}], "isError": error, "_meta": meta,
        }))
        .unwrap();
        match read(Called::Answered { result, failed: error }, origin) {
            Called::Unknown { reason } => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn a_failure_of_our_own_server_that_says_so_is_unknown() {
        let unknown = json!({"homepilot/outcome": "unknown"});
        let reason = Some("the line was cut after it had gone out".to_owned());
        assert_eq!(said(true, &unknown, Origin::Builtin), reason);
        for (error, meta, origin) in [
            (true, unknown.clone(), Origin::User),
            (false, unknown, Origin::Builtin),
            (true, json!({"homepilot/outcome": "failed"}), Origin::Builtin),
            (true, json!({"homepilot/outcome": true}), Origin::Builtin),
            (true, json!({}), Origin::Builtin),
        ] {
            assert_eq!(said(error, &meta, origin), None, "{error} {meta} {origin:?}");
        }
    }
}
