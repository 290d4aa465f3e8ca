//! The composition root: the only place that knows every part. Nothing here decides; it builds, connects and ends.

use std::{
    collections::HashMap,
    net::SocketAddr,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use axum::{Router, middleware};
use homepilot_gateway::{Gateway, GatewayConfig};
use homepilot_models::{cancel::Cancel, catalog::ModelId, lm::Prefix};
use homepilot_personas::{Catalogue, Mode, Persona, PersonaId, Watcher};
use homepilot_servers::port::{self, Limits};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    access::{self, Access},
    agents::{self, Agents},
    announcer::Announcer,
    builtins,
    config::Settings,
    connectors::{self, Connectors},
    drafter::{EngineDrafter, LONGEST_DRAFT},
    engines::{EngineView, Engines},
    hearing,
    paths::{self, Paths},
    planner::{self, Conversation, Tool, Toolbox},
    skills, sources,
    supervisor::Ending,
    tls::{Doors, Peer},
    trace::Traces,
    turn::{PROGRAM_ANEW, SHORT_OF_MEMORY},
};

/// Sessions at once. Each holds a task, a detector and its share of the engines' queues.
pub const MOST_SESSIONS: usize = 16;
/// Tokens of a told result.
const TOLD_TOKENS: usize = 90;

/// So long after the program was started anew, sessions that open are told.
pub const TELL_OF_RESTART: Duration = Duration::from_secs(300);

/// The tool of the built-in web server that needs a provider.
const WEB_SEARCH: &str = "web__web_search";

/// What a toolbox is made from: the gateway's change, whether the persona has tools, its allow and deny lists.
type ToolboxKey = (u64, bool, (Vec<String>, Vec<String>));

/// How far the planner's fixed prompt has been evaluated for the tools that are registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warming {
    /// Not begun, or waiting for the engine.
    Waiting,
    /// Tokens done and to do.
    Evaluating(usize, usize),
    /// The next plan starts at once.
    Warm,
}

/// Everything that runs.
pub struct App {
    /// As read at the start.
    pub settings: Settings,
    /// Directories.
    pub paths: Paths,
    /// Who can be talked to.
    pub personas: Catalogue,
    /// Tool servers, policy, approvals, ledger, audit.
    pub gateway: Gateway,
    /// Models.
    pub engines: Engines,
    /// Cancelled when the program stops.
    pub stopping: CancellationToken,
    /// Owns every task.
    pub tasks: TaskTracker,
    /// Sessions now open.
    pub sessions: AtomicUsize,
    /// Tells reminders in open voice sessions.
    pub announcer: Arc<Announcer>,
    /// Who may use the ports from elsewhere.
    pub access: Access,
    /// The A2A agents' addresses and tasks.
    pub agents: Agents,
    /// The connectors, which come and go with their settings.
    pub connectors: Connectors,
    /// Text sessions of `invoke`.
    pub conversations: crate::http::Conversations,
    /// When it started.
    pub started: Instant,
    /// Where turns are traced to, if that was asked for.
    pub traces: Option<Arc<Traces>>,
    /// How the program ended before it was started anew, if it was.
    ended_before: Option<Ending>,
    warming: watch::Sender<Warming>,
    toolboxes: Mutex<HashMap<ToolboxKey, Arc<Toolbox>>>,
    edited: watch::Sender<()>,
    _watcher: Option<Watcher>,
}

/// The addresses that are served, and what was bound for them.
pub struct Listeners {
    runtime: TcpListener,
    gateway: TcpListener,
    servers: builtins::Bound,
    agents: agents::Bound,
}

/// Where the parts can be reached.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Page, API and WebSocket.
    pub runtime: SocketAddr,
    /// Gateway.
    pub gateway: SocketAddr,
    /// The built-in tool servers.
    pub servers: builtins::Addresses,
    /// The A2A agents.
    pub agents: agents::Addresses,
}

impl Listeners {
    /// Binds all ports, before anything is started.
    ///
    /// # Errors
    /// Names the port that is taken, its owner if known, and the setting.
    pub async fn bind(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            runtime: builtins::bind(settings.bind, settings.ports.runtime, "ports.runtime").await?,
            gateway: builtins::bind(settings.bind, settings.ports.gateway, "ports.gateway").await?,
            servers: builtins::Bound::bind(settings).await?,
            agents: agents::Bound::bind(settings).await?,
        })
    }

    /// What was bound.
    ///
    /// # Errors
    /// The system's, which does not happen for a bound socket.
    pub fn addresses(&self) -> std::io::Result<Addresses> {
        Ok(Addresses {
            runtime: self.runtime.local_addr()?,
            gateway: self.gateway.local_addr()?,
            servers: self.servers.addresses()?,
            agents: self.agents.addresses()?,
        })
    }
}

impl App {
    /// Opens the database, loads personas, starts engines and built-in servers, and serves. Engines load on; `ready`
    /// in `status` tells when they are.
    ///
    /// # Errors
    /// What must be mended before it can run at all: a database that can't be opened, a directory that can't be made.
    pub async fn start(settings: Settings, paths: Paths, listeners: Listeners) -> anyhow::Result<Arc<Self>> {
        Self::start_after(None, settings, paths, listeners).await
    }

    /// The same after it `ended_before` in a way that people are told of.
    ///
    /// # Errors
    /// As [`App::start`].
    pub async fn start_after(
        ended_before: Option<Ending>,
        settings: Settings,
        paths: Paths,
        listeners: Listeners,
    ) -> anyhow::Result<Arc<Self>> {
        let addresses = listeners.addresses()?;
        std::fs::create_dir_all(&paths.data)
            .with_context(|| format!("the data directory {} can't be made", paths.data.display()))?;
        let engines = Engines::start(&settings, paths.models(), paths.cache.clone())?;
        let mut config = GatewayConfig::new(paths.database());
        config.ask_reads = settings.ask_reads;
        config.builtin_classes = builtins::classes();
        config.admin_token = Some(admin_token(&paths.admin_token())?.into());
        config.public_url = Some(format!("http://localhost:{}", addresses.gateway.port()));
        config.page_url = Some(format!("http://localhost:{}/#integrations", addresses.runtime.port()));
        let gateway = Gateway::open(config).await?;
        let access = Access::open(&paths.database()).await?;
        let agents = Agents::open(&paths.database(), addresses.agents).await?;
        let traces = settings.trace.as_ref().map(Traces::open).transpose()?.map(Arc::new);
        let personas = Catalogue::load(Some(&paths.personas()));
        for problem in personas.problems() {
            tracing::warn!("{problem}");
        }
        warn_of_languages(&personas, &settings.models.ears);
        let edited = watch::Sender::new(());
        let watcher = watch_files(&personas, &settings.models.ears, edited.clone());
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        let connectors = Connectors::start(connectors::Parts {
            settings: settings.clone(),
            paths: paths.clone(),
            gateway: Some(gateway.clone()),
            tasks: tasks.clone(),
            stopping: stopping.clone(),
        })
        .await;
        let app = Arc::new(Self {
            settings,
            paths,
            personas,
            gateway,
            engines,
            stopping,
            tasks,
            sessions: AtomicUsize::new(0),
            announcer: Arc::default(),
            access,
            agents,
            connectors,
            conversations: crate::http::Conversations::default(),
            started: Instant::now(),
            traces,
            ended_before,
            warming: watch::Sender::new(Warming::Waiting),
            toolboxes: Mutex::new(HashMap::new()),
            edited,
            _watcher: watcher,
        });
        app.serve(listeners, &addresses)?;
        builtins::register(&app.gateway, &addresses.servers).await?;
        app.tasks.spawn(app.clone().keep_warm());
        Ok(app)
    }

    fn serve(self: &Arc<Self>, listeners: Listeners, addresses: &Addresses) -> anyhow::Result<()> {
        let gateway = homepilot_gateway::http::routes(self.gateway.clone());
        let ports: [(TcpListener, Router, access::Needs); 2] = [
            (listeners.runtime, crate::http::router(self.clone()), access::seen_as_runtime),
            (listeners.gateway, gateway, access::seen_as_gateway),
        ];
        for (listener, routes, needs) in ports {
            let doors = Doors::open(listener, &self.paths.tls())?;
            let guard = access::Guard { access: self.access.clone(), needs };
            let routes = routes.layer(middleware::from_fn_with_state(guard, access::guard));
            self.tasks.spawn(port::serve(doors, routes, Peer::of, Limits::default(), self.stopping.clone()));
        }
        let parts = builtins::Parts {
            paths: self.paths.clone(),
            gateway: builtins::url(addresses.gateway),
            web: self.settings.web.clone(),
            alerts: Some(self.announcer.clone()),
            drafter: Some(Arc::new(EngineDrafter::new(self.engines.planner.clone(), LONGEST_DRAFT))),
        };
        builtins::serve(listeners.servers, &parts, &self.tasks, &self.stopping);
        agents::serve(self, listeners.agents);
        Ok(())
    }

    /// Ends in order: no new work, running calls to their end, the audit written, the engines joined.
    pub async fn stop(&self) {
        /// How long running work may take to end.
        const GRACE: Duration = Duration::from_secs(10);
        self.stopping.cancel();
        self.engines.fetching.stop();
        self.tasks.close();
        if tokio::time::timeout(GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("some work did not end within {} seconds", GRACE.as_secs());
        }
        self.gateway.shutdown().await;
        if let Some(traces) = self.traces.clone() {
            // It waits for the network, on a thread that may.
            drop(tokio::task::spawn_blocking(move || traces.close()).await);
        }
    }

    /// The persona with this id.
    ///
    /// # Errors
    /// A sentence that lists the known ones.
    pub fn persona(&self, id: &str) -> Result<Arc<Persona>, String> {
        id.parse::<PersonaId>().ok().and_then(|id| self.personas.get(&id)).ok_or_else(|| {
            let known: Vec<String> = self.personas.list().iter().map(|p| p.id.to_string()).collect();
            format!("there is no persona {id:?}; there are {}", known.join(", "))
        })
    }

    /// The tools a persona can plan with. Personas with the same tools share one, and its prompt and grammar, until the
    /// gateway's capabilities change.
    pub fn toolbox(&self, persona: &Persona) -> Arc<Toolbox> {
        let linked = persona.mode == Mode::Linked;
        let lists = (persona.tools.allow.clone(), persona.tools.deny.clone());
        // Read before the capabilities: what changes meanwhile is found under the next number.
        let key = (*self.gateway.changes().borrow(), linked, lists);
        let known = || self.toolboxes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(toolbox) = known().get(&key) {
            return toolbox.clone();
        }
        let tools = if linked { self.tools(persona) } else { Vec::new() };
        let toolbox = Arc::new(Toolbox::new(tools).sensing(self.engines.sense.clone()));
        let mut known = known();
        known.retain(|(change, ..), _| *change == key.0);
        known.entry(key).or_insert(toolbox).clone()
    }

    fn tools(&self, persona: &Persona) -> Vec<Tool> {
        let listed = |list: &[String], server: &str, id: &str| list.iter().any(|l| l == server || l == id);
        let (allow, deny) = (&persona.tools.allow, &persona.tools.deny);
        self.gateway
            .capabilities()
            .into_iter()
            .map(|c| (c.server.to_string(), c))
            .filter(|(server, c)| {
                let id = c.id.to_string();
                (allow.is_empty() || listed(allow, server, &id)) && !listed(deny, server, &id)
            })
            .map(|(_, c)| {
                let id = c.id.to_string();
                let is_skill = skills::is_skill(&c);
                // Nobody searches yet: what is generally known is answered in words, and the tool, when it is asked for
                // by name, says how to set up a search.
                let (name, description) = if id == WEB_SEARCH && self.settings.web.search.is_none() {
                    let only =
                        "Look something up online. Only when the user says to search the web.".to_owned();
                    ("look_up_online".to_owned(), only)
                } else {
                    (c.tool.to_string(), c.description)
                };
                let schema = if is_skill { skills::hidden() } else { sources::hidden(c.input_schema) };
                Tool { id, name, description, schema }
            })
            .collect()
    }

    /// For who comes soon after the program was started anew: that it was, why, and what of what was under way.
    pub fn broke_off(&self) -> Option<String> {
        let ending = self.ended_before.filter(|_| self.started.elapsed() < TELL_OF_RESTART)?;
        Some(match ending {
            Ending::Killed => format!("{PROGRAM_ANEW} {SHORT_OF_MEMORY}"),
            Ending::Crashed(_) | Ending::Panicked => PROGRAM_ANEW.to_owned(),
        })
    }

    /// How far the planner's prompt is.
    pub fn warming(&self) -> watch::Receiver<Warming> {
        self.warming.subscribe()
    }

    /// Waits until the engines are loaded and the prompts evaluated. The sentences say which engines failed and why.
    pub async fn loaded(&self) -> Vec<String> {
        let engines = &self.engines;
        // What failed is in the views, with its reason.
        drop(tokio::join!(
            engines.ears.ready(),
            engines.planner.ready(),
            engines.voice.ready(),
            engines.detection.ready()
        ));
        let of = |v: EngineView| Some(format!("{} ({}): {}", v.part.key(), v.id, v.reason?));
        let failed = engines.views().into_iter().filter_map(of);
        let failed: Vec<String> = failed.collect();
        if failed.is_empty() && self.warming().wait_for(|w| *w == Warming::Warm).await.is_err() {
            return vec!["it is stopping".to_owned()];
        }
        failed
    }

    /// Evaluates the prompts of all personas whenever the tools or the personas change, and when the planner was started
    /// anew, so that no turn pays for it.
    async fn keep_warm(self: Arc<Self>) {
        let mut changes = self.gateway.changes();
        let mut edits = self.edited.subscribe();
        let mut restarts = self.engines.planner.restarts();
        loop {
            let planner = self.stopping.run_until_cancelled(self.engines.planner.ready());
            if !matches!(planner.await, Some(Ok(()))) {
                return;
            }
            changes.mark_unchanged();
            edits.mark_unchanged();
            restarts.mark_unchanged();
            let mut prefixes: Vec<Prefix> = Vec::new();
            for persona in self.personas.list() {
                let toolbox = self.toolbox(&persona);
                let ready = toolbox.clone();
                // A busy engine prepares it with the first plan.
                drop(self.engines.planner.run(move |_| ready.prepare()).await);
                let answer = planner::answer_prompt(&persona.instructions, &Conversation::default()).0;
                for prefix in toolbox.prefixes().cloned().chain([answer]) {
                    if !prefixes.iter().any(|p| p.text == prefix.text) {
                        prefixes.push(prefix);
                    }
                }
            }
            for prefix in prefixes {
                if self.stopping.is_cancelled() {
                    return;
                }
                self.warm(prefix).await;
            }
            self.warming.send_replace(Warming::Warm);
            tokio::select! {
                () = self.stopping.cancelled() => return,
                changed = changes.changed() => if changed.is_err() { return },
                edited = edits.changed() => if edited.is_err() { return },
                restarted = restarts.changed() => if restarted.is_err() { return },
            }
        }
    }

    async fn warm(self: &Arc<Self>, prefix: Prefix) {
        let app = self.clone();
        let cancel = Cancel::default();
        let watching = cancel.clone();
        let job = self.engines.planner.run(move |model| {
            let mut progress = |done, total| {
                app.warming.send_replace(Warming::Evaluating(done, total));
            };
            model.warm(&prefix, &cancel, &mut progress).map(drop)
        });
        let outcome = tokio::select! {
            outcome = job => outcome,
            () = self.stopping.cancelled() => {
                watching.cancel();
                return;
            }
        };
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a prompt could not be evaluated ahead"),
            Err(error) => tracing::warn!(%error, "the planner could not be warmed"),
        }
    }

    /// A result in one or two sentences; none if the model can't.
    pub async fn tell(&self, said: &str, result: &str, cancel: &Cancel) -> Option<String> {
        let (prefix, suffix) = planner::told_prompt(said, result);
        let cancel = cancel.clone();
        let told = self
            .engines
            .planner
            .run(move |model| {
                let mut sink = |_: &str| ControlFlow::Continue(());
                model.write(&prefix, &suffix, TOLD_TOKENS, &[], &cancel, &mut sink)
            })
            .await;
        let written = told.ok()?.ok()?;
        Some(written.text.trim().to_owned()).filter(|text| !text.is_empty() && !planner::repeats_prompt(text))
    }
}

/// The token that proves to be this installation's own user: made at the first start, readable by its owner only.
fn admin_token(path: &std::path::Path) -> anyhow::Result<String> {
    use std::io::Write as _;
    match paths::new_private(path) {
        Ok(mut file) => {
            let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
            file.write_all(token.as_bytes())
                .with_context(|| format!("the admin token {} can't be written", path.display()))?;
            Ok(token)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let token = std::fs::read_to_string(path)
                .with_context(|| format!("the admin token {} can't be read", path.display()))?;
            let token = token.trim().to_owned();
            anyhow::ensure!(
                token.len() >= 32,
                "the admin token {} is too short: delete the file, a new one is made",
                path.display()
            );
            Ok(token)
        }
        Err(error) => Err(error).with_context(|| format!("the admin token {} can't be made", path.display())),
    }
}

/// A persona whose language is not heard is a notice, not an error: it can be written to.
fn warn_of_languages(personas: &Catalogue, ears: &ModelId) {
    for deaf in personas.list().into_iter().filter_map(|persona| hearing::language::deaf(ears, &persona)) {
        tracing::warn!("{deaf}");
    }
}

fn watch_files(personas: &Catalogue, ears: &ModelId, edited: watch::Sender<()>) -> Option<Watcher> {
    let (changed, ears) = (personas.clone(), ears.clone());
    let on_change = move || {
        tracing::info!("personas reloaded");
        warn_of_languages(&changed, &ears);
        edited.send_replace(());
    };
    match homepilot_personas::watch(personas.clone(), on_change) {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, "changed persona files are seen after a restart only");
            None
        }
    }
}
