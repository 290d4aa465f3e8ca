//! How a yes has to be given for it to count.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::audit::DecidedBy;

/// How a yes has to be given. A no counts however it comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YesBy {
    /// In any way.
    #[default]
    Any,
    /// Clicked or typed, never spoken: for what nobody who is merely in the room should set off.
    Screen,
    /// Spoken, by somebody who is there.
    Voice,
    /// Clicked or typed, together with the PIN.
    Pin,
}

impl YesBy {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            YesBy::Any => "any",
            YesBy::Screen => "screen",
            YesBy::Voice => "voice",
            YesBy::Pin => "pin",
        }
    }

    /// Read back from storage; anything odd is the most careful one.
    pub(crate) fn from_stored(text: &str) -> Self {
        match text {
            "any" => YesBy::Any,
            "screen" => YesBy::Screen,
            "voice" => YesBy::Voice,
            _ => YesBy::Pin,
        }
    }

    /// Whether a yes from there counts. That of a program behind `/mcp`, which asked for the call itself, counts only where
    /// any does.
    pub(crate) fn takes(self, by: DecidedBy) -> bool {
        match self {
            YesBy::Any => true,
            YesBy::Voice => by == DecidedBy::Voice,
            YesBy::Screen | YesBy::Pin => matches!(by, DecidedBy::Screen | DecidedBy::Api),
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(crate) fn is_any(&self) -> bool {
        *self == YesBy::Any
    }
}

impl fmt::Display for YesBy {
    /// How it has to be given, after "it has to be".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            YesBy::Any => "given in any way",
            YesBy::Screen => "given on the screen, not by voice",
            YesBy::Voice => "said aloud",
            YesBy::Pin => "given on the screen with the PIN",
        })
    }
}
