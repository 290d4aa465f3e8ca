//! The sound devices of this machine: microphone and loudspeaker, through ALSA and whatever stands behind it
//! (PulseAudio and PipeWire by their ALSA plugins).
//!
//! - A device's callback touches a ring and atomics only. One named thread owns each stream: `microphone` takes the
//!   ring empty and converts, `loudspeaker` converts and keeps the ring filled.
//! - A device may vanish. Its thread says so, tries it once a second, and says when it is back. A device that sends or
//!   takes nothing for [`STALLED`] counts as vanished.
//! - Devices run at any rate from 8 to 192 kHz, with any number of channels and any PCM format. Towards the program
//!   sound is mono `f32` at the rate it asks for; a microphone's channels are averaged, a loudspeaker's get the same.

mod capture;
mod error;
mod format;
mod jitter;
mod listing;
mod playback;
mod thread;

use std::time::Duration;

pub use capture::{Capture, Captured};
pub use error::DeviceError;
pub use listing::{Choice, Listed, listed};
pub use playback::{LONGEST_QUEUE, Playback, Played, QueueFull};

use crate::SampleRate;

/// A device that is silent for so long, not even sending silence, is gone.
pub const STALLED: Duration = Duration::from_secs(2);
/// Between two attempts to open a device again.
pub const REOPEN: Duration = Duration::from_secs(1);

/// Which of the two a device is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sound in.
    Microphone,
    /// Sound out.
    Loudspeaker,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Role::Microphone => "microphone",
            Role::Loudspeaker => "loudspeaker",
        })
    }
}

/// A device as it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// As people know it.
    pub name: String,
    /// What it runs at.
    pub rate: SampleRate,
    /// What it sends or takes.
    pub channels: u16,
}

impl std::fmt::Display for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.channels == 1 { "" } else { "s" };
        write!(f, "{} ({}, {} channel{plural})", self.name, self.rate, self.channels)
    }
}
