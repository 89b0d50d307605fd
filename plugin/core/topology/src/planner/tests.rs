//! Stories: what is told, and which steps follow.

use super::*;
use crate::{Class, Realm, Why};

mod changes;
mod relays;

const A: Number = Number(1);
const B: Number = Number(2);
const C: Number = Number(3);
const D: Number = Number(4);

/// Nobody knows anything of him.
const UNKNOWN: Standing = Standing {
    class: Class::Unknown,
    reachable: None,
    realm: Realm::Wide,
    uplink: None,
    relays: false,
    hides_address: false,
};

/// Behind a NAT.
const PRIVATE: Standing = Standing {
    class: Class::Private,
    reachable: Some(false),
    ..UNKNOWN
};

/// Public, reachable and ready to relay.
const PUBLIC: Standing = Standing {
    class: Class::Public,
    reachable: Some(true),
    relays: true,
    ..UNKNOWN
};

const HIDDEN: Standing = Standing {
    hides_address: true,
    ..UNKNOWN
};

fn camera(publisher: Number) -> Picture {
    Picture {
        publisher,
        source: Source::Camera,
    }
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Everyone publishes his camera; nothing has been planned yet.
fn told(policy: Policy, slots: usize, people: &[(Number, Standing)]) -> Planner {
    let mut planner = Planner::new(Settings { policy, slots });
    for (number, standing) in people {
        planner.join(*number, *standing);
        planner.publish(*number, [Source::Camera]);
    }
    planner
}

fn planner(policy: Policy, slots: usize, people: &[(Number, Standing)]) -> Planner {
    let mut planner = told(policy, slots, people);
    drain(&mut planner);
    planner
}

fn drain(planner: &mut Planner) -> Vec<Step> {
    std::iter::from_fn(|| planner.poll()).collect()
}

fn path(publisher: Number, subscriber: Number, path: Path) -> Step {
    Step::Path {
        picture: camera(publisher),
        subscriber,
        path: Some(path),
    }
}

fn needs(publisher: Number, needed: bool) -> Step {
    Step::ServerNeeds {
        picture: camera(publisher),
        needed,
    }
}

fn send(publisher: Number, sender: Number, to: Number, on: bool) -> Step {
    Step::Send {
        picture: camera(publisher),
        sender,
        to,
        on,
    }
}

const fn server(slot: usize) -> Path {
    Path::Server { slot }
}

#[test]
fn everyone_begins_directly() {
    let planner = planner(Policy::Adaptive, 12, &[A, B, C].map(|n| (n, UNKNOWN)));
    for (subscriber, publisher) in [(A, B), (B, A), (A, C), (C, A), (B, C), (C, B)] {
        let path = planner.path(camera(publisher), subscriber);
        assert_eq!(path, Some(Path::Direct));
    }
    assert_eq!(planner.path(camera(A), A), None);
}

#[test]
fn a_picture_that_stands_still_is_shown_by_the_server_until_it_moves() {
    let mut planner = told(Policy::Adaptive, 4, &[(A, UNKNOWN), (B, UNKNOWN)]);
    planner.report(at(1), A, B, PairReport::Connected);
    while planner.poll().is_some() {}
    planner.report(at(2), B, A, PairReport::Slow);
    while planner.poll().is_some() {}
    assert_eq!(planner.path(camera(A), B), Some(Path::Server { slot: 0 }));
    planner.report(at(3), B, A, PairReport::Connected);
    while planner.poll().is_some() {}
    assert_eq!(planner.path(camera(A), B), Some(Path::Direct));
}

#[test]
fn a_slow_pair_sees_by_the_server_until_it_connects() {
    let mut planner = planner(Policy::Adaptive, 12, &[A, B, C].map(|n| (n, UNKNOWN)));
    planner.report(at(1), B, A, PairReport::Slow);
    assert_eq!(
        drain(&mut planner),
        [
            needs(A, true),
            needs(B, true),
            path(B, A, server(0)),
            path(A, B, server(0)),
            send(A, A, B, false),
            send(B, B, A, false),
        ]
    );
    planner.report(at(1), A, B, PairReport::Slow);
    assert_eq!(drain(&mut planner), [], "the other end says the same");
    planner.report(at(2), A, B, PairReport::Connected);
    assert_eq!(
        drain(&mut planner),
        [
            send(A, A, B, true),
            send(B, B, A, true),
            path(B, A, Path::Direct),
            path(A, B, Path::Direct),
            needs(A, false),
            needs(B, false),
        ]
    );
}

#[test]
fn a_failed_pair_is_tried_again_after_its_back_off_and_no_sooner() {
    let mut planner = planner(Policy::Adaptive, 12, &[(A, UNKNOWN), (B, UNKNOWN)]);
    planner.report(at(0), A, B, PairReport::Failed);
    drain(&mut planner);
    assert!(!planner.may_connect(A, B));
    planner.wake(at(9));
    assert_eq!(drain(&mut planner), []);
    assert_eq!(planner.deadline(), Some(at(10)));
    planner.wake(at(10));
    assert_eq!(drain(&mut planner), [Step::Retry { a: A, b: B }]);
    assert_eq!(
        planner.path(camera(A), B),
        Some(server(0)),
        "shown meanwhile"
    );
    planner.report(at(11), A, B, PairReport::Failed);
    drain(&mut planner);
    planner.wake(at(30));
    assert_eq!(drain(&mut planner), []);
    planner.wake(at(31));
    assert_eq!(drain(&mut planner), [Step::Retry { a: A, b: B }]);
}

#[test]
fn claimed_pairs_need_somebody_public() {
    let private = [(B, PRIVATE), (C, PRIVATE)];
    let mut planner = planner(Policy::Claimed, 12, &[(A, UNKNOWN), private[0], private[1]]);
    assert_eq!(planner.path(camera(C), A), Some(server(1)));
    planner.stand(
        A,
        Standing {
            relays: false,
            ..PUBLIC
        },
    );
    assert_eq!(
        drain(&mut planner),
        [Step::Retry { a: A, b: B }, Step::Retry { a: A, b: C }],
        "pictures stay until the two have connected"
    );
    planner.report(at(1), A, C, PairReport::Connected);
    drain(&mut planner);
    assert_eq!(planner.path(camera(C), A), Some(Path::Direct));
    assert_eq!(planner.path(camera(A), C), Some(Path::Direct));
    assert_eq!(
        planner.path(camera(C), B),
        Some(server(1)),
        "both are private"
    );
}

#[test]
fn under_the_claims_a_class_holds_within_its_realm() {
    let lan = Standing {
        realm: Realm::ServerLan,
        ..PUBLIC
    };
    let people = [(A, PUBLIC), (B, lan), (C, lan)];
    let planner = planner(Policy::Claimed, 12, &people);
    assert_eq!(planner.path(camera(A), B), Some(server(0)));
    assert_eq!(planner.path(camera(C), B), Some(Path::Direct));
}

#[test]
fn who_hides_his_address_is_reached_by_the_server_only() {
    let people = [(A, PUBLIC), (B, PRIVATE), (C, HIDDEN)];
    let mut planner = planner(Policy::Adaptive, 12, &people);
    assert!(!planner.may_connect(A, C));
    assert_eq!(planner.path(camera(C), A), Some(server(0)));
    assert_eq!(planner.path(camera(A), C), Some(server(0)));
    assert_eq!(planner.why(camera(C), A), Some(Why::HidesAddress));
    assert_eq!(planner.path(camera(A), B), Some(Path::Direct));
    planner.stand(B, HIDDEN);
    let steps = drain(&mut planner);
    let leaves = send(A, A, B, false);
    assert!(steps.contains(&leaves), "he has changed his mind");
    assert_eq!(planner.path(camera(A), B), Some(server(1)));
}

#[test]
fn the_most_wanted_pictures_get_the_slots() {
    let mut planner = planner(Policy::Adaptive, 1, &[A, B, C].map(|n| (n, UNKNOWN)));
    planner.report(at(0), A, B, PairReport::Failed);
    planner.report(at(0), A, C, PairReport::Failed);
    drain(&mut planner);
    assert_eq!(planner.path(camera(C), A), Some(Path::NoSlot));
    planner.want(A, vec![camera(C), camera(B), camera(C)]);
    assert_eq!(
        drain(&mut planner),
        [
            needs(C, true),
            path(B, A, Path::NoSlot),
            path(C, A, server(0)),
            needs(B, false),
        ]
    );
    planner.want(A, vec![camera(B)]);
    drain(&mut planner);
    assert_eq!(planner.path(camera(C), A), None);
    assert_eq!(planner.path(camera(B), A), Some(server(0)));
}

#[test]
fn a_picture_keeps_its_slot_whatever_comes_and_goes() {
    let mut planner = planner(Policy::Adaptive, 2, &[A, B, C].map(|n| (n, UNKNOWN)));
    planner.report(at(0), A, B, PairReport::Failed);
    planner.report(at(0), A, C, PairReport::Failed);
    drain(&mut planner);
    assert_eq!(planner.path(camera(C), A), Some(server(1)));
    planner.want(A, vec![camera(C), camera(B)]);
    drain(&mut planner);
    assert_eq!(
        planner.path(camera(C), A),
        Some(server(1)),
        "the order changed"
    );
    planner.report(at(1), A, B, PairReport::Connected);
    drain(&mut planner);
    assert_eq!(
        planner.path(camera(C), A),
        Some(server(1)),
        "slot 0 is free"
    );
}

#[test]
fn who_may_not_connect_is_never_told_to_try_again() {
    let hidden = planner(Policy::Adaptive, 12, &[(A, UNKNOWN), (B, HIDDEN)]);
    let claimed = planner(Policy::Claimed, 12, &[(A, UNKNOWN), (B, UNKNOWN)]);
    for mut planner in [hidden, claimed] {
        planner.report(at(0), A, B, PairReport::Failed);
        drain(&mut planner);
        planner.wake(at(10));
        assert_eq!(drain(&mut planner), []);
    }
}

#[test]
fn slots_come_and_go() {
    let mut planner = told(Policy::Claimed, 0, &[A, B, C].map(|n| (n, PRIVATE)));
    planner.slots(A, [3, 7]);
    drain(&mut planner);
    let seen = |planner: &Planner| [B, C].map(|of| planner.path(camera(of), A));
    assert_eq!(seen(&planner), [Some(server(3)), Some(server(7))]);
    planner.slots(A, [7]);
    assert_eq!(
        drain(&mut planner),
        [
            path(C, A, Path::NoSlot),
            path(B, A, server(7)),
            needs(C, false),
        ],
        "the first wish keeps its picture"
    );
    planner.slots(A, [7, 9]);
    assert_eq!(drain(&mut planner), [needs(C, true), path(C, A, server(9))]);
    planner.want(A, vec![camera(C), camera(B)]);
    planner.slots(A, [7, 9, 11]);
    drain(&mut planner);
    assert_eq!(seen(&planner), [Some(server(7)), Some(server(9))]);
}
