//! A HomePilot of its own in this process, for measuring: on free ports, without connectors, its files in a folder that goes
//! with it. What is measured leaves no reminders behind and sends no mail.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use homepilot_models::{cancel::Cancel, lm::LanguageModel};
use homepilot_personas::Persona;

use crate::{
    app::{Addresses, App, Listeners},
    config::{Ports, Settings, connectors::Environment},
    paths::Paths,
};

/// One that runs.
pub(crate) struct Apart {
    pub(crate) app: Arc<App>,
    /// Where its ports are.
    pub(crate) at: Addresses,
    folder: PathBuf,
}

impl Apart {
    /// Starts one with the models that are set; `name` is part of its folder's name.
    ///
    /// # Errors
    /// When it can't be started.
    pub(crate) async fn start(settings: Settings, paths: Paths, name: &str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("homepilot-{name}-{}", std::process::id()));
        let paths = Paths { data: folder.join("data"), config: folder.join("config"), ..paths };
        let settings = Settings { ports: Ports::ANY, environment: Environment::default(), ..settings };
        let listeners = Listeners::bind(&settings).await?;
        let at = listeners.addresses()?;
        let app = App::start(settings, paths, listeners).await?;
        Ok(Self { app, at, folder })
    }

    /// The built-in tool servers are gone: only what is registered from here on can be called.
    ///
    /// # Errors
    /// The gateway's.
    pub(crate) async fn clear(&self) -> anyhow::Result<()> {
        for server in self.app.gateway.servers() {
            self.app.gateway.deregister(server.name.as_str()).await?;
        }
        Ok(())
    }

    /// The planner has read the tools that are registered now: the next plan starts at once.
    ///
    /// # Errors
    /// The planner's.
    pub(crate) async fn warm(&self, persona: &Persona) -> anyhow::Result<()> {
        let toolbox = self.app.toolbox(persona);
        let warm = move |model: &mut Box<dyn LanguageModel>| {
            toolbox
                .prefixes()
                .try_for_each(|prefix| model.warm(prefix, &Cancel::default(), &mut |_, _| {}).map(drop))
        };
        Ok(self.app.engines.planner.run(warm).await??)
    }

    /// Ends it, and removes its files.
    ///
    /// # Errors
    /// When they can't be removed.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.app.stop().await;
        std::fs::remove_dir_all(&self.folder)
            .with_context(|| format!("{} can't be removed", self.folder.display()))
    }
}
