//! Those who only listen in a large conference: several frames in a packet, and the same ones as everybody's.

use super::*;

/// What is unrolled of somebody's packets: where each frame begins, how it is coded, and its octets.
type Frames = Vec<(u64, u8, Vec<u8>)>;

fn codec(fec: bool) -> Codec {
    Codec {
        fec,
        ..Codec::default()
    }
}

fn ear(listening: u8, codec: Codec) -> Settings {
    let packing = Packing {
        listening,
        ..Packing::default()
    };
    Settings {
        packing,
        ..listener(Output::Opus(codec))
    }
}

/// A conference of so many in which Bob's packets may have three frames and Cid's have one, 6 s after they came.
fn conference(people: u32, codec: Codec) -> Room {
    let mut room = Room::new(4);
    room.set(BOB, ear(3, codec));
    room.set(CID, ear(1, codec));
    room.set(ANN, Settings::default());
    for number in 4..=people {
        room.set(Number(number), Settings::default());
    }
    room.tick(at(0)).unwrap();
    room.deadline(at(1));
    room.tick(at(300)).unwrap();
    room
}

fn sent(deliveries: &[Delivery], to: Number) -> Vec<(&Delivery, &[u8])> {
    let own = deliveries.iter().filter(|d| d.to == to);
    own.map(|d| match &d.sound {
        Sound::Opus(packet) => (d, &packet[..]),
        other => panic!("no packet: {other:?}"),
    })
    .collect()
}

fn unrolled(deliveries: &[Delivery], to: Number) -> Frames {
    let packets = sent(deliveries, to).into_iter();
    let frames = packets.flat_map(|(delivery, packet)| {
        let frames = opus::packet::parse(packet).unwrap().frames;
        let times = (delivery.media_time..).step_by(FRAME);
        let coded = packet[0] & !3;
        let frames = frames.into_iter().map(<[u8]>::to_vec);
        times
            .zip(frames)
            .map(move |(time, frame)| (time, coded, frame))
    });
    // What was there before the test began is not all known.
    let known = 301 * FRAME as u64;
    frames.filter(|(time, ..)| *time >= known).collect()
}

fn spans(deliveries: &[Delivery], to: Number) -> Vec<usize> {
    let packets = sent(deliveries, to).into_iter();
    packets
        .map(|(_, packet)| crate::samples_in(packet).unwrap() / FRAME)
        .collect()
}

/// Ann talks in some frames after the 301st, and Bob in some.
fn talk(room: &mut Room, frames: std::ops::Range<u32>, bob: std::ops::Range<u32>) -> Vec<Delivery> {
    let mut all = Vec::new();
    for frame in frames {
        room.samples(ANN, &tone(440.0, frame));
        if bob.contains(&frame) {
            room.samples(BOB, &tone(660.0, frame));
        }
        all.extend(room.tick(at(frame)).unwrap());
    }
    all
}

#[test]
fn who_only_listens_gets_the_same_frames_in_fewer_packets() {
    let mut room = conference(LARGE as u32, codec(false));
    let heard = talk(&mut room, 301..361, 0..0);
    assert_eq!(spans(&heard, CID), [1; 60]);
    let bobs = spans(&heard, BOB);
    assert!(bobs.len() <= 22, "{bobs:?}");
    let (bobs, cids) = (unrolled(&heard, BOB), unrolled(&heard, CID));
    assert!(bobs.len() > 57, "{} frames", bobs.len());
    assert_eq!(bobs[..], cids[..bobs.len()]);
    for (delivery, packet) in sent(&heard, BOB) {
        let span = crate::samples_in(packet).unwrap();
        assert_eq!(delivery.age, span - FRAME, "{}", delivery.media_time);
    }
}

#[test]
fn small_conferences_and_lossy_lines_have_packets_of_one_frame() {
    let few = LARGE as u32 - 1;
    for (people, fec) in [(few, false), (LARGE as u32, true)] {
        let mut room = conference(people, codec(fec));
        let heard = talk(&mut room, 301..331, 0..0);
        assert_eq!(spans(&heard, BOB), [1; 30], "{people} people, {fec}");
    }
}

#[test]
fn who_begins_to_talk_gets_the_next_frame_at_once_and_misses_none() {
    for begins in 320..323 {
        let mut room = conference(LARGE as u32, codec(false));
        let heard = talk(&mut room, 301..400, begins..340);
        let bobs = unrolled(&heard, BOB);
        let times: Vec<_> = bobs.iter().map(|(time, ..)| *time).collect();
        let due: Vec<_> = (times[0]..).step_by(FRAME).take(times.len()).collect();
        assert_eq!(times, due);
        let talks = |d: &&Delivery| d.contributors.iter().any(|talker| talker.number == BOB);
        let first = heard.iter().find(talks).unwrap().media_time;
        let mut talking = heard
            .iter()
            .filter(|d| d.to == BOB && d.media_time + d.age as u64 >= first);
        // What has waited comes with the first frame in which he is heard.
        let joined = talking.next().unwrap();
        assert_eq!(joined.media_time + joined.age as u64, first);
        assert!(talking.all(|d| d.age == 0), "somebody who talks waits");
    }
}

#[test]
fn what_waits_is_sent_when_nothing_follows() {
    let mut room = conference(LARGE as u32, codec(false));
    let mut heard = talk(&mut room, 301..332, 0..0);
    let mut frame = 332;
    while room.deadline(at(frame)).is_some() {
        heard.extend(room.tick(at(frame)).unwrap());
        frame += 1;
    }
    assert_eq!(unrolled(&heard, BOB), unrolled(&heard, CID));
}

#[test]
fn packets_of_different_listeners_are_due_in_different_ticks() {
    let mut room = conference(LARGE as u32, codec(false));
    for number in 4..10 {
        room.set(Number(number), ear(3, codec(false)));
    }
    talk(&mut room, 301..560, 0..0);
    let mut each = Vec::new();
    for frame in 560..563 {
        let heard = talk(&mut room, frame..frame + 1, 0..0);
        each.push(
            (4..10)
                .filter(|n| !sent(&heard, Number(*n)).is_empty())
                .count(),
        );
    }
    assert_eq!(each, [2, 2, 2]);
}

#[test]
fn a_packet_names_all_who_are_in_it() {
    let mut room = conference(LARGE as u32, codec(false));
    talk(&mut room, 301..340, 0..0);
    let mut heard = Vec::new();
    for frame in 340..440 {
        let number = if frame < 370 { ANN } else { Number(9) };
        room.samples(number, &tone(440.0, frame));
        heard.extend(room.tick(at(frame)).unwrap());
    }
    let mut named = BTreeMap::<u64, Vec<Number>>::new();
    for (delivery, _) in sent(&heard, CID) {
        let numbers = delivery.contributors.iter().map(|talker| talker.number);
        named.insert(delivery.media_time, numbers.collect());
    }
    for (delivery, packet) in sent(&heard, BOB) {
        let span = crate::samples_in(packet).unwrap() as u64;
        let times = delivery.media_time..delivery.media_time + span;
        let in_it: BTreeSet<_> = named
            .range(times)
            .flat_map(|(_, numbers)| numbers)
            .collect();
        let said: BTreeSet<_> = delivery.contributors.iter().map(|t| &t.number).collect();
        assert_eq!(said, in_it, "at {}", delivery.media_time);
        assert_eq!(said.len(), delivery.contributors.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    /// Whoever talks, leaves and comes, and however codecs change.
    #[test]
    fn long_packets_are_short_ones_joined(steps in proptest::collection::vec((0_u8..6, 1_u32..9), 1..20)) {
        let mut room = conference(LARGE as u32, codec(false));
        let (mut frame, mut heard, mut fec) = (301, Vec::new(), false);
        for (step, frames) in steps {
            match step {
                4 => {
                    fec = !fec;
                    room.set(BOB, ear(3, codec(fec)));
                    room.set(CID, ear(1, codec(fec)));
                }
                5 => room.leave(Number(30)),
                _ => {}
            }
            for _ in 0..frames {
                for (number, talks) in [(ANN, step & 1 == 0), (Number(9), step & 2 == 0)] {
                    if talks {
                        room.samples(number, &tone(440.0 + number.0 as f32, frame));
                    }
                }
                if room.deadline(at(frame)).is_some() {
                    heard.extend(room.tick(at(frame)).unwrap());
                }
                frame += 1;
            }
        }
        while room.deadline(at(frame)).is_some() {
            heard.extend(room.tick(at(frame)).unwrap());
            frame += 1;
        }
        prop_assert_eq!(unrolled(&heard, BOB), unrolled(&heard, CID));
    }
}
