//! The announcer: hands reminders that fall due to every open voice session.
//!
//! A session that attends holds a [`Seat`]; dropping it is leaving. A reminder is told when the first session begins to
//! say it. If none does within [`PATIENCE`], because all are in the midst of a turn, the offer is withdrawn and the
//! reminder stays due, on disk; a session that comes upon a withdrawn offer asks to be told anew. So nothing is lost with
//! a session that ends before its moment comes, and nothing is told twice.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use homepilot_servers::assistant::{Alert, Alerts, Timeliness, Told};
use tokio::sync::{mpsc, watch};

use crate::phrasing;

/// Reminders that may wait for one session; another is not offered to it.
pub const WAITING: usize = 8;

/// How long an offer stands. A session at rest begins within a millisecond; shorter than the assistant waits.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// A reminder fit to be said and shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Its id at the assistant.
    pub id: String,
    /// What to be reminded of, for the screen.
    pub text: String,
    /// When it was due, RFC 3339 with the user's offset.
    pub due: String,
    /// Whether it comes when it was due.
    pub timeliness: Timeliness,
    /// What is said.
    pub spoken: String,
}

impl From<Alert> for Reminder {
    fn from(alert: Alert) -> Self {
        Self {
            id: alert.id,
            text: phrasing::reminded(&alert.text),
            due: alert.due.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            timeliness: alert.late,
            spoken: phrasing::announcement(&alert.spoken),
        }
    }
}

/// What became of an offer, for all who got it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Open,
    /// A session has begun to tell it; the others may too.
    Told,
    /// Nobody did in time.
    Withdrawn,
}

/// A reminder that a session may tell.
#[derive(Debug)]
pub struct Offer {
    /// Which.
    pub reminder: Arc<Reminder>,
    fate: Arc<watch::Sender<Fate>>,
}

impl Offer {
    /// The session begins to tell it; `None` if it was withdrawn.
    pub fn take(self) -> Option<Arc<Reminder>> {
        self.fate.send_if_modified(|fate| {
            let open = *fate == Fate::Open;
            if open {
                *fate = Fate::Told;
            }
            open
        });
        let told = *self.fate.borrow() == Fate::Told;
        told.then_some(self.reminder)
    }
}

/// Withdraws an offer that nobody has taken when it is dropped.
struct Telling(Weak<watch::Sender<Fate>>);

impl Drop for Telling {
    fn drop(&mut self) {
        if let Some(fate) = self.0.upgrade() {
            fate.send_if_modified(|fate| {
                let open = *fate == Fate::Open;
                if open {
                    *fate = Fate::Withdrawn;
                }
                open
            });
        }
    }
}

/// A session's place in the audience.
#[derive(Debug)]
pub struct Seat(mpsc::Receiver<Offer>);

impl Seat {
    /// The next reminder.
    pub async fn offer(&mut self) -> Option<Offer> {
        self.0.recv().await
    }
}

/// Who attends.
#[derive(Default)]
pub struct Announcer {
    seats: Mutex<Vec<mpsc::Sender<Offer>>>,
    /// Changes when somebody comes, or has time again.
    listening: watch::Sender<()>,
}

impl fmt::Debug for Announcer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcer").field("seats", &self.seats().len()).finish_non_exhaustive()
    }
}

impl Announcer {
    /// Joins the audience, until the seat is dropped.
    pub fn attend(&self) -> Seat {
        let (offers, seat) = mpsc::channel(WAITING);
        self.seats().push(offers);
        self.listen();
        Seat(seat)
    }

    /// Somebody listens who did not before: a reminder that nobody could take is worth another try.
    pub fn listen(&self) {
        self.listening.send_replace(());
    }

    /// Those of who has not left.
    fn seats(&self) -> MutexGuard<'_, Vec<mpsc::Sender<Offer>>> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.retain(|offers| !offers.is_closed());
        seats
    }
}

#[async_trait]
impl Alerts for Announcer {
    async fn tell(&self, alert: Alert) -> Told {
        let reminder = Arc::new(Reminder::from(alert));
        let (fate, mut told) = watch::channel(Fate::Open);
        let fate = Arc::new(fate);
        for offers in self.seats().iter() {
            let offer = Offer { reminder: reminder.clone(), fate: fate.clone() };
            if let Err(error) = offers.try_send(offer) {
                tracing::warn!(%error, "a session could not be offered a reminder");
            }
        }
        let telling = Telling(Arc::downgrade(&fate));
        // With the last offer gone there is nobody left to wait for.
        drop(fate);
        let waiting = tokio::time::timeout(PATIENCE, told.wait_for(|fate| *fate == Fate::Told));
        let in_time = waiting.await.is_ok_and(|told| told.is_ok());
        drop(telling);
        // What was taken in the last moment was taken.
        if in_time || *told.borrow() == Fate::Told { Told::Somebody } else { Told::Nobody }
    }

    async fn listener(&self) {
        // The sender lives in the announcer, so it can't be gone.
        let _ = self.listening.subscribe().changed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(id: &str) -> Alert {
        Alert {
            id: id.to_owned(),
            text: "call **mom**".to_owned(),
            due: "2026-03-02T17:00:00-05:00[America/New_York]".parse().unwrap(),
            spoken: "Reminder: call <your> mom".to_owned(),
            late: Timeliness::Late,
            missed: 0,
        }
    }

    #[tokio::test]
    async fn everybody_is_offered_it_and_the_first_who_begins_has_told_it() {
        let announcer = Announcer::default();
        let (mut one, mut two) = (announcer.attend(), announcer.attend());
        let sessions = async {
            let (first, second) = (one.offer().await.unwrap(), two.offer().await.unwrap());
            assert_eq!(first.reminder.due, "2026-03-02T17:00:00-05:00");
            assert_eq!(first.reminder.text, "call **mom**");
            assert_eq!(first.reminder.spoken, "Reminder: call your mom.");
            assert_eq!(first.take().unwrap().id, "a");
            second
        };
        let (told, second) = tokio::join!(announcer.tell(alert("a")), sessions);
        assert_eq!(told, Told::Somebody);
        assert_eq!(second.take().unwrap().id, "a", "a busy session tells it when its turn is over");
    }

    #[tokio::test]
    async fn without_anybody_it_stays_due_and_the_next_who_comes_is_noticed() {
        let announcer = Announcer::default();
        drop(announcer.attend());
        let mut newcomer = announcer.listener();
        assert!(futures::poll!(&mut newcomer).is_pending());
        assert_eq!(announcer.tell(alert("a")).await, Told::Nobody);
        assert!(futures::poll!(&mut newcomer).is_pending());
        let _seat = announcer.attend();
        newcomer.await;
    }

    #[tokio::test]
    async fn a_session_that_ends_or_has_no_time_has_told_nothing() {
        let announcer = Announcer::default();
        let mut seat = announcer.attend();
        assert_eq!(announcer.tell(alert("a")).await, Told::Nobody);
        assert_eq!(seat.offer().await.unwrap().take(), None, "it was withdrawn: it is told anew, not twice");
        let leaving = async {
            drop(seat.offer().await);
            drop(seat);
        };
        assert_eq!(tokio::join!(announcer.tell(alert("b")), leaving).0, Told::Nobody);
    }

    #[tokio::test]
    async fn telling_that_is_given_up_withdraws_the_offer() {
        let announcer = Announcer::default();
        let mut seat = announcer.attend();
        let mut telling = announcer.tell(alert("a"));
        assert!(futures::poll!(&mut telling).is_pending());
        drop(telling);
        assert_eq!(seat.offer().await.unwrap().take(), None);
    }
}
