//! What a peer can bring about, and what he cannot.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Check, World, at, credentials, dtls, ours, rtp};
use convene_ice::{DropReason, EventKind, Remote, StreamId, Verdict};

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
    let (sent, answer) = (&world.sent[0], world.sent[0].message());
    assert!(answer.is_successful_binding_response());
    assert_eq!((sent.from, sent.to), (local, ann));
    assert_eq!(answer.mapped_address(), Some(ann.address));
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
    assert_eq!(world.sent[0].to, Remote::tcp(address));
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
        world.sent.remove(0).octets
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
    assert!(world.questions(mobile).is_empty());
    world.pass(Duration::from_millis(1_100));
    world.hear(mobile, &worse().octets());
    world.reply("ann", mobile);
    assert_eq!(world.selected(1), Some(mobile));
    world.check("ann", wifi);
    world.reply("ann", wifi);
    assert_eq!(world.selected(1), Some(wifi));
}

#[test]
fn who_nominates_but_once_is_followed_when_he_moves() {
    let mut world = World::new().with(1, "ann");
    let (home, mapped) = (at("192.0.2.1:4000"), at("192.0.2.1:4001"));
    world.check("ann", home);
    for _ in 0..3 {
        world.pass(Duration::from_secs(5));
        world.glance("ann", home);
    }
    world.pass(Duration::from_secs(5));
    world.glance("ann", mapped);
    assert_eq!(world.selected(1), Some(mapped));
}

#[test]
fn a_check_that_does_not_nominate_moves_nothing() {
    let mut world = World::new().with(1, "ann");
    world.check("ann", at("192.0.2.1:4000"));
    world.pass(Duration::from_secs(3));
    assert_eq!(world.glance("ann", at("192.0.2.1:5")), Verdict::Stun);
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
    world.meet(1, "ann");
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
    world.meet(1, "ann");
    assert_eq!(world.selected(1), Some(better));
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
    assert!(world.sent.iter().all(|sent| sent.octets.len() == 32));
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
