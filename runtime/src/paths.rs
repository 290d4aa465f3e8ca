//! Where things live on disk: the XDG base directories, read from an environment that is a value so that tests can
//! pass their own.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// The directories of one installation.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The database and the admin token: `$XDG_DATA_HOME/homepilot`.
    pub data: PathBuf,
    /// Models and prefix caches, which can be fetched or computed again: `$XDG_CACHE_HOME/homepilot`.
    pub cache: PathBuf,
    /// `homepilot.toml` and `personas/`: `$XDG_CONFIG_HOME/homepilot`.
    pub config: PathBuf,
    /// The user's own files: `$HOME`.
    pub home: Option<PathBuf>,
}

impl Paths {
    /// The directories that `var` names (`std::env::var_os` in the program).
    ///
    /// # Errors
    /// When neither the XDG variables nor `HOME` are set.
    pub fn from_env(var: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<Self, NoHome> {
        let home = var("HOME").filter(|h| !h.is_empty()).map(PathBuf::from);
        let dir = |name: &str, fallback: &str| {
            var(name)
                .filter(|v| Path::new(v).is_absolute())
                .map(PathBuf::from)
                .or_else(|| home.as_ref().map(|h| h.join(fallback)))
                .map(|d| d.join("homepilot"))
                .ok_or(NoHome)
        };
        Ok(Self {
            data: dir("XDG_DATA_HOME", ".local/share")?,
            cache: dir("XDG_CACHE_HOME", ".cache")?,
            config: dir("XDG_CONFIG_HOME", ".config")?,
            home,
        })
    }

    /// The one database file.
    pub fn database(&self) -> PathBuf {
        self.data.join("homepilot.db")
    }

    /// The token of this installation's own user, for what only they may do.
    pub fn admin_token(&self) -> PathBuf {
        self.data.join("admin.token")
    }

    /// The certificate of the page's port, and its key.
    pub fn tls(&self) -> PathBuf {
        self.data.join("tls")
    }

    /// The model store.
    pub fn models(&self) -> PathBuf {
        self.cache.join("models")
    }

    /// The user's own personas.
    pub fn personas(&self) -> PathBuf {
        self.config.join("personas")
    }

    /// The settings file.
    pub fn settings(&self) -> PathBuf {
        self.config.join("homepilot.toml")
    }

    /// Secrets of connectors, for their owner alone: lines of `NAME=value`.
    pub fn secrets(&self) -> PathBuf {
        self.config.join(".env")
    }
}

/// A file that was not there before and that only its owner reads, for a secret.
pub(crate) fn new_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Neither `HOME` nor the XDG variables say where files go.
#[derive(Debug, thiserror::Error)]
#[error(
    "neither HOME nor XDG_DATA_HOME, XDG_CACHE_HOME and XDG_CONFIG_HOME are set: set HOME to a writable directory"
)]
pub struct NoHome;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xdg_wins_over_home_and_relative_values_are_ignored() {
        let paths = Paths::from_env(|name| match name {
            "HOME" => Some("/h".into()),
            "XDG_DATA_HOME" => Some("/d".into()),
            "XDG_CACHE_HOME" => Some("relative".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(paths.database(), Path::new("/d/homepilot/homepilot.db"));
        assert_eq!(paths.models(), Path::new("/h/.cache/homepilot/models"));
        assert_eq!(paths.settings(), Path::new("/h/.config/homepilot/homepilot.toml"));
    }

    #[test]
    fn without_a_home_it_says_what_to_set() {
        let error = Paths::from_env(|_| None).unwrap_err().to_string();
        assert!(error.contains("set HOME"), "{error}");
    }
}
