//! What each listener wishes to hear, and who shares it.

use super::*;

const DAN: Number = Number(4);

/// A listener with gains of his own.
fn wishes(gains: &[(Number, f32)]) -> Settings {
    Settings {
        hearing: Hearing {
            deaf: false,
            gains: gains.iter().copied().collect(),
        },
        ..listener(Output::Opus(Codec::default()))
    }
}

/// What everyone gets after Ann and Bob have talked for a while, at levels of 20 and 30.
fn last_frame(people: &[(Number, Settings)]) -> Vec<Delivery> {
    let mut room = Room::new(4);
    for (number, settings) in people {
        room.set(*number, settings.clone());
    }
    let mut talkers = [Talker::new(ANN, 450.0), Talker::new(BOB, 650.0)];
    let mut last = Vec::new();
    for frame in 0..20 {
        for (talker, level) in talkers.iter_mut().zip([20, 30]) {
            let packet = talker.packet(frame, level);
            room.packet(at(frame), talker.number, &packet).unwrap();
        }
        last = room.tick(at(frame) + Duration::from_millis(10)).unwrap();
    }
    last
}

fn packet(deliveries: &[Delivery], to: Number) -> *const u8 {
    let delivery = deliveries.iter().find(|d| d.to == to).unwrap();
    match &delivery.sound {
        Sound::Opus(packet) => packet.as_ptr(),
        other => panic!("{other:?}"),
    }
}

fn contributors(deliveries: &[Delivery], to: Number) -> Vec<(Number, u8)> {
    let delivery = deliveries.iter().find(|d| d.to == to).unwrap();
    let level = |talker: &TalkerLevel| (talker.number, talker.loudness.below_overload());
    delivery.contributors.iter().map(level).collect()
}

#[test]
fn equal_wishes_share_one_packet() {
    let quiet_bob = wishes(&[(BOB, 0.5)]);
    let also_quiet_bob = wishes(&[(BOB, 0.5), (ANN, 1.0), (DAN, f32::NAN)]);
    let people = [
        (ANN, Settings::default()),
        (BOB, Settings::default()),
        (CID, quiet_bob),
        (DAN, also_quiet_bob),
        (Number(5), wishes(&[(BOB, 0.4)])),
        (Number(6), wishes(&[])),
        (Number(7), wishes(&[(Number(7), 0.1)])),
    ];
    let last = last_frame(&people);
    assert_eq!(packet(&last, CID), packet(&last, DAN));
    assert_ne!(packet(&last, CID), packet(&last, Number(5)));
    assert_ne!(packet(&last, CID), packet(&last, Number(6)));
    assert_eq!(
        packet(&last, Number(6)),
        packet(&last, Number(7)),
        "a wish about oneself"
    );
}

#[test]
fn a_talker_with_a_wish_hears_it_without_himself() {
    let raw = |gains: &[(Number, f32)]| Settings {
        output: Some(Output::Raw(Channels::Mono)),
        ..wishes(gains)
    };
    let people = [
        (ANN, raw(&[(BOB, 0.1)])),
        (BOB, raw(&[])),
        (CID, raw(&[(BOB, 0.1)])),
    ];
    let last = last_frame(&people);
    let [anns, bobs, cids] = [ANN, BOB, CID].map(|to| raw_of(&last, to));
    assert!((power(&anns, 650.0) - power(&cids, 650.0)).abs() < 1.0);
    assert!(
        power(&bobs, 450.0) > power(&anns, 450.0) + 20.0,
        "Ann hears herself"
    );
    assert!((power(&cids, 450.0) - power(&bobs, 450.0)).abs() < 1.0);
    assert!(
        (power(&cids, 650.0) + 32.0).abs() < 1.5,
        "{}",
        power(&cids, 650.0)
    );
}

#[test]
fn contributors_are_those_one_hears_with_their_levels() {
    let people = [
        (ANN, wishes(&[])),
        (BOB, Settings::default()),
        (CID, wishes(&[])),
        (DAN, wishes(&[(BOB, 0.0)])),
    ];
    let last = last_frame(&people);
    assert_eq!(contributors(&last, CID), [(ANN, 20), (BOB, 30)]);
    assert_eq!(contributors(&last, ANN), [(BOB, 30)]);
    assert_eq!(contributors(&last, DAN), [(ANN, 20)], "he has muted Bob");
}

/// A recording is a participant whom nobody hears.
#[test]
fn a_recording_hears_everyone_and_shares_their_encoding() {
    let recording = Settings {
        mute: true,
        ..wishes(&[])
    };
    let people = [
        (ANN, wishes(&[])),
        (BOB, wishes(&[])),
        (CID, wishes(&[])),
        (DAN, recording),
    ];
    let last = last_frame(&people);
    assert_eq!(contributors(&last, DAN), [(ANN, 20), (BOB, 30)]);
    assert_eq!(packet(&last, DAN), packet(&last, CID));
}

/// Levels as a browser sends them, one for each frame; how many frames it takes until it is told of, and until no more.
#[test]
fn talkers_are_told_with_hysteresis_and_not_when_muted() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    let mut ann = Talker::new(ANN, 440.0);
    let mut told = Vec::new();
    for frame in 0..100 {
        let level = if (10..20).contains(&frame) { 20 } else { 70 };
        room.packet(at(frame), ANN, &ann.packet(frame, level))
            .unwrap();
        room.tick(at(frame)).unwrap();
        told.push(!room.talkers().is_empty());
    }
    let begins = told.iter().position(|told| *told).unwrap();
    let length = told[begins..].iter().take_while(|told| **told).count();
    // Her packets are held for a frame; 80 ms of voice; and 500 ms after the rest of it.
    assert_eq!((begins, length), (14, 6 + 25));
    assert_eq!(told.iter().filter(|told| **told).count(), length, "once");
    for frame in 100..110 {
        room.packet(at(frame), ANN, &ann.packet(frame, 20)).unwrap();
        room.tick(at(frame)).unwrap();
    }
    assert_eq!(room.talkers().len(), 1);
    room.set(
        ANN,
        Settings {
            mute: true,
            ..Settings::default()
        },
    );
    assert!(room.talkers().is_empty(), "at once");
}
