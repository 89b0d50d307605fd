//! A token bucket: so many at once, then so many a second.

use std::time::{Duration, Instant};

/// Full at first: `BURST` tokens, and `RATE` new ones a second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket<const RATE: u32, const BURST: u32> {
    tokens: u32,
    filled: Option<Instant>,
}

impl<const RATE: u32, const BURST: u32> Bucket<RATE, BURST> {
    /// Whether there was one more.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let left = self.tokens.checked_sub(1);
        self.tokens = left.unwrap_or(0);
        left.is_some()
    }

    fn fill(&mut self, now: Instant) {
        let Some(filled) = self.filled else {
            *self = Self {
                tokens: BURST,
                filled: Some(now),
            };
            return;
        };
        let passed = now.saturating_duration_since(filled);
        let new = (passed.as_micros() * u128::from(RATE) / 1_000_000).min(u128::from(BURST)) as u32;
        if new > 0 {
            self.tokens = (self.tokens + new).min(BURST);
            self.filled = Some(filled + Duration::from_secs(1) / RATE * new);
        }
        if new == BURST {
            self.filled = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bucket: &mut Bucket<2, 16>, now: Instant) -> usize {
        (0..100).filter(|_| bucket.take(now)).count()
    }

    #[test]
    fn the_burst_comes_at_once_and_the_rate_with_time() {
        let (mut bucket, start) = (Bucket::default(), Instant::now());
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        let table = [
            (0, 16),
            (499, 0),
            (500, 1),
            (999, 0),
            (4_250, 7),
            (4_500, 1),
        ];
        for (milliseconds, expected) in table {
            let found = taken(&mut bucket, after(milliseconds));
            assert_eq!(found, expected, "at {milliseconds} ms");
        }
        assert_eq!(taken(&mut bucket, after(3_600_000)), 16);
    }
}
