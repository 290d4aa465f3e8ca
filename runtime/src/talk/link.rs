//! The connection to the server, kept up: one that is lost is tried again, a little later each time.

use std::{pin::Pin, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use super::event::Event;
use crate::client::{Client, ClientError};

/// Before the first attempt after a loss; each that fails doubles it.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause between attempts.
const LONGEST: Duration = Duration::from_secs(15);

/// What happens at the connection.
#[derive(Debug)]
pub(super) enum News {
    /// It is open again.
    Open,
    /// The server said something.
    Event(Event),
    /// It was lost, or could not be opened again.
    Lost {
        /// In words.
        why: String,
        /// When it is tried again.
        again_in: Duration,
    },
}

type Dialling = Pin<Box<dyn Future<Output = Result<Client, ClientError>> + Send>>;

enum State {
    Open(Box<Client>),
    Broken(String),
    Waiting(Instant),
    Dialling(Dialling),
}

/// A connection to a persona.
pub(super) struct Link {
    address: String,
    persona: String,
    state: State,
    attempt: u32,
}

impl Link {
    /// Connects for the first time.
    ///
    /// # Errors
    /// When nobody answers, or the persona is not known.
    pub(super) async fn open(address: String, persona: String) -> Result<Link, ClientError> {
        let client = Client::connect(&address, &persona).await?;
        Ok(Link { address, persona, state: State::Open(Box::new(client)), attempt: 0 })
    }

    /// Says something. What is said while there is no connection is lost with it.
    pub(super) async fn send(&mut self, event: Value) {
        if let State::Open(client) = &mut self.state
            && let Err(error) = client.send(event).await
        {
            self.state = State::Broken(error.to_string());
        }
    }

    /// What happens next. Nothing is lost when it is dropped and called again.
    pub(super) async fn next(&mut self) -> News {
        loop {
            match &mut self.state {
                State::Open(client) => match client.next().await {
                    Ok(Some(event)) => match serde_json::from_value(event) {
                        Ok(event) => {
                            self.attempt = 0;
                            return News::Event(event);
                        }
                        Err(error) => tracing::debug!(%error, "an event of another shape was passed over"),
                    },
                    Ok(None) => return self.lost("the server closed the connection".to_owned()),
                    Err(error) => return self.lost(error.to_string()),
                },
                State::Broken(why) => {
                    let why = std::mem::take(why);
                    return self.lost(why);
                }
                State::Waiting(until) => {
                    tokio::time::sleep_until(*until).await;
                    let (address, persona) = (self.address.clone(), self.persona.clone());
                    self.state =
                        State::Dialling(Box::pin(async move { Client::connect(&address, &persona).await }));
                }
                State::Dialling(dialling) => match dialling.await {
                    Ok(client) => {
                        self.state = State::Open(Box::new(client));
                        return News::Open;
                    }
                    Err(error) => return self.lost(error.to_string()),
                },
            }
        }
    }

    fn lost(&mut self, why: String) -> News {
        let again_in = pause(self.attempt);
        self.attempt = self.attempt.saturating_add(1);
        self.state = State::Waiting(Instant::now() + again_in);
        News::Lost { why, again_in }
    }
}

/// Before attempt number `attempt`, from 0.
fn pause(attempt: u32) -> Duration {
    FIRST.saturating_mul(2u32.saturating_pow(attempt)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        extract::{WebSocketUpgrade, ws::Message},
        routing::get,
    };
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn pauses_grow_to_a_bound() {
        let pauses: Vec<u64> = (0..8).map(|attempt| pause(attempt).as_millis() as u64).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
        assert_eq!(pause(u32::MAX), LONGEST);
    }

    /// A server whose every connection says one thing and ends.
    async fn brief(listener: TcpListener) {
        let route = get(|upgrade: WebSocketUpgrade| async {
            upgrade.protocols(["realtime"]).on_upgrade(|mut socket| async move {
                drop(socket.send(Message::Text(r#"{"type":"session.created"}"#.into())).await);
            })
        });
        axum::serve(listener, Router::new().route("/v1/realtime", route)).await.unwrap();
    }

    #[tokio::test]
    async fn a_lost_connection_is_told_and_opened_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(brief(listener));
        let mut link = Link::open(address.to_string(), "assistant".into()).await.unwrap();
        for _ in 0..2 {
            assert!(matches!(link.next().await, News::Event(Event::Created)));
            assert!(matches!(link.next().await, News::Lost { again_in: FIRST, .. }));
            assert!(matches!(link.next().await, News::Open));
        }
        server.abort();
        assert!(server.await.unwrap_err().is_cancelled());
        while !matches!(link.next().await, News::Lost { .. }) {}
        let News::Lost { why, again_in } = link.next().await else { panic!("nobody listens there") };
        assert!(again_in > FIRST && why.contains("can't be reached"), "{why}");
    }

    #[tokio::test]
    async fn what_never_answered_is_an_error() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert!(Link::open(free.to_string(), "assistant".into()).await.is_err());
    }
}
