//! The seam between the reminders on disk and whoever tells them to the user.
//!
//! The assistant decides when a reminder is due and keeps on disk whether it was told; an [`Alerts`] only reaches the
//! people who listen. A reminder that nobody took stays due.

use std::fmt;

use async_trait::async_trait;
use jiff::Zoned;

/// A reminder that fell due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The reminder's id.
    pub id: String,
    /// What to be reminded of.
    pub text: String,
    /// When it was due, in the user's zone.
    pub due: Zoned,
    /// The complete sentence: "Reminder: call your mom." or "This is a late reminder, it was for five p.m. today: call your
    /// mom."
    pub spoken: String,
    /// Whether it comes when it was due.
    pub late: Timeliness,
    /// Further occurrences of a repeated reminder that passed unheard.
    pub missed: u32,
}

/// Whether a reminder comes when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeliness {
    /// When it was due.
    OnTime,
    /// After it; the sentence says so.
    Late,
}

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an alert that reached nobody stays due"]
pub enum Told {
    /// At least one listener took it and tells it.
    Somebody,
    /// Nobody listens.
    Nobody,
}

/// Where reminders that fall due are told.
#[async_trait]
pub trait Alerts: Send + Sync + fmt::Debug {
    /// Hands it to everybody who listens now. [`Told::Nobody`]: nobody is there or has time, it stays due.
    async fn tell(&self, alert: Alert) -> Told;

    /// Resolves when somebody listens who did not when this was first polled.
    async fn listener(&self);
}
