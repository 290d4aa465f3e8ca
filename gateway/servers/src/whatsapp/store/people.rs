//! People who have written, and when.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Store, moment};
use crate::database::StoreError;
use crate::whatsapp::notice::Ids;

/// Somebody who has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::whatsapp) struct PersonRow {
    pub id: String,
    /// What they call themselves.
    pub name: Option<String>,
}

/// Where the conversation with somebody stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::whatsapp) struct Standpoint {
    /// The id under which WhatsApp knows them, which may be other digits than were dialled.
    pub person: String,
    /// When the last message of theirs was written.
    pub heard_at: Option<Timestamp>,
}

impl Store {
    /// Those who were heard of last come first.
    pub async fn people(&self) -> Result<Vec<PersonRow>, StoreError> {
        let query = "select person, name from whatsapp_people order by seen_at desc, person";
        let pool = self.reader().await?;
        let found = async {
            let rows = sqlx::query(query).fetch_all(pool).await?;
            let row =
                |row: &SqliteRow| Ok(PersonRow { id: row.try_get("person")?, name: row.try_get("name")? });
            rows.iter().map(row).collect::<Result<Vec<_>, sqlx::Error>>()
        };
        found.await.map_err(|cause| self.database.error(cause))
    }

    /// Where the conversation with somebody stands.
    pub async fn standpoint(&self, id: &str) -> Result<Standpoint, StoreError> {
        let pool = self.reader().await?;
        let found = async {
            let person = aliased(&mut *pool.acquire().await?, id).await?;
            let query = "select heard_at from whatsapp_people where person = ? and heard_at is not null";
            let row = sqlx::query(query).bind(&person).fetch_optional(pool).await?;
            let heard_at = row.as_ref().map(|row| moment(row, "heard_at")).transpose()?;
            Ok(Standpoint { person, heard_at })
        };
        found.await.map_err(|cause| self.database.error(cause))
    }
}

/// The id that somebody is kept under.
async fn aliased(connection: &mut SqliteConnection, id: &str) -> Result<String, sqlx::Error> {
    let query = sqlx::query_scalar("select person from whatsapp_aliases where alias = ?").bind(id);
    Ok(query.fetch_optional(connection).await?.unwrap_or_else(|| id.to_owned()))
}

/// Notes that somebody has written, and gives the id that they are kept under. Who was known by the id that stands for a
/// hidden number is from now on known by the number.
pub(super) async fn heard(
    connection: &mut SqliteConnection,
    ids: &Ids,
    name: Option<&str>,
    (at, now): (Timestamp, Timestamp),
) -> Result<String, sqlx::Error> {
    let person = match (&ids.number, &ids.user) {
        (Some(number), Some(user)) => {
            join(connection, user, number).await?;
            number.clone()
        }
        (None, Some(user)) => aliased(connection, user).await?,
        (Some(_), None) | (None, None) => ids.person().to_owned(),
    };
    let query = "insert into whatsapp_people (person, name, heard_at, seen_at) values (?1, ?2, ?3, ?4) \
                 on conflict (person) do update set name = coalesce(?2, name), \
                 heard_at = max(coalesce(heard_at, ?3), ?3), seen_at = ?4";
    let insert = sqlx::query(query).bind(&person).bind(name).bind(at.to_string()).bind(now.to_string());
    insert.execute(connection).await?;
    Ok(person)
}

async fn join(connection: &mut SqliteConnection, user: &str, number: &str) -> Result<(), sqlx::Error> {
    if aliased(connection, user).await? == number {
        return Ok(());
    }
    for query in [
        "insert into whatsapp_aliases (alias, person) values (?1, ?2) on conflict (alias) do update set person = ?2",
        "update whatsapp_messages set person = ?2 where person = ?1",
        "delete from whatsapp_people where person = ?1",
    ] {
        sqlx::query(query).bind(user).bind(number).execute(&mut *connection).await?;
    }
    Ok(())
}
