//! A running HomePilot.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use homepilot::{
    app::{Addresses, App, Listeners},
    config::{self, Ports, Settings},
    paths::Paths,
};
use serde_json::Value;
use sqlx::Row as _;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, Command},
    task::JoinSet,
};

use crate::program::program;

/// The model that the suite plans with.
pub const PLANNER: &str = "small";

/// The models that the person's own cache holds; `make test` puts them there.
pub fn cache() -> PathBuf {
    Paths::from_env(|name| std::env::var_os(name)).map(|p| p.cache).unwrap_or_default()
}

/// Data and configuration of one test, removed with it.
pub struct Home {
    dir: TempDir,
}

impl Home {
    /// An empty one.
    ///
    /// # Errors
    /// The file system's.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { dir: tempfile::tempdir()? })
    }

    /// Its directories; the cache is the person's own, so that no test fetches models again.
    pub fn paths(&self) -> Paths {
        let at = |name: &str| self.dir.path().join(name).join("homepilot");
        Paths { data: at("data"), cache: cache(), config: at("config"), home: Some(at("")) }
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The variables that make a program of its own use it.
    pub fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        let cache = cache().parent().map(Path::to_path_buf).unwrap_or_default();
        vec![
            ("XDG_DATA_HOME", self.dir.path().join("data")),
            ("XDG_CONFIG_HOME", self.dir.path().join("config")),
            ("XDG_CACHE_HOME", cache),
        ]
    }

    /// One number from the database.
    ///
    /// # Errors
    /// SQLite's.
    pub async fn count(&self, query: &'static str) -> anyhow::Result<i64> {
        let file = self.paths().database();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true);
        let pool = sqlx::SqlitePool::connect_with(options).await?;
        let row = sqlx::query(query).fetch_one(&pool).await?;
        pool.close().await;
        Ok(row.try_get(0)?)
    }
}

/// A HomePilot in this process.
pub struct Server {
    /// Its parts.
    pub app: Arc<App>,
    /// Where they are.
    pub at: Addresses,
    /// Its files.
    pub home: Home,
}

impl Server {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// What failed; a missing model says how to fetch it.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_in(Home::new()?).await
    }

    /// Starts one on existing files.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn start_in(home: Home) -> anyhow::Result<Self> {
        Self::start_with(home, |_| ()).await
    }

    /// The same with other settings.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn start_with(home: Home, change: impl FnOnce(&mut Settings)) -> anyhow::Result<Self> {
        let planner = ("models.planner", "--model", PLANNER.to_owned());
        let settings = Settings::load(&home.paths().settings(), std::iter::empty(), &[planner])?;
        let mut settings = Settings { ports: Ports::ANY, fetch: false, ..settings };
        change(&mut settings);
        let listeners = Listeners::bind(&settings).await?;
        let at = listeners.addresses()?;
        let app = App::start(settings, home.paths(), listeners).await?;
        let failed = app.loaded().await;
        if !failed.is_empty() {
            bail!("{}", failed.join("\n"));
        }
        Ok(Self { app, at, home })
    }

    /// `http://…` of the runtime's port.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at.runtime)
    }

    /// GET, as JSON.
    ///
    /// # Errors
    /// When it does not answer with success.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        get(&self.url(path)).await
    }

    /// GET, as JSON, until it is as `wanted`.
    ///
    /// # Errors
    /// As [`get_until`].
    pub async fn get_until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        get_until(&self.url(path), wanted).await
    }

    /// POST, status and JSON.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let response = reqwest::Client::new().post(self.url(path)).json(body).send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }

    /// Waits until the capabilities satisfy `wanted`; the gateway tells of changes, this asks after each.
    ///
    /// # Errors
    /// After 30 seconds.
    pub async fn capabilities_until(
        &self,
        wanted: impl Fn(&[String]) -> bool,
    ) -> anyhow::Result<Vec<String>> {
        let mut changes = self.app.gateway.changes();
        let waiting = async {
            loop {
                changes.mark_unchanged();
                let ids: Vec<String> =
                    self.app.gateway.capabilities().iter().map(|c| c.id.to_string()).collect();
                if wanted(&ids) {
                    return Ok(ids);
                }
                changes.changed().await?;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting)
            .await
            .context("the capabilities did not become so")?
    }
}

/// A HomePilot in a process of its own, which can be killed.
pub struct Process {
    child: Child,
    /// `host:port` of the runtime.
    pub runtime: String,
    /// `host:port` of the gateway.
    pub gateway: String,
    /// Addresses of the agents, in the order of `Agent::ALL`.
    pub agents: Vec<String>,
    /// What it said on stderr before it was ready.
    pub said: Vec<String>,
    /// Read what it says from then on.
    readers: JoinSet<String>,
}

impl Process {
    /// Starts `homepilot serve` and waits for its "ready".
    ///
    /// # Errors
    /// When it ends instead, or is not ready within two minutes.
    pub async fn start(home: &Home) -> anyhow::Result<Self> {
        Self::start_with(home, &[]).await
    }

    /// The same with more variables.
    ///
    /// # Errors
    /// As [`Process::start`].
    pub async fn start_with(home: &Home, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::launch(home, PLANNER, variables, "ready after").await
    }

    /// The same with another planner, and only until it can be reached.
    ///
    /// # Errors
    /// As [`Process::start`].
    pub async fn begin(home: &Home, planner: &str, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::launch(home, planner, variables, "Register tool servers").await
    }

    async fn launch(
        home: &Home,
        planner: &str,
        variables: &[(&str, &str)],
        awaited: &str,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(program()?)
            // What is killed is what serves.
            .args(["--model", planner, "serve", "--no-supervisor"])
            .env(config::variable("models.fetch"), "false")
            .envs(home.variables())
            .envs(Ports::ANY.named().map(|(key, port)| (config::variable(key), port.to_string())))
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut out = BufReader::new(child.stdout.take().context("stdout is piped")?).lines();
        let mut err = BufReader::new(child.stderr.take().context("stderr is piped")?).lines();
        let (mut runtime, mut gateway, mut said) = (String::new(), String::new(), Vec::new());
        let mut agents = Vec::new();
        let reading = async {
            loop {
                tokio::select! {
                    line = out.next_line() => {
                        let line = line?.context("it ended before it was ready")?;
                        let address = |rest: &str| rest.trim_start_matches("localhost").trim_matches('/').to_owned();
                        if let Some((_, rest)) = line.split_once("HomePilot is at http://") {
                            runtime = format!("127.0.0.1{}", address(rest));
                        } else if let Some((_, rest)) = line.split_once("tool servers at http://") {
                            gateway = format!("127.0.0.1{}", address(rest.trim_end_matches("/api/servers")));
                        } else if let Some((_, url)) = line.split_once(" for other agents is at ") {
                            agents.push(url.to_owned());
                        }
                        if line.starts_with(awaited) {
                            return anyhow::Ok(());
                        }
                    }
                    line = err.next_line() => said.extend(line?),
                }
            }
        };
        let ready = tokio::time::timeout(Duration::from_secs(120), reading).await;
        ready.context("not ready within two minutes")?.with_context(|| said.join("\n"))?;
        let mut readers = JoinSet::new();
        readers.spawn(rest(err));
        readers.spawn(rest(out));
        Ok(Self { child, runtime, gateway, agents, said, readers })
    }

    /// SIGKILL, and waits for the end. Returns everything it said on stderr, and on stdout once it was ready.
    ///
    /// # Errors
    /// The system's.
    pub async fn kill(mut self) -> anyhow::Result<String> {
        self.child.kill().await?;
        Ok(self.said.join("\n") + &self.readers.join_all().await.concat())
    }
}

/// All lines that are left.
async fn rest(mut lines: Lines<impl AsyncBufRead + Unpin>) -> String {
    let mut text = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

async fn get(url: &str) -> anyhow::Result<Value> {
    Ok(reqwest::get(url).await?.error_for_status()?.json().await?)
}

/// GET, as JSON, until it is as `wanted`: what is recorded may follow what is told.
///
/// # Errors
/// After three minutes, and when it does not answer with success.
pub async fn get_until(url: &str, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(180);
    loop {
        let answer = get(url).await?;
        if wanted(&answer) {
            return Ok(answer);
        }
        anyhow::ensure!(tokio::time::Instant::now() < deadline, "{url} stayed {answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
