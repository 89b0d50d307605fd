//! A look-ahead limiter: loud sums are turned down in time instead of being clipped.

use crate::{FRAME, Frame};

/// Samples of a block, and of the look-ahead: 1 ms.
const BLOCK: usize = 48;
const BLOCKS: usize = FRAME / BLOCK;

/// −0.5 dBFS, so that a codec's overshoot stays below full scale.
const CEILING: f32 = 0.944;

/// Part of the missing gain that comes back in each block: a time constant of 200 ms.
const RELEASE: f32 = 0.005;

/// Blocks for which the gain stays down after a peak. Half a period of 25 Hz fits: a deep voice's peaks do not modulate
/// it, which would be heard as distortion.
const HOLD: usize = 20;

/// Delays by [`Limiter::DELAY`] samples and keeps every sample within the ceiling. Sound below it passes unchanged.
///
/// Gains are set at block boundaries, each no larger than both blocks beside it allow, and run linearly between; so no
/// sample of a block can exceed the ceiling, and the gain has a whole block's time to come down.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    held: [f32; BLOCK],
    held_allows: f32,
    gain: f32,
    /// What the last blocks allowed, and where the oldest stands.
    allowed: [f32; HOLD],
    oldest: usize,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            held: [0.0; BLOCK],
            held_allows: 1.0,
            gain: 1.0,
            allowed: [1.0; HOLD],
            oldest: 0,
        }
    }
}

impl Limiter {
    /// Samples that sound stays inside.
    #[cfg(test)]
    pub(crate) const DELAY: usize = BLOCK;

    /// The next frame in, the frame of one block earlier out.
    pub(crate) fn process(&mut self, frame: &Frame) -> Frame {
        let mut out = [0.0; FRAME];
        for at in 0..BLOCKS {
            let range = at * BLOCK..(at + 1) * BLOCK;
            self.block(&frame[range.clone()], &mut out[range]);
        }
        out
    }

    fn block(&mut self, coming: &[f32], out: &mut [f32]) {
        let coming_allows = allowed_gain(coming);
        let risen = self.gain + (self.ceiling_of(coming_allows) - self.gain).max(0.0) * RELEASE;
        let target = risen.min(self.held_allows).min(coming_allows);
        apply(&self.held, self.gain, target, out);
        self.held.copy_from_slice(coming);
        self.held_allows = coming_allows;
        self.gain = if target > 0.9999 && coming_allows >= 1.0 {
            1.0
        } else {
            target
        };
    }

    /// The gain to which it may rise: what the last blocks and the coming one allow.
    fn ceiling_of(&mut self, coming_allows: f32) -> f32 {
        self.allowed[self.oldest] = coming_allows;
        self.oldest = (self.oldest + 1) % HOLD;
        self.allowed.iter().copied().fold(1.0, f32::min)
    }
}

fn apply(held: &[f32], from: f32, to: f32, out: &mut [f32]) {
    if from >= 1.0 && to >= 1.0 {
        out.copy_from_slice(held);
        return;
    }
    let step = (to - from) / BLOCK as f32;
    for (i, (out, sample)) in out.iter_mut().zip(held).enumerate() {
        *out = sample * (from + step * i as f32);
    }
}

fn allowed_gain(block: &[f32]) -> f32 {
    let peak = block.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
    if peak > CEILING { CEILING / peak } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tone(amplitude: f32, frame: usize) -> Frame {
        std::array::from_fn(|i| {
            let n = (frame * FRAME + i) as f32;
            amplitude * (std::f32::consts::TAU * 440.0 * n / 48_000.0).sin()
        })
    }

    #[test]
    fn quiet_sound_passes_unchanged() {
        let mut limiter = Limiter::default();
        let sent: Vec<f32> = (0..5).flat_map(|f| tone(0.9, f)).collect();
        let got: Vec<f32> = (0..5)
            .flat_map(|f| limiter.process(&tone(0.9, f)))
            .collect();
        assert_eq!(got[Limiter::DELAY..], sent[..sent.len() - Limiter::DELAY]);
    }

    #[test]
    fn a_tone_three_times_too_loud_stays_a_tone() {
        let mut limiter = Limiter::default();
        let got: Vec<f32> = (0..100)
            .flat_map(|f| limiter.process(&tone(3.0, f)))
            .collect();
        let settled = &got[50 * FRAME..];
        let (mut sine, mut cosine, mut power) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (i, &s) in settled.iter().enumerate() {
            let angle = std::f64::consts::TAU * 440.0 * i as f64 / 48_000.0;
            sine += f64::from(s) * angle.sin();
            cosine += f64::from(s) * angle.cos();
            power += f64::from(s) * f64::from(s);
        }
        let n = settled.len() as f64;
        let tone_power = 2.0 * (sine * sine + cosine * cosine) / (n * n);
        let distortion = ((power / n - tone_power).max(0.0) / tone_power).sqrt();
        assert!(distortion < 0.01, "distortion {distortion}");
        assert!(tone_power > 0.35, "much too quiet: {tone_power}");
    }

    #[test]
    fn the_gain_comes_back() {
        let mut limiter = Limiter::default();
        limiter.process(&[4.0; FRAME]);
        for _ in 0..200 {
            limiter.process(&[0.5; FRAME]);
        }
        assert_eq!(limiter.process(&[0.5; FRAME]), [0.5; FRAME]);
    }

    proptest! {
        #[test]
        fn nothing_exceeds_the_ceiling(seed in proptest::collection::vec(-40.0_f32..40.0, FRAME), times in 1..4) {
            let mut limiter = Limiter::default();
            let frame: Frame = seed.try_into().expect("a frame's length");
            for _ in 0..times {
                prop_assert!(limiter.process(&frame).iter().all(|s| s.abs() <= CEILING * 1.0001));
            }
        }
    }
}
