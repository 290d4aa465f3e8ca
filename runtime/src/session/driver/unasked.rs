//! Reminders: taken from the announcer, said when the machine finds the moment.

use std::{collections::HashMap, sync::Arc};

use super::Driver;
use crate::{
    announcer::{Offer, Reminder, Seat},
    session::{mouth::Source, output::Output},
    turn::{Announcement, AnnouncementId, Input, Tag},
};

/// What this session was offered.
#[derive(Default)]
pub(super) struct Reminders {
    seat: Option<Seat>,
    /// Those that wait for their turn.
    offers: HashMap<AnnouncementId, Offer>,
    last: u64,
}

impl Reminders {
    /// The next one; waits for ever while the session does not attend.
    pub(super) async fn next(&mut self) -> Offer {
        if let Some(seat) = &mut self.seat
            && let Some(offer) = seat.offer().await
        {
            return offer;
        }
        std::future::pending().await
    }

    /// Lets go of one that is not told here.
    pub(super) fn decline(&mut self, id: AnnouncementId) {
        self.offers.remove(&id);
    }

    /// The one that begins to be told, the first time.
    fn take(&mut self, id: AnnouncementId) -> Option<Arc<Reminder>> {
        self.offers.remove(&id).map(Offer::take)
    }
}

impl Driver {
    pub(super) fn attend(&mut self) {
        self.reminders.seat.get_or_insert_with(|| self.app.announcer.attend());
    }

    pub(super) async fn on_offer(&mut self, offer: Offer) {
        self.reminders.last += 1;
        let id = AnnouncementId(self.reminders.last);
        let text = offer.reminder.spoken.clone();
        self.reminders.offers.insert(id, offer);
        self.input(Input::Announce(Announcement { id, text })).await;
    }

    pub(super) async fn announce(&mut self, tag: Tag, id: AnnouncementId, text: String) {
        let speech = self.say(tag, Source::Words(text), None).await;
        if let Some(reminder) = self.reminders.take(id) {
            self.put(Output::Reminder { speech, reminder }).await;
        }
    }
}
