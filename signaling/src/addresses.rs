//! What is known of where a participant stands. Pure.
//!
//! His class follows from comparing the addresses that his browser declares as its own with the one its traffic comes
//! from: equal, and nothing translates between the two.

use std::net::IpAddr;

use convene_pipelines::{AddressKind, CandidateKind};
use convene_protocol::AddressOrigin;
use convene_topology::Class;

/// No browser has more; what comes after these is not looked at.
const MAX_HOSTS: usize = 64;

/// As many addresses of one participant are written down; whoever has more does not want to be found.
const MAX_NOTES: usize = 256;

/// Declared and observed addresses.
#[derive(Debug, Default)]
pub struct Addresses {
    hosts: Vec<(IpAddr, u16)>,
    observed: Option<(IpAddr, u16)>,
    notes: usize,
}

impl Addresses {
    /// Takes in an address, and gives the class that follows from all so far.
    pub fn learn(&mut self, kind: AddressKind, address: &str, port: u16) -> Class {
        // A `.local` name hides an address: nothing can be compared with it.
        if let Ok(address) = address.parse::<IpAddr>() {
            let known = (address.to_canonical(), port);
            match kind {
                AddressKind::Observed => self.observed = Some(known),
                AddressKind::Declared(CandidateKind::Host) if self.hosts.len() < MAX_HOSTS => {
                    self.hosts.push(known);
                }
                AddressKind::Checked | AddressKind::Declared(_) => {}
            }
        }
        self.class()
    }

    /// Whether one more is to be written down.
    pub fn may_note(&mut self) -> bool {
        self.notes += 1;
        self.notes <= MAX_NOTES
    }

    fn class(&self) -> Class {
        match self.observed {
            Some(observed) if self.hosts.contains(&observed) => Class::Public,
            Some(_) if !self.hosts.is_empty() => Class::Private,
            _ => Class::Unknown,
        }
    }
}

/// How the moderator's query names it.
#[must_use]
pub fn origin(kind: AddressKind) -> AddressOrigin {
    match kind {
        AddressKind::Checked => AddressOrigin::Checked,
        AddressKind::Observed => AddressOrigin::Observed,
        AddressKind::Declared(CandidateKind::Host) => AddressOrigin::Host,
        AddressKind::Declared(CandidateKind::Srflx) => AddressOrigin::Srflx,
        AddressKind::Declared(CandidateKind::Other) => AddressOrigin::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: AddressKind = AddressKind::Declared(CandidateKind::Host);
    const SRFLX: AddressKind = AddressKind::Declared(CandidateKind::Srflx);
    const SEEN: AddressKind = AddressKind::Observed;

    #[test]
    fn nobody_fills_the_book() {
        let mut addresses = Addresses::default();
        let noted = (0..10_000).filter(|_| addresses.may_note()).count();
        assert_eq!(noted, MAX_NOTES);
    }

    #[test]
    fn the_class_follows_from_the_comparison() {
        type Learnt<'a> = &'a [(AddressKind, &'a str, u16)];
        let table: [(&str, Learnt<'_>, Class); 8] = [
            ("nothing seen", &[(HOST, "203.0.113.1", 5)], Class::Unknown),
            (
                "nothing declared",
                &[(SEEN, "203.0.113.1", 5)],
                Class::Unknown,
            ),
            (
                "the same",
                &[(HOST, "203.0.113.1", 5), (SEEN, "203.0.113.1", 5)],
                Class::Public,
            ),
            (
                "seen first",
                &[(SEEN, "203.0.113.1", 5), (HOST, "203.0.113.1", 5)],
                Class::Public,
            ),
            (
                "another port",
                &[(HOST, "203.0.113.1", 5), (SEEN, "203.0.113.1", 6)],
                Class::Private,
            ),
            (
                "one of two",
                &[
                    (HOST, "10.0.0.2", 5),
                    (HOST, "203.0.113.1", 5),
                    (SEEN, "203.0.113.1", 5),
                ],
                Class::Public,
            ),
            (
                "hidden",
                &[(HOST, "a1.local", 5), (SEEN, "203.0.113.1", 5)],
                Class::Unknown,
            ),
            (
                "srflx is no host",
                &[
                    (HOST, "10.0.0.2", 5),
                    (SRFLX, "203.0.113.1", 5),
                    (SEEN, "203.0.113.1", 5),
                ],
                Class::Private,
            ),
        ];
        for (story, learnt, expected) in table {
            let mut addresses = Addresses::default();
            let class = learnt
                .iter()
                .map(|(kind, address, port)| addresses.learn(*kind, address, *port))
                .last();
            assert_eq!(class, Some(expected), "{story}");
        }
    }
}
