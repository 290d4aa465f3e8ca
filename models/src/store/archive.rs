//! Members of wheels and npm tarballs, streamed.
//!
//! Nothing is unpacked to disk beside the one member, no path of the archive is ever used as a path, and the reader of
//! the member decides how much it takes: an archive can't fill the disk.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::packages::Registry;

/// Why a member could not be had.
#[derive(Debug)]
pub(super) enum MemberError<E> {
    /// The file is not a readable archive.
    Archive(String),
    /// So many members match instead of one.
    Matches(usize),
    /// The taker of the bytes gave up.
    Taker(E),
}

/// Hands the bytes of the one member that matches `pattern` to `take`.
pub(super) fn with_member<T, E>(
    archive: &Path,
    registry: Registry,
    pattern: &str,
    take: impl FnOnce(&mut dyn Read) -> Result<T, E>,
) -> Result<T, MemberError<E>> {
    let file = File::open(archive).map_err(broken)?;
    match registry {
        Registry::Pypi => {
            let mut zip = zip::ZipArchive::new(BufReader::new(file)).map_err(broken)?;
            let found: Vec<usize> = (0..zip.len())
                .filter(|&at| matches!(zip.name_for_index(at), Some(Ok(name)) if matches(pattern, &name)))
                .collect();
            let [at] = found.as_slice() else {
                return Err(MemberError::Matches(found.len()));
            };
            let mut member = zip.by_index(*at).map_err(broken)?;
            take(&mut member).map_err(MemberError::Taker)
        }
        Registry::Npm => {
            // A tarball has no index: the first match is taken, which costs one pass instead of two.
            let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(BufReader::new(file)));
            for member in tar.entries().map_err(broken)? {
                let mut member = member.map_err(broken)?;
                let is_match = member.header().entry_type().is_file()
                    && matches(pattern, &String::from_utf8_lossy(&member.path_bytes()));
                if is_match {
                    return take(&mut member).map_err(MemberError::Taker);
                }
            }
            Err(MemberError::Matches(0))
        }
    }
}

fn broken<E>(error: impl std::fmt::Display) -> MemberError<E> {
    MemberError::Archive(error.to_string())
}

/// Whether a member's path fits a pattern in which `*` stands for any run of characters but slashes.
fn matches(pattern: &str, path: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let Some(rest) = path.strip_prefix(before) else {
        return false;
    };
    let end = rest.find('/').unwrap_or(rest.len());
    (0..=end).filter(|&at| rest.is_char_boundary(at)).any(|at| matches(after, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_path_component() {
        for (pattern, path, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
            ("*/data/part*.bin", "pkg_1/data/part01.bin", true),
            ("*/data/part*.bin", "x/pkg_1/data/part01.bin", false),
            ("*/data/part*.bin", "pkg_1/data/part01.bin.txt", false),
            ("*/data/part*.bin", "pkg_1/data/sub/part01.bin", false),
            ("*", "é", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
