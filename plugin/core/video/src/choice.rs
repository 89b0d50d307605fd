//! Which layer of its picture a slot is to show. Pure arithmetic on what is known of the way and of the layers.
//!
//! Down at once, when the way does not carry the layer, or carries so much less than the others' who look at the same
//! layer that they would all get a worse picture for its sake. Up after the way has carried it for a while; where nothing
//! says how much the way carries beyond what is sent, up for a trial, and later and later after trials that failed.

use std::time::Duration;

/// How long the way must have carried a larger layer before it is chosen.
const CARRIED_FOR: Duration = Duration::from_secs(2);

/// When the first trial is made, and how long the longest pause between two is.
const TRIAL_AFTER: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(80);

/// Going down so soon after going up, a trial has failed.
const FAILED_WITHIN: Duration = Duration::from_secs(10);

/// So long after a layer was begun with or gone up to, nothing is known against it but what was measured since.
const GRACE: Duration = Duration::from_secs(3);

/// A key frame that a larger layer does not send for so long will not come.
pub(crate) const AWAITED: Duration = Duration::from_secs(2);

/// Who can take so many times less than another would hold him back. An estimate runs ahead of what is sent by a half,
/// so it must be less.
const HOLDS_BACK: f64 = 4.0 / 3.0;

/// A layer's rate of this share of what one can take is limited by that, when it stays so for a while: else a picture may
/// just need so much.
const LIMITED: f64 = 0.9;
const LIMITED_FOR: Duration = Duration::from_secs(2);

/// How much more than the least a larger layer must be able to get.
const MARGIN: f64 = 1.5;

/// What is known of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Known {
    /// Bits per second, while it is sent.
    pub(crate) rate: Option<u64>,
    /// Of fewer the next smaller one makes the better picture.
    pub(crate) least: u64,
    /// What the best of the others who look at it can take, as far as that is known.
    pub(crate) others: Option<u64>,
    /// Whether its packets come.
    pub(crate) is_sent: bool,
}

/// What is known when a layer is chosen.
#[derive(Clone, Debug)]
pub(crate) struct Outlook {
    pub(crate) now: Duration,
    /// The smallest that is large enough, of those that are not avoided.
    pub(crate) fitting: usize,
    /// The one that is shown.
    pub(crate) shown: Option<usize>,
    /// Bits per second that he can take of this picture; `None`: nothing is known against any number.
    pub(crate) share: Option<u64>,
    /// The smallest first.
    pub(crate) layers: Vec<Known>,
}

/// A slot's choice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    target: usize,
    /// Whether one has been made.
    made: bool,
    /// When it was changed.
    pub(crate) changed: Duration,
    /// When it was made, or last changed upward.
    begun: Duration,
    /// Since when the next larger one would be carried.
    carried: Option<Duration>,
    /// Since when he may limit the layer for others.
    limits: Option<Duration>,
    /// How many trials have failed in a row.
    failed: u32,
    raised: Option<Duration>,
}

impl Choice {
    /// The layer that is to be shown.
    pub(crate) fn target(&self) -> usize {
        self.target
    }

    /// Whether it is too early to judge the layer by what has been sent of it. `fell`: when the estimate of the way did.
    pub(crate) fn is_fresh(&self, now: Duration, fell: Option<Duration>) -> bool {
        let since = fell.is_some_and(|fell| fell >= self.begun);
        !since && now.saturating_sub(self.begun) < GRACE
    }

    /// Forgets all: the slot shows another picture.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Chooses anew; answers whether it is another layer now.
    pub(crate) fn choose(&mut self, outlook: &Outlook) -> bool {
        let before = (self.made, self.target);
        let highest = outlook.fitting.min(outlook.layers.len().saturating_sub(1));
        let carried = highest_carried(outlook, highest);
        let limits = holds_back(outlook, self.target).then_some(outlook.now);
        self.limits = limits.map(|now| self.limits.unwrap_or(now));
        if !self.made {
            self.made = true;
            self.set(carried, outlook.now);
        } else if highest < self.target {
            self.set(carried, outlook.now);
        } else if carried < self.target && self.must_fall(outlook) {
            self.lower(carried, outlook.now);
        } else if self.may_rise(outlook) && self.target < highest {
            self.raised = Some(outlook.now);
            let rise = (self.target + 1..=highest)
                .rev()
                .find(|layer| rises(outlook, *layer));
            self.set(rise.unwrap_or(self.target + 1), outlook.now);
        }
        before != (true, self.target)
    }

    /// Whether the layer does not come, or not any more, though it has been awaited for long enough. Where no other comes
    /// either, that is twice as long.
    pub(crate) fn misses(&self, outlook: &Outlook) -> bool {
        let sent = |layer: usize| outlook.layers.get(layer).is_some_and(|known| known.is_sent);
        let waited = outlook.now.saturating_sub(self.changed);
        let others = (0..outlook.layers.len()).any(|layer| layer != self.target && sent(layer));
        let follows = outlook
            .shown
            .is_some_and(|shown| shown != self.target && sent(shown));
        let missing = !sent(self.target) && (others || waited >= 2 * AWAITED);
        self.made && waited >= AWAITED && (missing || follows)
    }

    /// Whether the layer is to be left for a smaller one, or may soon be found to be as large as it needs to be.
    fn must_fall(&self, outlook: &Outlook) -> bool {
        let limited_for = |since| outlook.now.saturating_sub(since) >= LIMITED_FOR;
        overloads(outlook, self.target)
            || too_little(outlook, self.target)
            || self.limits.is_some_and(limited_for)
    }

    /// Whether the next larger layer may be chosen, were it wanted.
    fn may_rise(&mut self, outlook: &Outlook) -> bool {
        let (next, since) = (self.target + 1, outlook.now.saturating_sub(self.changed));
        if !rises(outlook, next) {
            self.carried = None;
            return since >= self.pause() && !too_little(outlook, next);
        }
        let carried = *self.carried.get_or_insert(outlook.now);
        if self.failed > 0 {
            return since >= self.pause();
        }
        outlook.share.is_none() || outlook.now.saturating_sub(carried) >= CARRIED_FOR
    }

    fn pause(&self) -> Duration {
        (TRIAL_AFTER * 2_u32.pow(self.failed.min(4))).min(LONGEST_PAUSE)
    }

    fn lower(&mut self, target: usize, now: Duration) {
        let soon = self
            .raised
            .is_some_and(|raised| now.saturating_sub(raised) < FAILED_WITHIN);
        self.failed = if soon { self.failed + 1 } else { 0 };
        self.set(target, now);
    }

    fn set(&mut self, target: usize, now: Duration) {
        if target > self.target || self.begun.is_zero() {
            self.begun = now;
        }
        if target != self.target || self.changed.is_zero() {
            self.changed = now;
        }
        (self.target, self.carried, self.limits) = (target, None, None);
    }
}

/// The highest layer up to this one that his way carries.
fn highest_carried(outlook: &Outlook, highest: usize) -> usize {
    let carried = |layer: &usize| !too_little(outlook, *layer) && !holds_back(outlook, *layer);
    (1..=highest).rev().find(carried).unwrap_or(0)
}

/// Whether he can take less than the layer needs to be worth it.
fn too_little(outlook: &Outlook, layer: usize) -> bool {
    let least = outlook.layers.get(layer).map_or(0, |known| known.least);
    outlook.share.is_some_and(|share| share < least)
}

/// Whether the layer has more than he can take.
fn overloads(outlook: &Outlook, layer: usize) -> bool {
    let rate = outlook.layers.get(layer).and_then(|known| known.rate);
    rate.zip(outlook.share)
        .is_some_and(|(rate, share)| rate > share)
}

/// Whether others would see this layer worse for his sake.
fn holds_back(outlook: &Outlook, layer: usize) -> bool {
    let (Some(share), Some(known)) = (outlook.share, outlook.layers.get(layer)) else {
        return false;
    };
    let share = share as f64;
    let limits = known
        .rate
        .is_some_and(|rate| rate as f64 >= share * LIMITED);
    limits
        && known
            .others
            .is_some_and(|best| best as f64 > share * HOLDS_BACK)
}

/// Whether his way would carry this layer, with something to spare.
pub(crate) fn rises(outlook: &Outlook, layer: usize) -> bool {
    let least = outlook.layers.get(layer).map_or(0, |known| known.least);
    let enough = outlook
        .share
        .is_none_or(|share| share as f64 >= least as f64 * MARGIN);
    enough && !holds_back(outlook, layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two layers; the larger is worth it from 100 kbit/s on.
    fn outlook(at: u64, share: Option<u64>) -> Outlook {
        let known = |least| Known {
            least,
            is_sent: true,
            ..Known::default()
        };
        Outlook {
            now: Duration::from_millis(at),
            fitting: 1,
            shown: None,
            share,
            layers: vec![known(0), known(100_000)],
        }
    }

    /// Somebody else looks at the larger layer and can take much more.
    fn beside_another(at: u64, share: u64, rate: u64) -> Outlook {
        let mut outlook = outlook(at, Some(share));
        outlook.layers[1].rate = Some(rate);
        outlook.layers[1].others = Some(2_000_000);
        outlook
    }

    fn target_after(choice: &mut Choice, outlooks: impl IntoIterator<Item = Outlook>) -> usize {
        for outlook in outlooks {
            choice.choose(&outlook);
        }
        choice.target()
    }

    #[test]
    fn the_first_choice_is_what_fits_and_is_carried() {
        let cases = [(None, 1), (Some(100_000), 1), (Some(99_999), 0)];
        for (share, expected) in cases {
            let mut choice = Choice::default();
            assert!(choice.choose(&outlook(1, share)));
            assert_eq!(choice.target(), expected, "{share:?}");
        }
        let small = Outlook {
            fitting: 0,
            ..outlook(1, None)
        };
        assert_eq!(target_after(&mut Choice::default(), [small]), 0);
    }

    #[test]
    fn down_at_once_and_up_when_it_was_carried_for_a_while() {
        let mut choice = Choice::default();
        let mut at = |at, share| target_after(&mut choice, [outlook(at, Some(share))]);
        assert_eq!(at(1_000, 300_000), 1);
        assert_eq!(at(20_000, 90_000), 0);
        assert_eq!(at(20_100, 300_000), 0);
        assert_eq!(at(22_000, 300_000), 0);
        assert_eq!(at(22_050, 140_000), 0, "not enough to spare: counted anew");
        assert_eq!(at(22_100, 300_000), 0);
        assert_eq!(at(24_099, 300_000), 0);
        assert_eq!(at(24_100, 300_000), 1);
    }

    #[test]
    fn another_size_is_another_layer_at_once() {
        let mut choice = Choice::default();
        let sized = |at, fitting| Outlook {
            fitting,
            ..outlook(at, None)
        };
        assert_eq!(target_after(&mut choice, [sized(1, 0), sized(2, 1)]), 1);
        assert_eq!(target_after(&mut choice, [sized(3, 0)]), 0);
    }

    #[test]
    fn whoever_would_hold_others_back_takes_the_smaller() {
        let stays = [
            beside_another(1, 400_000, 300_000),
            beside_another(1, 1_600_000, 1_500_000),
        ];
        for outlook in stays {
            assert_eq!(target_after(&mut Choice::default(), [outlook]), 1);
        }
        let begins = beside_another(1, 400_000, 390_000);
        assert_eq!(target_after(&mut Choice::default(), [begins]), 0);
        let mut choice = Choice::default();
        let mut at = |at, rate| target_after(&mut choice, [beside_another(at, 400_000, rate)]);
        assert_eq!(
            (at(10, 300_000), at(20, 390_000), at(1_900, 300_000)),
            (1, 1, 1)
        );
        assert_eq!(
            (at(2_000, 390_000), at(3_999, 390_000)),
            (1, 1),
            "it may need no more"
        );
        assert_eq!(at(4_000, 390_000), 0);
        let mut choice = Choice::default();
        let mut at = |at, rate| target_after(&mut choice, [beside_another(at, 400_000, rate)]);
        assert_eq!((at(10, 300_000), at(20, 410_000)), (1, 0), "at once");
    }

    #[test]
    fn trials_that_fail_become_rare() {
        let mut choice = Choice::default();
        let mut tried = Vec::new();
        for at in (0..200_000).step_by(100) {
            // The way carries 400 kbit/s; what is known of that falls when more is sent.
            if choice.choose(&beside_another(at, 400_000, 700_000)) && choice.target() == 1 {
                tried.push(at);
            }
        }
        let pauses: Vec<_> = tried.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(tried[0], 5_000);
        assert_eq!(pauses, [10_100, 20_100, 40_100, 80_100]);
    }

    #[test]
    fn a_layer_that_does_not_come_is_missed() {
        let mut choice = Choice::default();
        let sent = |at, small, large| {
            let mut outlook = outlook(at, None);
            outlook.layers[0].is_sent = small;
            outlook.layers[1].is_sent = large;
            outlook
        };
        choice.choose(&sent(1_000, true, true));
        assert!(!choice.misses(&sent(2_999, true, false)));
        assert!(choice.misses(&sent(3_000, true, false)));
        assert!(!choice.misses(&sent(3_000, true, true)));
        assert!(!choice.misses(&sent(4_999, false, false)));
        assert!(choice.misses(&sent(5_000, false, false)));
        let without_key_frame = Outlook {
            shown: Some(0),
            ..sent(3_000, true, true)
        };
        assert!(choice.misses(&without_key_frame));
    }
}
