//! Each built-in server in a spoken turn: a recording goes in, the question and the answer are heard, and what was to be
//! done is done. The personal assistant's turns are in `ask.rs`.

use homepilot_servers::BuiltIn;
use homepilot_tests::{
    program::{Ended, homepilot},
    searx::Searx,
    server::{Home, PLANNER, Server},
};
use serde_json::{Value, json};

/// One spoken request, answered with a spoken yes; what was printed and what whisper hears in the reply.
async fn spoken_turn(server: &Server, request: &str) -> (Ended, String) {
    let question = server.recording("question", request).await.unwrap();
    let yes = server.recording("yes", "Yes, please.").await.unwrap();
    let reply = server.home.path().join("reply.wav");
    let port = server.at.runtime.port().to_string();
    let files = [&question, &yes, &reply].map(|file| file.to_str().unwrap());
    let arguments = ["--model", PLANNER, "ask", "--audio", files[0], "--then", files[1], "--out", files[2]];
    let ended = homepilot(&server.home, &[("HOMEPILOT_PORTS_RUNTIME", &port)], &arguments).await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.said);
    assert!(ended.said.contains("Shall I?"), "{}", ended.said);
    let heard = server.heard_in(&reply).await.unwrap();
    (ended, heard)
}

/// The newest call of the journal: its server, its tool and how it ended.
async fn last_call(server: &Server, of: &str) -> (String, String, String) {
    let audit = server.get(&format!("/v1/agentic/audit?server={of}&limit=1")).await.unwrap();
    let part = |name: &str| audit["entries"][0][name].as_str().unwrap_or_default().to_owned();
    (part("server"), part("tool"), part("state"))
}

/// A call of one tool by a client that is not ours to approve anything: directly at the server's own port.
async fn call(server: &Server, of: BuiltIn, tool: &str, arguments: Value) -> Value {
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }},
    });
    let sent = reqwest::Client::new()
        .post(format!("http://{}/mcp", server.at.servers.of(of)))
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .json(&body);
    let answer: Value = sent.send().await.unwrap().json().await.unwrap();
    assert!(answer["result"].is_object(), "{answer}");
    answer["result"].clone()
}

/// What a result says.
fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_found_and_quoted() {
    let server = Server::start().await.unwrap();
    let text =
        "To restart the boiler, hold the red button for ten seconds. The pressure must be above one bar.";
    let document = json!({"title": "Boiler manual", "text": text});
    let added = call(&server, BuiltIn::Knowledge, "add_document", document).await;
    assert_ne!(added["isError"], true, "{added}");
    let (said, heard) = spoken_turn(&server, "Search my documents for the red button of the boiler.").await;
    let (_, tool, state) = last_call(&server, BuiltIn::Knowledge.name()).await;
    assert_eq!(state, "succeeded", "{tool} {}", said.said);
    assert!(heard.contains("boiler") && heard.contains("seconds"), "{heard:?} {}", said.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_compared() {
    let server = Server::start().await.unwrap();
    let (said, heard) = spoken_turn(&server, "What are the pros and cons of buying a dog?").await;
    let called = last_call(&server, BuiltIn::Decision.name()).await;
    let expected = ("decision".to_owned(), "pros_and_cons".to_owned(), "succeeded".to_owned());
    assert_eq!(called, expected, "{}", said.said);
    assert!(heard.contains("dog"), "{heard:?} {}", said.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_digest_has_what_is_to_be_done() {
    let server = Server::start().await.unwrap();
    let task = json!({"text": "paint the fence", "due": "today"});
    call(&server, BuiltIn::Assistant, "create_task", task).await;
    let (said, heard) = spoken_turn(&server, "Give me my daily digest.").await;
    let called = last_call(&server, BuiltIn::Briefing.name()).await;
    let expected = ("briefing".to_owned(), "daily_digest".to_owned(), "succeeded".to_owned());
    assert_eq!(called, expected, "{}", said.said);
    assert!(heard.contains("fence"), "{heard:?} {}", said.said);
    // What it read, it read through the gateway, by the yes that named it.
    let read = last_call(&server, BuiltIn::Assistant.name()).await;
    assert_eq!(read.2, "succeeded", "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_is_searched_by_a_searx_of_ones_own() {
    let home = Home::new().unwrap();
    let searx = Searx::start(home.path()).await.unwrap();
    let config = home.paths().config;
    std::fs::create_dir_all(&config).unwrap();
    let settings =
        format!("[search]\nprovider = \"searxng\"\nurl = \"{}\"\nlanguage = \"en\"\n", searx.url());
    std::fs::write(config.join("homepilot.toml"), settings).unwrap();
    let server = Server::start_in(home).await.unwrap();
    let (said, heard) = spoken_turn(&server, "Search the web for crabs.").await;
    let called = last_call(&server, BuiltIn::Web.name()).await;
    assert_eq!(called, ("web".to_owned(), "web_search".to_owned(), "succeeded".to_owned()), "{}", said.said);
    assert!(heard.contains("sideways"), "{heard:?} {}", said.said);
    assert!(searx.asked().iter().any(|query| query.to_lowercase().contains("crabs")), "{:?}", searx.asked());

    // The same for any other client, with everything that came.
    let search = async |arguments: Value| call(&server, BuiltIn::Web, "web_search", arguments).await;
    let found = search(json!({"query": "rust & crabs", "freshness": "month", "count": 2})).await;
    assert_eq!(
        text(&found),
        "From Wikipedia: Rust is a general-purpose language & more. From Crabs: Crabs walk sideways."
    );
    let expected = json!({
        "query": "rust & crabs",
        "provider": "searxng",
        "results": [
            {
                "title": "Rust (programming language) - Wikipedia",
                "url": "https://en.wikipedia.org/wiki/Rust_(programming_language)",
                "snippet": "Rust is a general-purpose language & more. It has 1 < 2.",
            },
            { "title": "Crabs", "url": "https://crabs.example/", "snippet": "Crabs walk sideways." },
        ],
    });
    assert_eq!(found["structuredContent"], expected);
    assert_eq!(searx.asked().last().map(String::as_str), Some("q=rust+%26+crabs"));
    let nothing = search(json!({"query": "nothing"})).await;
    assert_eq!(text(&nothing), "I found nothing on the web about nothing. Try other words.");
    let broken = search(json!({"query": "broken"})).await;
    assert_eq!(broken["isError"], true, "{broken}");
    assert!(text(&broken).starts_with("none of SearXNG's engines answered (page: "), "{broken}");
}
