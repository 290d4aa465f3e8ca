//! Settings of the mail connector, by the names of the integrations guide.

use homepilot_servers::email::{self, Account, Security};

use super::{Reader, Setting};
use crate::paths::Paths;

/// The port of SMTP over TLS from the first byte.
const SMTP_PORT: u16 = 465;
/// The port of IMAP over TLS from the first byte.
const IMAP_PORT: u16 = 993;

const fn setting(key: &'static str, variable: &'static str, takes: &'static str) -> Setting {
    Setting { key, variable, takes, needed: false, secret: false }
}

const fn needed(key: &'static str, variable: &'static str, takes: &'static str) -> Setting {
    Setting { needed: true, ..setting(key, variable, takes) }
}

const SECURITY: &str = "tls (from the first byte) or starttls; by the port if left out";

pub(super) const SETTINGS: &[Setting] = &[
    needed(
        "smtp_host",
        "EMAIL_SMTP_HOST",
        "the name of the server that takes your mail, like smtp.gmail.com",
    ),
    setting("smtp_port", "EMAIL_SMTP_PORT", "its port: 465, 587 or another of 1 to 65535; 465 if left out"),
    setting("smtp_security", "EMAIL_SMTP_SECURITY", SECURITY),
    needed("smtp_user", "EMAIL_SMTP_USER", "the name you sign in with, mostly your address"),
    Setting {
        secret: true,
        ..needed("smtp_pass", "EMAIL_SMTP_PASS", "your password; of Gmail and Outlook an app password")
    },
    needed(
        "imap_host",
        "EMAIL_IMAP_HOST",
        "the name of the server that keeps your mail, like imap.gmail.com",
    ),
    setting("imap_port", "EMAIL_IMAP_PORT", "its port: 993, 143 or another of 1 to 65535; 993 if left out"),
    setting("imap_security", "EMAIL_IMAP_SECURITY", SECURITY),
    setting("imap_user", "EMAIL_IMAP_USER", "the name you sign in with there; that of SMTP if left out"),
    Setting {
        secret: true,
        ..setting("imap_pass", "EMAIL_IMAP_PASS", "your password there; that of SMTP if left out")
    },
    setting("from", "EMAIL_FROM", "your address, like Ada Bell <ada@example.org>; the SMTP user if left out"),
    setting("ca_file", "EMAIL_CA_FILE", "the PEM file of a certificate that your servers' are signed with"),
];

impl Reader {
    /// `None` after a problem, or if something is missing.
    pub(super) fn mail(&mut self, paths: &Paths) -> Option<email::Options> {
        let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port != 0);
        let smtp_port = self.parsed("smtp_port", port);
        let imap_port = self.parsed("imap_port", port);
        let smtp_security = self.parsed("smtp_security", security);
        let imap_security = self.parsed("imap_security", security);
        let smtp_host = self.parsed("smtp_host", host);
        let imap_host = self.parsed("imap_host", host);
        let from = match self.text("from") {
            Some(_) => self.parsed("from", |text| email::Sender::parse(text).ok()),
            None => self.text("smtp_user").and_then(|user| {
                let sender = email::Sender::parse(&user).ok();
                if sender.is_none() {
                    // Who signs in by another name has to say what others answer to.
                    self.missing.extend(SETTINGS.iter().find(|setting| setting.key == "from"));
                }
                sender
            }),
        };
        let authority = self.contents("ca_file");
        let user = self.text("smtp_user")?;
        let password = self.secret("smtp_pass")?;
        let smtp_port = smtp_port.unwrap_or(SMTP_PORT);
        let imap_port = imap_port.unwrap_or(IMAP_PORT);
        let imap = Account {
            host: imap_host?,
            port: imap_port,
            security: imap_security.unwrap_or_else(|| Security::of_imap(imap_port)),
            user: self.text("imap_user").unwrap_or_else(|| user.clone()),
            password: self.secret("imap_pass").unwrap_or_else(|| password.clone()),
        };
        let smtp = Account {
            host: smtp_host?,
            port: smtp_port,
            security: smtp_security.unwrap_or_else(|| Security::of_smtp(smtp_port)),
            user,
            password,
        };
        let options =
            email::Options { authority, ..email::Options::new(paths.database(), smtp, imap, from?) };
        match options.check() {
            Ok(()) => Some(options),
            Err(problem) => {
                self.complain("ca_file", problem);
                None
            }
        }
    }
}

fn security(text: &str) -> Option<Security> {
    match text.to_ascii_lowercase().as_str() {
        "tls" | "ssl" => Some(Security::Tls),
        "starttls" => Some(Security::StartTls),
        _ => None,
    }
}

/// A name or an address, without what belongs to other settings.
fn host(text: &str) -> Option<String> {
    let fits = text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._:".contains(&c));
    let is_address = text.parse::<std::net::Ipv6Addr>().is_ok();
    (fits && text.len() <= 253 && (is_address || !text.contains(':'))).then(|| text.to_owned())
}
