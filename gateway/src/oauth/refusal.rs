//! Why a server turned us away, and what goes wrong between us and its authorization server, in our own words.

use rmcp::transport::auth::AuthError;
use thiserror::Error;

/// Why a server that wants authorisation can't be used, and what would help.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    #[error("it wants you to sign in")]
    SignIn,
    #[error("it wants you to sign in again, for more rights")]
    MoreRights,
    #[error("it refuses although you signed in for the rights it asks for, ask whoever runs it")]
    GaveUp,
    #[error("it wants you to sign in, but how can't be found out: {0}")]
    Metadata(String),
    #[error("it refused the token that the client credentials brought")]
    Credentials,
    #[error("its sign-in could not be used: {0}")]
    Renewal(String),
}

impl Refusal {
    /// Whether a person can help by signing in.
    pub(crate) fn by_signing_in(&self) -> bool {
        match self {
            Refusal::SignIn | Refusal::MoreRights => true,
            Refusal::GaveUp | Refusal::Metadata(_) | Refusal::Credentials | Refusal::Renewal(_) => false,
        }
    }
}

/// A failure of the OAuth exchange. The other side's own text is left out: it may echo a token or a code.
pub(crate) fn in_our_words(error: &AuthError) -> String {
    let text = match error {
        AuthError::AuthorizationRequired | AuthError::TokenExpired | AuthError::TokenRefreshRejected(_) => {
            "the sign-in is over, sign in again"
        }
        AuthError::TokenRefreshFailed(_) => {
            "the sign-in could not be renewed, its provider gave no usable answer"
        }
        AuthError::TokenExchangeFailed(_) => "the provider did not give a token for the sign-in",
        AuthError::ClientCredentialsError(_) => {
            "the provider gave no token for the client credentials, check client_id and client_secret"
        }
        AuthError::CredentialStoreError(_) => "the sign-in could not be read or written in the database",
        AuthError::RegistrationFailed(_) => {
            "the provider does not let programs introduce themselves, register the server with a client_id of yours"
        }
        AuthError::PkceUnsupported => "the provider does not support PKCE with S256, which is required",
        AuthError::NoAuthorizationSupport => "it publishes no address to sign in at",
        AuthError::MetadataError(_)
        | AuthError::DiscoveryRequestFailed { .. }
        | AuthError::AuthorizationServersUnavailable { .. } => {
            "the provider's address could not be found out or may not be used from here"
        }
        AuthError::ProtectedResourceMetadataInvalid { .. } => {
            "what it publishes about signing in is for another server"
        }
        AuthError::AuthorizationServerMismatch { .. }
        | AuthError::AuthorizationServerMissingIssuer { .. } => {
            "the answer did not come from the provider that was asked"
        }
        AuthError::HttpError(_) => "the provider could not be reached",
        AuthError::InvalidScope(_) => "the provider does not offer what is needed",
        _ => "the provider's answer could not be used",
    };
    text.to_owned()
}
