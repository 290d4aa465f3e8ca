//! Settings of traces. An address may be a secret, so it is in no message.

use std::collections::HashMap;

use reqwest::Url;

use super::Layers;
use crate::trace::{self, Options};

impl Layers {
    /// Where turns are traced to; `None` after a problem. Unless it is set here, the standard variables say so.
    pub(super) fn trace(&mut self) -> Option<Option<Options>> {
        let content = self.take("trace.content", |v| v.parse().ok())?;
        let own = self.secret("trace.endpoint", |written| Ok(written.to_owned()))?;
        let asked = match own {
            Some(base) => Some(("trace.endpoint", trace::under(&base))),
            None => {
                let variables: HashMap<&str, &str> =
                    self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                trace::standard(&variables)
            }
        };
        let Some((place, url)) = asked else { return Some(None) };
        if !is_endpoint(&url) {
            let wanted =
                "is no http or https address without a user: keys go into OTEL_EXPORTER_OTLP_HEADERS";
            self.complain(place, wanted.to_owned());
            return None;
        }
        Some(Some(Options { url, content }))
    }
}

fn is_endpoint(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && plain
    })
}

#[cfg(test)]
mod tests {
    use crate::{config::Settings, trace::Options};

    fn load(toml: &str, vars: &[(&str, &str)]) -> Result<Option<Options>, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("homepilot.toml");
        std::fs::write(&file, toml).unwrap();
        let vars = vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Settings::load(&file, vars, &[]).map(|settings| settings.trace).map_err(|error| error.to_string())
    }

    fn to(url: &str) -> Result<Option<Options>, String> {
        Ok(Some(Options { url: url.to_owned(), content: false }))
    }

    #[test]
    fn nothing_is_traced_unless_an_endpoint_is_set() {
        const BASE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
        const EXACT: (&str, &str) = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://other/otlp");
        assert_eq!(load("", &[("OTEL_SERVICE_NAME", "x")]), Ok(None));
        assert_eq!(load("[trace]\ncontent = true", &[]), Ok(None));
        assert_eq!(load("", &[BASE]), to("http://collector:4318/v1/traces"));
        assert_eq!(load("", &[BASE, EXACT]), to("https://other/otlp"));
        assert_eq!(load("", &[BASE, ("OTEL_SDK_DISABLED", "true")]), Ok(None));
        let own = "[trace]\nendpoint = \"http://localhost:4318/\"";
        assert_eq!(load(own, &[BASE, EXACT]), to("http://localhost:4318/v1/traces"));
    }

    #[test]
    fn an_endpoint_holds_no_key_and_none_is_shown() {
        for endpoint in
            ["collector:4318", "ftp://TOPSECRET/", "http://TOPSECRET@collector/", "http://a:TOPSECRET@b/"]
        {
            for vars in [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("HOMEPILOT_TRACE_ENDPOINT", endpoint)] {
                let said = load("", &[vars]).unwrap_err();
                assert!(said.contains("is no http or https address"), "{said}");
                assert!(!said.contains("TOPSECRET"), "{said}");
            }
        }
    }
}
