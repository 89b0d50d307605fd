//! What has arrived lately, in bits per second.

use std::{collections::VecDeque, time::Duration};

/// Long enough for some frames of a slow picture, short enough to follow a path that changes.
const WINDOW: Duration = Duration::from_millis(500);

/// The least time over which bits are counted: less is one frame.
const LEAST: Duration = Duration::from_millis(200);

/// A moment that is long enough for some packets of a slow path.
const MOMENT: Duration = Duration::from_millis(200);

#[derive(Clone, Debug, Default)]
pub(crate) struct Throughput {
    arrived: VecDeque<(Duration, usize)>,
    bytes: usize,
    /// Since when packets have come without a pause.
    since: Option<Duration>,
    latest: Duration,
}

impl Throughput {
    pub(crate) fn add(&mut self, arrived: Duration, bytes: usize) {
        if arrived.abs_diff(self.latest) > WINDOW {
            *self = Self::default();
        }
        self.latest = self.latest.max(arrived);
        self.since.get_or_insert(arrived);
        self.arrived.push_back((arrived, bytes));
        self.bytes += bytes;
        while let Some((at, bytes)) = self.arrived.front().copied()
            && at + WINDOW < self.latest
        {
            self.arrived.pop_front();
            self.bytes -= bytes;
        }
    }

    /// Bits per second; `None` while too little is known. The first packet only says when it began.
    pub(crate) fn rate(&self) -> Option<f64> {
        let (first, bytes) = *self.arrived.front()?;
        let known = self.latest.saturating_sub(first);
        let counted = (self.bytes - bytes) as f64 * 8.0;
        (known >= LEAST).then(|| counted / known.as_secs_f64())
    }

    /// The fastest that packets have arrived after each other for a moment: what a path carries while a queue stands before
    /// it, however little was sent before and after.
    pub(crate) fn peak(&self) -> Option<f64> {
        let mut peak: Option<f64> = None;
        let mut first = 0;
        let mut bytes = 0;
        for (at, more) in self.arrived.iter().skip(1) {
            bytes += more;
            while let Some((next, less)) = self.arrived.get(first + 1).copied()
                && at.saturating_sub(next) >= MOMENT
            {
                bytes -= less;
                first += 1;
            }
            let passed = at.saturating_sub(self.arrived[first].0);
            if passed >= MOMENT {
                let rate = bytes as f64 * 8.0 / passed.as_secs_f64();
                peak = Some(peak.map_or(rate, |peak| peak.max(rate)));
            }
        }
        peak
    }

    /// Whether a whole window is known.
    pub(crate) fn is_full(&self) -> bool {
        self.since
            .is_some_and(|since| self.latest.saturating_sub(since) >= WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_rate_is_known_after_a_moment_and_forgotten_after_a_pause() {
        let mut throughput = Throughput::default();
        for at in (0..=190).step_by(10) {
            throughput.add(ms(at), 1_000);
            assert_eq!(throughput.rate(), None);
        }
        for at in (200..=2_000).step_by(10) {
            throughput.add(ms(at), 1_000);
        }
        // 100 packets of 8 000 bits a second.
        assert!(throughput.is_full());
        assert!(
            throughput
                .rate()
                .is_some_and(|rate| (rate - 800e3).abs() < 20e3)
        );
        throughput.add(ms(3_000), 1_000);
        assert_eq!(throughput.rate(), None);
    }

    #[test]
    fn the_peak_is_what_a_burst_arrives_with() {
        let mut throughput = Throughput::default();
        for at in [0, 100] {
            throughput.add(ms(at), 1_000);
        }
        // 1 000 bytes every 20 ms are 400 kbit/s.
        for at in (200..=440).step_by(20) {
            throughput.add(ms(at), 1_000);
        }
        assert!(throughput.rate().is_some_and(|rate| rate < 280e3));
        assert!(
            throughput
                .peak()
                .is_some_and(|peak| (peak - 400e3).abs() < 1.0)
        );
    }

    #[test]
    fn a_moment_of_nothing_has_no_peak() {
        let mut throughput = Throughput::default();
        assert_eq!(throughput.peak(), None);
        throughput.add(ms(0), 1_000);
        throughput.add(ms(199), 1_000);
        assert_eq!(throughput.peak(), None);
        throughput.add(ms(200), 1_000);
        assert_eq!(throughput.peak(), Some(80e3));
    }
}
