//! What a NAT or a firewall does with datagrams, in the words of RFC 4787, and what follows for two who want to meet.

use serde::{Deserialize, Serialize};

/// On what of the other side a mapping (RFC 4787 section 4.1) or a filter (section 5) depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dependence {
    /// On nothing: one mapping for all destinations, or a filter that lets everyone in who knows the mapping.
    EndpointIndependent,
    /// On address and port: another mapping for each destination, or a filter that lets only those in who were asked.
    AddressAndPortDependent,
}

use Dependence::{AddressAndPortDependent, EndpointIndependent};

/// All that lies between a host and the public segment, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Behaviour {
    /// Whether the host is seen under another address than its own.
    pub translated: bool,
    /// The strictest mapping on the way.
    pub mapping: Dependence,
    /// The strictest filter on the way.
    pub filtering: Dependence,
}

impl Behaviour {
    /// Nothing stands between: a public host.
    pub const OPEN: Self = Self {
        translated: false,
        mapping: EndpointIndependent,
        filtering: EndpointIndependent,
    };

    /// A stateful firewall: nobody gets in unasked, and nothing is translated.
    pub const FIREWALL: Self = Self {
        filtering: AddressAndPortDependent,
        ..Self::OPEN
    };

    /// A NAT.
    #[must_use]
    pub const fn nat(mapping: Dependence, filtering: Dependence) -> Self {
        Self {
            translated: true,
            mapping,
            filtering,
        }
    }

    /// What two of them do in a row.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            translated: self.translated || other.translated,
            mapping: self.mapping.max(other.mapping),
            filtering: self.filtering.max(other.filtering),
        }
    }

    /// Whether two hosts with such surroundings can meet over UDP when both send to where a third saw the other, and
    /// answer where they are asked from (RFC 8445 section 7). One datagram that arrives is enough: the answer to it has
    /// an open way.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.lets_in(other) || other.lets_in(self)
    }

    /// Whether a datagram from `peer` gets in: the filter is open, or it was opened for the very address from which the
    /// peer sends, at the very mapping to which he sends.
    fn lets_in(self, peer: Self) -> bool {
        let foreseen = self.mapping == EndpointIndependent && peer.mapping == EndpointIndependent;
        self.filtering == EndpointIndependent || foreseen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL_CONE: Behaviour = Behaviour::nat(EndpointIndependent, EndpointIndependent);
    const CONE: Behaviour = Behaviour::nat(EndpointIndependent, AddressAndPortDependent);
    const SYMMETRIC: Behaviour = Behaviour::nat(AddressAndPortDependent, AddressAndPortDependent);

    #[test]
    fn who_meets_whom() {
        let all = [
            Behaviour::OPEN,
            Behaviour::FIREWALL,
            FULL_CONE,
            CONE,
            SYMMETRIC,
        ];
        let table = [
            [true, true, true, true, true],
            [true, true, true, true, false],
            [true, true, true, true, true],
            [true, true, true, true, false],
            [true, false, true, false, false],
        ];
        for (one, row) in all.into_iter().zip(table) {
            assert_eq!(all.map(|other| one.meets(other)), row, "{one:?}");
        }
    }

    #[test]
    fn of_two_in_a_row_the_stricter_counts() {
        assert_eq!(FULL_CONE.and(CONE), CONE);
        assert_eq!(SYMMETRIC.and(FULL_CONE), SYMMETRIC);
        assert_eq!(Behaviour::FIREWALL.and(FULL_CONE), CONE);
        assert_eq!(
            Behaviour::OPEN.and(Behaviour::FIREWALL),
            Behaviour::FIREWALL
        );
    }
}
