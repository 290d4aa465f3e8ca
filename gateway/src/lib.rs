//! HomePilot's gateway: the tool servers and agents that are registered, what they can do at this moment, who may have it done, and
//! doing it once.
//!
//! The way of a call: [`Gateway::propose`] checks the arguments and asks the policy. `Allowed` carries an [`Authorized`];
//! `Ask` opens a question whose yes brings one; `Denied` says why. [`Gateway::execute`] takes the [`Authorized`] by value,
//! writes `dispatching` to disk, sends the call once, and says honestly how it ended.
//!
//! The crate knows no persona files, no models and no voice; `runtime` translates between them and [`PersonaProfile`].

#![deny(missing_docs)]

pub mod a2a;
mod address;
pub mod api_error;
mod approval;
mod arguments;
mod audit;
mod canonical;
mod capability;
mod delegation;
mod discovery;
mod endpoint;
mod execution;
mod federation;
mod gateway;
pub mod http;
mod id;
mod idempotency;
mod ledger;
mod name;
mod oauth;
#[cfg(test)]
mod odd_json;
mod plain_text;
mod policy;
mod quarantine;
mod registry;
mod rulebook;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod upstream;

pub use address::AddressError;
pub use approval::{
    AnswerError, ApprovalView, Decision, Denial, Pending, PendingResolution, PinError, Proposal,
    ProposeError, Resolution, Verdict,
};
pub use arguments::ArgumentProblem;
pub use audit::{AuditEntry, AuditProblem, AuditQuery, AuditState, AuditVerified, DecidedBy, verify_audit};
pub use canonical::Digest;
pub use capability::{Capability, CapabilityKind, Class, ClassSource};
pub use discovery::{Status, Unavailable, UnknownCapability};
pub use endpoint::ProgramError;
pub use execution::{Authorized, Done, Goes, Outcome, Passing};
pub use gateway::{Gateway, GatewayConfig, Limits};
pub use id::{ApprovalId, EntryId, IdError};
pub use idempotency::{IdempotencyKey, KeyError, KeyUse};
pub use ledger::{
    Allowed, CallRecord, Edit, Journal, KeyRecord, KeyedCall, Question, Recovered, Settled, Settlement,
};
pub use name::{CapabilityId, NameError, ServerName, ToolName};
pub use oauth::{Grant, OAuthSettings, SignInAnswer, SignInError};
pub use policy::{
    Boundaries, BoundaryError, Effect, Explanation, Grounds, Level, MCP_CALLER, PersonaProfile, PolicyRule,
    ProfileRule, RulePatch, Unspoken, ValueKind, YesBy, mcp_profile,
};
pub use quarantine::{ApproveError, ChangedTool, Quarantined};
pub use registry::{
    Auth, Builtin, Kind, Origin, PatchError, RegisterError, RegisterOutcome, Registration, ServerPatch,
    ServerView, ToolView, TransportChoice,
};
pub use rulebook::{ExplainError, RuleError};
pub use store::{OpenError, StoreError};
