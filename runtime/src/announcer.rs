//! The announcer: hands reminders that fall due to every open voice session.
//!
//! A session that attends holds a [`Seat`]; dropping it is leaving. A reminder is told when the first session begins to
//! say it, so that one that ends before its turn comes loses nothing: with the last offer gone the reminder stays due.
//! Who comes while a reminder still waits for its turn elsewhere is offered it too.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use homepilot_servers::assistant::{Alert, Alerts, Timeliness, Told};
use tokio::sync::{mpsc, watch};

use crate::phrasing;

/// Reminders that may wait for one session; another is not offered to it.
pub const WAITING: usize = 8;

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

/// A reminder that a session may tell.
#[derive(Debug)]
pub struct Offer {
    /// Which.
    pub reminder: Arc<Reminder>,
    told: mpsc::Sender<()>,
}

impl Offer {
    /// The session begins to tell it.
    pub fn take(self) -> Arc<Reminder> {
        // Full or closed when another session was first.
        if let Err(error) = self.told.try_send(()) {
            tracing::trace!(%error, "a reminder that is being told already");
        }
        self.reminder
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

/// Who attends, in the order they came.
#[derive(Default)]
pub struct Announcer {
    seats: Mutex<Vec<(u64, mpsc::Sender<Offer>)>>,
    /// How many have come; the number of the newest.
    arrivals: watch::Sender<u64>,
    /// The newest who was offered a reminder.
    reached: AtomicU64,
}

impl fmt::Debug for Announcer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcer").field("arrivals", &*self.arrivals.borrow()).finish_non_exhaustive()
    }
}

impl Announcer {
    /// Joins the audience, until the seat is dropped.
    pub fn attend(&self) -> Seat {
        let (offers, seat) = mpsc::channel(WAITING);
        let mut seats = self.seats();
        seats.retain(|(_, offers)| !offers.is_closed());
        let number = *self.arrivals.borrow() + 1;
        seats.push((number, offers));
        self.arrivals.send_replace(number);
        Seat(seat)
    }

    fn seats(&self) -> std::sync::MutexGuard<'_, Vec<(u64, mpsc::Sender<Offer>)>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Offers it to all who came after number `after`; returns the newest's number.
    fn offer(&self, reminder: &Arc<Reminder>, told: &mpsc::Sender<()>, after: u64) -> u64 {
        let mut seats = self.seats();
        seats.retain(|(_, offers)| !offers.is_closed());
        for (number, offers) in seats.iter().filter(|(number, _)| *number > after) {
            let offer = Offer { reminder: reminder.clone(), told: told.clone() };
            if let Err(error) = offers.try_send(offer) {
                tracing::warn!(session = number, %error, "a session could not be offered a reminder");
            }
        }
        let newest = *self.arrivals.borrow();
        self.reached.store(newest, Ordering::SeqCst);
        newest
    }
}

#[async_trait]
impl Alerts for Announcer {
    async fn tell(&self, alert: Alert) -> Told {
        let reminder = Arc::new(Reminder::from(alert));
        let mut arrivals = self.arrivals.subscribe();
        let (told, mut taken) = mpsc::channel(1);
        let mut reached = self.offer(&reminder, &told, 0);
        let later = told.downgrade();
        drop(told);
        loop {
            tokio::select! {
                biased;
                told = taken.recv() => return if told.is_some() { Told::Somebody } else { Told::Nobody },
                // The sender lives in the announcer.
                _ = arrivals.changed() => if let Some(told) = later.upgrade() {
                    reached = self.offer(&reminder, &told, reached);
                },
            }
        }
    }

    async fn listener(&self) {
        let reached = self.reached.load(Ordering::SeqCst);
        // The sender lives in the announcer, so it can't be gone.
        let _ = self.arrivals.subscribe().wait_for(|newest| *newest > reached).await;
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

    /// Whether nothing happens until everything else that can run has run.
    async fn waits<T>(future: &mut (impl Future<Output = T> + Unpin)) -> bool {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        futures::poll!(future).is_pending()
    }

    #[tokio::test]
    async fn everybody_is_offered_it_and_the_first_who_begins_has_told_it() {
        let announcer = Announcer::default();
        let (mut one, mut two) = (announcer.attend(), announcer.attend());
        let mut telling = announcer.tell(alert("a"));
        assert!(waits(&mut telling).await, "nobody has begun");
        let first = one.offer().await.unwrap();
        let second = two.offer().await.unwrap();
        assert_eq!(second.reminder.due, "2026-03-02T17:00:00-05:00");
        assert_eq!(
            (first.reminder.text.as_str(), first.reminder.spoken.as_str()),
            ("call **mom**", "Reminder: call your mom.")
        );
        assert_eq!(first.take().id, "a");
        assert_eq!(telling.await, Told::Somebody);
        assert_eq!(second.take().id, "a", "it is told in the other session too");
    }

    #[tokio::test]
    async fn without_anybody_it_stays_due_and_the_next_who_comes_is_noticed() {
        let announcer = Announcer::default();
        drop(announcer.attend());
        assert_eq!(announcer.tell(alert("a")).await, Told::Nobody);
        let mut newcomer = announcer.listener();
        assert!(waits(&mut newcomer).await, "who came and went before it was told is nobody new");
        let _seat = announcer.attend();
        newcomer.await;
        // Also when nobody waited at the moment they came.
        announcer.listener().await;
    }

    #[tokio::test]
    async fn a_session_that_ends_before_its_turn_has_told_nothing() {
        let announcer = Announcer::default();
        let mut seat = announcer.attend();
        let mut telling = announcer.tell(alert("a"));
        assert!(waits(&mut telling).await);
        let offer = seat.offer().await.unwrap();
        drop(seat);
        assert!(waits(&mut telling).await, "the offer is still held");
        drop(offer);
        assert_eq!(telling.await, Told::Nobody);
    }

    #[tokio::test]
    async fn who_comes_while_the_others_are_busy_is_offered_it_too() {
        let announcer = Announcer::default();
        let busy = announcer.attend();
        let mut telling = announcer.tell(alert("a"));
        assert!(waits(&mut telling).await);
        let mut late = announcer.attend();
        assert!(waits(&mut telling).await);
        assert_eq!(late.offer().await.unwrap().take().id, "a");
        assert_eq!(telling.await, Told::Somebody);
        drop(busy);
    }
}
