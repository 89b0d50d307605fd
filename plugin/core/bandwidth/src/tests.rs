//! Both estimators on paths that are narrow, change, lose and jitter.

use std::time::Duration;

use proptest::prelude::*;

use crate::{
    Arrival, Report, SendTime, Slots, Uplink,
    simulation::{Estimator, Line, Sample, Simulation},
};

/// Samples in a second.
const SECOND: usize = 10;

fn both(line: impl Fn() -> Line) -> [Simulation; 2] {
    [
        Estimator::Slots(Slots::default()),
        Estimator::Uplink(Uplink::default()),
    ]
    .map(|estimator| Simulation::new(line(), estimator))
}

fn mean(samples: &[Sample], what: impl Fn(&Sample) -> f64) -> f64 {
    samples.iter().map(what).sum::<f64>() / samples.len() as f64
}

fn worst_wait(samples: &[Sample]) -> Duration {
    let waits = samples.iter().map(|sample| sample.wait);
    waits.max().unwrap_or_default()
}

fn dropped(samples: &[Sample]) -> u32 {
    samples.iter().map(|sample| sample.dropped).sum()
}

#[test]
fn a_narrow_path_is_used_and_its_queue_stays_short() {
    for mut simulation in both(|| Line::of(|_| 400e3)) {
        let samples = simulation.run(60);
        assert_eq!(dropped(samples), 0);
        let arrived = mean(&samples[5 * SECOND..], |sample| sample.arrived);
        assert!((350e3..400e3).contains(&arrived), "{arrived} bit/s");
        // A frame of its own takes 40 ms at that rate.
        let wait = worst_wait(samples);
        assert!(wait < Duration::from_millis(130), "waits of {wait:?}");
        let long = Duration::from_millis(60);
        let waits = samples.iter().filter(|sample| sample.wait > long).count();
        assert!(waits < samples.len() / 5, "{waits} of {}", samples.len());
    }
}

#[test]
fn a_queue_that_fills_up_slowly_is_seen() {
    for mut simulation in both(|| Line::of(|_| 400e3)) {
        simulation.wants = 408e3;
        let samples = simulation.run(60);
        let wait = worst_wait(samples);
        assert!(wait < Duration::from_millis(90), "waits of {wait:?}");
    }
}

#[test]
fn a_path_that_changes_is_followed() {
    let rate = |at: Duration| match at.as_secs() {
        0..20 => 2e6,
        20..40 => 400e3,
        _ => 1e6,
    };
    for mut simulation in both(|| Line::of(rate)) {
        let wide = simulation.run(20);
        assert_eq!(dropped(wide), 0);
        assert!(wide[20 * SECOND - 1].estimate > 1e6, "it has grown");
        let narrow = simulation.run(20);
        assert!(
            narrow[2 * SECOND..]
                .iter()
                .all(|sample| sample.estimate < 460e3)
        );
        assert_eq!(dropped(&narrow[2 * SECOND..]), 0);
        let arrived = mean(&narrow[15 * SECOND..], |sample| sample.arrived);
        assert!(arrived > 320e3, "{arrived} bit/s");
        let wide = simulation.run(20);
        assert_eq!(dropped(wide), 0);
        let arrived = mean(&wide[17 * SECOND..], |sample| sample.arrived);
        assert!(arrived > 750e3, "{arrived} bit/s");
    }
}

#[test]
fn losses_by_chance_do_not_stop_it() {
    let line = || Line {
        loss: 0.05,
        ..Line::of(|_| 2e6)
    };
    for mut simulation in both(line) {
        let samples = simulation.run(60);
        let estimate = mean(&samples[50 * SECOND..], |sample| sample.estimate);
        assert!(estimate > 500e3, "{estimate} bit/s");
    }
}

#[test]
fn a_path_that_loses_a_third_is_left_to_others() {
    let line = || Line {
        loss: 0.33,
        ..Line::of(|_| 2e6)
    };
    for mut simulation in both(line) {
        let estimate = simulation.run(20)[20 * SECOND - 1].estimate;
        assert!(estimate < 150e3, "{estimate} bit/s");
    }
}

#[test]
fn jitter_is_no_queue() {
    let line = || Line {
        jitter: Duration::from_millis(30),
        ..Line::of(|_| 1e6)
    };
    for mut simulation in both(line) {
        let samples = simulation.run(60);
        let arrived = mean(&samples[30 * SECOND..], |sample| sample.arrived);
        assert!(arrived > 850e3, "{arrived} bit/s");
        assert_eq!(dropped(samples), 0);
    }
}

#[test]
fn whoever_is_too_busy_to_take_packets_is_no_queue() {
    let line = || Line {
        stalls: Duration::from_millis(200),
        ..Line::of(|_| 2e6)
    };
    for mut simulation in both(line) {
        simulation.wants = 100e3;
        let samples = simulation.run(60);
        assert!(
            samples[SECOND..]
                .iter()
                .all(|sample| sample.estimate > 250e3)
        );
        simulation.wants = 3e6;
        let estimate = mean(&simulation.run(60)[40 * SECOND..], |sample| sample.estimate);
        assert!(estimate > 300e3, "{estimate} bit/s");
    }
}

#[test]
fn a_longer_way_is_no_queue() {
    let delay = |at: Duration| Duration::from_millis(if at.as_secs() < 10 { 20 } else { 90 });
    let line = || Line {
        delay,
        ..Line::of(|_| 2e6)
    };
    for mut simulation in both(line) {
        let before = simulation.run(10)[10 * SECOND - 1].estimate;
        let samples = simulation.run(20);
        let least = samples
            .iter()
            .map(|sample| sample.estimate)
            .fold(before, f64::min);
        assert!(least > before * 0.6, "{least} of {before} bit/s");
        assert!(samples[20 * SECOND - 1].estimate > before);
    }
}

#[test]
fn what_is_not_sent_is_not_known() {
    for mut simulation in both(|| Line::of(|_| 2e6)) {
        simulation.wants = 200e3;
        let samples = simulation.run(60);
        let known = &samples[SECOND..];
        assert!(
            known
                .iter()
                .all(|sample| (299e3..400e3).contains(&sample.estimate))
        );
        simulation.wants = 3e6;
        let estimate = simulation.run(20)[20 * SECOND - 1].estimate;
        assert!(estimate > 1e6, "{estimate} bit/s");
    }
}

#[test]
fn nothing_is_known_of_nothing() {
    let mut slots = Slots::default();
    slots.handle(Duration::ZERO, &[]);
    assert_eq!(slots.estimate(), None);
    assert_eq!(Uplink::default().estimate(), None);
}

#[test]
fn what_was_reported_before_is_passed_over() {
    let report = |sequence: u16| Report {
        sequence,
        sent: Duration::from_millis(u64::from(sequence) * 10),
        arrived: Some(Duration::from_millis(u64::from(sequence) * 10 + 20)),
        bytes: 1_000,
    };
    let mut once = Slots::default();
    let mut twice = Slots::default();
    for sequence in 0..100 {
        let now = report(sequence).sent + Duration::from_millis(40);
        once.handle(now, &[report(sequence)]);
        twice.handle(now, &[report(sequence)]);
        twice.handle(now, &[report(sequence.saturating_sub(1)), report(sequence)]);
    }
    assert!(once.estimate().is_some());
    assert_eq!(twice.estimate(), once.estimate());
}

proptest! {
    #[test]
    fn no_feedback_is_a_panic(
        reports in prop::collection::vec((any::<u16>(), any::<u32>(), any::<Option<u32>>(), any::<u16>()), 0..300),
        times in prop::collection::vec(any::<u32>(), 1..50),
    ) {
        let micros = |micros: u32| Duration::from_micros(micros.into());
        let reports: Vec<Report> = reports.into_iter().map(|(sequence, sent, arrived, bytes)| Report {
            sequence,
            sent: micros(sent),
            arrived: arrived.map(micros),
            bytes: bytes.into(),
        }).collect();
        let mut slots = Slots::default();
        for (feedback, now) in reports.chunks(7).zip(times.into_iter().cycle()) {
            slots.handle(micros(now), feedback);
            prop_assert!(slots.estimate().is_none_or(|bits| bits >= 60_000));
        }
    }

    #[test]
    fn no_arrival_is_a_panic(
        packets in prop::collection::vec((any::<u32>(), any::<u32>(), any::<u16>(), any::<Option<[u8; 3]>>()), 0..300),
    ) {
        let mut uplink = Uplink::default();
        for (now, ssrc, sequence, sent) in packets {
            let sent = sent.and_then(|body| SendTime::read(&body));
            uplink.handle(Duration::from_micros(now.into()), &Arrival { ssrc, sequence, sent, bytes: 1_200 });
            prop_assert!(uplink.estimate().is_none_or(|bits| bits >= 60_000));
        }
    }
}
