//! The pages about providers (`gateway/providers`): their lines for a terminal, typed as they stand there at the running
//! program, keys from its environment; and two providers for one service, of which one goes down, in conversations.

use std::path::{Path, PathBuf};

use homepilot_tests::{
    offers::stand_in,
    pages::{KEY, Page, elsewhere, registers},
    peers::{self, Listening},
    program::program,
    server::{Home, PLANNER, Process, Server, get_until},
};
use serde_json::{Value, json};
use tokio::process::Command;

/// The stand-ins that a page's lines lead to.
struct Provider {
    page: Page,
    /// At the addresses that stand on the page.
    named: Listening,
    /// Behind an address that comes from the environment, if one does.
    hidden: Option<Listening>,
    /// Where one signs in, if one does.
    sign_in: Option<Listening>,
}

impl Provider {
    async fn start(page: Page) -> Self {
        let mut words = stand_in(&page.name, KEY);
        let mut hidden = None;
        if page.variables().iter().any(|name| name.ends_with("_URL")) {
            hidden = Some(peers::provider_with(&words).await.unwrap());
        }
        let mut sign_in = None;
        if page.commands().iter().any(|command| command.contains(" --oauth")) {
            sign_in = Some(peers::oauth_provider("/whatsapp").await.unwrap());
        }
        if page.name == "zapier" {
            // The same address with the key in a header, which its lines for a terminal have.
            words[1] = "/api/v1/connect".to_owned();
            words.extend(["--header".to_owned(), format!("Authorization: Bearer {KEY}")]);
        }
        let named = peers::provider_with(&words).await.unwrap();
        Self { page, named, hidden, sign_in }
    }

    /// What HomePilot's environment holds for the page.
    fn variables(&self) -> Vec<(String, String)> {
        let hidden = || &self.hidden.as_ref().unwrap().url;
        let value = |name: &str| match name {
            "ZAPIER_MCP_URL" => format!("{}/api/v1/connect?token={KEY}", hidden()),
            "KLAVIS_GMAIL_URL" => format!("{}/mcp/?instance_id={KEY}", hidden()),
            "VIASOCKET_MCP_URL" => format!("{}/mcp/{KEY}", hidden()),
            "ZAPIER_MCP_TOKEN" | "INFOBIP_API_KEY" | "HOME_ASSISTANT_TOKEN" => KEY.to_owned(),
            other => panic!("{} takes a key from {other}, and nobody said which", self.page.name),
        };
        self.page.variables().into_iter().map(|name| (name.clone(), value(&name))).collect()
    }
}

/// A shell in which `homepilot` is the built program, with the ports of the running one.
struct Terminal<'a> {
    process: &'a Process,
    home: &'a Home,
    said: String,
}

impl Terminal<'_> {
    async fn types(&mut self, command: &str) -> String {
        let port = |address: &str| address.rsplit(':').next().unwrap_or_default().to_owned();
        let folder = program().unwrap().parent().unwrap().to_owned();
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("sh")
            .args(["-c", command])
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("HOMEPILOT_PORTS_RUNTIME", port(&self.process.runtime))
            .env("HOMEPILOT_PORTS_GATEWAY", port(&self.process.gateway))
            .envs(self.home.variables())
            .output()
            .await
            .unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {said}");
        self.said.push_str(&said);
        said
    }

    /// What the gateway shows of a server, once it is as `wanted`.
    async fn server(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        get_until(&format!("http://{}/api/servers/{name}", self.process.gateway), wanted).await.unwrap()
    }

    async fn names(&self) -> Vec<String> {
        let address = format!("http://{}/api/servers", self.process.gateway);
        let servers: Value = reqwest::get(address).await.unwrap().json().await.unwrap();
        let servers = servers["servers"].as_array().unwrap();
        let users = servers.iter().filter(|server| server["origin"] == "user");
        users.filter_map(|server| server["name"].as_str()).map(str::to_owned).collect()
    }
}

/// A browser with a person who says yes at the provider; the page it ends on.
async fn signs_in(address: &str) -> String {
    let browser = reqwest::Client::new();
    let consent = browser.get(address).send().await.unwrap();
    let place = consent.url().clone();
    let page = consent.text().await.unwrap();
    let asked = page.split("name=\"request\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let asked = asked.unwrap_or_else(|| panic!("nobody asks for consent: {page}"));
    let answer = browser
        .post(place.join("/consent").unwrap())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("request={asked}&answer=allow"));
    answer.send().await.unwrap().text().await.unwrap()
}

/// Types every line of a page for a terminal, and looks what each came to.
async fn is_followed(provider: &Provider, terminal: &mut Terminal<'_>) {
    let page = &provider.page.name;
    let commands = provider.page.commands().into_iter().filter(|command| command.starts_with("homepilot "));
    let (mut added, mut removed) = (0, 0);
    for command in commands {
        let sign_in = provider.sign_in.as_ref().filter(|_| command.contains(" --oauth"));
        let at = sign_in.unwrap_or(&provider.named);
        let said = terminal.types(&elsewhere(&command, "", &at.url, KEY)).await;
        if let Some(name) = registers(&command) {
            added += 1;
            if sign_in.is_some() {
                let address =
                    said.split("sign in at ").nth(1).and_then(|rest| rest.split_whitespace().next());
                let page = signs_in(address.unwrap_or_else(|| panic!("{command}: {said}"))).await;
                assert!(page.contains(&format!("{name} is connected")), "{page}");
            }
            let view = terminal.server(&name, |view| view["status"] == "healthy").await;
            assert!(view["tools"].as_array().is_some_and(|tools| !tools.is_empty()), "{command}: {view}");
            assert!(!view.to_string().contains(KEY), "{command} shows the key: {view}");
        }
        if let Some(name) = command.strip_prefix("homepilot servers remove ") {
            removed += 1;
            assert!(!terminal.names().await.contains(&name.to_owned()), "{command}: {said}");
        }
    }
    assert!(added > 0, "{page} has no line that registers");
    assert_eq!((added, terminal.names().await), (removed, Vec::new()), "{page} leaves something behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_every_page_does_what_the_page_says() {
    let mut providers = Vec::new();
    for page in Page::all() {
        providers.push(Provider::start(page).await);
    }
    let variables: Vec<(String, String)> = providers.iter().flat_map(Provider::variables).collect();
    let mut environment = vec![("HOMEPILOT_LOG", "debug,homepilot_gateway=trace,rmcp=off")];
    environment.extend(variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let home = Home::new().unwrap();
    let process = Process::begin(&home, PLANNER, &environment).await.unwrap();
    let mut terminal = Terminal { process: &process, home: &home, said: String::new() };
    for provider in &providers {
        is_followed(provider, &mut terminal).await;
    }
    let said = terminal.said;
    let log = process.kill().await.unwrap();
    assert!(log.contains("zapier-gmail"), "nothing was logged: {log}");
    for (place, text) in [("an answer", said), ("the log", log)] {
        assert!(!text.contains(KEY) && !text.contains("SECRET-"), "{place} shows a key: {text}");
    }
}

/// A provider's Gmail that knows one mail.
struct Gmail {
    words: Vec<String>,
    running: Option<Listening>,
    port: u16,
    file: PathBuf,
    pipe: PathBuf,
}

impl Gmail {
    async fn start(server: &Server, name: &str, read: &str) -> Self {
        let file = server.home.path().join(format!("{name}.txt"));
        let pipe = file.with_extension("pipe");
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let words = ["--file", &path(&file), "--pipe", &path(&pipe), "--answer", ANSWER, "--at", ADDRESS];
        let mut words = words.map(str::to_owned).to_vec();
        words.extend([format!("read:{read}:Find emails in the inbox of Gmail."), SEND.to_owned()]);
        let running = peers::provider_with(&words).await.unwrap();
        let address = format!("http://{}/api/servers", server.at.gateway);
        let body = json!({"name": name, "url": format!("{}{ADDRESS}", running.url), "description": "Gmail"});
        let answer = reqwest::Client::new().post(address).json(&body).send().await.unwrap();
        let view: Value = answer.json().await.unwrap();
        assert_eq!(view["status"], "healthy", "{view}");
        Self { words, port: running.port(), running: Some(running), file, pipe }
    }

    /// How often it did something.
    fn done(&self) -> usize {
        std::fs::read_to_string(&self.file).unwrap_or_default().lines().count()
    }

    async fn kill(&mut self) {
        self.running.take().unwrap().kill().await.unwrap();
    }

    async fn restart(&mut self) {
        let mut words = self.words.clone();
        words.extend(["--port".to_owned(), self.port.to_string()]);
        self.running = Some(peers::provider_with(&words).await.unwrap());
    }
}

const ADDRESS: &str = "/mcp/gmail/m0st-s3cret-provider-key";
const ANSWER: &str = "One email from the design team: the new logo is ready.";
const SEND: &str = "write:gmail_send_email:Send an email with Gmail.";
const REQUEST: &str = "check my inbox for any emails from the design team";

async fn say(server: &Server, session: Option<&str>, text: &str) -> Value {
    let mut body = json!({"persona": "assistant", "text": text});
    if let Some(session) = session {
        body["session"] = json!(session);
    }
    let (status, answer) = server.post("/v1/agentic/invoke", &body).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Waits until the planner knows the tools that there are: a busy machine takes longer for that than one turn may.
async fn prepared(server: &Server) {
    let is_ready = |status: &Value| status["models"]["llm"]["state"] == "ready";
    for _ in 0..5 {
        if server.get_until("/v1/agentic/status", is_ready).await.is_ok() {
            return;
        }
    }
    panic!("the planner is never ready: {}", server.get("/v1/agentic/status").await.unwrap());
}

/// The request in a conversation of its own: who is to be asked, and the conversation.
async fn requested(server: &Server) -> (String, String) {
    prepared(server).await;
    let asked = say(server, None, REQUEST).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let question = text(&asked["approval"]["question"]);
    assert!(question.to_lowercase().contains("design"), "{asked}");
    (text(&asked["approval"]["server"]), text(&asked["session"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_of_two_providers_down_the_other_is_asked() {
    let server = Server::start().await.unwrap();
    let zapier = Gmail::start(&server, "zapier-gmail", "gmail_find_email").await;
    let klavis = Gmail::start(&server, "klavis-gmail", "gmail_search_emails").await;
    server
        .capabilities_until(|ids| ids.iter().filter(|id| id.contains("-gmail__")).count() == 4)
        .await
        .unwrap();

    // Whichever is chosen first, it is asked about and does it once.
    let (first, session) = requested(&server).await;
    let told = say(&server, Some(&session), "yes").await;
    assert!(told["reply"].as_str().unwrap().contains("logo"), "{told}");
    let (mut one, other) = match first.as_str() {
        "zapier-gmail" => (zapier, klavis),
        "klavis-gmail" => (klavis, zapier),
        _ => panic!("{first} was asked: {told}"),
    };
    assert_eq!((one.done(), other.done()), (1, 0));

    // It goes down in the middle of the next call: nobody knows what came of that, and nobody else is tried.
    let (again, session) = requested(&server).await;
    assert_eq!(again, first);
    assert!(std::process::Command::new("mkfifo").arg(&one.pipe).status().unwrap().success());
    let pipe = one.pipe.clone();
    let opened = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(pipe));
    let going_down = async {
        let writer = opened.await.unwrap().unwrap();
        std::fs::remove_file(&one.pipe).unwrap();
        one.kill().await;
        drop(writer);
    };
    let (told, ()) = tokio::join!(say(&server, Some(&session), "yes"), going_down);
    assert_eq!(told["outcome"]["state"], "unknown", "{told}");
    assert!(told["reply"].as_str().unwrap().contains("don't know whether"), "{told}");
    assert_eq!((one.done(), other.done()), (2, 0));

    // It is not there any more, and the other one is asked.
    let of_first = |ids: &[String]| ids.iter().any(|id| id.starts_with(&first));
    server.capabilities_until(|ids| !of_first(ids)).await.unwrap();
    let (second, session) = requested(&server).await;
    assert!(second.ends_with("-gmail") && second != first, "{second}");
    let told = say(&server, Some(&session), "yes").await;
    assert!(told["reply"].as_str().unwrap().contains("logo"), "{told}");
    assert_eq!((one.done(), other.done()), (2, 1));

    // It comes back by itself, and does nothing by itself.
    one.restart().await;
    server.capabilities_until(of_first).await.unwrap();
    assert_eq!((one.done(), other.done()), (2, 1));
}
