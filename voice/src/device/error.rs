//! Why a device can't be used, and what to do about it.

use cpal::ErrorKind;

use super::Role;

/// Where a person finds out what there is.
const SEE: &str = "`homepilot talk --devices` lists what there is";

/// Why a device can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No device of that name or number.
    #[error("there is no {role} {wanted:?}: {SEE}")]
    Unknown {
        /// What it was to be used as.
        role: Role,
        /// As it was asked for.
        wanted: String,
    },
    /// Several devices fit the name.
    #[error("{wanted:?} may be any of these {role}s, say which: {}", candidates.join(", "))]
    Ambiguous {
        /// What it was to be used as.
        role: Role,
        /// As it was asked for.
        wanted: String,
        /// Their ids.
        candidates: Vec<String>,
    },
    /// It is not there, or no longer.
    #[error("the {role} {name:?} is not there: plug it in, or start PulseAudio or PipeWire; {SEE}")]
    Gone {
        /// What it was used as.
        role: Role,
        /// Which.
        name: String,
    },
    /// It is there and sends or takes nothing.
    #[error("the {role} {name:?} does not answer: plug it in again, or choose another; {SEE}")]
    Stalled {
        /// What it was used as.
        role: Role,
        /// Which.
        name: String,
    },
    /// This user may not use it.
    #[error(
        "this user may not use the {role} {name:?}: join the group with `sudo usermod -aG audio $USER` and log in again"
    )]
    Denied {
        /// What it was to be used as.
        role: Role,
        /// Which.
        name: String,
    },
    /// Another program has it.
    #[error("another program uses the {role} {name:?}: close it, or choose another; {SEE}")]
    Busy {
        /// What it was to be used as.
        role: Role,
        /// Which.
        name: String,
    },
    /// It speaks no format that can be converted.
    #[error("the {role} {name:?} has no PCM format between 8 and 192 kHz: choose another; {SEE}")]
    Format {
        /// What it was to be used as.
        role: Role,
        /// Which.
        name: String,
    },
    /// Something else, in the system's words.
    #[error("the {role} {name:?} fails ({reason}): choose another; {SEE}")]
    Failed {
        /// What it was used as.
        role: Role,
        /// Which.
        name: String,
        /// The system's words.
        reason: String,
    },
}

impl DeviceError {
    pub(super) fn from_cpal(role: Role, name: &str, error: &cpal::Error) -> DeviceError {
        let name = name.to_owned();
        match error.kind() {
            ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable | ErrorKind::StreamInvalidated => {
                DeviceError::Gone { role, name }
            }
            ErrorKind::PermissionDenied => DeviceError::Denied { role, name },
            ErrorKind::DeviceBusy => DeviceError::Busy { role, name },
            ErrorKind::UnsupportedConfig | ErrorKind::UnsupportedOperation | ErrorKind::InvalidInput => {
                DeviceError::Format { role, name }
            }
            // The list is the library's and may grow.
            _ => DeviceError::Failed { role, name, reason: error.to_string() },
        }
    }
}

/// Whether a running stream goes on after this error.
pub(super) fn is_passing(error: &cpal::Error) -> bool {
    matches!(error.kind(), ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged)
}
