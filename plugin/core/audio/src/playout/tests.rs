use opus::{Application, Encoder};
use proptest::prelude::*;

use super::*;
use crate::{FRAME_TIME, Frame};

const LATENCY: Duration = Duration::from_millis(20);

/// A sender of a tone, packet by packet.
struct Sender {
    encoder: Encoder,
    frame: u32,
}

impl Sender {
    fn new() -> Self {
        let mut encoder = Encoder::new(RATE, opus::Channels::Mono, Application::Voip).unwrap();
        encoder.set_inband_fec(true).unwrap();
        encoder.set_packet_loss_perc(20).unwrap();
        Self { encoder, frame: 0 }
    }

    fn next(&mut self) -> Arrival {
        let tone: Frame = std::array::from_fn(|i| {
            0.3 * ((self.frame as usize * FRAME + i) as f32 * 0.0576).sin()
        });
        let payload = self.encoder.encode_vec_float(&tone, 1_500).unwrap();
        let timestamp = self.frame.wrapping_mul(FRAME as u32).wrapping_sub(5_000);
        self.frame += 1;
        Arrival {
            ssrc: 1,
            sequence: self.frame as u16,
            timestamp,
            loudness: None,
            payload,
        }
    }
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(1_000 + millis)
}

/// Plays what is due every 20 ms, a few milliseconds after each packet's regular time; `delay(packet)` in ms, `None` = lost.
fn run(frames: u64, delay: impl Fn(u64) -> Option<u64>) -> (Playout, Vec<WideFrame>) {
    let mut sender = Sender::new();
    let mut playout = Playout::new(LATENCY);
    let mut coming: Vec<(u64, Arrival)> = (0..frames)
        .map(|i| (i, sender.next()))
        .filter_map(|(i, a)| delay(i).map(|d| (i * 20 + d, a)))
        .collect();
    coming.sort_by_key(|(time, _)| *time);
    let mut coming = coming.into_iter().peekable();
    let mut played = Vec::new();
    for millis in 0..frames * 20 {
        while let Some((_, arrival)) = coming.next_if(|(time, _)| *time <= millis) {
            playout.arrive(at(millis), &arrival).unwrap();
        }
        if millis % 20 == 7 && !matches!(playout.due(at(millis)), Due::Nothing) {
            played.push(playout.play(at(millis), Channels::Mono));
        }
    }
    (playout, played)
}

fn silent(frame: &WideFrame) -> bool {
    Loudness::of_wide(frame).dbov() < -40
}

#[test]
fn an_even_stream_is_played_without_gaps_at_its_latency() {
    let (playout, played) = run(100, |_| Some(0));
    assert!(played.len() >= 97, "{}", played.len());
    assert!(!played[2..].iter().any(silent));
    assert!(playout.lag() <= LATENCY + FRAME_TIME * 2);
    let c = playout.counters;
    assert_eq!((c.concealed, c.late, c.lost, c.left_out), (0, 0, 0, 0));
}

#[test]
fn a_lost_packet_is_recovered_from_the_next() {
    let (playout, played) = run(100, |i| (i != 50).then_some(0));
    assert!(!played[2..].iter().any(silent));
    assert_eq!((playout.counters.lost, playout.counters.concealed), (1, 0));
}

#[test]
fn jitter_raises_the_delay_and_quiet_lowers_it() {
    let jitter = |i: u64| Some(if i < 250 { (i * 7919) % 100 } else { 0 });
    let (playout, _) = run(248, jitter);
    let raised = playout.lag();
    assert!(raised >= Duration::from_millis(70), "{raised:?}");
    let (playout, played) = run(500, jitter);
    let back = playout.lag();
    assert!(back <= LATENCY + FRAME_TIME * 3, "{back:?}");
    let gaps = played[100..].iter().filter(|f| silent(f)).count();
    assert_eq!(gaps, 0);
}

#[test]
fn a_pause_of_the_sender_stays_as_long_as_it_was() {
    let (_, played) = run(100, |i| (!(30..60).contains(&i)).then_some(0));
    let quiet = played[5..].iter().filter(|f| silent(f)).count();
    assert!((24..=30).contains(&quiet), "{quiet} silent frames");
    assert!(!played[played.len() - 5..].iter().any(silent));
}

#[test]
fn who_is_heard_again_sounds_as_if_he_had_been_heard_all_along() {
    let (mut sender, mut heard, mut passed) =
        (Sender::new(), Playout::new(LATENCY), Playout::new(LATENCY));
    for frame in 0..80 {
        let loudness = Some(Loudness::from_header(20));
        let arrival = Arrival {
            loudness,
            ..sender.next()
        };
        heard.arrive(at(frame * 20), &arrival).unwrap();
        passed.arrive(at(frame * 20), &arrival).unwrap();
        let due = at(frame * 20 + 7);
        if matches!(
            (heard.due(due), passed.due(due)),
            (Due::Nothing, Due::Nothing)
        ) {
            continue;
        }
        let expected = heard.play(due, Channels::Mono);
        if (10..60).contains(&frame) {
            passed.skip(due);
            continue;
        }
        let got = passed.play(due, Channels::Mono);
        let pairs = expected.mid.iter().zip(got.mid.iter());
        let furthest = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 0.01, "{furthest} in frame {frame}");
    }
}

/// Packets of a tone on the left and another on the right.
fn stereo_packets(frames: u32) -> Vec<Arrival> {
    let mut encoder = Encoder::new(RATE, opus::Channels::Stereo, Application::Audio).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(128_000)).unwrap();
    let sample = |n: u32| {
        [
            0.3 * (n as f32 * 0.0576).sin(),
            0.2 * (n as f32 * 0.0864).sin(),
        ]
    };
    let packet = |frame: u32| {
        let samples = (frame * FRAME as u32..(frame + 1) * FRAME as u32).flat_map(sample);
        let samples: Vec<f32> = samples.collect();
        Arrival {
            ssrc: 1,
            sequence: frame as u16,
            timestamp: frame * FRAME as u32,
            loudness: None,
            payload: encoder.encode_vec_float(&samples, 1_500).unwrap(),
        }
    };
    (0..frames).map(packet).collect()
}

/// All that is played of them, in as many channels as somebody takes in each frame.
fn played_in(channels: impl Fn(u64) -> Channels) -> Wide<Vec<f32>> {
    let (mut playout, mut played) = (Playout::new(LATENCY), Wide::default());
    for (frame, packet) in (0..).zip(stereo_packets(120)) {
        playout.arrive(at(frame * 20), &packet).unwrap();
        if !matches!(playout.due(at(frame * 20 + 7)), Due::Nothing) {
            let frame = playout.play(at(frame * 20 + 7), channels(frame));
            played.append(&frame.map(|channel| channel.to_vec()));
        }
    }
    played
}

#[test]
fn stereo_is_decoded_while_somebody_takes_it_and_nobody_hears_the_change() {
    let [stereo, mono] = [Channels::Stereo, Channels::Mono].map(|channels| played_in(|_| channels));
    assert!(stereo.side.is_some() && mono.side.is_none());
    let changes = |frame| match frame {
        40..80 => Channels::Stereo,
        _ => Channels::Mono,
    };
    let changing = played_in(changes);
    let side = changing.side.unwrap();
    let loud = |frames: std::ops::Range<usize>| {
        Loudness::of(&side[frames.start * FRAME..frames.end * FRAME]).dbov() > -40
    };
    assert!(!loud(0..50) && loud(56..78) && !loud(97..115));
    let worst = |a: &[f32], b: &[f32]| {
        let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        apart.fold(0.0, f32::max)
    };
    let middle = worst(&changing.mid[5 * FRAME..], &stereo.mid[5 * FRAME..]);
    assert!(middle < 0.003, "{middle} in the middle");
    let steady = 56 * FRAME..78 * FRAME;
    let beside = worst(&side[steady.clone()], &stereo.side.unwrap()[steady]);
    assert!(beside < 1e-3, "{beside} at the side");
}

#[test]
fn whoever_stops_sending_costs_nothing() {
    let mut sender = Sender::new();
    let mut playout = Playout::new(LATENCY);
    playout.arrive(at(0), &sender.next()).unwrap();
    for tick in 0..100 {
        if !matches!(playout.due(at(tick * 20)), Due::Nothing) {
            playout.play(at(tick * 20), Channels::Mono);
        }
    }
    assert!(!playout.is_active());
}

#[test]
fn who_is_too_quiet_to_be_heard_has_no_decoder() {
    let (mut sender, mut playout) = (Sender::new(), Playout::new(LATENCY));
    for (millis, level, decodes) in [(0, 65, false), (20, 53, false), (40, 52, true)] {
        let loudness = Some(Loudness::from_header(level));
        let arrival = Arrival {
            loudness,
            ..sender.next()
        };
        playout.arrive(at(millis), &arrival).unwrap();
        assert_eq!(playout.decoder.is_some(), decodes, "{level}");
    }
}

#[test]
fn another_ssrc_is_another_stream() {
    let (mut playout, _) = run(50, |_| Some(0));
    let mut other = Sender::new();
    let arrival = Arrival {
        ssrc: 2,
        timestamp: 77,
        ..other.next()
    };
    playout.arrive(at(1_000), &arrival).unwrap();
    assert!(
        matches!(playout.due(at(1_005)), Due::Nothing),
        "held for the latency"
    );
    assert!(matches!(playout.due(at(1_025)), Due::Unknown));
}

#[test]
fn garbage_is_counted_and_nothing_more() {
    let mut playout = Playout::new(LATENCY);
    let garbage = Arrival {
        ssrc: 1,
        sequence: 0,
        timestamp: 0,
        loudness: None,
        payload: vec![],
    };
    playout.arrive(at(0), &garbage).unwrap();
    assert_eq!(playout.counters.malformed, 1);
    assert!(!playout.is_active());
}

proptest! {
    #[test]
    fn no_order_of_any_packets_breaks_it(
        packets in proptest::collection::vec(
            (0_u64..3_000, any::<u32>(), 0_u32..2, proptest::collection::vec(any::<u8>(), 0..40)), 1..60),
        skip in any::<bool>(),
    ) {
        let mut playout = Playout::new(LATENCY);
        let mut packets = packets;
        packets.sort_by_key(|p| p.0);
        for (millis, timestamp, ssrc, payload) in packets {
            let arrival = Arrival { ssrc, sequence: 0, timestamp: timestamp % 200_000, loudness: None, payload };
            playout.arrive(at(millis), &arrival).unwrap();
            playout.due(at(millis));
            if skip {
                playout.skip(at(millis));
            } else {
                let frame = playout.play(at(millis), Channels::Mono);
                prop_assert!(frame.mid.iter().all(|s| s.is_finite()));
            }
        }
    }
}
