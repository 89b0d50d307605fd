//! Every NAT and firewall of the scenarios is what the scene says, measured from outside.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::{
    parse,
    probe::{Probe, seen_at},
    receive, scenario, socket, with_rights,
};
use convene_lab::{
    Behaviour,
    Dependence::{AddressAndPortDependent, EndpointIndependent},
    Laboratory, PUBLIC, Scene,
};

/// Measures every link of every host and compares it with the scene.
fn as_said(scene: &Scene) {
    let lab = Laboratory::build(scene).unwrap();
    let probe = Probe::new(&lab);
    let links = || {
        lab.plan()
            .links()
            .iter()
            .filter(|link| scene.hosts.contains_key(&link.node))
    };
    let said: Vec<_> = links()
        .map(|link| (link.name(), Some(lab.plan().behaviour(link))))
        .collect();
    let measured: Vec<_> = links()
        .map(|link| (link.name(), probe.behaviour(&lab, &link.name())))
        .collect();
    assert_eq!(measured, said, "{}", scene.title);
}

macro_rules! scenarios {
    ($($test:ident: $file:literal,)*) => { $(
        #[test]
        fn $test() {
            with_rights(stringify!($test), || as_said(&scenario($file)));
        }
    )* };
}

scenarios! {
    full_cone: "full-cone",
    cone: "cone",
    symmetric: "symmetric",
    double_nat: "double-nat",
    firewall: "firewall",
    shared_lan: "shared-lan",
}

#[test]
fn firewalls_and_nats_in_a_row() {
    let text = r#"
        [firewalls]
        outer = "public"
        inner = "outer"
        [nats.open]
        behind = "inner"
        mapping = "endpoint-independent"
        filtering = "endpoint-independent"
        [nats.odd]
        mapping = "address-and-port-dependent"
        filtering = "endpoint-independent"
        [hosts]
        ann = "outer"
        bob = "inner"
        cid = "open"
        dan = "odd"
    "#;
    with_rights("firewalls_and_nats_in_a_row", || as_said(&parse(text)));
}

#[test]
fn everyone_comes_from_the_ports_that_are_his() {
    with_rights("everyone_comes_from_the_ports_that_are_his", || {
        let lab = Laboratory::build(&scenario("double-nat")).unwrap();
        let at = socket(&lab, "probe-a");
        for (host, keeps) in [("ann", true), ("bob", false)] {
            let end = lab
                .plan()
                .seen(lab.plan().link(host).unwrap(), PUBLIC)
                .unwrap();
            let socket = socket(&lab, host);
            let (own, seen) = (socket.local_addr().unwrap(), seen_at(&socket, &at).unwrap());
            assert_eq!(seen.ip(), end.address);
            for end_port in [own.port(), seen.port()] {
                assert!(
                    end.ports.unwrap().all().contains(&end_port),
                    "{own} {seen}: {end:?}"
                );
            }
            assert_eq!(own.port() == seen.port(), keeps, "{host}: {own} {seen}");
        }
    });
}

#[test]
fn a_nat_changes_in_mid_run_and_forgets() {
    with_rights("a_nat_changes_in_mid_run_and_forgets", || {
        let mut lab = Laboratory::build(&scenario("full-cone")).unwrap();
        let probe = Probe::new(&lab);
        let (ann, at) = (socket(&lab, "ann"), socket(&lab, "probe-a"));
        let before = seen_at(&ann, &at).unwrap();
        assert!(hears(&ann, &at, before));

        lab.set_nat("ann-home", None, None).unwrap();
        assert!(!hears(&ann, &at, before), "its mapping is forgotten");
        let after = seen_at(&ann, &at).unwrap();
        assert_ne!(after, before);
        assert!(hears(&ann, &at, after));

        for mapping in [AddressAndPortDependent, EndpointIndependent] {
            for filtering in [EndpointIndependent, AddressAndPortDependent] {
                lab.set_nat("ann-home", Some(mapping), Some(filtering))
                    .unwrap();
                let expected = Some(Behaviour::nat(mapping, filtering));
                assert_eq!(probe.behaviour(&lab, "ann"), expected);
            }
        }
    });
}

fn hears(ann: &std::net::UdpSocket, from: &std::net::UdpSocket, at: std::net::SocketAddr) -> bool {
    from.send_to(b"hello", at).unwrap();
    let deadline = Instant::now() + Duration::from_millis(200);
    receive(ann, deadline, |word, _| (word == b"hello").then_some(())).is_some()
}

/// Hosts of two laboratories with the same names and addresses, both at work at once.
#[test]
fn two_laboratories_stand_side_by_side() {
    with_rights("two_laboratories_stand_side_by_side", || {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| as_said(&scenario("symmetric")));
            }
        });
    });
}
