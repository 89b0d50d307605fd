//! What follows from what is known.
//!
//! Public is whose traffic comes from an address that is his own. A browser that shows its addresses declares it; one
//! that hides them says whether it reaches itself by it. A probe could not tell: it gets in at a full-cone NAT, and at a
//! firewall it does not. Whether strangers reach somebody is another fact, and the probe's alone.

use std::net::SocketAddr;

use convene_pipelines::Transport;
use convene_protocol::{Evidence, Filtering, Mapping, Nat};
use convene_topology::{Class, Realm};

use super::{Facts, Mirror, Probed, Seen, is_private};

/// Where a participant stands, and what that rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Public or private, in his realm.
    pub class: Class,
    /// Whether strangers' packets reach him there.
    pub reachable: Option<bool>,
    /// Where that holds.
    pub realm: Realm,
    /// What stands before him.
    pub nat: Nat,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

pub(super) fn standing(facts: &Facts) -> Standing {
    let Some(home) = facts.home() else {
        return Standing::default();
    };
    let mut evidence = Vec::new();
    if home.transport == Transport::Tcp {
        evidence.push(Evidence::TcpOnly);
    }
    let realm = realm(home, &mut evidence);
    let class = class(facts, home, &mut evidence);
    let reach = facts.probed.as_ref().map(|probed| Reach::of(probed, realm));
    let nat = reach.as_ref().map(|reach| reach.nat(class, &mut evidence));
    Standing {
        class,
        reachable: reach.map(|reach| !reach.answered.is_empty()),
        realm,
        nat: nat.unwrap_or_else(|| untried(class)),
        evidence,
    }
}

fn realm(home: Seen, evidence: &mut Vec<Evidence>) -> Realm {
    if !home.is_local() {
        return Realm::Wide;
    }
    evidence.push(Evidence::ServerLan);
    Realm::ServerLan
}

fn class(facts: &Facts, home: Seen, evidence: &mut Vec<Evidence>) -> Class {
    if facts.hosts.iter().any(|host| is_same(*host, home)) {
        evidence.push(Evidence::DeclaredMatches);
        return Class::Public;
    }
    let family = |host: &SocketAddr| host.is_ipv4() == home.address.is_ipv4();
    if !facts.hidden && facts.hosts.iter().any(family) {
        evidence.push(Evidence::DeclaredDiffers);
        return Class::Private;
    }
    if !facts.hidden {
        return Class::Unknown;
    }
    evidence.push(Evidence::HostsHidden);
    match facts.mirror {
        Mirror::Answered { address, own } if address == home.address.ip() => match own {
            true => {
                evidence.push(Evidence::MirrorMatches);
                Class::Public
            }
            false => {
                evidence.push(Evidence::MirrorDiffers);
                Class::Private
            }
        },
        _ => Class::Unknown,
    }
}

/// The port of a connection is of no candidate.
fn is_same(host: SocketAddr, home: Seen) -> bool {
    match home.transport {
        Transport::Udp => host == home.address,
        Transport::Tcp => host.ip() == home.address.ip(),
    }
}

fn untried(class: Class) -> Nat {
    Nat {
        mapping: (class == Class::Public).then_some(Mapping::None),
        filtering: None,
    }
}

/// A probe's findings in one realm.
struct Reach {
    asked: Vec<SocketAddr>,
    answered: Vec<SocketAddr>,
    came_from: Vec<SocketAddr>,
    srflx: Vec<SocketAddr>,
}

impl Reach {
    fn of(Probed { findings, srflx }: &Probed, realm: Realm) -> Self {
        let within = |addresses: &[SocketAddr]| {
            let local = realm == Realm::ServerLan;
            let within = addresses
                .iter()
                .filter(|address| is_private(address.ip()) == local);
            within.copied().collect()
        };
        Self {
            asked: within(&findings.asked),
            answered: within(&findings.answered),
            came_from: within(&findings.came_from),
            srflx: within(srflx),
        }
    }

    fn nat(&self, class: Class, evidence: &mut Vec<Evidence>) -> Nat {
        evidence.push(match (self.asked.is_empty(), self.answered.is_empty()) {
            (true, _) => Evidence::NothingToProbe,
            (false, true) => Evidence::ProbeUnanswered,
            (false, false) => Evidence::ProbeAnswered,
        });
        let filtering = match (self.answered.is_empty(), self.came_from.is_empty()) {
            (false, _) => Some(Filtering::EndpointIndependent),
            (true, false) => Some(Filtering::AddressAndPortDependent),
            (true, true) => {
                evidence.push(Evidence::ProbeNotReached);
                None
            }
        };
        let mapping = match class {
            Class::Public => Some(Mapping::None),
            _ => self.mapping(evidence),
        };
        Nat { mapping, filtering }
    }

    /// Towards our port he is mapped to what STUN told him on another port, or not.
    fn mapping(&self, evidence: &mut Vec<Evidence>) -> Option<Mapping> {
        if self.came_from.is_empty() || self.srflx.is_empty() {
            return None;
        }
        let alike = self.came_from.iter().all(|from| self.srflx.contains(from));
        Some(if alike {
            evidence.push(Evidence::MappedAlike);
            Mapping::EndpointIndependent
        } else {
            evidence.push(Evidence::MappedOtherwise);
            Mapping::AddressAndPortDependent
        })
    }
}
