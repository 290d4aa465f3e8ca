//! What has to hold in a catalogue beyond its shape.

use std::collections::BTreeSet;

use super::{Catalog, FileSpec, Source};

/// A name that is safe as a path component and as a command's argument.
pub(super) fn plain_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

pub(super) fn problems(catalog: &Catalog) -> Vec<String> {
    let mut problems = Vec::new();
    let mut ids = BTreeSet::new();
    for entry in &catalog.entries {
        if !ids.insert(entry.id.as_str()) {
            problems.push(format!("{}: the id is used twice", entry.id));
        }
        if entry.files.is_empty() {
            problems.push(format!("{}: no file", entry.id));
        }
        let mut names = BTreeSet::new();
        for file in &entry.files {
            if !names.insert(file.name.as_str()) {
                problems.push(format!("{}: the file {} is listed twice", entry.id, file.name));
            }
            check_file(file, entry.id.as_str(), &mut problems);
        }
    }
    for (alias, id) in &catalog.aliases {
        if ids.contains(alias.as_str()) {
            problems.push(format!("alias {alias}: is also the id of a model"));
        }
        if !ids.contains(id.as_str()) {
            problems.push(format!("alias {alias}: no model is called {id}"));
        }
    }
    problems
}

fn check_file(file: &FileSpec, at: &str, problems: &mut Vec<String>) {
    let at = format!("{at}: {}", file.name);
    let mut check = |holds: bool, problem: &str| {
        if !holds {
            problems.push(format!("{at}: {problem}"));
        }
    };
    check(plain_name(&file.name), "not a plain file name");
    check(file.bytes > 0, "no bytes");
    let hex = file.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    check(file.sha256.len() == 64 && hex, "sha256 is not 64 lower-case hexadecimal digits");
    check(!file.sources.is_empty(), "no source");
    for source in &file.sources {
        check_source(source, &at, problems);
    }
}

fn check_source(source: &Source, at: &str, problems: &mut Vec<String>) {
    let mut check = |holds: bool, problem: &str| {
        if !holds {
            problems.push(format!("{at}: {problem}"));
        }
    };
    match source {
        Source::Hub { url } => check(
            url.starts_with("https://") || url.starts_with("http://127.0.0.1:"),
            "a hub's url has to be https",
        ),
        Source::Pypi { packages, version, member } => {
            check(!packages.is_empty(), "no package");
            check(packages.iter().all(|package| plain_name(package)), "not a package's name");
            check(
                packages.iter().collect::<BTreeSet<_>>().len() == packages.len(),
                "a package is listed twice",
            );
            check(plain_name(version), "not a version");
            check(!member.is_empty(), "no member");
        }
        Source::Npm { package, version, member } => {
            // A scope, as in @scope/name, is a plain name too.
            let mut parts = package.strip_prefix('@').unwrap_or(package).split('/');
            let well_formed = parts.by_ref().take(2).all(plain_name) && parts.next().is_none();
            check(well_formed, "not a package's name");
            check(plain_name(version), "not a version");
            check(!member.is_empty(), "no member");
        }
        Source::Ct2Whisper { model, vocabulary } => {
            for input in [model, vocabulary] {
                let plain = input.sources.iter().all(|source| !matches!(source, Source::Ct2Whisper { .. }));
                if !plain {
                    problems.push(format!("{at}: {}: a conversion can't feed a conversion", input.name));
                }
                check_file(input, at, problems);
            }
            if model.name == vocabulary.name {
                problems.push(format!("{at}: both inputs are called {}", model.name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::CatalogError;
    use super::*;

    fn catalog(file: &str) -> Result<Catalog, CatalogError> {
        Catalog::parse(&format!(
            "aliases = {{ a = \"m\" }}\n[[model]]\nid = \"m\"\nkind = \"vad\"\ntitle = \"\"\nlicence = \"\"\nmin_memory_mb = 1\n\
             verified_here = false\n[[model.file]]\n{file}"
        ))
    }

    fn file(name: &str, sha256: &str, source: &str) -> String {
        format!("name = {name:?}\nbytes = 1\nsha256 = {sha256:?}\n[[model.file.source]]\n{source}")
    }

    #[test]
    fn what_would_become_a_path_or_an_argument_is_checked() {
        let sha = "0".repeat(64);
        let hub = "kind = \"hub\"\nurl = \"https://example.org/x\"";
        assert!(catalog(&file("x", &sha, hub)).is_ok());
        let pypi = |packages: &str, version: &str| {
            format!("kind = \"pypi\"\npackages = [{packages}]\nversion = {version:?}\nmember = \"x\"")
        };
        let npm =
            |package: &str| format!("kind = \"npm\"\npackage = {package:?}\nversion = \"1\"\nmember = \"x\"");
        assert!(catalog(&file("x", &sha, &npm("@scope/name"))).is_ok());
        for (bad, expected) in [
            (file("../x", &sha, hub), "not a plain file name"),
            (file("x", "abc", hub), "sha256 is not"),
            (file("x", &sha.replace('0', "A"), hub), "sha256 is not"),
            (file("x", &sha, "kind = \"hub\"\nurl = \"http://example.org\""), "has to be https"),
            (file("x", &sha, &pypi("", "1")), "no package"),
            (file("x", &sha, &pypi("\"-r\"", "1")), "not a package's name"),
            (file("x", &sha, &pypi("\"p\", \"p\"", "1")), "listed twice"),
            (file("x", &sha, &pypi("\"p\"", "1 --index-url=x")), "not a version"),
            (file("x", &sha, &npm("a/b/c")), "not a package's name"),
        ] {
            let error = catalog(&bad).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn unknown_keys_and_aliases_without_a_model_are_refused() {
        let sha = "0".repeat(64);
        let hub = "kind = \"hub\"\nurl = \"https://example.org/x\"";
        assert!(matches!(catalog(&file("x", &sha, &format!("{hub}\nsize = 1"))), Err(CatalogError::Toml(_))));
        let text = "model = []\n[aliases]\na = \"m\"";
        assert!(Catalog::parse(text).unwrap_err().to_string().contains("no model is called m"));
    }
}
