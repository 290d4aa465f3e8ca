//! Which files of this machine may be read.
//!
//! A call may come from a planner that hears instructions in what it reads, so this fails closed: only regular files
//! with a known ending, below the user's own folders, after links are resolved; nothing hidden (`~/.ssh`, `~/.config`,
//! `.git`), nothing of HomePilot's own. `/proc`, `/sys`, `/dev` and `/etc` are not below any of those folders.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;

use super::reading::{Format, LARGEST_FILE};

/// The most files that are read in one folder and its subfolders.
pub(super) const MOST_FILES: usize = 10_000;
/// How many folders deep a folder is looked through.
const DEEPEST: usize = 32;

/// What may be read.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// Folders below which files may be read; the first is where a relative path begins.
    pub roots: Vec<PathBuf>,
    /// Folders of which nothing may be read, though they are below a root.
    pub private: Vec<PathBuf>,
}

/// Why a file or folder may not be read, or can't be.
#[derive(Debug, thiserror::Error)]
pub(super) enum AccessError {
    #[error("there is no file or folder {0:?}: give its whole path, or one that begins in your home folder")]
    Absent(String),
    #[error("{0:?} is outside the folders that may be read: move or copy it into your home folder")]
    Outside(String),
    #[error("{0:?} is hidden or in a hidden folder, and those are not read: copy it to another place first")]
    Hidden(String),
    #[error("{0:?} belongs to HomePilot itself and is not read")]
    Private(String),
    #[error("{0:?} is not a file: to add a whole folder, use add_folder")]
    NotFile(String),
    #[error("{0:?} is not a folder: to add one file, use add_document")]
    NotFolder(String),
    #[error("your whole home folder is too much: choose a folder in it")]
    Root,
    #[error(
        "{0:?} cannot be read: plain text, Markdown, HTML, PDF and docx can (.txt, .md, .html, .pdf, .docx)"
    )]
    Format(String),
    #[error("{name:?} has {megabytes} MB: 50 MB is the most")]
    Large { name: String, megabytes: u64 },
    #[error("{name:?} cannot be opened: {source}")]
    Io { name: String, source: io::Error },
}

/// By which a file that was not changed is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub bytes: u64,
    /// When it was modified; [`None`] where the system does not say.
    pub modified: Option<Timestamp>,
}

/// A file that may be read.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Whole, with links resolved.
    pub path: PathBuf,
    pub format: Format,
    pub stamp: Stamp,
}

/// What a folder has.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// At most [`MOST_FILES`], by path.
    pub files: Vec<Found>,
    /// Whether there are more.
    pub cut: bool,
}

impl Access {
    /// The file a path stands for.
    pub fn file(&self, given: &str) -> Result<Found, AccessError> {
        let (path, metadata) = self.resolve(given)?;
        if !metadata.is_file() {
            return Err(AccessError::NotFile(given.to_owned()));
        }
        let format = Format::of(&path).ok_or_else(|| AccessError::Format(name(&path)))?;
        Ok(Found { stamp: Stamp::of(&metadata), path, format })
    }

    /// The folder a path stands for.
    pub fn folder(&self, given: &str) -> Result<PathBuf, AccessError> {
        let (path, metadata) = self.resolve(given)?;
        if !metadata.is_dir() {
            return Err(AccessError::NotFolder(given.to_owned()));
        }
        if self.roots().any(|root| root == path) {
            return Err(AccessError::Root);
        }
        Ok(path)
    }

    /// The bytes of a file, which is looked at again: it may have been changed for another since.
    pub fn read(&self, found: &Found) -> Result<(Vec<u8>, Stamp), AccessError> {
        let name = || name(&found.path);
        let failed = |source| AccessError::Io { name: name(), source };
        let again = self.file(&found.path.to_string_lossy())?;
        if again.path != found.path {
            return Err(AccessError::Absent(name()));
        }
        let expected = fs::symlink_metadata(&found.path).map_err(failed)?;
        if !expected.is_file() {
            return Err(AccessError::NotFile(name()));
        }
        let large = |bytes: u64| AccessError::Large { name: name(), megabytes: bytes.div_ceil(1024 * 1024) };
        if expected.len() > LARGEST_FILE {
            return Err(large(expected.len()));
        }
        let file = File::open(&found.path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if (metadata.dev(), metadata.ino()) != (expected.dev(), expected.ino()) {
            return Err(AccessError::Absent(name()));
        }
        let mut bytes = Vec::new();
        let read = file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
        if read as u64 > LARGEST_FILE { Err(large(read as u64)) } else { Ok((bytes, Stamp::of(&metadata))) }
    }

    /// The files of a folder that can be read. Links in it are not followed, hidden ones are passed over, and so are
    /// subfolders that may not be listed.
    pub fn list(&self, folder: &Path) -> Result<Listing, AccessError> {
        let failed = |source| AccessError::Io { name: name(folder), source };
        let mut listing = Listing::default();
        let mut folders = vec![(folder.to_owned(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if depth == 0 => return Err(failed(error)),
                Err(_) => continue,
            };
            for entry in entries.flatten() {
                let path = entry.path();
                let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                let Ok(metadata) = entry.metadata() else { continue };
                if hidden || self.is_private(&path) {
                    continue;
                }
                if metadata.is_dir() && depth < DEEPEST {
                    folders.push((path, depth + 1));
                } else if let Some(format) = Format::of(&path).filter(|_| metadata.is_file()) {
                    listing.files.push(Found { stamp: Stamp::of(&metadata), path, format });
                }
            }
        }
        listing.files.sort_by(|a, b| a.path.cmp(&b.path));
        listing.cut = listing.files.len() > MOST_FILES;
        listing.files.truncate(MOST_FILES);
        Ok(listing)
    }

    /// A path with its links resolved, if what it leads to may be read.
    fn resolve(&self, given: &str) -> Result<(PathBuf, Metadata), AccessError> {
        let absent = || AccessError::Absent(given.to_owned());
        let home = self.roots.first().ok_or_else(absent)?;
        let given_path = match given.strip_prefix("~/").or((given == "~").then_some("")) {
            Some(rest) => home.join(rest),
            // An absolute path stays as it is.
            None => home.join(given),
        };
        let path = fs::canonicalize(given_path).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => AccessError::Io { name: given.to_owned(), source: error },
            _ => absent(),
        })?;
        let below = self.roots().find_map(|root| path.strip_prefix(root).ok().map(Path::to_owned));
        let below = below.ok_or_else(|| AccessError::Outside(given.to_owned()))?;
        if below
            .components()
            .any(|part| matches!(part, Component::Normal(part) if part.as_encoded_bytes().starts_with(b".")))
        {
            return Err(AccessError::Hidden(given.to_owned()));
        }
        if self.is_private(&path) {
            return Err(AccessError::Private(given.to_owned()));
        }
        let metadata = fs::symlink_metadata(&path).map_err(|_| absent())?;
        Ok((path, metadata))
    }

    fn roots(&self) -> impl Iterator<Item = PathBuf> {
        self.roots.iter().filter_map(|root| fs::canonicalize(root).ok())
    }

    fn is_private(&self, path: &Path) -> bool {
        let private =
            |folder: &PathBuf| path.starts_with(fs::canonicalize(folder).as_ref().unwrap_or(folder));
        self.private.iter().any(private)
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        let modified = metadata.modified().ok().and_then(|modified| Timestamp::try_from(modified).ok());
        Stamp { bytes: metadata.len(), modified }
    }
}

/// A file's name for people.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_files_of_the_users_own_that_are_not_hidden_may_be_read() {
        let machine = tempfile::tempdir().unwrap();
        let (home, other) = (machine.path().join("home"), machine.path().join("other"));
        for folder in ["home/docs", "home/.ssh", "home/data/homepilot", "other"] {
            fs::create_dir_all(machine.path().join(folder)).unwrap();
        }
        for file in [
            "home/docs/a.txt",
            "home/docs/x.jpg",
            "home/.ssh/b.txt",
            "home/data/homepilot/c.txt",
            "other/d.txt",
            "home/.e.txt",
        ] {
            fs::write(machine.path().join(file), "text").unwrap();
        }
        symlink(other.join("d.txt"), home.join("docs/d.txt")).unwrap();
        symlink(home.join(".ssh"), home.join("docs/keys")).unwrap();
        symlink(home.join("docs/a.txt"), home.join("docs/also.txt")).unwrap();
        let access = Access { roots: vec![home.clone()], private: vec![home.join("data")] };

        let whole = fs::canonicalize(home.join("docs/a.txt")).unwrap();
        for given in
            ["~/docs/a.txt", "docs/a.txt", "docs/../docs/a.txt", "docs/also.txt", whole.to_str().unwrap()]
        {
            let found = access.file(given).unwrap();
            assert_eq!(found.path, whole, "{given}");
            assert_eq!(access.read(&found).unwrap().0, b"text");
        }
        for (given, expected) in [
            ("docs/none.txt", "there is no file"),
            ("../other/d.txt", "outside"),
            ("docs/d.txt", "outside"),
            (".ssh/b.txt", "hidden"),
            ("docs/keys/b.txt", "hidden"),
            (".e.txt", "hidden"),
            ("data/homepilot/c.txt", "belongs to HomePilot"),
            ("docs", "use add_folder"),
            ("docs/x.jpg", "plain text, Markdown, HTML, PDF and docx can"),
            ("/proc/self/environ", "outside"),
            ("/dev/stdin", "outside"),
            ("/etc/passwd", "outside"),
            ("", "use add_folder"),
        ] {
            let problem = access.file(given).unwrap_err().to_string();
            // What the system links to nowhere is not there, which is as good.
            assert!(problem.contains(expected) || problem.contains("there is no"), "{given}: {problem}");
        }
        assert!(matches!(access.folder("~"), Err(AccessError::Root)));
        assert!(matches!(access.folder("docs/a.txt"), Err(AccessError::NotFolder(_))));
        let listing = access.list(&access.folder("docs").unwrap()).unwrap();
        assert_eq!(listing.files.iter().map(|found| name(&found.path)).collect::<Vec<_>>(), ["a.txt"]);
        assert!(!listing.cut);
    }

    #[test]
    fn a_file_that_became_a_link_or_too_large_is_not_read() {
        let home = tempfile::tempdir().unwrap();
        let access = Access { roots: vec![home.path().to_owned()], private: vec![] };
        fs::write(home.path().join("a.txt"), "text").unwrap();
        let found = access.file("a.txt").unwrap();
        fs::remove_file(&found.path).unwrap();
        symlink("/etc/hostname", &found.path).unwrap();
        assert!(access.read(&found).is_err());
        fs::remove_file(&found.path).unwrap();
        File::create(&found.path).unwrap().set_len(LARGEST_FILE + 1).unwrap();
        assert!(access.read(&found).unwrap_err().to_string().ends_with("has 51 MB: 50 MB is the most"));
        assert!(Access { roots: vec![], private: vec![] }.file("a.txt").is_err());
    }
}
