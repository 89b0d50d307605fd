//! Where a request really comes from, when proxies that we trust stand before us.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use serde::Deserialize;

/// A block of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cidr {
    base: IpAddr,
    prefix: u8,
}

/// A text that is no block of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an address nor a block such as 10.0.0.0/8")]
pub struct NotACidr(String);

impl Cidr {
    /// Whether `address` lies in it.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let differing = base.to_bits() ^ address.to_bits();
                u32::from(self.prefix) <= differing.leading_zeros()
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let differing = base.to_bits() ^ address.to_bits();
                u32::from(self.prefix) <= differing.leading_zeros()
            }
            _ => false,
        }
    }
}

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let error = || NotACidr(text.chars().take(60).collect());
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => (base, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| error())?;
        let bits = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), |prefix| prefix.parse().map_err(|_| error()))?;
        if prefix > bits {
            return Err(error());
        }
        Ok(Self { base, prefix })
    }
}

impl TryFrom<String> for Cidr {
    type Error = NotACidr;

    fn try_from(text: String) -> Result<Self, NotACidr> {
        text.parse()
    }
}

/// The client's address: the socket's, or, as long as those who hand it on are trusted, the one that they name.
///
/// Each proxy adds the address it heard from at the end of X-Forwarded-For, so that list is read backwards; what
/// stands before the first address that we do not trust can be invented.
#[must_use]
pub fn client(peer: SocketAddr, forwarded_for: Option<&str>, trusted: &[Cidr]) -> SocketAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
    let mut client = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    for hop in forwarded_for.unwrap_or_default().rsplit(',') {
        let Ok(hop) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        if !is_trusted(client.ip()) {
            break;
        }
        client = SocketAddr::new(hop.to_canonical(), 0);
    }
    client
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn blocks_contain_what_they_should() {
        let table = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
        ];
        for (block, address, expected) in table {
            let block: Cidr = block.parse().unwrap();
            assert_eq!(
                block.contains(address.parse().unwrap()),
                expected,
                "{block:?} {address}"
            );
        }
        for text in ["10.0.0.0/33", "::/129", "ten", "10.0.0.0/", "10.0.0.0/-1"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_trusted_proxies_name_clients() {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        let table = [
            ("203.0.113.1:5", None, "203.0.113.1:5"),
            ("203.0.113.1:5", Some("198.51.100.7"), "203.0.113.1:5"),
            ("127.0.0.1:5", Some("198.51.100.7"), "198.51.100.7:0"),
            (
                "[::ffff:127.0.0.1]:5",
                Some("198.51.100.7"),
                "198.51.100.7:0",
            ),
            (
                "127.0.0.1:5",
                Some("1.1.1.1, 198.51.100.7, 10.2.3.4"),
                "198.51.100.7:0",
            ),
            ("127.0.0.1:5", Some("nonsense"), "127.0.0.1:5"),
            ("127.0.0.1:5", Some(""), "127.0.0.1:5"),
        ];
        for (peer, header, expected) in table {
            let is = client(peer.parse().unwrap(), header, &trusted).to_string();
            assert_eq!(is, expected, "{peer} {header:?}");
        }
    }
}
