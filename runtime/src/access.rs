//! Who may use the ports from elsewhere than this machine: devices that were paired with a code shown here.
//!
//! Pairing gives a device a token of 244 random bits, of which only the SHA-256 is kept, and the scopes that were chosen
//! with the code. A code holds for one device, for five minutes, and for five wrong tries.
//!
//! Invariants: whoever is not on this machine is answered over TLS only, and nothing but the page's own files and the
//! pairing without a token (`guard`); a device that is removed has its open conversations ended.

pub mod devices;
mod guard;
mod throttle;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};
use sqlx::sqlite::SqlitePool;
use tokio::sync::watch;

use crate::database::{self, OpenError};

pub use devices::{Device, Scope, Scopes};
pub(crate) use guard::guard;
pub use guard::{COOKIE, Caller, Guard, Needs, seen_as_gateway, seen_as_runtime};
use throttle::Throttle;

/// How long a code may be used.
pub const CODE_HOLDS: Duration = Duration::from_secs(300);
/// Wrong codes after which the right one holds no longer.
const MOST_WRONG: u8 = 5;
/// Characters of a code: 40 random bits. None of them is taken for another.
const CODE_LENGTH: usize = 8;
/// What codes are made of: 32 characters.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Characters of a device's name.
pub const LONGEST_NAME: usize = 60;

/// The devices, and the code that is shown.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

struct Inner {
    pool: SqlitePool,
    code: Mutex<Option<Code>>,
    throttle: Mutex<Throttle>,
    removals: watch::Sender<u64>,
}

/// A code that was shown and not used.
struct Code {
    sha256: [u8; 32],
    scopes: Scopes,
    until: Instant,
    wrong: u8,
}

/// Why a device was not paired.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// There is no such code, or it holds no longer.
    #[error("this code does not hold: run `homepilot pair` on the machine for a new one")]
    Code,
    /// The name can't be shown.
    #[error("name has 1 to {LONGEST_NAME} characters, to tell this device from others")]
    Name,
    /// The device could not be kept.
    #[error("the device could not be kept: {0}")]
    Database(#[from] sqlx::Error),
}

impl Access {
    /// Opens the devices of a database.
    ///
    /// # Errors
    /// When the database can't be opened or brought up to date.
    pub async fn open(database: &Path) -> Result<Self, OpenError> {
        let pool = database::open(database).await?;
        Ok(Self(Arc::new(Inner {
            pool,
            code: Mutex::default(),
            throttle: Mutex::default(),
            removals: watch::Sender::default(),
        })))
    }

    fn code(&self) -> MutexGuard<'_, Option<Code>> {
        self.0.code.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.0.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new code in place of the one before, as `ABCD-EFGH`.
    pub fn invite(&self, scopes: Scopes, now: Instant) -> String {
        let random = Sha256::digest(secret());
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
        let code: String = random.iter().take(CODE_LENGTH).map(letter).collect();
        let sha256 = Sha256::digest(&code).into();
        *self.code() = Some(Code { sha256, scopes, until: now + CODE_HOLDS, wrong: 0 });
        let (first, last) = code.split_at(CODE_LENGTH / 2);
        format!("{first}-{last}")
    }

    /// Takes a code for a device. The token is told once, here.
    ///
    /// # Errors
    /// When the code does not hold, the name is none, or the database fails.
    pub async fn pair(
        &self,
        code: &str,
        name: &str,
        now: Instant,
    ) -> Result<(Device, secrecy::SecretString), PairError> {
        let name = name.trim();
        let shown = |c: char| !c.is_control() && !('\u{200b}'..='\u{206f}').contains(&c) && c != '\u{feff}';
        if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(shown) {
            return Err(PairError::Name);
        }
        let scopes = self.take(code, now).ok_or(PairError::Code)?;
        let token = secret();
        let device = Device::new(name, scopes);
        devices::add(&self.0.pool, &device, &digest(&token)).await?;
        tracing::info!(device = %device.name, scopes = %device.scopes, "a device was paired");
        Ok((device, token.into()))
    }

    /// The scopes that a code stands for; it stands for nothing afterwards.
    fn take(&self, code: &str, now: Instant) -> Option<Scopes> {
        let written: String =
            code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        let mut open = self.code();
        let held = open.as_mut().filter(|held| now < held.until)?;
        // Hashes, so that how far a guess is right takes no time.
        if held.sha256 == digest(&written) {
            return open.take().map(|held| held.scopes);
        }
        held.wrong += 1;
        if held.wrong >= MOST_WRONG {
            tracing::warn!("a pairing code was given up after {MOST_WRONG} wrong tries");
            *open = None;
        }
        None
    }

    /// Somebody showed a code that does not hold.
    pub fn refused(&self, caller: &Caller) {
        if let Caller::Stranger(from) = caller {
            self.throttle().failed(*from, Instant::now());
        }
    }

    /// All devices, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn devices(&self) -> Result<Vec<Device>, sqlx::Error> {
        devices::list(&self.0.pool).await
    }

    /// Removes one, and ends what it has open. False if there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove(&self, id: &str) -> Result<bool, sqlx::Error> {
        let removed = devices::remove(&self.0.pool, id).await?;
        if removed {
            self.0.removals.send_modify(|count| *count += 1);
        }
        Ok(removed)
    }

    /// Whose token it is.
    async fn known(&self, token: &str) -> Result<Option<Device>, sqlx::Error> {
        devices::find(&self.0.pool, &digest(token)).await
    }

    /// Resolves when this device is removed.
    async fn removed(&self, id: &str) {
        let mut removals = self.0.removals.subscribe();
        loop {
            match devices::list(&self.0.pool).await {
                Ok(devices) if devices.iter().any(|device| device.id == id) => {}
                Ok(_) => return,
                Err(error) => tracing::warn!(%error, "whether a device was removed is not known"),
            }
            if removals.changed().await.is_err() {
                return;
            }
        }
    }
}

/// 244 random bits of the system's.
fn secret() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests;
