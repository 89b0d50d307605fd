//! Mix and relay in one room, and what is heard while a listener changes from one to the other.

use super::*;

/// When the listener changes his mode.
const CHANGE: u32 = 40;

fn served(mode: Mode, output: Output) -> Settings {
    Settings {
        mode,
        ..listener(output)
    }
}

/// What everyone gets while Ann talks, of whom `frame` is of another pitch, and Cid changes from one mode to the other.
/// Says what he heard of Ann's mix, and the packets he got.
fn across_the_change(from: Mode, to: Mode, marked: u32) -> (Vec<f32>, Vec<Vec<u8>>, Vec<u8>) {
    let mut room = Room::new(4);
    room.set(
        ANN,
        Settings {
            latency: Duration::from_millis(60),
            ..Settings::default()
        },
    );
    room.set(CID, served(from, Output::Raw(Channels::Mono)));
    let mut ann = Talker::new(ANN, 440.0);
    let (mut mixed, mut passed, mut mark) = (Vec::new(), Vec::new(), Vec::new());
    for frame in 0..CHANGE + 40 {
        if frame == CHANGE {
            room.set(CID, served(to, Output::Raw(Channels::Mono)));
        }
        ann.hertz = if frame == marked { 3_000.0 } else { 440.0 };
        let packet = ann.packet(frame, 20);
        room.packet(at(frame), ANN, &packet).unwrap();
        if frame == marked {
            mark = packet.payload;
        }
        for delivery in room.tick(at(frame) + Duration::from_millis(3)).unwrap() {
            match delivery.sound {
                Sound::Raw(frame) => mixed.extend(*frame.mid),
                Sound::Relayed { payload, .. } => passed.push(payload.to_vec()),
                _ => {}
            }
        }
    }
    (mixed, passed, mark)
}

fn is_heard((mixed, passed, mark): &(Vec<f32>, Vec<Vec<u8>>, Vec<u8>)) -> bool {
    let in_mix = mixed.windows(FRAME).step_by(FRAME / 4);
    passed.contains(mark) || in_mix.into_iter().any(|some| power(some, 3_000.0) > -22.0)
}

#[test]
fn of_what_is_said_around_a_change_of_mode_nothing_is_lost() {
    for (from, to) in [(Mode::Mix, Mode::Relay), (Mode::Relay, Mode::Mix)] {
        for marked in CHANGE - 8..CHANGE + 8 {
            let heard = across_the_change(from, to, marked);
            assert!(is_heard(&heard), "frame {marked}, from {from:?} to {to:?}");
        }
    }
}

#[test]
fn a_packet_is_passed_on_once() {
    let (_, passed, mark) = across_the_change(Mode::Mix, Mode::Relay, CHANGE);
    assert_eq!(passed.iter().filter(|packet| **packet == mark).count(), 1);
}

#[test]
fn a_mix_ends_with_silence_and_then_costs_nothing() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    room.set(CID, served(Mode::Mix, Output::Opus(Codec::default())));
    let mut ann = Talker::new(ANN, 440.0);
    let mut decoder = Decoder::new(RATE, opus::Channels::Mono).unwrap();
    let mut heard = Vec::new();
    for frame in 0..80 {
        if frame == 40 {
            room.set(CID, served(Mode::Relay, Output::Opus(Codec::default())));
        }
        room.packet(at(frame), ANN, &ann.packet(frame, 20)).unwrap();
        for delivery in room.tick(at(frame) + Duration::from_millis(3)).unwrap() {
            if let Sound::Opus(packet) = delivery.sound {
                let mut pcm = [0.0; FRAME];
                decoder.decode_float(&packet, &mut pcm, false).unwrap();
                heard.push((frame, Loudness::of(&pcm)));
            }
        }
    }
    let (last, loudness) = heard[heard.len() - 1];
    assert!((40..60).contains(&last), "the last is of frame {last}");
    assert!(!loudness.reaches(70), "{loudness:?}");
    assert!(room.mixes.is_empty());
}

/// Ann and Bob talk; what each of the others gets at the end.
fn while_two_talk(others: &[(Number, Settings)], ann: Settings) -> Vec<Delivery> {
    let mut room = Room::new(4);
    room.set(ANN, ann);
    room.set(BOB, served(Mode::Relay, Output::Opus(Codec::default())));
    for (number, settings) in others {
        room.set(*number, settings.clone());
    }
    let mut talkers = [Talker::new(ANN, 440.0), Talker::new(BOB, 660.0)];
    let mut last = Vec::new();
    for frame in 0..20 {
        for talker in &mut talkers {
            let packet = talker.packet(frame, 20);
            room.packet(at(frame), talker.number, &packet).unwrap();
        }
        last = room.tick(at(frame) + Duration::from_millis(10)).unwrap();
    }
    last
}

/// Whose sound `to` gets, each with whether it comes in packets of its own.
fn heard_by(deliveries: &[Delivery], to: Number) -> BTreeSet<(Number, bool)> {
    let his = deliveries.iter().filter(|delivery| delivery.to == to);
    his.flat_map(|delivery| {
        let relayed = matches!(delivery.sound, Sound::Relayed { .. });
        delivery
            .contributors
            .iter()
            .map(move |talker| (talker.number, relayed))
    })
    .collect()
}

#[test]
fn a_full_mix_stands_beside_packets() {
    let others = [
        (CID, served(Mode::Relay, Output::Raw(Channels::Mono))),
        (Number(9), served(Mode::Mix, Output::Raw(Channels::Mono))),
    ];
    let last = while_two_talk(&others, served(Mode::Relay, Output::Raw(Channels::Mono)));
    let table = [
        (ANN, &[(BOB, true)][..]),
        (BOB, &[(ANN, true)]),
        (CID, &[(ANN, true), (BOB, true)]),
        (Number(9), &[(ANN, false), (BOB, false)]),
    ];
    for (to, expected) in table {
        let expected = expected.iter().copied().collect();
        assert_eq!(heard_by(&last, to), expected, "{to:?}");
    }
}

#[test]
fn whoever_is_not_to_be_heard_is_not_passed_on() {
    let mut without_bob = served(Mode::Relay, Output::Raw(Channels::Mono));
    without_bob.hearing.gains = BTreeMap::from([(ANN, 0.3), (BOB, 0.0)]);
    let mut deaf = served(Mode::Relay, Output::Raw(Channels::Mono));
    deaf.hearing.deaf = true;
    let last = while_two_talk(
        &[(CID, without_bob), (Number(4), deaf)],
        Settings::default(),
    );
    assert_eq!(heard_by(&last, CID), BTreeSet::from([(ANN, true)]));
    assert_eq!(heard_by(&last, Number(4)), BTreeSet::new());
    let mute = Settings {
        mute: true,
        ..Settings::default()
    };
    let last = while_two_talk(
        &[(CID, served(Mode::Relay, Output::Raw(Channels::Mono)))],
        mute,
    );
    assert_eq!(heard_by(&last, CID), BTreeSet::from([(BOB, true)]));
}

#[test]
fn what_was_passed_on_already_is_not_again_and_is_counted() {
    let mut room = Room::new(4);
    room.set(CID, served(Mode::Relay, Output::Raw(Channels::Mono)));
    room.set(ANN, Settings::default());
    let mut ann = Talker::new(ANN, 440.0);
    for frame in 0..30 {
        let packet = ann.packet(frame, 20);
        room.packet(at(frame), ANN, &packet).unwrap();
        room.packet(at(frame), ANN, &packet).unwrap();
        room.tick(at(frame) + Duration::from_millis(3)).unwrap();
    }
    let crate::Relayed {
        passed, duplicate, ..
    } = room.totals().relayed;
    assert!((25..=30).contains(&passed), "{passed}");
    assert!((25..=30).contains(&duplicate), "{duplicate}");
}
