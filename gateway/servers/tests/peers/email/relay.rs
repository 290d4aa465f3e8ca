//! A wire that is cut: it hands on what a client and a server say to each other, until the client has said so many lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::house::House;

/// A wire before a server of the house; it ends with the value.
pub(super) struct Relay {
    pub(super) port: u16,
    state: Arc<State>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct State {
    /// After so many lines of the client, the last of which arrives, everything is cut; of all connections together.
    lines: AtomicUsize,
    cut: AtomicBool,
    /// Lines that were said.
    said: AtomicUsize,
    /// Which of them was a dot alone.
    dot: AtomicUsize,
}

impl Relay {
    pub(super) async fn before(house: &House, port: u16, lines: usize) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let state = Arc::new(State { lines: AtomicUsize::new(lines), ..State::default() });
        let (acceptor, connector) = ends(house);
        let mut task = JoinSet::new();
        let shared = state.clone();
        task.spawn(async move {
            let mut wires = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, connector, state) = (acceptor.clone(), connector.clone(), shared.clone());
                wires.spawn(async move {
                    // A client that leaves during the handshake is its own affair.
                    let Ok(client) = acceptor.accept(socket).await else { return };
                    let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let name = ServerName::try_from("localhost").unwrap();
                    let server = connector.connect(name, server).await.unwrap();
                    hand_on(client, server, &state).await;
                });
            }
        });
        Relay { port: own, state, _task: task }
    }

    /// The line that ended the text of a message.
    pub(super) fn dot(&self) -> usize {
        self.state.dot.load(Ordering::SeqCst)
    }

    /// Whether it was cut.
    pub(super) fn was_cut(&self) -> bool {
        self.state.cut.load(Ordering::SeqCst)
    }
}

async fn hand_on(
    client: impl AsyncRead + AsyncWrite + Unpin,
    server: impl AsyncRead + AsyncWrite + Unpin,
    state: &State,
) {
    let (from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let mut said = BufReader::new(from_client);
    let asking = async {
        let mut line = Vec::new();
        loop {
            if state.cut.load(Ordering::SeqCst) {
                return;
            }
            line.clear();
            if !matches!(said.read_until(b'\n', &mut line).await, Ok(1..)) {
                return;
            }
            let number = state.said.fetch_add(1, Ordering::SeqCst) + 1;
            if line == b".\r\n" {
                state.dot.store(number, Ordering::SeqCst);
            }
            // The line arrives; its answer does not.
            if state.lines.fetch_sub(1, Ordering::SeqCst) == 1 {
                state.cut.store(true, Ordering::SeqCst);
                to_server.write_all(&line).await.ok();
                to_server.flush().await.ok();
                to_server.shutdown().await.ok();
                return;
            }
            if to_server.write_all(&line).await.is_err() || to_server.flush().await.is_err() {
                return;
            }
        }
    };
    let answering = tokio::io::copy(&mut from_server, &mut to_client);
    tokio::select! {
        () = asking => {}
        _ = answering => {}
    }
}

fn ends(house: &House) -> (TlsAcceptor, TlsConnector) {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let certificate = CertificateDer::from_pem_slice(house.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(house.key.as_bytes()).unwrap();
    let served = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let asked = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (TlsAcceptor::from(Arc::new(served)), TlsConnector::from(Arc::new(asked)))
}
