//! Decoded samples that wait for their frame, kept at a steady depth although two clocks never agree.

use crate::{FRAME, Frame, Wide, WideFrame};

/// More than this is kept only until the next frame: 400 ms.
const MOST: usize = 20 * FRAME;

/// Between these depths, in samples left after a frame was taken, the two clocks are taken to agree.
const SHALLOW: usize = FRAME / 4;
const DEEP: usize = 2 * FRAME;

/// A queue of samples. Each frame takes 960 of them, or one fewer or more when the depth drifts; that changes the pitch by
/// a thousandth, which nobody hears, and follows clocks up to 1 000 ppm apart.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    samples: Wide<Vec<f32>>,
    /// Whether frames are being taken: it starts once a frame and the shallow reserve are there.
    running: bool,
    /// Samples that were thrown away because they came faster than time passes.
    pub(crate) overrun: u64,
}

impl Ring {
    /// Puts samples at the end. Values that are not finite become silence.
    pub(crate) fn push(&mut self, samples: &Wide<Vec<f32>>) {
        let finite = |sample: &f32| if sample.is_finite() { *sample } else { 0.0 };
        self.samples
            .append(&samples.map(|channel| channel.iter().map(finite).collect()));
        let excess = self.samples.len().saturating_sub(MOST);
        self.samples.forget(excess);
        self.overrun += excess as u64;
    }

    /// Samples that wait.
    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.samples = Wide::default();
        self.running = false;
    }

    /// Whether there is a next frame. Too little to begin with is none, however long it waits.
    pub(crate) fn has_frame(&self, ended: bool) -> bool {
        let len = self.samples.len();
        len > 0 && (self.running || ended || len >= FRAME + SHALLOW)
    }

    /// The next frame; `None` while there is not enough. What is left at the end of a sound is padded with silence.
    pub(crate) fn take(&mut self, ended: bool) -> Option<WideFrame> {
        if !self.has_frame(ended) {
            return None;
        }
        let len = self.samples.len();
        self.running = len >= FRAME;
        Some(match len.checked_sub(FRAME) {
            Some(left) if left > DEEP => self.stretch(FRAME + 1),
            Some(left) if left < SHALLOW && !ended => self.stretch(FRAME - 1),
            _ => self.samples.take_frame(),
        })
    }

    /// Takes `from` samples and spreads them over the frame by linear interpolation.
    fn stretch(&mut self, from: usize) -> WideFrame {
        let frame = self
            .samples
            .map(|channel| Box::new(spread(&channel[..from])));
        self.samples.forget(from);
        frame
    }
}

fn spread(samples: &[f32]) -> Frame {
    let ratio = samples.len() as f32 / FRAME as f32;
    std::array::from_fn(|i| {
        let at = i as f32 * ratio;
        let (low, part) = (at as usize, at.fract());
        let next = samples[(low + 1).min(samples.len() - 1)];
        samples[low] * (1.0 - part) + next * part
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_goes_in_comes_out() {
        let mut ring = Ring::default();
        let sent: Vec<f32> = (0..3 * FRAME).map(|i| i as f32).collect();
        ring.push(&(&sent).into());
        assert_eq!(ring.take(false).unwrap().mid[..], sent[..FRAME]);
        assert_eq!(ring.take(true).unwrap().mid[..], sent[FRAME..2 * FRAME]);
    }

    #[test]
    fn waits_for_a_reserve_but_not_at_the_end() {
        let mut ring = Ring::default();
        ring.push(&(&[1.0; 100]).into());
        assert!(ring.take(false).is_none());
        let last = ring.take(true).unwrap().mid;
        assert_eq!((last[99], last[100]), (1.0, 0.0));
        assert!(ring.take(true).is_none());
    }

    #[test]
    fn an_hour_of_200_ppm_either_way_keeps_the_depth() {
        for (per_frame, extra_every) in [(FRAME, 5), (FRAME - 1, 1)] {
            let mut ring = Ring::default();
            ring.push(&(&[0.0; 2 * FRAME]).into());
            for frame in 0..180_000_u32 {
                let extra = usize::from(frame.is_multiple_of(extra_every));
                let more = if per_frame == FRAME {
                    extra
                } else {
                    extra & usize::from(frame % 5 != 0)
                };
                ring.push(&Wide::mono(vec![0.5; per_frame + more]));
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
                ring.push(&Wide::mono(vec![f32::NAN; n]));
                prop_assert!(ring.len() <= MOST);
                if let Some(frame) = ring.take(false) {
                    prop_assert!(frame.mid.iter().all(|s| s.is_finite()));
                }
            }
        }
    }
}
