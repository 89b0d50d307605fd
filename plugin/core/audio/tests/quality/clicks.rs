//! Who takes the floor and who loses it.

use std::time::Duration;

use convene_audio::{Arrival, FRAME, Loudness, Number, Settings};

use crate::{
    measure::{click, decibels, lateness},
    speech::{speech, tone},
    stage::{ANN, BOB, CID, Stage, evenly, packets, packets_of, raw_listener},
};

/// Windows of 5 ms.
const WINDOW: usize = 240;

/// What may be lost of a beginning.
const LOST: Duration = Duration::from_millis(40);

/// Cid's room before he speaks, and his first syllable, which begins at once.
fn first_words(begin: usize) -> Vec<f32> {
    let mut sound: Vec<f32> = speech(5, 6.0).iter().map(|s| s * 0.004).collect();
    let loud = speech(11, 6.0);
    let onset = loud.iter().position(|s| s.abs() > 0.05).unwrap();
    sound.truncate(begin * FRAME);
    sound.extend(&loud[onset..onset + 100 * FRAME]);
    sound
}

/// How much of the first half second of what Cid says from `begin` on is not heard.
fn lost(stage: &Stage, said: &[f32], begin: usize) -> Duration {
    let heard = stage.samples(BOB);
    let said = &said[begin * FRAME..];
    let late = lateness(
        &said[24_000..72_000],
        &heard[begin * FRAME + 24_000..],
        9_600,
    );
    let heard = &heard[begin * FRAME + late..];
    let windows = said
        .chunks_exact(WINDOW)
        .zip(heard.chunks_exact(WINDOW))
        .take(100);
    let lost = windows
        .map(|(said, heard)| (decibels(said), decibels(heard)))
        .filter(|(said, heard)| *said > -40.0 && heard + 6.0 < *said)
        .count();
    Duration::from_millis(5) * lost as u32
}

#[test]
fn the_first_syllable_of_a_new_talker_is_heard() {
    let begin = 150;
    let said = first_words(begin);
    for (levels, others, max_talkers) in [(true, 0, 3), (false, 0, 3), (true, 2, 2), (false, 2, 2)]
    {
        let people = [(CID, Settings::default()), (BOB, raw_listener())];
        let mut stage = Stage::new(max_talkers, &people);
        let mut coming = evenly(packets(CID, &said), CID);
        coming
            .iter_mut()
            .for_each(|(.., packet)| packet.loudness = packet.loudness.filter(|_| levels));
        // The seats are taken by people who pause when he begins.
        for other in 0..others {
            let number = Number(20 + other);
            stage.room.set(number, Settings::default());
            let mut spoken = tone(200.0, 0.1, 3.0);
            spoken[(begin - 1) * FRAME..].fill(0.0);
            coming.extend(evenly(packets(number, &spoken), number));
        }
        stage.play(coming);
        let lost = lost(&stage, &said, begin);
        println!("levels {levels}, {others} others: {lost:?}");
        assert!(
            lost <= LOST,
            "{lost:?} with {others} others, levels {levels}"
        );
    }
}

/// Ann's packets and Cid's, each with a loudness that lets both take the floor from one another.
fn turns(bits: u32, frames: usize) -> Vec<(Duration, Number, Arrival)> {
    let mut coming = Vec::new();
    for (number, hertz, turn) in [(ANN, 440.0, 0), (CID, 660.0, 1)] {
        let sound = tone(hertz, 0.25, frames as f64 / 50.0);
        let mut sent = evenly(packets_of(bits, number, &sound), number);
        for (frame, (.., packet)) in sent.iter_mut().enumerate() {
            let loud = frame / 40 % 2 == turn;
            packet.loudness = Some(Loudness::from_header(if loud { 20 } else { 40 }));
        }
        coming.extend(sent);
    }
    coming
}

/// What talkers send a second, from thrifty to generous.
const BITS: [u32; 4] = [32_000, 48_000, 64_000, 96_000];

fn has_no_clicks(bits: u32, stage: &Stage) {
    let steady = click(&tone(660.0, 0.25, 1.0));
    let heard = stage.samples(BOB);
    let loudest = heard[10 * FRAME..]
        .chunks(WINDOW)
        .map(click)
        .fold(0.0, f32::max);
    println!("{bits} bit/s: {loudest} against {steady}");
    assert!(
        loudest < 0.02,
        "{bits} bit/s: {loudest}, and {steady} without a change"
    );
}

#[test]
fn the_floor_changes_without_clicks() {
    for bits in BITS {
        let people = [
            (ANN, Settings::default()),
            (CID, Settings::default()),
            (BOB, raw_listener()),
        ];
        let mut stage = Stage::new(1, &people);
        stage.play(turns(bits, 400));
        let mut talkers: Vec<_> = stage
            .delivered
            .iter()
            .filter_map(|(_, d)| d.contributors.first())
            .map(|talker| talker.number)
            .collect();
        talkers.dedup();
        assert!(talkers.len() >= 8, "{} turns", talkers.len());
        has_no_clicks(bits, &stage);
    }
}

#[test]
fn a_voice_that_breaks_off_and_comes_back_does_not_click() {
    for bits in BITS {
        let people = [(ANN, Settings::default()), (BOB, raw_listener())];
        let mut stage = Stage::new(1, &people);
        let sent = packets_of(bits, ANN, &tone(440.0, 0.25, 4.0));
        let mut coming = evenly(sent, ANN);
        coming.drain(90..110);
        stage.play(coming);
        has_no_clicks(bits, &stage);
    }
}
