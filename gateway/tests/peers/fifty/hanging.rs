//! A server that takes every connection and never answers, or sends the head of an answer and no more.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

pub(super) struct Hanging {
    address: SocketAddr,
    visits: Arc<AtomicUsize>,
    _server: JoinSet<()>,
}

impl Hanging {
    pub(super) async fn start(heads: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let visits = Arc::<AtomicUsize>::default();
        let (counted, mut server) = (visits.clone(), JoinSet::new());
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                connections.spawn(hold(connection, heads));
            }
        });
        Self { address, visits, _server: server }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Connections so far.
    pub(super) fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

/// Until the other side gives up.
async fn hold(mut connection: TcpStream, heads: bool) {
    let mut buffer = [0; 4096];
    if heads && connection.read(&mut buffer).await.is_ok_and(|read| read > 0) {
        connection.write_all(HEAD).await.ok();
    }
    while connection.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}
