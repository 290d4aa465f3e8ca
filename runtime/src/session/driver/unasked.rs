//! Reminders: taken from the announcer, said when the machine finds the moment.

use std::collections::HashMap;

use homepilot_gateway::Authorized;

use super::Driver;
use crate::{
    announcer::{Offer, Seat},
    session::{mouth::Source, output::Output},
    turn::{Announcement, AnnouncementId, Input, Played, Tag},
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

    /// Says it, unless it was withdrawn; it is offered anew then. The second attempt at one needs no offer.
    pub(super) async fn announce(
        &mut self,
        (tag, id, text): (Tag, AnnouncementId, String),
        inputs: &mut Vec<Input<Authorized>>,
    ) {
        let reminder = match self.reminders.offers.remove(&id).map(Offer::take) {
            Some(None) => {
                self.app.announcer.listen();
                return inputs.push(Input::Played(tag, Played { heard: String::new(), complete: false }));
            }
            Some(Some(reminder)) => Some(reminder),
            None => None,
        };
        let speech = self.say(tag, Source::Words(text), None).await;
        if let Some(reminder) = reminder {
            self.put(Output::Reminder { speech, reminder }).await;
        }
    }
}
