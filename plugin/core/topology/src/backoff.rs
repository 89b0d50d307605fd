//! When a failed pair may be tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(300);

/// Grows from 10 s, twofold each time, to 5 min.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(crate) const NEW: Self = Self { failures: 0 };

    /// One more failure; when to try again.
    pub(crate) fn fail(&mut self, now: Duration) -> Duration {
        let wait = FIRST
            .saturating_mul(1 << self.failures.min(10))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        now + wait
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_five_minutes() {
        let mut backoff = Backoff::NEW;
        let waits: Vec<_> = (0..7)
            .map(|_| backoff.fail(Duration::ZERO).as_secs())
            .collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
        backoff.reset();
        assert_eq!(backoff.fail(Duration::ZERO).as_secs(), 10);
    }
}
