//! A router's rules: translation (RFC 4787 section 4) and filter (section 5).
//!
//! - *Endpoint-independent mapping* is what the kernel does if a source may keep its port: every host has ports of its
//!   own, so nobody else can have taken it.
//! - *Address and port-dependent mapping* is the next of a host's ports for each flow.
//! - *Endpoint-independent filtering* is not in nftables. A map learns which port belongs to whom from what goes out,
//!   and translates what comes in unasked by it.
//! - What comes in unasked to nobody is dropped without a word, and before conntrack remembers it: a remembered
//!   datagram would occupy the port that a host needs for its own datagram to the same peer, and hole punching would
//!   always fail.
//! - Nobody is let back in from behind to the outside address (no hairpinning, section 6).
//! - A new *life* forgets all UDP mappings: conntrack finds nothing of another zone. TCP goes on.

use crate::{
    address::PortRange,
    behaviour::Dependence,
    plan::{Link, Plan, Router},
    rules::replace,
    scene::Nat,
};

/// The shift of ports with each new life; the fourth is like the first.
const SHIFT: u16 = PortRange::SIZE / 4;

/// As long as RFC 4787 recommends (REQ-5), for the learned and the kernel's own.
pub(crate) const FORGET_AFTER_S: u16 = 300;

/// What the router of this name is told.
pub(crate) fn router(plan: &Plan, outside: &Link, router: &Router, life: u16) -> String {
    match router {
        Router::Firewall { .. } => replace("ip", FIREWALL),
        Router::Nat(nat) => replace("ip", &translation(plan, outside, nat, life)),
    }
}

const FIREWALL: &str = r#"
    chain through { type filter hook forward priority filter; policy accept;
        iifname "wan" ct state new drop
    }
"#;

fn translation(plan: &Plan, outside: &Link, nat: &Nat, life: u16) -> String {
    let sources: String = plan
        .links_behind(&outside.node)
        .map(|link| source(plan, link, outside, nat, life))
        .collect();
    let learn = match nat.filtering {
        Dependence::EndpointIndependent => learn(),
        Dependence::AddressAndPortDependent => String::new(),
    };
    format!(
        r#"
    chain zone {{ type filter hook prerouting priority raw; policy accept;
        meta l4proto udp ct zone set {zone}
    }}
    chain out {{ type nat hook postrouting priority srcnat; policy accept;
{sources}        oifname "wan" masquerade
    }}
{learn}
    chain in {{ type filter hook input priority filter; policy accept;
        iifname "wan" ct state new drop
        iifname "lan" ip daddr {address} drop
    }}
    chain through {{ type filter hook forward priority filter; policy accept;
        iifname "wan" ct state new ct status dnat accept
        iifname "wan" ct state new drop
    }}
"#,
        zone = life + 1,
        address = outside.address,
    )
}

fn learn() -> String {
    format!(
        r#"
    map mapped {{ type inet_service : ipv4_addr . inet_service; size 65535
        flags dynamic, timeout; timeout {FORGET_AFTER_S}s
    }}
    chain unasked {{ type nat hook prerouting priority dstnat; policy accept;
        iifname "wan" meta l4proto udp dnat ip to udp dport map @mapped
    }}
    chain learn {{ type filter hook postrouting priority srcnat + 10; policy accept;
        oifname "wan" meta l4proto udp update @mapped {{ \
            ct reply proto-dst : ct original ip saddr . ct original proto-src }}
    }}
"#
    )
}

/// The translation of what one host sends.
fn source(plan: &Plan, host: &Link, outside: &Link, nat: &Nat, life: u16) -> String {
    let Some(ports) = plan.ports_of(&host.node) else {
        return String::new();
    };
    // Programs may bind ports that are not the host's own; whose they are shows only at the nearest router.
    let (whose, every) = if host.segment == outside.node {
        (format!("ip saddr {} ", host.address), String::new())
    } else {
        (String::new(), format!(" th sport {ports}"))
    };
    let from = format!("{whose}meta l4proto {{ tcp, udp }}{every}");
    match nat.mapping {
        Dependence::AddressAndPortDependent => {
            let turns = scattered(ports, life);
            masquerade(
                &from,
                &format!("numgen inc mod {} map {{ {turns} }}", PortRange::SIZE),
            )
        }
        Dependence::EndpointIndependent => {
            let own = format!("{whose}udp sport {ports}");
            let moved = shifted(ports, life)
                .map(|pairs| masquerade(&own, &format!("udp sport map {{ {pairs} }}")));
            moved.unwrap_or_default() + &masquerade(&from, &ports.to_string())
        }
    }
}

fn masquerade(which: &str, port: &str) -> String {
    format!("        oifname \"wan\" {which} masquerade to :{port}\n")
}

/// Another port for each, none for two; all as they were in the first life.
fn shifted(ports: PortRange, life: u16) -> Option<String> {
    let shift = shift(life);
    let other = |port| (port, at(ports, port - ports.first + shift));
    (shift > 0).then(|| pairs(ports.all().map(other)))
}

/// A port for each flow, in an order that nobody guesses by counting. None comes twice before all have come, so that a
/// filter that depends on nothing knows whose each is.
fn scattered(ports: PortRange, life: u16) -> String {
    // Every odd factor reaches all.
    let nth = |n: u16| (n, at(ports, n.wrapping_mul(193).wrapping_add(shift(life))));
    pairs((0..PortRange::SIZE).map(nth))
}

fn shift(life: u16) -> u16 {
    life % (PortRange::SIZE / SHIFT) * SHIFT
}

fn at(ports: PortRange, offset: u16) -> u16 {
    ports.first + offset % PortRange::SIZE
}

fn pairs(pairs: impl Iterator<Item = (u16, u16)>) -> String {
    pairs
        .map(|(from, to)| format!("{from} : {to}"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_life_has_other_ports() {
        let ports = PortRange {
            first: 20_480,
            last: 20_991,
        };
        assert_eq!(shifted(ports, 0), None);
        assert!(
            shifted(ports, 1)
                .unwrap()
                .starts_with("20480 : 20608, 20481 : 20609,")
        );
        assert!(shifted(ports, 3).unwrap().ends_with("20991 : 20863"));
        assert_eq!(shifted(ports, 4), None);
        assert!(scattered(ports, 0).starts_with("0 : 20480, 1 : 20673,"));
        assert!(scattered(ports, 1).starts_with("0 : 20608, 1 : 20801,"));
    }

    #[test]
    fn every_port_has_its_turn() {
        let ports = PortRange {
            first: 20_480,
            last: 20_991,
        };
        let text = scattered(ports, 3);
        let turns: BTreeSet<u16> = text
            .split(", ")
            .map(|pair| pair.split_once(" : ").unwrap().1.parse().unwrap())
            .collect();
        assert!(turns.into_iter().eq(ports.all()));
    }
}
