//! Addresses and ports, and how somebody is seen by them.

use std::{fmt, net::Ipv4Addr, ops::RangeInclusive};

use serde::Serialize;

use crate::error::SceneError;

/// The first three octets of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subnet([u8; 3]);

/// A host's ports on the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PortRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

/// How a host is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    /// From this address,
    pub address: Ipv4Addr,
    /// and, if a NAT is between, from these ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<PortRange>,
}

impl Subnet {
    /// Documentation's third network (RFC 5737), which is nobody's.
    pub(crate) const PUBLIC: Self = Self([203, 0, 113]);

    pub(crate) const fn new(octets: [u8; 3]) -> Self {
        Self(octets)
    }

    pub(crate) fn host(self, number: u8) -> Ipv4Addr {
        let [a, b, c] = self.0;
        Ipv4Addr::new(a, b, c, number)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, SceneError> {
        let address = text
            .strip_suffix("/24")
            .and_then(|address| address.parse::<Ipv4Addr>().ok());
        match address.map(|address| address.octets()) {
            Some([a, b, c, 0]) => Ok(Self([a, b, c])),
            _ => Err(SceneError::Subnet(text.to_owned())),
        }
    }
}

impl PortRange {
    /// So many has each host.
    pub const SIZE: u16 = 512;

    const FIRST: u16 = 20_480;

    pub(crate) fn number(n: u16) -> Self {
        let first = Self::FIRST + n * Self::SIZE;
        Self {
            first,
            last: first + Self::SIZE - 1,
        }
    }

    /// All of them.
    #[must_use]
    pub fn all(self) -> RangeInclusive<u16> {
        self.first..=self.last
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}
