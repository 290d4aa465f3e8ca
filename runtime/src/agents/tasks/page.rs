//! Where the next page of a list begins: after this task, whatever came or went since.

use std::{fmt, str::FromStr};

use a2a::A2AError;

/// The last task of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageToken {
    /// Of its status, microseconds since 1970.
    pub at: i64,
    pub id: String,
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl FromStr for PageToken {
    type Err = A2AError;

    fn from_str(text: &str) -> Result<Self, A2AError> {
        let parts = text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
        let (at, id) = parts.ok_or_else(|| {
            A2AError::invalid_params(
                "this pageToken is none of mine: take the nextPageToken of the page before, or leave it out",
            )
        })?;
        Ok(Self { at, id })
    }
}
