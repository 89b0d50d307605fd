//! What the mixer and bad lines do to speech, against what a codec alone does. Scores are ViSQOL's.

use std::time::Duration;

use convene_audio::{Arrival, Codec, FRAME, Number, Output, RATE, Settings, TALKER_BITRATE};
use opus::{Channels, Decoder};

use crate::{
    measure::{error, lateness, mos},
    speech::{Chance, speech},
    stage::{
        ANN, BOB, Stage, at, browsers_encoder, decoded, evenly, listener, opus_listener, packets,
        packets_by, packets_of, raw_listener,
    },
};

/// How much worse than the codec alone the mixer may be.
const WORSE: f64 = 0.1;

fn said() -> Vec<f32> {
    speech(7, 6.0)
}

/// What browsers send a second by themselves, and what a leg asks them for.
const SENT: [u32; 2] = [TALKER_BITRATE, 64_000];

/// A score is the mean of three voices', for one alone moves by 0.05 with what changes nothing.
const VOICES: [u64; 3] = [7, 21, 33];

fn mean(score: impl Fn(&[f32]) -> f64) -> f64 {
    let scores = VOICES.map(|seed| score(&speech(seed, 6.0)));
    scores.iter().sum::<f64>() / scores.len() as f64
}

/// What is heard of these packets through a conference.
fn through(ear: Settings, sent: &[Arrival]) -> Stage {
    let mut stage = stage(ear);
    stage.play(evenly(sent.to_vec(), ANN));
    stage
}

/// As a leg has it whose browser loses nothing.
fn unprotected_listener() -> Settings {
    listener(Output::Opus(Codec {
        fec: false,
        ..Codec::default()
    }))
}

/// A voice is coded by its talker's browser and again by the conference. Whatever the first sends, the second costs next to
/// nothing: both together are compared with the first alone.
#[test]
fn without_loss_the_mixer_is_a_plain_round_trip() {
    for bits in SENT {
        let sent = |said: &[f32]| packets_by(browsers_encoder(bits), ANN, said);
        let alone = |said: &[f32]| decoded(sent(said).iter().map(|packet| &packet.payload[..]));
        let decoded = |said: &[f32]| through(raw_listener(), &sent(said)).samples(BOB);
        let both = |said: &[f32]| through(unprotected_listener(), &sent(said)).heard(BOB);
        let plain = mean(|said| mos(said, &alone(said)));
        for (way, score) in [
            ("to samples", mean(|said| mos(said, &decoded(said)))),
            ("to Opus", mean(|said| mos(said, &both(said)))),
        ] {
            println!("{bits} bit/s {way}: {score:.3}, plain {plain:.3}");
            assert!(
                score > plain - WORSE,
                "{bits} bit/s {way}: {score}, plain {plain}"
            );
        }
    }
}

/// Packets that carry the one before sound worse while nothing is lost: as one coding with half of the bits does.
#[test]
fn what_protection_costs_is_bounded() {
    let thrifty = |said: &[f32]| packets_of(SENT[0], ANN, said);
    let alone = |said: &[f32]| decoded(thrifty(said).iter().map(|packet| &packet.payload[..]));
    let both = |said: &[f32]| through(opus_listener(), &packets(ANN, said)).heard(BOB);
    let once = |said: &[f32]| {
        let mut stage = stage(opus_listener());
        for (frame, samples) in said.chunks_exact(FRAME).enumerate() {
            stage.room.samples(ANN, samples);
            stage.pass(at(frame + 1));
        }
        stage.heard(BOB)
    };
    let plain = mean(|said| mos(said, &alone(said)));
    for (way, score) in [
        ("from samples", mean(|said| mos(said, &once(said)))),
        ("from Opus", mean(|said| mos(said, &both(said)))),
    ] {
        println!("{way}: {score:.3}, plain {plain:.3}");
        assert!(score > plain - WORSE, "{way}: {score}, plain {plain}");
    }
}

fn stage(ear: Settings) -> Stage {
    Stage::new(4, &[(ANN, Settings::default()), (BOB, ear)])
}

#[test]
fn lost_packets_are_made_up_for_as_well_as_libopus_can() {
    let said = said();
    let sent = packets(ANN, &said);
    for (name, lost) in [
        ("random", random(sent.len())),
        ("bursts", bursts(sent.len())),
    ] {
        let packets = lost.iter().filter(|lost| **lost).count();
        assert_eq!(packets * 20, lost.len(), "{name}");
        let one = one_decoder(&sent, &lost);
        let alone = mos(&said, &one);
        let mut stage = stage(raw_listener());
        stage.play(arriving(&sent, &lost));
        let mixed = mos(&said, &stage.samples(BOB));
        println!(
            "{name}: one decoder {alone:.2}, mixer {mixed:.2}, {:?}",
            stage.counters(ANN)
        );
        assert!(
            mixed > alone - WORSE,
            "{name}: {mixed}, and {alone} with one decoder"
        );
    }
}

/// A score does not tell whether the packet after a lost one was used; the samples do.
#[test]
fn who_is_heard_is_decoded_as_one_decoder_would() {
    let sent = packets(ANN, &said());
    let lost = random(sent.len());
    let one = one_decoder(&sent, &lost);
    let mut stage = stage(raw_listener());
    stage.play(arriving(&sent, &lost));
    let heard = stage.samples(BOB);
    let late = lateness(&one[24_000..72_000], &heard[24_000..], 4_800);
    let apart = error(&one[24_000..240_000], &heard[24_000 + late..]);
    assert!(apart < -60.0, "{apart} dB");
}

fn arriving(sent: &[Arrival], lost: &[bool]) -> Vec<(Duration, Number, Arrival)> {
    let all = evenly(sent.to_vec(), ANN).into_iter().zip(lost);
    all.filter(|(_, lost)| !**lost)
        .map(|(packet, _)| packet)
        .collect()
}

/// A listener's line loses packets, too. What the conference's packets carry of those before is worth something there.
#[test]
fn a_listener_can_make_up_for_what_he_loses() {
    let said = said();
    let mut stage = stage(opus_listener());
    stage.play(evenly(packets(ANN, &said), ANN));
    let arrival = |(at, packet): (u64, &[u8])| Arrival {
        ssrc: 0,
        sequence: 0,
        timestamp: at as u32,
        loudness: None,
        payload: packet.to_vec(),
    };
    let sent: Vec<_> = stage.packets(BOB).into_iter().map(arrival).collect();
    let lost = random(sent.len());
    let mut without = Decoder::new(RATE, Channels::Mono).unwrap();
    let mut concealed = Vec::new();
    for (packet, lost) in sent.iter().zip(&lost) {
        let mut samples = [0.0; FRAME];
        let packet: &[u8] = if *lost { &[] } else { &packet.payload };
        without.decode_float(packet, &mut samples, false).unwrap();
        concealed.extend(samples);
    }
    let [with, without] = [one_decoder(&sent, &lost), concealed].map(|heard| mos(&said, &heard));
    println!("with FEC {with:.2}, without {without:.2}");
    assert!(with > without + 0.05, "{with} with FEC, {without} without");
}

/// One packet of every twenty.
fn random(packets: usize) -> Vec<bool> {
    let mut chance = Chance::new(3);
    let mut lost = vec![false; packets];
    for twenty in lost.chunks_exact_mut(20) {
        twenty[(chance.next() * 20.0) as usize] = true;
    }
    lost
}

/// As many, three to five at a time.
fn bursts(packets: usize) -> Vec<bool> {
    let mut lost = vec![false; packets];
    for (from, length) in [(60, 3), (110, 5), (170, 3), (240, 4)] {
        lost[from..from + length].fill(true);
    }
    lost
}

/// A receiver that knows when a packet is lost and has the next one: FEC for the last of a gap, else concealment.
fn one_decoder(sent: &[Arrival], lost: &[bool]) -> Vec<f32> {
    let mut decoder = Decoder::new(RATE, Channels::Mono).unwrap();
    let mut heard = Vec::new();
    for (i, packet) in sent.iter().enumerate() {
        let mut samples = [0.0; FRAME];
        let next = sent.get(i + 1).filter(|_| !lost[i + 1]);
        match next {
            _ if !lost[i] => decoder.decode_float(&packet.payload, &mut samples, false),
            Some(next) => decoder.decode_float(&next.payload, &mut samples, true),
            None => decoder.decode_float(&[], &mut samples, false),
        }
        .unwrap();
        heard.extend(samples);
    }
    heard
}

#[test]
fn the_measure_hears_what_is_bad() {
    let said = said();
    let sent = packets(ANN, &said);
    let plain = decoded(sent.iter().map(|packet| &packet.payload[..]));
    let mut holes = plain.clone();
    for (frame, lost) in random(sent.len()).into_iter().enumerate() {
        if lost {
            holes[frame * FRAME..][..FRAME].fill(0.0);
        }
    }
    let (plain, holes) = (mos(&said, &plain), mos(&said, &holes));
    println!(
        "plain {plain:.2}, with holes {holes:.2}, with itself {:.2}",
        mos(&said, &said)
    );
    assert!(holes < plain - WORSE, "{holes} with holes, {plain} without");
}
