//! Jitter that comes and goes, and clocks that do not agree.

use std::time::Duration;

use convene_audio::{Arrival, FRAME, Number, Settings};
use opus::{Application, Bandwidth};

use crate::{
    measure::{click, decibels},
    speech::{Chance, speech, tone},
    stage::{ANN, BOB, Stage, at, encoder, packets, packets_by, raw_listener},
};

/// Packets of a sound that is said again and again, the `frame`th of all.
struct Loop(Vec<Arrival>);

impl Loop {
    fn new(sound: &[f32]) -> Self {
        Self(packets(ANN, sound))
    }

    /// In telephone quality, which an hour of is decoded in seconds.
    fn narrow(sound: &[f32]) -> Self {
        let mut encoder = encoder(Application::Voip);
        encoder.set_bandwidth(Bandwidth::Narrowband).unwrap();
        Self(packets_by(encoder, ANN, sound))
    }

    fn packet(&self, frame: usize) -> Arrival {
        Arrival {
            sequence: frame as u16,
            timestamp: (frame * FRAME) as u32,
            ..self.0[frame % self.0.len()].clone()
        }
    }

    fn coming(
        &self,
        frames: std::ops::Range<usize>,
        arrives: impl Fn(usize) -> Duration,
    ) -> Vec<(Duration, Number, Arrival)> {
        let packets = frames.map(|frame| (arrives(frame), ANN, self.packet(frame)));
        packets.collect()
    }
}

fn stage() -> Stage {
    Stage::new(4, &[(ANN, Settings::default()), (BOB, raw_listener())])
}

#[test]
fn five_seconds_after_jitter_the_delay_is_back() {
    let speech = Loop::new(&speech(3, 10.0));
    let mut chance = Chance::new(5);
    let delays: Vec<_> = (0..4_000)
        .map(|frame| {
            if (500..3_500).contains(&frame) {
                100.0 * chance.next()
            } else {
                0.0
            }
        })
        .collect();
    let arrives = |frame: usize| at(frame) + Duration::from_secs_f32(0.003 + delays[frame] / 1e3);
    let mut stage = stage();
    stage.play(speech.coming(0..490, arrives));
    let before = stage.counters(ANN).lag;
    stage.play(speech.coming(500..3_490, arrives));
    let during = stage.counters(ANN).lag;
    stage.play(speech.coming(3_500..3_740, arrives));
    let after = stage.counters(ANN);
    println!("{before:?}, {during:?}, {after:?}");
    assert!(during >= before + Duration::from_millis(70), "{during:?}");
    assert!(
        after.lag <= before + Duration::from_millis(10),
        "{:?}",
        after.lag
    );
}

/// An hour of a voice on one pitch, so that whatever is left out, doubled or made up would be seen.
fn an_hour(ppm: f64) {
    let voice: Vec<f32> = (1..8)
        .map(|k| tone(120.0 * f64::from(k), 0.1 / f64::from(k), 1.0))
        .fold(vec![0.0; 48_000], |sum, part| {
            sum.iter().zip(&part).map(|(a, b)| a + b).collect()
        });
    let voice = Loop::narrow(&voice);
    let sent = |frame: usize| {
        Duration::from_secs(5) + Duration::from_secs_f64(frame as f64 * 0.02 * (1.0 + ppm / 1e6))
    };
    let mut stage = stage();
    let (mut least, mut most) = (Duration::MAX, Duration::ZERO);
    for from in (0..180_000).step_by(500) {
        stage.delivered.clear();
        for (time, number, packet) in voice.coming(from..from + 500, sent) {
            stage.pass(time);
            stage.room.packet(time, number, &packet).unwrap();
        }
        let lag = stage.counters(ANN).lag;
        (least, most) = (least.min(lag), most.max(lag));
        let heard = stage.samples(BOB);
        let quietest = heard[5 * FRAME..]
            .chunks_exact(480)
            .map(decibels)
            .fold(0.0, f64::min);
        assert!(
            from == 0 || quietest > -30.0,
            "{quietest} dB in the 10 s from frame {from}"
        );
        let click = click(&heard[5 * FRAME..]);
        assert!(
            from == 0 || click < 0.02,
            "{click} in the 10 s from frame {from}"
        );
    }
    let c = stage.counters(ANN);
    println!("{ppm} ppm: {least:?} to {most:?}, {c:?}");
    assert_eq!((c.lost, c.late, c.concealed), (0, 0, 0), "{c:?}");
    assert!(most < Duration::from_millis(60), "{most:?}");
    let moved = c.left_out.abs_diff(c.drawn_out);
    assert!(
        (30_000..40_000).contains(&moved),
        "an hour's drift is 34 560 samples, not {moved}"
    );
}

#[test]
fn an_hour_of_a_fast_clock_is_not_heard() {
    an_hour(-200.0);
}

#[test]
fn an_hour_of_a_slow_clock_is_not_heard() {
    an_hour(200.0);
}
