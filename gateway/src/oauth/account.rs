//! One server's account: its tokens, their renewal, and whether a person should sign in.

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::transport::auth::{
    AuthError, AuthorizationManager, ClientCredentialsConfig, OAuthClientConfig, WWWAuthenticateParams,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::{Host, Url};

use super::credentials::{Credentials, failed};
use super::refusal::{Refusal, in_our_words};
use super::sign_in::SignInError;
use super::{Grant, OAuthSettings};
use crate::address::resolve_secret;
use crate::name::ServerName;
use crate::store::{RegisteredClient, ServerRecord, SignIns};

use rmcp::transport::auth::CredentialStore as _;

/// The longest that one exchange with an authorization server may take in all.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Sign-ins for more rights, one after the other, without a call that went through.
const MAX_STEP_UPS: u32 = 2;

/// How a server is signed in to.
pub(crate) struct Account {
    pub(super) server: ServerName,
    server_id: String,
    /// None: nothing was registered about it; the server itself asked.
    pub(super) settings: Option<OAuthSettings>,
    allow_private: bool,
    pub(super) redirect_uri: String,
    pub(super) credentials: Credentials,
    rows: SignIns,
    /// One renewal at a time.
    renewing: tokio::sync::Mutex<()>,
    standing: Mutex<Standing>,
    tasks: TaskTracker,
    abort: CancellationToken,
}

/// How the server sees us.
#[derive(Default)]
struct Standing {
    turned_away: Option<TurnedAway>,
    refusal: Option<Refusal>,
    step_ups: u32,
    /// Sign-ins that were begun and did not end well since the last that did.
    unfinished: u32,
    /// How the last one came to nothing.
    failed: Option<SignInError>,
}

/// A request that the server turned away.
#[derive(Clone, PartialEq)]
pub(super) struct TurnedAway {
    pub(super) endpoint: String,
    pub(super) challenge: String,
    /// What the token lacks.
    pub(super) lacking: Option<String>,
}

/// What all accounts share.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) rows: SignIns,
    pub(crate) redirect_uri: String,
    pub(crate) tasks: TaskTracker,
    pub(crate) abort: CancellationToken,
}

impl Account {
    pub(super) fn new(record: &ServerRecord, around: Surroundings) -> Self {
        let Surroundings { rows, redirect_uri, tasks, abort } = around;
        Self {
            server: record.name.clone(),
            credentials: Credentials::new(&record.id, rows.clone()),
            server_id: record.id.clone(),
            settings: record.oauth.clone(),
            allow_private: record.allow_private,
            redirect_uri,
            rows,
            renewing: tokio::sync::Mutex::default(),
            standing: Mutex::default(),
            tasks,
            abort,
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn by_itself(&self) -> Option<&OAuthSettings> {
        self.settings.as_ref().filter(|settings| settings.grant == Grant::ClientCredentials)
    }

    /// Why the server does not let us in, if it doesn't.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.standing().refusal.clone()
    }

    pub(super) fn turned_away_from(&self) -> Option<TurnedAway> {
        let standing = self.standing();
        standing.refusal.as_ref().filter(|refusal| refusal.by_signing_in())?;
        standing.turned_away.clone()
    }

    /// Counts a sign-in that was begun; tells how many before it came to nothing.
    pub(super) fn begun(&self) -> u32 {
        let mut standing = self.standing();
        standing.unfinished += 1;
        standing.unfinished - 1
    }

    /// A sign-in is over, or another was begun.
    pub(super) fn ended(&self, failed: Option<&SignInError>) {
        self.standing().failed = failed.cloned();
    }

    /// How the last sign-in came to nothing, if it did.
    pub(super) fn failed_sign_in(&self) -> Option<SignInError> {
        self.standing().failed.clone()
    }

    /// A person has signed in.
    pub(super) fn signed_in(&self) {
        let mut standing = self.standing();
        standing.unfinished = 0;
        if standing.refusal.take() == Some(Refusal::MoreRights) {
            standing.step_ups += 1;
        }
        standing.turned_away = None;
    }

    /// The server let a request in. Only a call shows that the rights suffice, and a public list shows nothing.
    pub(super) fn let_in(&self, with_token: bool, call: bool) {
        let mut standing = self.standing();
        if call {
            standing.step_ups = 0;
        }
        let over = match standing.refusal {
            None => false,
            Some(Refusal::SignIn | Refusal::Metadata(_) | Refusal::Credentials | Refusal::Renewal(_)) => {
                with_token || call
            }
            Some(Refusal::MoreRights | Refusal::GaveUp) => call,
        };
        if over {
            standing.refusal = None;
            standing.turned_away = None;
        }
    }

    /// The token to send, renewed if it has to be; none if nobody signed in.
    pub(super) async fn token(self: &Arc<Self>, endpoint: &str) -> Result<Option<SecretString>, AuthError> {
        match self.credentials.token().await? {
            Some(token) if token.is_fresh() => Ok(Some(token.access)),
            Some(_) => self.renew(endpoint, None).await,
            None if self.by_itself().is_some() => self.renew(endpoint, None).await,
            None => Ok(None),
        }
    }

    /// Another token than the one that was turned away; none if only signing in can bring one. Goes on to its end when nobody
    /// waits for it, so that a refresh token that was exchanged is never lost.
    pub(super) async fn renew(
        self: &Arc<Self>,
        endpoint: &str,
        turned_away: Option<SecretString>,
    ) -> Result<Option<SecretString>, AuthError> {
        let (account, endpoint) = (self.clone(), endpoint.to_owned());
        let renewed = self
            .owned(async move {
                let _turn = account.renewing.lock().await;
                account.renewed(&endpoint, turned_away.as_ref().map(|token| token.expose_secret())).await
            })
            .await;
        if let Err(error) = &renewed {
            let reason = in_our_words(error);
            tracing::warn!(server = %self.server, reason, "a sign-in could not be renewed");
        }
        renewed
    }

    async fn renewed(
        &self,
        endpoint: &str,
        turned_away: Option<&str>,
    ) -> Result<Option<SecretString>, AuthError> {
        let token = self.credentials.token().await?;
        if let Some(token) = &token
            && token.is_fresh()
            && Some(token.access.expose_secret()) != turned_away
        {
            return Ok(Some(token.access.clone()));
        }
        let mut manager = self.manager(endpoint).await?;
        if let Some(settings) = self.by_itself() {
            let config = self.own_credentials(settings, endpoint)?;
            let resolution = manager.resolve_metadata().await?;
            manager.set_metadata(resolution.metadata);
            manager.validate_client_credentials_metadata(&config)?;
            manager.configure_client_credentials(&config)?;
            manager.exchange_client_credentials(&config).await?;
        } else {
            let Some(token) = token else { return Ok(None) };
            // False: the server has another authorization server by now, and the tokens are none of its business.
            if !token.renewable || !manager.initialize_from_store().await? {
                self.credentials.clear().await?;
                return Ok(None);
            }
            if let Some(client) = self.registered().await? {
                manager.configure_client(config(&client))?;
            }
            match manager.refresh_token().await {
                Ok(_) => {}
                Err(AuthError::AuthorizationRequired | AuthError::TokenRefreshRejected(_)) => {
                    self.credentials.clear().await?;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        tracing::info!(server = %self.server, "sign-in renewed");
        Ok(self.credentials.token().await?.map(|token| token.access))
    }

    /// Notes that the server turned a request away for want of a token, and finds out whether signing in would help.
    pub(super) async fn not_let_in(self: &Arc<Self>, endpoint: &str, challenge: &str) {
        let turned_away =
            TurnedAway { endpoint: endpoint.to_owned(), challenge: challenge.to_owned(), lacking: None };
        {
            let mut standing = self.standing();
            let known = standing.turned_away.as_ref() == Some(&turned_away);
            if known && standing.refusal == Some(Refusal::SignIn) {
                return;
            }
            standing.turned_away = Some(turned_away.clone());
        }
        let refusal = if self.by_itself().is_some() {
            Some(Refusal::Credentials)
        } else {
            let account = self.clone();
            let looked = self.owned(async move { account.look_for_provider(&turned_away).await }).await;
            match looked {
                Ok(()) => Some(Refusal::SignIn),
                Err(AuthError::NoAuthorizationSupport) if self.settings.is_none() => None,
                Err(error) => Some(Refusal::Metadata(in_our_words(&error))),
            }
        };
        self.standing().refusal = refusal;
    }

    async fn look_for_provider(&self, turned_away: &TurnedAway) -> Result<(), AuthError> {
        let manager = self.manager(&turned_away.endpoint).await?;
        let resolution = manager.resolve_metadata_from_challenge(Some(&turned_away.challenge)).await?;
        // Guessed addresses are tried only where somebody said that this is OAuth.
        if resolution.source.is_discovered() || self.settings.is_some() {
            Ok(())
        } else {
            Err(AuthError::NoAuthorizationSupport)
        }
    }

    /// Notes that the token's rights did not suffice. Asks for more only while that can help: not for what was granted
    /// before, and not for ever.
    pub(super) fn lacks_rights(&self, endpoint: &str, challenge: &str) {
        let Ok(base) = Url::parse(endpoint) else { return };
        let params = WWWAuthenticateParams::parse(challenge, &base);
        if !params.is_insufficient_scope() || self.by_itself().is_some() {
            return;
        }
        let lacking = params.scope.unwrap_or_default();
        let granted = self.credentials.granted();
        let has_all = lacking.split_whitespace().all(|scope| granted.iter().any(|has| has == scope));
        let mut standing = self.standing();
        let hopeless = has_all || standing.step_ups >= MAX_STEP_UPS;
        standing.refusal = Some(if hopeless { Refusal::GaveUp } else { Refusal::MoreRights });
        standing.turned_away = Some(TurnedAway {
            endpoint: endpoint.to_owned(),
            challenge: challenge.to_owned(),
            lacking: Some(lacking),
        });
    }

    /// rmcp's side of the exchange. It refuses private addresses unless the server itself is at one, or they were allowed.
    pub(super) async fn manager(&self, endpoint: &str) -> Result<AuthorizationManager, AuthError> {
        let url = Url::parse(endpoint)?;
        let mut manager = if self.allow_private || is_private(&url) {
            AuthorizationManager::new_allowing_private_addresses(url).await?
        } else {
            AuthorizationManager::new(url).await?
        };
        manager.set_credential_store(self.credentials.clone());
        Ok(manager)
    }

    /// The client to be known as: the registered one, or the one that the provider gave us before.
    pub(super) async fn registered(&self) -> Result<Option<RegisteredClient>, AuthError> {
        let settings = self.settings.as_ref();
        if let Some(client_id) = settings.and_then(|settings| settings.client_id.clone()) {
            return Ok(Some(RegisteredClient {
                issuer: None,
                client_id,
                client_secret: self.secret()?,
                redirect_uri: self.redirect_uri.clone(),
            }));
        }
        self.rows.client(&self.server_id).await.map_err(|error| failed(&error))
    }

    pub(super) async fn keep_client(&self, client: &RegisteredClient) -> Result<(), AuthError> {
        self.rows.put_client(&self.server_id, client).await.map_err(|error| failed(&error))
    }

    fn secret(&self) -> Result<Option<SecretString>, AuthError> {
        let written = self.settings.as_ref().and_then(|settings| settings.client_secret.as_ref());
        let resolved = written.map(|secret| resolve_secret(secret.expose_secret())).transpose();
        resolved.map_err(|error| AuthError::ClientCredentialsError(error.to_string()))
    }

    fn own_credentials(
        &self,
        settings: &OAuthSettings,
        endpoint: &str,
    ) -> Result<ClientCredentialsConfig, AuthError> {
        Ok(ClientCredentialsConfig::ClientSecret {
            client_id: settings.client_id.clone().unwrap_or_default(),
            client_secret: self.secret()?.map(|secret| secret.expose_secret().to_owned()).unwrap_or_default(),
            scopes: settings.scopes.clone(),
            resource: Some(endpoint.to_owned()),
        })
    }

    /// Runs an exchange in a task of its own, bounded, and waits for it.
    pub(super) async fn owned<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, AuthError>> + Send + 'static,
    ) -> Result<T, AuthError> {
        let abort = self.abort.clone();
        let bounded = async move {
            tokio::select! {
                done = timeout(PATIENCE, work) => {
                    done.unwrap_or_else(|_| Err(AuthError::TokenRefreshFailed("no answer in time".to_owned())))
                }
                () = abort.cancelled() => Err(AuthError::InternalError("shutting down".to_owned())),
            }
        };
        let failed = |_| Err(AuthError::InternalError("the task ended early".to_owned()));
        self.tasks.spawn(bounded).await.unwrap_or_else(failed)
    }
}

/// A client as rmcp wants it.
pub(super) fn config(client: &RegisteredClient) -> OAuthClientConfig {
    let config = OAuthClientConfig::new(client.client_id.clone(), client.redirect_uri.clone());
    match &client.client_secret {
        Some(secret) => config.with_client_secret(secret.expose_secret()),
        None => config,
    }
}

/// Whether the address itself says that it is in a private network.
fn is_private(url: &Url) -> bool {
    let ip: IpAddr = match url.host() {
        Some(Host::Ipv4(ip)) => ip.into(),
        Some(Host::Ipv6(ip)) => ip.into(),
        Some(Host::Domain(_)) | None => return false,
    };
    match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}
