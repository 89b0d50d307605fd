//! Which sites may speak to the service through somebody's browser (RFC 6454).
//!
//! Browsers name the site whose script sends a request; programs name none. A program needs no permission here: it
//! bears nobody's browser.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// Scheme, host and port: `https://example.org` or `http://example.org:8080`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin {
    scheme: String,
    authority: String,
}

/// A text that is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is `{0}`; an origin is http:// or https:// and a host, perhaps with a port")]
pub struct NotAnOrigin(String);

impl Origin {
    /// Host and port as they stand in a Host header.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let lower = text.to_ascii_lowercase();
        match lower.split_once("://") {
            Some((scheme @ ("http" | "https"), authority)) if is_authority(authority) => Ok(Self {
                scheme: scheme.to_owned(),
                authority: authority.to_owned(),
            }),
            _ => Err(NotAnOrigin(text.chars().take(100).collect())),
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = NotAnOrigin;

    fn try_from(text: String) -> Result<Self, NotAnOrigin> {
        text.parse()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

/// Whether `text` can be a host, perhaps with a port; safe to be written into a header.
#[must_use]
pub fn is_authority(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]_".contains(c);
    !text.is_empty() && text.len() <= 260 && text.chars().all(fits)
}

/// The host of an authority, without its port; IPv6 addresses stay in their brackets.
#[must_use]
pub fn host_of(authority: &str) -> &str {
    let end = match authority.find(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    &authority[..end]
}

/// Whether a request to `host` whose browser names `origin` may be heard: from our own page or a listed site.
#[must_use]
pub fn allowed(
    origin: Option<&str>,
    host: Option<&str>,
    public: Option<&Origin>,
    listed: &[Origin],
) -> bool {
    let Some(origin) = origin else { return true };
    let Ok(origin) = origin.parse::<Origin>() else {
        return false;
    };
    let own = host.is_some_and(|host| host.eq_ignore_ascii_case(&origin.authority));
    own || public == Some(&origin) || listed.contains(&origin)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_host_is_told_from_its_port() {
        let table = [
            ("example.org", "example.org"),
            ("example.org:8080", "example.org"),
            ("[2001:db8::1]:8080", "[2001:db8::1]"),
            ("[::1]", "[::1]"),
        ];
        for (authority, host) in table {
            assert_eq!(host_of(authority), host);
        }
    }

    #[test]
    fn only_our_page_and_listed_sites_may_speak() {
        let public = "https://meet.example".parse().unwrap();
        let listed = ["https://intranet.example:8443".parse().unwrap()];
        let table = [
            (None, true),
            (Some("http://localhost:8080"), true),
            (Some("HTTP://LOCALHOST:8080"), true),
            (Some("https://meet.example"), true),
            (Some("https://intranet.example:8443"), true),
            (Some("http://intranet.example:8443"), false),
            (Some("http://meet.example"), false),
            (Some("http://localhost:8081"), false),
            (Some("https://evil.example"), false),
            (Some("https://meet.example.evil"), false),
            (Some("null"), false),
            (Some(""), false),
        ];
        for (origin, expected) in table {
            let is = allowed(origin, Some("localhost:8080"), Some(&public), &listed);
            assert_eq!(is, expected, "{origin:?}");
        }
    }

    #[test]
    fn reads_origins() {
        for text in ["https://a.example", "http://[::1]:80", "http://10.0.0.1"] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), text);
        }
        for text in [
            "a.example",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a b",
            "https://a;x",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
