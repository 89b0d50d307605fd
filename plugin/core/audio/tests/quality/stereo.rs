//! A listener of stereo who becomes a talker, and how far apart left and right stay.

use convene_audio::{
    Arrival, Channels, Codec, FRAME, Number, Output, RATE, Settings, Wide, WideFrame,
};
use opus::{Application, Bitrate, Decoder, Encoder};

use crate::{
    measure::{click, decibels, error},
    speech::{speech, tone},
    stage::{ANN, BOB, CID, Stage, at, listener, packets, packets_in},
};

/// Bob begins to talk in this frame.
const BEGINS: usize = 100;

fn stereo_listener() -> Settings {
    listener(Output::Opus(Codec {
        channels: Channels::Stereo,
        ..Codec::default()
    }))
}

/// One voice on the left, another on the right.
fn two_voices(seconds: f32) -> Vec<f32> {
    let [left, right] = [1, 4].map(|seed| speech(seed, seconds));
    left.into_iter()
        .zip(right)
        .flat_map(|(l, r)| [l, r])
        .collect()
}

/// A sound in stereo in packets of `bits` a second.
fn stereo_packets(number: Number, sound: &[f32], bits: i32) -> Vec<Arrival> {
    let mut encoder = Encoder::new(RATE, opus::Channels::Stereo, Application::Audio).unwrap();
    encoder.set_bitrate(Bitrate::Bits(bits)).unwrap();
    packets_in(Channels::Stereo, encoder, number, sound)
}

/// Ann's two voices to Bob and Cid; Bob may talk from [`BEGINS`] on.
fn talk(bob_talks: bool) -> Stage {
    let people = [
        (ANN, Settings::default()),
        (BOB, stereo_listener()),
        (CID, stereo_listener()),
    ];
    let mut stage = Stage::new(4, &people);
    let sound = two_voices(6.0);
    let bobs = packets(BOB, &speech(2, 6.0));
    for (frame, samples) in sound.chunks_exact(2 * FRAME).enumerate() {
        let wide = Wide::of(samples.to_vec(), Channels::Stereo);
        stage.room.samples(ANN, wide);
        if bob_talks && frame >= BEGINS {
            stage.room.packet(at(frame), BOB, &bobs[frame]).unwrap();
        }
        stage.pass(at(frame + 1));
    }
    stage
}

/// Left and right in turn of all that somebody hears who gets these packets.
fn decoded<'a>(packets: impl IntoIterator<Item = &'a [u8]>) -> Vec<f32> {
    let mut decoder = Decoder::new(RATE, opus::Channels::Stereo).unwrap();
    let mut heard = Vec::new();
    for packet in packets {
        let mut samples = [0.0; 2 * FRAME];
        decoder.decode_float(packet, &mut samples, false).unwrap();
        heard.extend(samples);
    }
    heard
}

fn heard(stage: &Stage, to: Number) -> Vec<f32> {
    decoded(stage.packets(to).into_iter().map(|(_, packet)| packet))
}

/// What he hears who talks is what he would hear if he did not, packet by packet.
#[test]
fn who_begins_to_talk_hears_no_seam_on_either_side() {
    let [talks, listens] = [true, false].map(talk);
    let same = |stage: &Stage, frame: usize| {
        let [bobs, cids] = [BOB, CID].map(|to| stage.packets(to)[frame].1);
        std::ptr::eq(bobs, cids)
    };
    assert!(same(&talks, BEGINS - 20) && !same(&talks, BEGINS + 20));
    assert!(same(&listens, BEGINS + 20));
    assert!(talks.packets(BOB).len() > 250);
    assert!(talks.packets(BOB) == listens.packets(BOB), "another packet");
    let is_stereo = |(_, packet): &(u64, &[u8])| packet[0] & 4 != 0;
    assert!(talks.packets(BOB)[20..].iter().all(is_stereo));
}

/// Ann's left voice alone, twice coded, at the bits that are the default of each channel.
#[test]
fn what_is_left_is_left_after_two_codecs() {
    let left: Vec<f32> = speech(1, 4.0).into_iter().flat_map(|l| [l, 0.0]).collect();
    let mut stage = Stage::new(4, &[(ANN, Settings::default()), (BOB, stereo_listener())]);
    for (frame, packet) in stereo_packets(ANN, &left, 64_000).into_iter().enumerate() {
        stage.room.packet(at(frame), ANN, &packet).unwrap();
        stage.pass(at(frame + 1));
    }
    let heard = heard(&stage, BOB);
    let channel =
        |channel: usize| -> Vec<f32> { heard.iter().skip(channel).step_by(2).copied().collect() };
    let [left, right] = [0, 1].map(|c| decibels(&channel(c)[48_000..]));
    println!("{left:.1} dB on the left, {right:.1} on the right");
    assert!(
        right < left - 20.0,
        "{right} dB on the right, {left} on the left"
    );
}

/// Voices on both sides, and then on neither: the side ends, and mono goes on where it was.
#[test]
fn a_side_comes_and_goes_without_a_click() {
    let mut stage = Stage::new(
        4,
        &[
            (ANN, Settings::default()),
            (BOB, listener(Output::Raw(Channels::Stereo))),
        ],
    );
    let sound = two_voices(4.0);
    for (frame, samples) in sound.chunks_exact(2 * FRAME).enumerate() {
        let wide = Wide::of(samples.to_vec(), Channels::Stereo);
        let is_wide = (50..100).contains(&frame);
        let wide = if is_wide { wide } else { Wide::mono(wide.mid) };
        stage.room.samples(ANN, wide);
        stage.pass(at(frame + 1));
    }
    let frames: Vec<WideFrame> = stage.frames(BOB);
    let mono: Vec<f32> = frames.iter().flat_map(|frame| frame.mid.to_vec()).collect();
    let said = Wide::of(sound, Channels::Stereo).mid;
    let late = crate::measure::lateness(&said[48_000..72_000], &mono[48_000..], 4_800);
    let apart = error(&said[3 * FRAME..150 * FRAME], &mono[3 * FRAME + late..]);
    assert!(apart < -80.0, "{apart} dB");
    let wide = frames.iter().filter(|frame| frame.side.is_some()).count();
    assert!((50..=52).contains(&wide), "{wide} frames with a side");
}

/// The first stereo in a conference that was mono brings another encoding to whoever takes it.
#[test]
fn the_first_stereo_begins_without_a_click() {
    let mut stage = Stage::new(4, &[(ANN, Settings::default()), (BOB, stereo_listener())]);
    let [mid, side] = [tone(440.0, 0.25, 4.0), tone(660.0, 0.1, 4.0)];
    for (frame, mid) in mid.chunks_exact(FRAME).enumerate() {
        let from = frame * FRAME;
        let rises = |i: usize| side[from + i] * ((from + i) as f32 / 96_000.0 - 1.0).min(1.0);
        let side = (frame >= BEGINS).then(|| (0..FRAME).map(rises).collect());
        let mid = mid.to_vec();
        stage.room.samples(ANN, Wide { mid, side });
        stage.pass(at(frame + 1));
    }
    let is_stereo = |(_, packet): &(u64, &[u8])| packet[0] & 4 != 0;
    let packets = stage.packets(BOB);
    let first = packets.iter().position(is_stereo).unwrap();
    assert!((BEGINS..BEGINS + 5).contains(&first), "{first}");
    assert!(packets[first..].iter().all(is_stereo));
    let mid = Wide::of(heard(&stage, BOB), Channels::Stereo).mid;
    let loudest = |sound: &[f32]| sound.chunks(240).map(click).fold(0.0, f32::max);
    let [before, change] = [20..first - 5, first - 5..first + 10]
        .map(|frames| loudest(&mid[frames.start * FRAME..frames.end * FRAME]));
    println!("{change} at the change, {before} before");
    assert!(
        change < 2.0 * before,
        "{change} at the change, {before} before"
    );
}
