#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use convene_rtp::{Header, Packet};
use proptest::prelude::*;

use super::*;
use crate::Source;

pub(super) const ANN: Number = Number(1);
pub(super) const BOB: Number = Number(2);
pub(super) const CAT: Number = Number(3);

pub(super) fn camera(publisher: Number) -> Picture {
    Picture {
        publisher,
        source: Source::Camera,
    }
}

fn slot(subscriber: Number, index: u32) -> SlotId {
    SlotId { subscriber, index }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A VP8 packet of one frame, with a 15-bit picture number.
fn vp8(ssrc: u32, sequence: u16, key: bool, picture: u16) -> Vec<u8> {
    let [high, low] = (picture | 0x8000).to_be_bytes();
    let header = Header {
        marker: true,
        payload_type: 96,
        sequence,
        timestamp: u32::from(sequence) * 3000,
        ssrc,
        ..Header::default()
    };
    let mut bytes = Vec::new();
    header.write(&[0x90, 0x80, high, low, u8::from(!key)], &mut bytes);
    bytes
}

/// A room of three with two slots each; Ann and Bob publish their cameras.
struct Room {
    switch: Switch,
    now: Duration,
}

impl Room {
    fn new() -> Self {
        let mut switch = Switch::default();
        for number in [ANN, BOB, CAT] {
            switch.join(number, Policy::External);
            switch.open(slot(number, 0), Numbers::default());
            switch.open(slot(number, 1), Numbers::default());
        }
        switch.publish(camera(ANN), Codec::Vp8);
        switch.publish(camera(BOB), Codec::Vp8);
        Self {
            switch,
            now: ms(1_000),
        }
    }

    fn send(&mut self, picture: Picture, bytes: &[u8]) -> Vec<Forward> {
        let mut forward = Vec::new();
        let packet = Packet::parse(bytes).unwrap();
        let arrival = Arrival {
            packet: &packet,
            bytes: bytes.len(),
            rid: None,
        };
        self.switch
            .packet(self.now, picture, &arrival, &mut forward);
        forward
    }

    /// The numbers that a packet gets in each slot it goes to: slot, sequence, picture number.
    fn placed(&mut self, from: Number, sequence: u16, key: bool) -> Vec<(SlotId, u16, u16)> {
        let forward = self.send(camera(from), &vp8(from.0, sequence, key, sequence));
        forward
            .iter()
            .map(|f| (f.slot, f.sequence, f.ids.picture.unwrap().0))
            .collect()
    }

    fn wishes(&mut self) -> Vec<Picture> {
        std::iter::from_fn(|| self.switch.poll(self.now))
            .filter_map(|wish| match wish {
                Wish::KeyFrame(picture, _) => Some(picture),
                Wish::Bitrate(..) | Wish::Layers(..) => None,
            })
            .collect()
    }

    fn drops(&self, number: Number) -> BTreeMap<DropReason, u64> {
        self.switch.stats(number).unwrap().sent.drops.clone()
    }
}

#[test]
fn a_slot_starts_on_a_key_frame() {
    let mut room = Room::new();
    room.switch.show(camera(ANN), BOB, Some(0)).unwrap();
    assert_eq!(room.placed(ANN, 5, false), []);
    assert_eq!(room.placed(ANN, 6, true), [(slot(BOB, 0), 6, 6)]);
    assert_eq!(room.placed(ANN, 7, false), [(slot(BOB, 0), 7, 7)]);
    assert_eq!(
        room.drops(BOB),
        BTreeMap::from([(DropReason::AwaitingKeyFrame, 1)])
    );
}

#[test]
fn numbers_run_on_through_a_change_of_picture() {
    let mut room = Room::new();
    room.switch.show(camera(ANN), CAT, Some(0)).unwrap();
    assert_eq!(room.placed(ANN, 100, true), [(slot(CAT, 0), 100, 100)]);
    room.switch.show(camera(BOB), CAT, Some(0)).unwrap();
    assert_eq!(room.placed(ANN, 101, false), [], "no longer shown");
    assert_eq!(
        room.placed(BOB, 9_000, false),
        [],
        "not before its key frame"
    );
    assert_eq!(room.placed(BOB, 9_001, true), [(slot(CAT, 0), 101, 101)]);
    assert_eq!(room.placed(BOB, 9_000, false), [], "precedes the start");
    assert_eq!(
        room.placed(BOB, 9_004, false),
        [(slot(CAT, 0), 104, 104)],
        "a loss stays a gap"
    );
    assert_eq!(
        room.placed(BOB, 9_003, false),
        [(slot(CAT, 0), 103, 103)],
        "and can be filled"
    );
    assert_eq!(room.placed(BOB, 9_003, false), [], "once");
}

#[test]
fn numbers_of_vp9_run_on_through_a_change_of_picture() {
    let mut room = Room::new();
    for publisher in [ANN, BOB] {
        room.switch.publish(camera(publisher), Codec::Vp9);
    }
    let placed = |room: &mut Room, from: Number, id: u16, tl0: u8, key: bool| {
        let [high, low] = (id | 0x8000).to_be_bytes();
        let first = if key { 0xa8 } else { 0xe8 };
        let header = Header {
            sequence: id,
            ssrc: from.0,
            ..Header::default()
        };
        let mut bytes = Vec::new();
        header.write(&[first, high, low, 0, tl0, 0xaa], &mut bytes);
        let forward = room.send(camera(from), &bytes);
        let numbers = |f: &Forward| (f.sequence, f.ids.picture.unwrap().0, f.ids.tl0.unwrap());
        forward.iter().map(numbers).collect::<Vec<_>>()
    };
    room.switch.show(camera(ANN), CAT, Some(0)).unwrap();
    assert_eq!(placed(&mut room, ANN, 100, 7, true), [(100, 100, 7)]);
    assert_eq!(placed(&mut room, ANN, 101, 8, false), [(101, 101, 8)]);
    room.switch.show(camera(BOB), CAT, Some(0)).unwrap();
    assert_eq!(placed(&mut room, BOB, 9_000, 200, false), []);
    assert_eq!(placed(&mut room, BOB, 9_001, 201, true), [(102, 102, 9)]);
    assert_eq!(placed(&mut room, BOB, 9_003, 202, false), [(104, 104, 10)]);
}

#[test]
fn a_publisher_who_starts_again_runs_on_from_his_next_key_frame() {
    let mut room = Room::new();
    room.switch.show(camera(ANN), BOB, Some(0)).unwrap();
    room.placed(ANN, 10, true);
    assert_eq!(room.send(camera(ANN), &vp8(77, 500, false, 0)), []);
    let forward = room.send(camera(ANN), &vp8(77, 501, true, 0));
    assert_eq!(
        (forward[0].sequence, forward[0].ids.picture),
        (11, Some((11, true)))
    );
}

#[test]
fn the_numbers_outlive_a_closed_slot() {
    let mut room = Room::new();
    room.switch.show(camera(ANN), BOB, Some(0)).unwrap();
    room.placed(ANN, 10, true);
    let numbers = room.switch.close(slot(BOB, 0)).unwrap();
    assert_eq!(room.placed(ANN, 11, true), []);
    room.switch.open(slot(BOB, 0), numbers);
    room.switch.show(camera(ANN), BOB, Some(0)).unwrap();
    assert_eq!(room.placed(ANN, 50, true), [(slot(BOB, 0), 11, 11)]);
}

#[test]
fn two_requests_are_one_and_a_waiting_slot_asks_again() {
    let mut room = Room::new();
    room.switch.show(camera(ANN), BOB, Some(0)).unwrap();
    room.switch.show(camera(ANN), CAT, Some(0)).unwrap();
    room.switch.want_key_frame(slot(CAT, 0));
    assert_eq!(room.wishes(), [camera(ANN)]);
    assert_eq!(room.switch.deadline(), Some(ms(1_500)));
    room.now = ms(1_499);
    assert_eq!(room.wishes(), []);
    room.now = ms(1_500);
    assert_eq!(room.wishes(), [camera(ANN)]);
    room.placed(ANN, 1, true);
    assert_eq!(room.switch.deadline(), None, "nobody waits");
    room.switch.want_key_frame(slot(BOB, 0));
    room.switch.want_key_frame(slot(CAT, 0));
    assert_eq!(room.wishes(), []);
    room.now = ms(2_000);
    assert_eq!(room.wishes(), [camera(ANN)]);
    assert_eq!(
        room.switch.deadline(),
        None,
        "a request is not repeated by itself"
    );
}

#[test]
fn a_key_frame_answers_a_request_that_was_not_sent_yet() {
    let mut room = Room::new();
    room.switch.show(camera(ANN), BOB, Some(0)).unwrap();
    room.wishes();
    room.placed(ANN, 1, true);
    room.switch.want_key_frame(slot(BOB, 0));
    room.placed(ANN, 2, true);
    room.now = ms(9_000);
    assert_eq!(room.wishes(), []);
}

#[test]
fn a_picture_that_is_not_published_is_not_asked_for() {
    let mut room = Room::new();
    room.switch.show(camera(CAT), BOB, Some(0)).unwrap();
    assert_eq!(room.wishes(), []);
    room.switch.publish(camera(CAT), Codec::Vp8);
    assert_eq!(room.wishes(), [camera(CAT)]);
    room.switch.end(camera(CAT));
    room.now = ms(9_000);
    assert_eq!((room.wishes(), room.switch.deadline()), (vec![], None));
}

#[test]
fn a_picture_is_in_one_slot_of_a_subscriber() {
    let mut room = Room::new();
    assert_eq!(room.switch.show(camera(ANN), BOB, None), Ok(0));
    assert_eq!(room.switch.show(camera(ANN), BOB, None), Ok(0));
    assert_eq!(room.switch.show(camera(ANN), BOB, Some(1)), Ok(1));
    assert_eq!(room.switch.shown(slot(BOB, 0)), None);
    assert_eq!(room.switch.hide(camera(ANN), BOB), Ok(()));
    assert_eq!(room.switch.shown(slot(BOB, 1)), None);
}

#[test]
fn refusals_name_their_cause() {
    let mut room = Room::new();
    let nobody = Number(9);
    assert_eq!(
        room.switch.show(camera(nobody), BOB, None),
        Err(Refusal::NoParticipant(nobody))
    );
    assert_eq!(
        room.switch.hide(camera(ANN), nobody),
        Err(Refusal::NoParticipant(nobody))
    );
    assert_eq!(
        room.switch.show(camera(ANN), BOB, Some(7)),
        Err(Refusal::NoSlot(BOB))
    );
    room.switch.show(camera(BOB), CAT, Some(0)).unwrap();
    room.switch.show(camera(CAT), CAT, Some(1)).unwrap();
    assert_eq!(
        room.switch.show(camera(ANN), CAT, None),
        Err(Refusal::NoSlot(CAT))
    );
    room.switch.set_policy(BOB, Policy::Server);
    assert_eq!(
        room.switch.show(camera(ANN), BOB, None),
        Err(Refusal::FilledByPolicy(BOB))
    );
}

#[test]
fn whoever_could_not_look_starts_anew() {
    let mut room = Room::new();
    room.switch.show(camera(ANN), BOB, Some(0)).unwrap();
    room.placed(ANN, 1, true);
    room.switch.restart(BOB);
    assert_eq!(room.wishes(), [camera(ANN)]);
    assert_eq!(room.placed(ANN, 2, false), []);
    assert_eq!(room.placed(ANN, 3, true), [(slot(BOB, 0), 2, 2)]);
}

#[test]
fn by_policy_the_others_cameras_fill_the_slots_in_the_order_of_coming() {
    let mut room = Room::new();
    room.switch.set_policy(ANN, Policy::Server);
    room.switch.publish(
        Picture {
            publisher: CAT,
            source: Source::Screen,
        },
        Codec::Vp8,
    );
    assert_eq!(room.switch.shown(slot(ANN, 0)), Some(camera(BOB)));
    assert_eq!(
        room.switch.shown(slot(ANN, 1)),
        None,
        "neither his own nor a screen"
    );
    room.switch.publish(camera(CAT), Codec::Vp8);
    assert_eq!(room.switch.shown(slot(ANN, 1)), Some(camera(CAT)));
    room.switch.end(camera(BOB));
    assert_eq!(room.switch.shown(slot(ANN, 0)), None);
    assert_eq!(
        room.switch.shown(slot(ANN, 1)),
        Some(camera(CAT)),
        "keeps its slot"
    );
}

#[test]
fn everyones_counters() {
    let mut room = Room::new();
    room.switch.show(camera(ANN), BOB, Some(0)).unwrap();
    room.placed(ANN, 1, true);
    room.placed(BOB, 1, true);
    room.switch.malformed(camera(BOB));
    let ann = room.switch.stats(ANN).unwrap();
    assert_eq!(
        (
            ann.received.packets,
            ann.received.bytes,
            ann.received.drops.len()
        ),
        (1, 17, 0)
    );
    let bob = room.switch.stats(BOB).unwrap();
    assert_eq!((bob.sent.packets, bob.sent.bytes), (1, 17));
    assert_eq!(
        bob.received.drops,
        BTreeMap::from([(DropReason::Malformed, 1), (DropReason::Unwanted, 1)])
    );
}

#[test]
fn whoever_leaves_takes_his_pictures_along() {
    let mut room = Room::new();
    room.switch.show(camera(ANN), BOB, Some(0)).unwrap();
    room.switch.show(camera(BOB), CAT, Some(0)).unwrap();
    room.switch.leave(ANN);
    assert_eq!(room.switch.shown(slot(BOB, 0)), None);
    assert_eq!(room.placed(ANN, 1, true), []);
    assert_eq!(room.placed(BOB, 1, true).len(), 1, "the others go on");
    assert_eq!(room.switch.close(slot(ANN, 0)).map(|_| ()), None);
}

#[derive(Clone, Debug)]
enum Step {
    Send {
        from: u32,
        key: bool,
        step: u16,
    },
    Show {
        of: u32,
        to: u32,
        index: Option<u32>,
    },
    Hide {
        of: u32,
        to: u32,
    },
    Policy {
        of: u32,
        server: bool,
    },
    Publish(u32),
    End(u32),
    Leave(u32),
    Join(u32),
    Close(u32, u32),
    Open(u32, u32),
    Request(u32, u32),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 1..4_u32;
    prop_oneof![
        8 => (who(), prop::bool::weighted(0.3), 1..4_u16).prop_map(|(from, key, step)| Step::Send { from, key, step }),
        3 => (who(), who(), prop::option::of(0..3_u32)).prop_map(|(of, to, index)| Step::Show { of, to, index }),
        1 => (who(), who()).prop_map(|(of, to)| Step::Hide { of, to }),
        1 => (who(), any::<bool>()).prop_map(|(of, server)| Step::Policy { of, server }),
        1 => who().prop_map(Step::Publish),
        1 => who().prop_map(Step::End),
        1 => who().prop_map(Step::Leave),
        1 => who().prop_map(Step::Join),
        1 => (who(), 0..2_u32).prop_map(|(of, index)| Step::Close(of, index)),
        2 => (who(), 0..2_u32).prop_map(|(of, index)| Step::Open(of, index)),
        2 => (who(), 0..2_u32).prop_map(|(of, index)| Step::Request(of, index)),
        3 => (0..400_u64).prop_map(Step::Wait),
    ]
}

/// What a subscriber may see of the numbers of one slot's life: only rising ones, each once, starting anew on key frames.
#[derive(Default)]
struct Seen {
    sequences: BTreeSet<u16>,
    last: Option<(Number, u16)>,
}

proptest! {
    #[test]
    fn whatever_happens(steps in prop::collection::vec(step(), 1..200)) {
        let mut room = Room::new();
        let mut heads = BTreeMap::new();
        let mut kept: BTreeMap<SlotId, Numbers> = BTreeMap::new();
        let mut seen: BTreeMap<SlotId, Seen> = BTreeMap::new();
        let mut asked: BTreeMap<Picture, Duration> = BTreeMap::new();
        let mut members = BTreeSet::from([1, 2, 3]);
        for step in steps {
            match step {
                Step::Send { from, key, step } => {
                    let head: &mut u16 = heads.entry(from).or_default();
                    *head += step;
                    let sequence = *head;
                    for (id, sent, _) in room.placed(Number(from), sequence, key) {
                        let seen = seen.entry(id).or_default();
                        prop_assert!(seen.sequences.last().is_none_or(|last| *last < sent), "{:?} sent {} again", id, sent);
                        if let Some((publisher, last)) = seen.last && publisher != Number(from) {
                            prop_assert!(key, "{:?} starts without a key frame", id);
                            prop_assert_eq!(sent, last + 1, "{:?} has a gap at its change", id);
                        }
                        seen.sequences.insert(sent);
                        seen.last = Some((Number(from), sent));
                    }
                }
                Step::Show { of, to, index } => drop(room.switch.show(camera(Number(of)), Number(to), index)),
                Step::Hide { of, to } => drop(room.switch.hide(camera(Number(of)), Number(to))),
                Step::Policy { of, server } => {
                    room.switch.set_policy(Number(of), if server { Policy::Server } else { Policy::External });
                }
                Step::Publish(of) if members.contains(&of) => {
                    asked.remove(&camera(Number(of)));
                    room.switch.publish(camera(Number(of)), Codec::Vp8);
                }
                Step::End(of) => room.switch.end(camera(Number(of))),
                Step::Leave(of) => {
                    for index in 0..2 {
                        if let Some(numbers) = room.switch.close(slot(Number(of), index)) {
                            kept.insert(slot(Number(of), index), numbers);
                        }
                    }
                    room.switch.leave(Number(of));
                    members.remove(&of);
                }
                Step::Join(of) if members.insert(of) => room.switch.join(Number(of), Policy::External),
                Step::Close(of, index) => {
                    if let Some(numbers) = room.switch.close(slot(Number(of), index)) {
                        kept.insert(slot(Number(of), index), numbers);
                    }
                }
                Step::Open(of, index) if members.contains(&of) => {
                    if let Some(numbers) = kept.remove(&slot(Number(of), index)) {
                        room.switch.open(slot(Number(of), index), numbers);
                    }
                }
                Step::Request(of, index) => room.switch.want_key_frame(slot(Number(of), index)),
                Step::Wait(time) => room.now += ms(time),
                Step::Publish(_) | Step::Join(_) | Step::Open(..) => {}
            }
            for picture in room.wishes() {
                if let Some(before) = asked.insert(picture, room.now) {
                    prop_assert!(room.now - before >= ms(500), "{:?} asked twice", picture);
                }
            }
            prop_assert!(room.switch.deadline().is_none_or(|deadline| deadline > room.now), "a due wish is left");
        }
    }
}
