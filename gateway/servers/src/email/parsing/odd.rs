//! Messages that no program writes: cut off, spoilt, and made to grow while they are read.

use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};

use super::*;

/// A message with most of what a message may have.
const WHOLE: &str = "From: \"Sara\" <sara@x.org>\r\nTo: ada@x.org, Bob <bob@x.org>\r\nSubject: =?utf-8?B?TGllYmUgR3LDvMOfZQ==?=\r\n\
    Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x.org>\r\nReferences: <0@x.org>\r\n\
    Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n\
    --y\r\nContent-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    =80 12 for the boiler=\r\n, it=92s mended\r\n--y\r\nContent-Type: text/html\r\n\r\n<p>Friday suits me.</p>\r\n--y--\r\n\
    --x\r\nContent-Type: application/pdf; name*0=\"bi\"; name*1=\"ll.pdf\"\r\nContent-Disposition: attachment\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: Forwarded\r\n\r\nHello\r\n\
    --x--\r\n";

/// What is wrong with how bytes are read, if anything: all that is kept has a length.
fn fault(bytes: &[u8]) -> Option<String> {
    let (head, body) = letter(bytes);
    let people = || head.from.iter().chain(&head.to).chain(&head.cc).chain(&head.reply_to);
    let clean = |text: &str| !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t');
    let bounds = [
        ("the subject", head.subject.chars().count() <= LONGEST_SUBJECT && clean(&head.subject)),
        ("the people", people().count() <= 1 + 3 * MOST_PEOPLE),
        ("an address", people().all(|one| one.address.len() <= LONGEST_ADDRESS && clean(&one.address))),
        ("a name", people().all(|one| one.called().len() <= 4 * LONGEST_ADDRESS && clean(one.called()))),
        ("the thread", head.references.len() <= MOST_REFERENCES),
        ("an id", head.id.iter().chain(&head.references).all(|id| id.len() <= LONGEST_ID && clean(id))),
        ("the text", body.text.chars().count() <= LONGEST_TEXT && clean(&body.text)),
        ("the attachments", body.attachments.len() <= MOST_ATTACHMENTS),
        (
            "a file",
            body.attachments
                .iter()
                .all(|file| file.name.chars().count() <= LONGEST_FILE && clean(&file.name)),
        ),
    ];
    bounds.into_iter().find(|(_, holds)| !holds).map(|(what, _)| what.to_owned())
}

fn base64(bytes: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn a_message_is_read_as_far_as_it_goes_wherever_it_is_cut() {
    let (head, body) = letter(WHOLE.as_bytes());
    assert_eq!((head.subject.as_str(), head.id.as_deref()), ("Liebe Grüße", Some("1@x.org")));
    assert_eq!(body.text, "€ 12 for the boiler, it’s mended");
    let names: Vec<&str> = body.attachments.iter().map(|file| file.name.as_str()).collect();
    assert!(names.contains(&"bill.pdf") && names.contains(&"Forwarded"), "{names:?}");
    for end in 0..WHOLE.len() {
        assert_eq!(fault(&WHOLE.as_bytes()[..end]), None, "cut at {end}");
    }
}

#[test]
fn messages_within_messages_are_taken_apart_so_far_and_no_further() {
    // The stack of this test holds some thousands.
    for header in [
        "Content-Type: message/rfc822\r\n\r\n",
        "content-type:message/global\n\n",
        "Content-Type: Message / RFC822\r\nX: y\r\n\r\n",
        "Content-Type: message\r\n /rfc822;a=b\r\n\r\n",
        "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n",
    ] {
        for times in [MOST_NESTED, 10_000, 30_000] {
            let deep = format!("Subject: outside\r\n{}Subject: inside\r\n\r\nHello", header.repeat(times));
            assert_eq!(fault(deep.as_bytes()), None, "{header:?} {times} times");
            assert_eq!(head(deep.as_bytes()).subject, "outside", "{header:?} {times} times");
        }
    }
}

#[test]
fn an_encoded_message_is_a_file_and_not_copied_for_each_message_in_it() {
    let inside = "Content-Type: message/rfc822\r\n\r\n".repeat(20_000);
    let siblings = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nc\r\n".repeat(10_000)
    );
    for inside in [inside, siblings] {
        let file = format!("Content-Transfer-Encoding: base64\r\n\r\n{}", base64(&inside));
        for whole in [
            format!("Content-Type: message/rfc822\r\n{file}"),
            format!("CONTENT-TYPE: MESSAGE/GLOBAL\r\n{file}"),
            format!(
                "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n{file}\r\n--x--"
            ),
            format!("Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n{file}\r\n--x--"),
        ] {
            assert_eq!(fault(whole.as_bytes()), None, "{}", &whole[..80]);
        }
    }
}

#[test]
fn what_is_harmless_stays_as_it_came() {
    for header in [
        "Subject: The weekly digest of global news, by RFC822\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA",
        "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nmultipart/digest, said the text\r\n",
        WHOLE,
    ] {
        assert!(matches!(tamed(header.as_bytes()), Cow::Borrowed(_)), "{header}");
    }
}

#[test]
fn parts_within_parts_and_parts_that_never_come_end() {
    let nested: String = (0..10_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let missing = "--x\r\nContent-Type: multipart/mixed; boundary=nowhere\r\n\r\n".repeat(10_000);
    let missing = format!("Content-Type: multipart/mixed; boundary=x\r\n\r\n{missing}");
    let equal = "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n".repeat(10_000);
    for deep in [nested, missing, equal] {
        assert_eq!(fault(deep.as_bytes()), None);
    }
}

#[test]
fn headers_without_end_are_cut() {
    for header in [
        format!("Subject: {}", "=?utf-8?Q?a?= ".repeat(2_000)),
        format!("Subject: {}", "=?utf-8?B?".repeat(2_000)),
        format!("To: {}", "a@x.org,".repeat(20_000)),
        format!("To: {}", "(".repeat(2_000)),
        format!("To: {}", "g:".repeat(2_000)),
        format!("To: {}", "\"".repeat(2_001)),
        format!("From: {}@x.org", "a".repeat(100_000)),
        format!("References: {}", "<a@x> ".repeat(20_000)),
        format!("Content-Type: text/plain; {}", "a*0*=x;".repeat(2_000)),
        format!("Date: {}", "9".repeat(20_000)),
        format!("Received: {}", "from a by b;".repeat(10_000)),
        "A: b\r\n".repeat(20_000),
        "A\r\n ".repeat(20_000),
        "\r\n".repeat(20_000),
    ] {
        assert_eq!(
            fault(format!("{header}\r\n\r\nHello").as_bytes()),
            None,
            "{}",
            &header[..20.min(header.len())]
        );
    }
}

#[test]
fn a_page_that_is_deep_or_never_ends_is_read_as_far_as_it_goes() {
    for html in [
        "<div>".repeat(10_000),
        "<b><table><tr><td>".repeat(2_000),
        "<".repeat(20_000),
        "&amp".repeat(20_000),
    ] {
        let message = format!("Content-Type: text/html\r\n\r\n<p>Hello</p>{html}");
        assert_eq!(fault(message.as_bytes()), None, "{}", &html[..8]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_are_a_message_within_bounds(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        none(fault(&bytes))?;
    }

    #[test]
    fn a_spoilt_message_is_a_message_within_bounds(
        spoil in prop::collection::vec((0..WHOLE.len(), any::<u8>()), 1..8),
        (one, other) in (0..WHOLE.len(), 0..WHOLE.len()),
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (at, byte) in spoil {
            bytes[at] = byte;
        }
        // A stretch of it stands in it twice.
        let twice = [&bytes[..one.max(other)], &bytes[one.min(other)..]].concat();
        for spoilt in [bytes, twice] {
            none(fault(&spoilt))?;
        }
    }

    #[test]
    fn any_row_of_headers_and_bodies_is_a_message_within_bounds(parts in prop::collection::vec(prop::sample::select(PARTS), 0..30)) {
        none(fault(parts.concat().as_bytes()))?;
    }

    #[test]
    fn a_subject_comes_back_from_its_encoding(subject in "[^\\pC\\s][^\\pC]{0,30}[^\\pC\\s]") {
        let raw = format!("Subject: =?utf-8?B?{}?=\r\n\r\n", base64(&subject));
        prop_assert!(head(raw.as_bytes()).subject == plain::line(&subject, LONGEST_SUBJECT), "{}", subject);
    }
}

/// A fault as a failure of a property.
fn none(fault: Option<String>) -> Result<(), proptest::test_runner::TestCaseError> {
    fault.map_or(Ok(()), |what| {
        Err(proptest::test_runner::TestCaseError::fail(format!("{what} has no bound")))
    })
}

/// What a message is made of.
const PARTS: &[&str] = &[
    "Content-Type: ",
    "multipart/mixed; boundary=x",
    "multipart/digest; boundary=x",
    "message/rfc822",
    "text/html; charset=utf-16",
    "text/plain; charset=iso-2022-jp",
    "Content-Transfer-Encoding: ",
    "base64",
    "quoted-printable",
    "Content-Disposition: attachment",
    "Subject: ",
    "From: ",
    "<a@b>",
    "=?utf-8?Q?=",
    "?=",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    "\r\n ",
    "--x\r\n",
    "--x--",
    "--",
    "=",
    "AAAA",
    "\u{1b}$B",
    "(",
    "\"",
    ";",
    "\0",
    "é",
];
