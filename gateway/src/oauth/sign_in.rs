//! A person's way through the browser: off to the provider, and back with a code.
//!
//! A state is good once, for one server, for ten minutes. The verifier never leaves this process.

use std::sync::Arc;
use std::time::Instant;

use rmcp::transport::AuthorizationManager;
use rmcp::transport::auth::{AuthError, AuthorizationMetadata};
use serde::Deserialize;
use thiserror::Error;
use url::Url;

use super::OAuthSettings;
use super::account::{Account, TurnedAway, config};
use super::accounts::UnderWay;
use super::refusal::in_our_words;
use crate::gateway::Gateway;
use crate::name::ServerName;
use crate::plain_text;
use crate::registry::ServerView;
use crate::store::RegisteredClient;

const CLIENT_NAME: &str = "HomePilot";
const OFFLINE_ACCESS: &str = "offline_access";

/// What the provider sends back through the browser.
#[derive(Clone, Default, Deserialize)]
pub struct SignInAnswer {
    /// The code that tokens are given for.
    #[serde(default)]
    pub code: Option<String>,
    /// Which sign-in it belongs to.
    #[serde(default)]
    pub state: Option<String>,
    /// Who answers.
    #[serde(default)]
    pub iss: Option<String>,
    /// Why there is no code.
    #[serde(default)]
    pub error: Option<String>,
}

/// A sign-in came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignInError {
    /// No such server.
    #[error("no server named {0:?} is registered")]
    UnknownServer(String),
    /// The server wants nothing.
    #[error("{0} does not ask you to sign in")]
    NotWanted(ServerName),
    /// Not ours, or used before.
    #[error("this sign-in is not known or was used before, start it again")]
    UnknownState,
    /// The person came back too late.
    #[error("{0} was not connected: signing in took more than ten minutes, start it again")]
    TooLate(ServerName),
    /// The provider said no.
    #[error(
        "{server} was not connected: its provider answered {error:?}, start again if that was not intended"
    )]
    Refused {
        /// The server.
        server: ServerName,
        /// The provider's word for it.
        error: String,
    },
    /// Something went wrong with the provider.
    #[error("{server} was not connected: {reason}")]
    Failed {
        /// The server.
        server: ServerName,
        /// What, and what to do.
        reason: String,
    },
}

impl SignInError {
    /// Of which server, if that is known.
    pub(crate) fn server(&self) -> Option<&ServerName> {
        match self {
            Self::UnknownServer(_) | Self::UnknownState => None,
            Self::NotWanted(server)
            | Self::TooLate(server)
            | Self::Refused { server, .. }
            | Self::Failed { server, .. } => Some(server),
        }
    }
}

impl Gateway {
    /// Begins a sign-in: the provider's page for it, which a browser is to be sent to.
    ///
    /// # Errors
    /// Says what is in the way.
    pub async fn begin_sign_in(&self, server: &str) -> Result<Url, SignInError> {
        let unknown = || SignInError::UnknownServer(server.to_owned());
        let name: ServerName = server.parse().map_err(|_| unknown())?;
        let accounts = &self.shared().accounts;
        let Some(account) = accounts.account(&name) else {
            let known = self.server(server).is_some();
            return Err(if known { SignInError::NotWanted(name) } else { unknown() });
        };
        let turned_away = account.turned_away_from().ok_or_else(|| SignInError::NotWanted(name.clone()))?;
        let beginning = account.clone();
        let begun = account.owned(async move { begin(&beginning, turned_away).await }).await;
        let begun = begun.map_err(|error| failed(&account, &error));
        account.ended(begun.as_ref().err());
        let (page, state, manager) = begun?;
        tracing::info!(server = %name, "sign-in begun");
        accounts.put_under_way(state, UnderWay { account, manager, begun: Instant::now() });
        Ok(page)
    }

    /// Ends a sign-in with what the provider sent back, and waits until the server was tried with it.
    ///
    /// # Errors
    /// Says what went wrong; nothing was kept.
    pub async fn finish_sign_in(&self, answer: SignInAnswer) -> Result<ServerView, SignInError> {
        let state = answer.state.clone().unwrap_or_default();
        let taken = self.shared().accounts.take_under_way(&state, Instant::now());
        let (account, ended) = match taken.ok_or(SignInError::UnknownState)? {
            Ok(UnderWay { account, manager, .. }) => {
                (account.clone(), self.end_sign_in(account, manager, answer).await)
            }
            Err(account) => {
                let too_late = SignInError::TooLate(account.server.clone());
                (account, Err(too_late))
            }
        };
        account.ended(ended.as_ref().err());
        ended
    }

    /// How the last sign-in to a server came to nothing, if it did.
    pub(crate) fn failed_sign_in(&self, server: &ServerName) -> Option<SignInError> {
        self.shared().accounts.account(server)?.failed_sign_in()
    }

    async fn end_sign_in(
        &self,
        account: Arc<Account>,
        manager: AuthorizationManager,
        answer: SignInAnswer,
    ) -> Result<ServerView, SignInError> {
        let server = account.server.clone();
        if let Some(error) = answer.error {
            let error = plain_text::description(&error).chars().take(60).collect();
            return Err(SignInError::Refused { server, error });
        }
        let code = answer.code.ok_or_else(|| SignInError::Failed {
            server: server.clone(),
            reason: "its provider sent no code, start again".to_owned(),
        })?;
        let state = answer.state.unwrap_or_default();
        let exchange = async move {
            manager.exchange_code_for_token_with_issuer(&code, &state, answer.iss.as_deref()).await
        };
        account.owned(exchange).await.map_err(|error| failed(&account, &error))?;
        account.signed_in();
        tracing::info!(%server, "signed in");
        self.refresh(server.as_str()).await.ok_or_else(|| SignInError::UnknownServer(server.to_string()))
    }
}

fn failed(account: &Account, error: &AuthError) -> SignInError {
    let reason = in_our_words(error);
    tracing::warn!(server = %account.server, reason, "sign-in failed");
    SignInError::Failed { server: account.server.clone(), reason }
}

async fn begin(
    account: &Arc<Account>,
    turned_away: TurnedAway,
) -> Result<(Url, String, AuthorizationManager), AuthError> {
    let mut manager = account.manager(&turned_away.endpoint).await?;
    let resolution = manager.resolve_metadata_from_challenge(Some(&turned_away.challenge)).await?;
    if !resolution.source.is_discovered() && account.settings.is_none() {
        return Err(AuthError::NoAuthorizationSupport);
    }
    let metadata = resolution.metadata;
    manager.set_metadata(metadata.clone());
    let scopes = scopes(account, &manager, &metadata, turned_away.lacking.as_deref()).await;
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    introduce(account, &mut manager, &metadata, &scopes).await?;
    let page = Url::parse(&manager.get_authorization_url(&scopes).await?)?;
    if !matches!(page.scheme(), "http" | "https") {
        return Err(AuthError::MetadataError("the provider's page is no web page".to_owned()));
    }
    let state = page.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
    let state = state.ok_or_else(|| AuthError::InternalError("no state".to_owned()))?;
    Ok((page, state, manager))
}

/// What to ask for: what was registered, or what the server says it needs; for more rights, those on top of what there is.
async fn scopes(
    account: &Account,
    manager: &AuthorizationManager,
    metadata: &AuthorizationMetadata,
    lacking: Option<&str>,
) -> Vec<String> {
    let registered = account.settings.as_ref().map(|settings| settings.scopes.clone()).unwrap_or_default();
    let mut scopes = match lacking {
        None if registered.is_empty() => return manager.select_initial_scopes(&[]).await,
        None => registered,
        Some(lacking) => {
            let granted = account.credentials.granted();
            registered
                .into_iter()
                .chain(granted)
                .chain(lacking.split_whitespace().map(str::to_owned))
                .collect()
        }
    };
    let offered = metadata.scopes_supported.as_deref().unwrap_or_default();
    if !scopes.is_empty() && offered.iter().any(|scope| scope == OFFLINE_ACCESS) {
        scopes.push(OFFLINE_ACCESS.to_owned());
    }
    let mut seen = std::collections::BTreeSet::new();
    scopes.retain(|scope| seen.insert(scope.clone()));
    scopes
}

/// Settles who we are to the provider, in the order that MCP gives: a client that was registered by hand, our published
/// document, the client it made for us before, a new one.
async fn introduce(
    account: &Account,
    manager: &mut AuthorizationManager,
    metadata: &AuthorizationMetadata,
    scopes: &[&str],
) -> Result<(), AuthError> {
    let settings = account.settings.as_ref();
    let given = |settings: &OAuthSettings| settings.client_id.is_some();
    let reads_documents = metadata.additional_fields.get("client_id_metadata_document_supported");
    let document = settings
        .and_then(|settings| settings.client_metadata_url.clone())
        .filter(|_| reads_documents == Some(&serde_json::Value::Bool(true)));
    let abandoned = account.begun();
    if settings.is_some_and(given) {
        let client = account.registered().await?.ok_or(AuthError::AuthorizationRequired)?;
        return manager.configure_client(config(&client));
    }
    let known = |issuer: &Option<String>, redirect: &str| {
        *issuer == metadata.issuer && redirect == account.redirect_uri
    };
    let client = match (document, account.registered().await?) {
        (Some(document), _) => RegisteredClient {
            issuer: metadata.issuer.clone(),
            client_id: document,
            client_secret: None,
            redirect_uri: account.redirect_uri.clone(),
        },
        // A provider may have forgotten a client; the page says so to the person only, who will try again.
        (None, Some(client)) if abandoned == 0 && known(&client.issuer, &client.redirect_uri) => client,
        (None, _) => {
            let made = manager.register_client(CLIENT_NAME, &account.redirect_uri, scopes).await?;
            RegisteredClient {
                issuer: metadata.issuer.clone(),
                client_id: made.client_id,
                client_secret: made.client_secret.map(Into::into),
                redirect_uri: made.redirect_uri,
            }
        }
    };
    manager.configure_client(config(&client))?;
    account.keep_client(&client).await
}
