//! What works, what is missing, and how to mend it; what is exposed to whom.

mod exposure;

use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    path::Path,
    process::Command,
};

use homepilot_models::{
    catalog::{Catalog, ModelId},
    embed,
    store::{ModelState, Store},
};
use homepilot_servers::Connector;
use serde_json::json;

use crate::{
    config::{
        Settings,
        connectors::{Options, Reading, read},
    },
    connectors::{self, Status},
    hearing,
    paths::Paths,
};

/// One thing looked at.
struct Finding {
    what: String,
    fine: bool,
    says: String,
    mend: Option<String>,
}

impl Finding {
    fn fine(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { what: what.into(), fine: true, says: says.into(), mend: None }
    }

    /// It works, and could do more.
    fn could(what: impl Into<String>, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { fine: true, ..Self::bad(what, says, mend) }
    }

    fn bad(what: impl Into<String>, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), fine: false, says: says.into(), mend: Some(mend.into()) }
    }
}

/// `homepilot doctor`.
///
/// # Errors
/// When something needs mending; what, was printed.
pub async fn run(settings: &Settings, paths: &Paths, as_json: bool) -> anyhow::Result<()> {
    let mut findings = vec![phonemes()];
    findings.extend(models(settings, paths));
    findings.extend(directories(paths));
    findings.extend(personas(settings, paths));
    findings.extend(ports(settings).await);
    findings.push(web_search(settings));
    findings.extend(connectors(settings, paths).await);
    tell(&findings, as_json)
}

/// `homepilot doctor --security`: what is exposed to whom, and why.
///
/// # Errors
/// When something needs mending; what, was printed.
pub async fn security(settings: &Settings, paths: &Paths, as_json: bool) -> anyhow::Result<()> {
    tell(&exposure::findings(settings, paths).await, as_json)
}

fn tell(findings: &[Finding], as_json: bool) -> anyhow::Result<()> {
    let bad = findings.iter().filter(|f| !f.fine).count();
    if as_json {
        let rows: Vec<_> = findings
            .iter()
            .map(|f| json!({"what": f.what, "ok": f.fine, "says": f.says, "mend": f.mend}))
            .collect();
        println!("{}", json!({"ok": bad == 0, "findings": rows}));
    } else {
        for finding in findings {
            println!("{} {:<28} {}", if finding.fine { "ok " } else { "BAD" }, finding.what, finding.says);
            if let Some(mend) = &finding.mend {
                println!("    {:<28} {}: {mend}", "", if finding.fine { "to have it" } else { "mend" });
            }
        }
    }
    anyhow::ensure!(bad == 0, "{bad} things need mending");
    Ok(())
}

fn phonemes() -> Finding {
    match Command::new("espeak-ng").arg("--version").output() {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout);
            Finding::fine("espeak-ng", version.lines().next().unwrap_or_default().trim())
        }
        _ => Finding::bad(
            "espeak-ng",
            "not found; nothing can be spoken without it",
            "apt-get install espeak-ng",
        ),
    }
}

fn models(settings: &Settings, paths: &Paths) -> Vec<Finding> {
    let store = match Store::open(paths.models()) {
        Ok(store) => store,
        Err(error) => {
            return vec![Finding::bad(
                "models",
                error.to_string(),
                "free the directory or set XDG_CACHE_HOME",
            )];
        }
    };
    let models = &settings.models;
    let parts = [
        ("hearing", &models.ears),
        ("planning", &models.planner),
        ("voice", &models.voice),
        ("detection", &models.vad),
    ];
    let mut findings: Vec<_> = parts.into_iter().map(|(part, id)| model(&store, part, id)).collect();
    // Without it documents are found by their words alone.
    let documents = embed::MODEL.parse().map(|id| model(&store, "documents", &id));
    findings.extend(documents.map(|finding| Finding { fine: true, ..finding }));
    findings
}

fn model(store: &Store, part: &str, id: &ModelId) -> Finding {
    let what = format!("{part} model");
    let mend = format!("homepilot models pull {id}");
    let Some(entry) = Catalog::builtin().get(id) else {
        return Finding::bad(what, format!("{id} is not in the catalogue"), "homepilot models list");
    };
    match store.state(entry) {
        ModelState::Present => Finding::fine(what, id.to_string()),
        ModelState::Missing => Finding::bad(what, format!("{id} is missing"), mend),
        ModelState::Partial { .. } => Finding::bad(what, format!("{id} is fetched in part"), mend),
        ModelState::Corrupt { .. } => Finding::bad(what, format!("{id} is not what it should be"), mend),
    }
}

fn directories(paths: &Paths) -> Vec<Finding> {
    [("data", &paths.data), ("cache", &paths.cache)]
        .into_iter()
        .map(|(name, dir)| {
            let says = dir.display().to_string();
            match writable(dir) {
                Ok(()) => Finding::fine(format!("{name} directory"), says),
                Err(error) => Finding::bad(
                    format!("{name} directory"),
                    format!("{says}: {error}"),
                    format!("make it writable, or set XDG_{}_HOME", name.to_uppercase()),
                ),
            }
        })
        .collect()
}

fn web_search(settings: &Settings) -> Finding {
    match &settings.web.search {
        Some(search) => Finding::fine("web search", format!("{search:?}")),
        None => Finding::could(
            "web search",
            "no provider is set; pages can be read",
            "set search.provider to searxng (and search.url) or tavily (and search.key)",
        ),
    }
}

/// What is set up in part is to be mended; what is not set up at all could be.
async fn connectors(settings: &Settings, paths: &Paths) -> Vec<Finding> {
    let mut findings = Vec::new();
    for connector in Connector::ALL {
        let what = format!("{} connector", connector.name());
        let (_, reading) = read(connector, paths, &settings.environment);
        let needs = |status| connectors::needs(connector, &status, paths).unwrap_or_default();
        findings.push(match reading {
            Reading::NotSetUp => Finding::could(what, "not set up", needs(Status::NotSetUp)),
            Reading::Incomplete(missing) => {
                let says = format!("{} of its settings are missing", missing.len());
                Finding::bad(what, says, needs(Status::Incomplete(missing)))
            }
            Reading::Wrong(problems) => {
                let said: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.place, p.message)).collect();
                Finding::bad(what, "its settings can't be used", said.join("; "))
            }
            Reading::Ready(options) => {
                let tried = match *options {
                    Options::Email(options) => options.try_out().await,
                    Options::Calendar(options) => options.try_out().await,
                    // Every request there is about a message.
                    Options::WhatsApp(_) => {
                        Ok("set up; whether its token is good shows with the first message".to_owned())
                    }
                };
                match tried {
                    Ok(says) => Finding::fine(what, says),
                    Err(problem) => Finding::bad(what, "it is set up and does not work", problem),
                }
            }
        });
    }
    findings
}

fn writable(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let probe = dir.join(".writable");
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(probe)
}

fn personas(settings: &Settings, paths: &Paths) -> Vec<Finding> {
    let catalogue = homepilot_personas::Catalogue::load(Some(&paths.personas()));
    let problems = catalogue.problems();
    let mut findings =
        vec![Finding::fine("personas", format!("{} can be talked to", catalogue.list().len()))];
    findings.extend(problems.iter().map(|p| {
        Finding::bad("persona file", p.to_string(), format!("homepilot personas check {}", p.file.display()))
    }));
    let deaf =
        catalogue.list().into_iter().filter_map(|p| hearing::language::deaf(&settings.models.ears, &p));
    findings.extend(deaf.map(|deaf| Finding::bad("persona's language", deaf.says, deaf.mend)));
    findings
}

/// A taken port is fine when it is our own program that has it.
async fn ports(settings: &Settings) -> Vec<Finding> {
    let ports = settings.ports;
    let mut findings = Vec::new();
    let running = answers(settings.bind, ports.runtime).await;
    for (key, port) in ports.named() {
        let what = format!("port {port}");
        // The page and the gateway may be bound elsewhere than all the others.
        let outward = matches!(key, "ports.runtime" | "ports.gateway");
        let bind = if outward { settings.bind } else { settings.inward() };
        findings.push(match TcpListener::bind((bind, port)) {
            Ok(_) => Finding::fine(what, "free"),
            Err(_) if running => Finding::fine(what, "in use by the running HomePilot"),
            Err(error) => {
                Finding::bad(what, format!("{error}{}", owner(port)), format!("stop it, or set {key}"))
            }
        });
    }
    findings
}

async fn answers(bind: IpAddr, port: u16) -> bool {
    let address = SocketAddr::new(bind, port);
    let request = reqwest::Client::new()
        .get(format!("http://{address}/v1/agentic/status"))
        .timeout(std::time::Duration::from_secs(2));
    match request.send().await {
        Ok(response) => response.json::<serde_json::Value>().await.is_ok_and(|v| v.get("uptime_s").is_some()),
        Err(_) => false,
    }
}

/// The one error of a port that can't be bound.
pub fn port_taken(bind: IpAddr, port: u16, key: &str, error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::AddrInUse {
        let variable = crate::config::variable(key);
        return format!(
            "port {port} is taken{}: stop it, or set {key} in homepilot.toml or {variable}",
            owner(port)
        );
    }
    format!("{bind}:{port} can't be bound: {error}; set bind or {key}")
}

/// " by NAME (pid N)" where the system tells.
fn owner(port: u16) -> String {
    owning_process(port).map(|(pid, name)| format!(" by {name} (pid {pid})")).unwrap_or_default()
}

/// The process that listens on a TCP port, from `/proc`; sources: proc(5), `/proc/net/tcp` and `/proc/PID/fd`.
fn owning_process(port: u16) -> Option<(u32, String)> {
    let wanted = format!(":{port:04X}");
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        std::fs::read_to_string(table).ok()?.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let listens = fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == "0A";
            listens.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))?
        })
    })?;
    std::fs::read_dir("/proc").ok()?.filter_map(Result::ok).find_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        let mut descriptors = std::fs::read_dir(process.path().join("fd")).ok()?.filter_map(Result::ok);
        descriptors
            .any(|d| std::fs::read_link(d.path()).is_ok_and(|target| target.as_os_str() == inode.as_str()))
            .then_some(())?;
        let name = std::fs::read_to_string(process.path().join("comm")).ok()?;
        Some((pid, name.trim().to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_names_its_owner_and_the_setting() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let error = TcpListener::bind(address).unwrap_err();
        let message = port_taken(address.ip(), address.port(), "ports.runtime", &error);
        assert!(message.contains(&address.port().to_string()), "{message}");
        assert!(message.contains(&format!("pid {}", std::process::id())), "{message}");
        assert!(message.contains("HOMEPILOT_PORTS_RUNTIME"), "{message}");
    }
}
