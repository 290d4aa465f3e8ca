//! Other machines: over TLS, with a paired device's token, within its scopes. A request that says that a proxy has passed it
//! on is one from elsewhere, wherever the proxy is, so this needs no second machine.

use homepilot_tests::server::{Home, Server};
use reqwest::{Certificate, Client, Method, Response};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{client::IntoClientRequest as _, http::HeaderValue};

/// A client somewhere else, with the token that it was given.
struct Elsewhere<'a> {
    server: &'a Server,
    http: Client,
    token: Option<String>,
}

impl<'a> Elsewhere<'a> {
    fn new(server: &'a Server) -> anyhow::Result<Self> {
        let pem = std::fs::read(server.home.paths().tls().join("certificate.pem"))?;
        let http = Client::builder().tls_certs_only([Certificate::from_pem(&pem)?]).build()?;
        Ok(Self { server, http, token: None })
    }

    async fn ask(
        &self,
        method: Method,
        port: u16,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Response> {
        let url = format!("https://localhost:{port}{path}");
        let mut request = self.http.request(method, url).header("x-forwarded-for", "203.0.113.7");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Ok(request.send().await?)
    }

    /// Status and error code, or the whole answer.
    async fn runtime(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<(u16, Value)> {
        let answer = self.ask(method, self.server.at.runtime.port(), path, body).await?;
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
        Ok((status, body.pointer("/error/code").cloned().unwrap_or(body)))
    }

    async fn pair(&mut self, scopes: &[&str]) -> anyhow::Result<Value> {
        let (_, made) = self.server.post("/v1/access/codes", &json!({"scopes": scopes})).await?;
        let body = json!({"code": made["code"], "name": "Kim's phone"});
        let answer =
            self.ask(Method::POST, self.server.at.runtime.port(), "/v1/access/pair", Some(body)).await?;
        let cookie = answer.headers()["set-cookie"].to_str()?.to_owned();
        for part in ["__Host-homepilot=", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let paired: Value = answer.json().await?;
        self.token = paired["token"].as_str().map(str::to_owned);
        Ok(paired)
    }
}

#[tokio::test]
async fn a_device_is_let_in_talks_and_is_put_out_again() -> anyhow::Result<()> {
    let server = Server::start_in(Home::new()?).await?;
    let mut device = Elsewhere::new(&server)?;
    // The page and the pairing are there for anybody, and nothing else is.
    assert_eq!(device.runtime(Method::GET, "/", None).await?.0, 200);
    let seen = device.runtime(Method::GET, "/v1/access", None).await?;
    assert_eq!(seen, (200, json!({"here": false, "device": null, "scopes": []})));
    for path in ["/v1/personas", "/v1/agentic/status", "/v1/agentic/audit", "/v1/access/devices", "/metrics"]
    {
        assert_eq!(device.runtime(Method::GET, path, None).await?, (401, json!("not_paired")), "{path}");
    }
    let gateway = server.at.gateway.port();
    assert_eq!(device.ask(Method::GET, gateway, "/api/servers", None).await?.status(), 401);
    assert_eq!(device.ask(Method::POST, gateway, "/mcp", Some(json!({}))).await?.status(), 401);
    let wrong = json!({"code": "AAAA-AAAA", "name": "guess"});
    let refused = device.runtime(Method::POST, "/v1/access/pair", Some(wrong)).await?;
    assert_eq!(refused, (403, json!("code_refused")));

    // To talk and no more: what is asked is asked, and its yes is none.
    let paired = device.pair(&["talk"]).await?;
    assert_eq!(paired["scopes"], json!(["talk"]));
    assert_eq!(device.runtime(Method::GET, "/v1/personas", None).await?.0, 200);
    assert_eq!(
        device.runtime(Method::GET, "/v1/agentic/approvals", None).await?,
        (403, json!("scope_missing"))
    );
    assert_eq!(device.ask(Method::POST, gateway, "/mcp", Some(json!({}))).await?.status(), 403);
    let words = json!({"persona": "assistant", "text": "put oat milk on my list"});
    let (status, asked) = device.runtime(Method::POST, "/v1/agentic/invoke", Some(words)).await?;
    assert_eq!((status, asked["approval"]["tool"].as_str()), (200, Some("create_task")), "{asked}");
    let yes = json!({"persona": "assistant", "text": "yes", "session": asked["session"]});
    let (_, told) = device.runtime(Method::POST, "/v1/agentic/invoke", Some(yes)).await?;
    assert!(told["reply"].as_str().is_some_and(|reply| reply.contains("not say yes")), "{told}");
    assert_eq!(server.home.count("SELECT count(*) FROM tasks").await?, 0);

    // Its conversation by voice ends when it is removed.
    let mut socket = realtime(&server, &device).await?;
    let id = paired["id"].as_str().unwrap_or_default();
    let gone = Client::new().delete(server.url(&format!("/v1/access/devices/{id}"))).send().await?;
    assert_eq!(gone.status(), 204);
    use futures::StreamExt as _;
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), async {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                break;
            }
        }
    });
    assert!(ended.await.is_ok(), "it goes on");
    assert_eq!(device.runtime(Method::GET, "/v1/personas", None).await?, (401, json!("not_paired")));
    Ok(())
}

#[tokio::test]
async fn a_device_that_may_approve_says_yes_once() -> anyhow::Result<()> {
    let server = Server::start_in(Home::new()?).await?;
    let mut device = Elsewhere::new(&server)?;
    device.pair(&["talk", "approve"]).await?;
    let words = json!({"persona": "assistant", "text": "put oat milk on my list"});
    let (_, asked) = device.runtime(Method::POST, "/v1/agentic/invoke", Some(words)).await?;
    let yes = json!({"persona": "assistant", "text": "yes", "session": asked["session"]});
    let (_, done) = device.runtime(Method::POST, "/v1/agentic/invoke", Some(yes)).await?;
    assert_eq!(done["outcome"]["state"], "succeeded", "{done}");
    assert_eq!(server.home.count("SELECT count(*) FROM tasks").await?, 1);
    Ok(())
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>;

/// Opens a conversation by voice, over TLS.
async fn realtime(server: &Server, device: &Elsewhere<'_>) -> anyhow::Result<Socket> {
    use tokio_rustls::rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, pem::PemObject as _},
    };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.home.paths().tls().join("certificate.pem"))?)?;
    let provider = std::sync::Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(server.at.runtime).await?;
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let stream = connector.connect("localhost".try_into()?, stream).await?;
    let url = format!("wss://localhost:{}/v1/realtime?model=assistant", server.at.runtime.port());
    let mut request = url.into_client_request()?;
    let bearer = format!("Bearer {}", device.token.as_deref().unwrap_or_default());
    for (name, value) in [
        ("authorization", bearer.as_str()),
        ("x-forwarded-for", "203.0.113.7"),
        ("sec-websocket-protocol", "realtime"),
    ] {
        request.headers_mut().insert(name, HeaderValue::from_str(value)?);
    }
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
    use futures::StreamExt as _;
    let first = socket.next().await.ok_or_else(|| anyhow::anyhow!("it closed"))??;
    assert!(first.to_text()?.contains("session.created"), "{first}");
    Ok(socket)
}
