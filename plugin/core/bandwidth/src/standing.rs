//! How long packets wait in a queue that does not empty: the least delay of the last moment above the least of all
//! (as CoDel takes it, RFC 8289 section 3).
//!
//! A trend is seen only while a queue fills up quickly. A queue that fills up slowly, or stands, delays the sound that
//! goes the same way. Bursts and jitter do not count: some packet always gets through them at once.

use std::{collections::VecDeque, time::Duration};

/// The moment: some frames of a slow picture, and so many packets at least. Of a few packets all may have been late.
const MOMENT: Duration = Duration::from_millis(200);
const PACKETS: usize = 10;
const FEW: usize = 4;

/// The whole: in this time a path under control has been empty once, and clocks have drifted apart by less than 2 ms.
const WHOLE: Duration = Duration::from_secs(15);

#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    moment: VecDeque<(Duration, f64)>,
    whole: Least,
}

impl Standing {
    /// A packet has taken the path; its times are of different clocks.
    pub(crate) fn add(&mut self, sent: Duration, arrived: Duration) {
        let delay = (arrived.as_secs_f64() - sent.as_secs_f64()) * 1e3;
        self.whole.add(arrived, delay);
        self.moment.push_back((arrived, delay));
        let is_old = |(first, _): &(Duration, f64)| *first + MOMENT < arrived;
        while self.moment.len() > PACKETS && self.moment.front().is_some_and(is_old) {
            self.moment.pop_front();
        }
    }

    /// Milliseconds that all of the last moment have waited.
    pub(crate) fn wait(&self) -> f64 {
        self.least_of(usize::MAX)
    }

    /// Milliseconds that the last few have waited: what there is to a queue that is said to fill up.
    pub(crate) fn begins(&self) -> f64 {
        self.least_of(FEW)
    }

    fn least_of(&self, packets: usize) -> f64 {
        let delays = self
            .moment
            .iter()
            .rev()
            .take(packets)
            .map(|(_, delay)| *delay);
        match (delays.reduce(f64::min), self.whole.value()) {
            (Some(least), Some(whole)) => least - whole,
            _ => 0.0,
        }
    }

    /// The path is another: what was least before is not to be had any more.
    pub(crate) fn forget(&mut self) {
        self.whole = Least::default();
        for (arrived, delay) in &self.moment {
            self.whole.add(*arrived, *delay);
        }
    }
}

/// The least of the values in the [`WHOLE`] that ends with the last. Each in the line is less than all after it.
#[derive(Clone, Debug, Default)]
struct Least {
    line: VecDeque<(Duration, f64)>,
}

impl Least {
    fn add(&mut self, at: Duration, value: f64) {
        while self.line.back().is_some_and(|(_, last)| *last >= value) {
            self.line.pop_back();
        }
        self.line.push_back((at, value));
        while self
            .line
            .front()
            .is_some_and(|(first, _)| *first + WHOLE < at)
        {
            self.line.pop_front();
        }
    }

    fn value(&self) -> Option<f64> {
        self.line.front().map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets every 10 ms, each delayed by what `delay` says; answers the last wait.
    fn run(standing: &mut Standing, from: u64, packets: u64, delay: impl Fn(u64) -> u64) -> f64 {
        for packet in from..from + packets {
            let sent = Duration::from_millis(packet * 10);
            standing.add(sent, sent + Duration::from_millis(5_000 + delay(packet)));
        }
        standing.wait().round()
    }

    #[test]
    fn a_queue_that_stands_is_seen_and_bursts_are_not() {
        let mut standing = Standing::default();
        assert_eq!(standing.wait(), 0.0);
        assert_eq!(run(&mut standing, 0, 100, |_| 20), 0.0);
        assert_eq!(
            run(&mut standing, 100, 100, |packet| 20 + packet % 8 * 10),
            0.0
        );
        assert_eq!(
            run(&mut standing, 200, 100, |packet| 60 + packet % 8 * 10),
            40.0
        );
        let begun = Duration::from_millis(3_000);
        for (packet, begins) in [50.0, 60.0, 70.0, 100.0].into_iter().enumerate() {
            standing.add(begun, begun + Duration::from_millis(5_120 + packet as u64));
            let waits = (standing.begins().round(), standing.wait().round());
            assert_eq!(waits, (begins, 40.0));
        }
        standing.forget();
        assert_eq!(
            run(&mut standing, 300, 100, |packet| 60 + packet % 8 * 10),
            0.0
        );
    }

    #[test]
    fn the_least_is_forgotten_in_time() {
        let mut standing = Standing::default();
        run(&mut standing, 0, 1, |_| 20);
        assert_eq!(run(&mut standing, 1, 1_490, |_| 60), 40.0);
        assert_eq!(run(&mut standing, 1_491, 20, |_| 60), 0.0);
    }
}
