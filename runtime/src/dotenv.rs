//! Files of `NAME=value` lines, as `.env` files are written: where secrets lie that are not in the environment.
//!
//! Values are taken as they stand: nothing is substituted in them, so a password may have `$` in it.

use std::{collections::BTreeMap, io, os::unix::fs::MetadataExt as _, path::Path};

use secrecy::SecretString;

/// Bits of a file's mode that let others than its owner read or change it.
const MODE_OF_OTHERS: u32 = 0o077;
/// The largest file that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// What stands in a file.
#[derive(Debug, Default)]
pub(crate) struct Dotenv {
    /// Values by name; of two lines of one name the last counts.
    pub values: BTreeMap<String, SecretString>,
    /// Why the values may not be used: others than the owner can read them.
    pub open: Option<String>,
}

/// Reads a file; one that is not there is empty.
///
/// # Errors
/// A sentence that names the line, without what stands there.
pub(crate) fn read(file: &Path) -> Result<Dotenv, String> {
    let metadata = match file.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Dotenv::default()),
        Err(error) => return Err(format!("can't be read: {error}")),
    };
    if metadata.len() > LARGEST {
        return Err(format!("has more than {LARGEST} bytes: keep only NAME=value lines in it"));
    }
    let text = std::fs::read_to_string(file).map_err(|error| format!("can't be read: {error}"))?;
    let open = (metadata.mode() & MODE_OF_OTHERS != 0)
        .then(|| format!("can be read by others, so it is not used: chmod 600 {}", file.display()));
    Ok(Dotenv { values: parse(&text)?, open })
}

fn parse(text: &str) -> Result<BTreeMap<String, SecretString>, String> {
    let mut values = BTreeMap::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |problem: &str| format!("line {number} {problem}");
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').ok_or_else(|| wrong("is no NAME=value"))?;
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
            return Err(wrong("has a name of other characters than letters, digits and _"));
        }
        let value = unquoted(value.trim()).ok_or_else(|| wrong("has a quote that is not closed"))?;
        values.insert(name.to_owned(), value.into());
    }
    Ok(values)
}

/// `'…'` is literal, in `"…"` a backslash takes the next character as it is; without quotes ` #` begins a comment.
fn unquoted(value: &str) -> Option<String> {
    let rest_is_comment = |rest: &str| rest.trim().is_empty() || rest.trim_start().starts_with('#');
    if let Some(quoted) = value.strip_prefix('\'') {
        let (inside, rest) = quoted.split_once('\'')?;
        return rest_is_comment(rest).then(|| inside.to_owned());
    }
    if let Some(quoted) = value.strip_prefix('"') {
        let mut inside = String::new();
        let mut characters = quoted.chars();
        loop {
            match characters.next()? {
                '"' => return rest_is_comment(characters.as_str()).then_some(inside),
                '\\' => inside.push(characters.next()?),
                c => inside.push(c),
            }
        }
    }
    let end = value.find(" #").or_else(|| value.find("\t#")).unwrap_or(value.len());
    Some(value[..end].trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn lines_are_taken_as_they_stand() {
        for (line, wanted) in [
            ("A=smtp.gmail.com", "smtp.gmail.com"),
            ("  export A = 465  # implicit TLS", "465"),
            ("A=pa$$word#1", "pa$$word#1"),
            ("A='it is # $HOME \\n'  # yes", "it is # $HOME \\n"),
            ("A=\"a \\\"b\\\" \\\\\"", "a \"b\" \\"),
            ("A=", ""),
            ("A=1\nA=2", "2"),
            ("\u{feff}# Email connector\r\n\r\nA=x\r\n", "x"),
        ] {
            let values = parse(line).unwrap();
            assert_eq!(values["A"].expose_secret(), wanted, "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_the_value() {
        for (text, wanted) in [
            ("TOPSECRET", "line 1 is no NAME=value"),
            ("A=1\nB C=TOPSECRET", "line 2 has a name"),
            ("A='TOPSECRET", "line 1 has a quote that is not closed"),
            ("A=\"x\" TOPSECRET", "line 1 has a quote that is not closed"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(wanted) && !said.contains("TOPSECRET"), "{said}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_marked() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "A=1").unwrap();
        assert_eq!(read(file.path()).unwrap().open, None);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let open = read(file.path()).unwrap().open.unwrap();
        assert!(open.contains("chmod 600"), "{open}");
        assert!(read(Path::new("/nowhere/.env")).unwrap().values.is_empty());
    }

    #[test]
    fn odd_files_are_refused_by_their_line() {
        for (text, line) in [
            ("A=1\n=2", "line 2 "),
            ("A=1\r\n\r\n\u{1f600}=2", "line 3 "),
            ("A=\"\\", "line 1 "),
            ("A='\n'", "line 1 "),
            ("export", "line 1 "),
            ("\0", "line 1 "),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.starts_with(line), "{text:?}: {said}");
        }
        assert!(parse(&"A=1\n".repeat(10_000)).unwrap().len() == 1);
    }

    #[test]
    fn a_file_that_is_large_or_no_text_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "A=1\n".repeat(20_000)).unwrap();
        assert!(read(file.path()).unwrap_err().contains("has more than 65536 bytes"));
        std::fs::write(&file, b"A=\xff\xfe").unwrap();
        assert!(read(file.path()).unwrap_err().contains("can't be read"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_text_is_values_or_a_line_that_is_none(text in any::<String>(), value in "[A-Z_=\"'# \\\\]{0,30}") {
            for text in [text, format!("A={value}"), value] {
                match parse(&text) {
                    Ok(values) => {
                        let kept: usize = values.iter().map(|(name, value)| name.len() + value.expose_secret().len()).sum();
                        prop_assert!(kept <= text.len());
                    }
                    Err(said) => prop_assert!(said.starts_with("line ") && said.len() < 100, "{}", said),
                }
            }
        }

        #[test]
        fn a_value_that_is_quoted_comes_back(value in "\\PC{0,40}", before in prop::collection::vec("[A-Z]{1,5}=[a-z]{0,5}", 0..4)) {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let text = format!("{}\n_X=\"{escaped}\" # said\n", before.join("\n"));
            let values = parse(&text).unwrap();
            prop_assert_eq!(values["_X"].expose_secret(), value.as_str());
        }
    }
}
