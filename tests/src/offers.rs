//! What the integrations guide says of its providers, row by row, with tools named as they name theirs, and the addresses that
//! their stand-ins (`tests/peers/provider.py`) have it at.

/// The guide's providers, in the order of its comparison; the names of their pages.
pub const PROVIDERS: [&str; 4] = ["zapier", "klavis", "infobip", "viasocket"];

/// One row of a provider's table of integrations.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// Whose it is.
    pub provider: &'static str,
    /// What the row is called.
    pub name: &'static str,
    /// Tools that only read; none where there is nothing to read.
    pub reads: &'static [&'static str],
    /// Tools that do something.
    pub writes: &'static [&'static str],
}

const fn service(
    provider: &'static str,
    name: &'static str,
    reads: &'static [&'static str],
    writes: &'static [&'static str],
) -> Service {
    Service { provider, name, reads, writes }
}

/// Every row of the four tables.
pub const SERVICES: [Service; 24] = [
    service(
        "zapier",
        "Gmail",
        &["gmail_find_email"],
        &["gmail_send_email", "gmail_create_draft", "gmail_archive_email", "gmail_add_label_to_email"],
    ),
    service(
        "zapier",
        "Outlook Mail",
        &["microsoft_outlook_find_emails"],
        &["microsoft_outlook_send_email", "microsoft_outlook_move_email"],
    ),
    service("zapier", "WhatsApp", &[], &["whatsapp_send_message"]),
    service("zapier", "SMS", &[], &["twilio_send_sms"]),
    service(
        "zapier",
        "Google Calendar",
        &["google_calendar_find_events", "google_calendar_find_busy_periods"],
        &["google_calendar_create_detailed_event", "google_calendar_add_attendees"],
    ),
    service(
        "zapier",
        "Slack",
        &["slack_find_message"],
        &["slack_send_channel_message", "slack_reply_in_thread"],
    ),
    service(
        "zapier",
        "GitHub",
        &["github_find_issue", "github_find_repository"],
        &["github_create_issue", "github_submit_review"],
    ),
    service(
        "zapier",
        "Notion",
        &["notion_find_page"],
        &["notion_create_page", "notion_update_database_item"],
    ),
    service(
        "zapier",
        "Trello",
        &["trello_find_card"],
        &["trello_create_card", "trello_move_card_to_list", "trello_add_member_to_card"],
    ),
    service(
        "zapier",
        "Google Sheets",
        &["google_sheets_lookup_row"],
        &["google_sheets_create_row", "google_sheets_update_row"],
    ),
    service(
        "klavis",
        "Gmail",
        &["gmail_search_emails", "gmail_read_email"],
        &["gmail_send_email", "gmail_draft_email", "gmail_modify_email"],
    ),
    service(
        "klavis",
        "Outlook Mail",
        &["outlook_mail_list_messages", "outlook_mail_read_message"],
        &["outlook_mail_send_message", "outlook_mail_move_message"],
    ),
    service(
        "klavis",
        "Outlook Calendar",
        &["outlook_calendar_list_events", "outlook_calendar_get_schedule"],
        &["outlook_calendar_create_event"],
    ),
    service(
        "klavis",
        "Google Calendar",
        &["google_calendar_list_events", "google_calendar_find_free_slots"],
        &["google_calendar_create_event", "google_calendar_add_attendees"],
    ),
    service("klavis", "WhatsApp Business", &[], &["whatsapp_send_text"]),
    service(
        "klavis",
        "Google Drive",
        &["google_drive_search_files", "google_drive_read_file"],
        &["google_drive_upload_file"],
    ),
    service(
        "infobip",
        "WhatsApp",
        &["whatsapp_message_logs"],
        &["whatsapp_send_text", "whatsapp_send_template", "whatsapp_send_media"],
    ),
    service("infobip", "SMS", &["sms_message_logs"], &["sms_send_message"]),
    service("infobip", "Viber", &["viber_message_logs"], &["viber_send_message"]),
    service("infobip", "Voice calls", &["voice_call_logs"], &["voice_send_message"]),
    service("infobip", "Email", &["email_message_logs"], &["email_send_message"]),
    service(
        "viasocket",
        "Gmail",
        &["gmail_search_emails", "gmail_get_email"],
        &["gmail_send_email", "gmail_create_draft", "gmail_add_label"],
    ),
    service(
        "viasocket",
        "Google Sheets",
        &["google_sheets_get_rows"],
        &["google_sheets_add_row", "google_sheets_update_row"],
    ),
    service(
        "viasocket",
        "Airtable",
        &["airtable_find_records"],
        &["airtable_create_record", "airtable_update_record", "airtable_delete_record"],
    ),
];

/// The services of the guide's comparison, and under which name each of [`PROVIDERS`] has it, if it does.
pub const COMPARED: [(&str, [Option<&str>; 4]); 8] = [
    ("Gmail", [Some("Gmail"), Some("Gmail"), Some("Email"), Some("Gmail")]),
    ("Outlook", [Some("Outlook Mail"), Some("Outlook Mail"), None, None]),
    ("WhatsApp", [Some("WhatsApp"), Some("WhatsApp Business"), Some("WhatsApp"), None]),
    ("Calendar", [Some("Google Calendar"), Some("Outlook Calendar"), None, None]),
    ("Slack", [Some("Slack"), None, None, None]),
    ("GitHub", [Some("GitHub"), None, None, None]),
    ("SMS", [Some("SMS"), None, Some("SMS"), None]),
    ("Voice calls", [None, None, Some("Voice calls"), None]),
];

/// The rows of one provider.
#[must_use]
pub fn services(provider: &str) -> Vec<&'static Service> {
    SERVICES.iter().filter(|service| service.provider == provider).collect()
}

impl Service {
    /// `outlook-mail`.
    #[must_use]
    pub fn slug(&self) -> String {
        self.name.to_lowercase().replace(' ', "-")
    }

    /// All of its tools.
    pub fn tools(&self) -> impl Iterator<Item = &'static str> {
        self.reads.iter().chain(self.writes).copied()
    }

    /// Its tools as the stand-in takes them.
    #[must_use]
    pub fn offered(&self) -> Vec<String> {
        let kind = |kind: &str, names: &[&str]| -> Vec<String> {
            names.iter().map(|name| format!("{kind}:{name}")).collect()
        };
        [kind("read", self.reads), kind("write", self.writes)].concat()
    }

    /// Where its provider would have it, with a key in the address where that provider wants one there.
    #[must_use]
    pub fn address(&self, key: &str) -> String {
        let slug = self.slug();
        match self.provider {
            "zapier" => format!("/api/v1/connect?token={key}-{slug}"),
            "klavis" => format!("/mcp/{slug}/{key}"),
            "infobip" => format!("/{slug}"),
            _ => format!("/mcp/{key}-{slug}"),
        }
    }
}

/// The header that a provider wants its key in, if it does.
#[must_use]
pub fn header(provider: &str, key: &str) -> Option<(&'static str, String)> {
    match provider {
        "infobip" => Some(("Authorization", format!("App {key}"))),
        "home-automation" => Some(("Authorization", format!("Bearer {key}"))),
        _ => None,
    }
}

/// The addresses on a page, as its stand-in has them: with the key, and whether they are of the older transport.
#[must_use]
pub fn addresses(page: &str, key: &str) -> Vec<(String, bool)> {
    let addresses: &[(&str, bool)] = match page {
        "zapier" => &[("/api/v1/connect?token=KEY", false), ("/mcp/KEY", false)],
        "klavis" => &[
            ("/mcp/?instance_id=KEY", false),
            ("/mcp/gmail/KEY", false),
            ("/mcp/outlook/KEY", false),
            ("/mcp/whatsapp/KEY", false),
        ],
        "infobip" => &[("/sms", false), ("/sms/sse", true), ("/mcp", false)],
        "viasocket" => &[("/mcp/KEY", false), ("/gmail/KEY", false)],
        "home-automation" => &[("/api/mcp", false), ("/mcp_server/sse", true)],
        other => panic!("nobody said where the stand-in of the page {other:?} is"),
    };
    addresses.iter().map(|(address, older)| (address.replace("KEY", key), *older)).collect()
}

/// The arguments that make `provider.py` the stand-in of a page: each of its addresses, with all its tools.
#[must_use]
pub fn stand_in(page: &str, key: &str) -> Vec<String> {
    let mut tools: Vec<String> = services(page).into_iter().flat_map(Service::offered).collect();
    if page == "home-automation" {
        let writes = ["HassTurnOn", "HassTurnOff", "HassLightSet", "HassClimateSetTemperature"];
        tools = writes.map(|name| format!("write:{name}")).to_vec();
        tools.push("read:GetLiveContext".to_owned());
    }
    let addresses = addresses(page, key);
    let mut arguments = vec!["--paths".to_owned()];
    arguments.extend(addresses.iter().map(|(address, _)| address.clone()));
    arguments.push("--tools".to_owned());
    arguments.extend(tools);
    let older: Vec<String> = addresses.into_iter().filter(|(_, older)| *older).map(|(it, _)| it).collect();
    if !older.is_empty() {
        arguments.push("--sse".to_owned());
        arguments.extend(older);
    }
    if let Some((name, value)) = header(page, key) {
        arguments.extend(["--header".to_owned(), format!("{name}: {value}")]);
    }
    if page == "home-automation" {
        arguments.push("--stateless".to_owned());
    }
    arguments
}
