//! Where a server is reached: at an address, or as a program that is started here.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::address::{Address, AddressError, resolve_secret};

const MAX_ARGS: usize = 64;
const MAX_VARIABLES: usize = 64;
const MAX_TEXT: usize = 8192;

/// Where a server is reached.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Endpoint {
    /// Over HTTP.
    Url(Address),
    /// Over the standard input and output of a child process.
    Program(Program),
}

impl Endpoint {
    /// The address, of a server that has one.
    pub(crate) fn address(&self) -> Option<&Address> {
        match self {
            Endpoint::Url(address) => Some(address),
            Endpoint::Program(_) => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Url(address) => address.fmt(f),
            Endpoint::Program(program) => write!(f, "stdio:{}", program.command),
        }
    }
}

/// A program with its arguments and environment, any of which may hold a secret: only the command is ever shown.
#[derive(Clone)]
pub(crate) struct Program {
    command: String,
    args: Vec<SecretString>,
    env: BTreeMap<String, SecretString>,
}

/// Why a program can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProgramError {
    /// No command was given.
    #[error("transport \"stdio\" needs command, the program to start")]
    Missing,
    /// Too many of something.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// Something that no program can be given.
    #[error("{what} is longer than {MAX_TEXT} bytes or has a NUL in it")]
    Text {
        /// Where it is.
        what: String,
    },
    /// Not the name of a variable.
    #[error("env has {0:?}, which is not the name of a variable")]
    Variable(String),
}

/// A program with every `env:NAME` replaced, for starting only.
pub(crate) struct Resolved {
    pub(crate) command: String,
    pub(crate) args: Vec<SecretString>,
    pub(crate) env: BTreeMap<String, SecretString>,
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    command: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
}

impl Program {
    pub(crate) fn parse(
        command: &str,
        args: Vec<String>,
        env: BTreeMap<String, String>,
    ) -> Result<Self, ProgramError> {
        let fits = |what: &str, text: &str| {
            let fits = text.len() <= MAX_TEXT && !text.contains('\0');
            if fits { Ok(()) } else { Err(ProgramError::Text { what: what.to_owned() }) }
        };
        let command = command.trim();
        if command.is_empty() {
            return Err(ProgramError::Missing);
        }
        fits("command", command)?;
        if args.len() > MAX_ARGS {
            return Err(ProgramError::TooMany { what: "args", limit: MAX_ARGS });
        }
        if env.len() > MAX_VARIABLES {
            return Err(ProgramError::TooMany { what: "variables in env", limit: MAX_VARIABLES });
        }
        for (index, argument) in args.iter().enumerate() {
            fits(&format!("args.{index}"), argument)?;
        }
        for (name, value) in &env {
            let named = !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !named {
                return Err(ProgramError::Variable(name.chars().take(60).collect()));
            }
            fits(&format!("env.{name}"), value)?;
        }
        Ok(Self {
            command: command.to_owned(),
            args: args.into_iter().map(SecretString::from).collect(),
            env: env.into_iter().map(|(name, value)| (name, value.into())).collect(),
        })
    }

    pub(crate) fn command(&self) -> &str {
        &self.command
    }

    pub(crate) fn resolve(&self) -> Result<Resolved, AddressError> {
        let args = self.args.iter().map(|text| resolve_secret(text.expose_secret()));
        let env =
            self.env.iter().map(|(name, text)| Ok((name.clone(), resolve_secret(text.expose_secret())?)));
        Ok(Resolved {
            command: self.command.clone(),
            args: args.collect::<Result<_, AddressError>>()?,
            env: env.collect::<Result<_, AddressError>>()?,
        })
    }

    /// For the database.
    pub(crate) fn to_json(&self) -> String {
        let (command, args, env) = self.written();
        serde_json::json!({"command": command, "args": args, "env": env}).to_string()
    }

    pub(crate) fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let Kept { command, args, env } = serde_json::from_str(text)?;
        Self::parse(&command, args, env).map_err(serde::de::Error::custom)
    }

    fn written(&self) -> (&str, Vec<&str>, BTreeMap<&str, &str>) {
        let args = self.args.iter().map(ExposeSecret::expose_secret).collect();
        let env = self.env.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
        (&self.command, args, env)
    }
}

impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.written() == other.written()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("command", &self.command).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(args: &[&str], env: &[(&str, &str)]) -> Result<Program, ProgramError> {
        let args = args.iter().map(ToString::to_string).collect();
        let env = env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Program::parse("npx", args, env)
    }

    #[test]
    fn a_program_is_kept_whole_and_shown_by_its_command() {
        let secret = program(&["--key", "TOPSECRET"], &[("TOKEN", "TOPSECRET")]).unwrap();
        assert_eq!(Program::from_json(&secret.to_json()).unwrap(), secret);
        assert_ne!(program(&["--key"], &[]).unwrap(), secret);
        let endpoint = Endpoint::Program(secret);
        assert_eq!(endpoint.to_string(), "stdio:npx");
        assert!(!format!("{endpoint:?}").contains("TOPSECRET"));
    }

    #[test]
    fn refusals() {
        assert_eq!(Program::parse(" ", vec![], BTreeMap::new()), Err(ProgramError::Missing));
        assert_eq!(program(&["a\0"], &[]), Err(ProgramError::Text { what: "args.0".into() }));
        assert_eq!(program(&[], &[("A=B", "x")]), Err(ProgramError::Variable("A=B".into())));
        assert!(matches!(program(&["x"; 65], &[]), Err(ProgramError::TooMany { .. })));
    }
}
