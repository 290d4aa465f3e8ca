//! Databases of other versions of the program.

use std::borrow::Cow;

use super::*;

const AT: &str = "'2026-01-02T03:04:05.000000Z'";

/// Rows for each table, by the migration that makes it.
fn rows(version: i64) -> Vec<String> {
    let rows = match version {
        1001 => vec![
            "gateway_servers VALUES ('mail', 'srv_1', 'http://localhost:9300/mcp', 'Mail', NULL, '{\"x\": \"y\"}', 'auto',
             'user', 0, 1, 1, AT)",
            "gateway_rules VALUES ('assistant', 'mail', 'send', 1, AT)",
            "gateway_pins VALUES ('mail', 'send', 'write', 'h', AT)",
            "gateway_ledger VALUES ('e1', 'assistant', 's1', 'mail', 'send', 'write', 1, 'default', 'voice', 'aa',
             'succeeded', NULL, AT, AT)",
            "gateway_approvals VALUES ('a1', 'e1', 'assistant', 's1', 'mail', 'send', 'h', 'aa', 1, 'approved', 'voice',
             AT, AT, AT)",
            "gateway_audit VALUES (1, 'e1', AT, 's1', 'assistant', 'mail', 'send', 'write', 1, 'default', 'asked',
             'voice', 'aa', 'succeeded', 'it was done', '', 'h1')",
        ],
        1003 => vec!["gateway_oauth VALUES ('srv_1', 'https://issuer.example', 'c', NULL, NULL, '{}', AT)"],
        1004 => vec!["gateway_definitions VALUES ('mail', 'send', '{}', 'h', 'first_use', AT, NULL, NULL)"],
        1005 => vec!["gateway_keys VALUES ('assistant', 'k', 'mail', 'send', 'aa', 'e1', NULL, AT)"],
        1008 => vec!["gateway_pin_code VALUES (1, x'01', 600000, x'02', AT)"],
        _ => Vec::new(),
    };
    rows.into_iter().map(|row| format!("INSERT INTO {}", row.replace("AT", AT))).collect()
}

/// The columns of each table of the gateway's.
async fn tables(database: &mut SqliteConnection) -> Vec<(String, String)> {
    let query = "SELECT master.name, group_concat('quote(' || info.name || ')', ' || '','' || ')
                 FROM sqlite_master AS master, pragma_table_info(master.name) AS info
                 WHERE master.type = 'table' AND master.name LIKE 'gateway%' GROUP BY master.name";
    sqlx::query_as(query).fetch_all(database).await.unwrap()
}

async fn content(database: &mut SqliteConnection, table: &str, columns: &str) -> Vec<String> {
    let query = format!("SELECT {columns} FROM {table} ORDER BY 1");
    sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_all(database).await.unwrap()
}

#[tokio::test]
async fn a_database_of_any_older_version_keeps_every_row() {
    for known in 1..=MIGRATIONS.migrations.len() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("homepilot.db");
        let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        let mut old = SqliteConnection::connect_with(&options).await.unwrap();
        for (place, migration) in MIGRATIONS.migrations[..known].iter().enumerate() {
            let migrations = Cow::Owned(MIGRATIONS.migrations[..=place].to_vec());
            Migrator { migrations, ..Migrator::DEFAULT }.run(&mut old).await.unwrap();
            for row in rows(migration.version) {
                sqlx::query(sqlx::AssertSqlSafe(row)).execute(&mut old).await.unwrap();
            }
        }
        let mut kept = Vec::new();
        for (table, columns) in tables(&mut old).await {
            let rows = content(&mut old, &table, &columns).await;
            assert!(!rows.is_empty(), "give {table} a row in this test");
            kept.push((table, columns, rows));
        }
        old.close().await.unwrap();

        let store = Store::open(&file).await.unwrap();
        let mut new = store.reader().acquire().await.unwrap();
        for (table, columns, rows) in kept {
            assert_eq!(content(&mut new, &table, &columns).await, rows, "{known} migrations: {table}");
        }
        drop(new);
        let servers = store.servers().await.unwrap();
        assert_eq!(servers.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["mail"]);
        store.close().await;
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_named_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("homepilot.db");
    let run = |version: i64| {
        format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES ({version}, 'later', 1, x'00', 0)"
        )
    };
    let later = async |version: i64| {
        let mut database =
            SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&file)).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(run(version))).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    };
    Store::open(&file).await.unwrap().close().await;
    // Other owners of tables look after theirs.
    later(2999).await;
    Store::open(&file).await.unwrap().close().await;
    later(1999).await;
    let error = Store::open(&file).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { version: 1999, .. }), "{error}");
    let told = error.to_string();
    assert!(told.contains(&*file.to_string_lossy()) && told.contains("install that version again"), "{told}");
}
