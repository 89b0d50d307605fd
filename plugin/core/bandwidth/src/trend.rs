//! Whether the delay grows (draft section 5.3 and 5.4): the slope of a line through the last groups' delays, against a
//! threshold that adapts to how unsteady the path is.
//!
//! The constants are those that libwebrtc has settled on for this filter; the draft's Kalman filter preceded it.

use std::{collections::VecDeque, time::Duration};

/// Groups that the line goes through.
const WINDOW: usize = 20;

/// How much of the smoothed delay stays with each group.
const SMOOTHING: f64 = 0.9;

/// The slope is multiplied by this and by the number of groups, up to [`MOST_GROUPS`].
const GAIN: f64 = 4.0;
const MOST_GROUPS: f64 = 60.0;

/// Threshold: where it begins, its bounds, and how fast it follows (draft section 5.4: gamma_1, K_u, K_d).
const FIRST_THRESHOLD: f64 = 12.5;
const THRESHOLDS: std::ops::RangeInclusive<f64> = 6.0..=600.0;
const FOLLOW_UP: f64 = 0.008_7;
const FOLLOW_DOWN: f64 = 0.039;

/// An outlier by more than this does not move the threshold.
const OUTLIER: f64 = 15.0;

/// Milliseconds for which the trend has to stand above the threshold.
const OVERUSE_TIME: f64 = 10.0;

/// What the queue on the path does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Usage {
    /// It stays.
    #[default]
    Normal,
    /// It fills up.
    Over,
    /// It empties.
    Under,
}

#[derive(Clone, Debug)]
pub(crate) struct Trend {
    groups: f64,
    delay: f64,
    smoothed: f64,
    line: VecDeque<(f64, f64)>,
    threshold: f64,
    /// For how long the trend has been above the threshold, in milliseconds, and for how many groups.
    over: Option<(f64, u32)>,
    slope: f64,
    at: Option<Duration>,
    usage: Usage,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            groups: 0.0,
            delay: 0.0,
            smoothed: 0.0,
            line: VecDeque::new(),
            threshold: FIRST_THRESHOLD,
            over: None,
            slope: 0.0,
            at: None,
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    /// A group came so many milliseconds later than the one before it.
    pub(crate) fn add(&mut self, by: f64, arrived: Duration) {
        self.groups = (self.groups + 1.0).min(1_000.0);
        self.delay += by;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.delay;
        if self.line.len() == WINDOW {
            self.line.pop_front();
        }
        self.line
            .push_back((arrived.as_secs_f64() * 1e3, self.smoothed));
        if self.line.len() == WINDOW {
            let slope = slope(&self.line).unwrap_or(self.slope);
            self.judge(slope, arrived);
        }
    }

    fn judge(&mut self, slope: f64, arrived: Duration) {
        let passed = self
            .at
            .map_or(0.0, |at| arrived.saturating_sub(at).as_secs_f64() * 1e3);
        let trend = self.groups.min(MOST_GROUPS) * slope * GAIN;
        if trend > self.threshold {
            let (time, groups) = self.over.map_or((passed / 2.0, 1), |(time, groups)| {
                (time + passed, groups + 1)
            });
            self.over = Some((time, groups));
            if time > OVERUSE_TIME && groups > 1 && slope >= self.slope {
                self.over = Some((0.0, 0));
                self.usage = Usage::Over;
            }
        } else {
            self.over = None;
            self.usage = if trend < -self.threshold {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.slope = slope;
        self.adapt(trend.abs(), passed.min(100.0));
        self.at = Some(arrived);
    }

    fn adapt(&mut self, trend: f64, passed: f64) {
        if trend > self.threshold + OUTLIER {
            return;
        }
        let follow = if trend < self.threshold {
            FOLLOW_DOWN
        } else {
            FOLLOW_UP
        };
        self.threshold += follow * (trend - self.threshold) * passed;
        self.threshold = self.threshold.clamp(*THRESHOLDS.start(), *THRESHOLDS.end());
    }
}

/// The slope of the line that fits best.
fn slope(points: &VecDeque<(f64, f64)>) -> Option<f64> {
    let count = points.len() as f64;
    let sum = points
        .iter()
        .fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let (x, y) = (sum.0 / count, sum.1 / count);
    let (above, below) = points.iter().fold((0.0, 0.0), |sum, point| {
        let dx = point.0 - x;
        (sum.0 + dx * (point.1 - y), sum.1 + dx * dx)
    });
    (below > 0.0).then(|| above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups every 20 ms, each later by what `by` says; answers the usage after each.
    fn run(trend: &mut Trend, from: u64, groups: u64, by: impl Fn(u64) -> f64) -> Vec<Usage> {
        let step = |group| {
            trend.add(by(group), Duration::from_millis((from + group) * 20));
            trend.usage()
        };
        (0..groups).map(step).collect()
    }

    #[test]
    fn a_queue_that_fills_and_empties_is_seen() {
        let mut trend = Trend::default();
        assert!(
            run(&mut trend, 0, 100, |_| 0.0)
                .iter()
                .all(|usage| *usage == Usage::Normal)
        );
        let filling = run(&mut trend, 100, 20, |_| 3.0);
        assert!(filling.contains(&Usage::Over) && !filling.contains(&Usage::Under));
        let emptying = run(&mut trend, 120, 40, |_| -3.0);
        assert_eq!(emptying.last(), Some(&Usage::Under));
    }

    #[test]
    fn what_goes_up_and_down_is_no_trend() {
        let mut trend = Trend::default();
        let unsteady = run(
            &mut trend,
            0,
            400,
            |group| if group % 2 == 0 { 8.0 } else { -8.0 },
        );
        assert!(unsteady.iter().all(|usage| *usage == Usage::Normal));
    }

    #[test]
    fn no_time_passes_between_groups_without_harm() {
        let mut trend = Trend::default();
        for _ in 0..100 {
            trend.add(1.0, Duration::ZERO);
        }
        assert_eq!(trend.usage(), Usage::Normal);
    }
}
