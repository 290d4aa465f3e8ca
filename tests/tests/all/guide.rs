//! The integrations guide's requests, all of them in their order, sent with `curl` to the running program. The keys in them are
//! in no answer, no metric and no log line.

use homepilot_tests::{
    peers,
    requests::{Answer, Request, of_the_guide, shows_no_key},
    server::{Home, Process},
};
use serde_json::{Value, json};

/// What each stand-in offers.
const TOOLS: [&str; 4] = ["send_email", "read_inbox", "check_availability", "list_events"];

/// The program, and every answer it gave.
struct Running {
    process: Process,
    answers: Vec<String>,
}

impl Running {
    /// Sends a request to the port it is for.
    fn send(&mut self, request: &Request) -> Answer {
        let to = if request.url.contains(":4444/") { &self.process.gateway } else { &self.process.runtime };
        let answer = request.send(&format!("http://{to}"));
        self.answers.push(answer.text.clone());
        answer
    }

    fn get(&mut self, path: &str) -> Value {
        let url = format!("http://localhost:8000{path}");
        let request = Request { title: path.into(), method: "GET".into(), url, body: String::new() };
        let answer = self.send(&request);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.body
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_does_what_the_guide_says_and_shows_no_key() {
    let requests = of_the_guide();
    assert_eq!(requests.len(), 22);
    let mut paths: Vec<String> = requests.iter().map(Request::server_path).collect();
    // A bare host's server is at /mcp.
    paths.iter_mut().filter(|path| path.is_empty()).for_each(|path| *path = "/mcp".to_owned());
    let provider = peers::provider(&paths, &TOOLS).await.unwrap();
    let home = Home::new().unwrap();
    let log = [("HOMEPILOT_LOG", "debug,homepilot_gateway=trace,rmcp=off")];
    let process = Process::start_with(&home, &log).await.unwrap();
    let mut running = Running { process, answers: Vec::new() };
    let (mut registered, mut absent): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for request in requests {
        let request = at(&provider.url, request);
        let path = request.url.splitn(4, '/').nth(3).unwrap().to_owned();
        let answer = running.send(&request);
        match (request.method.as_str(), path.as_str()) {
            ("POST", "api/servers" | "v1/agentic/register/tool" | "v1/agentic/register/gateway") => {
                let name = request.field("name");
                // The guide shows both ways to register zapier-gmail; the second changes nothing.
                let wanted = if registered.contains(&name) { 200 } else { 201 };
                assert_eq!(answer.status, wanted, "{}: {}", request.title, answer.text);
                is_a_registration(&request, &answer.body);
                registered.push(name);
            }
            ("POST", "v1/agentic/register/agent") => {
                // What stands there is a tool server; it is asked again in the background like one that is away.
                assert_eq!(answer.status, 201, "{}", answer.text);
                assert_eq!(
                    (&answer.body["kind"], &answer.body["status"]),
                    (&json!("agent"), &json!("unreachable"))
                );
                let reason = answer.body["reason"].as_str().unwrap();
                assert!(reason.starts_with("it does not answer as an A2A agent"), "{reason}");
                absent.push(request.field("name"));
            }
            ("GET", "v1/agentic/capabilities") => are_capabilities(&registered, &absent, &answer),
            ("GET", "v1/agentic/status") => is_a_status(absent.len(), &answer),
            ("PATCH", "v1/agentic/policy") => set_a_rule(&mut running, &request, answer, &provider.url),
            ("GET", "v1/agentic/catalog") => {
                assert_eq!(answer.status, 200, "{}", answer.text);
                for known in ["Zapier", "KlavisAI", "Infobip", "viaSocket", "zapier-gmail", "my-gateway"] {
                    assert!(answer.text.contains(known), "{known} in {}", answer.text);
                }
            }
            other => panic!("the guide has a request that is not checked: {other:?}"),
        }
    }
    assert_eq!(running.get("/v1/agentic/audit")["entries"], json!([]), "registering runs nothing");

    // Nor when the providers are gone.
    provider.kill().await.unwrap();
    for name in &registered {
        let url = format!("http://localhost:4444/api/servers/{name}/refresh");
        let refresh = Request { title: name.clone(), method: "POST".into(), url, body: "{}".into() };
        let answer = running.send(&refresh);
        assert_eq!(answer.body["status"], "unreachable", "{}", answer.text);
    }
    for path in ["/v1/agentic/capabilities", "/v1/agentic/policy", "/v1/agentic/status", "/health"] {
        running.get(path);
    }
    for (port, path) in [(8000, "metrics"), (4444, "metrics"), (4444, "api/servers"), (4444, "health")] {
        let url = format!("http://localhost:{port}/{path}");
        let request = Request { title: url.clone(), method: "GET".into(), url, body: String::new() };
        assert_eq!(running.send(&request).status, 200, "{port} {path}");
    }
    for answer in &running.answers {
        shows_no_key("an answer", answer);
    }
    let log = running.process.kill().await.unwrap();
    assert!(log.contains("klavis-gmail"), "nothing was logged: {log}");
    shows_no_key("the log", &log);
}

/// The same request, about the stand-in.
fn at(provider: &str, request: Request) -> Request {
    let url = format!("{provider}{}", request.server_path());
    if request.field("url").is_empty() { request } else { request.registering(&url) }
}

fn is_a_registration(request: &Request, view: &Value) {
    let title = &request.title;
    for field in ["id", "registered_at", "description"] {
        assert!(view[field].as_str().is_some_and(|text| !text.is_empty()), "{title}: {field} in {view}");
    }
    assert_eq!(view["name"], request.field("name"), "{title}: {view}");
    assert_eq!(
        (&view["status"], &view["transport"]),
        (&json!("healthy"), &json!("streamable_http")),
        "{view}"
    );
    assert_eq!(view["tools"].as_array().map(Vec::len), Some(TOOLS.len()), "{title}: {view}");
    for (tool, name) in view["tools"].as_array().into_iter().flatten().zip(TOOLS) {
        assert_eq!(tool["name"], name, "{title}: {view}");
        assert!(tool["description"].is_string() && tool["class"].is_string(), "{title}: {view}");
    }
}

fn is_an_error(code: &str, answer: &Answer) {
    let error = &answer.body["error"];
    assert_eq!(error["code"], code, "{}", answer.text);
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{}", answer.text);
    assert!(error["details"].is_object(), "{}", answer.text);
}

fn are_capabilities(registered: &[String], absent: &[String], answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let unavailable = answer.body["unavailable"].as_array().unwrap();
    let unavailable: Vec<&str> = unavailable.iter().filter_map(|server| server["server"].as_str()).collect();
    assert_eq!(unavailable, absent, "{}", answer.text);
    let capabilities = answer.body["capabilities"].as_array().unwrap();
    for capability in capabilities {
        let text = |field: &str| capability[field].as_str().unwrap_or_default().to_owned();
        assert_eq!(text("id"), format!("{}__{}", text("server"), text("tool")), "{capability}");
        assert_eq!(text("kind"), "tool", "{capability}");
        assert!(
            ["read", "write", "destructive", "unknown"].contains(&text("class").as_str()),
            "{capability}"
        );
        assert!(capability["level"].as_u64().is_some_and(|level| level <= 2), "{capability}");
        assert!(capability["input_schema"].is_object() && !text("description").is_empty(), "{capability}");
    }
    for server in registered {
        let ours = capabilities.iter().filter(|capability| capability["server"] == *server);
        let tools: Vec<&str> = ours.filter_map(|capability| capability["tool"].as_str()).collect();
        assert_eq!(tools, TOOLS, "{server}");
    }
    let integration = capabilities.iter().find(|capability| capability["server"] == "my-integration");
    assert_eq!(integration.unwrap()["category"], "communication");
}

fn is_a_status(absent: usize, answer: &Answer) {
    let status = &answer.body;
    assert_eq!(answer.status, 200, "{status}");
    for part in ["asr", "llm", "tts", "vad"] {
        // With every server that is registered, the planner's prompt is prepared anew.
        let state = status["models"][part]["state"].as_str().unwrap();
        assert!(state == "ready" || (part == "llm" && state == "warming"), "{status}");
        assert!(status["models"][part]["id"].is_string(), "{status}");
    }
    assert!(status["ready"].is_boolean(), "{status}");
    assert!(status["gateway"]["servers"]["healthy"].as_u64().is_some_and(|n| n > 10), "{status}");
    assert_eq!(status["gateway"]["servers"]["unreachable"], absent, "{status}");
    assert!(status["uptime_s"].is_u64() && status["sessions"].is_u64() && status["version"].is_string());
}

/// Rules are for servers that are registered: the guide's second one needs a calendar, which it takes for granted.
fn set_a_rule(running: &mut Running, request: &Request, answer: Answer, provider: &str) {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let server = request.field("tool");
    let answer = if server == "klavis-calendar" {
        assert_eq!(answer.status, 422, "{}", answer.text);
        is_an_error("unknown_tool", &answer);
        let known = answer.body["error"]["details"]["known"].as_array().unwrap();
        assert!(known.contains(&json!("zapier-gmail")), "{}", answer.text);
        let stored = running.get("/v1/agentic/policy")["rules"].to_string();
        assert!(!stored.contains("klavis-calendar"), "a refused rule was stored: {stored}");
        let register = Request {
            title: "a calendar".into(),
            method: "POST".into(),
            url: "http://localhost:4444/api/servers".into(),
            body: json!({"name": server, "url": format!("{provider}/mcp"), "description": "Calendar"})
                .to_string(),
        };
        assert_eq!(running.send(&register).status, 201);
        running.send(request)
    } else {
        answer
    };
    assert_eq!(answer.status, 200, "{}: {}", request.title, answer.text);
    assert_eq!(
        (&answer.body["tool"], &answer.body["level"]),
        (&body["tool"], &body["level"]),
        "{}",
        answer.text
    );
    let explain =
        |tool: &str| format!("/v1/agentic/policy/explain?persona=assistant&capability={server}__{tool}");
    for action in body["actions"].as_array().into_iter().flatten() {
        let explained = running.get(&explain(action.as_str().unwrap()));
        assert_eq!((&explained["level"], &explained["class"]), (&json!(0), &json!("read")), "{explained}");
    }
    // What the rule doesn't name stays as it was: asked about.
    let explained = running.get(&explain("send_email"));
    assert_eq!(explained["level"], 1, "{explained}");
}
