//! Uplinks that are spent, and plans that are made better.

use super::*;

const E: Number = Number(5);

/// A speaks; the others watch A alone.
fn audience(uplink: u32, viewers: &[(Number, Standing)]) -> Planner {
    let speaker = Standing {
        uplink: Some(uplink),
        ..PRIVATE
    };
    let mut planner = Planner::new(Settings {
        policy: Policy::Adaptive,
        slots: 12,
    });
    planner.join(A, speaker);
    planner.publish(A, [Source::Camera]);
    for (viewer, standing) in viewers {
        planner.join(*viewer, *standing);
        planner.want(*viewer, vec![camera(A)]);
    }
    planner
}

fn paths(planner: &mut Planner, viewers: &[Number]) -> Vec<Path> {
    drain(planner);
    let paths = viewers
        .iter()
        .map(|viewer| planner.path(camera(A), *viewer));
    paths
        .map(|path| path.expect("all get the picture"))
        .collect()
}

#[test]
fn whoever_can_relay_takes_the_last_direct_way() {
    let mut planner = audience(1, &[(B, PRIVATE), (C, PUBLIC), (D, PRIVATE)]);
    let (relay, direct) = (Path::Peer(C), Path::Direct);
    assert_eq!(paths(&mut planner, &[B, C, D]), [relay, direct, relay]);
    assert_eq!(planner.why(camera(A), B), Some(Why::UplinkSpent));
}

#[test]
fn a_relays_own_uplink_is_kept_too() {
    let weak = Standing {
        uplink: Some(1),
        ..PUBLIC
    };
    let mut planner = audience(1, &[(B, PRIVATE), (C, weak), (D, PRIVATE)]);
    assert_eq!(
        paths(&mut planner, &[B, C, D]),
        [Path::Peer(C), Path::Direct, server(0)]
    );
    assert_eq!(planner.why(camera(A), D), Some(Why::UplinkSpent));
}

#[test]
fn a_freed_uplink_is_given_away_one_pair_in_ten_seconds() {
    let viewers = [B, C, D, E].map(|n| (n, PRIVATE));
    let mut planner = audience(2, &viewers);
    let (direct, by_server) = (Path::Direct, server(0));
    assert_eq!(
        paths(&mut planner, &[B, C, D, E]),
        [direct, direct, by_server, by_server]
    );
    planner.wake(at(0));
    planner.leave(B);
    planner.leave(C);
    assert_eq!(
        paths(&mut planner, &[D, E]),
        [by_server, by_server],
        "none of their business"
    );
    assert_eq!(planner.deadline(), Some(at(10)));
    planner.wake(at(10));
    assert_eq!(
        drain(&mut planner),
        [Step::Retry { a: A, b: D }],
        "they have never tried: the server goes on showing the picture"
    );
    planner.report(at(11), A, D, PairReport::Connected);
    assert_eq!(paths(&mut planner, &[D, E]), [direct, by_server]);
    assert_eq!(planner.deadline(), Some(at(20)));
    planner.wake(at(20));
    assert_eq!(drain(&mut planner), [Step::Retry { a: A, b: E }]);
    planner.report(at(21), A, E, PairReport::Connected);
    assert_eq!(paths(&mut planner, &[D, E]), [direct, direct]);
    planner.wake(at(30));
    assert_eq!(
        planner.deadline(),
        None,
        "nothing is left to be made better"
    );
}

#[test]
fn who_cannot_relay_makes_room_for_who_can() {
    let mut planner = audience(1, &[(B, PRIVATE)]);
    assert_eq!(paths(&mut planner, &[B]), [Path::Direct]);
    planner.report(at(0), A, B, PairReport::Connected);
    planner.join(C, PUBLIC);
    planner.want(C, vec![camera(A)]);
    planner.report(at(0), A, C, PairReport::Connected);
    assert_eq!(paths(&mut planner, &[B, C]), [Path::Direct, server(0)]);
    for now in [10, 20, 30] {
        planner.wake(at(now));
        drain(&mut planner);
    }
    assert_eq!(
        paths(&mut planner, &[B, C]),
        [server(0), Path::Direct],
        "C gets ready to relay"
    );
    planner.report_relay(at(31), B, C, camera(A), PairReport::Connected);
    assert_eq!(paths(&mut planner, &[B, C]), [Path::Peer(C), Path::Direct]);
}

#[test]
fn who_gets_uplink_to_spare_is_asked_himself_in_time() {
    let mut planner = audience(1, &[(B, PRIVATE), (C, PUBLIC)]);
    assert_eq!(paths(&mut planner, &[B]), [Path::Peer(C)]);
    planner.wake(at(0));
    let uplink = Some(2);
    planner.stand(A, Standing { uplink, ..PRIVATE });
    assert_eq!(drain(&mut planner), []);
    planner.wake(at(10));
    assert_eq!(drain(&mut planner), [Step::Retry { a: A, b: B }]);
    planner.report(at(11), A, B, PairReport::Connected);
    assert_eq!(paths(&mut planner, &[B]), [Path::Direct]);
}

#[test]
fn a_smaller_uplink_sheds_what_is_relayed_first() {
    let mut planner = told(
        Policy::Adaptive,
        12,
        &[(A, PUBLIC), (B, PRIVATE), (C, PRIVATE)],
    );
    planner.report(at(0), B, C, PairReport::Failed);
    drain(&mut planner);
    planner.stand(
        A,
        Standing {
            uplink: Some(3),
            ..PUBLIC
        },
    );
    assert_eq!(
        drain(&mut planner),
        [needs(C, true), path(C, B, server(0)), send(C, A, B, false)],
        "of four streams the last relayed one goes"
    );
    assert_eq!(planner.why(camera(C), B), Some(Why::UplinkSpent));
    planner.stand(
        A,
        Standing {
            uplink: Some(1),
            ..PUBLIC
        },
    );
    drain(&mut planner);
    assert_eq!(planner.path(camera(B), C), Some(server(1)));
    assert_eq!(
        planner.path(camera(A), B),
        Some(Path::Direct),
        "his own goes last"
    );
    assert_eq!(planner.path(camera(A), C), Some(server(0)));
}

#[test]
fn what_does_not_go_directly_is_put_right_when_the_two_connect() {
    let mut planner = told(
        Policy::Adaptive,
        12,
        &[(A, PUBLIC), (B, PRIVATE), (C, PRIVATE)],
    );
    planner.report(at(0), B, C, PairReport::Failed);
    drain(&mut planner);
    planner.report(at(5), B, C, PairReport::Connected);
    assert_eq!(
        drain(&mut planner),
        [
            send(B, B, C, true),
            send(C, C, B, true),
            path(C, B, Path::Direct),
            path(B, C, Path::Direct),
            send(B, A, C, false),
            send(C, A, B, false),
        ]
    );
    assert_eq!(planner.why(camera(B), C), Some(Why::Connected));
}
