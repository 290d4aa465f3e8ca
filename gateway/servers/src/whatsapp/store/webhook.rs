//! What the webhook brought, all of a payload or nothing. The same notice may come again, and in any order.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::people::heard;
use super::{Store, odd, tidy, whole_seconds};
use crate::database::StoreError;
use crate::whatsapp::message::Standing;
use crate::whatsapp::notice::{Became, Notice, Received};

impl Store {
    /// Takes down what happened.
    pub async fn take(&self, notices: &[Notice], now: Timestamp) -> Result<(), StoreError> {
        let mut work = self.write().await?;
        let taken = async {
            for notice in notices {
                match notice {
                    Notice::Received(received) => take_in(&mut work, received, now).await?,
                    Notice::Became(became) => settle(&mut work, became).await?,
                }
            }
            tidy(&mut work).await?;
            work.commit().await
        };
        taken.await.map_err(|cause| self.database.error(cause))
    }
}

async fn take_in(
    connection: &mut SqliteConnection,
    received: &Received,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let at = whole_seconds(received.at);
    let times = (at, whole_seconds(now));
    let person = heard(connection, &received.from, received.name.as_deref(), times).await?;
    let query = "insert into whatsapp_messages (id, wamid, person, direction, text, at, standing) \
                 values (?, ?, ?, 'in', ?, ?, 'unread') on conflict (wamid) do nothing";
    let insert = sqlx::query(query).bind(Uuid::now_v7().to_string()).bind(&received.wamid).bind(&person);
    let insert = insert.bind(&received.text).bind(at.to_string());
    insert.execute(connection).await.map(|_| ())
}

/// Notes what became of a message of ours; what others have sent from the same number is not ours.
async fn settle(connection: &mut SqliteConnection, became: &Became) -> Result<(), sqlx::Error> {
    let query =
        "select id, standing from whatsapp_messages where direction = 'out' and (wamid = ?1 or id = ?2)";
    let found = sqlx::query(query).bind(&became.wamid).bind(&became.ours);
    let Some(row) = found.fetch_optional(&mut *connection).await? else { return Ok(()) };
    let before = Standing::of_stored(row.try_get("standing")?).ok_or_else(|| odd("standing"))?;
    if !became.standing.is_after(before) {
        return Ok(());
    }
    let query =
        "update whatsapp_messages set wamid = coalesce(wamid, ?2), standing = ?3, trouble = ?4 where id = ?1";
    let update = sqlx::query(query).bind(row.try_get::<String, _>("id")?).bind(&became.wamid);
    let update = update.bind(became.standing.as_str()).bind(&became.trouble);
    update.execute(connection).await.map(|_| ())
}
