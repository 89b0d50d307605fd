//! When packets leave, so that a picture's burst does not fill the queue before the narrowest line.
//!
//! A key frame is ten times a frame's usual size. Sent at once it would stand in some router's queue for as long as the line
//! takes for it, and the sound that comes after it would stand behind it. So what the way is known not to carry at once waits
//! here, where sound does not pass.

use std::{collections::VecDeque, time::Duration};

/// So much faster than the way is known to carry: an estimate is cautious, and what waits here helps nobody.
const FASTER: f64 = 1.25;

/// So much may leave ahead of its time: nobody is to wake up for every packet.
const AHEAD: Duration = Duration::from_millis(5);

/// No packet waits longer: rather than that, the queue is sent faster than the way carries.
const LONGEST: Duration = Duration::from_millis(400);

/// Packets on their way to one receiver.
#[derive(Clone, Debug)]
pub struct Pacer<T> {
    /// Bits per second that the way is known to carry; `None`: nothing is known, and nothing waits.
    estimate: Option<u64>,
    queue: VecDeque<Waiting<T>>,
    /// Octets in it.
    queued: usize,
    /// For how long what has left keeps the way busy.
    busy: Duration,
}

#[derive(Clone, Debug)]
struct Waiting<T> {
    since: Duration,
    octets: usize,
    packet: T,
}

impl<T> Default for Pacer<T> {
    fn default() -> Self {
        Self {
            estimate: None,
            queue: VecDeque::new(),
            queued: 0,
            busy: Duration::ZERO,
        }
    }
}

impl<T> Pacer<T> {
    /// How many bits per second the way carries, as far as is known.
    pub fn set_estimate(&mut self, estimate: Option<u64>) {
        self.estimate = estimate;
    }

    /// A packet of so many octets is to leave, behind those that wait. `now` is monotonic time from any origin.
    pub fn push(&mut self, now: Duration, octets: usize, packet: T) {
        self.queued += octets;
        self.queue.push_back(Waiting {
            since: now,
            octets,
            packet,
        });
    }

    /// The next packet, if its time has come; ask until there is none.
    pub fn poll(&mut self, now: Duration) -> Option<T> {
        if self.deadline().is_none_or(|due| due > now) {
            return None;
        }
        let takes = |octets: usize, rate: f64| Duration::from_secs_f64(octets as f64 * 8.0 / rate);
        let rate = self.rate();
        let Waiting { octets, packet, .. } = self.queue.pop_front()?;
        self.queued -= octets;
        let taken = rate.map_or(Duration::ZERO, |rate| takes(octets, rate));
        self.busy = self.busy.max(now) + taken;
        Some(packet)
    }

    /// When [`poll`](Self::poll) has a packet. `None`: none waits.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let first = self.queue.front()?;
        Some(match self.estimate {
            Some(_) => (first.since + LONGEST).min(self.busy.saturating_sub(AHEAD)),
            None => first.since,
        })
    }

    /// Bits per second at which packets leave.
    fn rate(&self) -> Option<f64> {
        let hurry = self.queued as f64 * 8.0 / LONGEST.as_secs_f64();
        self.estimate
            .map(|estimate| (estimate as f64 * FASTER).max(hurry).max(1.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// When each packet leaves, if somebody wakes up for it.
    fn leave(pacer: &mut Pacer<u32>, mut now: Duration) -> Vec<(Duration, u32)> {
        let mut left = Vec::new();
        while let Some(due) = pacer.deadline() {
            now = now.max(due);
            left.push((now, pacer.poll(now).unwrap()));
        }
        left
    }

    #[test]
    fn where_nothing_is_known_nothing_waits() {
        let mut pacer = Pacer::default();
        (0..100).for_each(|packet| pacer.push(MS, 1_200, packet));
        let left = leave(&mut pacer, MS);
        assert!(left.iter().all(|(at, _)| *at == MS));
        assert_eq!(left.len(), 100);
    }

    #[test]
    fn a_burst_leaves_as_fast_as_the_way_carries() {
        let mut pacer = Pacer::default();
        pacer.set_estimate(Some(400_000));
        // 12 000 octets at 500 kbit/s: 192 ms, the first 5 ms of them at once.
        (0..10).for_each(|packet| pacer.push(MS, 1_200, packet));
        let left = leave(&mut pacer, MS);
        assert_eq!(left[0].0, MS);
        let last = left[9].0.as_millis();
        assert!((160..=175).contains(&last), "{last} ms");
        let order: Vec<_> = left.iter().map(|(_, packet)| *packet).collect();
        assert_eq!(order, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_frame_that_fits_is_not_held() {
        let mut pacer = Pacer::default();
        pacer.set_estimate(Some(400_000));
        for frame in 0..25 {
            let now = frame * 40 * MS;
            pacer.push(now, 1_200, frame);
            assert_eq!(pacer.poll(now), Some(frame));
            assert_eq!(pacer.deadline(), None);
        }
    }

    #[test]
    fn nothing_waits_for_ever() {
        let mut pacer = Pacer::default();
        pacer.set_estimate(Some(10_000));
        (0..100).for_each(|packet| pacer.push(MS, 1_200, packet));
        let left = leave(&mut pacer, MS);
        assert_eq!(left[99].0, MS + LONGEST);
        let half = left.iter().position(|(at, _)| *at > LONGEST / 2).unwrap();
        assert!((30..60).contains(&half), "{half} in half of the time");
        assert_eq!((pacer.deadline(), pacer.queued), (None, 0));
    }

    proptest! {
        #[test]
        fn packets_keep_their_order_and_wait_not_too_long(
            sizes in proptest::collection::vec((1_usize..1_500, 0_u64..60), 1..200),
            estimate in 100_000_u64..5_000_000,
        ) {
            let mut pacer = Pacer::default();
            pacer.set_estimate(Some(estimate));
            let (mut now, mut came, mut left) = (Duration::ZERO, Vec::new(), Vec::new());
            for (packet, (octets, pause)) in sizes.iter().enumerate() {
                came.push(now);
                pacer.push(now, *octets, packet);
                let until = now + Duration::from_millis(*pause);
                while let Some(due) = pacer.deadline().filter(|due| *due <= until) {
                    now = now.max(due);
                    left.extend(pacer.poll(now).map(|packet| (now, packet)));
                }
                now = until;
            }
            while let Some(due) = pacer.deadline() {
                now = now.max(due);
                left.extend(pacer.poll(now).map(|packet| (now, packet)));
            }
            prop_assert_eq!(left.len(), came.len());
            for (place, (at, packet)) in left.iter().enumerate() {
                prop_assert_eq!(*packet, place);
                prop_assert!(*at - came[place] <= LONGEST);
            }
        }
    }
}
