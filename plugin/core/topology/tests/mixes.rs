//! Conferences as they are met: behind NATs of all kinds, with uplinks that do not suffice for a mesh.

#[path = "common/nat.rs"]
mod nat;

use convene_topology::Path;
use nat::{Chance, Draw, Nat, camera, number};

fn chance() -> Chance {
    Chance(0x2545_f491_4f6c_dd1d)
}

/// How many pairs the server carries, how many any plan would leave to it, and how many there are.
fn shares(draws: impl Iterator<Item = Draw>) -> (usize, usize, usize) {
    draws.fold((0, 0, 0), |(server, least, all), draw| {
        let mut planner = draw.planner();
        while planner.poll().is_some() {}
        (
            server + draw.by_server(&planner),
            least + draw.least(),
            all + draw.pairs().count(),
        )
    })
}

#[test]
fn the_server_carries_hardly_more_than_any_plan_must_leave_to_it() {
    let mut chance = chance();
    for uplink in [Some(2), Some(4), Some(8), Some(16), None] {
        let draws = (0..200).map(|_| Draw::mesh(chance.nats(8), vec![uplink; 8]));
        let (server, least, all) = shares(draws);
        assert!(
            200 * (server - least) <= all,
            "{uplink:?}: {server} of {all}, at least {least}"
        );
        assert!(uplink.is_some() || 10 * server <= all, "{server} of {all}");
    }
}

#[test]
fn so_it_is_where_uplinks_differ_and_few_are_watched() {
    let mut chance = chance();
    let draws = (0..60).map(|_| {
        let uplinks = (0..30).map(|_| Some([0, 1, 2, 4, 12, 24][chance.below(6)]));
        let uplinks = uplinks.collect();
        Draw {
            nats: chance.nats(30),
            watches: (0..30).map(|me| chance.others(30, me, 6)).collect(),
            uplinks,
        }
    });
    let (server, least, all) = shares(draws);

    assert!(
        200 * (server - least) <= all,
        "{server} of {all}, at least {least}"
    );
}

#[test]
fn one_speaker_with_six_streams_reaches_twenty_four_viewers_without_the_server() {
    let viewers = [Nat::Public, Nat::Cone, Nat::Cone, Nat::Symmetric];
    let viewers = viewers.into_iter().cycle().take(24);
    let nats: Vec<_> = [Nat::Public].into_iter().chain(viewers).collect();
    let mut planner = Draw::audience(nats.clone(), Some(6)).planner();
    while planner.poll().is_some() {}
    let mut sent = [0; 25];
    for to in 1..25 {
        match planner.path(camera(0), number(to)) {
            Some(Path::Direct) => sent[0] += 1,
            Some(Path::Peer(relay)) => {
                assert_eq!(planner.path(camera(0), relay), Some(Path::Direct));
                assert!(
                    nats[relay.0 as usize] == Nat::Public,
                    "{relay:?} is not reachable"
                );
                sent[relay.0 as usize] += 1;
            }
            path => panic!("{to}: {path:?}"),
        }
    }
    assert!(sent.iter().all(|streams| *streams <= 6), "{sent:?}");
}
