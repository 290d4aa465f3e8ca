//! One port for HTTP and HTTPS: what a connection's first byte says it is. Some SDKs and every page that is not from
//! localhost insist on TLS; both are then at the address that the rest uses.
//!
//! The certificate is made at the first start for the loopback names and lies, with its key, in `tls/` of the data
//! directory. Who trusts it passes it on (`NODE_EXTRA_CA_CERTS`, a browser's settings); who has a better one puts it there.

use std::{
    io::{self, Write as _},
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use axum::serve::Listener;
use rcgen::{CertificateParams, DnType, KeyPair};
use sha2::{Digest as _, Sha256};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
    server::TlsStream,
};
use tokio_util::either::Either;

use crate::paths;

/// The certificate's file.
pub(crate) const CERTIFICATE: &str = "certificate.pem";
/// Its key's.
pub(crate) const KEY: &str = "key.pem";
/// Names that every certificate is made for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// From a connection to its first byte, or to the end of its handshake.
const GREETING: Duration = Duration::from_secs(10);
/// Connections that have not said anything yet; more wait in the system's queue.
const MOST_GREETINGS: usize = 256;
/// What every TLS connection begins with: a handshake record.
const HANDSHAKE: u8 = 22;

type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// Who is at the other end of a connection, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// Their address.
    pub(crate) from: IpAddr,
    /// Our address, which they reached.
    pub(crate) at: IpAddr,
    /// Whether it is TLS.
    pub(crate) secure: bool,
}

impl Peer {
    /// Whether they are on this machine: a connection to an address of one's own comes from that address.
    pub(crate) fn is_here(&self) -> bool {
        self.from.is_loopback() || self.from == self.at
    }

    /// Who this connection is with.
    pub(crate) fn of(stream: &Stream, from: &SocketAddr) -> Self {
        let (tcp, secure) = match stream {
            Either::Left(tcp) => (tcp, false),
            Either::Right(tls) => (tls.get_ref().0, true),
        };
        let from = from.ip().to_canonical();
        // A connection that is over already is nobody's of this machine.
        let at = tcp.local_addr().map_or(IpAddr::from([0, 0, 0, 0]), |at| at.ip().to_canonical());
        Self { from, at, secure }
    }
}

/// A port that speaks both.
pub(crate) struct Doors {
    listener: TcpListener,
    tls: TlsAcceptor,
    greetings: JoinSet<Option<(Stream, SocketAddr)>>,
}

impl Doors {
    /// `folder` has, or gets, `certificate.pem` and `key.pem`.
    ///
    /// # Errors
    /// Names the file that can't be made or used, and what to do.
    pub(crate) fn open(listener: TcpListener, folder: &Path) -> anyhow::Result<Self> {
        let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
        if !certificate.exists() && !key.exists() {
            make(folder, &[])?;
        }
        let unusable = |file: &Path| {
            format!("{} can't be used: put a PEM file there, or delete {}", file.display(), folder.display())
        };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&certificate)
            .and_then(Iterator::collect)
            .with_context(|| unusable(&certificate))?;
        let secret = PrivateKeyDer::from_pem_file(&key).with_context(|| unusable(&key))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .with_context(|| unusable(&key))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { listener, tls: TlsAcceptor::from(Arc::new(config)), greetings: JoinSet::new() })
    }
}

impl Listener for Doors {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let room = self.greetings.len() < MOST_GREETINGS;
            tokio::select! {
                (stream, from) = Listener::accept(&mut self.listener), if room => {
                    let tls = self.tls.clone();
                    self.greetings.spawn(async move {
                        let stream = tokio::time::timeout(GREETING, greet(stream, tls)).await.ok()?.ok()?;
                        Some((stream, from))
                    });
                }
                Some(greeted) = self.greetings.join_next() => {
                    if let Ok(Some(connection)) = greeted {
                        return connection;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

async fn greet(stream: TcpStream, tls: TlsAcceptor) -> io::Result<Stream> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    Ok(match first[0] {
        HANDSHAKE => Either::Right(tls.accept(stream).await?),
        _ => Either::Left(stream),
    })
}

/// Makes another in place of the one that is there, for more names than this machine's own.
///
/// # Errors
/// When a name can't be one, or a file can't be written.
pub(crate) fn make_anew(folder: &Path, names: &[String]) -> anyhow::Result<()> {
    let aside = folder.with_extension("new");
    let at = || format!("the certificate in {} can't be written", folder.display());
    match std::fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(at),
        Ok(()) | Err(_) => make(&aside, names)?,
    }
    std::fs::create_dir_all(folder).with_context(at)?;
    for file in [KEY, CERTIFICATE] {
        std::fs::rename(aside.join(file), folder.join(file)).with_context(at)?;
    }
    std::fs::remove_dir(&aside).with_context(at)
}

/// The SHA-256 of the certificate as browsers show it; none if there is no certificate.
///
/// # Errors
/// When the file is no certificate.
pub(crate) fn fingerprint(folder: &Path) -> anyhow::Result<Option<String>> {
    let file = folder.join(CERTIFICATE);
    if !file.exists() {
        return Ok(None);
    }
    let certificate = CertificateDer::from_pem_file(&file)
        .with_context(|| format!("{} is no certificate: delete {}", file.display(), folder.display()))?;
    let bytes = Sha256::digest(certificate.as_ref());
    Ok(Some(bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")))
}

/// A certificate for this machine's own names and these, and its key, which only the owner reads.
fn make(folder: &Path, names: &[String]) -> anyhow::Result<()> {
    let (certificate, key) = (&folder.join(CERTIFICATE), &folder.join(KEY));
    let names: Vec<String> = NAMES.map(str::to_owned).into_iter().chain(names.iter().cloned()).collect();
    let mut wanted = CertificateParams::new(names).context("one of the names can't be in a certificate")?;
    wanted.distinguished_name.push(DnType::CommonName, "HomePilot on this machine");
    let secret = KeyPair::generate()?;
    let made = wanted.self_signed(&secret)?;
    std::fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let write = |file: &Path, text: &str| paths::new_private(file)?.write_all(text.as_bytes());
    write(key, &secret.serialize_pem())
        .and_then(|()| write(certificate, &made.pem()))
        .with_context(|| format!("the certificate in {} can't be written", folder.display()))
}

#[cfg(test)]
mod tests {
    use axum::{Router, extract::ConnectInfo, routing::get};
    use homepilot_servers::port::{self, Limits};
    use tokio_util::sync::CancellationToken;

    use super::*;

    async fn served(folder: &Path) -> (SocketAddr, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let doors = Doors::open(listener, folder).unwrap();
        let at = doors.local_addr().unwrap();
        let mut serving = JoinSet::new();
        let seen =
            async |ConnectInfo(peer): ConnectInfo<Peer>| if peer.secure { "in secret" } else { "here" };
        let router = Router::new().route("/", get(seen));
        serving.spawn(port::serve(doors, router, Peer::of, Limits::default(), CancellationToken::new()));
        (at, serving)
    }

    #[tokio::test]
    async fn one_port_answers_in_plain_and_with_tls_to_who_trusts_its_certificate() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tls");
        let (at, _serving) = served(&folder).await;
        // Who says nothing keeps nobody waiting.
        let _silent = TcpStream::connect(at).await.unwrap();
        let plain = reqwest::get(format!("http://{at}/")).await.unwrap();
        assert_eq!(plain.text().await.unwrap(), "here");
        let secure = format!("https://localhost:{}/", at.port());
        assert!(reqwest::get(&secure).await.is_err(), "nobody trusts it unasked");
        let pem = std::fs::read(folder.join("certificate.pem")).unwrap();
        let trusting = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()])
            .build()
            .unwrap();
        assert_eq!(trusting.get(&secure).send().await.unwrap().text().await.unwrap(), "in secret");
        // It stays the same, so that trust does.
        drop(served(&folder).await);
        assert_eq!(std::fs::read(folder.join("certificate.pem")).unwrap(), pem);
    }

    #[tokio::test]
    async fn what_is_no_certificate_is_named() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("certificate.pem"), "nothing").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let Err(error) = Doors::open(listener, home.path()) else { panic!("it was taken") };
        assert!(format!("{error:#}").contains("key.pem can't be used"), "{error:#}");
    }
}
