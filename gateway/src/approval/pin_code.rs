//! The PIN that rules may ask for: kept as a slow hash, compared in constant time. After five wrong ones in a row none is
//! taken for a while, so that nobody tries them all.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::{pbkdf2, rand};
use thiserror::Error;
use tokio::time::Instant;

use crate::gateway::{Gateway, Shared};
use crate::store::{PinCode, StoreError, now};

/// How many digits it has.
const DIGITS: RangeInclusive<usize> = 4..=12;
/// What the comparison costs: about a fifth of a second.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("not zero");
/// Wrong ones in a row until none is taken.
const TRIES: u8 = 5;
/// For how long.
const PAUSE: Duration = Duration::from_secs(15 * 60);
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// The PIN was not taken.
#[derive(Debug, Error)]
pub enum PinError {
    /// It can't be one.
    #[error("a PIN has {} to {} digits and nothing else", DIGITS.start(), DIGITS.end())]
    Shape,
    /// There is none.
    #[error("no PIN is set, set one on the machine itself with: homepilot pin")]
    NotSet,
    /// A rule asks for it.
    #[error("{rules} rules ask for the PIN, change them first: homepilot policy list")]
    InUse {
        /// How many.
        rules: usize,
    },
    /// It is another.
    #[error("that is not the PIN; after {left} more wrong ones none is taken for {} minutes", PAUSE.as_secs() / 60)]
    Wrong {
        /// How many may still be tried.
        left: u8,
    },
    /// It was wrong too often.
    #[error("the PIN was wrong {TRIES} times, it is taken again in {minutes} minutes")]
    Paused {
        /// Until then.
        minutes: u64,
    },
    /// It can't be computed here.
    #[error("the PIN can't be compared: the system's cryptography failed")]
    Cryptography,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Wrong ones so far.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<Tried>);

#[derive(Debug, Default)]
struct Tried {
    wrong: u8,
    until: Option<Instant>,
}

impl Tries {
    fn lock(&self) -> std::sync::MutexGuard<'_, Tried> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a try as wrong until it is known to be right, so that many at once are no more than as many in a row. Says how
    /// many are left.
    fn take(&self, now: Instant) -> Result<u8, PinError> {
        let mut tried = self.lock();
        if let Some(until) = tried.until {
            if now < until {
                return Err(PinError::Paused { minutes: until.duration_since(now).as_secs() / 60 + 1 });
            }
            *tried = Tried::default();
        }
        tried.wrong += 1;
        if tried.wrong >= TRIES {
            tried.until = Some(now + PAUSE);
        }
        Ok(TRIES - tried.wrong)
    }

    fn right(&self) {
        *self.lock() = Tried::default();
    }
}

impl Gateway {
    /// Sets the PIN that rules with `approve = "pin"` ask for, or with none removes it. That it is the operator who does so
    /// is the caller's to check.
    ///
    /// # Errors
    /// It can't be a PIN, or rules still ask for the one that is to go.
    pub async fn set_pin(&self, pin: Option<&str>) -> Result<(), PinError> {
        let shared = self.shared();
        let _order = shared.amending.lock().await;
        let Some(pin) = pin else {
            let rules = shared.rulebook.snapshot().asking_for_the_pin();
            if rules > 0 {
                return Err(PinError::InUse { rules });
            }
            return Ok(shared.store.put_pin_code(None, now()).await?);
        };
        if !DIGITS.contains(&pin.len()) || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PinError::Shape);
        }
        let mut salt = vec![0; SALT_BYTES];
        rand::fill(&mut salt).map_err(|_| PinError::Cryptography)?;
        let pin = pin.to_owned();
        let code = slowly(move || {
            let mut hash = vec![0; HASH_BYTES];
            pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, pin.as_bytes(), &mut hash);
            PinCode { salt, rounds: ROUNDS, hash }
        })
        .await?;
        shared.store.put_pin_code(Some(&code), now()).await?;
        shared.pin_tries.right();
        Ok(())
    }

    /// Whether there is a PIN.
    ///
    /// # Errors
    /// The database failed.
    pub async fn has_pin(&self) -> Result<bool, StoreError> {
        Ok(self.shared().store.pin_code().await?.is_some())
    }
}

impl Shared {
    /// Whether this is the PIN.
    pub(super) async fn check_pin(&self, pin: &str) -> Result<(), PinError> {
        let PinCode { salt, rounds, hash } = self.store.pin_code().await?.ok_or(PinError::NotSet)?;
        let left = self.pin_tries.take(Instant::now())?;
        let pin = pin.to_owned();
        let right = slowly(move || {
            pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, pin.as_bytes(), &hash).is_ok()
        })
        .await?;
        if right {
            self.pin_tries.right();
            return Ok(());
        }
        match left {
            0 => Err(PinError::Paused { minutes: PAUSE.as_secs() / 60 }),
            left => Err(PinError::Wrong { left }),
        }
    }
}

async fn slowly<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PinError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| PinError::Cryptography)
}
