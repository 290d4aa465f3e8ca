//! `homepilot serve`: everything in one process, until it is told to stop.

use crate::{
    app::{App, Listeners, Warming},
    config::Settings,
    paths::Paths,
    supervisor::{self, Watched},
};

pub(super) async fn serve(settings: Settings, paths: Paths) -> anyhow::Result<()> {
    let watched = Watched::by(std::env::var(supervisor::VARIABLE).ok().as_deref())?;
    let listeners = Listeners::bind(&settings).await?;
    let addresses = listeners.addresses()?;
    let app = App::start_after(watched.ended_before, settings, paths, listeners).await?;
    for call in app.gateway.recovered() {
        eprintln!(
            "outcome unknown: {} of {} was on its way when the program stopped at {}; it is not repeated",
            call.tool, call.server, call.at
        );
    }
    println!("HomePilot is at http://localhost:{}/", addresses.runtime.port());
    println!("Register tool servers at http://localhost:{}/api/servers", addresses.gateway.port());
    for (agent, url) in addresses.agents.urls() {
        println!("{} for other agents is at {url}", agent.title());
    }
    let announced = tokio::spawn(announce(app.clone()));
    tokio::select! {
        stopped = stop_signal() => stopped?,
        () = watched.stop.cancelled() => {}
    }
    announced.abort();
    eprintln!("stopping: no new work, what runs is finished");
    app.stop().await;
    Ok(())
}

/// Says when everything is loaded, or which part is not and why.
async fn announce(app: std::sync::Arc<App>) {
    let mut warming = app.warming();
    let loaded = app.loaded();
    tokio::pin!(loaded);
    let mut shown = 0;
    let failed = loop {
        tokio::select! {
            failed = &mut loaded => break failed,
            Ok(()) = warming.changed() => {
                let Warming::Evaluating(done, total) = *warming.borrow() else { continue };
                let quarter = done * 4 / total.max(1);
                if quarter != shown {
                    shown = quarter;
                    eprintln!("preparing the planner for your tools: {}%", quarter * 25);
                }
            }
        }
    };
    if failed.is_empty() {
        println!("ready after {:.1} s", app.started.elapsed().as_secs_f64());
    }
    for sentence in failed {
        eprintln!("does not work: {sentence}");
    }
}

/// Resolves at Ctrl-C or SIGTERM.
pub(super) async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}
