//! Handing a message over. Until the server has said that it takes the text, nothing has been sent; from then on until it
//! has said how it ended, nobody can know.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{self, ClientConfig};

use super::account::{Account, Security};
use super::imap;
use super::problem::{ServerError, Side, Trouble};
use crate::web::plain;

/// The longest words of a server that are passed on, in characters.
const LONGEST_SAID: usize = 200;

/// A signed-in connection. One message goes over it.
pub(super) struct Sending {
    wire: AsyncSmtpConnection,
    account: Account,
    patience: Duration,
}

/// How handing over ended.
#[derive(Debug)]
pub(super) enum Handed {
    /// The server has it and will see to it.
    Over,
    /// The server does not take it; nothing was sent.
    Back(ServerError),
    /// Nobody can tell.
    Unclear(ServerError),
}

impl Sending {
    /// Connects and signs in.
    pub async fn open(
        account: &Account,
        tls: Arc<ClientConfig>,
        authority: Option<&str>,
        patience: Duration,
    ) -> Result<Sending, ServerError> {
        let opened = timeout(patience, signed_in(account, tls, authority)).await;
        let wire =
            opened.unwrap_or(Err(Trouble::Slow)).map_err(|t| ServerError::at(Side::Smtp, account, t))?;
        Ok(Sending { wire, account: account.clone(), patience })
    }

    fn error(&self, trouble: Trouble) -> ServerError {
        ServerError::at(Side::Smtp, &self.account, trouble)
    }

    /// Says who it is from and to whom, until the server waits for the text. Nothing has been sent yet.
    pub async fn announce(&mut self, envelope: &Envelope, is_ascii: bool) -> Result<(), ServerError> {
        let patience = self.patience;
        let announced = timeout(patience, announce(&mut self.wire, envelope, is_ascii)).await;
        announced.unwrap_or(Err(Trouble::Slow)).map_err(|trouble| self.error(trouble))
    }

    /// Hands the text over.
    pub async fn hand_over(&mut self, message: &[u8]) -> Handed {
        match timeout(self.patience, self.wire.message(message)).await {
            Ok(Ok(_)) => Handed::Over,
            Ok(Err(error)) if error.status().is_some() => Handed::Back(self.error(of(&error))),
            Ok(Err(error)) => Handed::Unclear(self.error(of(&error))),
            Err(_) => Handed::Unclear(self.error(Trouble::Slow)),
        }
    }

    /// Says goodbye; whoever does not listen is left.
    pub async fn close(mut self) {
        // It is over either way.
        drop(timeout(Duration::from_secs(2), self.wire.quit()).await);
    }
}

async fn announce(
    wire: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    is_ascii: bool,
) -> Result<(), Trouble> {
    let mut options = Vec::new();
    if !is_ascii && wire.server_info().supports_feature(Extension::EightBitMime) {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let everybody = envelope.to().iter().chain(envelope.from());
    if everybody.clone().any(|address| !address.to_string().is_ascii()) {
        if !wire.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Trouble::Refused("it knows only addresses of plain letters".to_owned()));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    wire.command(Mail::new(envelope.from().cloned(), options)).await.map_err(|error| of(&error))?;
    for address in envelope.to() {
        let told = wire.command(Rcpt::new(address.clone(), Vec::new())).await;
        told.map_err(|error| match of(&error) {
            Trouble::Refused(said) => {
                Trouble::Refused(format!("nothing was sent, because of {address}: {said}"))
            }
            other => other,
        })?;
    }
    wire.command(Data).await.map_err(|error| of(&error))?;
    Ok(())
}

async fn signed_in(
    account: &Account,
    tls: Arc<ClientConfig>,
    authority: Option<&str>,
) -> Result<AsyncSmtpConnection, Trouble> {
    let hello = ClientId::default();
    let socket = imap::connected(account).await?;
    let mut wire = match account.security {
        Security::Tls => {
            let stream = Encrypted(imap::encrypted(account, tls, socket).await?);
            let wire = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await;
            wire.map_err(|error| of(&error))?
        }
        Security::StartTls => {
            let (host, pem) = (account.host.clone(), authority.map(str::to_owned));
            // The system's certificates are read from disk.
            let tls = tokio::task::spawn_blocking(move || parameters(host, pem.as_deref()));
            let tls = tls.await.map_err(|_| Trouble::Odd)?.map_err(|error| of(&error))?;
            let wire = AsyncSmtpConnection::connect_with_transport(Box::new(socket), &hello).await;
            let mut wire = wire.map_err(|error| of(&error))?;
            wire.starttls(tls, &hello).await.map_err(|error| match of(&error) {
                Trouble::Refused(_) | Trouble::Odd => Trouble::NoTls,
                other => other,
            })?;
            wire
        }
    };
    let credentials = Credentials::new(account.user.clone(), account.password.expose_secret().to_owned());
    match wire.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await {
        Ok(_) => Ok(wire),
        Err(error) if error.is_permanent() => Err(Trouble::Password),
        Err(error) if error.is_client() => Err(Trouble::NoWayIn),
        Err(error) => Err(of(&error)),
    }
}

/// A connection that is encrypted already, as the library takes one.
#[derive(Debug)]
struct Encrypted(TlsStream<TcpStream>);

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

fn parameters(host: String, authority: Option<&str>) -> Result<TlsParameters, Error> {
    let mut builder = TlsParameters::builder(host);
    if let Some(pem) = authority {
        builder = builder.add_root_certificate(Certificate::from_pem(pem.as_bytes())?);
    }
    builder.build()
}

/// What an error of the library means.
fn of(error: &Error) -> Trouble {
    let reason = || error.source().map_or_else(|| "it gives no reason".to_owned(), ToString::to_string);
    if error.status().is_some() {
        return Trouble::Refused(plain::line(&reason(), LONGEST_SAID));
    }
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return imap::of_rustls(tls);
        }
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return imap::of_tls(io);
        }
        cause = inner.source();
    }
    // The end of a connection is an answer that is not whole, to the library.
    if error.is_response() && reason().contains("incomplete") { Trouble::Lost } else { Trouble::Odd }
}
