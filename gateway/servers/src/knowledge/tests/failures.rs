//! Without the model, with a database that is locked or damaged, and when a write breaks off in the middle.

use std::fs;
use std::time::Duration;

use rmcp::model::CallToolRequestParams;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use tokio::task::JoinSet;

use super::{Machine, Server, manual, sqlite, titles};
use crate::knowledge::Options;
use crate::knowledge::passage;
use crate::knowledge::reading::{Block, Format};
use crate::knowledge::store::{KeepError, NewDocument};

#[tokio::test]
async fn without_the_model_words_find_what_they_can_and_it_is_said() {
    let machine = Machine::new();
    let server = machine.start_without_model().await;
    server.ask("add_document", json!({"title": "Boiler", "text": manual()})).await;
    let asked = json!({"question": "what should the water pressure be"});
    let (said, answer) = server.ask("answer_from_documents", asked.clone()).await;
    assert!(said.starts_with("The water pressure should stay between 1.2 and 1.8 bar."), "{said}");
    assert_eq!(answer["retrieval"]["by"], "words");
    assert!(answer["retrieval"]["reason"].as_str().unwrap().contains("homepilot models pull"), "{answer}");
    assert_eq!(answer["retrieval"]["embedded"], 0);
    let (said, _) = server.ask("answer_from_documents", json!({"question": "who wrote hamlet"})).await;
    assert_eq!(said, "I found nothing in your documents that answers that.");
    server.stop().await;

    // As soon as the model is there, what was added before is embedded.
    let mut server = machine.start().await;
    server.embedded().await;
    let (_, answer) = server.ask("answer_from_documents", asked).await;
    assert_eq!(answer["retrieval"]["by"], "words_and_meaning");
    server.stop().await;
}

#[tokio::test]
async fn a_locked_or_damaged_database_is_a_clear_error_and_loses_nothing() {
    let machine = Machine::new();
    let server = machine.start_without_model().await;
    server.ask("add_document", json!({"title": "Kept", "text": "This stays."})).await;
    let mut other = SqliteConnection::connect(machine.database().to_str().unwrap()).await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();
    let refused = server.refused("add_document", json!({"title": "New", "text": "This waits."})).await;
    assert_eq!(refused, "the database is busy and nothing was changed: try again in a moment");
    sqlx::query("rollback").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    server.ask("add_document", json!({"title": "New", "text": "This waits."})).await;
    server.stop().await;

    assert!(sqlite(&machine.database()));
    let copy = fs::read(machine.database()).unwrap();
    fs::write(machine.database(), "not a database at all, but long enough to be looked at".repeat(100))
        .unwrap();
    let server = machine.start_without_model().await;
    let refused = server.refused("list_documents", json!({})).await;
    assert!(refused.contains("damaged") && refused.contains("put back a good copy"), "{refused}");
    fs::write(machine.database(), copy).unwrap();
    let (_, listed) = server.ask("list_documents", json!({})).await;
    assert_eq!(titles(&listed), ["Kept", "New"]);
    server.stop().await;
}

#[tokio::test]
async fn a_write_that_breaks_off_leaves_the_old_document_whole() {
    let machine = Machine::new();
    let server = machine.start_without_model().await;
    server.ask("add_document", json!({"title": "Note", "text": "The old wording."})).await;
    let store = &server.knowledge.library.store;
    // As much of a replacement as would be done when the program is killed: nothing was committed.
    let mut work = store.write().await.unwrap();
    sqlx::query("delete from knowledge_passages").execute(&mut *work).await.unwrap();
    sqlx::query("update knowledge_documents set title = 'Half'").execute(&mut *work).await.unwrap();
    drop(work);
    let (_, kept) = server.ask("get_document", json!({"document": "Note"})).await;
    assert_eq!(kept["text"], "The old wording.");
    let (_, found) = server.ask("search_documents", json!({"query": "old wording"})).await;
    assert_eq!(found["passages"].as_array().unwrap().len(), 1);

    // A document that is refused for what is in it changes nothing either.
    let block = Block { heading: String::new(), page: None, text: "word ".repeat(200) };
    let passages = passage::passages(&[block]).into_iter().cycle().take(200_001).collect();
    let new = NewDocument {
        title: "Note".to_owned(),
        format: Format::Plain,
        file: None,
        bytes: 1,
        sha256: [0; 32],
        passages,
    };
    assert!(matches!(store.put(&new, server.knowledge.library.now()).await, Err(KeepError::Passages)));
    let (_, kept) = server.ask("get_document", json!({"document": "Note"})).await;
    assert_eq!(kept["text"], "The old wording.");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_write_at_once_wait_for_each_other() {
    let machine = Machine::new();
    // Less than any write takes: what waits here waits for its own kind.
    let options = Options { busy_timeout: Duration::from_millis(1), ..machine.options() };
    let server = Server::start(options).await;
    server.ask("list_documents", json!({})).await;
    let mut adding = JoinSet::new();
    for number in 0..24 {
        let document = json!({"title": format!("Manual {number}"), "text": manual()});
        let request = CallToolRequestParams::new("add_document").with_arguments(super::object(document));
        let client = server.client.peer().clone();
        adding.spawn(async move { client.call_tool(request).await.unwrap() });
    }
    for result in adding.join_all().await {
        assert_ne!(result.is_error, Some(true), "{}", super::text(&result));
    }
    let (_, listed) = server.ask("list_documents", json!({})).await;
    assert_eq!(listed["total"], 24);
    server.stop().await;
}
