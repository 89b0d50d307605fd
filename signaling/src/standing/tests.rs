#![allow(clippy::unwrap_used)]

use convene_protocol::{Evidence, Filtering, Mapping, Nat};
use convene_topology::{Class, Realm};

use super::*;

const PUBLIC: &str = "203.0.113.9:4000";
const LAN: &str = "192.168.3.2:4000";
/// The server's own addresses.
const WIDE: &str = "198.51.100.1";
const LOCAL: &str = "192.168.3.3";

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn all(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| at(text)).collect()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn udp(address: &str, ours: &str) -> Seen {
    Seen {
        transport: Transport::Udp,
        address: at(address),
        ours: Some(ours.parse().unwrap()),
    }
}

/// Whose browser declares these (a name without a port hides an address), and whose traffic comes from there.
fn somebody(hosts: &[&str], observed: &str) -> Facts {
    let mut facts = Facts::default();
    declare(&mut facts, hosts);
    facts.observed(seconds(1), udp(observed, WIDE));
    facts
}

fn declare(facts: &mut Facts, hosts: &[&str]) {
    for host in hosts {
        match host.parse::<SocketAddr>() {
            Ok(host) => facts.declared(CandidateKind::Host, &host.ip().to_string(), host.port()),
            Err(_) => facts.declared(CandidateKind::Host, host, 4_000),
        }
    }
}

/// His browser is asked of this address, and of no other.
fn mirror(facts: &mut Facts, address: &str, own: bool) {
    let ip = at(address).ip();
    assert_eq!(facts.wants_mirror(), Some(ip));
    facts.mirrored(ip, own);
}

fn found(facts: &mut Facts, answered: &[&str], came_from: &[&str], srflx: &[&str]) {
    let findings = Findings {
        asked: all(&["203.0.113.9:4100", "192.168.3.2:4100"]),
        answered: all(answered),
        came_from: all(came_from),
    };
    facts.probed(findings, all(srflx));
}

#[test]
fn nobody_fills_the_book() {
    let mut facts = Facts::default();
    let noted = (0..10_000).filter(|_| facts.may_note()).count();
    assert_eq!(noted, MAX_NOTES);
    for n in 0..10_000_u32 {
        let address = format!("10.0.{}.{}:5", n / 256 % 256, n % 256);
        facts.checked(seconds(1), udp(&address, WIDE));
        facts.declared(CandidateKind::Host, "10.0.0.1", n as u16);
    }
    assert!(facts.seen.len() <= MAX_SEEN && facts.hosts.len() <= MAX_HOSTS);
}

#[test]
fn the_class_follows_from_the_comparison() {
    let table: [(&str, &[&str], &str, Class); 7] = [
        ("nothing declared", &[], PUBLIC, Class::Unknown),
        ("the same", &[PUBLIC], PUBLIC, Class::Public),
        (
            "another port",
            &["203.0.113.9:4001"],
            PUBLIC,
            Class::Private,
        ),
        (
            "one of two",
            &["10.0.0.2:4000", PUBLIC],
            PUBLIC,
            Class::Public,
        ),
        ("a NAT", &["10.0.0.2:4000"], PUBLIC, Class::Private),
        ("hidden", &["a1.local"], PUBLIC, Class::Unknown),
        (
            "only the other family",
            &["[2001:db8::1]:4000"],
            PUBLIC,
            Class::Unknown,
        ),
    ];
    for (story, hosts, observed, expected) in table {
        assert_eq!(
            somebody(hosts, observed).standing().class,
            expected,
            "{story}"
        );
    }
    let mut early = Facts::default();
    declare(&mut early, &[PUBLIC]);
    assert_eq!(early.standing(), Standing::default(), "nothing seen");
}

#[test]
fn a_srflx_candidate_is_no_address_of_his_own() {
    let mut facts = somebody(&["10.0.0.2:4000"], PUBLIC);
    facts.declared(CandidateKind::Srflx, "203.0.113.9", 4_000);
    assert_eq!(facts.standing().class, Class::Private);
}

/// Everybody stands where he stands whether his browser shows its addresses or not.
#[test]
fn hidden_addresses_change_no_class() {
    type Story<'a> = (
        &'a str,
        &'a str,
        bool,
        &'a [&'a str],
        &'a [&'a str],
        Class,
        bool,
        Nat,
    );
    let nat = |mapping, filtering| Nat {
        mapping: Some(mapping),
        filtering: Some(filtering),
    };
    let (open, closed) = (
        Filtering::EndpointIndependent,
        Filtering::AddressAndPortDependent,
    );
    let (same, other) = (&["203.0.113.9:4100"][..], &["203.0.113.9:17001"][..]);
    let (public, private) = (Class::Public, Class::Private);
    let table: [Story<'_>; 5] = [
        (
            "public",
            PUBLIC,
            true,
            same,
            same,
            public,
            true,
            nat(Mapping::None, open),
        ),
        (
            "firewall",
            PUBLIC,
            true,
            &[],
            same,
            public,
            false,
            nat(Mapping::None, closed),
        ),
        (
            "full cone",
            "10.0.0.2:4000",
            false,
            same,
            same,
            private,
            true,
            nat(Mapping::EndpointIndependent, open),
        ),
        (
            "cone",
            "10.0.0.2:4000",
            false,
            &[],
            same,
            private,
            false,
            nat(Mapping::EndpointIndependent, closed),
        ),
        (
            "symmetric",
            "10.0.0.2:4000",
            false,
            &[],
            other,
            private,
            false,
            nat(Mapping::AddressAndPortDependent, closed),
        ),
    ];
    for (story, host, own, answered, came_from, class, reachable, nat) in table {
        let mut shown = somebody(&[host], PUBLIC);
        let mut hidden = somebody(&["a1.local"], PUBLIC);
        mirror(&mut hidden, PUBLIC, own);
        for facts in [&mut shown, &mut hidden] {
            assert_eq!(facts.standing().class, class, "{story}, before the probe");
            assert_eq!(facts.standing().reachable, None, "{story}");
            found(facts, answered, came_from, &["203.0.113.9:4100"]);
            let standing = facts.standing();
            assert_eq!(standing.class, class, "{story}: {standing:?}");
            assert_eq!(standing.reachable, Some(reachable), "{story}");
            assert_eq!(
                (standing.realm, standing.nat),
                (Realm::Wide, nat),
                "{story}"
            );
        }
    }
}

#[test]
fn a_probe_alone_makes_nobody_public_or_private() {
    for answered in [&["203.0.113.9:4100"][..], &[]] {
        let mut facts = somebody(&["a1.local"], PUBLIC);
        found(&mut facts, answered, &[], &[]);
        assert_eq!(facts.standing().class, Class::Unknown);
    }
}

#[test]
fn a_browser_is_asked_of_each_address_once() {
    let mut facts = somebody(&["10.0.0.2:4000"], PUBLIC);
    assert_eq!(facts.wants_mirror(), None, "it has declared its own");
    declare(&mut facts, &["a1.local"]);
    assert_eq!(facts.wants_mirror(), Some(at(PUBLIC).ip()));
    assert_eq!(facts.wants_mirror(), None);
    facts.mirrored(at(LAN).ip(), true);
    assert_eq!(
        facts.standing().class,
        Class::Unknown,
        "nobody asked of that"
    );
    facts.mirrored(at(PUBLIC).ip(), true);
    facts.mirrored(at(PUBLIC).ip(), false);
    assert_eq!(facts.standing().class, Class::Public);
    facts.checked(seconds(2), udp(LAN, LOCAL));
    assert_eq!(
        facts.standing().class,
        Class::Unknown,
        "he is at home elsewhere"
    );
    assert_eq!(facts.wants_mirror(), Some(at(LAN).ip()));
}

#[test]
fn what_is_not_known_is_not_claimed() {
    let mut facts = somebody(&["10.0.0.2:4000"], PUBLIC);
    facts.probed(Findings::default(), Vec::new());
    let standing = facts.standing();
    assert_eq!(standing.nat, Nat::default());
    assert_eq!(standing.reachable, Some(false));
    let evidence = [
        Evidence::DeclaredDiffers,
        Evidence::NothingToProbe,
        Evidence::ProbeNotReached,
    ];
    assert_eq!(standing.evidence, evidence);
}

#[test]
fn a_port_of_tcp_is_of_no_candidate() {
    let tcp = |address| Seen {
        transport: Transport::Tcp,
        ..udp(address, WIDE)
    };
    for (address, class) in [
        ("203.0.113.9:61000", Class::Public),
        ("203.0.113.8:61000", Class::Private),
    ] {
        let mut facts = Facts::default();
        declare(&mut facts, &[PUBLIC]);
        facts.observed(seconds(1), tcp(address));
        assert_eq!(facts.standing().class, class);
        assert!(facts.standing().evidence.contains(&Evidence::TcpOnly));
    }
}

/// His sound goes through the office's router to the server's public address; he reaches it on the LAN, too.
fn colleague(hosts: &[&str]) -> Facts {
    let mut facts = Facts::default();
    declare(&mut facts, hosts);
    facts.checked(seconds(1), udp("203.0.113.6:29000", WIDE));
    facts.observed(seconds(1), udp("203.0.113.6:29000", WIDE));
    facts.checked(seconds(1), udp(LAN, LOCAL));
    facts
}

#[test]
fn whoever_shares_the_servers_lan_is_at_home_there() {
    let mut hidden = colleague(&["a1.local"]);
    mirror(&mut hidden, LAN, true);
    for facts in [&mut colleague(&[LAN]), &mut hidden] {
        found(facts, &["192.168.3.2:4100"], &[], &[]);
        let standing = facts.standing();
        assert_eq!(
            (standing.class, standing.realm),
            (Class::Public, Realm::ServerLan)
        );
        assert_eq!(standing.reachable, Some(true));
    }
}

#[test]
fn only_answers_from_the_realm_count() {
    let mut facts = colleague(&[LAN]);
    found(&mut facts, &["203.0.113.9:4100"], &[], &[]);
    assert_eq!(facts.standing().reachable, Some(false));
    let mut facts = somebody(&[PUBLIC], PUBLIC);
    found(&mut facts, &["192.168.3.2:4100"], &[], &[]);
    assert_eq!(facts.standing().reachable, Some(false));
}

#[test]
fn a_private_address_at_a_public_one_of_ours_is_no_lan() {
    let facts = somebody(&["10.0.0.2:4000"], "10.0.0.2:4000");
    assert_eq!(facts.standing().realm, Realm::Wide);
}

#[test]
fn whoever_moves_is_somebody_else() {
    let mut facts = colleague(&["a1.local"]);
    mirror(&mut facts, LAN, true);
    found(&mut facts, &["192.168.3.2:4100"], &[], &[]);
    facts.checked(seconds(100), udp("203.0.113.7:5000", WIDE));
    facts.observed(seconds(100), udp("203.0.113.7:5000", WIDE));
    let standing = facts.standing();
    assert_eq!(
        (standing.class, standing.realm),
        (Class::Unknown, Realm::Wide)
    );
    assert_eq!(standing.reachable, None);
}

#[test]
fn another_port_of_a_nat_changes_nothing() {
    let mut facts = somebody(&["a1.local"], PUBLIC);
    mirror(&mut facts, PUBLIC, false);
    found(&mut facts, &["203.0.113.9:4100"], &[], &[]);
    facts.observed(seconds(100), udp("203.0.113.9:4001", WIDE));
    assert_eq!(facts.standing().reachable, Some(true));
    assert_eq!(facts.standing().class, Class::Private);
}

#[test]
fn only_verified_addresses_are_asked() {
    let socket = "203.0.113.20".parse().unwrap();
    let facts = somebody(&["a1.local"], PUBLIC);
    let table: [(&str, &[&str]); 8] = [
        ("UDP 1 203.0.113.9 4100 typ srflx", &["203.0.113.9:4100"]),
        ("UDP 1 203.0.113.20 4100 typ srflx", &["203.0.113.20:4100"]),
        ("UDP 1 203.0.113.9 4100 typ host", &["203.0.113.9:4100"]),
        ("UDP 1 a1.local 4100 typ host", &["203.0.113.9:4100"]),
        ("UDP 1 198.51.100.66 4100 typ srflx", &[]),
        ("UDP 1 10.0.0.2 4100 typ host", &[]),
        ("UDP 1 203.0.113.9 53 typ srflx", &[]),
        ("TCP 1 203.0.113.9 4100 typ host", &[]),
    ];
    for (text, expected) in table {
        let candidate = Candidate::parse(&format!("candidate:1 1 {text}")).unwrap();
        assert_eq!(facts.targets(&candidate, socket), all(expected), "{text}");
    }
}
