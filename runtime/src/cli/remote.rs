//! The running program, over its own HTTP API.

use reqwest::Method;
use serde_json::Value;

use crate::{config::Settings, paths::Paths};

/// One port of the running program.
pub(super) struct Remote {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Remote {
    pub(super) fn new(settings: &Settings, port: u16) -> Self {
        let host =
            if settings.bind.is_unspecified() { "127.0.0.1".to_owned() } else { settings.bind.to_string() };
        Self { http: reqwest::Client::new(), base: format!("http://{host}:{port}"), token: None }
    }

    /// With the admin token that the program left for its own user, which running a command as a server needs.
    pub(super) fn with_admin_token(mut self, paths: &Paths) -> anyhow::Result<Self> {
        let path = paths.admin_token();
        let token = std::fs::read_to_string(&path).map_err(|error| {
            anyhow::anyhow!(
                "the admin token {} can't be read ({error}): start `homepilot serve` once as this user",
                path.display()
            )
        })?;
        self.token = Some(token.trim().to_owned());
        Ok(self)
    }

    /// Asks with the parameters that are given.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        parameters: &[(&str, Option<&str>)],
    ) -> anyhow::Result<Value> {
        let given = parameters.iter().filter_map(|(name, value)| Some((name, (*value)?)));
        let url = reqwest::Url::parse_with_params(&format!("{}{path}", self.base), given)?;
        self.send(self.http.request(method, url)).await
    }

    /// Calls with a body, or none.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.send(request).await
    }

    async fn send(&self, mut request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                anyhow::anyhow!("nothing runs at {}: start it with `homepilot serve`", self.base)
            } else {
                error.into()
            }
        })?;
        let status = response.status();
        let text = response.text().await?;
        let value: Value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        if status.is_success() {
            return Ok(value);
        }
        let message = value.pointer("/error/message").and_then(Value::as_str).unwrap_or(&text).to_owned();
        anyhow::bail!("{message}")
    }
}

/// Text of a field, empty when it is not there.
pub(super) fn field<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
