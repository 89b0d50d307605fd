//! The candidates that are told to peers (RFC 8839, RFC 6544).

use std::net::{IpAddr, SocketAddr};

use crate::Transport;

/// Addresses of which candidates are told; no peer has use for more.
const MOST: usize = 8;

/// One of our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Of what.
    pub transport: Transport,
    /// What the peer is told.
    pub address: SocketAddr,
    /// The value of the attribute: `candidate:…`.
    pub text: String,
}

/// The host candidates of a port: `interfaces` has this host's own addresses, `external` the one that stands before
/// those of its family where a NAT maps it one to one. `udp` and `tcp` are the ports.
///
/// Loopback addresses are told when there is nothing else, link-local ones never: a candidate cannot name the device
/// without which they are of no use.
#[must_use]
pub fn candidates(
    interfaces: &[IpAddr],
    external: Option<IpAddr>,
    udp: u16,
    tcp: Option<u16>,
) -> Vec<Candidate> {
    let addresses = addresses(interfaces, external);
    let of_udp = addresses.iter().map(|ip| (Transport::Udp, *ip, udp));
    let of_tcp = tcp.into_iter().flat_map(|port| {
        let addresses = addresses.iter();
        addresses.map(move |ip| (Transport::Tcp, *ip, port))
    });
    of_udp
        .chain(of_tcp)
        .enumerate()
        .map(|(index, (transport, ip, port))| host(index, transport, SocketAddr::new(ip, port)))
        .collect()
}

fn addresses(interfaces: &[IpAddr], external: Option<IpAddr>) -> Vec<IpAddr> {
    let own = |loopback: bool| {
        let fits = move |ip: &&IpAddr| ip.is_loopback() == loopback && !is_useless(**ip);
        interfaces.iter().filter(fits).copied()
    };
    let mut addresses: Vec<_> = own(false).collect();
    if let Some(external) = external {
        addresses.retain(|own| own.is_ipv4() != external.is_ipv4());
        addresses.insert(0, external);
    }
    if addresses.is_empty() {
        addresses.extend(own(true));
    }
    let mut seen = Vec::with_capacity(addresses.len());
    for ip in addresses {
        if !seen.contains(&ip) {
            seen.push(ip);
        }
    }
    seen.truncate(MOST);
    seen
}

fn is_useless(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_link_local() || v4.is_multicast(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_unicast_link_local() || v6.is_multicast(),
    }
}

/// Each has a foundation of its own: a peer then checks all of them at once.
fn host(index: usize, transport: Transport, address: SocketAddr) -> Candidate {
    let (name, tail) = match transport {
        Transport::Udp => ("UDP", ""),
        Transport::Tcp => ("TCP", " tcptype passive"),
    };
    let (foundation, priority) = (index + 1, priority(index, transport));
    let (ip, port) = (address.ip(), address.port());
    Candidate {
        transport,
        address,
        text: format!("candidate:{foundation} 1 {name} {priority} {ip} {port} typ host{tail}"),
    }
}

/// RFC 8445 section 5.1.2.1, with type preferences that put TCP behind UDP (RFC 6544 section 4.2).
fn priority(index: usize, transport: Transport) -> u32 {
    let type_preference: u32 = match transport {
        Transport::Udp => 126,
        Transport::Tcp => 90,
    };
    let local_preference = 65_535 - u32::try_from(index).unwrap_or(65_535).min(65_535);
    (type_preference << 24) | (local_preference << 8) | 255
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().filter_map(|text| text.parse().ok()).collect()
    }

    fn told(interfaces: &[&str], external: Option<&str>, tcp: Option<u16>) -> Vec<String> {
        let external = external.and_then(|text| text.parse().ok());
        let all = candidates(&ips(interfaces), external, 50_000, tcp);
        all.iter().map(|candidate| candidate.text.clone()).collect()
    }

    #[test]
    fn the_attributes_are_well_formed() {
        let table = told(&["192.0.2.7", "2001:db8::7"], None, Some(50_000));
        assert_eq!(
            table,
            [
                "candidate:1 1 UDP 2130706431 192.0.2.7 50000 typ host",
                "candidate:2 1 UDP 2130706175 2001:db8::7 50000 typ host",
                "candidate:3 1 TCP 1526726143 192.0.2.7 50000 typ host tcptype passive",
                "candidate:4 1 TCP 1526725887 2001:db8::7 50000 typ host tcptype passive",
            ]
        );
    }

    #[test]
    fn what_peers_cannot_use_is_not_told() {
        type Story<'a> = (&'a str, &'a [&'a str], Option<&'a str>, &'a [&'a str]);
        let table: [Story<'_>; 6] = [
            (
                "loopback beside others",
                &["127.0.0.1", "192.0.2.7"],
                None,
                &["192.0.2.7"],
            ),
            (
                "only loopback",
                &["127.0.0.1", "::1"],
                None,
                &["127.0.0.1", "::1"],
            ),
            (
                "link-local",
                &["fe80::1", "169.254.3.4", "192.0.2.7"],
                None,
                &["192.0.2.7"],
            ),
            (
                "external",
                &["10.0.0.2", "10.0.0.3"],
                Some("203.0.113.1"),
                &["203.0.113.1"],
            ),
            (
                "external of one family",
                &["10.0.0.2", "2001:db8::7"],
                Some("203.0.113.1"),
                &["203.0.113.1", "2001:db8::7"],
            ),
            ("twice", &["192.0.2.7", "192.0.2.7"], None, &["192.0.2.7"]),
        ];
        for (story, interfaces, external, expected) in table {
            let external = external.and_then(|text| text.parse().ok());
            let all = candidates(&ips(interfaces), external, 1, None);
            let found: Vec<_> = all.iter().map(|told| told.address.ip()).collect();
            assert_eq!(found, ips(expected), "{story}");
        }
    }

    #[test]
    fn there_are_not_too_many() {
        let many: Vec<_> = (0..100).map(|n| IpAddr::from([192, 0, 2, n])).collect();
        assert_eq!(candidates(&many, None, 1, Some(1)).len(), 2 * MOST);
    }
}
