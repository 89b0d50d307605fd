//! What losses leave of a rate (draft section 6).
//!
//! A path whose queue is short loses before it delays. Up to a tenth lost may be the path's nature, and says nothing.

use std::time::Duration;

/// Above this share the rate goes down by half of the share.
const MUCH: f64 = 0.10;

/// Below this share it recovers.
const LITTLE: f64 = 0.02;

/// How much faster per second it recovers.
const RECOVERY: f64 = 1.08;

/// Packets that are judged together, at least, and their time, at least: of fewer, one in twenty lost by chance is often
/// more than a tenth.
const SAMPLE: u32 = 60;
const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Default)]
pub(crate) struct Losses {
    received: u32,
    lost: u32,
    judged: Option<Duration>,
    /// What losses allow; `None`: anything.
    limit: Option<f64>,
}

impl Losses {
    pub(crate) fn received(&mut self) {
        self.received += 1;
    }

    pub(crate) fn lost(&mut self, packets: u32) {
        self.lost = self.lost.saturating_add(packets);
    }

    pub(crate) fn limit(&self) -> Option<f64> {
        self.limit
    }

    /// Counts from now on: the rate was lowered for another reason, which the losses so far may share.
    pub(crate) fn begin(&mut self, now: Duration) {
        (self.received, self.lost, self.judged) = (0, 0, Some(now));
    }

    /// Judges what was counted, once that is enough. `rate` is what would be used without this limit.
    pub(crate) fn judge(&mut self, now: Duration, rate: f64) {
        let judged = *self.judged.get_or_insert(now);
        let passed = now.saturating_sub(judged);
        let sample = self.received.saturating_add(self.lost);
        if passed < INTERVAL || sample < SAMPLE {
            return;
        }
        let share = f64::from(self.lost) / f64::from(sample);
        self.begin(now);
        let used = self.limit.map_or(rate, |limit| limit.min(rate));
        if share > MUCH {
            self.limit = Some(used * (1.0 - 0.5 * share));
        } else if share < LITTLE {
            let seconds = passed.as_secs_f64().min(1.0);
            self.limit = self
                .limit
                .map(|limit| limit * RECOVERY.powf(seconds))
                .filter(|limit| *limit < rate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second with so many of a hundred packets lost.
    fn second(losses: &mut Losses, at: u32, lost: u32) {
        (lost..100).for_each(|_| losses.received());
        losses.lost(lost);
        losses.judge(INTERVAL * at, 1e6);
    }

    #[test]
    fn many_losses_lower_the_rate_and_few_let_it_recover() {
        let mut losses = Losses::default();
        losses.judge(Duration::ZERO, 1e6);
        second(&mut losses, 1, 5);
        assert_eq!(losses.limit(), None, "a tenth may be the path's nature");
        second(&mut losses, 2, 20);
        assert_eq!(losses.limit(), Some(900e3));
        second(&mut losses, 3, 40);
        assert_eq!(losses.limit(), Some(720e3));
        second(&mut losses, 4, 5);
        assert_eq!(losses.limit(), Some(720e3));
        second(&mut losses, 5, 0);
        assert!(losses.limit().is_some_and(|limit| limit > 760e3));
        (6..20).for_each(|at| second(&mut losses, at, 0));
        assert_eq!(losses.limit(), None, "it has recovered");
    }

    #[test]
    fn a_few_packets_are_not_judged() {
        let mut losses = Losses::default();
        losses.judge(Duration::ZERO, 1e6);
        losses.lost(SAMPLE - 1);
        losses.judge(INTERVAL * 2, 1e6);
        assert_eq!(losses.limit(), None);
    }
}
