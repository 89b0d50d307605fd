//! When sound is played a little faster or slower, so that packets are held as long as the jitter demands and no longer.
//!
//! Packets come and frames go in steps of 20 ms, so how long a packet is held moves in such steps too: sound is shortened
//! until a packet more fits into a frame, and lengthened until one frame needs no packet.

use std::time::Duration;

use super::stretch;
use crate::{FRAME, FRAME_TIME};

/// Packets may be held this much longer than the jitter demands and a frame: 5 ms, for a worker is not always on time.
const LONGER: Duration = Duration::from_millis(5);

/// And this much shorter; [`super::Delay`] demands a latency more than the jitter, by default twice as much.
const SHORTER: Duration = Duration::from_micros(2_500);

/// What is decoded before its time is not worth a change, if it is less than this, in samples: 7.5 ms.
const WORTH: usize = 360;

/// Frames between two changes: more often would be heard as a rough voice.
const SPACING: u32 = 3;

/// Frames without a good place after which the best one has to do: 1 s.
const PATIENCE: u32 = 50;

/// What to do with the sound of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Keep,
    /// Leave up to so many samples out, and decode a packet more if there is one.
    Shorten {
        most: usize,
        early: bool,
    },
    Lengthen,
}

#[derive(Default)]
pub(super) struct Pace {
    /// Frames since the last change.
    unchanged: u32,
    /// Frames for which a change has been wanted in vain.
    wanting: u32,
}

/// How many whole frames too long packets are held; negative when they are held too short.
pub(super) fn frames_too_long(held: Duration, target: Duration) -> i64 {
    if held + SHORTER < target {
        return -1;
    }
    let excess = held.saturating_sub(target + LONGER);
    (excess.as_nanos() / FRAME_TIME.as_nanos()) as i64
}

impl Pace {
    /// What to do when the next packet has been `held`, and `left` samples are decoded already.
    pub(super) fn wish(&mut self, held: Duration, target: Duration, left: usize) -> Wish {
        self.unchanged += 1;
        let frames = frames_too_long(held, target);
        let wish = match usize::try_from(frames) {
            Err(_) => Wish::Lengthen,
            Ok(frames) if left + frames * FRAME > WORTH && held >= target => Wish::Shorten {
                most: stretch::LONGEST.min(left + frames * FRAME),
                early: frames > 0,
            },
            Ok(_) => Wish::Keep,
        };
        if wish == Wish::Keep {
            self.wanting = 0;
        }
        if self.unchanged < SPACING {
            Wish::Keep
        } else {
            wish
        }
    }

    /// How alike two places have to be to be taken for one another.
    pub(super) fn alike(&self) -> f32 {
        if self.wanting > PATIENCE {
            -1.0
        } else {
            stretch::ALIKE
        }
    }

    /// A change of so many samples was made.
    pub(super) fn changed(&mut self, samples: usize) {
        if samples == 0 {
            self.wanting += 1;
        } else {
            (self.unchanged, self.wanting) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_too_much_only_if_what_is_left_is_enough() {
        let target = Duration::from_millis(40);
        let table = [
            (37, -1),
            (38, 0),
            (40, 0),
            (64, 0),
            (65, 1),
            (85, 2),
            (400, 17),
        ];
        for (held, frames) in table {
            assert_eq!(
                frames_too_long(Duration::from_millis(held), target),
                frames,
                "{held} ms"
            );
        }
    }

    #[test]
    fn changes_are_spaced() {
        let (mut pace, target) = (Pace::default(), Duration::from_millis(20));
        let held = target + FRAME_TIME * 3;
        let wishes: Vec<_> = (0..12)
            .map(|_| {
                let wish = pace.wish(held, target, 0);
                pace.changed(usize::from(wish != Wish::Keep) * 480);
                wish != Wish::Keep
            })
            .collect();
        assert_eq!(wishes.iter().filter(|wish| **wish).count(), 4);
    }
}
