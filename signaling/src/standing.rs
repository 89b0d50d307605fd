//! What is known of where a participant stands in the network: what his browser declares, where his traffic comes from,
//! what a probe has found. Pure; what follows from it stands in `rules`.

mod rules;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use convene_ice::Findings;
use convene_pipelines::{AddressKind, Candidate, CandidateKind, Transport};
use convene_protocol::{AddressOrigin, AddressProtocol};

pub use rules::Standing;

/// No browser has more; what comes after these is not looked at.
const MAX_HOSTS: usize = 64;

/// As many addresses of one participant are written down; whoever has more does not want to be found.
const MAX_NOTES: usize = 256;

/// A browser tries all its ways at once; what was tried longer ago than this, and is not in use, was another network.
const AT_ONCE: Duration = Duration::from_secs(30);

/// Ways that are remembered: some for each of our addresses and each of his.
const MAX_SEEN: usize = 32;

/// Ports below these are of services, and no browser's.
const FIRST_PORT: u16 = 1_024;

/// From where something came that was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Of what.
    pub transport: Transport,
    /// From there.
    pub address: SocketAddr,
    /// To this address of ours, when that is known.
    pub ours: Option<IpAddr>,
}

impl Seen {
    /// Datagrams from there, to whichever address of ours.
    #[must_use]
    pub fn udp(address: SocketAddr) -> Self {
        Self {
            transport: Transport::Udp,
            address,
            ours: None,
        }
    }

    /// Whether it came within the server's LAN: from a private address, to one of ours.
    fn is_local(&self) -> bool {
        is_private(self.address.ip()) && self.ours.is_none_or(is_private)
    }
}

/// What is known of one participant.
#[derive(Debug, Default)]
pub struct Facts {
    hosts: Vec<SocketAddr>,
    hidden: bool,
    seen: Vec<(Duration, Seen)>,
    observed: Option<Seen>,
    mirror: Mirror,
    probed: Option<Probed>,
    notes: usize,
}

/// Whether his browser reaches itself by the address it is seen at: what it alone can tell while it hides its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mirror {
    /// Not asked.
    #[default]
    Unknown,
    /// Asked of this address.
    Asked(IpAddr),
    /// Answered.
    Answered { address: IpAddr, own: bool },
}

/// A probe's result, with what the probed connection declared.
#[derive(Debug, Default)]
struct Probed {
    findings: Findings,
    srflx: Vec<SocketAddr>,
}

impl Facts {
    /// His browser declares a candidate of the leg. A `.local` name hides an address: nothing can be compared with it.
    pub fn declared(&mut self, kind: CandidateKind, address: &str, port: u16) {
        if kind != CandidateKind::Host {
            return;
        }
        match address.parse::<IpAddr>() {
            Ok(ip) if self.hosts.len() < MAX_HOSTS => {
                self.hosts.push(SocketAddr::new(ip.to_canonical(), port));
            }
            Ok(_) => {}
            Err(_) => self.hidden = true,
        }
    }

    /// A check with the right password came.
    pub fn checked(&mut self, now: Duration, seen: Seen) {
        let observed = self.observed.map(|observed| observed.address);
        self.seen.retain(|(at, old)| {
            let kept = now.saturating_sub(*at) < AT_ONCE || Some(old.address) == observed;
            kept && old.address != seen.address
        });
        if self.seen.len() < MAX_SEEN {
            self.seen.push((now, seen));
        }
    }

    /// His traffic comes from there. What was found out about another address of his is forgotten.
    pub fn observed(&mut self, now: Duration, seen: Seen) {
        let before = self.observed.replace(seen);
        self.checked(now, seen);
        if before.is_some_and(|before| before.address.ip() != seen.address.ip()) {
            self.mirror = Mirror::Unknown;
            self.probed = None;
        }
    }

    /// An address of which his browser alone can tell whether it is its own; once.
    pub fn wants_mirror(&mut self) -> Option<IpAddr> {
        let home = self.home()?.address.ip();
        let known = match self.mirror {
            Mirror::Unknown => false,
            Mirror::Asked(address) | Mirror::Answered { address, .. } => address == home,
        };
        if known || !self.hidden {
            return None;
        }
        self.mirror = Mirror::Asked(home);
        Some(home)
    }

    /// Whether his browser reaches itself by this address; counts if that was wanted.
    pub fn mirrored(&mut self, address: IpAddr, own: bool) {
        if self.mirror == Mirror::Asked(address) {
            self.mirror = Mirror::Answered { address, own };
        }
    }

    /// What a probe found; `srflx`: what the probed connection was told of itself by STUN.
    pub fn probed(&mut self, findings: Findings, srflx: Vec<SocketAddr>) {
        self.probed = Some(Probed { findings, srflx });
    }

    /// What follows from all this.
    #[must_use]
    pub fn standing(&self) -> Standing {
        rules::standing(self)
    }

    /// Where his traffic comes from.
    #[must_use]
    pub fn source(&self) -> Option<SocketAddr> {
        self.observed.map(|seen| seen.address)
    }

    /// Where to ask for the probed connection, by one of its candidates: only at addresses that were verified, that is
    /// where the leg's packets or those of his socket (`socket`) come from.
    #[must_use]
    pub fn targets(&self, candidate: &Candidate, socket: IpAddr) -> Vec<SocketAddr> {
        if !candidate.udp || candidate.port < FIRST_PORT {
            return Vec::new();
        }
        let ip = match candidate.address.parse::<IpAddr>() {
            Ok(ip) => Some(ip.to_canonical()).filter(|ip| *ip == socket || self.has_seen(*ip)),
            Err(_) => self.home().map(|home| home.address.ip()),
        };
        let target = ip.map(|ip| SocketAddr::new(ip, candidate.port));
        target.into_iter().collect()
    }

    /// Whether one more is to be written down.
    pub fn may_note(&mut self) -> bool {
        self.notes += 1;
        self.notes <= MAX_NOTES
    }

    /// Where he is at home: within the server's LAN if he reaches the server there at all, else where his traffic comes
    /// from.
    fn home(&self) -> Option<Seen> {
        let lately = self.seen.iter().rev().map(|(_, seen)| *seen);
        let mut local = self.observed.into_iter().chain(lately);
        local.find(Seen::is_local).or(self.observed)
    }

    fn has_seen(&self, ip: IpAddr) -> bool {
        self.seen.iter().any(|(_, seen)| seen.address.ip() == ip)
    }
}

/// Private use (RFC 1918, RFC 4193), link-local, shared (RFC 6598) or this host.
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            v4.is_private() || v4.is_link_local() || v4.is_loopback() || shared
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_loopback(),
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

/// The same of a transport.
#[must_use]
pub fn protocol(transport: Transport) -> AddressProtocol {
    match transport {
        Transport::Udp => AddressProtocol::Udp,
        Transport::Tcp => AddressProtocol::Tcp,
    }
}

#[cfg(test)]
mod tests;
