use std::net::SocketAddr;

use axum::{
    extract::{DefaultBodyLimit, WebSocketUpgrade},
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

use super::*;

/// So long that nothing in a test comes to its end.
const LONG: Duration = Duration::from_secs(600);
/// So short that whatever waits for it does not wait.
const SHORT: Duration = Duration::from_millis(100);
/// After it a test has failed.
const HANGS: Duration = Duration::from_secs(60);

const LIMITS: Limits = Limits { connections: 8, head: LONG, pause: LONG, body: LONG };
const GET: &str = "GET /who HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A port with an echo, a handler that waits, one that says who asks, and one that upgrades.
struct Port {
    at: SocketAddr,
    stop: CancellationToken,
    /// A request has come to the handler that waits.
    arrived: Arc<Notify>,
    /// Lets it answer.
    go: Arc<Notify>,
    serving: JoinHandle<()>,
}

impl Port {
    async fn open(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (told, let_go) = (arrived.clone(), go.clone());
        let router = Router::new()
            .route("/echo", post(async |body: String| body).layer(DefaultBodyLimit::disable()))
            .route("/who", get(async |ConnectInfo(from): ConnectInfo<SocketAddr>| from.ip().to_string()))
            .route(
                "/waits",
                get(move || {
                    let (told, let_go) = (told.clone(), let_go.clone());
                    async move {
                        told.notify_one();
                        let_go.notified().await;
                        "waited"
                    }
                }),
            )
            .route(
                "/upgrade",
                get(async |upgrade: WebSocketUpgrade| {
                    upgrade.on_upgrade(async |mut socket| {
                        if let Some(Ok(message)) = socket.recv().await {
                            drop(socket.send(message).await);
                        }
                    })
                }),
            );
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, router, |_, from| *from, limits, stop.clone()));
        Self { at, stop, arrived, go, serving }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.at).await.unwrap()
    }

    /// All that is answered to these bytes, until the connection ends.
    async fn ask(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        // A connection that has ended already takes none, and is read to its end all the same.
        drop(stream.write_all(bytes.as_bytes()).await);
        rest(stream).await
    }
}

async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that was cut has an end too.
    drop(timeout(HANGS, stream.read_to_end(&mut answer)).await.expect("the connection is held"));
    String::from_utf8(answer).unwrap()
}

/// Reads the head of an answer that switches to another protocol.
async fn switched(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(HANGS, stream.read_u8()).await.expect("no answer").unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let port = Port::open(Limits { head: SHORT, ..LIMITS }).await;
    assert_eq!(port.ask("GET /who HT").await, "");
    assert_eq!(port.ask("").await, "");
    let answer = Port::open(LIMITS).await.ask(GET).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_with_what_was_wrong() {
    let begun = "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhal";
    for limits in [Limits { pause: SHORT, ..LIMITS }, Limits { body: SHORT, ..LIMITS }] {
        let port = Port::open(limits).await;
        let answer = port.ask(begun).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("too slowly") && answer.contains("connection: close"), "{answer}");
    }
    let port = Port::open(LIMITS).await;
    let whole =
        "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwhole";
    assert!(port.ask(whole).await.ends_with("whole"));
}

#[tokio::test]
async fn a_connection_too_many_is_told_so_and_there_is_room_when_one_ends() {
    let port = Port::open(Limits { connections: 1, ..LIMITS }).await;
    let mut first = port.connect().await;
    first.write_all(b"GET /who HT").await.unwrap();
    // The system hands connections over in their order.
    let answer = port.ask(GET).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("1 connections are open to this port already: close some"), "{answer}");
    first.write_all(b"TP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(first).await.starts_with("HTTP/1.1 200"));
    let again = async { while !port.ask(GET).await.starts_with("HTTP/1.1 200") {} };
    timeout(HANGS, again).await.expect("there is no room");
}

#[tokio::test]
async fn an_upgraded_connection_is_given_away() {
    let port = Port::open(Limits { connections: 1, ..LIMITS }).await;
    let mut stream = port.connect().await;
    let request = "GET /upgrade HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    switched(&mut stream).await;
    // It is no connection of the port's any more.
    let again = async { while !port.ask(GET).await.starts_with("HTTP/1.1 200") {} };
    timeout(HANGS, again).await.expect("it still takes the place");
    // "hi", masked with zeros, comes back unmasked.
    stream.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
    let mut echo = [0; 4];
    timeout(HANGS, stream.read_exact(&mut echo)).await.expect("no echo").unwrap();
    assert_eq!(echo, [0x81, 2, b'h', b'i']);
}

#[tokio::test]
async fn what_is_being_answered_is_answered_before_the_end() {
    let port = Port::open(LIMITS).await;
    let (mut idle, mut asking) = (port.connect().await, port.connect().await);
    idle.write_all(b"GET /who HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    asking.write_all(b"GET /waits HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    timeout(HANGS, port.arrived.notified()).await.expect("nothing arrived");
    port.stop.cancel();
    port.go.notify_one();
    assert!(rest(asking).await.ends_with("waited"));
    assert!(rest(idle).await.ends_with("127.0.0.1"));
    timeout(HANGS, port.serving).await.expect("it does not end").unwrap();
    assert!(TcpStream::connect(port.at).await.is_err(), "the port is closed");
}
