//! A peer with valid credentials keeps nobody busy, and no honest one is held back.

#![allow(clippy::unwrap_used)]

mod common;

use std::{net::SocketAddr, time::Duration};

use common::{Check, World, at, ours, ours_too, rtp};
use convene_ice::{DropReason, EventKind, Remote, StreamId, Verdict};

const ANN: StreamId = StreamId(1);

fn port(port: u16) -> Remote {
    Remote::udp(([192, 0, 2, 1], port).into())
}

#[test]
fn a_flood_from_ever_new_ports_tells_the_owner_little() {
    let mut world = World::new().with(1, "ann").with(2, "bob");
    world.check("ann", port(1));
    for n in 2..=2_000 {
        world.check("ann", port(n));
    }
    let checked = |kind: &EventKind| matches!(kind, EventKind::Checked { .. });
    let told = world.events.iter().filter(|(_, kind)| checked(kind));
    assert_eq!(told.count(), 32);
    assert_eq!(world.counted(DropReason::TooManyPaths), 2_000 - 32);
    assert!(world.sent.iter().all(|sent| sent.to.address.port() <= 32));
    // Neither those who are known nor another's peer have to bear it.
    assert_eq!(world.check("ann", port(1)), Verdict::Stun);
    assert_eq!(world.check("bob", at("192.0.2.2:1")), Verdict::Stun);
    world.pass(Duration::from_millis(500));
    assert_eq!(world.check("ann", port(2_001)), Verdict::Stun);
    let refused = Verdict::Dropped(DropReason::TooManyPaths);
    assert_eq!(world.check("ann", port(2_002)), refused);
}

#[test]
fn who_changes_back_and_forth_tells_the_owner_little() {
    let pairs = [
        ("his port", [(port(1), ours()), (port(2), ours())]),
        ("our address", [(port(1), ours()), (port(1), ours_too())]),
    ];
    for (what, pairs) in pairs {
        let mut world = World::new().with(1, "ann");
        let check = |world: &mut World, (from, to): (Remote, SocketAddr)| {
            world.hear_at(to, from, &Check::of("ann").octets())
        };
        for pair in pairs.iter().cycle().take(1_000) {
            assert_eq!(check(&mut world, *pair), Verdict::Stun);
        }
        assert_eq!(selections(&world).len(), 16, "{what}");
        world.pass(Duration::from_secs(1));
        for pair in pairs {
            check(&mut world, pair);
            assert_eq!(selections(&world).last(), Some(&pair), "{what}");
        }
    }
}

fn selections(world: &World) -> Vec<(Remote, SocketAddr)> {
    let selected = world.events.iter().filter_map(|(_, kind)| match kind {
        EventKind::Selected { remote, local } => Some((*remote, *local)),
        _ => None,
    });
    selected.collect()
}

#[test]
fn who_comes_from_everywhere_fills_no_memory() {
    let mut world = World::new().with(1, "ann");
    for n in 1..=2_000 {
        world.check("ann", port(n));
        assert_eq!(
            world.selected(1),
            Some(port(n)),
            "a new port twice a second"
        );
        world.pass(Duration::from_millis(500));
    }
    let known = |world: &World| {
        (1..=2_000)
            .filter(|n| world.endpoint.knows(port(*n)))
            .count()
    };
    assert_eq!(known(&world), 32);
    world.pass(Duration::from_secs(31));
    assert!(known(&world) <= 1);
}

#[test]
fn a_peer_with_many_interfaces_is_answered_on_all() {
    let mut world = World::new().with(1, "ann");
    for n in 0..32 {
        let place = if n % 2 == 0 { Remote::udp } else { Remote::tcp };
        let place = place(([192, 0, 2, n], 4_000).into());
        assert_eq!(world.glance("ann", place), Verdict::Stun);
        assert_eq!(world.hear(place, &rtp()), Verdict::Media(ANN));
    }
}

#[test]
fn who_repeats_what_he_has_heard_holds_nobody_back() {
    let mut world = World::new().with(1, "ann");
    let recorded = Check::of("ann").octets();
    world.hear(port(1), &recorded);
    for n in 2..200 {
        let replayed = world.hear(port(n), &recorded);
        assert_eq!(replayed, Verdict::Dropped(DropReason::Replayed));
    }
    assert_eq!(world.check("ann", port(200)), Verdict::Stun);
}
