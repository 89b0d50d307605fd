//! No octets whatever, from wherever, disturb a stream.

#![allow(clippy::unwrap_used)]

mod common;

use std::{collections::BTreeMap, time::Duration};

use common::{Check, World, at, rtp};
use convene_ice::{DropReason, EventKind, Remote, StreamId, Verdict};
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
        let reflected = world.sent.iter().filter(|sent| sent.to == mallory);
        for answer in reflected {
            prop_assert_eq!(answer.octets.len(), 32);
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
        prop_assert!(world.sent.iter().all(|sent| sent.octets.len() == 32));
    }
}

/// What peers do who share a NAT: each may be given an address that was another's.
#[derive(Clone, Debug)]
enum Act {
    Check { stream: u64, from: u8 },
    Pass { seconds: u64 },
    Remove { stream: u64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (1..4_u64, 0..5_u8).prop_map(|(stream, from)| Act::Check { stream, from }),
        2 => (1..40_u64).prop_map(|seconds| Act::Pass { seconds }),
        1 => (1..4_u64).prop_map(|stream| Act::Remove { stream }),
    ]
}

fn place(from: u8) -> Remote {
    at(&format!("192.0.2.1:{}", 4_000 + u16::from(from)))
}

/// What ought to be known of a stream. Times are half seconds.
#[derive(Default)]
struct Book {
    paths: BTreeMap<u8, u64>,
    selected: Option<u8>,
    checked: Option<u64>,
    silent: bool,
}

impl Book {
    fn holds(&self, now: u64, from: u8) -> bool {
        let held = if self.selected == Some(from) { 30 } else { 12 };
        self.paths.get(&from).is_some_and(|at| now - at < held)
    }

    fn is_lost(&mut self, from: u8) {
        self.paths.remove(&from);
        self.selected.take_if(|selected| *selected == from);
    }

    fn is_checked(&mut self, now: u64, from: u8) {
        self.paths.insert(from, now);
        (self.selected, self.checked, self.silent) = (Some(from), Some(now), false);
    }

    fn pass(&mut self, now: u64) {
        let quiet = self.checked.map_or(0, |at| now - at);
        self.silent |= quiet >= 30;
        self.selected.take_if(|_| quiet >= 60);
        let selected = self.selected;
        self.paths
            .retain(|from, at| now - *at < 60 || Some(*from) == selected);
    }
}

/// The streams that there are, and the time.
struct Reference {
    books: BTreeMap<u64, Book>,
    now: u64,
}

impl Reference {
    fn check(&mut self, stream: u64, from: u8) -> Verdict {
        let now = self.now;
        if !self.books.contains_key(&stream) {
            return Verdict::Dropped(DropReason::UnknownUfrag);
        }
        let mut others = self.books.iter().filter(|(id, _)| **id != stream);
        if others.any(|(_, book)| book.holds(now, from)) {
            return Verdict::Dropped(DropReason::AddressTaken);
        }
        for (id, book) in &mut self.books {
            if *id == stream {
                book.is_checked(now, from);
            } else {
                book.is_lost(from);
            }
        }
        Verdict::Stun
    }

    /// The endpoint looks at every full second.
    fn pass(&mut self, halves: u64) {
        for _ in 0..halves {
            self.now += 1;
            if self.now.is_multiple_of(2) {
                self.books.values_mut().for_each(|book| book.pass(self.now));
            }
        }
    }

    fn owner(&self, from: u8) -> Verdict {
        let mut books = self.books.iter();
        let owner = books.find(|(_, book)| book.paths.contains_key(&from));
        owner.map_or(Verdict::Dropped(DropReason::UnknownSender), |(id, _)| {
            Verdict::Media(StreamId(*id))
        })
    }
}

fn is_silent(world: &World, id: u64) -> bool {
    let mine = world.events.iter().filter(|(stream, _)| stream.0 == id);
    mine.fold(false, |silent, (_, kind)| match kind {
        EventKind::Silent => true,
        EventKind::Heard => false,
        _ => silent,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_address_is_one_stream_s(acts in prop::collection::vec(act(), 0..60)) {
        let mut world = World::new().with(1, "1").with(2, "2").with(3, "3");
        let books = (1..4).map(|id| (id, Book::default())).collect();
        let mut reference = Reference { books, now: 0 };
        for act in acts {
            match act {
                Act::Check { stream, from } => {
                    // Nobody is so fast that he is held back.
                    world.pass(Duration::from_millis(500));
                    reference.pass(1);
                    let verdict = world.check(&stream.to_string(), place(from));
                    prop_assert_eq!(verdict, reference.check(stream, from));
                }
                Act::Pass { seconds } => {
                    world.pass(Duration::from_secs(seconds));
                    reference.pass(2 * seconds);
                }
                Act::Remove { stream } => {
                    world.endpoint.remove(StreamId(stream));
                    world.drain();
                    reference.books.remove(&stream);
                }
            }
            for from in 0..5 {
                prop_assert_eq!(world.hear(place(from), &rtp()), reference.owner(from));
            }
            for (id, book) in &reference.books {
                prop_assert_eq!(world.selected(*id), book.selected.map(place));
                prop_assert_eq!(is_silent(&world, *id), book.silent);
            }
        }
    }
}
