//! The command line. Exit codes: 0 ok, 1 failed, 2 usage.

mod access;
mod ask;
mod audit;
mod models;
mod new_server;
mod policy;
mod remote;
mod running;
mod serve;
mod servers;
mod talk;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{config::Settings, paths::Paths};

/// Talk to a persona that asks before it acts, and acts once.
#[derive(Debug, Parser)]
#[command(name = "homepilot", version, about, propagate_version = true)]
#[command(
    after_help = "Examples:\n  homepilot serve\n  homepilot talk\n  homepilot ask \"remind me to call mom tomorrow at five\"\n  homepilot doctor"
)]
pub struct Cli {
    /// Planner: a model id, or default, small, tiny
    #[arg(long, global = true, value_name = "MODEL")]
    model: Option<String>,
    /// More on stderr
    #[arg(long, short, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the page, the API, the gateway and the built-in servers
    ///
    /// Models that are missing are fetched meanwhile: the page is there at once and shows how far they are. A second process
    /// watches over it and starts it again after a crash, unless systemd does.
    #[command(after_help = "Examples:\n  homepilot serve --port 8000\n  homepilot serve --no-fetch")]
    Serve {
        /// Port of the page and the API
        #[arg(long)]
        port: Option<u16>,
        /// Do not fetch models that are missing
        #[arg(long)]
        no_fetch: bool,
        /// One process only: it is not started again after a crash, or when memory ran out
        #[arg(long)]
        no_supervisor: bool,
    },
    /// One turn: text or a recording in, the reply out; questions are asked back
    #[command(
        after_help = "Examples:\n  homepilot ask \"what is on my list\"\n  homepilot ask --audio question.wav --then yes.wav --out reply.wav\n  homepilot ask \"remind me at six to cook\" --then yes"
    )]
    Ask(ask::Ask),
    /// A conversation by this machine's microphone and loudspeaker
    ///
    /// Hold space while you speak, or tap it before and after; a question is answered by voice or with y, n and e (to
    /// change it). Space and escape interrupt. Uses the running program, or starts one for the conversation.
    #[command(
        after_help = "Examples:\n  homepilot talk\n  homepilot talk --hands-free --headphones\n  homepilot talk --devices\n  homepilot talk --microphone headset --loudspeaker 2\n  homepilot talk --once"
    )]
    Talk(talk::Talk),
    /// Who can be talked to
    #[command(
        after_help = "Examples:\n  homepilot personas list\n  homepilot personas check my-persona.toml"
    )]
    Personas {
        #[command(subcommand)]
        command: PersonasCommand,
    },
    /// Tool servers of the running gateway
    #[command(
        after_help = "Example:\n  homepilot servers add gmail https://example.com/mcp/KEY \"Gmail: read and send\""
    )]
    Servers {
        #[command(subcommand)]
        command: servers::Servers,
    },
    /// Write a small tested tool server of your own, to begin with
    #[command(
        after_help = "Examples:\n  homepilot new-server --lang python pantry\n  homepilot new-server --lang rust pantry --into ~/src"
    )]
    NewServer(new_server::NewServer),
    /// Let another machine in: a code for one device
    ///
    /// Only devices that were paired are answered from elsewhere, and over TLS only.
    #[command(after_help = "Examples:\n  homepilot pair\n  homepilot pair --scopes talk")]
    Pair(access::Pair),
    /// The devices that were let in
    #[command(after_help = "Examples:\n  homepilot devices list\n  homepilot devices remove \"Kim's phone\"")]
    Devices {
        #[command(subcommand)]
        command: access::Devices,
    },
    /// Set the PIN that rules may ask for
    #[command(after_help = "Examples:\n  homepilot pin\n  homepilot policy set bank 1 --approve pin")]
    Pin(access::Pin),
    /// The certificate of the page's port, made for the names that other machines use
    #[command(after_help = "Example:\n  homepilot certificate pilot.local 192.168.1.5")]
    Certificate(access::Certificate),
    /// What may run unasked
    #[command(after_help = "Example:\n  homepilot policy set calendar 0 --action list_events")]
    Policy {
        #[command(subcommand)]
        command: policy::Policy,
    },
    /// What was asked, decided and done
    #[command(after_help = "Examples:\n  homepilot audit list --server gmail\n  homepilot audit verify")]
    Audit {
        #[command(subcommand)]
        command: audit::Audit,
    },
    /// Model weights
    #[command(
        after_help = "Examples:\n  homepilot models list\n  homepilot models pull\n  homepilot models verify small"
    )]
    Models {
        #[command(subcommand)]
        command: models::Models,
    },
    /// What works, what is missing, how to mend it
    #[command(after_help = "Examples:\n  homepilot doctor --json\n  homepilot doctor --security")]
    Doctor {
        /// What is exposed to whom, and why
        #[arg(long)]
        security: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Latency of each stage on this machine
    #[command(
        after_help = "Examples:\n  homepilot bench --model small --json\n  homepilot bench --sessions 4\n  homepilot bench gateway\n  homepilot bench servers\n  homepilot bench confirm",
        args_conflicts_with_subcommands = true
    )]
    Bench {
        #[command(subcommand)]
        what: Option<Bench>,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Rounds over the ten utterances
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=20))]
        rounds: u8,
        /// Sessions at once, each with an utterance of its own
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=20))]
        sessions: u8,
    },
    /// Run an evaluation set through the product's own code and write its predictions
    #[command(
        after_help = "Example:\n  homepilot eval planning --set eval/planning/dev --out predictions.jsonl --model small"
    )]
    Eval {
        #[command(subcommand)]
        command: crate::eval::Eval,
    },
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Whether anything runs that nobody agreed to: spoken dialogues against a tool server that only notes what it is sent
    ///
    /// It fails if a call ran without a valid yes, or was not exactly what the question showed. Needs the models, and no
    /// network. What the sentences of --replies mean stands in their column `label`; without it only the calls are checked.
    #[command(
        after_help = "Examples:\n  homepilot bench confirm\n  homepilot bench confirm --kind edits --kind echo --json\n  homepilot bench confirm --kind replies --replies replies.tsv --limit 40\n  homepilot bench confirm --recordings noises/"
    )]
    Confirm(crate::bench::confirm::Options),
    /// What a call costs on its way through the gateway
    #[command(
        after_help = "Examples:\n  homepilot bench gateway\n  homepilot bench gateway --calls 20000 --json"
    )]
    Gateway(crate::bench::gateway::Options),
    /// How soon the built-in tool servers answer, and what they need
    #[command(after_help = "Example:\n  homepilot bench servers --rounds 20")]
    Servers(crate::bench::servers::Options),
    /// The tool server that `bench gateway` measures against
    #[command(hide = true)]
    Server {
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
}

#[derive(Debug, Subcommand)]
enum PersonasCommand {
    /// All personas, and what is wrong with the files that are not
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a persona file
    Check {
        /// The file
        file: PathBuf,
    },
}

impl Cli {
    /// What is logged unless `HOMEPILOT_LOG` says otherwise.
    pub fn default_log(&self) -> &'static str {
        match (self.verbose, &self.command) {
            // rmcp names addresses in its errors, and addresses may hold keys: it is never logged by default.
            (true, _) => "info,homepilot=debug,rmcp=off,whisper_rs=off",
            (false, Command::Serve { .. }) => "warn,homepilot=info,rmcp=off,whisper_rs=off",
            (false, _) => "error,rmcp=off,whisper_rs=off",
        }
    }

    /// Whether it serves, and nobody said that it needs no supervisor.
    pub fn serves_supervised(&self) -> bool {
        matches!(self.command, Command::Serve { no_supervisor: false, .. })
    }
}

/// Runs a command.
///
/// # Errors
/// What happened and what to do, for the person.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    let paths = Paths::from_env(|name| std::env::var_os(name))?;
    let mut flags: Vec<(&str, &str, String)> = Vec::new();
    if let Some(model) = &cli.model {
        flags.push(("models.planner", "--model", model.clone()));
    }
    if let Command::Serve { port, no_fetch, .. } = &cli.command {
        flags.extend(port.map(|port| ("ports.runtime", "--port", port.to_string())));
        flags.extend(no_fetch.then(|| ("models.fetch", "--no-fetch", false.to_string())));
    } else {
        // Who waits for one answer is told what is missing, rather than left waiting for it.
        flags.push(("models.fetch", "", false.to_string()));
    }
    let settings = Settings::load(&paths.settings(), std::env::vars(), &flags)?;
    match cli.command {
        Command::Serve { .. } => serve::serve(settings, paths).await,
        Command::Ask(ask) => ask.run(settings, paths).await,
        Command::Talk(talk) => talk.run(settings, paths).await,
        Command::Personas { command } => personas(command, &paths),
        Command::Servers { command } => command.run(&settings, &paths).await,
        Command::NewServer(new) => new.run(),
        Command::Audit { command } => command.run(&settings, &paths).await,
        Command::Policy { command } => command.run(&settings).await,
        Command::Pair(pair) => pair.run(&settings, &paths).await,
        Command::Devices { command } => command.run(&settings).await,
        Command::Pin(pin) => pin.run(&settings, &paths).await,
        Command::Certificate(certificate) => certificate.run(&paths),
        Command::Models { command } => command.run(settings, paths).await,
        Command::Doctor { security: false, json } => crate::doctor::run(&settings, &paths, json).await,
        Command::Doctor { security: true, json } => crate::doctor::security(&settings, &paths, json).await,
        Command::Bench { what: Some(Bench::Confirm(options)), .. } => {
            crate::bench::confirm::run(options, settings, paths).await
        }
        Command::Bench { what: Some(Bench::Gateway(options)), .. } => {
            crate::bench::gateway::run(options).await
        }
        Command::Bench { what: Some(Bench::Servers(options)), .. } => {
            crate::bench::servers::run(options).await
        }
        Command::Bench { what: Some(Bench::Server { port }), .. } => crate::bench::gateway::serve(port).await,
        Command::Bench { what: None, json, rounds, sessions } => {
            let plan = crate::bench::Plan { rounds: rounds.into(), sessions: sessions.into() };
            crate::bench::run(settings, paths, plan, json).await
        }
        Command::Eval { command } => {
            tokio::task::spawn_blocking(move || command.run(&settings, &paths)).await?
        }
    }
}

fn personas(command: PersonasCommand, paths: &Paths) -> anyhow::Result<()> {
    match command {
        PersonasCommand::List { json } => {
            let catalogue = homepilot_personas::Catalogue::load(Some(&paths.personas()));
            let personas = catalogue.list();
            if json {
                let rows: Vec<_> = personas
                    .iter()
                    .map(|p| serde_json::json!({"id": p.id.to_string(), "name": p.name, "description": p.description}))
                    .collect();
                println!("{}", serde_json::json!({"personas": rows}));
            } else {
                for persona in personas {
                    println!("{:<16} {:<18} {}", persona.id.to_string(), persona.name, persona.description);
                }
            }
            let problems = catalogue.problems();
            for problem in &problems {
                eprintln!("{problem}");
            }
            anyhow::ensure!(problems.is_empty(), "{} problems; the other personas work", problems.len());
            Ok(())
        }
        PersonasCommand::Check { file } => {
            let text = std::fs::read_to_string(&file)
                .map_err(|error| anyhow::anyhow!("{} can't be read: {error}", file.display()))?;
            let origin = homepilot_personas::Origin::File(file.clone());
            match homepilot_personas::parse(&text, &file, origin) {
                Ok(persona) => {
                    println!("{}: {} is fine", file.display(), persona.id);
                    Ok(())
                }
                Err(problems) => {
                    for problem in &problems {
                        eprintln!("{problem}");
                    }
                    anyhow::bail!("{} problems in {}", problems.len(), file.display())
                }
            }
        }
    }
}
