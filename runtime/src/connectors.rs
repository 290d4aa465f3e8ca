//! The connectors: servers for the user's own accounts, each started when its settings are complete, and started anew,
//! stopped or left alone when they change. None of it touches a turn that is under way.
//!
//! Invariants:
//! - A connector's socket stays bound while its settings change: the new one answers on it while the old one ends its
//!   calls, so no call finds the port closed.
//! - Tools of a connector are known to the gateway only while it is served.
//! - Settings that can't be read change nothing about a connector that runs; it says what is wrong with them.

use std::net::SocketAddr;

use homepilot_gateway::{Builtin, Gateway, RegisterError, ServerName};
use homepilot_servers::{Connector, calendar, email, whatsapp};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    builtins,
    config::{
        Problem, Settings,
        connectors::{self, Options, Reading, Setting, Values, port_key},
    },
    paths::Paths,
};

mod watching;

/// How a connector is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// None of its settings is given.
    NotSetUp,
    /// These settings are missing.
    Incomplete(Vec<&'static Setting>),
    /// It is set up and can't be started.
    Failed(String),
    /// It is served.
    Running {
        /// Where.
        address: SocketAddr,
        /// What is wrong with settings that were changed since, and are not in use.
        problem: Option<String>,
    },
}

/// A reading's status, before anything is started; `None` for one that can be.
pub fn unready(reading: &Reading) -> Option<Status> {
    match reading {
        Reading::NotSetUp => Some(Status::NotSetUp),
        Reading::Incomplete(missing) => Some(Status::Incomplete(missing.clone())),
        Reading::Wrong(problems) => Some(Status::Failed(sentence(problems))),
        Reading::Ready(_) => None,
    }
}

/// How all of them are; the tasks behind it belong to the program.
#[derive(Debug)]
pub struct Connectors {
    states: watch::Receiver<[Status; Connector::COUNT]>,
}

/// What the connectors are run with.
pub struct Parts {
    /// The address and the ports, and the environment.
    pub settings: Settings,
    /// Where settings, secrets and the database are.
    pub paths: Paths,
    /// Who is told of them; nobody where they run by themselves.
    pub gateway: Option<Gateway>,
    /// Owns every task.
    pub tasks: TaskTracker,
    /// Ends them.
    pub stopping: CancellationToken,
}

impl Connectors {
    /// Starts what is set up, and goes on watching the settings.
    pub async fn start(parts: Parts) -> Self {
        let (published, states) = watch::channel([const { Status::NotSetUp }; Connector::COUNT]);
        let (ended, endings) = mpsc::channel(Connector::COUNT);
        let (tasks, stopping) = (parts.tasks.clone(), parts.stopping.clone());
        let seats = Connector::ALL.map(|connector| Seat { connector, seen: None, running: None });
        let mut supervisor = Supervisor { parts, seats, published, ended };
        let watched = watching::Watched::begin(&supervisor.parts.paths.config);
        supervisor.round().await;
        tasks.spawn(async move {
            stopping.run_until_cancelled(supervisor.run(watched, endings)).await;
        });
        Self { states }
    }

    /// How each of them is.
    pub fn states(&self) -> [(Connector, Status); Connector::COUNT] {
        let states = self.states.borrow();
        Connector::ALL.map(|connector| (connector, states[connector as usize].clone()))
    }

    /// Moves on whenever one of them changes.
    pub fn changes(&self) -> watch::Receiver<[Status; Connector::COUNT]> {
        self.states.clone()
    }
}

/// A connector as the catalogue shows it: with what it needs, and where that goes.
pub fn view(connector: Connector, port: u16, status: &Status, paths: &Paths) -> Value {
    let mut row = json!({
        "name": connector.name(), "port": port, "description": connector.description(),
        "status": word(status),
    });
    match status {
        Status::NotSetUp => row["settings"] = rows(connector, connectors::settings(connector)).into(),
        Status::Incomplete(missing) => row["missing"] = rows(connector, missing.iter().copied()).into(),
        Status::Failed(reason) => row["reason"] = reason.as_str().into(),
        Status::Running { address, problem } => {
            row["port"] = address.port().into();
            row["url"] = builtins::url(*address).into();
            row["reason"] = problem.as_deref().into();
        }
    }
    row["needs"] = needs(connector, status, paths).into();
    row
}

/// Settings as the catalogue shows them.
fn rows<'a>(connector: Connector, settings: impl IntoIterator<Item = &'a Setting>) -> Vec<Value> {
    let row = |s: &Setting| {
        json!({"variable": s.variable, "setting": connectors::key(connector, s), "takes": s.takes,
               "needed": s.needed, "secret": s.secret})
    };
    settings.into_iter().map(row).collect()
}

/// What a connector needs to run, in a sentence.
pub fn needs(connector: Connector, status: &Status, paths: &Paths) -> Option<String> {
    let of = |settings: &[&Setting]| {
        let named = |s: &&Setting| format!("{} ({})", s.variable, connectors::key(connector, s));
        let names: Vec<String> = settings.iter().map(named).collect();
        let (last, first) = names.split_last()?;
        let names = if first.is_empty() { last.clone() } else { format!("{} and {last}", first.join(", ")) };
        let (secrets, file) = (paths.secrets(), paths.settings());
        Some(format!(
            "set {names}: as variables in the environment or in {} (chmod 600), or by the keys in brackets in {}; \
             files are read again as soon as they are saved",
            secrets.display(),
            file.display()
        ))
    };
    match status {
        Status::NotSetUp => {
            let all = connectors::settings(connector);
            of(&all.iter().filter(|setting| setting.needed).collect::<Vec<_>>())
        }
        Status::Incomplete(missing) => of(missing),
        Status::Failed(reason) => Some(reason.clone()),
        Status::Running { problem, .. } => problem.clone(),
    }
}

fn word(status: &Status) -> &'static str {
    match status {
        Status::NotSetUp => "not_set_up",
        Status::Incomplete(_) => "incomplete",
        Status::Failed(_) => "failed",
        Status::Running { .. } => "running",
    }
}

fn sentence(problems: &[Problem]) -> String {
    let said = problems.iter().map(|problem| format!("{}: {}", problem.place, problem.message));
    said.collect::<Vec<_>>().join("; ")
}

/// A connector that ended by itself: which, its turn, and why.
type Ended = (Connector, u64, String);

struct Supervisor {
    parts: Parts,
    seats: [Seat; Connector::COUNT],
    published: watch::Sender<[Status; Connector::COUNT]>,
    ended: mpsc::Sender<Ended>,
}

struct Seat {
    connector: Connector,
    /// What it was last started, or not started, with.
    seen: Option<Values>,
    running: Option<Running>,
}

struct Running {
    /// Kept beside the one that is served, for the next.
    socket: std::net::TcpListener,
    address: SocketAddr,
    stop: CancellationToken,
    /// Sets it apart from the one before, which may still be ending.
    turn: u64,
}

impl Supervisor {
    async fn run(mut self, mut watched: watching::Watched, mut endings: mpsc::Receiver<Ended>) {
        loop {
            tokio::select! {
                () = watched.saved() => {
                    watched.settled().await;
                    self.round().await;
                }
                Some(ended) = endings.recv() => self.has_ended(ended).await,
            }
        }
    }

    /// Reads the settings of all, and does what follows from them.
    async fn round(&mut self) {
        for place in 0..Connector::COUNT {
            let connector = self.seats[place].connector;
            let (paths, environment) = (self.parts.paths.clone(), self.parts.settings.environment.clone());
            let read = tokio::task::spawn_blocking(move || connectors::read(connector, &paths, &environment));
            let Ok((values, reading)) = read.await else { continue };
            let status = self.follow(place, values, reading).await;
            self.publish(place, status);
        }
    }

    fn publish(&self, place: usize, status: Status) {
        let name = self.seats[place].connector.name();
        self.published.send_if_modified(|states| {
            let new = states[place] != status;
            if new {
                tracing::info!(connector = name, status = word(&status), "connector");
                states[place] = status;
            }
            new
        });
    }

    /// What becomes of a connector whose settings read so.
    async fn follow(&mut self, place: usize, values: Values, reading: Reading) -> Status {
        let seat = &self.seats[place];
        let unready = unready(&reading);
        match (reading, &seat.running) {
            (Reading::Wrong(problems), Some(running)) => {
                Status::Running { address: running.address, problem: Some(sentence(&problems)) }
            }
            (Reading::Ready(_), Some(running)) if seat.seen.as_ref() == Some(&values) => {
                Status::Running { address: running.address, problem: None }
            }
            (Reading::Ready(options), _) => {
                let started = self.start(place, *options).await;
                self.seats[place].seen = Some(values);
                match started {
                    Ok(address) => Status::Running { address, problem: None },
                    Err(reason) => {
                        self.stop(place).await;
                        Status::Failed(reason)
                    }
                }
            }
            (Reading::NotSetUp | Reading::Incomplete(_) | Reading::Wrong(_), _) => {
                self.stop(place).await;
                unready.unwrap_or(Status::NotSetUp)
            }
        }
    }

    /// Serves with these options, in place of what was served before.
    async fn start(&mut self, place: usize, options: Options) -> Result<SocketAddr, String> {
        let connector = self.seats[place].connector;
        let before = self.seats[place].running.take();
        let turn = before.as_ref().map_or(0, |running| running.turn + 1);
        let (socket, fresh) = match before {
            Some(Running { socket, stop, .. }) => {
                stop.cancel();
                (socket, false)
            }
            None => (self.bind(connector).await?, true),
        };
        let failed = |error: std::io::Error| format!("its socket can't be used: {error}");
        let address = socket.local_addr().map_err(failed)?;
        let listener = socket.try_clone().and_then(TcpListener::from_std).map_err(failed)?;
        let stop = self.parts.stopping.child_token();
        let (served, ended) = (stop.clone(), self.ended.clone());
        self.parts.tasks.spawn(async move {
            let served = match options {
                Options::Email(options) => email::serve(listener, options, served).await,
                Options::WhatsApp(options) => whatsapp::serve(listener, options, served).await,
                Options::Calendar(options) => calendar::serve(listener, options, served).await,
            };
            if let Err(error) = served {
                // Nobody to tell means that the program ends.
                ended.send((connector, turn, error.to_string())).await.ok();
            }
        });
        self.seats[place].running = Some(Running { socket, address, stop, turn });
        if fresh {
            self.register(connector, address).await?;
        }
        Ok(address)
    }

    async fn bind(&self, connector: Connector) -> Result<std::net::TcpListener, String> {
        let settings = &self.parts.settings;
        let port = settings.ports.of_connector(connector);
        let bound = builtins::bind(settings.inward(), port, port_key(connector)).await;
        let bound = bound.map_err(|error| error.to_string())?;
        bound.into_std().map_err(|error| format!("its socket can't be used: {error}"))
    }

    async fn register(&self, connector: Connector, address: SocketAddr) -> Result<(), String> {
        let Some(gateway) = &self.parts.gateway else { return Ok(()) };
        let name: ServerName = connector.name().parse().map_err(|_| "it has no usable name".to_owned())?;
        let (description, category) =
            (connector.description().to_owned(), Some(connector.category().to_owned()));
        let url = builtins::url(address);
        match gateway.ensure_connector(Builtin { name, url, description, category }).await {
            Ok(_) => Ok(()),
            Err(RegisterError::Conflict { name }) => Err(format!(
                "a server of yours is registered as {name}: remove that and save the settings again, or take the connector's away"
            )),
            Err(error) => Err(error.to_string()),
        }
    }

    /// First its tools are gone, then it ends its calls; the port is free after that.
    async fn stop(&mut self, place: usize) {
        let seat = &mut self.seats[place];
        seat.seen = None;
        let running = seat.running.take();
        if let (Some(gateway), Ok(name)) = (&self.parts.gateway, seat.connector.name().parse())
            && let Err(error) = gateway.retire_connector(&name).await
        {
            tracing::error!(%error, connector = seat.connector.name(), "a connector could not be taken out of use");
        }
        if let Some(running) = running {
            running.stop.cancel();
        }
    }

    async fn has_ended(&mut self, (connector, turn, reason): Ended) {
        let place = connector as usize;
        if self.seats[place].running.as_ref().is_some_and(|running| running.turn == turn) {
            self.stop(place).await;
            self.publish(place, Status::Failed(reason));
        }
    }
}

#[cfg(test)]
mod tests;
