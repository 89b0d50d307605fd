//! The prober against the full agent of `is`, as a page's throw-away connection is one, behind what stands before it.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use common::{Check, credentials, written};
use convene_ice::{Findings, ProbeOutput, Prober};
use is::{
    Candidate, IceAgent, IceCreds, Protocol,
    stun::{StunMessage, StunPacket},
};

const TICK: Duration = Duration::from_millis(10);

/// Towards whom the peer's network lets in what comes unasked, and to what it maps him.
#[derive(Clone, Copy)]
struct Network {
    mapped: &'static str,
    towards_prober: &'static str,
    open: bool,
}

const PUBLIC: Network = Network {
    mapped: "203.0.113.9:4000",
    towards_prober: "203.0.113.9:4000",
    open: true,
};

const INSIDE: &str = "10.0.0.2:4000";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn prober_address() -> SocketAddr {
    address("198.51.100.1:61234")
}

/// A page that knows our credentials and no candidate.
fn page() -> IceAgent {
    let creds = |name: &str| IceCreds {
        ufrag: credentials(name).ufrag,
        pass: credentials(name).password,
    };
    let mut page = IceAgent::new(creds("page"));
    page.set_controlling(true);
    page.set_remote_credentials(creds("prober"));
    page.add_local_candidate(Candidate::host(address(INSIDE), Protocol::Udp).unwrap());
    page
}

fn prober(now: Instant) -> Prober {
    Prober::new(now, credentials("prober"), credentials("page"))
}

/// A probe of an agent behind a network, in simulated time. Gives what was found, after how long, and how many checks
/// the prober has sent.
fn probe(network: Network) -> (Findings, Duration, usize) {
    let start = Instant::now();
    let (mut now, mut page, mut prober) = (start, page(), prober(start));
    let (mut is_open, mut checks) = (network.open, 0);
    prober.aim(now, address(network.mapped));
    loop {
        while let Some(output) = prober.poll() {
            match output {
                ProbeOutput::Send { to, octets } => {
                    let message = StunMessage::parse(&octets).unwrap();
                    checks += usize::from(message.is_binding_request());
                    let known = [network.mapped, network.towards_prober].map(address);
                    if is_open && known.contains(&to) {
                        let packet = StunPacket {
                            proto: Protocol::Udp,
                            source: prober_address(),
                            destination: address(INSIDE),
                            message,
                        };
                        page.handle_packet(now, packet);
                    }
                }
                ProbeOutput::Name => {
                    let ours = Candidate::host(prober_address(), Protocol::Udp).unwrap();
                    page.add_remote_candidate(ours);
                }
                ProbeOutput::Knocked(from) => panic!("there is no door, and {from} knocks"),
                ProbeOutput::Done(findings) => return (findings, now - start, checks),
            }
        }
        page.handle_timeout(now);
        while let Some(sent) = page.poll_transmit() {
            assert_eq!(sent.destination, prober_address());
            is_open = true;
            prober.handle(now, address(network.towards_prober), &sent.contents);
        }
        now += TICK;
        if prober.deadline().is_some_and(|at| at <= now) {
            prober.handle_timeout(now);
        }
        assert!(now < start + Duration::from_secs(10), "it ends");
    }
}

#[test]
fn whoever_lets_strangers_in_answers() {
    let (found, after, _) = probe(PUBLIC);
    assert_eq!(found.asked, [address(PUBLIC.mapped)]);
    assert_eq!(found.answered, found.asked);
    assert_eq!(found.came_from, found.asked);
    assert!(after < Duration::from_millis(500), "{after:?}");
}

#[test]
fn whoever_does_not_is_found_once_he_knows_the_port() {
    let table = [
        ("cone", "203.0.113.9:4000"),
        ("symmetric", "203.0.113.9:17001"),
    ];
    for (story, towards_prober) in table {
        let network = Network {
            towards_prober,
            open: false,
            ..PUBLIC
        };
        let (found, after, checks) = probe(network);
        assert!(found.answered.is_empty(), "{story}");
        assert_eq!(found.came_from, [address(towards_prober)], "{story}");
        assert_eq!(checks, 5, "{story}");
        let seconds = Duration::from_secs(4)..Duration::from_secs(5);
        assert!(seconds.contains(&after), "{story}: {after:?}");
    }
}

/// What the prober has to say until `end`.
fn until(prober: &mut Prober, end: Instant) -> Vec<ProbeOutput> {
    let mut said = Vec::new();
    while let Some(at) = prober.deadline().filter(|at| *at <= end) {
        prober.handle_timeout(at);
        said.extend(std::iter::from_fn(|| prober.poll()));
    }
    said
}

#[test]
fn who_is_not_there_ends_it_too() {
    let start = Instant::now();
    let mut prober = prober(start);
    let said = until(&mut prober, start + Duration::from_secs(60));
    assert_eq!(
        said,
        [ProbeOutput::Name, ProbeOutput::Done(Findings::default())]
    );
    assert_eq!(prober.deadline(), None);
}

#[test]
fn a_liar_cannot_make_it_send_much() {
    let start = Instant::now();
    let mut prober = prober(start);
    for port in 1..=500 {
        prober.aim(start, SocketAddr::from(([203, 0, 113, 9], port)));
        prober.aim(start, SocketAddr::from(([203, 0, 113, 9], 1)));
    }
    let said = until(&mut prober, start + Duration::from_secs(60));
    let sent = said.iter().filter_map(|output| match output {
        ProbeOutput::Send { octets, .. } => Some(octets.len()),
        _ => None,
    });
    let sent: Vec<_> = sent.collect();
    assert!(sent.len() <= 8 * 5, "{}", sent.len());
    assert!(sent.iter().all(|length| *length < 200), "{sent:?}");
}

#[test]
fn forged_answers_and_checks_count_for_nothing() {
    let (start, target) = (Instant::now(), address(PUBLIC.mapped));
    let mut prober = prober(start);
    prober.aim(start, target);
    let Some(ProbeOutput::Send { octets, .. }) = prober.poll() else {
        panic!("a check")
    };
    let id = StunMessage::parse(&octets).unwrap().trans_id();
    let answer = |password: &str| {
        let reply = StunMessage::binding_reply(id, prober_address());
        written(reply, password)
    };
    let password = credentials("page").password;
    prober.handle(start, target, &answer("not-the-password-of-it"));
    prober.handle(start, address("203.0.113.9:4001"), &answer(&password));
    let other = StunMessage::binding_reply(is::stun::TransId::new(), prober_address());
    prober.handle(start, target, &written(other, &password));
    for (name, peer) in [("another", "page"), ("prober", "page")] {
        let mut check = Check::of(name);
        check.peer = credentials(peer);
        if name == "prober" {
            check.local.password = "not-the-password-of-it".to_owned();
        }
        prober.handle(start, target, &check.octets());
    }
    let said = until(&mut prober, start + Duration::from_secs(60));
    let found = Findings {
        asked: vec![target],
        ..Findings::default()
    };
    assert_eq!(said.last(), Some(&ProbeOutput::Done(found)));
}

#[test]
fn an_answer_after_the_port_was_named_proves_nothing() {
    let (start, target) = (Instant::now(), address(PUBLIC.mapped));
    let mut prober = prober(start);
    prober.aim(start, target);
    let Some(ProbeOutput::Send { octets, .. }) = prober.poll() else {
        panic!("a check")
    };
    let id = StunMessage::parse(&octets).unwrap().trans_id();
    let later = start + Duration::from_millis(4_100);
    assert!(until(&mut prober, later).contains(&ProbeOutput::Name));
    let reply = StunMessage::binding_reply(id, prober_address());
    prober.handle(
        later,
        target,
        &written(reply, &credentials("page").password),
    );
    let said = until(&mut prober, start + Duration::from_secs(60));
    let Some(ProbeOutput::Done(found)) = said.last() else {
        panic!("it ends")
    };
    assert!(found.answered.is_empty());
}

#[test]
fn who_knocks_at_the_door_is_told_of_once_and_not_answered() {
    let mut prober = prober(Instant::now());
    let neighbour = address("192.168.3.2:4000");
    let his = |name: &str| {
        let mut check = Check::of(name);
        check.peer = credentials("page");
        check.octets()
    };
    prober.knock(neighbour, &his("another"));
    prober.knock(neighbour, b"hello");
    assert_eq!(prober.poll(), None);
    for _ in 0..3 {
        prober.knock(neighbour, &his("prober"));
    }
    let said: Vec<_> = std::iter::from_fn(|| prober.poll()).collect();
    assert_eq!(said, [ProbeOutput::Knocked(neighbour)]);
}
