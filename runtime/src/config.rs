//! Settings: defaults, then `homepilot.toml`, then `HOMEPILOT_…` variables, then flags. Every problem is reported at
//! once, with where it stands and what is allowed; unknown keys are refused.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

use homepilot_models::catalog::{Catalog, Entry, Kind, ModelId};
use homepilot_servers::{BuiltIn, Connector, web};

use crate::{agents::Agent, builtins, supervisor, trace};

pub mod connectors;
mod search;
mod traced;

/// The catalogue's entry of this id or alias.
pub fn entry(name: &str) -> Option<&'static Entry> {
    Catalog::builtin().get(&name.parse::<ModelId>().ok()?)
}

/// Everything that can be set, complete and valid.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address that the page and the gateway bind. Default 127.0.0.1.
    pub bind: IpAddr,
    /// Ports; 0 lets the system choose.
    pub ports: Ports,
    /// Which weights are used.
    pub models: Models,
    /// Whether `serve` fetches those that are missing.
    pub fetch: bool,
    /// Whether Level 1 also asks before a read.
    pub ask_reads: bool,
    /// Threads of the language model, 1 to 64.
    pub threads: usize,
    /// From which share on the planner answers in words instead of calling a tool, 0 to 1.
    pub silence: f32,
    /// Who searches the web, and which pages may be read.
    pub web: web::Options,
    /// Where turns are traced to, if anywhere.
    pub trace: Option<trace::Options>,
    /// Variables that are no settings of the program; connectors are set up by some of them.
    pub environment: connectors::Environment,
}

/// Where each part listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// Page, HTTP API and WebSocket.
    pub runtime: u16,
    /// MCP gateway.
    pub gateway: u16,
    /// The built-in tool servers, in the order of [`BuiltIn::ALL`].
    pub servers: [u16; BuiltIn::COUNT],
    /// The A2A agents, in the order of [`Agent::ALL`].
    pub agents: [u16; 2],
    /// The connectors, in the order of [`Connector::ALL`].
    pub connectors: [u16; Connector::COUNT],
}

impl Ports {
    /// Each of the system's choice.
    pub const ANY: Ports = Ports {
        runtime: 0,
        gateway: 0,
        servers: [0; BuiltIn::COUNT],
        agents: [0; 2],
        connectors: [0; Connector::COUNT],
    };

    /// The port of a built-in server.
    pub fn of(&self, server: BuiltIn) -> u16 {
        self.servers[server as usize]
    }

    /// The port of a connector.
    pub fn of_connector(&self, connector: Connector) -> u16 {
        self.connectors[connector as usize]
    }

    /// Every port with its setting.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u16)> {
        let servers = BuiltIn::ALL.into_iter().zip(self.servers);
        [("ports.runtime", self.runtime), ("ports.gateway", self.gateway)]
            .into_iter()
            .chain(servers.map(|(server, port)| (builtins::port_key(server), port)))
            .chain(Agent::ALL.into_iter().zip(self.agents).map(|(agent, port)| (agent.port_key(), port)))
            .chain(
                Connector::ALL
                    .into_iter()
                    .zip(self.connectors)
                    .map(|(connector, port)| (connectors::port_key(connector), port)),
            )
    }
}

/// Catalogue ids of the weights in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models {
    /// Language model that plans and answers.
    pub planner: ModelId,
    /// Speech recognition.
    pub ears: ModelId,
    /// Speech synthesis.
    pub voice: ModelId,
    /// Voice activity detection.
    pub vad: ModelId,
}

/// One thing wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `homepilot.toml: ports.runtime`, `HOMEPILOT_BIND`, …
    pub place: String,
    /// What was found and what is allowed.
    pub message: String,
}

/// All problems found, one a line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", .0.iter().map(|p| format!("{}: {}", p.place, p.message)).collect::<Vec<_>>().join("\n"))]
pub struct SettingsError(pub Vec<Problem>);

/// Every key with its default and what it takes, in the order they are documented.
pub const KEYS: &[(&str, &str, &str)] = &[
    ("bind", "127.0.0.1", "an IP address"),
    ("ports.runtime", "8000", "0 to 65535"),
    ("ports.gateway", "4444", "0 to 65535"),
    ("ports.assistant", "9101", "0 to 65535"),
    ("ports.knowledge", "9102", "0 to 65535"),
    ("ports.decision", "9103", "0 to 65535"),
    ("ports.briefing", "9104", "0 to 65535"),
    ("ports.web", "9105", "0 to 65535"),
    ("ports.everyday", "9201", "0 to 65535"),
    ("ports.chief", "9202", "0 to 65535"),
    ("ports.email", "9301", "0 to 65535"),
    ("ports.whatsapp", "9302", "0 to 65535"),
    ("ports.calendar", "9303", "0 to 65535"),
    ("models.planner", "default", "a model id, or default, small, tiny"),
    ("models.ears", "whisper-tiny.en", "a model id"),
    ("models.voice", "piper-en_US-joe-medium", "a model id"),
    ("models.vad", "silero-vad-16k", "a model id"),
    ("models.fetch", "true", "true or false"),
    ("ask_reads", "true", "true or false"),
    ("threads", "2", "1 to 64"),
    ("silence", "auto", "auto, or 0 to 1"),
    ("search.provider", "none", "none, searxng or tavily"),
    ("search.url", "", "an http or https address, or env:NAME"),
    ("search.key", "", "env:NAME, or the path of a file that only you can read"),
    ("search.language", "", "a language code like en or de-CH"),
    ("search.safe", "moderate", "off, moderate or strict"),
    ("search.allow_private", "false", "true or false"),
    ("trace.endpoint", "", "an http or https address without a user, or env:NAME"),
    ("trace.content", "false", "true or false"),
];

/// The share of `respond` that suits a model, chosen on development sets (README, "How fast it is, and how well it
/// plans"): a larger model is surer when a tool is meant, so less doubt is enough to stay silent.
fn usual_silence(planner: &ModelId) -> f32 {
    match planner.as_str() {
        "qwen2.5-coder-0.5b-instruct-q4_k_m" => 0.1,
        "smollm2-135m-instruct-q4_1" => 0.2,
        _ => 0.08,
    }
}

/// The environment variable of a key: `ports.runtime` is `HOMEPILOT_PORTS_RUNTIME`.
pub fn variable(key: &str) -> String {
    format!("HOMEPILOT_{}", key.to_uppercase().replace('.', "_"))
}

impl Settings {
    /// Where the tool servers, the agents and the connectors listen: they trust whoever reaches them, so they never leave
    /// this machine. What they do is offered through the gateway.
    pub fn inward(&self) -> IpAddr {
        if self.bind.is_loopback() { self.bind } else { Ipv4Addr::LOCALHOST.into() }
    }

    /// Reads all layers. `flags` are `(key, flag, value)` from the command line.
    ///
    /// # Errors
    /// Every problem of every layer at once.
    pub fn load(
        file: &Path,
        vars: impl Iterator<Item = (String, String)>,
        flags: &[(&str, &str, String)],
    ) -> Result<Self, SettingsError> {
        let mut layers = Layers::defaults();
        layers.file(file);
        layers.environment(vars);
        for (key, flag, value) in flags {
            layers.set(key, value.clone(), (*flag).to_owned());
        }
        layers.build()
    }
}

impl Default for Settings {
    fn default() -> Self {
        // The defaults are constants of this file; the test below builds them.
        Layers::defaults()
            .build()
            .unwrap_or_else(|error| unreachable!("the built-in defaults are valid: {error}"))
    }
}

/// Values as text, each with the place it came from.
struct Layers {
    values: BTreeMap<&'static str, (String, String)>,
    /// Environment variables that are no settings: `env:NAME` stands for one.
    variables: BTreeMap<String, String>,
    problems: Vec<Problem>,
}

impl Layers {
    fn defaults() -> Self {
        let values = KEYS.iter().map(|(k, v, _)| (*k, ((*v).to_owned(), "default".to_owned()))).collect();
        Self { values, variables: BTreeMap::new(), problems: Vec::new() }
    }

    fn set(&mut self, key: &str, value: String, place: String) {
        // What is wrong there is that connector's trouble.
        if connectors::owns(key) {
            return;
        }
        match KEYS.iter().find(|(k, ..)| *k == key) {
            Some((known, ..)) => {
                self.values.insert(known, (value, place));
            }
            None => {
                let known = KEYS.iter().map(|(k, ..)| *k).collect::<Vec<_>>().join(", ");
                self.problem(place, format!("unknown setting; known are {known}"));
            }
        }
    }

    fn problem(&mut self, place: String, message: String) {
        self.problems.push(Problem { place, message });
    }

    fn file(&mut self, file: &Path) {
        let name = file.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.problem(name, format!("can't be read: {error}")),
        };
        match text.parse::<toml::Table>() {
            Ok(table) => self.table(&name, "", &table),
            Err(error) => self.problem(name, error.to_string().trim().replace('\n', " ")),
        }
    }

    fn table(&mut self, file: &str, prefix: &str, table: &toml::Table) {
        for (key, value) in table {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::Table(inner) => self.table(file, &key, inner),
                toml::Value::String(text) => self.set(&key, text.clone(), format!("{file}: {key}")),
                other => self.set(&key, other.to_string(), format!("{file}: {key}")),
            }
        }
    }

    fn environment(&mut self, vars: impl Iterator<Item = (String, String)>) {
        for (name, value) in vars {
            if !name.starts_with("HOMEPILOT_") {
                self.variables.insert(name, value);
                continue;
            }
            // The suite's own variables, and the supervisor's, are not settings.
            if matches!(name.as_str(), "HOMEPILOT_LOG" | "HOMEPILOT_EVAL" | supervisor::VARIABLE) {
                continue;
            }
            match KEYS.iter().find(|(key, ..)| variable(key) == name) {
                Some((key, ..)) => self.set(key, value, name),
                None => {
                    let known = KEYS.iter().map(|(k, ..)| variable(k)).collect::<Vec<_>>().join(", ");
                    self.problem(name, format!("unknown setting; known are {known}"));
                }
            }
        }
    }

    fn take<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (value, place) = self.values.get(key)?.clone();
        let parsed = parse(value.trim());
        if parsed.is_none() {
            let allowed = KEYS.iter().find(|(k, ..)| *k == key).map_or("", |(_, _, a)| a);
            self.problem(place, format!("{value:?} is not {allowed}"));
        }
        parsed
    }

    fn model(&mut self, key: &'static str, kind: Kind) -> Option<ModelId> {
        let (value, place) = self.values.get(key)?.clone();
        let catalog = Catalog::builtin();
        match entry(value.trim()) {
            Some(entry) if entry.kind == kind => Some(entry.id.clone()),
            _ => {
                let known: Vec<_> =
                    catalog.entries().iter().filter(|e| e.kind == kind).map(|e| e.id.to_string()).collect();
                self.problem(
                    place,
                    format!("{value:?} is no model for this; known are {}", known.join(", ")),
                );
                None
            }
        }
    }

    fn build(mut self) -> Result<Settings, SettingsError> {
        let bind = self.take("bind", |v| v.parse().ok());
        let runtime = self.take("ports.runtime", |v| v.parse().ok());
        let gateway = self.take("ports.gateway", |v| v.parse().ok());
        let servers = BuiltIn::ALL.map(|server| self.take(builtins::port_key(server), |v| v.parse().ok()));
        let agents = Agent::ALL.map(|agent| self.take(agent.port_key(), |v| v.parse().ok()));
        let connectors =
            Connector::ALL.map(|connector| self.take(connectors::port_key(connector), |v| v.parse().ok()));
        let planner = self.model("models.planner", Kind::Llm);
        let ears = self.model("models.ears", Kind::Asr);
        let voice = self.model("models.voice", Kind::Tts);
        let vad = self.model("models.vad", Kind::Vad);
        let fetch = self.take("models.fetch", |v| v.parse().ok());
        let ask_reads = self.take("ask_reads", |v| v.parse().ok());
        let threads = self.take("threads", |v| v.parse().ok().filter(|n| (1..=64).contains(n)));
        let usual = planner.as_ref().map_or(0.0, usual_silence);
        let silence = self.take("silence", |v| match v {
            "auto" => Some(usual),
            _ => v.parse().ok().filter(|n| (0.0..=1.0).contains(n)),
        });
        let web = self.web();
        let trace = self.trace();
        if let (
            Some(bind),
            Some(runtime),
            Some(gateway),
            Some(planner),
            Some(ears),
            Some(voice),
            Some(vad),
            Some(fetch),
            Some(ask_reads),
            Some(threads),
            Some(silence),
            Some(web),
            Some(trace),
        ) = (
            bind, runtime, gateway, planner, ears, voice, vad, fetch, ask_reads, threads, silence, web, trace,
        ) && self.problems.is_empty()
        {
            // A port that is missing here is a problem, and there is none.
            let ports = Ports {
                runtime,
                gateway,
                servers: servers.map(Option::unwrap_or_default),
                agents: agents.map(Option::unwrap_or_default),
                connectors: connectors.map(Option::unwrap_or_default),
            };
            let models = Models { planner, ears, voice, vad };
            let environment = std::mem::take(&mut self.variables).into();
            return Ok(Settings {
                bind,
                ports,
                models,
                fetch,
                ask_reads,
                threads,
                silence,
                web,
                trace,
                environment,
            });
        }
        Err(SettingsError(self.problems))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};

    use super::*;

    fn load(
        toml: &str,
        vars: &[(&str, &str)],
        flags: &[(&str, &str, String)],
    ) -> Result<Settings, SettingsError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("homepilot.toml");
        std::fs::write(&file, toml).unwrap();
        Settings::load(&file, vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())), flags)
    }

    #[test]
    fn later_layers_win() {
        let settings = load(
            "bind = \"0.0.0.0\"\n[ports]\nruntime = 1\ngateway = 2\nassistant = 3\n",
            &[("HOMEPILOT_PORTS_GATEWAY", "20"), ("HOMEPILOT_PORTS_ASSISTANT", "30"), ("OTHER", "x")],
            &[("ports.assistant", "--assistant", "300".to_owned())],
        )
        .unwrap();
        assert_eq!(settings.ports, Ports { runtime: 1, gateway: 20, ..settings.ports });
        assert_eq!(settings.ports.of(BuiltIn::Assistant), 300);
        assert_eq!(settings.bind, "0.0.0.0".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let error = load(
            "colour = 1\nthreads = 0\n[ports]\nruntime = 70000\n",
            &[("HOMEPILOT_BIND", "here"), ("HOMEPILOT_NONE", "1")],
            &[("models.planner", "--model", "gpt".to_owned())],
        )
        .unwrap_err();
        let text = error.to_string();
        for part in ["colour", "threads", "ports.runtime", "HOMEPILOT_BIND", "HOMEPILOT_NONE", "--model"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(error.0.len(), 6, "{text}");
    }

    #[test]
    fn defaults_are_valid() {
        assert_eq!(Settings::default().ports.runtime, 8000);
    }

    /// A file with a few settings of each kind.
    const WHOLE: &str = "bind = \"127.0.0.1\"\nask_reads = true\nthreads = 2\nsilence = \"auto\"\n[ports]\nruntime = 8000\n\
        [models]\nfetch = true\nplanner = \"default\"\n[search]\nprovider = \"none\"\n[connectors.email]\nsmtp_port = 465\n";

    /// Whether these are settings within their bounds, or problems that say something.
    fn is_sound(toml: &str) -> bool {
        match load(toml, &[], &[]) {
            Ok(settings) => (1..=64).contains(&settings.threads) && (0.0..=1.0).contains(&settings.silence),
            Err(SettingsError(problems)) => {
                !problems.is_empty()
                    && problems.iter().all(|problem| !problem.place.is_empty() && !problem.message.is_empty())
            }
        }
    }

    #[test]
    fn a_file_is_read_or_refused_wherever_it_is_cut() {
        assert!(load(WHOLE, &[], &[]).is_ok(), "{:?}", load(WHOLE, &[], &[]).err());
        for end in 0..WHOLE.len() {
            assert!(is_sound(&WHOLE[..end]), "cut at {end}");
        }
    }

    #[test]
    fn odd_files_are_refused_by_name() {
        for toml in [
            "[".repeat(10_000),
            format!("threads = {}", "[".repeat(10_000)),
            format!("threads = {}", "{a = ".repeat(10_000)),
            format!("a{} = 1", ".a".repeat(10_000)),
            format!("[{}a]", "a.".repeat(10_000)),
            "threads = 1\nthreads = 2".to_owned(),
            "threads = 99999999999999999999".to_owned(),
            "silence = nan".to_owned(),
            "silence = -0.1".to_owned(),
            "[ports]\nruntime = -1".to_owned(),
            "ports = 8000".to_owned(),
            "bind = \"127.0.0.1\\u0000\"".to_owned(),
            "\0".to_owned(),
        ] {
            let error = load(&toml, &[], &[]).expect_err(&toml);
            assert!(error.to_string().contains("homepilot.toml"), "{toml:.60}: {error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_spoilt_file_is_settings_or_has_problems(
            text in any::<String>(),
            spoil in prop::collection::vec((0..WHOLE.len(), any::<u8>()), 1..6),
            (one, other) in (0..WHOLE.len(), 0..WHOLE.len()),
        ) {
            let mut bytes = WHOLE.as_bytes().to_vec();
            for (at, byte) in spoil {
                bytes[at] = byte;
            }
            // A stretch of it stands in it twice.
            let twice = [&bytes[..one.max(other)], &bytes[one.min(other)..]].concat();
            for spoilt in [text.into_bytes(), bytes, twice] {
                let toml = String::from_utf8_lossy(&spoilt);
                prop_assert!(is_sound(&toml), "{}", toml);
            }
        }

        #[test]
        fn any_value_of_a_variable_is_taken_or_refused_by_name(
            at in 0..KEYS.len(),
            value in any::<String>(),
        ) {
            let name = variable(KEYS[at].0);
            if let Err(error) = load("", &[(name.as_str(), value.as_str())], &[]) {
                prop_assert!(error.0.iter().all(|problem| !problem.message.is_empty()), "{}", error);
            }
        }
    }
}
