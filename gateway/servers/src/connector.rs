//! The connectors: servers for accounts of the user's own, which are started only when they are set up.

use crate::serving::Effect;
use crate::{calendar, email, whatsapp};

/// A connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector {
    /// Mail over SMTP and IMAP.
    Email,
    /// WhatsApp Business over Meta's Cloud API.
    WhatsApp,
    /// A calendar over CalDAV.
    Calendar,
}

impl Connector {
    /// How many there are.
    pub const COUNT: usize = 3;

    /// All of them, in the order of their ports.
    pub const ALL: [Connector; Connector::COUNT] =
        [Connector::Email, Connector::WhatsApp, Connector::Calendar];

    /// The name under which the gateway registers it.
    pub fn name(self) -> &'static str {
        match self {
            Connector::Email => email::NAME,
            Connector::WhatsApp => whatsapp::NAME,
            Connector::Calendar => calendar::NAME,
        }
    }

    /// What it does, in a few words.
    pub fn description(self) -> &'static str {
        match self {
            Connector::Email => {
                "Mail of your own account: read, search, send, reply, draft, archive and label"
            }
            Connector::WhatsApp => whatsapp::DESCRIPTION,
            Connector::Calendar => calendar::DESCRIPTION,
        }
    }

    /// What kind of thing it is.
    pub fn category(self) -> &'static str {
        match self {
            Connector::Email | Connector::WhatsApp => "communication",
            Connector::Calendar => "productivity",
        }
    }

    /// Every tool with what it does to the world.
    pub fn effects(self) -> Vec<(&'static str, Effect)> {
        match self {
            Connector::Email => email::classes(),
            Connector::WhatsApp => whatsapp::classes(),
            Connector::Calendar => calendar::classes(),
        }
    }
}
