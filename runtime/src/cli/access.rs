//! `homepilot pair`, `devices` and `certificate`: letting other machines in, and out again.

use std::io::IsTerminal as _;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::remote::{Remote, field};
use crate::{access::Scopes, config::Settings, paths::Paths, tls};

#[derive(Debug, Args)]
pub(super) struct Pair {
    /// What it may do: talk, approve, register, admin, several with commas
    #[arg(long, default_value_t)]
    scopes: Scopes,
}

#[derive(Debug, Subcommand)]
pub(super) enum Devices {
    /// Those that are paired, and what they may do
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Let one in no longer; what it has open ends
    Remove {
        /// Its name or id
        device: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Pin {
    /// Have none any more
    #[arg(long)]
    remove: bool,
}

#[derive(Debug, Args)]
pub(super) struct Certificate {
    /// Names and addresses that other machines use for this one; without any, what there is is shown
    names: Vec<String>,
}

impl Pair {
    pub(super) async fn run(self, settings: &Settings, paths: &Paths) -> anyhow::Result<()> {
        let scopes = self.scopes.names();
        let body = json!({"scopes": scopes});
        let remote = Remote::new(settings, settings.ports.runtime);
        let made = remote.call(Method::POST, "/v1/access/codes", Some(body)).await?;
        let minutes = made["expires_in_s"].as_u64().unwrap_or_default() / 60;
        println!(
            "code: {}   (for one device, {minutes} minutes, may {})",
            field(&made, "code"),
            scopes.join(", ")
        );
        println!("On the device open https://THIS-MACHINE:{}/ and give the code.", settings.ports.runtime);
        if let Some(print) = tls::fingerprint(&paths.tls())? {
            println!(
                "Its browser warns of a certificate that nobody vouches for. It is this one if its SHA-256 is"
            );
            println!("{print}");
        }
        if settings.bind.is_loopback() {
            println!(
                "Other machines can't reach this one yet: set bind = \"0.0.0.0\" in {} and start again.",
                paths.settings().display()
            );
        }
        Ok(())
    }
}

impl Devices {
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let remote = Remote::new(settings, settings.ports.runtime);
        let listed = remote.call(Method::GET, "/v1/access/devices", None).await?;
        let devices = listed["devices"].as_array().cloned().unwrap_or_default();
        match self {
            Devices::List { json: true } => println!("{listed}"),
            Devices::List { json: false } if devices.is_empty() => println!("no device is paired"),
            Devices::List { json: false } => {
                for device in &devices {
                    let scopes: Vec<&str> =
                        device["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                    let (name, id) = (field(device, "name"), field(device, "id"));
                    println!(
                        "{name:<24} {:<30} last seen {}  {id}",
                        scopes.join(","),
                        field(device, "last_seen_at")
                    );
                }
            }
            Devices::Remove { device } => {
                let meant: Vec<&Value> = devices
                    .iter()
                    .filter(|known| field(known, "id") == device || field(known, "name") == device)
                    .collect();
                match meant[..] {
                    [] => anyhow::bail!("no paired device is called {device:?}: homepilot devices list"),
                    [one] => {
                        let path = format!("/v1/access/devices/{}", field(one, "id"));
                        remote.call(Method::DELETE, &path, None).await?;
                        println!("{} is let in no longer", field(one, "name"));
                    }
                    _ => anyhow::bail!(
                        "several devices are called {device:?}: give the id (homepilot devices list)"
                    ),
                }
            }
        }
        Ok(())
    }
}

impl Pin {
    pub(super) async fn run(self, settings: &Settings, paths: &Paths) -> anyhow::Result<()> {
        let remote = Remote::new(settings, settings.ports.runtime).with_admin_token(paths)?;
        let pin = if self.remove { None } else { Some(new_pin()?) };
        remote.call(Method::PUT, "/v1/access/pin", Some(json!({"pin": pin}))).await?;
        if pin.is_some() {
            println!("The PIN is set. A rule asks for it with: homepilot policy set SERVER 1 --approve pin");
        } else {
            println!("There is no PIN any more.");
        }
        Ok(())
    }
}

/// Asked for twice at a terminal, unseen; elsewhere a line of the input.
fn new_pin() -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        return Ok(std::io::read_to_string(std::io::stdin())?.trim().to_owned());
    }
    let first = rpassword::prompt_password("PIN (4 to 12 digits, not shown): ")?;
    anyhow::ensure!(
        first == rpassword::prompt_password("Again: ")?,
        "these were two different PINs; nothing was set"
    );
    Ok(first)
}

impl Certificate {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let folder = paths.tls();
        if !self.names.is_empty() {
            tls::make_anew(&folder, &self.names)?;
            println!("made for this machine's own names and {}", self.names.join(", "));
            println!("It is used from the next start on.");
        }
        match tls::fingerprint(&folder)? {
            Some(print) => println!("{}\nSHA-256 {print}", folder.join(tls::CERTIFICATE).display()),
            None => {
                println!("there is none yet: it is made at the first start, or by homepilot certificate NAME")
            }
        }
        Ok(())
    }
}
