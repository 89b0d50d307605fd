//! One direction of a line with the packets that are on it.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    time::Duration,
};

use crate::{
    impairment::Impairment,
    shaper::{Counts, Fate, Shaper},
};

/// Packets go in at one end and come out of the other when their time has come.
#[derive(Debug)]
pub struct Line<P> {
    shaper: Shaper,
    on_the_way: BinaryHeap<Reverse<Traveller<P>>>,
    entered: u64,
}

/// Sorted by when it leaves; of those that leave together, who came first goes first.
#[derive(Debug)]
struct Traveller<P> {
    leaves: Duration,
    number: u64,
    packet: P,
}

impl<P: AsRef<[u8]>> Line<P> {
    /// An empty line.
    #[must_use]
    pub fn new(settings: Impairment) -> Self {
        Self {
            shaper: Shaper::new(settings),
            on_the_way: BinaryHeap::new(),
            entered: 0,
        }
    }

    /// A packet enters; whether and when it will leave is decided now.
    pub fn handle(&mut self, now: Duration, packet: P) -> Fate {
        let fate = self.shaper.handle(now, packet.as_ref().len());
        if let Fate::Leaves(leaves) = fate {
            self.entered += 1;
            let number = self.entered;
            self.on_the_way.push(Reverse(Traveller {
                leaves,
                number,
                packet,
            }));
        }
        fate
    }

    /// The next packet whose time has come.
    pub fn poll(&mut self, now: Duration) -> Option<P> {
        if self.deadline()? > now {
            return None;
        }
        self.on_the_way
            .pop()
            .map(|Reverse(traveller)| traveller.packet)
    }

    /// When the next packet leaves.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.on_the_way
            .peek()
            .map(|Reverse(traveller)| traveller.leaves)
    }

    /// From now on, for packets that enter.
    pub fn set(&mut self, settings: Impairment) {
        self.shaper.set(settings);
    }

    /// What became of all so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shaper.counts()
    }
}

impl<P> Ord for Traveller<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.leaves, self.number).cmp(&(other.leaves, other.number))
    }
}

impl<P> PartialOrd for Traveller<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<P> PartialEq for Traveller<P> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<P> Eq for Traveller<P> {}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn packets_come_out_when_it_is_time_and_in_order() {
        let mut line = Line::new(Impairment {
            delay_ms: 10,
            ..Default::default()
        });
        for (now, packet) in [(0, b"a"), (0, b"b"), (5, b"c")] {
            line.handle(ms(now), packet);
        }
        assert_eq!(line.deadline(), Some(ms(10)));
        assert_eq!(line.poll(ms(9)), None);
        let due: Vec<_> = std::iter::from_fn(|| line.poll(ms(10))).collect();
        assert_eq!(due, [b"a", b"b"]);
        assert_eq!(line.poll(ms(15)), Some(b"c"));
        assert_eq!(line.deadline(), None);
    }
}
