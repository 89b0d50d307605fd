//! The rate that delays allow (draft section 5.5): additive increase near what the path is known to carry,
//! multiplicative far from it, and a decrease below what still arrives when a queue fills up.

use std::time::Duration;

use crate::throughput::Throughput;

/// What is left of what the path carries when a queue fills up, and when it stands; the rest empties
/// the queue.
const FILLING: f64 = 0.85;
const STANDING: f64 = 0.92;

/// How much faster per second, while it is not known what the path carries, and near what it has carried: there each
/// step too far is a delay for the sound that goes the same way.
const INCREASE: f64 = 1.08;
const NEAR_INCREASE: f64 = 1.02;

/// What is near, as shares of what arrived when a queue filled up. Above, the path has changed.
const NEAR: std::ops::RangeInclusive<f64> = 0.90..=1.05;

/// What is more than arrives, and what is most of the rate.
const MORE: f64 = 1.1;
const MOST: f64 = 0.5;

/// Where browsers begin: less says only that little was sent.
const START: f64 = 300e3;

/// Never less than what a postage stamp at ten frames per second needs: of less nobody has a picture.
pub(crate) const LEAST: f64 = 60e3;

/// An estimate runs ahead of what arrives at most by this.
const AHEAD: f64 = 1.5;
const AHEAD_BITS: f64 = 10e3;

/// The share by which what is known of the path follows a new measurement.
const CAPACITY_FOLLOWS: f64 = 0.25;

/// What the queue on the path does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// It is empty, or nearly.
    Empty,
    /// It fills up.
    Filling,
    /// It is as long as it was, and too long.
    Standing,
    /// It empties.
    Emptying,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Rate {
    bits: Option<f64>,
    /// What the path carried when there was a queue.
    capacity: Option<f64>,
    /// The last step upward or downward, from which growth is counted.
    changed: Option<Duration>,
    decreased: Option<Duration>,
    /// Hold until the usage is normal again.
    holds: bool,
}

impl Rate {
    pub(crate) fn bits(&self) -> Option<f64> {
        self.bits
    }

    /// A step of control; answers whether it went down. `response` is how long it takes until a change of the rate is seen
    /// here.
    pub(crate) fn step(
        &mut self,
        now: Duration,
        queue: Queue,
        sent: &Throughput,
        arrived: &Throughput,
        response: Duration,
    ) -> bool {
        let lowered = match queue {
            Queue::Filling => self.decrease(now, (sent, arrived), FILLING, response),
            Queue::Standing => self.decrease(now, (sent, arrived), STANDING, response),
            Queue::Empty | Queue::Emptying => false,
        };
        match arrived.rate() {
            Some(arriving) if queue == Queue::Empty && !self.holds && arrived.is_full() => {
                self.increase(now, arriving);
            }
            _ => self.changed = Some(now),
        }
        self.holds = queue != Queue::Empty;
        lowered
    }

    /// The queue is there, so what arrives at its fastest is what the path carries.
    fn decrease(
        &mut self,
        now: Duration,
        (sent, arrived): (&Throughput, &Throughput),
        left: f64,
        response: Duration,
    ) -> bool {
        let Some(mean) = arrived.rate() else {
            return false;
        };
        let carried = arrived.peak().map_or(mean, |peak| peak.max(mean));
        if !self.is_ours(sent.rate().unwrap_or(0.0), carried) {
            return false;
        }
        let again = self
            .decreased
            .is_none_or(|last| now.saturating_sub(last) >= response);
        let far_off = self.bits.is_none_or(|bits| carried < bits / 2.0);
        if !again && !far_off {
            return false;
        }
        self.decreased = Some(now);
        self.capacity = Some(measured(self.capacity, carried));
        let lowered = (carried * left).max(LEAST);
        self.bits = Some(self.bits.map_or(lowered, |bits| bits.min(lowered)));
        true
    }

    /// Whether a queue can be of our packets: we have sent more than arrives, or most of what we might. Else somebody was
    /// busy who should have handled them, and to send less would not make him any faster.
    fn is_ours(&self, sent: f64, carried: f64) -> bool {
        sent > carried * MORE || self.bits.is_none_or(|bits| sent > bits * MOST)
    }

    fn increase(&mut self, now: Duration, arriving: f64) {
        let Some(bits) = self.bits else {
            self.bits = Some(arriving.max(START));
            self.changed = Some(now);
            return;
        };
        let passed = now.saturating_sub(self.changed.replace(now).unwrap_or(now));
        let seconds = passed.as_secs_f64().min(1.0);
        let known = self.capacity.map(|capacity| bits / capacity);
        if known.is_some_and(|known| known > *NEAR.end()) {
            self.capacity = None;
        }
        let near = known.is_some_and(|known| NEAR.contains(&known));
        let increase = if near { NEAR_INCREASE } else { INCREASE };
        let grown = bits * increase.powf(seconds);
        self.bits = Some(bits.max(grown.min(arriving * AHEAD + AHEAD_BITS)));
    }
}

/// What is known of a path, after something new was measured.
fn measured(known: Option<f64>, carried: f64) -> f64 {
    match known.filter(|known| NEAR.contains(&(carried / known))) {
        Some(known) => known + CAPACITY_FOLLOWS * (carried - known),
        None => carried,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: Duration = Duration::from_millis(200);

    /// Packets every 20 ms for half a second until then, of so many bits per second.
    fn arriving(until: u64, bits: f64) -> Throughput {
        let mut throughput = Throughput::default();
        for at in (until.saturating_sub(500)..=until).step_by(20) {
            throughput.add(Duration::from_millis(at), (bits / 8.0 / 50.0) as usize);
        }
        throughput
    }

    fn step(rate: &mut Rate, at: u64, queue: Queue, bits: f64) -> f64 {
        let at = at + 1_000;
        rate.step(
            Duration::from_millis(at),
            queue,
            &arriving(at, 1e6),
            &arriving(at, bits),
            RESPONSE,
        );
        (rate.bits().unwrap_or(0.0) / 1e3).round()
    }

    #[test]
    fn it_begins_where_browsers_begin_or_where_traffic_is() {
        assert_eq!(
            step(&mut Rate::default(), 0, Queue::Empty, 50e3),
            START / 1e3
        );
        assert!(step(&mut Rate::default(), 0, Queue::Empty, 2e6) > 1_999.0);
    }

    #[test]
    fn it_falls_below_what_arrives_and_not_twice_for_one_queue() {
        let mut rate = Rate::default();
        step(&mut rate, 0, Queue::Empty, 1e6);
        assert_eq!(step(&mut rate, 100, Queue::Filling, 400e3), 340.0);
        assert_eq!(step(&mut rate, 150, Queue::Filling, 380e3), 340.0);
        assert_eq!(step(&mut rate, 300, Queue::Filling, 380e3), 323.0);
        assert_eq!(step(&mut rate, 500, Queue::Standing, 300e3), 276.0);
    }

    #[test]
    fn it_holds_while_the_queue_empties() {
        let mut rate = Rate::default();
        step(&mut rate, 0, Queue::Empty, 1e6);
        let lowered = step(&mut rate, 100, Queue::Filling, 1e6);
        for at in (200..2_000).step_by(100) {
            assert_eq!(step(&mut rate, at, Queue::Emptying, 850e3), lowered);
        }
        step(&mut rate, 2_000, Queue::Empty, 850e3);
        assert!(step(&mut rate, 3_000, Queue::Empty, 850e3) > lowered);
    }

    #[test]
    fn a_queue_that_cannot_be_ours_changes_nothing() {
        let mut rate = Rate::default();
        let before = step(&mut rate, 0, Queue::Empty, 1e6);
        let little = arriving(2_000, 100e3);
        let at = Duration::from_secs(2);
        assert!(!rate.step(at, Queue::Standing, &little, &little, RESPONSE));
        assert!(!rate.step(at, Queue::Filling, &little, &little, RESPONSE));
        assert_eq!(step(&mut rate, 1_000, Queue::Emptying, 100e3), before);
    }

    #[test]
    fn near_what_the_path_carries_it_grows_slowly() {
        let mut rate = Rate::default();
        step(&mut rate, 0, Queue::Empty, 500e3);
        step(&mut rate, 100, Queue::Filling, 400e3);
        let mut seconds = (1..).map(|second| step(&mut rate, second * 1_000, Queue::Empty, 400e3));
        let mut until = |bits: f64| seconds.by_ref().take_while(|grown| *grown < bits).count();
        assert!(until(360.0) <= 2);
        assert!((6..=9).contains(&until(420.0)));
    }

    #[test]
    fn it_does_not_run_away_from_what_is_sent() {
        let mut rate = Rate::default();
        for at in (0..60_000).step_by(100) {
            step(&mut rate, at, Queue::Empty, 400e3);
        }
        assert!(
            rate.bits()
                .is_some_and(|bits| (609e3..640e3).contains(&bits))
        );
    }

    #[test]
    fn nothing_arriving_changes_nothing() {
        let mut rate = Rate::default();
        let before = step(&mut rate, 0, Queue::Empty, 1e6);
        let (minute, nothing) = (Duration::from_secs(60), Throughput::default());
        for queue in [
            Queue::Empty,
            Queue::Filling,
            Queue::Standing,
            Queue::Emptying,
        ] {
            assert!(!rate.step(minute, queue, &nothing, &nothing, RESPONSE));
        }
        step(&mut rate, 60_000, Queue::Empty, 1e6);
        assert!(step(&mut rate, 60_100, Queue::Empty, 1e6) < before * 1.1);
    }
}
