//! What all conferences of the process have done: the sum of what their rooms and workers tell after each frame, so that
//! whoever reads it waits for none of them.

use std::{
    sync::{LazyLock, Mutex},
    time::{Duration, Instant},
};

use convene_audio::{Spent, Totals};
use rustix::time::{ClockId, clock_gettime};

use super::endings::{Ending, Outcome, Refusal};
use crate::lock::lock;

/// Bounds of the histogram of what a frame takes, the last of which is all the time there is.
const BOUNDS: [Duration; 7] = [
    Duration::from_micros(200),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_millis(2),
    Duration::from_millis(5),
    Duration::from_millis(10),
    convene_audio::FRAME_TIME,
];

static METERS: LazyLock<Mutex<Meters>> = LazyLock::new(Mutex::default);

#[derive(Clone, Copy, Default)]
struct Meters {
    totals: Totals,
    frames: FrameTimes,
    mixing: Duration,
    handing_out: Duration,
    failed: u64,
}

/// What frames of all conferences took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameTimes {
    /// How many took at most as long as each of [`FrameTimes::bounds`], and longer than the one before.
    counts: [u64; BOUNDS.len() + 1],
    /// All of them together.
    pub sum: Duration,
}

/// What became of the sound of all conferences of the process. Numbers only rise, but for those of the moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioStats {
    /// How each packet that came ended, by name.
    pub packets: Vec<(&'static str, u64)>,
    /// What became of what each listener was to get, by name.
    pub deliveries: Vec<(&'static str, u64)>,
    /// How each packet that was to be passed on in relay mode ended, by name.
    pub relayed: Vec<(&'static str, u64)>,
    /// What rooms have counted.
    pub totals: Totals,
    /// How long each frame took, from taking what came to handing out what is heard.
    pub frames: FrameTimes,
    /// Time of the processor for decoding, mixing and encoding.
    pub mixing: Duration,
    /// Time of the processor for handing out: with direct delivery all that is behind a source pad.
    pub handing_out: Duration,
    /// Frames that were lost because libopus failed.
    pub failed: u64,
}

/// What became of the sound of all conferences of the process.
#[must_use]
pub fn audio_stats() -> AudioStats {
    let meters = *lock(&METERS);
    let came = Refusal::everywhere().named();
    AudioStats {
        packets: came.chain(meters.totals.packets.endings()).collect(),
        deliveries: Outcome::everywhere().named().collect(),
        relayed: meters.totals.relayed.endings().into(),
        totals: meters.totals,
        frames: meters.frames,
        mixing: meters.mixing,
        handing_out: meters.handing_out,
        failed: meters.failed,
    }
}

/// What a room has done since it was last told of.
pub(super) fn follow(before: Totals, after: Totals) {
    let mut meters = lock(&METERS);
    meters.totals = meters.totals + after - before;
}

/// What a frame took.
pub(super) fn frame(mixing: Spent, handing_out: Spent) {
    let mut meters = lock(&METERS);
    meters.frames.add(mixing.time + handing_out.time);
    meters.mixing += mixing.cpu;
    meters.handing_out += handing_out.cpu;
}

/// A frame was lost.
pub(super) fn frame_failed() {
    lock(&METERS).failed += 1;
}

impl FrameTimes {
    /// How many took at most so long, each with those before: a histogram as Prometheus has it, without its last line.
    pub fn bounds(&self) -> impl Iterator<Item = (Duration, u64)> {
        let upto = self.counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        BOUNDS.into_iter().zip(upto)
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn add(&mut self, time: Duration) {
        let place = BOUNDS.iter().position(|bound| time <= *bound);
        self.counts[place.unwrap_or(BOUNDS.len())] += 1;
        self.sum += time;
    }
}

/// Measures what this thread spends.
pub(super) struct Stopwatch {
    time: Instant,
    cpu: Duration,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self {
            time: Instant::now(),
            cpu: cpu(),
        }
    }

    /// What was spent since the start or the last lap.
    pub(super) fn lap(&mut self) -> Spent {
        let before = std::mem::replace(self, Self::start());
        Spent {
            time: self.time - before.time,
            cpu: self.cpu.saturating_sub(before.cpu),
        }
    }
}

/// Processor time of this thread: a system call of half a microsecond, three times in 20 ms.
fn cpu() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime)
        .try_into()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_counted_in_all_bounds_that_it_keeps() {
        let mut frames = FrameTimes::default();
        for micros in [100, 200, 3_000, 20_000, 20_001] {
            frames.add(Duration::from_micros(micros));
        }
        let bounds: Vec<_> = frames.bounds().map(|(_, count)| count).collect();
        assert_eq!(bounds, [2, 2, 2, 2, 3, 3, 4]);
        assert_eq!(frames.count(), 5);
        assert_eq!(frames.sum, Duration::from_micros(43_301));
    }

    #[test]
    fn what_a_thread_spends_is_measured() {
        let mut watch = Stopwatch::start();
        while cpu() < watch.cpu + Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        let spent = watch.lap();
        assert!(
            spent.cpu >= Duration::from_millis(5) && spent.time >= spent.cpu / 2,
            "{spent:?}"
        );
        assert!(watch.lap().cpu < Duration::from_millis(5));
    }
}
