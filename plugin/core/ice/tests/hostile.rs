//! No octets whatever, from wherever, disturb a stream.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Check, World, at, rtp};
use convene_ice::{StreamId, Verdict};
use proptest::prelude::*;

/// A change to a recorded check.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<usize>(), 1..=255_u8).prop_map(|(at, with)| Damage::Flip(at, with)),
        any::<usize>().prop_map(Damage::Cut),
        (any::<usize>(), prop::collection::vec(any::<u8>(), 1..12))
            .prop_map(|(at, octets)| Damage::Insert(at, octets)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
    ]
}

fn damaged(octets: &[u8], damages: &[Damage], keep_length: bool) -> Vec<u8> {
    let mut octets = octets.to_vec();
    for damage in damages {
        let place = |at: &usize| at % (octets.len() + 1);
        match damage {
            Damage::Flip(at, with) => {
                let at = place(at);
                if let Some(octet) = octets.get_mut(at) {
                    *octet ^= with;
                }
            }
            Damage::Cut(at) => octets.truncate(place(at)),
            Damage::Insert(at, new) => {
                let at = place(at);
                octets.splice(at..at, new.iter().copied());
            }
            Damage::Repeat(at, length) => {
                let at = place(at);
                let end = (at + length).min(octets.len());
                let part = octets[at..end].to_vec();
                octets.splice(at..at, part);
            }
        }
    }
    // As a sender would who knows that the length is looked at first.
    if keep_length && octets.len() >= 20 {
        let padded = octets.len().next_multiple_of(4);
        octets.resize(padded, 0);
        let length = u16::try_from(octets.len() - 20).unwrap();
        octets[2..4].copy_from_slice(&length.to_be_bytes());
    }
    octets
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_damaged_check_from_elsewhere_moves_nothing(
        damages in prop::collection::vec(damage(), 0..4),
        keep_length: bool,
    ) {
        let mut world = World::new().with(1, "ann");
        let (ann, mallory) = (at("192.0.2.1:4000"), at("192.0.2.66:6666"));
        let recorded = Check::of("ann").octets();
        world.hear(ann, &recorded);
        let told = world.events.len();
        let octets = damaged(&recorded, &damages, keep_length);
        world.hear(mallory, &octets);
        prop_assert_eq!(world.events.len(), told);
        prop_assert_eq!(world.hear(ann, &rtp()), Verdict::Media(StreamId(1)));
        prop_assert!(!world.endpoint.knows(mallory));
        let reflected = world.sent.iter().filter(|(to, _)| *to == mallory);
        for (_, answer) in reflected {
            prop_assert_eq!(answer.len(), 32);
        }
    }

    #[test]
    fn anything_is_dropped_or_a_plain_question(
        octets in prop::collection::vec(any::<u8>(), 0..200),
        stun: bool,
    ) {
        let mut world = World::new().with(1, "ann");
        let mut octets = octets;
        if stun && octets.len() >= 20 {
            octets.truncate(octets.len() / 4 * 4);
            octets[0] &= 3;
            let length = u16::try_from(octets.len() - 20).unwrap();
            octets[2..4].copy_from_slice(&length.to_be_bytes());
            octets[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
        }
        world.hear(at("192.0.2.66:6666"), &octets);
        prop_assert!(world.events.is_empty());
        prop_assert!(world.sent.iter().all(|(_, answer)| answer.len() == 32));
    }
}

/// What comes from an address goes to whoever was last verified there; what a stream's pair points to is where it was
/// last nominated.
#[derive(Clone, Debug)]
enum Act {
    Check { stream: u64, from: u8 },
    Pass { seconds: u64 },
    Remove { stream: u64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (1..4_u64, 0..5_u8).prop_map(|(stream, from)| Act::Check { stream, from }),
        2 => (1..20_u64).prop_map(|seconds| Act::Pass { seconds }),
        1 => (1..4_u64).prop_map(|stream| Act::Remove { stream }),
    ]
}

proptest! {
    #[test]
    fn every_address_is_one_stream_s(acts in prop::collection::vec(act(), 0..60)) {
        let place = |from: u8| at(&format!("192.0.2.{from}:4000"));
        let mut world = World::new().with(1, "1").with(2, "2").with(3, "3");
        let mut owners = [None; 5];
        let mut there = [true; 4];
        for act in acts {
            match act {
                Act::Check { stream, from } => {
                    let verdict = world.check(&stream.to_string(), place(from));
                    if verdict == Verdict::Stun {
                        prop_assert!(there[stream as usize]);
                        owners[usize::from(from)] = Some(stream);
                        prop_assert_eq!(world.selected(stream), Some(place(from)));
                    }
                }
                Act::Pass { seconds } => world.pass(std::time::Duration::from_secs(seconds)),
                Act::Remove { stream } => {
                    world.endpoint.remove(StreamId(stream));
                    there[stream as usize] = false;
                    for owner in &mut owners {
                        *owner = owner.filter(|owner| *owner != stream);
                    }
                }
            }
            world.drain();
            for (from, owner) in owners.iter().enumerate() {
                let verdict = world.hear(place(from as u8), &rtp());
                if let Verdict::Media(id) = verdict {
                    prop_assert_eq!(Some(id.0), *owner);
                }
            }
        }
    }
}
