//! The pages about providers (`gateway/providers`), and what stands on them: commands, tables, tools.

use std::path::Path;

/// Stands in for every placeholder of a key, `YOUR_…`.
pub const KEY: &str = "m0st-s3cret-provider-key";

/// One page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its file's name, without `.md`.
    pub name: String,
    text: String,
}

impl Page {
    /// A page of `gateway/providers`.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let file = folder().join(format!("{name}.md"));
        match std::fs::read_to_string(&file) {
            Ok(text) => Self { name: name.to_owned(), text },
            Err(error) => panic!("{}: {error}", file.display()),
        }
    }

    /// The pages about somebody, sorted by name: all but the one that leads to them.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let Ok(files) = std::fs::read_dir(folder()) else { panic!("{} is missing", folder().display()) };
        let names =
            files.filter_map(|file| Some(file.ok()?.file_name().to_str()?.strip_suffix(".md")?.to_owned()));
        let mut names: Vec<String> = names.filter(|name| name != "README").collect();
        names.sort();
        names.iter().map(|name| Self::named(name)).collect()
    }

    /// What it has people type into a shell, a command each, in the page's order.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        let mut commands: Vec<String> = Vec::new();
        let (mut inside, mut goes_on) = (false, false);
        for line in self.text.lines() {
            if line.starts_with("```") {
                (inside, goes_on) = (line == "```sh", false);
                continue;
            }
            match commands.last_mut() {
                _ if !inside || line.trim().is_empty() => {}
                Some(command) if goes_on => command.push_str(&format!("\n{line}")),
                _ => commands.push(line.to_owned()),
            }
            goes_on = inside && line.ends_with('\\');
        }
        commands
    }

    /// The rows of its table whose head begins with `first`, without the head.
    ///
    /// # Panics
    /// When there is no such table.
    #[must_use]
    pub fn table(&self, first: &str) -> Vec<Vec<String>> {
        let is_head = |line: &&str| line.starts_with('|') && cells(line)[0] == first;
        let rows = self.text.lines().skip_while(|line| !is_head(line));
        let rows: Vec<Vec<String>> = rows.take_while(|line| line.starts_with('|')).map(cells).collect();
        assert!(rows.len() > 2, "{} has no table of {first:?}", self.name);
        rows[2..].to_vec()
    }

    /// The environment variables that its commands take keys from.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let commands = self.commands().join("\n");
        let named = |rest: &str| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            rest[..end].to_owned()
        };
        let mut variables: Vec<String> = commands.split("env:").skip(1).map(named).collect();
        variables.sort();
        variables.dedup();
        variables
    }
}

fn folder() -> &'static Path {
    // The crates that share this file stand beside each other.
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../gateway/providers"))
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// A command as it is typed, but with HomePilot's ports and the provider elsewhere, and `key` for each `YOUR_…`.
/// `gateway` and `provider` are like `http://127.0.0.1:1234`.
#[must_use]
pub fn elsewhere(command: &str, gateway: &str, provider: &str, key: &str) -> String {
    let mut out = String::new();
    let mut rest = command;
    while let Some(at) = rest.find("http://").into_iter().chain(rest.find("https://")).min() {
        let (before, url) = rest.split_at(at);
        let host = url.find("://").map_or(0, |at| at + 3);
        let end = url[host..].find(['/', '"', '\'', ' ', '\n']).map_or(url.len(), |end| host + end);
        out.push_str(before);
        out.push_str(if url[host..end] == *"localhost:4444" { gateway } else { provider });
        rest = &url[end..];
    }
    out.push_str(rest);
    with_key(&out, key)
}

fn with_key(command: &str, key: &str) -> String {
    let mut parts = command.split("YOUR_");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(key);
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_uppercase() || c == '_'));
    }
    out
}

/// The name that a command registers under: of `homepilot servers add NAME …`, or of the body that `curl` sends.
#[must_use]
pub fn registers(command: &str) -> Option<String> {
    let name = match command.strip_prefix("homepilot servers add ") {
        Some(rest) => rest.split(' ').next(),
        None if command.starts_with("curl -X POST http://localhost:4444/api/servers ") => {
            command.split_once("\"name\": \"").and_then(|(_, rest)| rest.split('"').next())
        }
        None => None,
    };
    name.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_goes_elsewhere_with_a_key() {
        let command = "curl -X POST http://localhost:4444/api/servers \\\n  -d '{\"name\": \"a\", \"url\": \"https://x.example/mcp/YOUR_KEY\"}'";
        let wanted =
            "curl -X POST http://g:1/api/servers \\\n  -d '{\"name\": \"a\", \"url\": \"http://p:2/mcp/k\"}'";
        assert_eq!(elsewhere(command, "http://g:1", "http://p:2", "k"), wanted);
        assert_eq!(registers(command).as_deref(), Some("a"));
        let command = "homepilot servers add b https://YOUR_BASE.x.example/mcp --header \"A=App env:K\"";
        let wanted = "homepilot servers add b http://p:2/mcp --header \"A=App env:K\"";
        assert_eq!(elsewhere(command, "http://g:1", "http://p:2", "k"), wanted);
        assert_eq!(registers(command).as_deref(), Some("b"));
    }

    #[test]
    fn commands_tables_and_variables_are_found() {
        let text = "```sh\none env:A \\\n  two\nthree env:B_C \"x\" env:D\nfour env:E\n```\n| a | b |\n|---|---|\n| c | d |\n\n```console\nfive env:F\n```\n";
        let page = Page { name: "p".into(), text: text.into() };
        assert_eq!(page.commands(), ["one env:A \\\n  two", "three env:B_C \"x\" env:D", "four env:E"]);
        assert_eq!(page.table("a"), [["c", "d"]]);
        assert_eq!(page.variables(), ["A", "B_C", "D", "E"]);
    }
}
