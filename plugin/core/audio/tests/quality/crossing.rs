//! A listener who becomes a talker, and back: his packets come from another encoder then, and he must not hear it.

use std::collections::BTreeMap;

use convene_audio::{Channels, Codec, FRAME, Hearing, Number, Output, Settings};
use opus::Signal;

use crate::{
    measure::{decibels, error},
    speech::speech,
    stage::{
        ANN, BOB, CID, Stage, conferences_encoder, decoded, evenly, listener, opus_listener,
        packets, raw_listener,
    },
};

/// What is no difference, in decibels against the sound.
const NOTHING: f64 = -40.0;

/// Bob begins to talk in this frame.
const BEGINS: usize = 100;

/// Ann talks but for two seconds from frame `ann` on, Bob until frame `bob`, and Cid hears both, so that there is an
/// encoding to share with Bob, who listens as `ear` says.
fn talk(ear: Settings, ann: usize, bob: usize) -> Stage {
    let people = [
        (ANN, Settings::default()),
        (BOB, ear),
        (CID, opus_listener()),
    ];
    let mut stage = Stage::new(4, &people);
    let (anns, bobs) = (speech(1, 12.0), speech(2, 12.0));
    let mut coming = evenly(packets(ANN, &anns), ANN);
    coming.retain(|(time, ..)| {
        let frame = frame_of(*time);
        frame < ann || frame > ann + 100
    });
    let mut own = evenly(packets(BOB, &bobs), BOB);
    own.retain(|(time, ..)| (BEGINS..bob).contains(&frame_of(*time)));
    coming.extend(own);
    stage.play(coming);
    stage
}

fn frame_of(time: std::time::Duration) -> usize {
    ((time - crate::stage::at(0)).as_millis() / 20) as usize
}

/// One who wants what nobody else wants, so that his encoding is never shared; it changes nothing that he hears.
fn alone() -> Settings {
    let gains = BTreeMap::from([(Number(99), 0.5)]);
    Settings {
        hearing: Hearing { deaf: false, gains },
        ..opus_listener()
    }
}

/// What he would hear whose mix has always had an encoder of its own.
fn unshared(mix: &[f32]) -> Vec<f32> {
    let mut encoder = conferences_encoder();
    let packets: Vec<_> = mix
        .chunks_exact(FRAME)
        .map(|frame| encoder.encode_vec_float(frame, 1_500).unwrap())
        .collect();
    decoded(packets.iter().map(Vec::as_slice))
}

#[test]
fn who_begins_to_talk_hears_no_seam() {
    let heard = talk(opus_listener(), 600, 150).heard(BOB);
    let mix = talk(raw_listener(), 600, 150).samples(BOB);
    let silence = mix.len() - heard.len();
    assert!(decibels(&mix[..silence]) < -100.0, "packets are missing");
    let against = unshared(&mix[silence..]);
    let crossing = BEGINS * FRAME;
    let talking = crossing..crossing + 50 * FRAME;
    let apart = error(&against[talking.clone()], &heard[talking]);
    assert!(apart < NOTHING, "{apart} dB");
}

#[test]
fn who_has_talked_comes_back_unheard_in_a_silence() {
    let [shared, unshared] = [opus_listener(), alone()].map(|ear| talk(ear, 170, 150));
    assert_eq!(shared.packets(BOB).len(), unshared.packets(BOB).len());
    let (heard, against) = (shared.heard(BOB), unshared.heard(BOB));
    assert!(
        decibels(&heard[heard.len() - 100 * FRAME..]) > -40.0,
        "nobody talks at the end"
    );
    let apart = error(&against, &heard);
    assert!(apart < NOTHING, "{apart} dB");
    assert!(hear_the_same(&shared) && !hear_the_same(&unshared));
}

/// Whether Bob and Cid share their packets in the end.
fn hear_the_same(stage: &Stage) -> bool {
    let [bobs, cids] =
        [BOB, CID].map(|to| stage.packets(to).last().map(|(_, packet)| packet.as_ptr()));
    bobs == cids
}

#[test]
fn who_has_talked_comes_back_unheard_while_others_talk() {
    for bob in [140, 155, 165] {
        let stage = talk(opus_listener(), 600, bob);
        let heard = stage.heard(BOB);
        let mix = talk(raw_listener(), 600, bob).samples(BOB);
        let mix = &mix[mix.len() - heard.len()..];
        let against = unshared(mix);
        let crossing = comes_back(&stage, bob);
        assert!(crossing < bob + 300, "only after {} frames", crossing - bob);
        let seam = (crossing - 1) * FRAME..(crossing + 1) * FRAME;
        let apart: Vec<f32> = seam.map(|n| heard[n] - against[n]).collect();
        let apart = decibels(&apart) - decibels(&against);
        let after = crossing * FRAME..(crossing + 10) * FRAME;
        let [worse, plain] = [&heard, &against].map(|sound| noise(mix, sound, after.clone()));
        println!(
            "{} frames after: {apart:.1} dB, then {worse:.1} of {plain:.1}",
            crossing - bob
        );
        assert!(apart < NOTHING, "{apart} dB");
        assert!(
            worse < plain + 2.0,
            "{worse} dB of noise, and {plain} dB without crossing"
        );
    }
}

/// What the codec makes of the mix that is not the mix; the codec is 6.5 ms late.
fn noise(mix: &[f32], sound: &[f32], range: std::ops::Range<usize>) -> f64 {
    error(
        &mix[range.clone()],
        &sound[range.start + 312..range.end + 312],
    )
}

/// The first packet after frame `bob` that Bob shares with Cid.
fn comes_back(stage: &Stage, bob: usize) -> usize {
    let (bobs, cids) = (stage.packets(BOB), stage.packets(CID));
    let shares = |frame: &usize| {
        let (time, packet) = bobs[*frame];
        let same = |(at, other): &(u64, &[u8])| *at == time && std::ptr::eq(*other, packet);
        cids.iter().any(same)
    };
    (bob..bobs.len()).find(shares).expect("he comes back")
}

#[test]
fn who_joins_while_others_talk_understands_at_once() {
    let sent = evenly(packets(ANN, &speech(1, 6.0)), ANN);
    let mut worst = f64::MIN;
    for joins in (200..280).step_by(8) {
        let mut stage = Stage::new(4, &[(ANN, Settings::default()), (CID, opus_listener())]);
        let (before, after) = sent.split_at(joins);
        stage.play_on(before.to_vec());
        let known = stage.packets(CID).len();
        stage.room.set(BOB, opus_listener());
        stage.play(after.to_vec());
        let heard = stage.heard(BOB);
        let cids = &stage.heard(CID)[known * FRAME..];
        let apart: Vec<f32> = (FRAME..3 * FRAME).map(|n| cids[n] - heard[n]).collect();
        worst = worst.max(decibels(&apart) - decibels(cids));
    }
    println!("at most {worst:.1} dB");
    assert!(worst < NOTHING, "{worst} dB");
}

/// Ann talks all the time. In frame [`BEGINS`] Bob's codec becomes one with FEC, 400 frames later one without again; Cid has
/// none, and Dan, if he is there, always has some.
fn protect(ear: impl Fn(Codec) -> Output, dan: bool) -> Stage {
    let heard_as = |fec| Codec {
        fec,
        ..Codec::default()
    };
    let bob = |fec| listener(ear(heard_as(fec)));
    let plain = listener(Output::Opus(heard_as(false)));
    let mut people = vec![(ANN, Settings::default()), (BOB, bob(false)), (CID, plain)];
    if dan {
        people.push((Number(4), opus_listener()));
    }
    let mut stage = Stage::new(4, &people);
    let sent = evenly(packets(ANN, &speech(1, 16.0)), ANN);
    let (before, after) = sent.split_at(BEGINS);
    let (during, after) = after.split_at(400);
    stage.play_on(before.to_vec());
    stage.room.set(BOB, bob(true));
    stage.play_on(during.to_vec());
    stage.room.set(BOB, bob(false));
    stage.play(after.to_vec());
    stage
}

/// What he would hear of one encoder that is set anew in these frames.
fn set_anew(mix: &[f32], protected: std::ops::Range<usize>) -> Vec<f32> {
    let mut encoder = conferences_encoder();
    let mut packets = Vec::new();
    for (number, frame) in mix.chunks_exact(FRAME).enumerate() {
        let fec = protected.contains(&number);
        let signal = if fec { Signal::Voice } else { Signal::Auto };
        encoder.set_signal(signal).unwrap();
        encoder.set_inband_fec(fec).unwrap();
        encoder
            .set_packet_loss_perc(if fec { 10 } else { 0 })
            .unwrap();
        packets.push(encoder.encode_vec_float(frame, 1_500).unwrap());
    }
    decoded(packets.iter().map(Vec::as_slice))
}

/// The frames in which Bob's packets are no longer, or again, whose they were.
fn changes(stage: &Stage) -> Vec<usize> {
    let of = |to| -> BTreeMap<u64, *const u8> {
        let packets = stage.packets(to).into_iter();
        packets.map(|(at, packet)| (at, packet.as_ptr())).collect()
    };
    let others = [of(CID), of(Number(4))];
    let whose = |(at, packet): &(u64, &[u8])| {
        others
            .iter()
            .position(|other| other.get(at) == Some(&packet.as_ptr()))
    };
    let whose: Vec<_> = stage.packets(BOB).iter().map(whose).collect();
    (1..whose.len())
        .filter(|n| whose[*n] != whose[n - 1])
        .collect()
}

#[test]
fn whose_line_begins_to_lose_packets_hears_no_seam() {
    for dan in [false, true] {
        let stage = protect(Output::Opus, dan);
        let heard = stage.heard(BOB);
        let mix = protect(|_| Output::Raw(Channels::Mono), dan).samples(BOB);
        let mix = &mix[mix.len() - heard.len()..];
        let mut seams = changes(&stage);
        let (began, ended) = (seams[0], seams[0] + 400);
        // What is his own alone does not show when it is set anew; with Dan he comes to share, and leaves, twice.
        assert_eq!(seams.len(), if dan { 4 } else { 2 }, "{seams:?}");
        assert_eq!(dan, seams.contains(&ended));
        seams.push(ended);
        let alone = set_anew(mix, began..ended);
        let as_dan = set_anew(mix, 0..ended);
        for frame in &seams {
            // Until then he has heard what Dan hears.
            let against = if dan && *frame == ended {
                &as_dan
            } else {
                &alone
            };
            let seam = (frame - 1) * FRAME..(frame + 1) * FRAME;
            let apart: Vec<f32> = seam.map(|n| heard[n] - against[n]).collect();
            let apart = decibels(&apart) - decibels(against);
            println!("frame {frame}: {apart:.1} dB");
            assert!(apart < NOTHING, "{apart} dB in frame {frame} of {seams:?}");
        }
    }
}
