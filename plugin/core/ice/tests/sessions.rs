//! What RFC 8445 asks of a lite agent: roles, answers, restarts.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Check, World, at, credentials, hmac, ours, ours_too, rtp};
use convene_ice::{DropReason, EventKind, Remote, StreamId, Verdict};

const ANN: StreamId = StreamId(1);

fn home() -> Remote {
    at("192.0.2.1:4000")
}

fn controlled() -> Vec<u8> {
    let check = Check {
        controlling: false,
        ..Check::of("ann")
    };
    check.octets()
}

/// Of one whose credentials of ours are `local`, and his own `peer`'s.
fn check_of(local: &str, peer: &str) -> Check {
    Check {
        local: credentials(local),
        peer: credentials(&format!("{peer}-peer")),
        ..Check::of(local)
    }
}

/// Section 7.3: with the password that the request was made with.
#[test]
fn answers_can_be_verified() {
    let mut world = World::new().with(1, "ann");
    world.check("ann", home());
    let answer = world.sent[0].message();
    assert!(answer.verify(credentials("ann").password.as_bytes(), hmac));
    assert!(!answer.verify(credentials("ann-peer").password.as_bytes(), hmac));
}

/// Section 7.3.1.1.
#[test]
fn a_peer_who_thinks_he_is_controlled_is_told_otherwise_and_not_known_for_it() {
    let mut world = World::new().with(1, "ann");
    assert_eq!(world.hear(home(), &controlled()), Verdict::Stun);
    let code = world.sent[0].message().error_code();
    assert_eq!(code.map(|(code, _)| code), Some(487));
    assert!(world.events.is_empty() && !world.endpoint.knows(home()));
    world.check("ann", home());
    assert_eq!(world.selected(1), Some(home()));
}

#[test]
fn a_conflict_of_roles_before_the_credentials_leaves_no_path() {
    let mut world = World::new();
    world.open(1, "ann");
    world.hear(home(), &controlled());
    assert!(world.events.is_empty() && !world.endpoint.knows(home()));
    world.meet(1, "ann");
    let code = world.sent[0].message().error_code();
    assert_eq!(code.map(|(code, _)| code), Some(487));
    assert_eq!(world.selected(1), None);
}

#[test]
fn who_is_not_answered_once_the_credentials_are_known_is_forgotten() {
    let mut world = World::new();
    world.open(1, "ann");
    let mallory = at("192.0.2.66:6666");
    world.hear(mallory, &check_of("ann", "mallory").octets());
    assert_eq!(world.hear(mallory, &rtp()), Verdict::Media(ANN));
    world.glance("ann", home());
    world.meet(1, "ann");
    assert!(world.endpoint.knows(home()) && !world.endpoint.knows(mallory));
    let answered: Vec<_> = world.sent.iter().map(|sent| sent.to).collect();
    assert_eq!((answered, world.selected(1)), (vec![home()], None));
}

#[test]
fn a_pair_is_followed_to_another_address_of_ours() {
    let mut world = World::new().with(1, "ann");
    world.check("ann", home());
    for _ in 0..3 {
        world.hear_at(ours_too(), home(), &Check::of("ann").octets());
    }
    assert_eq!(world.sent[1].from, ours_too());
    let pairs = world.events.iter().filter_map(|(_, kind)| match kind {
        EventKind::Selected { remote, local } => Some((*remote, *local)),
        _ => None,
    });
    let pairs: Vec<_> = pairs.collect();
    assert_eq!(pairs, [(home(), ours()), (home(), ours_too())]);
}

#[test]
fn a_check_that_does_not_nominate_changes_no_address_of_ours() {
    let mut world = World::new().with(1, "ann");
    world.check("ann", home());
    let told = world.events.len();
    let mut check = Check::of("ann");
    check.nominates = false;
    world.hear_at(ours_too(), home(), &check.octets());
    assert_eq!((world.events.len(), world.sent.len()), (told, 2));
}

#[test]
fn a_restart_keeps_what_was_verified() {
    let mut world = World::new().with(1, "ann");
    world.check("ann", home());
    world.open(1, "new");
    world.meet(1, "new");
    assert_eq!(world.hear(home(), &rtp()), Verdict::Media(ANN));
    assert_eq!(world.selected(1), Some(home()));
}

/// Section 9: with the pair that he has, the peer goes on until there is another.
#[test]
fn the_old_credentials_are_good_until_the_peer_nominates_with_the_new() {
    type Step = fn(&mut World);
    let (ours_change, his_change): (Step, Step) =
        (|world| world.open(1, "new"), |world| world.meet(1, "new"));
    let orders = [
        ("ours first", vec![ours_change, his_change], "new"),
        ("his first", vec![his_change, ours_change], "new"),
        ("only his", vec![his_change], "ann"),
    ];
    for (order, steps, ours_then) in orders {
        let mut world = World::new().with(1, "ann");
        world.check("ann", home());
        for step in steps {
            step(&mut world);
            world.pass(Duration::from_secs(1));
            assert_eq!(world.check("ann", home()), Verdict::Stun, "{order}");
        }
        // He has moved meanwhile.
        let moved = at("192.0.2.1:4001");
        world.check("ann", moved);
        assert_eq!(world.selected(1), Some(moved), "{order}");
        let mut glance = check_of(ours_then, "new");
        glance.nominates = false;
        assert_eq!(
            world.hear(home(), &glance.octets()),
            Verdict::Stun,
            "{order}"
        );
        assert_eq!(world.check("ann", moved), Verdict::Stun, "{order}");
        let anew = at("192.0.2.1:4002");
        let nomination = check_of(ours_then, "new").octets();
        assert_eq!(world.hear(anew, &nomination), Verdict::Stun, "{order}");
        assert_eq!(world.selected(1), Some(anew), "{order}");
        let refused = match ours_then {
            "new" => DropReason::UnknownUfrag,
            _ => DropReason::Unauthenticated,
        };
        let old = world.check("ann", moved);
        assert_eq!(old, Verdict::Dropped(refused), "{order}");
        assert_eq!(world.selected(1), Some(anew), "{order}");
    }
}

#[test]
fn the_old_credentials_are_not_good_for_ever() {
    let mut world = World::new().with(1, "ann");
    world.open(1, "new");
    world.meet(1, "new");
    for _ in 0..5 {
        assert_eq!(world.check("ann", home()), Verdict::Stun);
        world.pass(Duration::from_secs(6));
    }
    let refused = Verdict::Dropped(DropReason::UnknownUfrag);
    assert_eq!(world.check("ann", home()), refused);
    // Now they may be another's.
    world.open(2, "ann");
}

#[test]
fn many_restarts_leave_few_credentials() {
    let mut world = World::new().with(1, "0");
    for n in 1..=9 {
        world.open(1, &n.to_string());
    }
    let mut good = Vec::new();
    for n in 0..=9 {
        let check = check_of(&n.to_string(), "0").octets();
        if world.hear(home(), &check) == Verdict::Stun {
            good.push(n);
        }
    }
    assert_eq!(good, [7, 8, 9]);
    world.endpoint.remove(ANN);
    for n in 0..=9 {
        world.open(2 + n, &n.to_string());
    }
}

#[test]
fn who_gets_his_old_credentials_again_is_heard() {
    let mut world = World::new().with(1, "ann");
    world.open(1, "new");
    world.open(1, "ann");
    assert_eq!(world.check("ann", home()), Verdict::Stun);
    assert_eq!(world.check("ann", home()), Verdict::Stun);
    world.pass(Duration::from_secs(31));
    assert_eq!(world.check("ann", home()), Verdict::Stun);
}
