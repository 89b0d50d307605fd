use std::sync::Arc;

use opus::{Application, Decoder, Encoder};
use proptest::prelude::*;

use super::*;
use crate::{Codec, FRAME, Frame, RATE};

const ANN: Number = Number(1);
const BOB: Number = Number(2);
const CID: Number = Number(3);

fn at(frame: u32) -> Duration {
    Duration::from_secs(5) + FRAME_TIME * frame
}

fn listener(output: Output) -> Settings {
    Settings {
        output: Some(output),
        ..Settings::default()
    }
}

fn tone(hertz: f32, frame: u32) -> Frame {
    std::array::from_fn(|i| {
        let n = (frame as usize * FRAME + i) as f32;
        0.25 * (std::f32::consts::TAU * hertz * n / RATE as f32).sin()
    })
}

/// The power of one frequency in decibels against a full-scale sine.
fn power(samples: &[f32], hertz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, s) in samples.iter().enumerate() {
        let angle = std::f64::consts::TAU * hertz * i as f64 / f64::from(RATE);
        re += f64::from(*s) * angle.cos();
        im += f64::from(*s) * angle.sin();
    }
    20.0 * (2.0 * (re * re + im * im).sqrt() / samples.len() as f64)
        .max(1e-12)
        .log10()
}

struct Talker {
    number: Number,
    hertz: f32,
    encoder: Encoder,
}

impl Talker {
    fn new(number: Number, hertz: f32) -> Self {
        Self {
            number,
            hertz,
            encoder: Encoder::new(RATE, opus::Channels::Mono, Application::Audio).unwrap(),
        }
    }

    fn packet(&mut self, frame: u32, loudness: u8) -> Arrival {
        Arrival {
            ssrc: self.number.0,
            sequence: frame as u16,
            timestamp: frame * FRAME as u32,
            loudness: Some(Loudness::from_header(loudness)),
            payload: self
                .encoder
                .encode_vec_float(&tone(self.hertz, frame), 1_500)
                .unwrap(),
        }
    }
}

fn raw_of(deliveries: &[Delivery], to: Number) -> Vec<f32> {
    deliveries
        .iter()
        .filter(|d| d.to == to)
        .flat_map(|d| match &d.sound {
            Sound::Raw(frame) => frame.mid.to_vec(),
            Sound::Silence => vec![0.0; FRAME],
            other => panic!("not samples: {other:?}"),
        })
        .collect()
}

#[test]
fn everyone_hears_the_others_and_not_himself() {
    let mut room = Room::new(4);
    let tones = [(ANN, 440.0), (BOB, 660.0), (CID, 880.0)];
    for (number, _) in tones {
        room.set(number, listener(Output::Raw(Channels::Mono)));
    }
    let mut all = Vec::new();
    for frame in 0..60 {
        for (number, hertz) in tones {
            room.samples(number, &tone(hertz, frame));
        }
        all.extend(room.tick(at(frame)).unwrap());
    }
    for (number, own) in tones {
        let heard = raw_of(&all, number);
        let steady = &heard[heard.len() - RATE as usize / 2..];
        for (_, hertz) in tones {
            let db = power(steady, f64::from(hertz));
            if hertz == own {
                assert!(db < -100.0, "{number:?} hears himself at {db} dB");
            } else {
                assert!(
                    (db + 12.04).abs() < 0.2,
                    "{number:?} hears {hertz} Hz at {db} dB"
                );
            }
        }
    }
}

#[test]
fn listeners_of_the_same_mix_share_one_packet() {
    let mut room = Room::new(4);
    let codec = Output::Opus(Codec::default());
    for number in [ANN, BOB, CID, Number(4)] {
        room.set(number, listener(codec));
    }
    let mut talker = Talker::new(ANN, 440.0);
    let mut last = Vec::new();
    for frame in 0..10 {
        room.packet(at(frame), ANN, &talker.packet(frame, 20))
            .unwrap();
        last = room.tick(at(frame) + Duration::from_millis(10)).unwrap();
    }
    let shared: Vec<_> = last
        .iter()
        .filter(|d| d.to != ANN)
        .map(|d| match &d.sound {
            Sound::Opus(packet) => Arc::as_ptr(packet).cast::<u8>(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(shared.len(), 3);
    assert!(
        shared.iter().all(|p| *p == shared[0]),
        "each got an encoding of his own"
    );
    let bobs = last.iter().find(|d| d.to == BOB).unwrap();
    assert_eq!(
        bobs.contributors
            .iter()
            .map(|t| t.number)
            .collect::<Vec<_>>(),
        [ANN]
    );
}

#[test]
fn a_talker_hears_silence_while_he_alone_talks() {
    let mut room = Room::new(4);
    room.set(ANN, listener(Output::Raw(Channels::Mono)));
    for frame in 0..20 {
        room.samples(ANN, &tone(440.0, frame));
        let out = room.tick(at(frame)).unwrap();
        assert!(raw_of(&out, ANN).iter().all(|s| *s == 0.0));
    }
    assert_eq!(room.talkers().len(), 1);
}

#[test]
fn silent_conferences_do_no_work() {
    let mut room = Room::new(4);
    assert_eq!(room.deadline(at(0)), None);
    room.set(ANN, listener(Output::Opus(Codec::default())));
    room.set(BOB, listener(Output::Opus(Codec::default())));
    assert_eq!(room.deadline(at(0)), None, "nobody has said anything");
    let mut talker = Talker::new(ANN, 440.0);
    for frame in 0..20 {
        room.packet(at(frame), ANN, &talker.packet(frame, 20))
            .unwrap();
        room.deadline(at(frame)).expect("a talker is work");
        room.tick(at(frame)).unwrap();
    }
    let frames = (20..)
        .take_while(|f| room.deadline(at(*f)).is_some() && room.tick(at(*f)).is_ok())
        .take(500)
        .count();
    assert!(
        frames < 150,
        "still working after {frames} frames of silence"
    );
}

#[test]
fn the_muted_and_the_unheard_are_not_in_the_mix() {
    let mut room = Room::new(1);
    room.set(
        ANN,
        Settings {
            mute: true,
            ..Settings::default()
        },
    );
    room.set(BOB, Settings::default());
    room.set(CID, listener(Output::Raw(Channels::Mono)));
    let mut all = Vec::new();
    for frame in 0..50 {
        room.samples(ANN, &tone(440.0, frame));
        room.samples(BOB, &tone(660.0, frame));
        all.extend(room.tick(at(frame)).unwrap());
    }
    let heard = &raw_of(&all, CID)[24_000..];
    assert!(power(heard, 660.0) > -15.0);
    assert!(power(heard, 440.0) < -60.0, "{}", power(heard, 440.0));
    assert_eq!(room.talkers().len(), 1);
}

#[test]
fn gains_and_deafness_are_the_listeners_own() {
    let mut room = Room::new(4);
    let gains = BTreeMap::from([(ANN, 0.1)]);
    room.set(ANN, Settings::default());
    room.set(
        BOB,
        Settings {
            hearing: Hearing { deaf: false, gains },
            ..listener(Output::Raw(Channels::Mono))
        },
    );
    room.set(
        CID,
        Settings {
            hearing: Hearing {
                deaf: true,
                ..Hearing::default()
            },
            ..listener(Output::Raw(Channels::Mono))
        },
    );
    let mut last = Vec::new();
    for frame in 0..20 {
        room.samples(ANN, &tone(440.0, frame));
        last = room.tick(at(frame)).unwrap();
    }
    assert!((Loudness::of(&raw_of(&last, BOB)).dbov() + 35).abs() <= 1);
    assert!(raw_of(&last, CID).iter().all(|s| *s == 0.0));
}

#[test]
fn relayed_packets_are_the_talkers_own_in_slots_that_only_rise() {
    let mut room = Room::new(2);
    for number in [ANN, BOB, CID] {
        room.set(
            number,
            Settings {
                mode: Mode::Relay,
                ..Settings::default()
            },
        );
    }
    let mut talkers = [Talker::new(ANN, 440.0), Talker::new(BOB, 660.0)];
    let mut last: BTreeMap<usize, u16> = BTreeMap::new();
    let mut passed = 0;
    for frame in 0..50 {
        let mut sent = Vec::new();
        for talker in &mut talkers {
            let packet = talker.packet(frame, 20);
            room.packet(at(frame), talker.number, &packet).unwrap();
            sent.push(packet.payload);
        }
        for delivery in room
            .tick(at(frame) + Duration::from_millis(3))
            .unwrap()
            .iter()
            .filter(|d| d.to == CID)
        {
            let Sound::Relayed {
                slot,
                sequence,
                payload,
            } = &delivery.sound
            else {
                panic!("{delivery:?}")
            };
            if let Some(before) = last.insert(*slot, *sequence) {
                assert_eq!(*sequence, before.wrapping_add(1));
            }
            passed += usize::from(sent.iter().any(|s| s[..] == payload[..]));
        }
    }
    assert_eq!(last.len(), 2, "a slot each");
    assert!(passed >= 90, "{passed} of 100 packets passed");
}

#[test]
fn between_two_talkers_as_much_time_passes_in_the_slot_as_outside() {
    let mut room = Room::new(1);
    for number in [ANN, BOB, CID] {
        room.set(
            number,
            Settings {
                mode: Mode::Relay,
                ..Settings::default()
            },
        );
    }
    let mut times = Vec::new();
    for (mut talker, frames) in [
        (Talker::new(ANN, 440.0), 0..20),
        (Talker::new(BOB, 660.0), 100..120),
    ] {
        for frame in frames {
            room.packet(at(frame), talker.number, &talker.packet(frame, 20))
                .unwrap();
            let deliveries = room.tick(at(frame)).unwrap();
            times.extend(
                deliveries
                    .iter()
                    .filter(|d| d.to == CID)
                    .map(|d| (frame, d.media_time)),
            );
        }
        for frame in 20..100 {
            room.tick(at(frame)).unwrap();
        }
    }
    let (first, last) = (times[0], times[times.len() - 1]);
    let passed = (last.1 - first.1) / FRAME as u64;
    assert!(
        passed.abs_diff(u64::from(last.0 - first.0)) <= 2,
        "{passed} frames in the slot"
    );
}

#[test]
fn opus_listeners_hear_what_was_said() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    room.set(BOB, listener(Output::Opus(Codec::default())));
    let mut decoder = Decoder::new(RATE, opus::Channels::Mono).unwrap();
    let mut heard = Vec::new();
    for frame in 0..60 {
        room.samples(ANN, &tone(440.0, frame));
        for delivery in room.tick(at(frame)).unwrap() {
            let Sound::Opus(packet) = delivery.sound else {
                panic!("not a packet")
            };
            let mut pcm = [0.0; FRAME];
            decoder.decode_float(&packet, &mut pcm, false).unwrap();
            heard.extend(pcm);
        }
    }
    assert!(power(&heard[heard.len() - 24_000..], 440.0) > -15.0);
}

#[test]
fn a_late_worker_leaves_frames_out_and_says_so() {
    let mut room = Room::new(4);
    room.set(ANN, listener(Output::Raw(Channels::Mono)));
    room.deadline(at(0));
    let first = room.tick(at(0)).unwrap()[0].media_time;
    let second = room.tick(at(51)).unwrap()[0].media_time;
    assert_eq!(second - first, 51 * FRAME as u64);
    assert_eq!(room.media_time(), second);
    assert_eq!(room.totals().skipped, 50);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn nothing_anyone_does_breaks_the_room(steps in proptest::collection::vec((0_u8..8, 1_u32..5, any::<u8>()), 1..120)) {
        let mut room = Room::new(2);
        let mut talker = Talker::new(ANN, 500.0);
        for (frame, (step, number, value)) in steps.into_iter().enumerate() {
            let (frame, number) = (frame as u32, Number(number));
            let output = [None, Some(Output::Raw(Channels::Mono)), Some(Output::Opus(Codec { fec: value % 2 == 0, ..Codec::default() }))][usize::from(value % 3)];
            let mode = if value % 5 == 0 { Mode::Relay } else { Mode::Mix };
            match step {
                0 => room.set(number, Settings { output, mode, mute: value > 200, ..Settings::default() }),
                1 => room.leave(number),
                2 | 3 => room.packet(at(frame), number, &talker.packet(frame, value)).unwrap(),
                4 => room.samples(number, &tone(440.0, frame)),
                5 => room.flush(number),
                6 => room.end(number),
                _ => room.set_max_talkers(usize::from(value % 4)),
            }
            let members: Vec<_> = room.members.keys().copied().collect();
            for delivery in room.tick(at(frame)).unwrap() {
                prop_assert!(members.contains(&delivery.to));
                prop_assert!(delivery.contributors.iter().all(|t| t.number != delivery.to));
            }
        }
    }
}

mod counting;
mod gated;
mod hearing;
mod mapping;
mod modes;
mod packing;
mod stereo;
