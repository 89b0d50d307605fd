//! Hole punching succeeds between the NATs between which it can, and only there.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    net::{SocketAddr, UdpSocket},
    thread,
    time::Duration,
};

use common::{parse, probe::seen_at, socket, with_rights};
use convene_lab::{Laboratory, Scene};

const ROUNDS: u32 = 30;
const PAUSE: Duration = Duration::from_millis(20);

const TOWN: &str = r#"
    [nats.full]
    mapping = "endpoint-independent"
    filtering = "endpoint-independent"
    [nats.cone]
    mapping = "endpoint-independent"
    filtering = "address-and-port-dependent"
    [nats.cone2]
    mapping = "endpoint-independent"
    filtering = "address-and-port-dependent"
    [nats.symm]
    mapping = "address-and-port-dependent"
    filtering = "address-and-port-dependent"
    [nats.symm2]
    mapping = "address-and-port-dependent"
    filtering = "address-and-port-dependent"
    [nats.odd]
    mapping = "address-and-port-dependent"
    filtering = "endpoint-independent"
    [nats.double]
    behind = "full"
    mapping = "endpoint-independent"
    filtering = "address-and-port-dependent"
    [firewalls]
    office = "public"
    [hosts]
    a = "public"
    b = "office"
    c = "cone"
    d = "cone2"
    e = "symm"
    f = "symm2"
    g = "odd"
    h = "double"
"#;

#[test]
fn who_can_meet_meets() {
    with_rights("who_can_meet_meets", || {
        let scene = parse(TOWN);
        let lab = Laboratory::build(&scene).unwrap();
        let can = |name: &str| lab.plan().behaviour(lab.plan().link(name).unwrap());
        let pairs = pairs(&scene);
        let expected: Vec<_> = pairs
            .iter()
            .map(|[one, two]| can(one).meets(can(two)))
            .collect();
        let met: Vec<_> = thread::scope(|scope| {
            let meeting = |[one, two]: &[String; 2]| {
                let (lab, one, two) = (&lab, one.clone(), two.clone());
                scope.spawn(move || meet(lab, &one, &two))
            };
            let meetings: Vec<_> = pairs.iter().map(meeting).collect();
            meetings
                .into_iter()
                .map(|met| met.join().unwrap())
                .collect()
        });
        let named = |met: Vec<bool>| pairs.iter().cloned().zip(met).collect::<Vec<_>>();
        assert_eq!(named(met), named(expected.clone()));
        let [yes, no] =
            [true, false].map(|met| expected.iter().filter(|expected| **expected == met).count());
        assert!(yes >= 10 && no >= 6, "{yes} meet, {no} do not");
    });
}

/// All pairs of hosts but the probe's.
fn pairs(scene: &Scene) -> Vec<[String; 2]> {
    let hosts: Vec<_> = scene.hosts.keys().filter(|name| name.len() == 1).collect();
    let with_later = |(i, one)| {
        hosts[i + 1..]
            .iter()
            .map(move |two: &&String| [one, *two].map(String::clone))
    };
    hosts
        .iter()
        .copied()
        .enumerate()
        .flat_map(with_later)
        .collect()
}

/// One who wants to meet another: to where he sends, and whether he has heard something.
struct Side {
    socket: UdpSocket,
    peer: SocketAddr,
    heard: bool,
}

/// Whether both hear each other, each sending to where a third has seen the other until he hears him from elsewhere.
fn meet(lab: &Laboratory, one: &str, two: &str) -> bool {
    let third = socket(lab, "probe-a");
    let [one, two] = [one, two].map(|host| socket(lab, host));
    let [seen_one, seen_two] = [&one, &two].map(|socket| seen_at(socket, &third).unwrap());
    let mut sides = [side(one, seen_two), side(two, seen_one)];
    for _ in 0..ROUNDS {
        for side in &mut sides {
            side.socket.send_to(b"hello", side.peer).unwrap();
            side.listen();
        }
        if sides.iter().all(|side| side.heard) {
            return true;
        }
    }
    false
}

fn side(socket: UdpSocket, peer: SocketAddr) -> Side {
    socket.set_read_timeout(Some(PAUSE)).unwrap();
    Side {
        socket,
        peer,
        heard: false,
    }
}

impl Side {
    fn listen(&mut self) {
        if let Ok((_, from)) = self.socket.recv_from(&mut [0; 16]) {
            (self.peer, self.heard) = (from, true);
        }
    }
}
