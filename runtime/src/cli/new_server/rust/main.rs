//! {{name}}: a list that a persona can read and add to. Put tools of your own in their place.
//!
//! `cargo run` talks over stdin and stdout, `cargo run -- --port 9300` over HTTP at http://localhost:9300/mcp.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use rmcp::{
    ServiceExt,
    handler::server::wrapper::Parameters,
    schemars, tool, tool_router,
    transport::{
        stdio,
        streamable_http_server::{
            StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
        },
    },
};

#[derive(Clone, Default)]
struct List {
    items: Arc<Mutex<Vec<String>>>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Item {
    /// What is put on the list
    item: String,
}

#[tool_router(server_handler)]
impl List {
    /// Say what is on the {{name}} list.
    #[tool(annotations(read_only_hint = true))]
    fn list_items(&self) -> String {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        if items.is_empty() { "The list is empty.".to_owned() } else { items.join(", ") }
    }

    /// Put an item on the {{name}} list.
    #[tool]
    fn add_item(&self, Parameters(Item { item }): Parameters<Item>) -> Result<String, String> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        if items.contains(&item) {
            // An error is told to the persona, who says it aloud.
            return Err(format!("{item} is on the list already"));
        }
        items.push(item.clone());
        Ok(format!("{item} is on the list."))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let list = List::default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => drop(list.serve(stdio()).await?.waiting().await?),
        ["--port", port] => {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
            let service = StreamableHttpService::<List, LocalSessionManager>::new(
                move || Ok(list.clone()),
                Default::default(),
                StreamableHttpServerConfig::default(),
            );
            eprintln!("listening on http://{}/mcp", listener.local_addr()?);
            axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
        }
        _ => return Err("usage: {{name}} [--port PORT]".into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rmcp::{
        model::{CallToolRequestParams, CallToolResult},
        service::RunningService,
    };

    use super::*;

    async fn connected() -> RunningService<rmcp::RoleClient, ()> {
        let (here, there) = tokio::io::duplex(4096);
        tokio::spawn(async move { List::default().serve(there).await?.waiting().await.map_err(Box::<dyn Error + Send + Sync>::from) });
        ().serve(here).await.unwrap()
    }

    async fn add(client: &RunningService<rmcp::RoleClient, ()>, item: &str) -> CallToolResult {
        let arguments = [("item".to_owned(), item.into())].into_iter().collect();
        client.call_tool(CallToolRequestParams::new("add_item").with_arguments(arguments)).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_added_is_listed() {
        let client = connected().await;
        add(&client, "rice").await;
        let listed = client.call_tool(CallToolRequestParams::new("list_items")).await.unwrap();
        assert_eq!(listed.content[0].as_text().unwrap().text, "rice");
    }

    #[tokio::test]
    async fn nothing_is_added_twice() {
        let client = connected().await;
        assert_ne!(add(&client, "rice").await.is_error, Some(true));
        assert_eq!(add(&client, "rice").await.is_error, Some(true));
    }
}
