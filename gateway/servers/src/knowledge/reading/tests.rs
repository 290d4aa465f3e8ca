//! Files of each kind, made here: what is read of them, and what becomes of those that can't be.

use std::io::{Cursor, Write};

use docx_rs::{Docx, Paragraph, Run, Table, TableCell, TableRow};
use zip::write::SimpleFileOptions;

use super::*;

fn read(format: Format, bytes: &[u8]) -> Result<Reading, ReadError> {
    super::read(format, bytes, &Cancel::new())
}

fn texts(reading: &Reading) -> Vec<(&str, &str)> {
    reading.blocks.iter().map(|block| (block.heading.as_str(), block.text.as_str())).collect()
}

/// A PDF with one line a page, as small as the format allows.
pub(in crate::knowledge) fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut objects = vec!["<< /Type /Catalog /Pages 2 0 R >>".to_owned()];
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 4 + 2 * page)).collect();
    objects.push(format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()));
    objects
        .push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned());
    for (page, text) in pages.iter().enumerate() {
        let content = 5 + 2 * page;
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {content} 0 R >>"
        ));
        let lines: Vec<String> = text.lines().map(|line| format!("({line}) Tj 0 -14 Td")).collect();
        let stream = format!("BT /F1 12 Tf 72 720 Td {} ET", lines.join(" "));
        objects.push(format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()));
    }
    let mut file = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        places.push(file.len());
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let table = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    places.iter().for_each(|place| file.push_str(&format!("{place:010} 00000 n \n")));
    file.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    file.into_bytes()
}

/// A Word document with a title, two headings, paragraphs and a table.
pub(in crate::knowledge) fn docx() -> Vec<u8> {
    let paragraph = |text: &str| Paragraph::new().add_run(Run::new().add_text(text));
    let cell = |text: &str| TableCell::new().add_paragraph(paragraph(text));
    let document = Docx::new()
        .add_paragraph(paragraph("House rules").style("Title"))
        .add_paragraph(paragraph("Garden").style("Heading1"))
        .add_paragraph(paragraph("The lawn is mown on Saturdays."))
        .add_paragraph(paragraph("Tools").style("Heading2"))
        .add_table(Table::new(vec![TableRow::new(vec![cell("Rake"), cell("in the shed")])]));
    let mut file = Cursor::new(Vec::new());
    document.build().pack(&mut file).unwrap();
    file.into_inner()
}

#[test]
fn plain_text_is_read_by_paragraphs_in_the_encodings_people_have() {
    let expected = "Grüße aus Köln – “schön”";
    let utf16 = |unit: fn(u16) -> [u8; 2]| expected.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let windows: Vec<u8> = b"Gr\xfc\xdfe aus K\xf6ln \x96 \x93sch\xf6n\x94".to_vec();
    for bytes in [
        expected.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", expected.as_bytes()].concat(),
        [b"\xff\xfe".to_vec(), utf16(u16::to_le_bytes)].concat(),
        [b"\xfe\xff".to_vec(), utf16(u16::to_be_bytes)].concat(),
        windows,
    ] {
        assert_eq!(texts(&read(Format::Plain, &bytes).unwrap()), [("", expected)]);
    }
    let two = read(Format::Plain, b"one\r\nline\r\n\r\n\r\ntwo").unwrap();
    assert_eq!(texts(&two), [("", "one\nline"), ("", "two")]);
    for bytes in [&b"\x00\x01\x02\x03"[..], b"\x89PNG\r\n\x1a\n\x00\x00", b"\xff\xfe\x00"] {
        assert_eq!(read(Format::Plain, bytes), Err(ReadError::NotText));
    }
    assert_eq!(read(Format::Plain, b" \n \n"), Err(ReadError::Empty));
    let long = "some words \n\n".repeat(LARGEST_TEXT / 9);
    assert_eq!(read(Format::Plain, long.as_bytes()).err(), Some(ReadError::Long));
}

#[test]
fn what_cannot_be_seen_is_taken_out() {
    let hidden = "pay \u{202e}to\u{202c} An\u{200b}na\u{0}\u{7}\u{1b}[31m \u{e0041}now\u{ad}";
    assert_eq!(tidy(hidden), "pay to Anna[31m now");
    assert_eq!(tidy("  a \t b\n\n c\u{2028}d "), "a b\n\nc d");
}

#[test]
fn markdown_is_read_under_its_headings() {
    let text = "---\ntags: secret\n---\n# Boiler\n\nKeep the *pressure* at\n1.5 bar.\n\n## Care\n\n- drain it\n  - slowly\n- call [Ann](http://x)\n\n\
        | part | price |\n|---|---|\n| valve | 20 |\n\n```\ncode\n```\n# Other\n<b>bold</b> end";
    let reading = read(Format::Markdown, text.as_bytes()).unwrap();
    assert_eq!(reading.title.as_deref(), Some("Boiler"));
    assert_eq!(
        texts(&reading),
        [
            ("Boiler", "Keep the pressure at 1.5 bar."),
            ("Boiler > Care", "drain it"),
            ("Boiler > Care", "slowly"),
            ("Boiler > Care", "call Ann"),
            ("Boiler > Care", "part; price"),
            ("Boiler > Care", "valve; 20"),
            ("Boiler > Care", "code"),
            ("Other", "bold end"),
        ]
    );
}

#[test]
fn web_pages_are_read_without_what_is_not_text() {
    let long =
        "The kettle is descaled with vinegar once a month, and rinsed twice with clear water afterwards. "
            .repeat(8);
    let page = format!(
        "<html><head><title>Kettle care</title><script>var x = 'tracking';</script></head><body><nav><a href=/>Home</a></nav>\
         <article><h1>Kettle care</h1><p>{long}</p><h2>Filter</h2><p>{long}</p></article></body></html>"
    );
    let reading = read(Format::Html, page.as_bytes()).unwrap();
    assert_eq!(reading.title.as_deref(), Some("Kettle care"));
    assert!(
        reading
            .blocks
            .iter()
            .any(|block| block.heading.ends_with("Filter") && block.text.starts_with("The kettle"))
    );
    assert!(!format!("{reading:?}").contains("tracking"));
    let short =
        read(Format::Html, b"<html><title>Note</title><body><p>The key is under the mat.</p></body></html>")
            .unwrap();
    assert_eq!(texts(&short), [("", "The key is under the mat.")]);
}

#[test]
fn pdfs_are_read_page_by_page() {
    let reading =
        read(Format::Pdf, &pdf(&["The warranty ends in exam-\nple year 2031.", "Call the fitter."])).unwrap();
    let pages: Vec<_> =
        reading.blocks.iter().map(|block| (block.page, block.text.replace('\n', " "))).collect();
    assert_eq!(
        pages,
        [
            (Some(1), "The warranty ends in example year 2031.".to_owned()),
            (Some(2), "Call the fitter.".to_owned())
        ]
    );
    assert_eq!(read(Format::Pdf, &pdf(&[""])), Err(ReadError::Empty));
    assert_eq!(read(Format::Pdf, &pdf(&vec!["x"; pdf::MOST_PAGES + 1])), Err(ReadError::Pages));
}

#[test]
fn word_documents_are_read_under_their_headings() {
    let reading = read(Format::Docx, &docx()).unwrap();
    assert_eq!(reading.title.as_deref(), Some("House rules"));
    assert_eq!(
        texts(&reading),
        [("Garden", "The lawn is mown on Saturdays."), ("Garden > Tools", "Rake; in the shed")]
    );
}

#[test]
fn a_word_document_that_unpacks_to_too_much_is_refused() {
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for part in 0..3 {
        file.start_file(format!("{part}.xml"), SimpleFileOptions::default()).unwrap();
        let piece = vec![b' '; 1024 * 1024];
        (0..40).for_each(|_| file.write_all(&piece).unwrap());
    }
    let bytes = file.finish().unwrap().into_inner();
    assert!(bytes.len() < 1024 * 1024);
    assert_eq!(read(Format::Docx, &bytes), Err(ReadError::Unpacked));
}

#[tokio::test]
async fn damaged_files_are_errors_and_not_the_end() {
    let reader = Reader::new();
    let whole = [(Format::Pdf, pdf(&["The warranty ends in 2031."])), (Format::Docx, docx())];
    for (format, bytes) in whole {
        assert!(reader.read(format, b"nonsense".to_vec()).await.is_err());
        for cut in [10, bytes.len() / 3, bytes.len() / 2, bytes.len() - 60] {
            // What is left may still be readable.
            drop(reader.read(format, bytes[..cut].to_vec()).await);
        }
        // Every hundredth byte turned, one at a time.
        for at in (0..bytes.len()).step_by(bytes.len() / 50) {
            let mut turned = bytes.clone();
            turned[at] ^= 0x55;
            drop(reader.read(format, turned).await);
        }
        assert!(reader.read(format, bytes).await.is_ok());
    }
    // Without a MediaBox, at which the crate panics.
    let odd = String::from_utf8(pdf(&["text"])).unwrap().replace("MediaBox", "MadiaBox");
    assert!(matches!(reader.read(Format::Pdf, odd.into_bytes()).await, Err(ReadError::Damaged(_))));
}

#[tokio::test]
async fn files_wait_for_those_that_never_end_only_so_long() {
    let reader = Reader { longest: Duration::from_millis(20), ..Reader::new() };
    let held = reader.places.clone().acquire_many_owned(2).await.unwrap();
    assert_eq!(reader.read(Format::Plain, b"text".to_vec()).await, Err(ReadError::Stuck));
    drop(held);
    let reader = Reader { longest: LONGEST_READ, ..reader };
    assert!(reader.read(Format::Plain, b"text".to_vec()).await.is_ok());
}
