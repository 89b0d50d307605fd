//! When does this packet leave the line, or what becomes of it? Only the decision is here, and neither the packet nor
//! a clock.

use std::time::Duration;

use serde::Serialize;

use crate::impairment::{Impairment, Loss};

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It comes out at this time.
    Leaves(Duration),
    /// It does not.
    Dropped(DropReason),
}

/// Why a packet does not come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// The line loses it.
    Lost,
    /// It would have had to wait longer than the queue is.
    QueueFull,
}

/// What became of all packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Packets that come out.
    pub passed: u64,
    /// Their octets.
    pub passed_octets: u64,
    /// Packets that the line lost.
    pub lost: u64,
    /// Packets for which the queue had no room.
    pub queue_full: u64,
}

/// One direction of a line: first the loss, then the rate with its queue, then the delay.
#[derive(Debug, Default)]
pub struct Shaper {
    settings: Impairment,
    random: Random,
    /// The place in the pattern of losses.
    place: usize,
    /// When the line is free for the next packet.
    free: Duration,
    last: Duration,
    counts: Counts,
}

impl Shaper {
    /// A direction with these settings.
    #[must_use]
    pub fn new(settings: Impairment) -> Self {
        let mut shaper = Self::default();
        shaper.set(settings);
        shaper
    }

    /// From now on. What is on its way stays as it was decided; patterns and random numbers begin anew.
    pub fn set(&mut self, settings: Impairment) {
        self.random = Random(settings.seed);
        self.place = 0;
        self.settings = settings;
    }

    /// A packet of `octets` enters the line. `now` never goes back.
    pub fn handle(&mut self, now: Duration, octets: usize) -> Fate {
        let fate = self.decide(now, octets);
        match fate {
            Fate::Leaves(_) => {
                self.counts.passed += 1;
                self.counts.passed_octets += octets as u64;
            }
            Fate::Dropped(DropReason::Lost) => self.counts.lost += 1,
            Fate::Dropped(DropReason::QueueFull) => self.counts.queue_full += 1,
        }
        fate
    }

    /// What became of all so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn decide(&mut self, now: Duration, octets: usize) -> Fate {
        if self.loses() {
            return Fate::Dropped(DropReason::Lost);
        }
        let Some(sent) = self.take_turn(now, octets) else {
            return Fate::Dropped(DropReason::QueueFull);
        };
        let arrives = sent + self.travel();
        if self.settings.reorder {
            return Fate::Leaves(arrives);
        }
        self.last = self.last.max(arrives);
        Fate::Leaves(self.last)
    }

    fn loses(&mut self) -> bool {
        match &self.settings.loss {
            Loss::Random(share) => *share > 0.0 && self.random.next() < *share,
            Loss::Pattern(pattern) => {
                let place = self.place;
                self.place = (place + 1) % pattern.len();
                pattern.as_bytes()[place] == b'x'
            }
        }
    }

    /// When the packet's last bit is on the line; `None` if it cannot wait for so long.
    fn take_turn(&mut self, now: Duration, octets: usize) -> Option<Duration> {
        if self.settings.rate_kbps.is_none() {
            self.free = now;
            return Some(now);
        }
        let begins = self.free.max(now);
        if begins - now > self.settings.queue() {
            return None;
        }
        self.free = begins + self.settings.duration_of(octets);
        Some(self.free)
    }

    fn travel(&mut self) -> Duration {
        let (delay, jitter) = (self.settings.delay(), self.settings.jitter());
        if jitter.is_zero() {
            return delay;
        }
        (delay + 2 * jitter.mul_f64(self.random.next())).saturating_sub(jitter)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): enough for loss and jitter, and the same everywhere.
#[derive(Debug, Default)]
struct Random(u64);

impl Random {
    /// From 0 to below 1, evenly.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn at(fate: Fate) -> Duration {
        match fate {
            Fate::Leaves(at) => at,
            Fate::Dropped(reason) => panic!("{reason:?}"),
        }
    }

    #[test]
    fn a_perfect_line_keeps_nothing() {
        let mut line = Shaper::default();
        assert_eq!(line.handle(ms(7), 1500), Fate::Leaves(ms(7)));
        let counts = line.counts();
        assert_eq!((counts.passed, counts.passed_octets), (1, 1500));
    }

    #[test]
    fn delay_is_added() {
        let mut line = Shaper::new(Impairment {
            delay_ms: 40,
            ..Default::default()
        });
        assert_eq!(line.handle(ms(1), 100), Fate::Leaves(ms(41)));
    }

    #[test]
    fn exactly_these_are_lost() {
        let loss = Loss::Pattern("..x".to_owned());
        let mut line = Shaper::new(Impairment {
            loss,
            ..Default::default()
        });
        let passes = |fate| matches!(fate, Fate::Leaves(_));
        let passed: Vec<_> = (0..7).map(|i| passes(line.handle(ms(i), 100))).collect();
        assert_eq!(passed, [true, true, false, true, true, false, true]);
        assert_eq!(line.counts().lost, 2);
    }

    #[test]
    fn random_loss_is_the_same_for_the_same_seed() {
        let lost = |seed| {
            let loss = Loss::Random(0.25);
            let mut line = Shaper::new(Impairment {
                loss,
                seed,
                ..Default::default()
            });
            let fates = (0..4000)
                .map(|_| line.handle(ms(0), 100))
                .collect::<Vec<_>>();
            (fates, line.counts().lost)
        };
        assert_eq!(lost(1), lost(1));
        assert_ne!(lost(1).0, lost(2).0);
        // The binomial distribution's standard deviation is 27 here.
        assert!(lost(1).1.abs_diff(1000) < 110, "{}", lost(1).1);
    }

    #[test]
    fn a_rate_spreads_packets_and_a_full_queue_drops() {
        let settings = Impairment {
            rate_kbps: Some(800),
            queue_ms: Some(25),
            ..Default::default()
        };
        let mut line = Shaper::new(settings);
        // 1000 octets take 10 ms.
        let fates: Vec<_> = (0..5).map(|_| line.handle(ms(0), 1000)).collect();
        let left = [10, 20, 30].map(|at| Fate::Leaves(ms(at)));
        assert_eq!(fates[..3], left);
        assert_eq!(fates[3..], [Fate::Dropped(DropReason::QueueFull); 2]);
        assert_eq!(line.counts().queue_full, 2);
        assert_eq!(
            line.handle(ms(6), 1000),
            Fate::Leaves(ms(40)),
            "there is room again"
        );
    }

    #[test]
    fn settings_change_in_mid_run() {
        let mut line = Shaper::new(Impairment {
            delay_ms: 100,
            ..Default::default()
        });
        assert_eq!(at(line.handle(ms(0), 100)), ms(100));
        line.set(Impairment {
            loss: Loss::Pattern("x".to_owned()),
            ..Default::default()
        });
        assert_eq!(line.handle(ms(1), 100), Fate::Dropped(DropReason::Lost));
        line.set(Impairment::default());
        assert_eq!(
            at(line.handle(ms(2), 100)),
            ms(100),
            "nobody overtakes what is on its way"
        );
        assert_eq!(at(line.handle(ms(101), 100)), ms(101));
    }

    #[test]
    fn jitter_lets_packets_overtake_only_if_told() {
        let leaves = |reorder| {
            let settings = Impairment {
                delay_ms: 30,
                jitter_ms: 20,
                reorder,
                ..Default::default()
            };
            let mut line = Shaper::new(settings);
            (0..100)
                .map(|i| at(line.handle(ms(i), 100)))
                .collect::<Vec<_>>()
        };
        assert!(leaves(false).is_sorted());
        assert!(!leaves(true).is_sorted());
    }

    proptest! {
        #[test]
        fn a_packet_is_as_late_as_its_line_allows(
            delay_ms in 0_u32..200,
            jitter_ms in 0_u32..50,
            rate_kbps in proptest::option::of(100_u32..10_000),
            seed: u64,
            packets in proptest::collection::vec((0_u64..20, 60_usize..1500), 1..200),
        ) {
            let settings = Impairment { delay_ms, jitter_ms, rate_kbps, seed, ..Default::default() };
            let mut line = Shaper::new(settings.clone());
            let (mut now, mut last) = (Duration::ZERO, Duration::ZERO);
            for (pause, octets) in packets {
                now += ms(pause);
                if let Fate::Leaves(at) = line.handle(now, octets) {
                    let longest = settings.queue() + settings.duration_of(octets)
                        + settings.delay() + settings.jitter();
                    prop_assert!(at + settings.jitter() >= now + settings.delay());
                    prop_assert!(at <= (now + longest).max(last));
                    prop_assert!(at >= last);
                    last = at;
                }
            }
        }
    }
}
