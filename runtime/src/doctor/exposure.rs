//! `homepilot doctor --security`: every way in and every way out, from the settings, the files and the database.

use std::{io::ErrorKind, os::unix::fs::PermissionsExt as _, path::Path};

use homepilot_servers::{Connector, web};

use super::Finding;
use crate::{
    access::{Access, Scope},
    config::{
        Settings,
        connectors::{Reading, read},
    },
    paths::Paths,
    tls,
};

/// Who can reach what, what is kept where, and what leaves the machine.
pub(super) async fn findings(settings: &Settings, paths: &Paths) -> Vec<Finding> {
    let mut findings = ways_in(settings);
    findings.push(certificate(settings, paths));
    findings.extend(devices(paths).await);
    findings.extend(secrets(paths));
    findings.extend(ways_out(settings, paths));
    findings
}

fn ways_in(settings: &Settings) -> Vec<Finding> {
    let here = "this machine only: Host and Origin must be its own";
    settings
        .ports
        .named()
        .map(|(key, port)| {
            let what = format!("port {port} ({})", key.trim_start_matches("ports."));
            match key {
                "ports.runtime" | "ports.gateway" if !settings.bind.is_loopback() => Finding::could(
                    what,
                    format!(
                        "whoever reaches {}: over TLS, with the token of a paired device; without one the page's own \
                         files and the pairing",
                        settings.bind
                    ),
                    "set bind = \"127.0.0.1\" to keep other machines out",
                ),
                "ports.whatsapp" => Finding::fine(
                    what,
                    "this machine only; a tunnel to it carries /webhook, which takes what Meta has signed",
                ),
                _ => Finding::fine(what, here),
            }
        })
        .collect()
}

fn certificate(settings: &Settings, paths: &Paths) -> Finding {
    let what = "certificate";
    match tls::fingerprint(&paths.tls()) {
        Ok(Some(print)) => Finding::fine(what, format!("SHA-256 {print}")),
        Ok(None) if settings.bind.is_loopback() => Finding::fine(what, "made at the first start"),
        Ok(None) => Finding::could(
            what,
            "made at the first start, for this machine's own names only",
            "homepilot certificate NAME, with the names other machines use for this one",
        ),
        Err(problem) => {
            Finding::bad(what, format!("{problem:#}"), format!("delete {}", paths.tls().display()))
        }
    }
}

async fn devices(paths: &Paths) -> Vec<Finding> {
    let what = "paired devices";
    if !paths.database().exists() {
        return vec![Finding::fine(what, "none")];
    }
    let devices = match Access::open(&paths.database()).await {
        Ok(access) => access.devices().await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match devices {
        Ok(devices) if devices.is_empty() => vec![Finding::fine(what, "none")],
        Ok(devices) => devices
            .iter()
            .map(|device| {
                let seen = device.last_seen_at.strftime("%F");
                let says = format!("{}: may {}, last seen {seen}", device.name, device.scopes);
                if device.scopes.allow(Scope::Admin) {
                    Finding::could("paired device", says, format!("homepilot devices remove {}", device.id))
                } else {
                    Finding::fine("paired device", says)
                }
            })
            .collect(),
        Err(error) => vec![Finding::bad(what, error, "homepilot doctor")],
    }
}

/// Files that hold secrets, or what people said.
fn secrets(paths: &Paths) -> Vec<Finding> {
    let files = [
        ("admin token", paths.admin_token()),
        ("database", paths.database()),
        ("secrets of connectors", paths.secrets()),
        ("certificate's key", paths.tls().join(tls::KEY)),
    ];
    files.into_iter().map(|(what, file)| private(what, &file)).collect()
}

fn private(what: &str, file: &Path) -> Finding {
    match std::fs::metadata(file) {
        Ok(found) if found.permissions().mode() & 0o077 == 0 => {
            Finding::fine(what, format!("{}: only you read it", file.display()))
        }
        Ok(_) => Finding::bad(
            what,
            format!("{}: others on this machine can read it", file.display()),
            format!("chmod 600 {}", file.display()),
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => Finding::fine(what, "none yet"),
        Err(error) => Finding::bad(what, format!("{}: {error}", file.display()), "make it yours: chown"),
    }
}

fn ways_out(settings: &Settings, paths: &Paths) -> Vec<Finding> {
    let mut findings = vec![match &settings.trace {
        None => Finding::fine("traces", "nothing is sent"),
        Some(trace) => Finding::could(
            "traces",
            format!(
                "timings{} go to {}",
                if trace.content { " and everything that is said" } else { ", and nothing that is said," },
                reqwest::Url::parse(&trace.url)
                    .ok()
                    .and_then(|url| url.host_str().map(str::to_owned))
                    .unwrap_or_else(|| "an address that is none".to_owned())
            ),
            "take trace.endpoint out of the settings to send nothing",
        ),
    }];
    findings.push(match &settings.web.search {
        None => Finding::fine("web search", "nobody is asked"),
        Some(search) => Finding::fine("web search", format!("what is searched for goes to {search:?}")),
    });
    let web::Options { allow_private, .. } = &settings.web;
    if *allow_private {
        findings.push(Finding::could(
            "private addresses",
            "pages of your own network may be read aloud",
            "set search.allow_private = false",
        ));
    }
    for connector in Connector::ALL {
        let (_, reading) = read(connector, paths, &settings.environment);
        let what = format!("{} connector", connector.name());
        findings.push(match reading {
            Reading::Ready(_) => Finding::fine(what, "set up: what you approve leaves by it"),
            Reading::NotSetUp | Reading::Incomplete(_) | Reading::Wrong(_) => {
                Finding::fine(what, "not set up: nothing leaves by it")
            }
        });
    }
    findings.push(Finding::fine(
        "registered servers",
        "each gets the arguments of the calls that you approve: homepilot servers list",
    ));
    findings
}
