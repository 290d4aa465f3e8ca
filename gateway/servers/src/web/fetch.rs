//! Fetches a page: every hop judged, everything that a server could drag out limited.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use reqwest::dns::Resolve;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, LOCATION,
};
use reqwest::{Response, StatusCode};
use tokio::sync::OnceCell;
use url::Url;

use super::guard::{CheckedNames, Guard, Refused};

/// How much a page may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Names, connections, redirects, the body and taking it apart.
    pub total: Duration,
    /// The body, in bytes, as it is sent and again when it is unpacked.
    pub bytes: usize,
    /// Redirects that are followed.
    pub redirects: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { total: Duration::from_secs(15), bytes: 5 * 1024 * 1024, redirects: 5 }
    }
}

/// A page as it was sent.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Where it was found after all redirects.
    pub url: Url,
    /// What it is.
    pub media: Media,
    charset: Option<&'static Encoding>,
    packing: Packing,
    body: Vec<u8>,
    limit: usize,
}

/// Kinds of pages that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Html,
    Plain,
}

/// How a body was packed for the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Deflate,
}

/// Why a page could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the page cannot be reached: {0}")]
    Unreachable(String),
    #[error("the page redirects more than {0} times: it cannot be read")]
    Redirects(usize),
    #[error("the page redirects without saying where: it cannot be read")]
    Nowhere,
    #[error("{0}")]
    Status(Told),
    #[error("the page does not say what kind of document it is: only web pages and plain text can be read")]
    NoMedia,
    #[error("it is {0}, not a web page or plain text: it cannot be read")]
    Media(String),
    #[error("the page is packed in a way that cannot be undone ({0}): try another one")]
    Packing(String),
    #[error("the page is damaged: it cannot be unpacked")]
    Damaged,
    #[error("the page is larger than {} megabytes: it is too long to be read", .0 / (1024 * 1024))]
    Large(usize),
}

/// A status that is no success, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told(StatusCode);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = self.0.as_u16();
        match status {
            401 | 402 | 403 | 407 | 451 => {
                write!(f, "the site does not let this page be read (status {status}): try another one")
            }
            404 | 410 => write!(f, "there is no page at this address (status {status}): check it"),
            429 => write!(f, "the site asks to be left alone for a while (status {status}): try again later"),
            500.. => {
                write!(f, "the site has trouble of its own (status {status}): try again later")
            }
            _ => write!(f, "the site does not give out this page (status {status}): try another one"),
        }
    }
}

/// Fetches pages; its connections are made when first needed.
pub(super) struct Fetcher {
    guard: Guard,
    names: Arc<dyn Resolve>,
    language: Option<String>,
    limits: Limits,
    http: OnceCell<reqwest::Client>,
}

impl Fetcher {
    pub fn new(guard: Guard, names: Arc<dyn Resolve>, language: Option<String>, limits: Limits) -> Fetcher {
        Fetcher { guard, names, language, limits, http: OnceCell::new() }
    }

    /// The page at an address. The caller sees to the time.
    pub async fn fetch(&self, address: &str) -> Result<Fetched, FetchError> {
        let mut url = self.guard.parse(address)?;
        let http = self.http.get_or_try_init(async || self.client()).await.map_err(unreachable)?;
        for _ in 0..=self.limits.redirects {
            self.guard.url(&url)?;
            let request = http.get(url.clone());
            let request = match &self.language {
                Some(language) => request.header(ACCEPT_LANGUAGE, language),
                None => request,
            };
            let answer = request.send().await.map_err(unreachable)?;
            if !answer.status().is_redirection() {
                return self.receive(answer, url).await;
            }
            let next = text(&answer, LOCATION).ok_or(FetchError::Nowhere)?;
            url = url.join(next).map_err(|error| FetchError::Refused(Refused::Malformed(error)))?;
        }
        Err(FetchError::Redirects(self.limits.redirects))
    }

    fn client(&self) -> reqwest::Result<reqwest::Client> {
        let accepted = [
            (ACCEPT, "text/html,application/xhtml+xml,text/plain;q=0.9"),
            (ACCEPT_ENCODING, "gzip, deflate"),
        ];
        reqwest::Client::builder()
            .user_agent(concat!("HomePilot/", env!("CARGO_PKG_VERSION")))
            .default_headers(
                accepted
                    .into_iter()
                    .map(|(name, value)| (name, reqwest::header::HeaderValue::from_static(value)))
                    .collect(),
            )
            // A proxy would resolve names by itself, out of the guard's sight.
            .no_proxy()
            .dns_resolver(CheckedNames { names: Arc::clone(&self.names), guard: self.guard })
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // Connections are not kept: people rarely read two pages of one site within seconds.
            .pool_max_idle_per_host(0)
            // Unpacking is done here, where it is limited.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .build()
    }

    async fn receive(&self, mut answer: Response, url: Url) -> Result<Fetched, FetchError> {
        if !answer.status().is_success() {
            return Err(FetchError::Status(Told(answer.status())));
        }
        let (media, charset) = media(text(&answer, CONTENT_TYPE).unwrap_or_default())?;
        let packing = match text(&answer, CONTENT_ENCODING).unwrap_or_default().trim() {
            "" => Packing::None,
            name if name.eq_ignore_ascii_case("identity") => Packing::None,
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => Packing::Gzip,
            name if name.eq_ignore_ascii_case("deflate") => Packing::Deflate,
            name => return Err(FetchError::Packing(shown(name))),
        };
        let limit = self.limits.bytes;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > limit {
                return Err(FetchError::Large(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { url, media, charset, packing, body, limit })
    }
}

impl Fetched {
    /// The page's text as it is written; unpacks and decodes, which takes a while for a large one.
    pub fn text(self) -> Result<String, FetchError> {
        let body = match self.packing {
            Packing::None => self.body,
            Packing::Gzip => unpack(MultiGzDecoder::new(self.body.as_slice()), self.limit)?,
            // Meant is zlib's format; some servers send the bare stream.
            Packing::Deflate => match unpack(ZlibDecoder::new(self.body.as_slice()), self.limit) {
                Err(FetchError::Damaged) => unpack(DeflateDecoder::new(self.body.as_slice()), self.limit)?,
                unpacked => unpacked?,
            },
        };
        let declared = self.charset.or_else(|| match self.media {
            Media::Html => written_in(&body),
            Media::Plain => None,
        });
        let likely = || if std::str::from_utf8(&body).is_ok() { UTF_8 } else { WINDOWS_1252 };
        // A byte order mark wins over what was declared.
        let (text, ..) = declared.unwrap_or_else(likely).decode(&body);
        Ok(text.into_owned())
    }
}

fn unpack(packed: impl Read, limit: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    packed.take(most.saturating_add(1)).read_to_end(&mut body).map_err(|_| FetchError::Damaged)?;
    if body.len() > limit { Err(FetchError::Large(limit)) } else { Ok(body) }
}

/// What a `Content-Type` says.
fn media(content_type: &str) -> Result<(Media, Option<&'static Encoding>), FetchError> {
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let media = match essence.trim().to_ascii_lowercase().as_str() {
        "text/html" | "application/xhtml+xml" => Media::Html,
        "text/plain" => Media::Plain,
        "" => return Err(FetchError::NoMedia),
        "application/pdf" => return Err(FetchError::Media("a PDF document".to_owned())),
        other => {
            return Err(FetchError::Media(match other.split_once('/').map(|(family, _)| family) {
                Some("image") => "a picture".to_owned(),
                Some("audio") => "a sound".to_owned(),
                Some("video") => "a video".to_owned(),
                _ => format!("a document of the type {}", shown(other)),
            }));
        }
    };
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    Ok((media, charset.and_then(|label| Encoding::for_label(label.as_bytes()))))
}

/// The encoding that a page names in a `meta` element of its first 1024 bytes, where HTML wants it to stand.
fn written_in(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..1024).unwrap_or(body).to_ascii_lowercase();
    let head = String::from_utf8_lossy(&head);
    let meta = head.split("<meta").skip(1).filter_map(|meta| meta.split('>').next());
    let label = meta.filter_map(|meta| meta.split_once("charset")).find_map(|(_, rest)| {
        let value = rest.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
        value.split(['"', '\'', ';', ' ', '/']).next()
    })?;
    let named = Encoding::for_label(label.as_bytes())?;
    // A page whose `meta` could be read is in no UTF-16.
    Some(named.output_encoding())
}

fn text(answer: &Response, name: HeaderName) -> Option<&str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Something a server said, for a message: short and plain.
fn shown(said: &str) -> String {
    said.chars().filter(char::is_ascii_graphic).take(60).collect()
}

/// The guard's refusal if that was the cause, else the innermost cause without the address.
fn unreachable(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut cause: &(dyn std::error::Error + 'static) = &error;
    loop {
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return FetchError::Refused(refused.clone());
        }
        match cause.source() {
            Some(source) => cause = source,
            None => return FetchError::Unreachable(cause.to_string().to_lowercase()),
        }
    }
}
