//! What is said unasked, when the machine finds the moment: reminders, taken from the announcer, and what broke off.

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

    fn number(&mut self) -> AnnouncementId {
        self.last += 1;
        AnnouncementId(self.last)
    }

    /// Lets go of one that is not told here.
    pub(super) fn decline(&mut self, id: AnnouncementId) {
        self.offers.remove(&id);
    }
}

impl Driver {
    pub(super) async fn attend(&mut self) {
        if self.reminders.seat.is_none() {
            self.reminders.seat = Some(self.app.announcer.attend());
            self.tell_of_program().await;
        }
    }

    /// Whether what nobody asked for is said here.
    pub(super) fn takes_unasked(&self) -> bool {
        self.options.aloud || self.reminders.seat.is_some()
    }

    /// Says something of our own, once.
    pub(super) async fn say_unasked(&mut self, text: String) {
        let id = self.reminders.number();
        self.input(Input::Announce(Announcement { id, text })).await;
    }

    pub(super) async fn on_offer(&mut self, offer: Offer) {
        let id = self.reminders.number();
        let text = offer.reminder.spoken.clone();
        self.reminders.offers.insert(id, offer);
        self.input(Input::Announce(Announcement { id, text })).await;
    }

    /// Says it, unless it was withdrawn; it is offered anew then. What is our own, and the second attempt at one, needs no
    /// offer.
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
