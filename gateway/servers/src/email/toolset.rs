//! Carries out the calls.

use rmcp::model::CallToolResult;

use super::Options;
use super::problem::CallError;
use super::tools::Name;
use crate::serving::{Call, Toolset};

/// The server; clones share what it keeps.
#[derive(Clone)]
pub(super) struct Mail {
    _options: Options,
}

impl Mail {
    pub fn new(options: Options) -> Mail {
        Mail { _options: options }
    }

    pub async fn try_out(&self) -> Result<String, CallError> {
        Err(CallError::GivenUp)
    }

    pub async fn close(&self) {}
}

impl Toolset for Mail {
    type Name = Name;
    type Error = CallError;

    const IMPLEMENTATION: &'static str = "homepilot-email";
    const INSTRUCTIONS: &'static str = "Mail of one user's own account.";

    async fn call(&self, _: Name, _: Call) -> Result<CallToolResult, CallError> {
        Err(CallError::GivenUp)
    }
}
