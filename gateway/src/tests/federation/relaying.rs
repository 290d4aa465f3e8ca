//! What a server asks or tells back reaches the client whose call it belongs to, whatever revision each speaks.

use super::asker::asker;
use super::*;

/// A gateway with an asking server of one revision behind it, one tool of which runs unasked, and where clients reach it.
async fn rig(tool: &str, server: Speaks, gate: Arc<Notify>) -> (Rig, String) {
    let rig = Rig::open().await;
    rig.register("asker", asker(server, gate).await).await;
    rig.level("asker", Level::Autonomous, &[tool]).await;
    let url = rig.serve().await;
    (rig, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_asks_the_client_across_revisions() {
    for server in BOTH {
        let (rig, url) = rig("ask", server, Arc::default()).await;
        for client in BOTH {
            let person = Person::new(Some(Says::Yes));
            let client_side = person.connect(&url, client).await;
            let result = call(&client_side, "asker__ask", json!({})).await.unwrap();
            assert_eq!(text(&result), "String(\"blue\")", "{client:?} before {server:?}");
            assert_eq!(person.seen(), ["Which colour?"], "{client:?} before {server:?}");
        }
        // However many legs, one call is one row.
        assert_eq!(rig.states().await, [AuditState::Succeeded, AuditState::Succeeded]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_be_asked_is_not_declared_as_one_that_can() {
    for server in BOTH {
        let (_rig, url) = rig("ask", server, Arc::default()).await;
        for client in BOTH {
            let client_side = Person::new(None).connect(&url, client).await;
            let result = call(&client_side, "asker__ask", json!({})).await.unwrap();
            assert_eq!(text(&result), "there is nobody to ask", "{client:?} before {server:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_comes_under_the_clients_own_token() {
    for server in BOTH {
        let gate = Arc::new(Notify::new());
        let (_rig, url) = rig("steps", server, gate.clone()).await;
        for says in [None, Some(Says::Yes)] {
            for client in BOTH {
                let person = Person::new(says);
                let client_side = person.connect(&url, client).await;
                // The client library gives every call a token.
                let called =
                    tokio::spawn(async move { call(&client_side, "asker__steps", json!({})).await.unwrap() });
                let mut progress = person.progress.subscribe();
                within(progress.wait_for(|seen| seen.len() == 3)).await.unwrap();
                gate.notify_one();
                within(called).await.unwrap();
                let mut progress = progress.borrow().clone();
                progress.sort_by(f64::total_cmp);
                assert_eq!(progress, [1.0, 2.0, 3.0], "{client:?} before {server:?}, {says:?}");
            }
        }
    }
}
