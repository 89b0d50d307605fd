//! Counters that wrap, made to run on (RFC 3550 appendix A.1).

use std::marker::PhantomData;

/// An unsigned counter as it stands in a packet.
pub trait Counter: Copy + Into<u64> {
    /// How many bits it has, less than 64.
    const BITS: u32;
}

impl Counter for u16 {
    const BITS: u32 = 16;
}

impl Counter for u32 {
    const BITS: u32 = 32;
}

/// Extends 16-bit sequence numbers or 32-bit timestamps to 64 bits that do not wrap.
///
/// Each value is taken for the one nearest to the highest so far, so that reordering within half a cycle is right. The
/// first cycle has the number 1: a packet from before the first one has room below it.
#[derive(Clone, Copy, Debug)]
pub struct Extender<T> {
    highest: Option<u64>,
    counter: PhantomData<T>,
}

impl<T> Default for Extender<T> {
    fn default() -> Self {
        Self {
            highest: None,
            counter: PhantomData,
        }
    }
}

impl<T: Counter> Extender<T> {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The highest value so far.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.highest
    }

    /// The extended value.
    pub fn extend(&mut self, value: T) -> u64 {
        let extended = self.peek(value);
        self.highest = Some(
            self.highest
                .map_or(extended, |highest| highest.max(extended)),
        );
        extended
    }

    /// What [`extend`](Self::extend) would answer, without remembering it.
    #[must_use]
    pub fn peek(&self, value: T) -> u64 {
        let cycle = 1_u64 << T::BITS;
        let Some(highest) = self.highest else {
            return cycle + value.into();
        };
        let ahead = value.into().wrapping_sub(highest) & (cycle - 1);
        if ahead < cycle / 2 {
            highest + ahead
        } else {
            (highest + ahead).saturating_sub(cycle)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wraps_and_comes_back() {
        let mut extender = Extender::<u16>::new();
        let extended = [65_534, 0, 65_535, 1].map(|value| extender.extend(value));
        assert_eq!(extended, [131_070, 131_072, 131_071, 131_073]);
    }

    #[test]
    fn a_packet_before_the_first_is_before_it() {
        let mut extender = Extender::<u32>::new();
        let first = extender.extend(0);
        assert_eq!(extender.extend(u32::MAX), first - 1);
        assert_eq!(extender.last(), Some(first));
    }

    proptest! {
        /// The reference is the true counter: it moves by less than half a cycle around its highest value.
        #[test]
        fn sequence_numbers_are_the_true_ones(start: u16, moves in prop::collection::vec(-32_000..32_000_i64, 1..200)) {
            let mut extender = Extender::<u16>::new();
            let mut highest = extender.extend(start);
            for step in moves {
                let truth = highest.saturating_add_signed(step);
                prop_assert_eq!(extender.extend(truth as u16), truth);
                highest = highest.max(truth);
                prop_assert_eq!(extender.last(), Some(highest));
            }
        }

        #[test]
        fn timestamps_are_the_true_ones(start: u32, moves in prop::collection::vec(-2_000_000_000..2_000_000_000_i64, 1..200)) {
            let mut extender = Extender::<u32>::new();
            let mut highest = extender.extend(start);
            for step in moves {
                let truth = highest.saturating_add_signed(step);
                prop_assert_eq!(extender.extend(truth as u32), truth);
                highest = highest.max(truth);
            }
        }
    }
}
