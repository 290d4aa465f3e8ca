//! Settings of web search. An address or a key may be a secret, so their values are in no message.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use homepilot_servers::web::{self, SafeSearch, Search};

use super::Layers;

/// A file that only its owner can read.
const MODE_OF_OTHERS: u32 = 0o077;

impl Layers {
    /// What the web server is given; `None` after a problem.
    pub(super) fn web(&mut self) -> Option<web::Options> {
        let safe_search = self.take("search.safe", |v| match v {
            "off" => Some(SafeSearch::Off),
            "moderate" => Some(SafeSearch::Moderate),
            "strict" => Some(SafeSearch::Strict),
            _ => None,
        });
        let language = self.take("search.language", |v| match v {
            "" => Some(None),
            _ => is_language(v).then(|| Some(v.to_owned())),
        });
        let allow_private = self.take("search.allow_private", |v| v.parse().ok());
        let search = self.search();
        Some(web::Options {
            safe_search: safe_search?,
            language: language?,
            allow_private: allow_private?,
            ..web::Options::new(search?)
        })
    }

    fn search(&mut self) -> Option<Option<Search>> {
        let provider = self.take("search.provider", |v| {
            ["none", "searxng", "tavily"].into_iter().find(|known| *known == v)
        })?;
        if provider == "none" {
            return Some(None);
        }
        let url = self.secret("search.url", |written| Ok(written.to_owned()))?;
        let made = if provider == "searxng" {
            let Some(url) = url else {
                self.complain("search.url", "is missing: give SearXNG's address".to_owned());
                return None;
            };
            Search::searxng(&url)
        } else {
            let Some(key) = self.secret("search.key", from_file)? else {
                self.complain(
                    "search.key",
                    "is missing: give env:NAME, or a file that only you can read".to_owned(),
                );
                return None;
            };
            Search::tavily(url.as_deref(), key)
        };
        made.map(Some).map_err(|error| self.complain("search.url", error.to_string())).ok()
    }

    /// `env:NAME` looked up, or what `written` makes of the value; `Some(None)` if nothing is set.
    pub(super) fn secret(
        &mut self,
        key: &'static str,
        written: impl FnOnce(&str) -> Result<String, String>,
    ) -> Option<Option<String>> {
        let value = self.values.get(key).map(|(value, _)| value.trim().to_owned())?;
        let found = match value.strip_prefix("env:") {
            _ if value.is_empty() => return Some(None),
            Some(name) => {
                let found = self.variables.get(name).filter(|value| !value.is_empty()).cloned();
                found.ok_or_else(|| format!("environment variable {name} is not set"))
            }
            None => written(&value),
        };
        found.map(Some).map_err(|message| self.complain(key, message)).ok()
    }

    pub(super) fn complain(&mut self, key: &'static str, message: String) {
        let place = self.values.get(key).map_or(key, |(_, place)| place);
        let place = if place == "default" { key.to_owned() } else { place.to_owned() };
        self.problem(place, message);
    }
}

/// A key in a file that nobody else can read.
pub(super) fn from_file(written: &str) -> Result<String, String> {
    let wanted =
        "give env:NAME, or the path of a file that only you can read; the key itself does not belong here";
    let file = Path::new(written);
    if !file.is_absolute() {
        return Err(format!("is no absolute path: {wanted}"));
    }
    let metadata = file.metadata().map_err(|error| format!("the file can't be read ({error}): {wanted}"))?;
    if metadata.mode() & MODE_OF_OTHERS != 0 {
        return Err("the file can be read by others: chmod 600 it".to_owned());
    }
    let key = std::fs::read_to_string(file).map_err(|error| format!("the file can't be read ({error})"))?;
    let key = key.trim();
    if key.is_empty() { Err("the file is empty: put the key into it".to_owned()) } else { Ok(key.to_owned()) }
}

/// `en`, `de-CH`, `zh-Hant-TW`.
fn is_language(code: &str) -> bool {
    let mut parts = code.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|c| c.is_ascii_alphabetic())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use crate::config::Settings;

    fn load(toml: &str, vars: &[(&str, &str)]) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("homepilot.toml");
        std::fs::write(&file, format!("[search]\n{toml}")).unwrap();
        let vars = vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let place = format!("{}: ", file.display());
        Settings::load(&file, vars, &[]).map_err(|error| error.to_string().replace(&place, ""))
    }

    #[test]
    fn a_provider_is_set_with_what_it_needs() {
        let key = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&key, "tvly-TOPSECRET\n").unwrap();
        let by_file = format!("provider = \"tavily\"\nkey = {:?}\nlanguage = \"de-CH\"", key.path());
        let vars = [("HOME_SEARCH", "http://me:TOPSECRET@search.lan:8888/x"), ("TAVILY", "tvly-TOPSECRET")];
        for (toml, wanted) in [
            ("", "search: None, safe_search: Moderate, language: None, allow_private: false"),
            (
                "provider = \"searxng\"\nurl = \"http://127.0.0.1:8888\"",
                "search: Some(Searxng(127.0.0.1:8888))",
            ),
            ("provider = \"searxng\"\nurl = \"env:HOME_SEARCH\"", "search: Some(Searxng(search.lan:8888))"),
            (
                "provider = \"tavily\"\nkey = \"env:TAVILY\"\nsafe = \"strict\"",
                "Some(Tavily(api.tavily.com)), safe_search: Strict",
            ),
            (&by_file, "Some(Tavily(api.tavily.com)), safe_search: Moderate, language: Some(\"de-CH\")"),
            (
                "url = \"anything\"\nkey = \"anything\"\nallow_private = true",
                "search: None, safe_search: Moderate, language: None, allow_private: true",
            ),
        ] {
            let settings = load(toml, &vars).unwrap();
            let shown = format!("{settings:?}");
            assert!(shown.contains(wanted), "{toml}: {shown}");
            assert!(!shown.contains("TOPSECRET"), "{shown}");
        }
    }

    #[test]
    fn problems_are_named_without_the_secret() {
        let open = tempfile::NamedTempFile::new().unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
        let readable = format!("provider = \"tavily\"\nkey = {:?}", open.path());
        for (toml, wanted) in [
            ("provider = \"google\"", "search.provider: \"google\" is not none, searxng or tavily"),
            ("provider = \"searxng\"", "search.url: is missing: give SearXNG's address"),
            ("provider = \"searxng\"\nurl = \"TOPSECRET\"", "search.url: is no http or https address"),
            ("provider = \"searxng\"\nurl = \"ftp://TOPSECRET/\"", "search.url: is no http or https address"),
            ("provider = \"tavily\"", "search.key: is missing"),
            ("provider = \"tavily\"\nkey = \"tvly-TOPSECRET\"", "search.key: is no absolute path"),
            ("provider = \"tavily\"\nkey = \"env:NONE\"", "search.key: environment variable NONE is not set"),
            (&readable, "search.key: the file can be read by others: chmod 600 it"),
            ("language = \"German, please\"", "is not a language code"),
            ("allow_private = 1", "\"1\" is not true or false"),
        ] {
            let said = load(toml, &[]).unwrap_err();
            assert!(said.contains(wanted), "{toml}: {said}");
            assert!(!said.contains("TOPSECRET"), "{said}");
        }
    }
}
