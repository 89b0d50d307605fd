//! Who is told where he is in whose stream, and when.

use super::*;
use crate::{LOOKAHEAD, limiter::Limiter};

/// In which frames `to` is told of which talkers while Ann and Bob talk; `change` is done before each frame.
fn told(
    to: Number,
    frames: u32,
    mut change: impl FnMut(&mut Room, u32),
) -> Vec<(u32, Vec<Mapping>)> {
    let mut room = Room::new(4);
    for number in [ANN, BOB] {
        room.set(number, listener(Output::Raw(Channels::Mono)));
    }
    let mut talkers = [Talker::new(ANN, 440.0), Talker::new(BOB, 660.0)];
    let mut told = Vec::new();
    for frame in 0..frames {
        change(&mut room, frame);
        for talker in &mut talkers {
            let packet = talker.packet(frame, 20);
            room.packet(at(frame), talker.number, &packet).unwrap();
        }
        room.tick(at(frame) + Duration::from_millis(7)).unwrap();
        let mappings = room.take_mappings().into_iter();
        let his: Vec<_> = mappings.filter(|mapping| mapping.to == to).collect();
        if !his.is_empty() {
            told.push((frame, his));
        }
    }
    told
}

fn of_whom(told: &[(u32, Vec<Mapping>)]) -> Vec<(u32, Vec<Number>)> {
    let talkers = |mappings: &[Mapping]| mappings.iter().map(|mapping| mapping.talker).collect();
    told.iter()
        .map(|(frame, mappings)| (*frame, talkers(mappings)))
        .collect()
}

#[test]
fn everyone_is_told_of_the_others_at_once_and_every_two_seconds() {
    let told = told(ANN, 210, |_, _| {});
    let expected = [0, 100, 200].map(|frame| (frame, vec![BOB]));
    assert_eq!(of_whom(&told), expected);
    for (_, mappings) in told {
        let mapping = mappings[0];
        assert_eq!((mapping.slot, mapping.ssrc), (None, BOB.0));
        // Bob's frame of now, through his encoder and the limiter.
        let late = mapping.media_time as u32 - Limiter::DELAY as u32;
        assert_eq!(mapping.rtp_time, late.wrapping_sub(LOOKAHEAD.into()));
    }
}

#[test]
fn what_is_heard_is_told_whoever_comes_or_changes() {
    let silenced = |gain: f32| Settings {
        hearing: Hearing {
            gains: [(ANN, gain)].into(),
            ..Hearing::default()
        },
        ..listener(Output::Raw(Channels::Mono))
    };
    let told = told(CID, 130, |room, frame| match frame {
        10 => room.set(CID, silenced(0.0)),
        20 => room.set(CID, silenced(0.5)),
        50 => room.set(
            CID,
            Settings {
                mode: Mode::Relay,
                ..silenced(0.5)
            },
        ),
        60 => room.leave(BOB),
        _ => {}
    });
    let expected = [(10, vec![BOB]), (20, vec![ANN, BOB]), (50, vec![ANN, BOB])];
    assert_eq!(of_whom(&told), expected);
    let slots: Vec<_> = told[2].1.iter().map(|mapping| mapping.slot).collect();
    assert_eq!(slots, [Some(0), Some(1)]);
}

/// Bob's packets come in bunches: his queue grows and shrinks all the time.
#[test]
fn who_moves_all_the_time_is_told_of_some_times_a_second() {
    let mut room = Room::new(4);
    for number in [ANN, BOB] {
        room.set(number, listener(Output::Raw(Channels::Mono)));
    }
    let mut bob = Talker::new(BOB, 660.0);
    let (mut coming, mut told) = (Vec::new(), Vec::new());
    for frame in 0..500_u32 {
        coming.push(bob.packet(frame, 20));
        if frame % (2 + frame / 7 % 9) == 0 {
            for packet in coming.drain(..) {
                room.packet(at(frame), BOB, &packet).unwrap();
            }
        }
        room.tick(at(frame) + Duration::from_millis(7)).unwrap();
        told.extend(room.take_mappings().iter().map(|_| frame));
    }
    let often = |frames: &[u32]| frames[8] - frames[0] < 48;
    assert!(told.len() > 10 && told.len() <= 4 + 500 / 12, "{told:?}");
    assert!(!told.windows(9).any(often), "{told:?}");
}

#[test]
fn another_stream_is_told_and_silence_is_not() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    room.set(BOB, listener(Output::Raw(Channels::Mono)));
    let mut ann = Talker::new(ANN, 440.0);
    let mut told = Vec::new();
    for frame in 0..400 {
        let mut packet = ann.packet(frame, 20);
        packet.ssrc += frame / 30;
        if frame < 60 {
            room.packet(at(frame), ANN, &packet).unwrap();
        }
        room.tick(at(frame) + Duration::from_millis(7)).unwrap();
        let mappings = room.take_mappings().into_iter();
        told.extend(mappings.map(|mapping| (frame, mapping.ssrc)));
    }
    let (first, last) = (told[0], *told.last().unwrap());
    assert_eq!(first, (0, 1));
    assert!(told.contains(&(30, 2)), "{told:?}");
    assert!(
        last.0 < 250,
        "whoever has lost the floor is told of no more: {told:?}"
    );
}
