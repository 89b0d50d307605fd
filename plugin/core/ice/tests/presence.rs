//! Media goes to another IP address only when the peer is there.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Check, PRIORITY, World, at, credentials, hmac, ours, ours_too, written};
use convene_ice::{DropReason, EventKind, Remote, Verdict};
use is::{
    Candidate, IceAgent, IceCreds, Protocol,
    stun::{StunMessage, StunPacket, TransId},
};
use proptest::prelude::*;

fn home() -> Remote {
    at("192.0.2.1:4000")
}

fn elsewhere() -> Remote {
    at("203.0.113.5:9")
}

/// Ann, at home.
fn ann() -> World {
    let mut world = World::new().with(1, "ann");
    world.check("ann", home());
    assert_eq!(world.selected(1), Some(home()));
    world
}

fn selections(world: &World) -> usize {
    let kinds = world.events.iter().map(|(_, kind)| kind);
    kinds
        .filter(|kind| matches!(kind, EventKind::Selected { .. }))
        .count()
}

#[test]
fn who_nominates_from_another_ip_is_asked_there_first() {
    let mut world = ann();
    world.check("ann", elsewhere());
    assert_eq!(world.selected(1), Some(home()));
    assert_eq!(world.reply("ann", elsewhere()), Verdict::Stun);
    assert_eq!(world.selected(1), Some(elsewhere()));
    assert_eq!(selections(&world), 2);
    let another_port = at("203.0.113.5:10");
    world.check("ann", another_port);
    assert_eq!(world.selected(1), Some(another_port));
    assert!(world.questions(another_port).is_empty());
}

#[test]
fn a_first_path_another_port_and_a_connection_need_no_proof() {
    let mut world = ann();
    let connection = Remote::tcp(elsewhere().address);
    for place in [at("192.0.2.1:4001"), connection, at("203.0.113.5:10")] {
        world.check("ann", place);
        assert_eq!(world.selected(1), Some(place));
    }
    let asked = world
        .sent
        .iter()
        .any(|sent| sent.message().is_binding_request());
    assert!(!asked);
}

/// RFC 8445 sections 7.1 and 7.2.2.
#[test]
fn the_question_is_a_check_of_a_controlled_agent() {
    let mut world = ann();
    world.hear_at(ours_too(), elsewhere(), &Check::of("ann").octets());
    let questions = world.questions(elsewhere());
    let [question] = questions[..] else {
        panic!("{} questions", questions.len());
    };
    let message = question.message();
    assert_eq!(question.from, ours_too());
    assert_eq!(message.username(), Some("ann-peer-ufrag:ann-ufrag"));
    assert!(message.verify(credentials("ann-peer").password.as_bytes(), hmac));
    assert!(message.ice_controlled().is_some() && message.ice_controlling().is_none());
    assert!(message.prio().is_some() && !message.use_candidate());
}

#[test]
fn a_full_agent_answers_it() {
    let mut world = ann();
    let creds = |name: &str| IceCreds {
        ufrag: credentials(name).ufrag,
        pass: credentials(name).password,
    };
    let mut peer = IceAgent::new(creds("ann-peer"));
    peer.set_controlling(true);
    peer.set_remote_credentials(creds("ann"));
    let address = elsewhere().address;
    peer.add_local_candidate(Candidate::host(address, Protocol::Udp).unwrap());
    world.check("ann", elsewhere());
    let question = world.questions(elsewhere()).pop().unwrap();
    let packet = StunPacket {
        proto: Protocol::Udp,
        source: question.from,
        destination: address,
        message: question.message(),
    };
    assert!(peer.handle_packet(world.now, packet));
    let answer = peer.poll_transmit().unwrap();
    world.hear(elsewhere(), &answer.contents);
    assert_eq!(world.selected(1), Some(elsewhere()));
}

#[test]
fn what_was_not_asked_proves_nothing() {
    let mut world = ann();
    world.check("ann", elsewhere());
    let id = world.questions(elsewhere())[0].message().trans_id();
    let password = |name| credentials(name).password;
    let answer = |id, password: &str| written(StunMessage::binding_reply(id, ours()), password);
    let (good, guess) = (password("ann-peer"), password("ann"));
    let table: [(&str, Remote, Vec<u8>, DropReason); 4] = [
        (
            "a guessed transaction",
            elsewhere(),
            answer(TransId::new(), &good),
            DropReason::NotAsked,
        ),
        (
            "from his home",
            home(),
            answer(id, &good),
            DropReason::NotAsked,
        ),
        (
            "from a stranger's",
            at("192.0.2.77:1"),
            answer(id, &good),
            DropReason::NotAsked,
        ),
        (
            "another password",
            elsewhere(),
            answer(id, &guess),
            DropReason::Unauthenticated,
        ),
    ];
    for (story, from, octets, reason) in table {
        assert_eq!(
            world.hear(from, &octets),
            Verdict::Dropped(reason),
            "{story}"
        );
        assert_eq!(world.selected(1), Some(home()), "{story}");
    }
    world.hear(elsewhere(), &answer(id, &good));
    assert_eq!(world.selected(1), Some(elsewhere()));
}

#[test]
fn a_question_that_is_lost_is_repeated_but_not_for_ever() {
    let mut world = ann();
    world.check("ann", elsewhere());
    world.check("ann", elsewhere());
    assert_eq!(world.questions(elsewhere()).len(), 1);
    world.pass(Duration::from_secs(2));
    assert_eq!(world.questions(elsewhere()).len(), 3);
    world.pass(Duration::from_secs(20));
    assert_eq!(world.questions(elsewhere()).len(), 4);
    world.reply("ann", elsewhere());
    assert_eq!(world.selected(1), Some(elsewhere()));
}

/// Firefox: nominates once, then checks every 5 s.
#[test]
fn who_nominates_but_once_is_followed_to_another_ip() {
    let mut world = ann();
    world.pass(Duration::from_secs(5));
    world.glance("ann", elsewhere());
    assert_eq!(world.selected(1), Some(home()));
    world.reply("ann", elsewhere());
    assert_eq!(world.selected(1), Some(elsewhere()));
}

#[test]
fn who_came_back_before_he_answered_elsewhere_stays() {
    for come_back in [World::check, World::glance] {
        let mut world = ann();
        world.pass(Duration::from_secs(5));
        world.glance("ann", elsewhere());
        come_back(&mut world, "ann", home());
        world.reply("ann", elsewhere());
        assert_eq!(world.selected(1), Some(home()));
    }
}

/// Firefox nominates all at once; the best may not be the last.
#[test]
fn the_better_path_is_taken_when_it_is_proven() {
    let mut world = ann();
    let better = Check {
        priority: PRIORITY + 1,
        ..Check::of("ann")
    };
    world.hear(elsewhere(), &better.octets());
    world.pass(Duration::from_millis(10));
    world.check("ann", home());
    world.reply("ann", elsewhere());
    assert_eq!(world.selected(1), Some(elsewhere()));
    world.check("ann", home());
    assert_eq!(world.selected(1), Some(elsewhere()));
}

#[test]
fn who_was_lost_is_followed_home_and_nowhere_else() {
    let mut world = ann();
    world.pass(Duration::from_secs(31));
    assert_eq!(world.selected(1), None);
    world.check("ann", elsewhere());
    assert_eq!(world.selected(1), None);
    world.check("ann", home());
    assert_eq!(world.selected(1), Some(home()));
}

#[test]
fn a_proof_is_of_an_ip_with_all_its_ports() {
    let mut world = ann();
    for place in [elsewhere(), home()] {
        world.check("ann", place);
        world.reply("ann", place);
        assert_eq!(world.selected(1), Some(place));
    }
    let another_port = at("203.0.113.5:10");
    world.check("ann", another_port);
    assert_eq!(world.selected(1), Some(another_port));
}

#[test]
fn a_proof_ends_with_its_path() {
    let mut world = ann();
    world.check("ann", elsewhere());
    world.reply("ann", elsewhere());
    world.check("ann", home());
    assert_eq!(world.selected(1), Some(elsewhere()));
    world.reply("ann", home());
    for _ in 0..2 {
        world.pass(Duration::from_secs(16));
        world.check("ann", home());
    }
    world.check("ann", elsewhere());
    assert_eq!(world.selected(1), Some(home()));
}

/// Who has credentials and forges his source.
#[derive(Clone, Debug)]
enum Act {
    Check {
        port: u16,
    },
    Forge {
        port: u16,
        nominates: bool,
        priority: u32,
    },
    Guess {
        port: u16,
    },
    Pass {
        milliseconds: u64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (1..4_u16).prop_map(|port| Act::Check { port }),
        (1..4_u16, any::<bool>(), any::<u32>()).prop_map(|(port, nominates, priority)| {
            Act::Forge {
                port,
                nominates,
                priority,
            }
        }),
        (1..4_u16).prop_map(|port| Act::Guess { port }),
        prop_oneof![0..3_000_u64, 3_000..40_000_u64]
            .prop_map(|milliseconds| Act::Pass { milliseconds }),
    ]
}

proptest! {
    #[test]
    fn no_forged_checks_lead_media_to_a_victim(acts in prop::collection::vec(act(), 0..40)) {
        let mut world = ann();
        let mine = |port| Remote::udp(([192, 0, 2, 1], port).into());
        let victim = |port| Remote::udp(([203, 0, 113, 5], port).into());
        let (mut forged, reached) = (0, world.sent.len());
        for act in acts {
            match act {
                Act::Check { port } => {
                    world.check("ann", mine(port));
                }
                Act::Forge { port, nominates, priority } => {
                    forged += 1;
                    let check = Check { nominates, priority, ..Check::of("ann") };
                    world.hear(victim(port), &check.octets());
                }
                Act::Guess { port } => {
                    let reply = StunMessage::binding_reply(TransId::new(), ours());
                    let octets = written(reply, &credentials("ann-peer").password);
                    world.hear(victim(port), &octets);
                }
                Act::Pass { milliseconds } => world.pass(Duration::from_millis(milliseconds)),
            }
            let selected = world.selected(1).map(|remote| remote.address.ip());
            prop_assert!(selected.is_none_or(|ip| ip == mine(1).address.ip()));
        }
        let received = world.sent[reached..].iter();
        let received = received.filter(|sent| sent.to.address.ip() == victim(1).address.ip());
        prop_assert!(received.count() <= 5 * forged);
    }
}
