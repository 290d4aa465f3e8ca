use super::*;

fn read(lines: &[&str]) -> (Head, Body) {
    letter(lines.join("\r\n").as_bytes())
}

#[test]
fn odd_encodings_are_read() {
    for (raw, wanted) in [
        (&b"Subject: =?utf-8?B?TGllYmUgR3LDvMOfZQ==?=\r\n\r\n"[..], "Liebe Grüße"),
        (b"Subject: =?iso-8859-1?Q?Caf=E9_at_five?=\r\n\r\n", "Café at five"),
        (b"Subject: =?koi8-r?B?8NLJ18XU?=\r\n\r\n", "Привет"),
        (b"Subject: =?utf-8?Q?A_?= =?utf-8?Q?B?=\r\n\r\n", "A B"),
        ("Subject: plain ütf-8\r\n\r\n".as_bytes(), "plain ütf-8"),
        (b"Subject: \xe2\x80\xaereversed\r\n\r\n", "reversed"),
        (b"Subject: =?nothing?X?zzz?=\r\n\r\n", "=?nothing?X?zzz?="),
        (b"Subject: folded\r\n over lines\r\n\r\n", "folded over lines"),
    ] {
        assert_eq!(head(raw).subject, wanted);
    }
    let body = b"Content-Type: text/plain; charset=windows-1252\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n=80 12 for the boiler=\r\n, it=92s mended";
    assert_eq!(letter(body).1.text, "€ 12 for the boiler, it’s mended");
    let japanese = b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B$3$s$K$A$O\x1b(B";
    assert_eq!(letter(japanese).1.text, "こんにちは");
}

#[test]
fn whatever_is_malformed_is_read_as_far_as_it_goes() {
    let deep: String =
        (0..200).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
    let unended =
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello";
    for raw in [
        &b""[..],
        b"\r\n",
        b"\0\0\0\0",
        b"no header at all",
        b"Subject",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/html; charset=\r\n\r\n<p",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"From: <<<>>>, @@, \"\r\nTo: ;;;\r\nDate: the day after\r\nMessage-ID: <>\r\n\r\n",
        deep.as_bytes(),
    ] {
        let (head, body) = letter(raw);
        assert!(head.id.is_none() && body.attachments.len() <= MOST_ATTACHMENTS, "{head:?}");
    }
    assert_eq!(letter(unended.as_bytes()).1.text, "Hello");
    let parts: String = (0..500)
        .map(|n| format!("--x\r\nContent-Disposition: attachment; filename=f{n}\r\n\r\nx\r\n"))
        .collect();
    let many = format!("Content-Type: multipart/mixed; boundary=x\r\n\r\n{parts}--x--\r\n");
    assert_eq!(letter(many.as_bytes()).1.attachments.len(), MOST_ATTACHMENTS);
}

#[test]
fn who_wrote_is_data() {
    let head = head(
        "From: \"Sara\u{202e} <b>Bell</b>\" <sara@x.org>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n\
                     Message-ID: <a b@x>\r\nReferences: <1@x> <2@x\r\n\r\n"
            .as_bytes(),
    );
    let from = head.from.unwrap();
    assert_eq!((from.called(), from.address.as_str()), ("Sara Bell", "sara@x.org"));
    assert_eq!(head.date.unwrap().to_string(), "2026-11-23T09:00:00Z");
    assert_eq!(head.id, None, "it can't be written into a header");
}

#[test]
fn attachments_are_listed_and_texts_are_ones_own_words() {
    let (_, body) = read(&[
        "Content-Type: multipart/mixed; boundary=x",
        "",
        "--x",
        "Content-Type: multipart/alternative; boundary=y",
        "",
        "--y",
        "Content-Type: text/plain",
        "",
        "Friday suits me.",
        "",
        "On Monday Ada wrote:",
        "> When do we meet?",
        "> Yours",
        "--y",
        "Content-Type: text/html",
        "",
        "<p>Friday suits me.</p>",
        "--y--",
        "--x",
        "Content-Type: application/pdf; name=\"=?utf-8?Q?R=C3=A9sum=C3=A9=2Epdf?=\"",
        "Content-Disposition: attachment",
        "Content-Transfer-Encoding: base64",
        "",
        "AAAA",
        "--x--",
    ]);
    assert_eq!(body.text, "Friday suits me.");
    assert_eq!(
        body.attachments,
        [Attachment { name: "Résumé.pdf".into(), kind: "application/pdf".into(), size: 3 }]
    );
    assert_eq!(read(&["Content-Type: text/html", "", "<h1>Hi</h1><p>there</p>"]).1.text, "Hi\nthere");
    assert_eq!(read(&["Subject: x", "", "> all of it", "> is quoted"]).1.text, "> all of it\n> is quoted");
    assert_eq!(read(&["Subject: x", "", "Yes.", "-- ", "Sara, chief of chairs"]).1.text, "Yes.");
    let long = read(&["Subject: x", "", &"word ".repeat(5000)]).1;
    assert!(long.cut && long.text.chars().count() <= LONGEST_TEXT);
}
