//! Loud talkers, all at once.

use convene_audio::{FRAME, Number, Settings};

use crate::{
    measure::{decibels, distortion, loudest},
    speech::{speech, tone},
    stage::{BOB, Stage, at, opus_listener, raw_listener},
};

/// Everyone's sound at once into a room of ten seats.
fn all_at_once(sounds: &[Vec<f32>], ear: Settings) -> Stage {
    let mut stage = Stage::new(10, &[(BOB, ear)]);
    let numbers: Vec<_> = (10..).map(Number).take(sounds.len()).collect();
    for number in &numbers {
        stage.room.set(*number, Settings::default());
    }
    for frame in 0..sounds[0].len() / FRAME {
        for (number, sound) in numbers.iter().zip(sounds) {
            stage
                .room
                .samples(*number, &sound[frame * FRAME..][..FRAME]);
        }
        stage.pass(at(frame + 1));
    }
    stage
}

#[test]
fn ten_loud_voices_do_not_clip() {
    let voices: Vec<_> = (0..10)
        .map(|seed| {
            speech(seed, 4.0)
                .iter()
                .map(|s| s * 1.8)
                .collect::<Vec<f32>>()
        })
        .collect();
    let plain = all_at_once(&voices, raw_listener()).samples(BOB);
    assert!(loudest(&plain) <= 0.95, "{}", loudest(&plain));
    assert!(decibels(&plain) > -15.0, "{} dB", decibels(&plain));
    let decoded = all_at_once(&voices, opus_listener()).heard(BOB);
    let over = decoded.iter().filter(|s| s.abs() > 1.0).count();
    assert!(
        over * 10_000 < decoded.len(),
        "{over} of {} samples",
        decoded.len()
    );
}

#[test]
fn tones_of_3_db_below_full_scale_stay_tones() {
    for (talkers, hertz) in [
        (1, 440.0),
        (10, 100.0),
        (2, 110.0),
        (10, 440.0),
        (10, 1_000.0),
    ] {
        let tones = vec![tone(hertz, 0.708, 2.0); talkers];
        let heard = all_at_once(&tones, raw_listener()).samples(BOB);
        let settled = &heard[heard.len() - 48_000..];
        let (distortion, loudest) = (distortion(settled, hertz), loudest(settled));
        println!("{talkers} times {hertz} Hz: distortion {distortion:.5}, loudest {loudest}");
        assert!(
            (0.7..0.95).contains(&loudest),
            "{talkers} times {hertz} Hz: {loudest}"
        );
        assert!(
            distortion < 0.001,
            "{talkers} times {hertz} Hz: {distortion}"
        );
    }
}
