//! Errors as the HTTP API shows them: `{"error":{"code","message","details"}}` with a fitting status.
//!
//! The person gets what happened and what to do; causes that help only us go to the log.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::approval::{AnswerError, PinError, ProposeError};
use crate::audit::AuditProblem;
use crate::discovery::UnknownCapability;
use crate::policy::BoundaryError;
use crate::quarantine::ApproveError;
use crate::registry::{PatchError, RegisterError};
use crate::rulebook::{ExplainError, RuleError};
use crate::store::StoreError;

/// One error on its way out.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// A word for programs, `snake_case`.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// Facts for programs.
    pub details: Map<String, Value>,
}

impl ApiError {
    /// An error without details.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Map::new() }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Serialize) -> Self {
        // Details are strings, numbers and lists of them, which always serialize; a detail that doesn't is left out.
        if let Ok(value) = serde_json::to_value(value) {
            self.details.insert(key.to_owned(), value);
        }
        self
    }

    /// 400: the request can't be read.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// 404.
    #[must_use]
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 409.
    #[must_use]
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 422: readable, but it can't be used.
    #[must_use]
    pub fn unusable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 500: our own failure. The cause is logged, not shown.
    #[must_use]
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something failed here, see the log")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message, "details": self.details}});
        (self.status, Json(body)).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_full() {
            tracing::error!(%error, "a request failed");
            return Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", error.told());
        }
        Self::internal(&error)
    }
}

impl From<AuditProblem> for ApiError {
    fn from(error: AuditProblem) -> Self {
        match error {
            AuditProblem::Broken { row } => {
                Self::conflict("audit_broken", error.to_string()).with("row", row)
            }
            AuditProblem::Missing { row } => {
                Self::conflict("audit_broken", error.to_string()).with("row", row)
            }
            AuditProblem::NoDatabase { .. } => Self::not_found("no_database", error.to_string()),
            AuditProblem::Store(error) => error.into(),
        }
    }
}

impl From<UnknownCapability> for ApiError {
    fn from(error: UnknownCapability) -> Self {
        let message = error.to_string();
        match error {
            UnknownCapability::NotRegistered { .. } => Self::unusable("unknown_server", message),
            UnknownCapability::NoSuchTool { .. } => Self::unusable("unknown_capability", message),
            UnknownCapability::Quarantined { .. } => Self::conflict("quarantined", message),
            UnknownCapability::Unavailable { .. } => {
                Self::new(StatusCode::BAD_GATEWAY, "server_unavailable", message)
            }
        }
    }
}

impl From<ExplainError> for ApiError {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::UnknownCapability(error) => error.into(),
            ExplainError::Store(error) => error.into(),
        }
    }
}

impl From<ApproveError> for ApiError {
    fn from(error: ApproveError) -> Self {
        let message = error.to_string();
        match error {
            ApproveError::UnknownServer(_) => Self::not_found("unknown_server", message),
            ApproveError::UnknownTool { .. } => Self::not_found("unknown_tool", message),
            ApproveError::Unavailable { .. } => {
                Self::new(StatusCode::BAD_GATEWAY, "server_unavailable", message)
            }
            ApproveError::ChangedAgain { tool_hash, .. } => {
                Self::conflict("definition_changed", message).with("tool_hash", tool_hash)
            }
            ApproveError::Store(error) => error.into(),
        }
    }
}

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        let message = error.to_string();
        match error {
            RegisterError::Name(_) => Self::unusable("invalid_name", message).with("field", "name"),
            RegisterError::Address(_) => Self::unusable("invalid_url", message).with("field", "url"),
            RegisterError::Program(_) => Self::unusable("invalid_program", message).with("field", "command"),
            RegisterError::Header { name, .. } => {
                Self::unusable("invalid_header", message).with("field", "headers").with("header", name)
            }
            RegisterError::Refused(_) => Self::unusable("invalid_request", message),
            RegisterError::Conflict { name } => Self::conflict("name_taken", message).with("name", name),
            RegisterError::TooMany => Self::conflict("too_many_servers", message),
            RegisterError::Store(error) => error.into(),
        }
    }
}

impl From<PatchError> for ApiError {
    fn from(error: PatchError) -> Self {
        match error {
            PatchError::NotFound(_) => Self::not_found("unknown_server", error.to_string()),
            PatchError::Store(error) => error.into(),
        }
    }
}

impl From<RuleError> for ApiError {
    fn from(error: RuleError) -> Self {
        let message = error.to_string();
        match error {
            RuleError::UnknownServer { known, .. } => {
                Self::unusable("unknown_tool", message).with("field", "tool").with("known", known)
            }
            RuleError::UnknownAction { known, .. } => {
                Self::unusable("unknown_action", message).with("field", "actions").with("known", known)
            }
            RuleError::Quarantined { .. } => Self::conflict("quarantined", message),
            RuleError::Unreachable { server } => {
                Self::unusable("server_unreachable", message).with("server", server)
            }
            RuleError::Boundary(error) => {
                let answer = Self::unusable("invalid_boundary", message).with("field", "boundaries");
                match error {
                    BoundaryError::Unknown { name } => answer.with("boundary", name),
                    BoundaryError::Shape { name, .. } => answer.with("boundary", name),
                    BoundaryError::Level => answer,
                }
            }
            RuleError::Actions => Self::unusable("invalid_boundary", message).with("field", "boundaries"),
            RuleError::NobodyIsAsked => Self::unusable("invalid_approve", message).with("field", "approve"),
            RuleError::NoPin => Self::conflict("no_pin", message),
            RuleError::Store(error) => error.into(),
        }
    }
}

impl From<PinError> for ApiError {
    fn from(error: PinError) -> Self {
        let message = error.to_string();
        match error {
            PinError::Shape => Self::unusable("invalid_pin", message),
            PinError::NotSet => Self::conflict("no_pin", message),
            PinError::InUse { rules } => Self::conflict("pin_in_use", message).with("rules", rules),
            PinError::Wrong { left } => {
                Self::new(StatusCode::FORBIDDEN, "pin_refused", message).with("left", left)
            }
            PinError::Paused { minutes } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "pin_paused", message).with("minutes", minutes)
            }
            PinError::Cryptography => Self::internal(&error),
            PinError::Store(error) => error.into(),
        }
    }
}

impl From<ProposeError> for ApiError {
    fn from(error: ProposeError) -> Self {
        let message = error.to_string();
        match error {
            ProposeError::UnknownCapability(error) => error.into(),
            ProposeError::Argument(problem) => {
                Self::unusable("invalid_argument", message).with("argument", problem.argument)
            }
            ProposeError::TooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message),
            ProposeError::TooManyPending => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_pending", message)
            }
            ProposeError::TooDeep(_) => Self::unusable("passed_on_too_often", message),
            ProposeError::NotAsked => Self::conflict("nothing_asked", message),
            ProposeError::KeyInUse => Self::conflict("idempotency_key_in_use", message),
            ProposeError::KeyConflict(_) => Self::conflict("idempotency_key_conflict", message),
            ProposeError::Closing => Self::new(StatusCode::SERVICE_UNAVAILABLE, "closing", message),
            ProposeError::Store(error) => error.into(),
        }
    }
}

impl From<AnswerError> for ApiError {
    fn from(error: AnswerError) -> Self {
        let message = error.to_string();
        match error {
            AnswerError::NotFound(_) => Self::not_found("unknown_approval", message),
            AnswerError::AlreadyAnswered(_) => Self::conflict("already_answered", message),
            AnswerError::Expired(_) => Self::conflict("expired", message),
            AnswerError::ToolChanged(_) => Self::conflict("tool_changed", message),
            AnswerError::Unchanged(_) => Self::unusable("unchanged_arguments", message),
            AnswerError::Argument(problem) => {
                Self::unusable("invalid_argument", message).with("argument", problem.argument)
            }
            AnswerError::TooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message),
            AnswerError::Refused(_) => Self::unusable("refused", message),
            AnswerError::Otherwise { by, .. } => {
                Self::new(StatusCode::FORBIDDEN, "approve_otherwise", message).with("approve", by)
            }
            AnswerError::Pin(error) => error.into(),
            AnswerError::UnknownCapability(error) => error.into(),
            AnswerError::Store(error) => error.into(),
        }
    }
}
