//! Decoded samples that wait for their frame, kept at a steady depth although two clocks never agree.

use std::collections::VecDeque;

use crate::{FRAME, Frame};

/// More than this is kept only until the next frame: 400 ms.
const MOST: usize = 20 * FRAME;

/// Between these depths, in samples left after a frame was taken, the two clocks are taken to agree.
const SHALLOW: usize = FRAME / 4;
const DEEP: usize = 2 * FRAME;

/// A queue of samples. Each frame takes 960 of them, or one fewer or more when the depth drifts; that changes the pitch by
/// a thousandth, which nobody hears, and follows clocks up to 1 000 ppm apart.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    samples: VecDeque<f32>,
    /// Whether frames are being taken: it starts once a frame and the shallow reserve are there.
    running: bool,
    /// Samples that were thrown away because they came faster than time passes.
    pub(crate) overrun: u64,
}

impl Ring {
    /// Puts samples at the end. Values that are not finite become silence.
    pub(crate) fn push(&mut self, samples: impl IntoIterator<Item = f32>) {
        self.samples.extend(
            samples
                .into_iter()
                .map(|s| if s.is_finite() { s } else { 0.0 }),
        );
        let excess = self.samples.len().saturating_sub(MOST);
        self.samples.drain(..excess);
        self.overrun += excess as u64;
    }

    /// Samples that wait.
    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.samples.clear();
        self.running = false;
    }

    /// Whether there is a next frame. Too little to begin with is none, however long it waits.
    pub(crate) fn has_frame(&self, ended: bool) -> bool {
        let len = self.samples.len();
        len > 0 && (self.running || ended || len >= FRAME + SHALLOW)
    }

    /// The next frame; `None` while there is not enough. What is left at the end of a sound is padded with silence.
    pub(crate) fn take(&mut self, ended: bool) -> Option<Frame> {
        if !self.has_frame(ended) {
            return None;
        }
        let len = self.samples.len();
        self.running = len >= FRAME;
        if len < FRAME {
            return Some(self.stretch(len, len));
        }
        Some(match len - FRAME {
            left if left > DEEP && len > FRAME => self.stretch(FRAME + 1, FRAME),
            left if left < SHALLOW && !ended => self.stretch(FRAME - 1, FRAME),
            _ => self.stretch(FRAME, FRAME),
        })
    }

    /// Takes `from` samples and spreads them over the frame's first `over` by linear interpolation.
    fn stretch(&mut self, from: usize, over: usize) -> Frame {
        let mut frame = [0.0; FRAME];
        let ratio = from as f32 / over as f32;
        for (i, out) in frame.iter_mut().take(over).enumerate() {
            let at = i as f32 * ratio;
            let (low, part) = (at as usize, at.fract());
            let next = self.samples[(low + 1).min(from - 1)];
            *out = if from == over {
                self.samples[i]
            } else {
                self.samples[low] * (1.0 - part) + next * part
            };
        }
        self.samples.drain(..from);
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_goes_in_comes_out() {
        let mut ring = Ring::default();
        let sent: Vec<f32> = (0..3 * FRAME).map(|i| i as f32).collect();
        ring.push(sent.clone());
        assert_eq!(ring.take(false).unwrap()[..], sent[..FRAME]);
        assert_eq!(ring.take(true).unwrap()[..], sent[FRAME..2 * FRAME]);
    }

    #[test]
    fn waits_for_a_reserve_but_not_at_the_end() {
        let mut ring = Ring::default();
        ring.push([1.0; 100]);
        assert!(ring.take(false).is_none());
        let last = ring.take(true).unwrap();
        assert_eq!((last[99], last[100]), (1.0, 0.0));
        assert!(ring.take(true).is_none());
    }

    #[test]
    fn an_hour_of_200_ppm_either_way_keeps_the_depth() {
        for (per_frame, extra_every) in [(FRAME, 5), (FRAME - 1, 1)] {
            let mut ring = Ring::default();
            ring.push([0.0; 2 * FRAME]);
            for frame in 0..180_000_u32 {
                let extra = usize::from(frame.is_multiple_of(extra_every));
                ring.push(vec![
                    0.5;
                    per_frame
                        + if per_frame == FRAME {
                            extra
                        } else {
                            extra & usize::from(frame % 5 != 0)
                        }
                ]);
                assert!(ring.take(false).is_some(), "frame {frame}");
                assert!(
                    ring.len() < 4 * FRAME,
                    "frame {frame}: {} samples",
                    ring.len()
                );
            }
            assert_eq!(ring.overrun, 0);
        }
    }

    proptest! {
        #[test]
        fn never_grows_without_end(pushes in proptest::collection::vec(0_usize..5_000, 1..50)) {
            let mut ring = Ring::default();
            for n in pushes {
                ring.push(vec![f32::NAN; n]);
                prop_assert!(ring.len() <= MOST);
                if let Some(frame) = ring.take(false) {
                    prop_assert!(frame.iter().all(|s| s.is_finite()));
                }
            }
        }
    }
}
