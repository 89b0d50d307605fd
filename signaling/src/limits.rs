//! Token buckets: how often a client may do what costs us something. Pure; the time is a parameter.

use std::{collections::HashMap, hash::Hash, time::Duration};

/// How much may be done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// At once, after a rest.
    pub burst: f64,
    /// In the long run.
    pub per_second: f64,
}

/// One bucket. Full to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    tokens: f64,
    at: Duration,
}

impl Bucket {
    /// A full bucket at `now`, in any monotonic time.
    #[must_use]
    pub fn full(rate: Rate, now: Duration) -> Self {
        Self {
            tokens: rate.burst,
            at: now,
        }
    }

    /// Takes one token, if there is one.
    pub fn take(&mut self, rate: Rate, now: Duration) -> bool {
        self.fill(rate, now);
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }

    fn fill(&mut self, rate: Rate, now: Duration) {
        let rested = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + rested * rate.per_second).min(rate.burst);
        self.at = self.at.max(now);
    }

    fn is_full(&self, rate: Rate, now: Duration) -> bool {
        let rested = now.saturating_sub(self.at).as_secs_f64();
        self.tokens + rested * rate.per_second >= rate.burst
    }
}

/// A bucket for each client. Full buckets are forgotten, so that many clients cost no memory for long.
#[derive(Debug)]
pub struct Buckets<K> {
    rate: Rate,
    by_client: HashMap<K, Bucket>,
    sweep_at: usize,
}

const FIRST_SWEEP: usize = 1024;

impl<K: Eq + Hash> Buckets<K> {
    /// No client yet.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            by_client: HashMap::new(),
            sweep_at: FIRST_SWEEP,
        }
    }

    /// Takes one of `client`'s tokens, if he has one.
    pub fn take(&mut self, client: K, now: Duration) -> bool {
        self.sweep(now);
        let rate = self.rate;
        self.by_client
            .entry(client)
            .or_insert_with(|| Bucket::full(rate, now))
            .take(rate, now)
    }

    fn sweep(&mut self, now: Duration) {
        if self.by_client.len() >= self.sweep_at {
            let rate = self.rate;
            self.by_client
                .retain(|_, bucket| !bucket.is_full(rate, now));
            self.sweep_at = FIRST_SWEEP.max(2 * self.by_client.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3.0,
        per_second: 0.5,
    };

    fn second(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut buckets = Buckets::new(RATE);
        let granted: Vec<bool> = [0, 0, 0, 0, 1, 2, 3, 4, 100, 100, 100, 100]
            .map(|at| buckets.take("ann", second(at)))
            .into();
        let expected = [
            true, true, true, false, false, true, false, true, true, true, true, false,
        ];
        assert_eq!(granted, expected);
    }

    #[test]
    fn clients_do_not_share() {
        let mut buckets = Buckets::new(RATE);
        while buckets.take("ann", second(0)) {}
        assert!(buckets.take("bob", second(0)));
    }

    #[test]
    fn time_that_goes_back_gives_nothing() {
        let mut bucket = Bucket::full(RATE, second(10));
        while bucket.take(RATE, second(10)) {}
        assert!(!bucket.take(RATE, second(5)));
        assert!(!bucket.take(RATE, second(10)));
    }

    #[test]
    fn rested_clients_are_forgotten() {
        let mut buckets = Buckets::new(RATE);
        for client in 0..10_000_u64 {
            buckets.take(client, second(client * 10));
        }
        assert!(buckets.by_client.len() <= FIRST_SWEEP);
    }
}
