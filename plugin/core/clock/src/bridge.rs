//! A foreign clock (a sound card's, a network clock) seen from the process's monotonic clock.

use std::time::Duration;

/// How far a single observation may be from the estimate before it counts as a step of the foreign clock, not as noise.
const STEP: i64 = 20_000_000;

/// Share of a new observation in the estimate: 1/16 follows a drift of 200 ppm within a tenth of a millisecond.
const SHARE: i64 = 16;

/// Converts times of a foreign clock to monotonic time and back, calibrated by observations of both clocks at one
/// instant. The same clock on both sides converts exactly.
#[derive(Clone, Debug, Default)]
pub struct Bridge {
    /// Monotonic minus foreign, in nanoseconds.
    offset: Option<i64>,
}

impl Bridge {
    /// Takes note that `foreign` and `monotonic` were read at the same instant.
    pub fn observe(&mut self, foreign: Duration, monotonic: Duration) {
        let seen = signed(monotonic) - signed(foreign);
        self.offset = Some(match self.offset {
            Some(old) if (seen - old).abs() < STEP => old + (seen - old) / SHARE,
            _ => seen,
        });
    }

    /// The monotonic time of a foreign one; `None` before the first observation.
    #[must_use]
    pub fn to_monotonic(&self, foreign: Duration) -> Option<Duration> {
        self.offset.map(|offset| unsigned(signed(foreign) + offset))
    }

    /// The foreign time of a monotonic one; `None` before the first observation.
    #[must_use]
    pub fn to_foreign(&self, monotonic: Duration) -> Option<Duration> {
        self.offset
            .map(|offset| unsigned(signed(monotonic) - offset))
    }
}

/// 292 years of nanoseconds fit.
fn signed(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

fn unsigned(nanoseconds: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn knows_nothing_before_it_has_seen_both() {
        assert_eq!(Bridge::default().to_monotonic(Duration::ZERO), None);
    }

    #[test]
    fn a_step_is_followed_at_once() {
        let mut bridge = Bridge::default();
        bridge.observe(Duration::from_secs(1), Duration::from_secs(5));
        bridge.observe(Duration::from_secs(2), Duration::from_secs(9));
        assert_eq!(
            bridge.to_monotonic(Duration::from_secs(2)),
            Some(Duration::from_secs(9))
        );
    }

    #[test]
    fn a_drift_of_200_ppm_is_followed_within_a_millisecond() {
        let mut bridge = Bridge::default();
        for frame in 0..50_000_u64 {
            let foreign = frame * 20_000_000;
            bridge.observe(
                Duration::from_nanos(foreign),
                Duration::from_nanos(foreign + foreign / 5_000),
            );
        }
        let foreign = Duration::from_secs(1_000);
        let error = bridge
            .to_monotonic(foreign)
            .unwrap()
            .abs_diff(Duration::from_millis(1_000_200));
        assert!(error < Duration::from_millis(1), "{error:?}");
    }

    proptest! {
        #[test]
        fn there_and_back(foreign in 0..1_u64 << 40, ahead in 0..1_u64 << 40, at in 0..1_u64 << 40) {
            let mut bridge = Bridge::default();
            bridge.observe(Duration::from_nanos(foreign), Duration::from_nanos(foreign + ahead));
            let at = Duration::from_nanos(at);
            let monotonic = bridge.to_monotonic(at).unwrap();
            prop_assert_eq!(bridge.to_foreign(monotonic), Some(at));
        }
    }
}
