//! Where the user's mail is, and as whom.

use std::sync::Arc;

use lettre::message::Mailbox;
use secrecy::SecretString;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

/// An account at a server.
#[derive(Clone, Debug)]
pub struct Account {
    /// The server's name, which its certificate has to bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// When TLS begins.
    pub security: Security,
    /// Who signs in.
    pub user: String,
    /// By which password.
    pub password: SecretString,
}

/// When TLS begins. There is no connection without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// At once.
    Tls,
    /// After asking for it in the clear, before anything else is said.
    StartTls,
}

impl Security {
    /// As is usual on a port of SMTP: only 465 begins with TLS.
    pub fn of_smtp(port: u16) -> Security {
        if port == 465 { Security::Tls } else { Security::StartTls }
    }

    /// As is usual on a port of IMAP: only 143 begins without.
    pub fn of_imap(port: u16) -> Security {
        if port == 143 { Security::StartTls } else { Security::Tls }
    }
}

/// Who mail is from: one address, maybe with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// The text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no address like ada@example.org or Ada Bell <ada@example.org>")]
pub struct NoSender;

impl Sender {
    /// `ada@example.org`, or `Ada Bell <ada@example.org>`.
    ///
    /// # Errors
    /// It is no address.
    pub fn parse(text: &str) -> Result<Sender, NoSender> {
        super::addressing::mailbox(text).map(Sender).ok_or(NoSender)
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }

    pub(super) fn mailbox(&self) -> &Mailbox {
        &self.0
    }
}

/// The certificates of a PEM text.
fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) | Err(_) => Err("holds no certificate in PEM form".to_owned()),
    }
}

/// TLS that trusts the system's certificates and those of `authority`.
pub(super) fn trusting(authority: Option<&str>) -> Result<ClientConfig, String> {
    let extra = authority.map(certificates).transpose()?.unwrap_or_default();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider.clone())
        .map_err(|error| format!("can't be used: {error}"))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("can't be used: {error}"))?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(config.with_no_client_auth())
}
