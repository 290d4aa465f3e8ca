//! The program that runs on this machine, or one of this command's own.

use std::{sync::Arc, time::Duration};

use crate::{
    app::{App, Listeners},
    config::{Ports, Settings},
    paths::Paths,
};

/// The address of the running program, or of one started for this command on ports of the system's choice.
pub(super) async fn find_or_start(
    settings: Settings,
    paths: Paths,
    what_for: &str,
) -> anyhow::Result<(String, Option<Arc<App>>)> {
    let host = if settings.bind.is_unspecified() { [127, 0, 0, 1].into() } else { settings.bind };
    let address = std::net::SocketAddr::new(host, settings.ports.runtime).to_string();
    let health =
        reqwest::Client::new().get(format!("http://{address}/health")).timeout(Duration::from_secs(2));
    if settings.ports.runtime != 0 && health.send().await.is_ok_and(|r| r.status().is_success()) {
        return Ok((address, None));
    }
    eprintln!("(no server runs at {address}: starting one for {what_for})");
    let settings = Settings { ports: Ports::ANY, ..settings };
    let listeners = Listeners::bind(&settings).await?;
    let address = listeners.addresses()?.runtime.to_string();
    let app = App::start(settings, paths, listeners).await?;
    let broken = app.loaded().await;
    anyhow::ensure!(broken.is_empty(), "{}", broken.join("\n"));
    Ok((address, Some(app)))
}
