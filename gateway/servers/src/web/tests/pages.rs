//! `read_page` before pages for people, and before ones that are made to hurt.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::*;

const NEWS: &str = include_str!("pages/news.html");
const PARAGRAPH: &str = "<p>The reservoir above the town has been filling since the spring, and the council says \
    that there will be water enough for the summer, whatever the weather brings.</p>";

/// Pages of this machine may be read.
fn intranet(_: SocketAddr) -> Options {
    Options { allow_private: true, ..Options::new(None) }
}

/// One page at every address.
fn page(headers: &[(HeaderName, &'static str)], body: impl Into<Vec<u8>>) -> Router {
    let (headers, body) = (headers.to_vec(), body.into());
    Router::new().fallback(get(async move || {
        let mut answer = body.into_response();
        for (name, value) in headers {
            answer.headers_mut().insert(name, value.parse().unwrap());
        }
        answer
    }))
}

async fn read(headers: &[(HeaderName, &'static str)], body: impl Into<Vec<u8>>) -> (String, Value) {
    let rig = rig(page(headers, body), Limits::default(), intranet).await;
    let url = format!("http://{}/articles/the-page.html", rig.site);
    rig.done("read_page", json!({ "url": url })).await
}

async fn not_read(headers: &[(HeaderName, &'static str)], body: impl Into<Vec<u8>>) -> String {
    let rig = rig(page(headers, body), Limits::default(), intranet).await;
    rig.refused("read_page", json!({ "url": format!("http://{}/", rig.site) })).await
}

const HTML: (HeaderName, &str) = (header::CONTENT_TYPE, "text/html; charset=utf-8");

#[tokio::test]
async fn a_news_page_is_read_without_its_surroundings() {
    let (said, page) = read(&[HTML], NEWS).await;
    assert_eq!(
        said,
        "Harbour bridge reopens after two winters. The harbour bridge opened again to cyclists and pedestrians on \
         Tuesday morning, two winters after a barge struck its third pier. Cars will have to wait until May. “We \
         tested every bolt twice,” said Dr. Ines Albrecht, the engineer in charge. There is more."
    );
    assert_eq!(page["title"], "Harbour bridge reopens after two winters");
    assert_eq!(page["byline"], "Mara Lindqvist");
    assert_eq!(page["site"], "The Harbour Post");
    assert_eq!(page["published"], "2026-03-03");
    assert_eq!(page["language"], "en-GB");
    assert_eq!(page["excerpt"], "Cyclists & pedestrians first: what the repair cost, and what comes next.");
    let text = page["text"].as_str().unwrap();
    for kept in ["4.2 million euros", "Opening hours", "Weekdays", "swing span"] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
    for left_out in
        ["Subscribe", "cookies", "Most read", "window.dataLayer", "Privacy", "color: red", "\u{200b}"]
    {
        assert!(!text.contains(left_out), "{left_out} in {text}");
    }
    assert_eq!(page["offset"], 0);
    assert_eq!(page.get("next_offset"), None);
    assert_eq!(page["length"].as_u64().unwrap(), text.chars().count() as u64);
}

#[tokio::test]
async fn a_long_article_is_read_in_parts() {
    let paragraphs: String = (0..120)
        .map(|n| format!("<p>Paragraph {n}, which says something of its own. {}", &PARAGRAPH[3..]))
        .collect();
    let html =
        format!("<html><head><title>Long</title></head><body><article>{paragraphs}</article></body></html>");
    let rig = rig(page(&[HTML], html), Limits::default(), intranet).await;
    let (mut offset, mut whole, mut parts) = (0, String::new(), 0);
    loop {
        let url = format!("http://{}/", rig.site);
        let (said, page) = rig.done("read_page", json!({"url": url, "offset": offset})).await;
        whole.push_str(page["text"].as_str().unwrap());
        parts += 1;
        match page["next_offset"].as_u64() {
            Some(next) => offset = next,
            None => break,
        }
        assert!(said.ends_with("There is more."), "{said}");
    }
    assert_eq!(parts, 5);
    assert_eq!(whole.lines().count(), 120);
    assert!(whole.ends_with("whatever the weather brings."));
    let url = format!("http://{}/", rig.site);
    let said = rig.refused("read_page", json!({"url": url, "offset": 1_000_000})).await;
    assert!(said.ends_with("there is nothing from 1000000 on"), "{said}");
}

#[tokio::test]
async fn plain_text_and_pages_without_an_article_are_read_too() {
    let (said, page) = read(&[(header::CONTENT_TYPE, "text/plain")], "Milk\r\nEggs\u{202e}\n\n").await;
    assert_eq!((said.as_str(), &page["text"]), ("the page.html. Milk. Eggs.", &json!("Milk\nEggs")));
    let links =
        "<title>Links</title><script>x()</script><ul><li><a href=/a>First</a><li><a href=/b>Second</a></ul>";
    let (_, page) = read(&[HTML], links).await;
    assert_eq!((&page["title"], &page["text"]), (&json!("Links"), &json!("First\nSecond")));
    let nothing =
        not_read(&[HTML], "<title>App</title><div id=root></div><script src=app.js></script>").await;
    assert_eq!(nothing, "the page has no text that can be read: it may need a browser or a login");
}

#[tokio::test]
async fn the_charset_is_honoured() {
    let latin =
        b"<html><head><title>x</title></head><body><p>Gr\xfc\xdfe aus K\xf6ln</p></body></html>".to_vec();
    let japanese =
        b"<html><head><meta charset='shift_jis'></head><body><p>\x93\xfa\x96\x7b</p></body></html>".to_vec();
    let utf16: Vec<u8> = "\u{feff}<html><body><p>Grüße aus Köln</p></body></html>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let named =
        "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-1\"></head>";
    let named = [named.as_bytes(), &latin[35..]].concat();
    for (kind, body, wanted) in [
        ("text/html; charset=ISO-8859-1", latin.clone(), "Grüße aus Köln"),
        ("text/html", latin, "Grüße aus Köln"),
        ("text/html", named, "Grüße aus Köln"),
        ("text/html", japanese.clone(), "日本"),
        ("text/html; charset=\"Shift_JIS\"", japanese, "日本"),
        ("text/html; charset=iso-8859-1", utf16, "Grüße aus Köln"),
        ("application/xhtml+xml", "<html><body><p>Grüße aus Köln</p></body></html>".into(), "Grüße aus Köln"),
        (
            "text/html; charset=no-such",
            "<html><body><p>Grüße aus Köln</p></body></html>".into(),
            "Grüße aus Köln",
        ),
    ] {
        let (_, page) = read(&[(header::CONTENT_TYPE, kind)], body).await;
        assert_eq!(page["text"], wanted, "{kind}");
    }
}

#[tokio::test]
async fn what_is_no_text_is_refused_by_name() {
    for (kind, wanted) in [
        ("application/pdf", "it is a PDF document, not a web page or plain text: it cannot be read"),
        ("image/png", "it is a picture, not a web page or plain text: it cannot be read"),
        ("video/mp4; codecs=x", "it is a video, not a web page or plain text: it cannot be read"),
        (
            "application/json",
            "it is a document of the type application/json, not a web page or plain text: it cannot be read",
        ),
        (
            "nonsense",
            "it is a document of the type nonsense, not a web page or plain text: it cannot be read",
        ),
    ] {
        assert_eq!(not_read(&[(header::CONTENT_TYPE, kind)], "x").await, wanted);
    }
    assert_eq!(
        not_read(&[(header::CONTENT_TYPE, "")], "x").await,
        "the page does not say what kind of document it is: only web pages and plain text can be read"
    );
}

#[tokio::test]
async fn a_status_is_told_in_words() {
    for (status, wanted) in [
        (404, "there is no page at this address (status 404): check it"),
        (403, "the site does not let this page be read (status 403): try another one"),
        (429, "the site asks to be left alone for a while (status 429): try again later"),
        (503, "the site has trouble of its own (status 503): try again later"),
        (418, "the site does not give out this page (status 418): try another one"),
        (304, "the page redirects without saying where: it cannot be read"),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let routes = Router::new().fallback(get(async move || (status, [HTML], NEWS)));
        let rig = rig(routes, Limits::default(), intranet).await;
        let said = rig.refused("read_page", json!({ "url": format!("http://{}/", rig.site) })).await;
        assert_eq!(said, wanted);
    }
}

fn packed<W: Write>(mut encoder: W, finish: fn(W) -> Vec<u8>, body: &[u8]) -> Vec<u8> {
    encoder.write_all(body).unwrap();
    finish(encoder)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    packed(GzEncoder::new(Vec::new(), Compression::best()), |e| e.finish().unwrap(), body)
}

#[tokio::test]
async fn packed_pages_are_unpacked() {
    let zlib =
        packed(ZlibEncoder::new(Vec::new(), Compression::best()), |e| e.finish().unwrap(), NEWS.as_bytes());
    let bare = packed(
        DeflateEncoder::new(Vec::new(), Compression::best()),
        |e| e.finish().unwrap(),
        NEWS.as_bytes(),
    );
    for (packing, body) in [
        ("gzip", gzip(NEWS.as_bytes())),
        ("X-GZIP", gzip(NEWS.as_bytes())),
        ("deflate", zlib),
        ("deflate", bare),
        ("identity", NEWS.into()),
    ] {
        let (_, page) = read(&[HTML, (header::CONTENT_ENCODING, packing)], body).await;
        assert_eq!(page["byline"], "Mara Lindqvist", "{packing}");
    }
    let torn = &gzip(NEWS.as_bytes())[..500];
    let said = not_read(&[HTML, (header::CONTENT_ENCODING, "gzip")], torn).await;
    assert_eq!(said, "the page is damaged: it cannot be unpacked");
    let said = not_read(&[HTML, (header::CONTENT_ENCODING, "br")], "x").await;
    assert_eq!(said, "the page is packed in a way that cannot be undone (br): try another one");
}

const TOO_LARGE: &str = "the page is larger than 5 megabytes: it is too long to be read";

#[tokio::test]
async fn what_is_too_large_is_cut_off_packed_or_not() {
    assert_eq!(not_read(&[HTML], vec![b' '; 5 * 1024 * 1024 + 1]).await, TOO_LARGE);
    // A gigabyte in a megabyte.
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]).repeat(16);
    assert!(bomb.len() < 5 * 1024 * 1024);
    assert_eq!(not_read(&[HTML, (header::CONTENT_ENCODING, "gzip")], bomb).await, TOO_LARGE);
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_vec();
    let endless = rig(Site::Endless(head, &[b' '; 65536]), Limits::default(), intranet).await;
    let said = endless.refused("read_page", json!({ "url": format!("http://{}/", endless.site) })).await;
    assert_eq!(said, TOO_LARGE);
}

#[tokio::test]
async fn a_page_that_does_not_arrive_is_given_up() {
    let limits = Limits { total: Duration::from_millis(300), ..Limits::default() };
    for head in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>",
    ] {
        let rig = rig(Site::Stalled(head.into()), limits, intranet).await;
        let said = rig.refused("read_page", json!({ "url": format!("http://{}/", rig.site) })).await;
        assert_eq!(said, "the page did not arrive within 1 seconds: try another one");
    }
}

#[tokio::test]
async fn pages_that_would_keep_the_parser_busy_are_refused() {
    let elaborate = "the page is too elaborate to be read: try another one";
    for html in [
        "<div>".repeat(1_000_000),
        "<div>".repeat(50_000),
        "<blockquote>".repeat(600),
        format!("<p {}>", "a1 ".repeat(1_000_000)),
        "<a b=\"".repeat(800_000),
    ] {
        assert_eq!(not_read(&[HTML], html).await, elaborate);
    }
    for part in ["<br>", "<!---->", "<font>x</font>", "<b>x</b> ", "a < b &amp; "] {
        let (_, page) = read(&[HTML], format!("{PARAGRAPH}{}", part.repeat(25_000))).await;
        assert!(page["text"].as_str().unwrap().starts_with("The reservoir"), "{part}");
    }
    let nested = format!("{}{}", "[".repeat(1_000_000), "{\"author\":".repeat(100_000));
    let (_, page) =
        read(&[HTML], format!("<script type=\"application/ld+json\">{nested}</script>{PARAGRAPH}")).await;
    assert!(page["text"].as_str().unwrap().starts_with("The reservoir"));
    let wide = format!("<html><body><article>{}</article></body></html>", PARAGRAPH.repeat(20_000));
    let (_, page) = read(&[HTML], wide).await;
    assert_eq!(page["title"], "127.0.0.1");
}

#[tokio::test]
async fn redirects_are_followed_so_far_and_each_is_judged() {
    let routes = Router::new()
        .route(
            "/hop/{n}",
            get(async |Path(n): Path<u32>| match n {
                0 => ([HTML], NEWS).into_response(),
                n => Redirect::temporary(&format!("../hop/{}", n - 1)).into_response(),
            }),
        )
        .route("/round", get(async || Redirect::permanent("/round")))
        .route(
            "/to",
            get(async |query: axum::extract::RawQuery| {
                (StatusCode::FOUND, [(header::LOCATION, query.0.unwrap())])
            }),
        );
    let rig = rig(routes, Limits::default(), intranet).await;
    let site = format!("http://{}", rig.site);
    let (_, page) = rig.done("read_page", json!({"url": format!("{site}/hop/5")})).await;
    assert_eq!(page["url"], format!("{site}/hop/0"));
    let endless = "the page redirects more than 5 times: it cannot be read";
    assert_eq!(rig.refused("read_page", json!({"url": format!("{site}/hop/6")})).await, endless);
    assert_eq!(rig.refused("read_page", json!({"url": format!("{site}/round")})).await, endless);
    for (to, wanted) in [
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254 leads to a link-local address"),
        ("//0xa9fea9fe/", "169.254.169.254 leads to a link-local address"),
        ("http://[::ffff:127.0.0.1]/", "leads to a reserved address"),
        ("http://0.0.0.0/", "0.0.0.0 leads to a reserved address"),
        ("file:///etc/passwd", "only http and https pages can be read, not file"),
        ("http://me:secret@127.0.0.1:8080/", "the address has a user name or a password in it"),
        ("http://127.0.0.1:22/", "not from port 22"),
    ] {
        let said = rig.refused("read_page", json!({"url": format!("{site}/to?{to}")})).await;
        assert!(said.contains(wanted), "{to}: {said}");
    }
}

/// A resolver that knows one name.
struct OneName(&'static str, Vec<SocketAddr>);

impl Resolve for OneName {
    fn resolve(&self, name: Name) -> Resolving {
        assert_eq!(name.as_str(), self.0);
        let found = self.1.clone();
        Box::pin(std::future::ready(Ok(Box::new(found.into_iter()) as Addrs)))
    }
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused_and_never_connected_to() {
    let routes = || page(&[HTML], NEWS);
    let named = |allow_private| {
        move |site: SocketAddr| {
            let link_local = SocketAddr::from(([169, 254, 169, 254], site.port()));
            let names = Arc::new(OneName("site.example", vec![link_local, site]));
            Options { names, allow_private, ..Options::new(None) }
        }
    };
    let strict = rig(routes(), Limits::default(), named(false)).await;
    let said = strict.refused("read_page", json!({"url": "http://site.example/"})).await;
    assert_eq!(
        said,
        "site.example leads to this machine itself: only pages on the public internet can be read"
    );
    // The same name is read where this machine is allowed, at the address that was judged and no other.
    let lenient = rig(routes(), Limits::default(), named(true)).await;
    let (_, page) = lenient.done("read_page", json!({"url": "http://site.example/"})).await;
    assert_eq!(page["byline"], "Mara Lindqvist");
    let literal = strict.refused("read_page", json!({"url": format!("http://{}/", strict.site)})).await;
    assert!(literal.starts_with("127.0.0.1 leads to this machine itself"), "{literal}");
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let rig = rig(Router::new(), Limits::default(), intranet).await;
    let said = rig.refused("read_page", json!({ "url": format!("http://{nobody}/") })).await;
    assert!(said.starts_with("the page cannot be reached: connection refused"), "{said}");
}
