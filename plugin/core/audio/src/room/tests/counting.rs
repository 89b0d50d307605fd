//! Every packet that came has ended once, or waits.

use super::*;
use crate::Counters;

fn ended(counters: &Counters) -> u64 {
    let ended: u64 = counters.endings().iter().map(|(_, count)| count).sum();
    ended + counters.waiting
}

/// What is done to one packet of a stream, and as what it then counts.
#[test]
fn each_end_by_its_name() {
    type Deed = fn(&mut Room, &mut Talker);
    fn speak(room: &mut Room, talker: &mut Talker, frame: u32) {
        room.packet(at(frame), ANN, &talker.packet(frame, 20))
            .unwrap();
    }
    let cases: [(&str, Deed); 9] = [
        ("decoded", |room, ann| {
            room.set(BOB, listener(Output::Raw(Channels::Mono)));
            speak(room, ann, 0);
            (0..4).for_each(|frame| drop(room.tick(at(frame)).unwrap()));
        }),
        ("unheard", |room, ann| {
            speak(room, ann, 0);
            (0..4).for_each(|frame| drop(room.tick(at(frame)).unwrap()));
        }),
        ("malformed", |room, ann| {
            let packet = Arrival {
                payload: Vec::new(),
                ..ann.packet(0, 20)
            };
            room.packet(at(0), ANN, &packet).unwrap();
        }),
        ("late", |room, ann| {
            let packets: Vec<_> = (0..4).map(|frame| ann.packet(frame, 20)).collect();
            for (frame, packet) in (0..).zip(&packets[1..]) {
                room.packet(at(frame), ANN, packet).unwrap();
                room.tick(at(frame)).unwrap();
            }
            room.packet(at(3), ANN, &packets[0]).unwrap();
        }),
        ("duplicate", |room, ann| {
            let packet = ann.packet(0, 20);
            (0..2).for_each(|_| room.packet(at(0), ANN, &packet).unwrap());
        }),
        ("replaced", |room, ann| {
            speak(room, ann, 0);
            let packet = Arrival {
                ssrc: 77,
                ..ann.packet(1, 20)
            };
            room.packet(at(0), ANN, &packet).unwrap();
        }),
        ("flushed", |room, ann| {
            speak(room, ann, 0);
            room.flush(ANN);
        }),
        ("left", |room, ann| {
            speak(room, ann, 0);
            room.leave(ANN);
        }),
        ("absent", |room, ann| {
            room.leave(ANN);
            speak(room, ann, 0);
        }),
    ];
    for (name, deed) in cases {
        let mut room = Room::new(4);
        room.set(ANN, Settings::default());
        deed(&mut room, &mut Talker::new(ANN, 440.0));
        let packets = room.totals().packets;
        let count = packets
            .endings()
            .into_iter()
            .find(|(found, _)| *found == name);
        assert_eq!(count, Some((name, 1)), "{packets:?}");
        assert_eq!(packets.received, ended(&packets), "{name}: {packets:?}");
    }
}

#[test]
fn what_came_in_another_form_stays_counted() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    let mut ann = Talker::new(ANN, 440.0);
    room.packet(at(0), ANN, &ann.packet(0, 20)).unwrap();
    room.samples(ANN, &tone(440.0, 0));
    room.packet(at(0), ANN, &ann.packet(1, 20)).unwrap();
    let counters = room.counters(ANN);
    assert_eq!(
        (counters.received, counters.flushed, counters.waiting),
        (2, 1, 1)
    );
}

#[test]
fn one_encoding_is_sent_to_all_who_share_it() {
    let mut room = Room::new(4);
    for number in [BOB, CID, Number(4)] {
        room.set(number, listener(Output::Opus(Codec::default())));
    }
    for frame in 0..50 {
        room.samples(ANN, &tone(440.0, frame));
        room.set(ANN, Settings::default());
        room.tick(at(frame)).unwrap();
    }
    let totals = room.totals();
    assert!(totals.encodes > 40, "{totals:?}");
    assert_eq!(totals.sent, 3 * totals.encodes);
}

proptest! {
    #[test]
    fn no_packet_ends_twice_or_never(
        deeds in proptest::collection::vec((0_u8..10, any::<u8>(), 0_u32..50), 1..120),
        listens: bool,
    ) {
        let mut room = Room::new(2);
        let mut ann = Talker::new(ANN, 440.0);
        if listens {
            room.set(BOB, listener(Output::Raw(Channels::Mono)));
        }
        let mut came = 0;
        for (frame, (deed, value, shift)) in (0..).zip(deeds) {
            match deed {
                0 => room.set(ANN, Settings { mute: value > 200, ..Settings::default() }),
                1 if value < 40 => room.leave(ANN),
                2 if value < 60 => room.flush(ANN),
                3 if value < 60 => room.samples(ANN, &tone(440.0, frame)),
                _ => {
                    let mut packet = ann.packet(frame.saturating_sub(shift % 8), value & 127);
                    packet.ssrc += u32::from(value > 250);
                    if value == 250 {
                        packet.payload.clear();
                    }
                    came += 1;
                    room.packet(at(frame), ANN, &packet).unwrap();
                }
            }
            room.tick(at(frame)).unwrap();
        }
        let packets = room.totals().packets;
        prop_assert_eq!(packets.received, came);
        prop_assert_eq!(ended(&packets), came, "{:?}", packets);
    }
}
