//! What a listener is told of where he is in a talker's stream, beside what he hears: noise is like itself at one place
//! only, so it tells by itself where it was.

use std::time::Duration;

use convene_audio::{Arrival, FRAME, Mapping, Mode, Settings, Sound};
use opus::Application;

use crate::{
    speech::Chance,
    stage::{
        ANN, BOB, Stage, at, decoded, encoder, opus_listener, packets_by, packets_of, raw_listener,
    },
};

/// Timestamps wrap during the first second.
const FIRST: u32 = u32::MAX - 20_000;

/// How far what is told may be from what is heard: 1 ms.
const TOLERANCE: i64 = 48;

/// Over so many samples two places are compared, and so far around the one that was told.
const COMPARED: usize = 400;
const AROUND: i64 = 2_000;

/// Below about 4 kHz, so that a codec leaves its shape alone.
fn noise(seconds: usize) -> Vec<f32> {
    let mut chance = Chance::new(11);
    let mut smooth = [0.0_f32; 4];
    let sample = |_| {
        let mut sample = 3.0 * (chance.next() - 0.5);
        for pole in &mut smooth {
            *pole += 0.45 * (sample - *pole);
            sample = *pole;
        }
        sample
    };
    (0..seconds * 48_000).map(sample).collect()
}

/// The same with a period of 400 samples, of which some can be left out or said twice.
fn voiced(seconds: usize) -> Vec<f32> {
    let mut sound = noise(seconds);
    for n in 400..sound.len() {
        sound[n] = 0.5 * sound[n] + 0.85 * sound[n - 400];
    }
    sound
}

fn sent(sound: &[f32]) -> Vec<Arrival> {
    let mut packets = packets_of(64_000, ANN, sound);
    for packet in &mut packets {
        packet.timestamp = packet.timestamp.wrapping_add(FIRST);
    }
    packets
}

/// How unlike two stretches of sound are: 0 for the same, 1 for such that have nothing to do with each other.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    let energy = |x: &[f32]| x.iter().map(|s| s * s).sum::<f32>();
    let cross: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    1.0 - cross / (energy(a) * energy(b)).sqrt().max(1e-9)
}

/// By how many samples what is heard from `heard` on lies behind `told` in what was said; `None`: it is not to be found.
fn error(heard: &[f32], said: &[f32], told: i64) -> Option<i64> {
    let place = |lag: i64| {
        let from = usize::try_from(told + lag).ok()?;
        said.get(from..from + COMPARED)
    };
    let lags = (-AROUND..=AROUND).filter_map(|lag| Some((lag, distance(heard, place(lag)?))));
    let (lag, distance) = lags.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (distance < 0.4).then_some(lag)
}

/// The errors of what is told, for what is heard at the end of each frame: `sound` begins at this media time.
fn errors(sound: &[f32], begins: u64, mapped: &[Mapping], said: &[f32]) -> Vec<Option<i64>> {
    let frames = sound.chunks_exact(FRAME).enumerate();
    frames
        .filter_map(|(frame, heard)| {
            let from = begins + (frame * FRAME + FRAME - COMPARED) as u64;
            let known = mapped
                .iter()
                .rev()
                .find(|mapping| mapping.media_time <= from)?;
            let rtp = i64::from(known.rtp_time.wrapping_sub(FIRST) as i32);
            let told = rtp + (from - known.media_time) as i64;
            Some(error(&heard[FRAME - COMPARED..], said, told))
        })
        .collect()
}

/// Nearly everywhere the sound is found, and where it is told to be.
fn agree(errors: &[Option<i64>]) {
    let found: Vec<_> = errors.iter().flatten().collect();
    let right = found.iter().filter(|error| error.abs() <= TOLERANCE);
    let (all, found, right) = (errors.len(), found.len(), right.count());
    println!("{all} frames, {found} found, {right} right");
    assert!(found * 10 >= all * 9, "{found} of {all} found");
    assert!(
        right * 100 >= found * 98,
        "{right} of {found} right: {errors:?}"
    );
}

/// Ten seconds with jitter between ten without, some packets lost and a second away from everyone's ears.
fn coming(packets: Vec<Arrival>) -> Vec<(Duration, convene_audio::Number, Arrival)> {
    let mut chance = Chance::new(5);
    let arrivals = packets.into_iter().enumerate();
    arrivals
        .filter_map(|(frame, arrival)| {
            let jitter = match (500..1_000).contains(&frame) {
                true => 90.0 * chance.next(),
                false => 0.0,
            };
            let there = frame % 97 != 50 && !(1_200..1_260).contains(&frame);
            let time = at(frame) + Duration::from_secs_f32((3.0 + jitter) / 1e3);
            there.then_some((time, ANN, arrival))
        })
        .collect()
}

#[test]
fn what_is_told_of_a_mix_is_where_its_sound_is_from() {
    let said = noise(30);
    let mut stage = Stage::new(4, &[(ANN, Settings::default()), (BOB, raw_listener())]);
    stage.play(coming(sent(&said)));
    let begins = stage.delivered[0].1.media_time;
    agree(&errors(&stage.samples(BOB), begins, &stage.mapped, &said)[..1_450]);
    let offsets: Vec<_> = stage.mapped.iter().map(offset).collect();
    let moves = offsets.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(moves > 3, "nothing has moved: {offsets:?}");
}

#[test]
fn what_is_left_out_or_drawn_out_is_in_it() {
    for ppm in [-3_000.0, 3_000.0] {
        let said = voiced(20);
        let mut stage = Stage::new(4, &[(ANN, Settings::default()), (BOB, raw_listener())]);
        let sent = sent(&said).into_iter().enumerate();
        let time =
            |frame: usize| at(0) + Duration::from_secs_f64(frame as f64 * 0.02 * (1.0 + ppm / 1e6));
        stage.play(
            sent.map(|(frame, arrival)| (time(frame), ANN, arrival))
                .collect(),
        );
        let begins = stage.delivered[0].1.media_time;
        agree(&errors(
            &stage.samples(BOB)[..980 * FRAME],
            begins,
            &stage.mapped,
            &said,
        ));
        let counters = stage.counters(ANN);
        let moved = counters.left_out as i64 - counters.drawn_out as i64;
        assert!(moved as f64 * -ppm.signum() > 1_500.0, "{counters:?}");
    }
}

fn offset(mapping: &Mapping) -> u32 {
    mapping.rtp_time.wrapping_sub(mapping.media_time as u32)
}

#[test]
fn the_delay_of_the_encoder_is_in_it() {
    let said = noise(10);
    let mut stage = Stage::new(4, &[(ANN, Settings::default()), (BOB, opus_listener())]);
    stage.play(coming(sent(&said)));
    let begins = stage.packets(BOB)[0].0;
    agree(&errors(
        &stage.heard(BOB)[..480 * FRAME],
        begins,
        &stage.mapped,
        &said,
    ));
}

#[test]
fn what_is_told_of_a_slot_is_where_its_sound_is_from() {
    let said = noise(10);
    let relayed = Settings {
        mode: Mode::Relay,
        ..raw_listener()
    };
    let mut stage = Stage::new(4, &[(ANN, Settings::default()), (BOB, relayed)]);
    let packets = packets_by(encoder(Application::Audio), ANN, &said);
    let coming = packets.into_iter().enumerate().map(|(frame, arrival)| {
        let timestamp = arrival.timestamp.wrapping_add(FIRST);
        (
            at(frame),
            ANN,
            Arrival {
                timestamp,
                ..arrival
            },
        )
    });
    stage.play(coming.collect());
    let relayed: Vec<_> = stage
        .delivered
        .iter()
        .filter_map(|(_, delivery)| match &delivery.sound {
            Sound::Relayed {
                slot: 0, payload, ..
            } => Some((delivery.media_time, &payload[..])),
            _ => None,
        })
        .collect();
    let heard = decoded(relayed.iter().map(|(_, payload)| *payload));
    assert!(stage.mapped.iter().all(|mapping| mapping.slot == Some(0)));
    assert_eq!(stage.mapped.len(), 5, "one every two seconds");
    // A slot's timestamps are those of its packets, so they wrap where the talker's do.
    let begins = relayed[0].0;
    let mapped: Vec<_> = stage
        .mapped
        .iter()
        .map(|mapping| Mapping {
            media_time: begins + u64::from((mapping.media_time as u32).wrapping_sub(begins as u32)),
            ..*mapping
        })
        .collect();
    agree(&errors(&heard, begins, &mapped, &said));
}
