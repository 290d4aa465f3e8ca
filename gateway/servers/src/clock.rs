//! Where the servers' time comes from: the system, or whatever a test says.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Says the present moment.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that says what `now` does.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// The present moment in a zone; without one in the system's (`TZ`).
    pub fn zoned(&self, zone: Option<&TimeZone>) -> Zoned {
        self.now().to_zoned(zone.cloned().unwrap_or_else(TimeZone::system))
    }
}

impl Default for Clock {
    /// The system's.
    fn default() -> Clock {
        Clock::new(Timestamp::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
