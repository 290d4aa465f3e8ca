//! A line between the connector and a calendar's server that breaks when told to. A real server can't be made to lose an
//! answer on demand; everything that is said on this line is the real one's.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is passed on, and so is the answer.
    Passes,
    /// The line ends before it gets through.
    Lost,
    /// It gets through; the line ends before the answer.
    Answerless,
}

/// A request as it is judged: the method, and how many came before it.
type Judge = Box<dyn FnMut(&str, usize) -> Fate + Send>;

/// A request that is held until somebody lets it go on.
pub(crate) struct Held {
    pub(crate) go_on: oneshot::Sender<()>,
}

pub(crate) struct Relay {
    pub(crate) port: u16,
    judge: Arc<Mutex<Judge>>,
    _relaying: JoinSet<()>,
}

impl Relay {
    /// To a port of this machine. Requests of the method `hold` are told of, and wait.
    pub(crate) async fn start(to: u16, hold: Option<(&'static str, mpsc::Sender<Held>)>) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let judge: Arc<Mutex<Judge>> = Arc::new(Mutex::new(Box::new(|_, _| Fate::Passes)));
        let judging = Arc::clone(&judge);
        let mut relaying = JoinSet::new();
        relaying.spawn(async move {
            let (mut lines, mut count) = (JoinSet::new(), 0);
            while let Ok((line, _)) = listener.accept().await {
                let (judging, hold) = (Arc::clone(&judging), hold.clone());
                let before = count;
                count += 1;
                lines.spawn(async move {
                    // A line that ends early is what this is for.
                    let _ = pass(line, to, before, &judging, hold).await;
                });
            }
        });
        Relay { port, judge, _relaying: relaying }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// From now on requests are judged so.
    pub(crate) fn judged(&self, judge: impl FnMut(&str, usize) -> Fate + Send + 'static) {
        *self.judge.lock().unwrap() = Box::new(judge);
    }
}

/// One request and its answer; every line carries one.
async fn pass(
    mut line: TcpStream,
    to: u16,
    before: usize,
    judge: &Mutex<Judge>,
    hold: Option<(&'static str, mpsc::Sender<Held>)>,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    let head = loop {
        if let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
        if line.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    };
    let text = String::from_utf8_lossy(&request[..head]).into_owned();
    let length =
        text.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    while request.len() < head + length {
        if line.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let method = text.split(' ').next().unwrap_or_default().to_owned();
    if let Some((held, sender)) = hold
        && held == method
    {
        let (go_on, wait) = oneshot::channel();
        // Nobody to tell means that nobody wants to hold it.
        if sender.send(Held { go_on }).await.is_ok() {
            let _ = wait.await;
        }
    }
    let fate = (judge.lock().unwrap())(&method, before);
    if fate == Fate::Lost {
        return Ok(());
    }
    let mut server = TcpStream::connect(("127.0.0.1", to)).await?;
    let head_lines = text.trim_end().lines().filter(|line| !line.to_lowercase().starts_with("connection:"));
    let head_text = head_lines.collect::<Vec<_>>().join("\r\n") + "\r\nConnection: close\r\n\r\n";
    server.write_all(head_text.as_bytes()).await?;
    server.write_all(&request[head..]).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    if fate == Fate::Passes {
        line.write_all(&answer).await?;
        line.shutdown().await?;
    }
    Ok(())
}
