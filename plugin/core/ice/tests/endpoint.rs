//! What a peer can bring about, and what he cannot.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Check, World, at, credentials, dtls, ours, rtp};
use convene_ice::{DropReason, EventKind, Remote, StreamId, Verdict};
use is::stun::StunMessage;

const ANN: StreamId = StreamId(1);
const BOB: StreamId = StreamId(2);

#[test]
fn a_check_is_answered_and_its_sender_known() {
    let mut world = World::new().with(1, "ann");
    let ann = at("192.0.2.1:4000");
    assert_eq!(
        world.hear(ann, &rtp()),
        Verdict::Dropped(DropReason::UnknownSender)
    );
    assert_eq!(world.check("ann", ann), Verdict::Stun);
    let local = ours();
    assert_eq!(
        world.events,
        [
            (ANN, EventKind::Checked { remote: ann, local }),
            (ANN, EventKind::Selected { remote: ann, local }),
        ]
    );
    let (to, answer) = &world.sent[0];
    let answer = StunMessage::parse(answer).unwrap();
    assert!(answer.is_successful_binding_response());
    assert_eq!((*to, answer.mapped_address()), (ann, Some(ann.address)));
    assert_eq!(world.hear(ann, &rtp()), Verdict::Media(ANN));
    assert_eq!(world.hear(ann, &dtls()), Verdict::Dtls(ANN));
    assert_eq!(
        world.hear(at("192.0.2.1:4001"), &rtp()),
        Verdict::Dropped(DropReason::UnknownSender)
    );
}

#[test]
fn a_connection_is_another_address_than_a_datagram_s() {
    let mut world = World::new().with(1, "ann");
    let address = "192.0.2.1:4000".parse().unwrap();
    world.check("ann", Remote::tcp(address));
    assert_eq!(world.selected(1), Some(Remote::tcp(address)));
    assert_eq!(world.sent[0].0, Remote::tcp(address));
    assert_eq!(
        world.hear(Remote::tcp(address), &rtp()),
        Verdict::Media(ANN)
    );
    let datagram = world.hear(Remote::udp(address), &rtp());
    assert_eq!(datagram, Verdict::Dropped(DropReason::UnknownSender));
}

#[test]
fn what_is_wrong_is_dropped_by_name_and_brings_nothing_about() {
    let good = Check::of("ann");
    let with = |change: &dyn Fn(&mut Check)| {
        let mut check = good.clone();
        change(&mut check);
        check.octets()
    };
    let answer = {
        let mut world = World::new().with(1, "ann");
        world.check("ann", at("192.0.2.1:4000"));
        world.sent.remove(0).1
    };
    let table: [(&str, Vec<u8>, DropReason); 9] = [
        ("empty", Vec::new(), DropReason::UnknownKind),
        ("a TURN channel", vec![0x40; 30], DropReason::UnknownKind),
        ("ZRTP", vec![16; 30], DropReason::UnknownKind),
        (
            "cut",
            good.octets()[..50].to_vec(),
            DropReason::MalformedStun,
        ),
        ("oversized", vec![0; 3_000], DropReason::MalformedStun),
        ("an answer", answer, DropReason::NotAsked),
        (
            "another ufrag",
            with(&|check| check.local.ufrag = "nobody".into()),
            DropReason::UnknownUfrag,
        ),
        (
            "another password",
            with(&|check| check.local.password = "a guess".into()),
            DropReason::Unauthenticated,
        ),
        (
            "another peer",
            with(&|check| check.peer.ufrag = "mallory".into()),
            DropReason::Unauthenticated,
        ),
    ];
    for (story, octets, reason) in table {
        let mut world = World::new().with(1, "ann");
        let verdict = world.hear(at("192.0.2.66:6666"), &octets);
        assert_eq!(verdict, Verdict::Dropped(reason), "{story}");
        assert!(world.sent.is_empty() && world.events.is_empty(), "{story}");
        assert_eq!(world.counted(reason), 1, "{story}");
    }
}

#[test]
fn a_peer_who_moves_is_followed() {
    let mut world = World::new().with(1, "ann");
    let (home, mapped) = (at("192.0.2.1:4000"), at("192.0.2.1:4001"));
    world.check("ann", home);
    // A new mapping of his NAT: the same candidate of his, so the same priority.
    world.check("ann", mapped);
    assert_eq!(world.selected(1), Some(mapped));
    // What is under way from before still counts.
    assert_eq!(world.hear(home, &rtp()), Verdict::Media(ANN));
}

#[test]
fn the_better_of_two_nominated_paths_stays_until_it_is_left() {
    let mut world = World::new().with(1, "ann");
    let (wifi, mobile) = (at("192.0.2.1:4000"), at("198.51.100.9:9"));
    let worse = || Check {
        priority: common::PRIORITY - 1,
        ..Check::of("ann")
    };
    world.check("ann", wifi);
    world.hear(mobile, &worse().octets());
    assert_eq!(world.selected(1), Some(wifi));
    world.pass(Duration::from_millis(1_100));
    world.hear(mobile, &worse().octets());
    assert_eq!(world.selected(1), Some(mobile));
    world.check("ann", wifi);
    assert_eq!(world.selected(1), Some(wifi));
}

#[test]
fn who_nominates_but_once_is_followed_when_he_moves() {
    let mut world = World::new().with(1, "ann");
    let (home, mapped) = (at("192.0.2.1:4000"), at("192.0.2.1:4001"));
    let check = |world: &mut World, from| {
        let mut check = Check::of("ann");
        check.nominates = false;
        world.hear(from, &check.octets());
    };
    world.check("ann", home);
    for _ in 0..3 {
        world.pass(Duration::from_secs(5));
        check(&mut world, home);
    }
    world.pass(Duration::from_secs(5));
    check(&mut world, mapped);
    assert_eq!(world.selected(1), Some(mapped));
}

#[test]
fn a_check_that_does_not_nominate_moves_nothing() {
    let mut world = World::new().with(1, "ann");
    world.check("ann", at("192.0.2.1:4000"));
    world.pass(Duration::from_secs(3));
    let mut idle = Check::of("ann");
    idle.nominates = false;
    assert_eq!(world.hear(at("192.0.2.1:5"), &idle.octets()), Verdict::Stun);
    assert_eq!(world.selected(1), Some(at("192.0.2.1:4000")));
    assert_eq!(world.hear(at("192.0.2.1:5"), &rtp()), Verdict::Media(ANN));
}

#[test]
fn nobody_moves_another_s_stream() {
    let mut world = World::new().with(1, "ann").with(2, "bob");
    let (ann, bob) = (at("192.0.2.1:4000"), at("192.0.2.2:4000"));
    world.check("ann", ann);
    world.check("bob", bob);
    // Bob says from Ann's address, as far as anybody can tell, what only Bob can say.
    let verdict = world.check("bob", ann);
    assert_eq!(verdict, Verdict::Dropped(DropReason::AddressTaken));
    assert_eq!(world.hear(ann, &rtp()), Verdict::Media(ANN));
    assert_eq!(
        (world.selected(1), world.selected(2)),
        (Some(ann), Some(bob))
    );
}

#[test]
fn a_late_check_gives_nobody_the_address_in_use() {
    let mut world = World::new().with(1, "ann").with(2, "bob");
    let ann = at("192.0.2.1:4000");
    world.check("ann", ann);
    world.pass(Duration::from_secs(9));
    let taken = Verdict::Dropped(DropReason::AddressTaken);
    assert_eq!(world.check("bob", ann), taken);
    assert_eq!(world.check("ann", ann), Verdict::Stun);
}

#[test]
fn whose_address_is_taken_over_is_sent_nothing_there() {
    let mut world = World::new().with(1, "ann").with(2, "bob");
    let shared = at("192.0.2.1:4000");
    world.check("ann", shared);
    world.pass(Duration::from_secs(16));
    world.check("bob", shared);
    assert_eq!((world.selected(1), world.selected(2)), (None, Some(shared)));
}

#[test]
fn an_address_that_was_left_can_be_another_s() {
    let mut world = World::new().with(1, "ann").with(2, "bob");
    let shared = at("192.0.2.1:4000");
    world.check("ann", shared);
    world.check("ann", at("192.0.2.1:4001"));
    world.pass(Duration::from_secs(6));
    world.check("bob", shared);
    assert_eq!(world.hear(shared, &rtp()), Verdict::Media(BOB));
    assert_eq!(world.selected(1), Some(at("192.0.2.1:4001")));
    world.endpoint.remove(ANN);
    assert_eq!(world.hear(shared, &rtp()), Verdict::Media(BOB));
}

#[test]
fn a_recorded_check_leads_nobody_astray() {
    let mut world = World::new().with(1, "ann");
    let (ann, mallory) = (at("192.0.2.1:4000"), at("192.0.2.66:6666"));
    let recorded = Check::of("ann").octets();
    world.hear(ann, &recorded);
    assert_eq!(world.hear(ann, &recorded), Verdict::Stun);
    let sent = world.sent.len();
    let verdict = world.hear(mallory, &recorded);
    assert_eq!(verdict, Verdict::Dropped(DropReason::Replayed));
    assert_eq!((world.sent.len(), world.selected(1)), (sent, Some(ann)));
}

#[test]
fn who_is_silent_is_noticed_and_who_lost_a_check_is_not() {
    let mut world = World::new().with(1, "ann");
    let ann = at("192.0.2.1:4000");
    for _ in 0..10 {
        world.check("ann", ann);
        world.pass(Duration::from_secs(14));
    }
    assert!(!world.events.contains(&(ANN, EventKind::Silent)));
    world.events.clear();
    world.pass(Duration::from_secs(2));
    assert_eq!(world.events, [(ANN, EventKind::Silent)]);
    world.pass(Duration::from_secs(15));
    assert_eq!(world.events[1..], [(ANN, EventKind::Lost)]);
    world.events.clear();
    world.check("ann", ann);
    let (remote, local) = (ann, ours());
    let back = EventKind::Selected { remote, local };
    let again = EventKind::Checked { remote, local };
    let told: Vec<_> = world.events.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(told, [EventKind::Heard, again, back]);
}

#[test]
fn a_check_that_is_earlier_than_its_sender_s_credentials_is_answered_then() {
    let mut world = World::new();
    world.open(1, "ann");
    let ann = at("192.0.2.1:4000");
    world.check("ann", ann);
    assert_eq!((world.sent.len(), world.selected(1)), (0, None));
    let peer = credentials("ann-peer");
    world.endpoint.set_remote(world.now, ANN, peer);
    world.drain();
    assert_eq!((world.sent.len(), world.selected(1)), (1, Some(ann)));
}

#[test]
fn of_paths_that_were_nominated_before_the_credentials_came_the_best_is_taken() {
    let mut world = World::new();
    world.open(1, "ann");
    let (better, worse) = (at("192.0.2.1:4000"), at("198.51.100.9:9"));
    world.check("ann", better);
    let check = Check {
        priority: common::PRIORITY - 1,
        ..Check::of("ann")
    };
    world.hear(worse, &check.octets());
    world
        .endpoint
        .set_remote(world.now, ANN, credentials("ann-peer"));
    world.drain();
    assert_eq!(world.selected(1), Some(better));
}

#[test]
fn a_peer_who_thinks_he_is_controlled_is_told_otherwise() {
    let mut world = World::new().with(1, "ann");
    let mut check = Check::of("ann");
    (check.controlling, check.nominates) = (false, false);
    world.hear(at("192.0.2.1:4000"), &check.octets());
    let answer = StunMessage::parse(&world.sent[0].1).unwrap();
    assert_eq!(answer.error_code().map(|(code, _)| code), Some(487));
    assert_eq!(world.selected(1), None);
}

#[test]
fn strangers_get_their_address_and_no_more_than_a_network_may() {
    let mut world = World::new();
    let request = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[9; 12]].concat();
    for port in 1..=1_000 {
        world.hear(Remote::udp(([203, 0, 113, 5], port).into()), &request);
    }
    assert_eq!(world.sent.len(), 400);
    assert_eq!(world.counted(DropReason::RateLimited), 600);
    assert!(world.sent.iter().all(|(_, answer)| answer.len() == 32));
}

#[test]
fn a_restart_keeps_what_was_verified() {
    let mut world = World::new().with(1, "ann");
    let ann = at("192.0.2.1:4000");
    world.check("ann", ann);
    world.open(1, "new");
    let peer = credentials("new-peer");
    world.endpoint.set_remote(world.now, ANN, peer);
    assert_eq!(world.hear(ann, &rtp()), Verdict::Media(ANN));
    let old = world.check("ann", ann);
    assert_eq!(old, Verdict::Dropped(DropReason::UnknownUfrag));
    world.check("new", at("192.0.2.1:4001"));
    assert_eq!(world.selected(1), Some(at("192.0.2.1:4001")));
}

#[test]
fn two_streams_cannot_have_the_same_ufrag() {
    let mut world = World::new().with(1, "ann");
    let taken = world.endpoint.set_local(world.now, BOB, credentials("ann"));
    assert_eq!(
        taken.unwrap_err().to_string(),
        "another stream has the ufrag `ann-ufrag`"
    );
    world.check("ann", at("192.0.2.1:4000"));
    assert_eq!(world.selected(1), Some(at("192.0.2.1:4000")));
}

#[test]
fn an_ended_stream_leaves_nothing() {
    let mut world = World::new().with(1, "ann");
    let ann = at("192.0.2.1:4000");
    world.check("ann", ann);
    world.endpoint.remove(ANN);
    world.drain();
    assert_eq!(world.endpoint.deadline(), None);
    assert_eq!(
        world.hear(ann, &rtp()),
        Verdict::Dropped(DropReason::UnknownSender)
    );
    assert_eq!(
        world.check("ann", ann),
        Verdict::Dropped(DropReason::UnknownUfrag)
    );
}

#[test]
fn who_comes_from_everywhere_fills_no_memory() {
    let mut world = World::new().with(1, "ann");
    let from = |n: u32| Remote::udp((n.to_be_bytes(), 4_000).into());
    for n in 0..2_000 {
        world.check("ann", from(0x0a00_0000 + n));
    }
    let known = (0..2_000).filter(|n| world.endpoint.knows(from(0x0a00_0000 + n)));
    assert_eq!(known.count(), 32);
    assert_eq!(world.selected(1), Some(from(0x0a00_0000 + 1_999)));
    world.pass(Duration::from_secs(31));
    let known = (0..2_000).filter(|n| world.endpoint.knows(from(0x0a00_0000 + n)));
    assert!(known.count() <= 1);
}
