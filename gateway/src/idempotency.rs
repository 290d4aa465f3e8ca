//! Idempotency keys: a caller's name for one intent, so that asking twice runs once.
//!
//! A key is in use while a call with it lives in this program, from the proposal to the end of its execution, wherever the
//! call is at that time; then the journal says how it ended. Taking a key and asking the journal are one step after the other
//! under the same claim, so of two proposals at once one goes on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::approval::ProposeError;
use crate::canonical::Digest;
use crate::execution::Outcome;
use crate::gateway::Shared;
use crate::ledger::KeyRecord;
use crate::name::CapabilityId;

/// Where a request's metadata holds a key.
pub(crate) const META_KEY: &str = "homepilot/idempotency-key";
const LONGEST: usize = 128;

/// A caller's name for one intent: 1 to 128 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// The text can't be an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("an idempotency key is 1 to {LONGEST} visible ASCII characters without spaces")]
pub struct KeyError;

/// What a key that can't be used for a call was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyUse {
    /// Another server or tool.
    #[error("another capability")]
    OtherCapability,
    /// The same tool, with other arguments.
    #[error("the same capability with other arguments")]
    OtherArguments,
}

impl IdempotencyKey {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        if (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(KeyError)
        }
    }
}

impl FromStr for IdempotencyKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        text.to_owned().try_into()
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> String {
        key.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The keys that are in use, and for what.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    held: Mutex<HashMap<Holder, Intent>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Holder {
    persona: String,
    key: IdempotencyKey,
}

#[derive(Clone, Debug)]
struct Intent {
    capability: CapabilityId,
    arguments_sha256: Digest,
}

impl Intent {
    /// What a key for this may not be used for.
    fn differs(&self, capability: &CapabilityId, arguments_sha256: &Digest) -> Option<KeyUse> {
        if self.capability != *capability {
            Some(KeyUse::OtherCapability)
        } else if self.arguments_sha256 != *arguments_sha256 {
            Some(KeyUse::OtherArguments)
        } else {
            None
        }
    }
}

/// The use of a key. When the last clone is dropped, the key is free or the journal knows what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Claim(Arc<Held>);

#[derive(Debug)]
struct Held {
    claims: Arc<Claims>,
    holder: Holder,
    arguments_sha256: Digest,
}

impl Claim {
    pub(crate) fn record(&self) -> KeyRecord {
        let Held { holder, arguments_sha256, .. } = &*self.0;
        KeyRecord { key: holder.key.clone(), arguments_sha256: arguments_sha256.clone() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.claims.lock().remove(&self.holder);
    }
}

impl Claims {
    fn lock(&self) -> MutexGuard<'_, HashMap<Holder, Intent>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim(self: &Arc<Self>, holder: Holder, intent: Intent) -> Result<Claim, ProposeError> {
        let arguments_sha256 = intent.arguments_sha256.clone();
        match self.lock().entry(holder.clone()) {
            Entry::Occupied(held) => {
                return Err(match held.get().differs(&intent.capability, &intent.arguments_sha256) {
                    Some(used) => ProposeError::KeyConflict(used),
                    None => ProposeError::KeyInUse,
                });
            }
            Entry::Vacant(free) => drop(free.insert(intent)),
        }
        Ok(Claim(Arc::new(Held { claims: self.clone(), holder, arguments_sha256 })))
    }
}

/// What asking for a key came to.
pub(crate) enum Claimed {
    /// No call with it happened: this one may.
    Free(Claim),
    /// This is how its call ended.
    Ended(Outcome),
}

impl Shared {
    pub(crate) async fn claim(
        &self,
        persona: &str,
        key: IdempotencyKey,
        capability: &CapabilityId,
        arguments: &Map<String, Value>,
    ) -> Result<Claimed, ProposeError> {
        let arguments_sha256 = Digest::of_object(arguments);
        let intent = Intent { capability: capability.clone(), arguments_sha256: arguments_sha256.clone() };
        let holder = Holder { persona: persona.to_owned(), key: key.clone() };
        let claim = self.claims.claim(holder, intent)?;
        let Some(call) = self.journal.keyed(persona, &key).await? else { return Ok(Claimed::Free(claim)) };
        let Some(outcome) = call.outcome else { return Ok(Claimed::Free(claim)) };
        let used = Intent { capability: call.capability, arguments_sha256: call.arguments_sha256 };
        match used.differs(capability, &arguments_sha256) {
            Some(used) => Err(ProposeError::KeyConflict(used)),
            None => Ok(Claimed::Ended(outcome)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_ascii_of_bounded_length() {
        for good in ["a", "~!", &"k".repeat(128)] {
            assert_eq!(good.parse::<IdempotencyKey>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\n", "é", &"k".repeat(129)] {
            assert_eq!(bad.parse::<IdempotencyKey>(), Err(KeyError), "{bad:?}");
        }
    }
}
