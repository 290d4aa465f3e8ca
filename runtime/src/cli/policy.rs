//! `homepilot policy`: what may run unasked.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::remote::{Remote, field};
use crate::config::Settings;

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// All rules, and which decides for each capability
    List {
        /// For this persona
        #[arg(long, default_value = "assistant")]
        persona: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Set the level of a server or some of its actions: 0 read-only, 1 confirm, 2 autonomous
    #[command(
        after_help = "Examples:\n  homepilot policy set calendar 0 --action list_events\n  homepilot policy set slack 2 --persona chief-of-staff --recipient '#team' --from 08:00 --to 18:30 --calls-per-hour 10\n  homepilot policy set bank 1 --approve pin"
    )]
    Set(Set),
    /// Remove a server's rules, or the rule of one action
    Remove {
        /// Server's name
        tool: String,
        /// Only this action's
        #[arg(long)]
        action: Option<String>,
        /// Only this persona's
        #[arg(long)]
        persona: Option<String>,
    },
    /// Which rule decides, and why
    Explain {
        /// Like assistant__set_reminder
        capability: String,
        /// For this persona
        #[arg(long, default_value = "assistant")]
        persona: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Set {
    /// Server's name
    tool: String,
    /// 0, 1 or 2
    #[arg(value_parser = clap::value_parser!(u8).range(0..=2))]
    level: u8,
    /// Only this action; may be repeated
    #[arg(long = "action")]
    actions: Vec<String>,
    /// Only for this persona
    #[arg(long)]
    persona: Option<String>,
    /// Level 2 only to this recipient: an address, *@domain, a number, a name; may be repeated
    #[arg(long = "recipient")]
    recipients: Vec<String>,
    /// Level 2 only from this time of day
    #[arg(long, value_name = "HH:MM", requires = "to")]
    from: Option<String>,
    /// Level 2 only until this time of day
    #[arg(long, value_name = "HH:MM", requires = "from")]
    to: Option<String>,
    /// Level 2 only on this day, like mon; may be repeated
    #[arg(long = "day", requires = "from")]
    days: Vec<String>,
    /// How a yes has to be given: screen (not spoken), voice (spoken), pin (with the PIN, see homepilot pin), any
    #[arg(long, value_name = "WAY", value_parser = ["screen", "voice", "pin", "any"])]
    approve: Option<String>,
    /// Level 2 only so many times an hour
    #[arg(long, value_name = "N")]
    calls_per_hour: Option<u32>,
}

impl Set {
    fn body(self) -> Value {
        let mut body = json!({"tool": self.tool, "level": self.level});
        let mut boundaries = Map::new();
        if !self.recipients.is_empty() {
            boundaries.insert("recipients".to_owned(), json!(self.recipients));
        }
        if let (Some(from), Some(to)) = (self.from, self.to) {
            let mut hours = json!({"from": from, "to": to});
            if !self.days.is_empty() {
                hours["days"] = json!(self.days);
            }
            boundaries.insert("hours".to_owned(), hours);
        }
        if let Some(calls) = self.calls_per_hour {
            boundaries.insert("calls_per_hour".to_owned(), json!(calls));
        }
        if !boundaries.is_empty() {
            body["boundaries"] = Value::Object(boundaries);
        }
        if !self.actions.is_empty() {
            body["actions"] = json!(self.actions);
        }
        if let Some(approve) = self.approve {
            body["approve"] = json!(approve);
        }
        if let Some(persona) = self.persona {
            body["persona"] = json!(persona);
        }
        body
    }
}

impl Policy {
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let remote = Remote::new(settings, settings.ports.runtime);
        match self {
            Policy::List { persona, json: as_json } => {
                let parameters = [("persona", Some(&*persona))];
                let answer = remote.ask(Method::GET, "/v1/agentic/policy", &parameters).await?;
                if as_json {
                    println!("{answer}");
                    return Ok(());
                }
                for row in answer["decides"].as_array().into_iter().flatten() {
                    println!(
                        "{:<40} level {}  {:<8} {}",
                        field(row, "capability"),
                        row["level"],
                        field(row, "effect"),
                        field(row, "rule")
                    );
                }
            }
            Policy::Set(set) => {
                println!("{}", remote.call(Method::PATCH, "/v1/agentic/policy", Some(set.body())).await?);
            }
            Policy::Remove { tool, action, persona } => {
                let parameters =
                    [("tool", Some(&*tool)), ("action", action.as_deref()), ("persona", persona.as_deref())];
                remote.ask(Method::DELETE, "/v1/agentic/policy", &parameters).await?;
                println!("removed");
            }
            Policy::Explain { capability, persona } => {
                let parameters = [("persona", Some(&*persona)), ("capability", Some(&*capability))];
                println!("{}", remote.ask(Method::GET, "/v1/agentic/policy/explain", &parameters).await?);
            }
        }
        Ok(())
    }
}
