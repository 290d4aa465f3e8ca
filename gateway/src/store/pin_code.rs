//! The row of the PIN's hash.

use std::num::NonZeroU32;

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, stored_time};

/// A PIN as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PinCode {
    pub(crate) salt: Vec<u8>,
    /// Of PBKDF2-HMAC-SHA256.
    pub(crate) rounds: NonZeroU32,
    pub(crate) hash: Vec<u8>,
}

impl Store {
    pub(crate) async fn pin_code(&self) -> Result<Option<PinCode>, StoreError> {
        let row = sqlx::query("SELECT salt, rounds, hash FROM gateway_pin_code")
            .fetch_optional(self.reader())
            .await?;
        row.map(|row| {
            let rounds = u32::try_from(row.try_get::<i64, _>("rounds")?).ok().and_then(NonZeroU32::new);
            let rounds = rounds.ok_or_else(|| sqlx::Error::Decode("a PIN of no rounds".into()))?;
            Ok(PinCode { salt: row.try_get("salt")?, rounds, hash: row.try_get("hash")? })
        })
        .transpose()
    }

    /// Keeps this one instead of the last, or none.
    pub(crate) async fn put_pin_code(&self, code: Option<&PinCode>, at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM gateway_pin_code").execute(&mut *tx).await?;
        if let Some(code) = code {
            sqlx::query(
                "INSERT INTO gateway_pin_code (one, salt, rounds, hash, set_at) VALUES (1, ?, ?, ?, ?)",
            )
            .bind(&code.salt)
            .bind(i64::from(code.rounds.get()))
            .bind(&code.hash)
            .bind(stored_time(at))
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
