//! The page's files, which are in the program itself, and the headers that keep it to itself.

use rust_embed::RustEmbed;
use warp::{
    Reply,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    reply::Response,
};

use super::{Request, gzip, shortened};
use crate::{House, failure::Failure};

/// The page in which one joins a conference.
pub(super) const CONFERENCE: &str = "conference.html";

const START: &str = "index.html";

#[derive(RustEmbed)]
#[folder = "../web"]
#[include = "*.html"]
#[include = "*.js"]
#[include = "*.css"]
#[include = "*.svg"]
#[include = "*.png"]
#[include = "*.ico"]
#[include = "*.webmanifest"]
#[exclude = "node_modules/*"]
#[exclude = "test/*"]
struct Files;

/// A file, or word that the browser's copy is still good (RFC 9110 section 13.1.2).
pub(super) fn file(house: &House, request: &Request, name: &str) -> Result<Response, Failure> {
    let name = if name.is_empty() { START } else { name };
    let file =
        Files::get(name).ok_or_else(|| Failure::NoSuchPath(shortened(&format!("/{name}"))))?;
    let hash = file.metadata.sha256_hash();
    let takes = request.header(header::ACCEPT_ENCODING);
    let small = takes
        .is_some_and(gzip::is_taken)
        .then(|| gzip::compressed(hash, &file.data))
        .flatten();
    let tag = etag(&hash, small.is_some());
    let known = request
        .header(header::IF_NONE_MATCH)
        .is_some_and(|tags| tags.contains(&tag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match &small {
            Some(small) => small.to_vec().into_response(),
            None => file.data.into_owned().into_response(),
        }
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(name)),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::ETAG, value(&tag));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if small.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        value(&policy(house, request.host())),
    );
    Ok(response)
}

/// What every answer says.
pub fn security_headers(headers: &mut HeaderMap) {
    let all = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        (
            "permissions-policy",
            "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
        ),
    ];
    for (name, text) in all {
        headers.insert(name, HeaderValue::from_static(text));
    }
}

/// Nothing from elsewhere, nothing inline. Safari takes `'self'` for http only, so the socket's URL is named.
fn policy(house: &House, host: Option<&str>) -> String {
    // A policy cannot name an IPv6 address; where pages are at one, browsers take 'self' for sockets too.
    let named = host.filter(|host| !host.starts_with('['));
    let sockets = named.map_or_else(String::new, |host| format!(" ws://{host} wss://{host}"));
    let frames = house.config.embed_origins.iter();
    let frames = frames.fold("'self'".to_owned(), |list, origin| {
        format!("{list} {origin}")
    });
    format!(
        "default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data: blob:; media-src 'self' blob:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {frames}"
    )
}

/// Each of a file's encodings has its own (RFC 9110 section 8.8.3.3).
fn etag(hash: &[u8; 32], small: bool) -> String {
    let hex = hash[..16].iter().map(|byte| format!("{byte:02x}"));
    let coding = if small { "-gzip" } else { "" };
    format!("\"{}{coding}\"", hex.collect::<String>())
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("hosts and origins were checked to be plain ASCII")
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
