//! Counters that wrap on the wire and do not inside.

/// A counter of fixed width: a sequence number (`u16`) or a timestamp (`u32`).
pub trait Counter: Copy {
    /// The bits it has on the wire.
    const BITS: u32;
    /// Its value.
    fn value(self) -> u64;
}

impl Counter for u16 {
    const BITS: u32 = 16;
    fn value(self) -> u64 {
        u64::from(self)
    }
}

impl Counter for u32 {
    const BITS: u32 = 32;
    fn value(self) -> u64 {
        u64::from(self)
    }
}

/// Extends a wrapping counter to 64 bits: each value is taken as the one nearest to the last (RFC 3550 appendix A.1).
///
/// The first value gets one whole cycle ahead, so that earlier ones that come late still have a place.
#[derive(Clone, Debug)]
pub struct Extender<T> {
    last: Option<u64>,
    width: std::marker::PhantomData<T>,
}

impl<T: Counter> Default for Extender<T> {
    fn default() -> Self {
        Self { last: None, width: std::marker::PhantomData }
    }
}

impl<T: Counter> Extender<T> {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The last value, extended.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.last
    }

    /// The next value, extended.
    pub fn extend(&mut self, value: T) -> u64 {
        let cycle = 1_u64 << T::BITS;
        let extended = match self.last {
            None => cycle + value.value(),
            Some(last) => nearest(last, value.value(), cycle),
        };
        self.last = Some(extended);
        extended
    }
}

fn nearest(last: u64, value: u64, cycle: u64) -> u64 {
    let forward = value.wrapping_sub(last) & (cycle - 1);
    let backward = cycle - forward;
    if forward < cycle / 2 || backward > last { last + forward } else { last - backward }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wraps_forward_and_back() {
        let mut extender = Extender::<u16>::new();
        let table = [(65_534, 131_070), (1, 131_073), (65_535, 131_071), (2, 131_074)];
        for (value, extended) in table {
            assert_eq!(extender.extend(value), extended, "{value}");
        }
    }

    proptest! {
        #[test]
        fn follows_any_steps_below_half_a_cycle(start in any::<u32>(), steps in proptest::collection::vec(-30_000_i64..32_000, 0..200)) {
            let mut wide = i64::from(start) + (1 << 32);
            let mut sequence = Extender::<u16>::new();
            let mut offset = None;
            for step in steps {
                wide += step;
                let got = sequence.extend(wide as u16) as i64;
                prop_assert_eq!(*offset.get_or_insert(got - wide), got - wide);
            }
        }
    }
}
