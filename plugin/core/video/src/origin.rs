//! Where a slot is in its source's stream: whether its subscriber has to be told.

use std::time::Duration;

/// So often it is told while nothing changes.
const EVERY: Duration = Duration::from_secs(2);

/// What a subscriber was told last of a slot.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told(Option<Last>);

#[derive(Clone, Copy, Debug)]
struct Last {
    ssrc: u32,
    /// Slot's timestamps minus the source's: constant as long as it shows one stream.
    offset: u32,
    at: Duration,
}

impl Told {
    /// A packet of that stream goes into the slot: whether that has to be told now.
    pub(crate) fn is_news(&mut self, at: Duration, ssrc: u32, offset: u32) -> bool {
        let known = self
            .0
            .is_some_and(|last| (last.ssrc, last.offset) == (ssrc, offset) && at < last.at + EVERY);
        if !known {
            self.0 = Some(Last { ssrc, offset, at });
        }
        !known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_told_and_what_stays_every_two_seconds() {
        let mut told = Told::default();
        let steps = [
            (0, 1, 10, true),
            (50, 1, 10, false),
            (100, 1, 11, true),
            (150, 2, 11, true),
            (2_149, 2, 11, false),
            (2_150, 2, 11, true),
            (2_200, 2, 11, false),
        ];
        for (millis, ssrc, offset, expected) in steps {
            let at = Duration::from_millis(millis);
            assert_eq!(told.is_news(at, ssrc, offset), expected, "{millis} ms");
        }
    }
}
