//! Messages that are sent: written down before they leave, so that none leaves twice.

use sqlx::{Row, SqliteConnection};

use super::calls::{Asked, keep};
use super::{Store, message, tidy};
use crate::answered::Answer;
use crate::database::StoreError;
use crate::whatsapp::graph::Taken;
use crate::whatsapp::message::{Message, Standing};

/// A message that is to be sent.
#[derive(Debug, Clone)]
pub(in crate::whatsapp) struct Draft {
    /// Our id.
    pub id: String,
    pub person: String,
    pub text: String,
}

/// How a message begins.
#[derive(Debug, PartialEq)]
pub(in crate::whatsapp) enum Begun {
    /// It is written down and may leave.
    Fresh,
    /// The same key began it before, and this is what is known of it.
    Before(Message),
}

/// A message of the same key.
struct Before {
    message: Message,
    /// Whether it was asked for in the same words.
    same: bool,
}

impl Before {
    fn fitting(self) -> Result<Message, StoreError> {
        if self.same { Ok(self.message) } else { Err(StoreError::KeyReused) }
    }
}

async fn before(connection: &mut SqliteConnection, asked: &Asked) -> Result<Option<Before>, sqlx::Error> {
    let Some(key) = &asked.key else { return Ok(None) };
    let query = sqlx::query("select * from whatsapp_messages where call_key = ?").bind(key);
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
    let same = row.try_get::<&str, _>("call_arguments")? == asked.arguments;
    Ok(Some(Before { message: message(&row)?, same }))
}

impl Store {
    /// What the same key has begun before.
    pub async fn begun(&self, asked: &Asked) -> Result<Option<Message>, StoreError> {
        let pool = self.reader().await?;
        let begun = async { before(&mut *pool.acquire().await?, asked).await };
        begun.await.map_err(|cause| self.database.error(cause))?.map(Before::fitting).transpose()
    }

    /// Writes a message down as being on its way, unless its key has begun one before.
    pub async fn begin(&self, draft: &Draft, asked: &Asked) -> Result<Begun, StoreError> {
        let mut work = self.write().await?;
        let begun = async {
            if let Some(before) = before(&mut work, asked).await? {
                return Ok(Some(before));
            }
            let query = "insert into whatsapp_messages (id, person, direction, text, at, standing, call_key, call_arguments) \
                         values (?, ?, 'out', ?, ?, 'sending', ?, ?)";
            let insert = sqlx::query(query).bind(&draft.id).bind(&draft.person).bind(&draft.text);
            let insert = insert.bind(asked.at.to_string()).bind(&asked.key).bind(&asked.arguments);
            insert.execute(&mut *work).await?;
            tidy(&mut work).await?;
            work.commit().await?;
            Ok(None)
        };
        let begun = begun.await.map_err(|cause| self.database.error(cause))?;
        begun.map_or(Ok(Begun::Fresh), |before: Before| before.fitting().map(Begun::Before))
    }

    /// Notes that WhatsApp has it, with what the call is answered. A webhook may have said more already.
    pub async fn accepted(
        &self,
        draft: &Draft,
        taken: &Taken,
        asked: &Asked,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let mut work = self.write().await?;
        let accepted = async {
            let person = taken.person.as_deref().unwrap_or(&draft.person);
            if person != draft.person {
                let alias = "insert into whatsapp_aliases (alias, person) values (?1, ?2) \
                             on conflict (alias) do update set person = ?2";
                sqlx::query(alias).bind(&draft.person).bind(person).execute(&mut *work).await?;
            }
            let query = "update whatsapp_messages set wamid = ?2, person = ?3, \
                         standing = case when standing in ('sending', 'unknown') then 'accepted' else standing end \
                         where id = ?1";
            let update = sqlx::query(query).bind(&draft.id).bind(&taken.wamid).bind(person);
            update.execute(&mut *work).await?;
            keep(&mut work, asked, answer).await?;
            work.commit().await
        };
        accepted.await.map_err(|cause| self.database.error(cause))
    }

    /// Forgets a message that certainly did not leave, so that its key may be used again.
    pub async fn withdraw(&self, draft: &Draft) -> Result<(), StoreError> {
        self.change(
            "delete from whatsapp_messages where id = ? and standing in ('sending', 'unknown')",
            draft,
        )
        .await
    }

    /// Notes that nobody knows whether it left, unless a webhook has said so meanwhile.
    pub async fn lost(&self, draft: &Draft) -> Result<Standing, StoreError> {
        let query = "update whatsapp_messages set standing = 'unknown' where id = ? and standing = 'sending'";
        self.change(query, draft).await?;
        let query = "select standing from whatsapp_messages where id = ?";
        let found =
            sqlx::query_scalar::<_, String>(query).bind(&draft.id).fetch_optional(self.reader().await?);
        let found = found.await.map_err(|cause| self.database.error(cause))?;
        Ok(found.and_then(|standing| Standing::of_stored(&standing)).unwrap_or(Standing::Unknown))
    }

    async fn change(&self, query: &'static str, draft: &Draft) -> Result<(), StoreError> {
        self.ready().await?;
        let change = sqlx::query(query).bind(&draft.id).execute(self.database.writer().await?);
        change.await.map(|_| ()).map_err(|cause| self.database.error(cause))
    }
}
