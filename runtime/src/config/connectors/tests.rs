use std::os::unix::fs::PermissionsExt as _;

use homepilot_servers::email::Security;

use super::*;
use crate::config::Settings;

/// What every test sets that wants a connector.
const WHOLE: &str = "EMAIL_SMTP_HOST=smtp.example.org\nEMAIL_SMTP_USER=ada@example.org\n\
                     EMAIL_SMTP_PASS=TOPSECRET\nEMAIL_IMAP_HOST=imap.example.org\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn paths(&self) -> Paths {
        let at = |name: &str| self.0.path().join(name);
        Paths { data: at("data"), cache: at("cache"), config: self.0.path().to_owned(), home: None }
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> String {
        let file = self.0.path().join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        file.display().to_string()
    }

    fn read(&self, variables: &[(&str, &str)]) -> Reading {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment::from(variables.collect::<BTreeMap<_, _>>());
        read(Connector::Email, &self.paths(), &environment).1
    }
}

fn mail(reading: Reading) -> email::Options {
    match reading {
        Reading::Ready(options) => match *options {
            Options::Email(options) => options,
            Options::WhatsApp(_) | Options::Calendar(_) => panic!("another connector"),
        },
        Reading::Wrong(problems) => panic!("{problems:?}"),
        Reading::Incomplete(missing) => panic!("{missing:?}"),
        Reading::NotSetUp => panic!("not set up"),
    }
}

fn problems(reading: Reading) -> String {
    let Reading::Wrong(problems) = reading else { panic!("nothing is wrong") };
    let said = problems.iter().map(|p| format!("{}: {}", p.place, p.message));
    said.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guides_names_set_it_up() {
    let folder = Folder::new();
    let options = mail(folder.read(&[
        ("EMAIL_SMTP_HOST", "smtp.gmail.com"),
        ("EMAIL_SMTP_PORT", "465"),
        ("EMAIL_SMTP_USER", "your@gmail.com"),
        ("EMAIL_SMTP_PASS", "your-app-password"),
        ("EMAIL_IMAP_HOST", "imap.gmail.com"),
        ("EMAIL_IMAP_USER", "other@gmail.com"),
        ("EMAIL_IMAP_PASS", "another"),
    ]));
    assert_eq!((options.smtp.host.as_str(), options.smtp.port), ("smtp.gmail.com", 465));
    assert_eq!((options.imap.user.as_str(), options.imap.port), ("other@gmail.com", 993));
    assert_eq!(options.imap.password.expose_secret(), "another");
    assert_eq!(options.sender.address(), "your@gmail.com");
    assert!(!format!("{options:?}").contains("another"), "{options:?}");
}

#[test]
fn what_is_missing_is_listed_exactly() {
    let folder = Folder::new();
    assert!(matches!(folder.read(&[("PATH", "/bin")]), Reading::NotSetUp));
    let Reading::Incomplete(missing) = folder.read(&[
        ("EMAIL_SMTP_HOST", "smtp.example.org"),
        ("EMAIL_SMTP_USER", "ada"),
        ("EMAIL_SMTP_PASS", ""),
    ]) else {
        panic!("it is not incomplete")
    };
    let named: Vec<_> = missing.iter().map(|s| (s.variable, key(Connector::Email, s))).collect();
    assert_eq!(
        named,
        [
            ("EMAIL_SMTP_PASS", "connectors.email.smtp_pass".to_owned()),
            ("EMAIL_IMAP_HOST", "connectors.email.imap_host".to_owned()),
            ("EMAIL_FROM", "connectors.email.from".to_owned()),
        ]
    );
}

#[test]
fn the_environment_goes_before_the_file_of_secrets_and_that_before_the_settings() {
    let folder = Folder::new();
    folder.file(
        "homepilot.toml",
        "[connectors.email]\nsmtp_port = 25\nimap_port = 1\nimap_host = \"a\"",
        0o644,
    );
    folder.file(".env", &format!("{WHOLE}EMAIL_IMAP_PORT=143\n"), 0o600);
    let options = mail(folder.read(&[("EMAIL_IMAP_HOST", "imap.lan")]));
    assert_eq!((options.smtp.port, options.imap.port, options.imap.host.as_str()), (25, 143, "imap.lan"));
    assert_eq!((options.smtp.security, options.imap.security), (Security::StartTls, Security::StartTls));
    let whole = Settings::load(&folder.paths().settings(), std::iter::empty(), &[]).unwrap();
    assert_eq!(whole.ports.of_connector(Connector::Email), 9301);
}

#[test]
fn a_secret_is_in_no_file_that_others_can_read() {
    let folder = Folder::new();
    folder.file(".env", WHOLE, 0o644);
    let said = problems(folder.read(&[]));
    assert!(said.contains("can be read by others") && said.contains("chmod 600"), "{said}");
    folder.file(".env", "OTHER=1\n", 0o644);
    assert!(matches!(folder.read(&[]), Reading::NotSetUp), "a file about something else");
    let key = folder.file("password", "TOPSECRET\n", 0o600);
    let toml = |pass: &str| {
        format!(
            "[connectors.email]\nsmtp_host = \"s\"\nimap_host = \"i\"\nsmtp_user = \"ada@example.org\"\nsmtp_pass = {pass:?}\n"
        )
    };
    folder.file("homepilot.toml", &toml(&key), 0o644);
    assert_eq!(mail(folder.read(&[])).smtp.password.expose_secret(), "TOPSECRET");
    folder.file("homepilot.toml", &toml("env:MAIL"), 0o644);
    assert_eq!(mail(folder.read(&[("MAIL", "x")])).imap.password.expose_secret(), "x");
    folder.file("homepilot.toml", &toml("TOPSECRET"), 0o644);
    let said = problems(folder.read(&[]));
    assert!(said.contains("smtp_pass: is no absolute path") && !said.contains("TOPSECRET"), "{said}");
    folder.file("homepilot.toml", &toml("env:NONE"), 0o644);
    assert!(problems(folder.read(&[])).contains("environment variable NONE is not set"));
}

#[test]
fn what_cant_be_used_is_named_with_what_can() {
    for (line, wanted) in [
        ("EMAIL_SMTP_PORT=smtp", "EMAIL_SMTP_PORT: \"smtp\" is not its port: 465, 587"),
        ("EMAIL_IMAP_PORT=0", "EMAIL_IMAP_PORT: \"0\" is not its port"),
        ("EMAIL_IMAP_SECURITY=none", "\"none\" is not tls (from the first byte) or starttls"),
        (
            "EMAIL_SMTP_HOST=https://smtp.example.org",
            "EMAIL_SMTP_HOST: \"https://smtp.example.org\" is not the name",
        ),
        ("EMAIL_FROM=Ada", "EMAIL_FROM: \"Ada\" is not your address"),
        ("EMAIL_CA_FILE=/nowhere/ca.pem", "EMAIL_CA_FILE: /nowhere/ca.pem can't be read"),
    ] {
        let folder = Folder::new();
        folder.file(".env", &format!("{WHOLE}{line}\n"), 0o600);
        let said = problems(folder.read(&[]));
        assert!(said.contains(wanted) && !said.contains("TOPSECRET"), "{line}: {said}");
    }
    let folder = Folder::new();
    folder.file("homepilot.toml", "[connectors.email]\nsmtp_server = \"x\"\n", 0o644);
    assert!(
        problems(folder.read(&[]))
            .contains("connectors.email.smtp_server: unknown setting; known are smtp_host")
    );
    folder.file("homepilot.toml", "[connectors.email]\nsmtp_pass = TOPSECRET\n", 0o644);
    let said = problems(folder.read(&[]));
    assert!(said.contains("line 2 is no TOML") && !said.contains("TOPSECRET"), "{said}");
    folder.file("no.pem", "nothing", 0o644);
    folder.file("homepilot.toml", "", 0o644);
    folder.file(".env", &format!("{WHOLE}EMAIL_CA_FILE={}/no.pem\n", folder.0.path().display()), 0o600);
    assert!(problems(folder.read(&[])).contains("no certificate"));
}

#[test]
fn equal_values_are_equal() {
    let folder = Folder::new();
    folder.file(".env", WHOLE, 0o600);
    let values = || read(Connector::Email, &folder.paths(), &Environment::default()).0;
    let before = values();
    assert!(before == values());
    folder.file(".env", &WHOLE.replace("TOPSECRET", "another"), 0o600);
    assert!(before != values());
}
