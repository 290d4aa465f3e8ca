//! `homepilot talk`: a conversation by microphone and loudspeaker.

use std::time::Duration;

use clap::Args;
use homepilot_voice::device::{self, Choice, Role};
use serde_json::json;

use super::{running::find_or_start, serve::stop_signal};
use crate::{
    client::events::Turns,
    config::Settings,
    paths::Paths,
    talk::{self, Devices, Ears, Length, Options},
};

#[derive(Debug, Args)]
pub(super) struct Talk {
    /// Who is talked to
    #[arg(long, default_value = "assistant")]
    persona: String,
    /// Listen all the time instead of while space is held
    #[arg(long)]
    hands_free: bool,
    /// One turn, hands-free, with its question and answer; then end
    #[arg(long)]
    once: bool,
    /// Seconds in which the one turn must begin
    #[arg(long, value_name = "SECONDS", requires = "once", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
    /// The persona is heard in headphones: speak to interrupt it. Without this the microphone is not listened to while
    /// the persona speaks, so that it does not answer itself; space interrupts it
    #[arg(long)]
    headphones: bool,
    /// The microphone, by the number or name that --devices shows
    #[arg(long, value_name = "NUMBER|NAME")]
    microphone: Option<String>,
    /// The loudspeaker, by the number or name that --devices shows
    #[arg(long, value_name = "NUMBER|NAME")]
    loudspeaker: Option<String>,
    /// Show the microphones and loudspeakers, and end
    #[arg(long)]
    devices: bool,
    /// As JSON
    #[arg(long, requires = "devices")]
    json: bool,
}

impl Talk {
    pub(super) async fn run(self, settings: Settings, paths: Paths) -> anyhow::Result<()> {
        if self.devices {
            return list(self.json);
        }
        let choice = |wanted: &Option<String>| wanted.clone().map_or(Choice::Default, Choice::Named);
        let options = Options {
            turns: if self.hands_free || self.once { Turns::HandsFree } else { Turns::PushToTalk },
            length: if self.once { Length::OneTurn(Duration::from_secs(self.wait)) } else { Length::Open },
            ears: if self.headphones { Ears::Headphones } else { Ears::Open },
            persona: self.persona.clone(),
        };
        options.check()?;
        // A device that can't be used is known before a program is started for it.
        let devices = Devices::open(&choice(&self.microphone), &choice(&self.loudspeaker))?;
        let (address, app) = find_or_start(settings, paths, "this conversation").await?;
        let outcome = talk::run(address, options, devices, stop_signal()).await;
        if let Some(app) = app {
            app.stop().await;
        }
        outcome
    }
}

fn list(as_json: bool) -> anyhow::Result<()> {
    let (microphones, loudspeakers) = (device::listed(Role::Microphone)?, device::listed(Role::Loudspeaker)?);
    if as_json {
        let rows = |devices: &[device::Listed]| -> Vec<_> {
            devices.iter().map(|d| json!({"number": d.number, "id": d.id, "name": d.name})).collect()
        };
        println!("{}", json!({"microphones": rows(&microphones), "loudspeakers": rows(&loudspeakers)}));
        return Ok(());
    }
    for (title, devices) in [("microphones", microphones), ("loudspeakers", loudspeakers)] {
        println!("{title}");
        for device in devices {
            println!("{:>4}  {}  ({})", device.number, device.name, device.id);
        }
    }
    Ok(())
}
