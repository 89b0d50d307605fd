//! Paths through a peer: chosen, made ready, lost.

use super::*;

/// A is public, B and C are private and cannot connect.
fn through_a(people: &[(Number, Standing)]) -> Planner {
    let mut planner = told(Policy::Adaptive, 12, people);
    planner.report(at(0), B, C, PairReport::Failed);
    planner
}

#[test]
fn two_private_ones_see_each_other_through_a_public_one() {
    for policy in [Policy::Claimed, Policy::Adaptive] {
        let mut planner = told(policy, 12, &[(A, PUBLIC), (B, PRIVATE), (C, PRIVATE)]);
        planner.report(at(0), B, C, PairReport::Failed);
        planner.want(A, vec![camera(B)]);
        planner.want(B, vec![camera(C)]);
        planner.want(C, vec![camera(B)]);
        assert_eq!(
            drain(&mut planner),
            [
                send(B, B, A, true),
                send(C, C, A, true),
                send(B, A, C, true),
                send(C, A, B, true),
                path(B, A, Path::Direct),
                path(C, B, Path::Peer(A)),
                path(B, C, Path::Peer(A)),
            ],
            "A is sent C's picture, too, without watching it"
        );
        let why = planner.why(camera(C), B);
        let claimed = policy == Policy::Claimed;
        let expected = if claimed {
            Why::BothPrivate
        } else {
            Why::NotConnected
        };
        assert_eq!(why, Some(expected));
    }
}

#[test]
fn under_the_claims_a_pair_that_may_connect_has_no_relay() {
    let mut planner = told(
        Policy::Claimed,
        12,
        &[(A, PUBLIC), (B, PUBLIC), (C, PRIVATE)],
    );
    planner.report(at(0), B, C, PairReport::Failed);
    drain(&mut planner);
    assert_eq!(planner.path(camera(B), C), Some(server(0)));
    assert_eq!(planner.why(camera(B), C), Some(Why::NoCommonWay));
}

#[test]
fn nobody_relays_who_does_not_want_to_or_is_not_known_to_be_reachable() {
    let unwilling = Standing {
        relays: false,
        ..PUBLIC
    };
    let unreachable = Standing {
        reachable: Some(false),
        ..PUBLIC
    };
    let unprobed = Standing {
        reachable: None,
        ..PUBLIC
    };
    let elsewhere = Standing {
        realm: Realm::ServerLan,
        ..PUBLIC
    };
    for relay in [unwilling, unreachable, unprobed, elsewhere, HIDDEN] {
        let mut planner = through_a(&[(A, relay), (B, PRIVATE), (C, PRIVATE)]);
        drain(&mut planner);
        assert!(
            matches!(planner.path(camera(B), C), Some(Path::Server { .. })),
            "{relay:?}"
        );
        assert_eq!(planner.why(camera(B), C), Some(Why::NoCommonWay));
    }
    let full_cone = Standing {
        reachable: Some(true),
        relays: true,
        ..PRIVATE
    };
    let mut planner = through_a(&[(A, full_cone), (B, PRIVATE), (C, PRIVATE)]);
    drain(&mut planner);
    assert_eq!(
        planner.path(camera(B), C),
        Some(Path::Peer(A)),
        "private, and reachable"
    );
}

#[test]
fn the_load_is_spread() {
    let private = [B, C].map(|n| (n, PRIVATE));
    let people = [(A, PUBLIC), private[0], private[1], (D, PUBLIC)];
    let mut planner = through_a(&people);
    drain(&mut planner);
    let relays = [(B, C), (C, B)].map(|(of, to)| planner.path(camera(of), to));
    assert!(relays.contains(&Some(Path::Peer(A))) && relays.contains(&Some(Path::Peer(D))));
}

#[test]
fn a_slow_relay_lets_the_server_show_the_picture_until_it_comes() {
    let mut planner = through_a(&[(A, PUBLIC), (B, PRIVATE), (C, PRIVATE)]);
    drain(&mut planner);
    planner.report_relay(at(1), C, A, camera(B), PairReport::Slow);
    assert_eq!(drain(&mut planner), [needs(B, true), path(B, C, server(0))]);
    assert_eq!(planner.why(camera(B), C), Some(Why::Trying));
    planner.report_relay(at(2), C, A, camera(B), PairReport::Connected);
    assert_eq!(
        drain(&mut planner),
        [path(B, C, Path::Peer(A)), needs(B, false)]
    );
    planner.report_relay(at(3), C, A, camera(B), PairReport::Slow);
    assert_eq!(drain(&mut planner), [], "it has come");
}

#[test]
fn when_a_relay_leaves_the_server_takes_over_until_another_is_ready() {
    let people = [(A, PUBLIC), (B, PRIVATE), (C, PRIVATE)];
    let mut planner = through_a(&people);
    drain(&mut planner);
    planner.join(D, PUBLIC);
    planner.want(D, vec![]);
    drain(&mut planner);
    planner.leave(A);
    assert_eq!(
        drain(&mut planner),
        [
            needs(B, true),
            needs(C, true),
            send(B, B, D, true),
            send(C, C, D, true),
            send(B, D, C, true),
            send(C, D, B, true),
            Step::Path {
                picture: camera(A),
                subscriber: B,
                path: None
            },
            path(C, B, server(0)),
            Step::Path {
                picture: camera(A),
                subscriber: C,
                path: None
            },
            path(B, C, server(0)),
        ]
    );
    planner.report_relay(at(5), C, D, camera(B), PairReport::Connected);
    assert_eq!(
        drain(&mut planner),
        [path(B, C, Path::Peer(D)), needs(B, false)]
    );
}

#[test]
fn a_relay_that_stalled_is_not_asked_before_its_back_off_ends() {
    let people = [(A, PUBLIC), (B, PRIVATE), (C, PRIVATE)];
    let mut planner = planner(Policy::Claimed, 12, &people);
    let by_server = [needs(B, true), path(B, C, server(0))];
    let stops = [send(B, A, C, false)];
    for (now, rest, meanwhile) in [(100, 10, &by_server[..]), (200, 20, &[])] {
        planner.report_relay(at(now), C, A, camera(B), PairReport::Failed);
        assert_eq!(drain(&mut planner), [meanwhile, &stops].concat());
        assert_eq!(planner.why(camera(B), C), Some(Why::RelayLost));
        let other = planner.path(camera(C), B);
        assert_eq!(other, Some(Path::Peer(A)), "B has nothing against A");
        planner.wake(at(now));
        planner.wake(at(now + rest - 1));
        assert_eq!(drain(&mut planner), []);
        planner.wake(at(now + rest));
        assert_eq!(drain(&mut planner), [send(B, A, C, true)]);
    }
    planner.report_relay(at(300), C, A, camera(B), PairReport::Connected);
    planner.report_relay(at(301), C, A, camera(B), PairReport::Failed);
    drain(&mut planner);
    planner.wake(at(311));
    let again = [send(B, A, C, true)];
    assert_eq!(drain(&mut planner), again, "ten seconds again");
}

#[test]
fn a_relay_without_its_own_picture_is_waited_for() {
    let mut planner = through_a(&[(A, PUBLIC), (B, PRIVATE), (C, PRIVATE)]);
    drain(&mut planner);
    planner.report(at(1), A, B, PairReport::Slow);
    drain(&mut planner);
    assert!(matches!(
        planner.path(camera(B), C),
        Some(Path::Server { .. })
    ));
    planner.report_relay(at(2), C, A, camera(B), PairReport::Connected);
    drain(&mut planner);
    assert!(
        matches!(planner.path(camera(B), C), Some(Path::Server { .. })),
        "A does not see B"
    );
    planner.report(at(3), A, B, PairReport::Connected);
    drain(&mut planner);
    assert_eq!(planner.path(camera(B), A), Some(Path::Direct));
    assert_eq!(planner.path(camera(B), C), Some(Path::Peer(A)));
}

#[test]
fn who_comes_to_be_reachable_is_asked_at_once() {
    let unprobed = Standing {
        reachable: None,
        ..PUBLIC
    };
    let mut planner = through_a(&[(A, unprobed), (B, PRIVATE), (C, PRIVATE)]);
    drain(&mut planner);
    planner.stand(A, PUBLIC);
    assert_eq!(
        drain(&mut planner),
        [send(B, A, C, true), send(C, A, B, true)]
    );
    planner.want(C, vec![camera(B)]);
    drain(&mut planner);
    let path = planner.path(camera(B), C);
    assert!(matches!(path, Some(Path::Server { .. })), "it has not come");
    planner.report_relay(at(1), C, A, camera(B), PairReport::Connected);
    drain(&mut planner);
    assert_eq!(planner.path(camera(B), C), Some(Path::Peer(A)));
}
