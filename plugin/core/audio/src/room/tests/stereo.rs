//! Left and right: who takes both, who takes one, and what that costs.

use super::*;

const DAN: Number = Number(4);

fn stereo(left: &[f32], right: &[f32]) -> Wide<Vec<f32>> {
    let pairs = left.iter().zip(right);
    Wide::of(
        pairs.flat_map(|(left, right)| [*left, *right]).collect(),
        Channels::Stereo,
    )
}

/// A tone on the left, and nothing on the right.
fn left(hertz: f32, frame: u32) -> Wide<Vec<f32>> {
    stereo(&tone(hertz, frame), &[0.0; FRAME])
}

fn raw(channels: Channels) -> Settings {
    listener(Output::Raw(channels))
}

fn opus(channels: Channels) -> Settings {
    listener(Output::Opus(Codec {
        channels,
        ..Codec::default()
    }))
}

/// The left and the right samples that `to` got.
fn both_of(deliveries: &[Delivery], to: Number) -> [Vec<f32>; 2] {
    let sounds = deliveries.iter().filter(|d| d.to == to);
    let interleaved: Vec<f32> = sounds
        .flat_map(|d| match &d.sound {
            Sound::Raw(frame) => frame.interleaved(Channels::Stereo).into_owned(),
            Sound::Silence => vec![0.0; 2 * FRAME],
            other => panic!("not samples: {other:?}"),
        })
        .collect();
    apart(&interleaved)
}

fn apart(interleaved: &[f32]) -> [Vec<f32>; 2] {
    [0, 1].map(|channel| {
        let samples = interleaved.iter().skip(channel).step_by(2);
        samples.copied().collect()
    })
}

/// What comes of frames in which Ann says what `says` says.
fn said(room: &mut Room, frames: u32, says: impl Fn(u32) -> Wide<Vec<f32>>) -> Vec<Delivery> {
    let frame = |frame| {
        room.samples(ANN, says(frame));
        room.tick(at(frame)).unwrap()
    };
    (0..frames).flat_map(frame).collect()
}

#[test]
fn what_is_left_stays_left_and_mono_hears_half_of_both() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    room.set(BOB, raw(Channels::Stereo));
    room.set(CID, raw(Channels::Mono));
    let all = said(&mut room, 60, |frame| left(440.0, frame));
    let [left, right] = both_of(&all, BOB).map(|channel| power(&channel[24_000..], 440.0));
    assert!((left + 12.04).abs() < 0.2, "{left} dB");
    assert!(right < left - 100.0, "{right} dB on the right");
    let half = power(&raw_of(&all, CID)[24_000..], 440.0);
    assert!((half + 18.06).abs() < 0.2, "{half} dB");
}

#[test]
fn who_is_mono_stands_in_the_middle() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    room.set(BOB, raw(Channels::Stereo));
    let all = said(&mut room, 30, |frame| (&tone(440.0, frame)).into());
    let [left, right] = both_of(&all, BOB);
    assert!(power(&left[24_000..], 440.0) > -13.0);
    assert_eq!(left, right);
}

/// What Ann hears while she and Bob talk is, bit for bit, what Cid hears while Bob alone talks.
#[test]
fn one_s_own_voice_is_gone_from_both_sides_exactly() {
    let heard = |who: Number, ann_talks: bool| {
        let mut room = Room::new(4);
        room.set(ANN, raw(Channels::Stereo));
        room.set(BOB, Settings::default());
        room.set(CID, raw(Channels::Stereo));
        let mut all = Vec::new();
        for frame in 0..40 {
            let bobs = [tone(650.0, frame), tone(330.0, frame)].map(|t| t.map(|s| s * 0.7));
            room.samples(BOB, stereo(&bobs[0], &bobs[1]));
            if ann_talks {
                let anns = [tone(450.0, frame), tone(1_000.0, frame)].map(|t| t.map(|s| s * 0.9));
                room.samples(ANN, stereo(&anns[0], &anns[1]));
            }
            all.extend(room.tick(at(frame)).unwrap());
        }
        both_of(&all, who)
    };
    let [anns, cids] = [heard(ANN, true), heard(CID, false)];
    assert!(power(&anns[1][24_000..], 330.0) > -20.0);
    assert!(power(&anns[1][24_000..], 650.0) < -60.0);
    assert!(anns == cids, "something of her own is left");
}

/// Distinct packets of the last frame, and the encoders behind them.
fn shared(people: &[(Number, Settings)]) -> (Vec<*const u8>, usize) {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    for (number, settings) in people {
        room.set(*number, settings.clone());
    }
    let all = said(&mut room, 20, |frame| left(440.0, frame));
    let last = &all[all.len() - people.len()..];
    let packets = last.iter().filter_map(|delivery| match &delivery.sound {
        Sound::Opus(packet) => Some(packet.as_ptr()),
        _ => None,
    });
    let mut packets: Vec<_> = packets.collect();
    packets.sort();
    packets.dedup();
    (packets, room.mixes.values().map(Mix::encoders).sum())
}

#[test]
fn one_encoding_for_all_who_take_mono_and_one_for_all_who_take_stereo() {
    let (mono, both) = (opus(Channels::Mono), opus(Channels::Stereo));
    let five = Number(5);
    let all_mono = [
        (BOB, mono.clone()),
        (CID, mono.clone()),
        (DAN, mono.clone()),
    ];
    let all_stereo = [(BOB, both.clone()), (CID, both.clone())];
    let mixed = [
        (BOB, mono.clone()),
        (CID, both.clone()),
        (DAN, mono),
        (five, both),
    ];
    for (people, expected) in [(&all_mono[..], 1), (&all_stereo, 1), (&mixed, 2)] {
        let (packets, encoders) = shared(people);
        assert_eq!((packets.len(), encoders), (expected, expected));
    }
}

/// Many browsers take stereo whether there is any or not.
#[test]
fn while_there_is_no_stereo_all_share_one_encoding() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    room.set(BOB, opus(Channels::Mono));
    room.set(CID, opus(Channels::Stereo));
    let mut encodings = Vec::new();
    for frame in 0..40 {
        let both = frame >= 20;
        let mono = (&tone(440.0, frame)).into();
        room.samples(ANN, if both { left(440.0, frame) } else { mono });
        room.tick(at(frame)).unwrap();
        encodings.push(room.mixes.values().map(Mix::encoders).sum::<usize>());
    }
    assert_eq!((encodings[19], encodings[39]), (1, 2));
    assert!(encodings.iter().all(|encodings| *encodings <= 2));
}

#[test]
fn a_side_is_worked_out_only_while_somebody_takes_it() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    room.set(BOB, raw(Channels::Mono));
    let sides = |deliveries: &[Delivery]| {
        let sounds = deliveries.iter().map(|d| &d.sound);
        let sides = sounds.filter(|s| matches!(s, Sound::Raw(frame) if frame.side.is_some()));
        sides.count()
    };
    let mono = said(&mut room, 20, |frame| left(440.0, frame));
    assert_eq!(sides(&mono), 0);
    room.set(CID, raw(Channels::Stereo));
    let gains = BTreeMap::from([(Number(9), 0.5)]);
    let hearing = Hearing { deaf: false, gains };
    room.set(
        DAN,
        Settings {
            hearing,
            ..raw(Channels::Mono)
        },
    );
    room.samples(ANN, left(440.0, 20));
    let all = room.tick(at(20)).unwrap();
    assert!(sides(&all) > 0);
    let another_mix: Vec<_> = all.into_iter().filter(|d| d.to == DAN).collect();
    assert_eq!((another_mix.len(), sides(&another_mix)), (1, 0));
}

/// A talker of stereo Opus, 440 Hz on the left only.
fn left_packets(frames: u32) -> Vec<Arrival> {
    let mut encoder = Encoder::new(RATE, opus::Channels::Stereo, Application::Audio).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(96_000)).unwrap();
    let packet = |frame: u32| Arrival {
        ssrc: 1,
        sequence: frame as u16,
        timestamp: frame * FRAME as u32,
        loudness: Some(Loudness::from_header(20)),
        payload: encoder
            .encode_vec_float(&left(440.0, frame).interleaved(Channels::Stereo), 1_500)
            .unwrap(),
    };
    (0..frames).map(packet).collect()
}

#[test]
fn stereo_opus_goes_through_as_stereo_and_as_mono() {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    room.set(BOB, opus(Channels::Stereo));
    room.set(CID, opus(Channels::Mono));
    room.set(DAN, raw(Channels::Stereo));
    let mut all = Vec::new();
    for (frame, packet) in (0..).zip(left_packets(100)) {
        room.packet(at(frame), ANN, &packet).unwrap();
        all.extend(room.tick(at(frame) + Duration::from_millis(10)).unwrap());
    }
    let heard = |to: Number, channels: Channels| {
        let opus = match channels {
            Channels::Mono => opus::Channels::Mono,
            Channels::Stereo => opus::Channels::Stereo,
        };
        let mut decoder = Decoder::new(RATE, opus).unwrap();
        let mut heard = Vec::new();
        for delivery in all.iter().filter(|d| d.to == to) {
            let Sound::Opus(packet) = &delivery.sound else {
                panic!("{delivery:?}")
            };
            let mut samples = vec![0.0; FRAME * channels.count()];
            decoder.decode_float(packet, &mut samples, false).unwrap();
            heard.extend(samples);
        }
        heard
    };
    let bobs = apart(&heard(BOB, Channels::Stereo));
    for (name, [left, right]) in [("Opus", bobs), ("raw", both_of(&all, DAN))] {
        let [left, right] = [left, right].map(|channel| power(&channel[48_000..], 440.0));
        println!("{name}: {left:.1} dB on the left, {right:.1} on the right");
        assert!((left + 12.04).abs() < 1.0, "{name}: {left} dB");
        assert!(right < left - 25.0, "{name}: {right} dB on the right");
    }
    let half = power(&heard(CID, Channels::Mono)[48_000..], 440.0);
    assert!((half + 18.06).abs() < 1.0, "{half} dB");
}
