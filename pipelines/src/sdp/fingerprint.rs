//! Certificate fingerprints (RFC 8122 section 5).

use std::fmt;

use super::Sections;

/// What a description says of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    hash: Hash,
    /// In hexadecimal digits, lower case, without colons.
    digits: String,
}

/// The hash functions that WebRTC allows and GLib has; weaker ones prove nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Fingerprint {
    /// The attribute's value. `None`: none that anything can be proved by.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (name, digits) = value.trim().split_once(' ')?;
        let mut known = Hash::ALL.into_iter();
        let hash = known.find(|hash| hash.name().eq_ignore_ascii_case(name))?;
        let digits = digits.replace(':', "").to_ascii_lowercase();
        Some(Self { hash, digits })
    }

    /// That of a certificate (DER).
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self {
            hash: Hash::Sha256,
            digits: Hash::Sha256.sum(certificate),
        }
    }

    /// All that a description has.
    #[must_use]
    pub fn all(description: &str) -> Vec<Self> {
        let sections = Sections::of(description);
        let lines = sections.head.iter().chain(sections.media.iter().flatten());
        lines
            .filter_map(|line| line.strip_prefix("a=fingerprint:"))
            .filter_map(Self::parse)
            .collect()
    }

    /// Whether it is that of a certificate (DER).
    #[must_use]
    pub fn is_of(&self, certificate: &[u8]) -> bool {
        self.hash.sum(certificate) == self.digits
    }
}

/// The attribute's value.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.to_uppercase();
        let pairs: Vec<_> = digits
            .as_bytes()
            .chunks(2)
            .map(<[u8]>::escape_ascii)
            .collect();
        write!(f, "{}", self.hash.name())?;
        for (index, pair) in pairs.iter().enumerate() {
            let before = if index == 0 { ' ' } else { ':' };
            write!(f, "{before}{pair}")?;
        }
        Ok(())
    }
}

impl Hash {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// In hexadecimal digits, lower case.
    fn sum(self, data: &[u8]) -> String {
        let kind = match self {
            Self::Sha256 => glib::ChecksumType::Sha256,
            Self::Sha384 => glib::ChecksumType::Sha384,
            Self::Sha512 => glib::ChecksumType::Sha512,
        };
        let sum = glib::compute_checksum_for_data(kind, data);
        sum.map(Into::into).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The SHA-256 of nothing.
    const EMPTY: &str = "SHA-256 E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:\
        27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";

    #[test]
    fn it_is_compared_whatever_its_spelling() {
        for text in [EMPTY.to_owned(), EMPTY.to_lowercase()] {
            let fingerprint = Fingerprint::parse(&text).expect("one");
            assert!(fingerprint.is_of(b"") && !fingerprint.is_of(b"x"));
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        let fingerprint = Fingerprint::of(b"");
        assert_eq!(Fingerprint::parse(EMPTY), Some(fingerprint.clone()));
        assert_eq!(
            Fingerprint::parse(&fingerprint.to_string()),
            Some(fingerprint)
        );
    }

    #[test]
    fn what_proves_nothing_is_none() {
        for text in ["", "sha-256", "md5 D4:1D", "sha-1 DA:39"] {
            assert_eq!(Fingerprint::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_description_may_have_many() {
        let sdp = format!("v=0\r\na=fingerprint:{EMPTY}\r\nm=a\r\na=fingerprint:{EMPTY}\r\n");
        assert_eq!(Fingerprint::all(&sdp).len(), 2);
    }
}
