//! `homepilot new-server`: a small tested tool server of one's own, to begin with.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use homepilot_gateway::ServerName;

#[derive(Debug, Args)]
pub(super) struct NewServer {
    /// Its name: small letters, digits and dashes, a letter first
    name: String,
    /// What it is written in
    #[arg(long, value_enum)]
    lang: Language,
    /// Where its folder goes, if not here
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    Python,
    Rust,
}

/// Stands for the server's name in the files.
const NAME: &str = "{{name}}";

const PYTHON: &[(&str, &str)] = &[
    ("server.py", include_str!("new_server/python/server.py")),
    ("test_server.py", include_str!("new_server/python/test_server.py")),
    ("requirements.txt", include_str!("new_server/python/requirements.txt")),
    ("README.md", include_str!("new_server/python/README.md")),
];
const RUST: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("new_server/rust/manifest.toml")),
    ("src/main.rs", include_str!("new_server/rust/main.rs")),
    ("README.md", include_str!("new_server/rust/README.md")),
];

impl Language {
    fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Language::Python => PYTHON,
            Language::Rust => RUST,
        }
    }

    /// What is run first in the new folder.
    fn first(self) -> &'static str {
        match self {
            Language::Python => "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
            Language::Rust => "cargo test",
        }
    }
}

impl NewServer {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let folder = self.write()?;
        for (file, _) in self.lang.files() {
            println!("{}", folder.join(file).display());
        }
        println!("\nNext:\n  cd {}\n  {}\nREADME.md there goes on.", folder.display(), self.lang.first());
        Ok(())
    }

    /// The folder that was written.
    fn write(&self) -> anyhow::Result<PathBuf> {
        let name: ServerName = self.name.parse()?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits =
            name.as_str().starts_with(|c: char| c.is_ascii_lowercase()) && self.name.chars().all(plain);
        anyhow::ensure!(
            fits,
            "{name:?} can't be the name of a project: use small letters, digits and dashes, a letter first",
            name = self.name
        );
        let folder = self.into.clone().unwrap_or_default().join(&self.name);
        let refused = |path: &std::path::Path| format!("{} can't be made", path.display());
        anyhow::ensure!(
            !folder.exists(),
            "{} is there already: choose another name, or another folder with --into",
            folder.display()
        );
        for (file, text) in self.lang.files() {
            let path = folder.join(file);
            let parent = path.parent().unwrap_or(&folder);
            fs::create_dir_all(parent).with_context(|| refused(parent))?;
            fs::write(&path, text.replace(NAME, &self.name)).with_context(|| refused(&path))?;
        }
        Ok(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, lang: Language, into: &std::path::Path) -> anyhow::Result<PathBuf> {
        NewServer { name: name.to_owned(), lang, into: Some(into.to_owned()) }.write()
    }

    #[test]
    fn a_project_bears_its_name_everywhere_and_is_never_written_over() {
        let home = tempfile::tempdir().unwrap();
        for (name, lang) in [("pantry", Language::Python), ("shelf-2", Language::Rust)] {
            let folder = written(name, lang, home.path()).unwrap();
            for (file, _) in lang.files() {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                assert!(!text.contains(NAME), "{file}: {text}");
            }
            let readme = fs::read_to_string(folder.join("README.md")).unwrap();
            assert!(
                readme.contains(&format!("homepilot servers add {name} http://localhost:9300")),
                "{readme}"
            );
            let again = written(name, lang, home.path()).unwrap_err().to_string();
            assert!(again.contains("is there already"), "{again}");
        }
    }

    #[test]
    fn a_name_that_no_project_can_have_is_refused() {
        let home = tempfile::tempdir().unwrap();
        for name in ["", "../evil", "Pantry", "2nd", "a_b", "-a"] {
            assert!(written(name, Language::Rust, home.path()).is_err(), "{name}");
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_python_project_uses_the_library_it_is_tested_with() {
        let tested = include_str!("../../../tests/peers/requirements.txt");
        let (_, required) = PYTHON.iter().find(|(file, _)| *file == "requirements.txt").unwrap();
        assert!(tested.lines().any(|line| line == required.trim()), "{required}");
    }
}
