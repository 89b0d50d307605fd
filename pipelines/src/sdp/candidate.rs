//! A candidate attribute (RFC 8839 section 5.1).

use super::SdpError;

/// What a candidate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    words: Vec<String>,
    /// Its address, or the `.local` name that hides it.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// `host`, `srflx`, `prflx` or `relay`.
    pub kind: String,
    /// Whether it is for UDP.
    pub udp: bool,
}

const ADDRESS: usize = 4;
const PORT: usize = 5;

impl Candidate {
    /// Reads the attribute's value, with or without `a=` before it.
    ///
    /// # Errors
    /// [`SdpError::Candidate`] with the text's beginning when it is none.
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        let error = || SdpError::Candidate(text.chars().take(80).collect());
        let value = text
            .strip_prefix("a=")
            .unwrap_or(text)
            .strip_prefix("candidate:")
            .ok_or_else(error)?;
        let words: Vec<_> = value.split_ascii_whitespace().map(str::to_owned).collect();
        let [
            foundation,
            component,
            transport,
            priority,
            address,
            port,
            typ,
            kind,
            ..,
        ] = words.as_slice()
        else {
            return Err(error());
        };
        let numbers = component.parse::<u16>().is_ok() && priority.parse::<u32>().is_ok();
        let known = ["host", "srflx", "prflx", "relay"].contains(&kind.as_str());
        if foundation.len() > 32 || !numbers || typ != "typ" || !known || !is_address(address) {
            return Err(error());
        }
        Ok(Self {
            address: address.clone(),
            port: port.parse().map_err(|_| error())?,
            kind: kind.clone(),
            udp: transport.eq_ignore_ascii_case("udp"),
            words,
        })
    }

    /// Whether it names one of the client's own addresses.
    #[must_use]
    pub fn is_host(&self) -> bool {
        self.kind == "host"
    }

    /// The attribute's value with another port.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> String {
        self.words[PORT] = port.to_string();
        format!("candidate:{}", self.words.join(" "))
    }

    /// The attribute's value with another address.
    #[must_use]
    pub fn with_address(mut self, address: &str) -> String {
        self.words[ADDRESS] = address.to_owned();
        format!("candidate:{}", self.words.join(" "))
    }
}

/// An IP address or a name that mDNS hides one behind.
fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() || (text.ends_with(".local") && text.len() <= 64)
}

/// The candidates that stand in a description, as attributes' values.
pub fn candidates(description: &str) -> impl Iterator<Item = &str> {
    let attributes = description
        .lines()
        .filter_map(|line| line.strip_prefix("a="));
    attributes.filter(|attribute| attribute.starts_with("candidate:"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_browsers_send() {
        let host = Candidate::parse("candidate:1 1 udp 2113937151 d3f4.local 51034 typ host generation 0 ufrag ab network-cost 999").unwrap();
        assert_eq!(
            (host.address.as_str(), host.port, host.is_host(), host.udp),
            ("d3f4.local", 51_034, true, true)
        );
        let srflx = Candidate::parse(
            "a=candidate:2 1 UDP 1677729535 198.51.100.4 4000 typ srflx raddr 0.0.0.0 rport 0",
        )
        .unwrap();
        assert_eq!((srflx.kind.as_str(), srflx.port), ("srflx", 4_000));
    }

    #[test]
    fn another_port_changes_nothing_else() {
        let text = "candidate:1 1 UDP 2130706431 192.0.2.7 50000 typ host";
        let moved = Candidate::parse(text).unwrap().with_port(61_234);
        assert_eq!(
            moved,
            "candidate:1 1 UDP 2130706431 192.0.2.7 61234 typ host"
        );
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            "candidate:",
            "candidate:1 1 udp x 1.2.3.4 5 typ host",
            "candidate:1 1 udp 1 1.2.3.4 99999 typ host",
            "candidate:1 1 udp 1 evil.example 5 typ host",
            "candidate:1 1 udp 1 1.2.3.4 5 typ magic",
            "candidate:1 1 udp 1 1.2.3.4 5",
        ] {
            assert!(Candidate::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "(a=)?(candidate:)?.{0,120}") {
            let _ = Candidate::parse(&text);
        }
    }
}
