//! A look-ahead limiter: loud sums are turned down in time instead of being clipped.

use crate::{FRAME, Frame, WideFrame};

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

/// Delays by [`Limiter::DELAY`] samples and keeps every sample of both channels within the ceiling. Sound below it passes
/// unchanged; what is louder is turned down in both, or it would wander to the other side.
///
/// Gains are set at block boundaries, each no larger than both blocks beside it allow, and run linearly between; so no
/// sample of a block can exceed the ceiling, and the gain has a whole block's time to come down.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    mid: Held,
    /// `None` where the last frame was mono.
    side: Option<Held>,
    held_allows: f32,
    gain: f32,
    /// What the last blocks allowed, and where the oldest stands.
    allowed: [f32; HOLD],
    oldest: usize,
}

/// The end of a channel's last frame.
type Held = [f32; BLOCK];

/// A block's gain at its beginning and at its end.
type Ramp = (f32, f32);

impl Default for Limiter {
    fn default() -> Self {
        Self {
            mid: [0.0; BLOCK],
            side: None,
            held_allows: 1.0,
            gain: 1.0,
            allowed: [1.0; HOLD],
            oldest: 0,
        }
    }
}

impl Limiter {
    /// Samples that sound stays inside.
    pub(crate) const DELAY: usize = BLOCK;

    /// The next frame in, the frame of one block earlier out.
    pub(crate) fn process(&mut self, frame: &WideFrame) -> WideFrame {
        let ramps = self.ramps(frame);
        let mid = Box::new(delayed(&mut self.mid, &frame.mid, &ramps));
        let side = self.delayed_side(frame.side.as_deref(), &ramps);
        WideFrame { mid, side }
    }

    fn delayed_side(&mut self, side: Option<&Frame>, ramps: &[Ramp]) -> Option<Box<Frame>> {
        let mut held = match self.side.take() {
            None if side.is_none() => return None,
            held => held.unwrap_or([0.0; BLOCK]),
        };
        let out = delayed(&mut held, side.unwrap_or(&[0.0; FRAME]), ramps);
        self.side = side.is_some().then_some(held);
        Some(Box::new(out))
    }

    /// The gains of the blocks that go out while those of `frame` come in.
    fn ramps(&mut self, frame: &WideFrame) -> [Ramp; BLOCKS] {
        std::array::from_fn(|at| {
            let block = at * BLOCK..(at + 1) * BLOCK;
            let mid = &frame.mid[block.clone()];
            let peak = match &frame.side {
                None => peak(mid),
                Some(side) => peak_of_both(mid, &side[block]),
            };
            self.ramp(if peak > CEILING { CEILING / peak } else { 1.0 })
        })
    }

    fn ramp(&mut self, coming_allows: f32) -> Ramp {
        let risen = self.gain + (self.ceiling_of(coming_allows) - self.gain).max(0.0) * RELEASE;
        let target = risen.min(self.held_allows).min(coming_allows);
        let ramp = (self.gain, target);
        self.held_allows = coming_allows;
        self.gain = if target > 0.9999 && coming_allows >= 1.0 {
            1.0
        } else {
            target
        };
        ramp
    }

    /// The gain to which it may rise: what the last blocks and the coming one allow.
    fn ceiling_of(&mut self, coming_allows: f32) -> f32 {
        self.allowed[self.oldest] = coming_allows;
        self.oldest = (self.oldest + 1) % HOLD;
        self.allowed.iter().copied().fold(1.0, f32::min)
    }
}

/// What was held and then `frame`, each block with its gain; the last block is held.
fn delayed(held: &mut Held, frame: &Frame, ramps: &[Ramp]) -> Frame {
    let mut out = [0.0; FRAME];
    out[..BLOCK].copy_from_slice(held);
    out[BLOCK..].copy_from_slice(&frame[..FRAME - BLOCK]);
    held.copy_from_slice(&frame[FRAME - BLOCK..]);
    for (block, ramp) in out.chunks_exact_mut(BLOCK).zip(ramps) {
        apply(block, *ramp);
    }
    out
}

fn apply(block: &mut [f32], (from, to): Ramp) {
    if from >= 1.0 && to >= 1.0 {
        return;
    }
    let step = (to - from) / BLOCK as f32;
    for (i, sample) in block.iter_mut().enumerate() {
        *sample *= from + step * i as f32;
    }
}

fn peak(block: &[f32]) -> f32 {
    block.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()))
}

/// The louder channel's peak: left is mid + side, right mid − side.
fn peak_of_both(mid: &[f32], side: &[f32]) -> f32 {
    let louder = mid.iter().zip(side).map(|(m, s)| m.abs() + s.abs());
    louder.fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channels, Wide};
    use proptest::prelude::*;

    fn process(limiter: &mut Limiter, frame: Frame) -> Frame {
        *limiter.process(&Wide::mono(Box::new(frame))).mid
    }

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
            .flat_map(|f| process(&mut limiter, tone(0.9, f)))
            .collect();
        assert_eq!(got[Limiter::DELAY..], sent[..sent.len() - Limiter::DELAY]);
    }

    #[test]
    fn a_tone_three_times_too_loud_stays_a_tone() {
        let mut limiter = Limiter::default();
        let got: Vec<f32> = (0..100)
            .flat_map(|f| process(&mut limiter, tone(3.0, f)))
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
        process(&mut limiter, [4.0; FRAME]);
        for _ in 0..200 {
            process(&mut limiter, [0.5; FRAME]);
        }
        assert_eq!(process(&mut limiter, [0.5; FRAME]), [0.5; FRAME]);
    }

    fn stereo(left: f32, right: f32) -> WideFrame {
        Wide::of([left, right].repeat(FRAME), Channels::Stereo).take_frame()
    }

    #[test]
    fn both_channels_are_turned_down_alike() {
        let mut limiter = Limiter::default();
        for (left, right) in [(4.0, 0.5), (0.25, -2.0)] {
            (0..100).for_each(|_| drop(limiter.process(&stereo(left, right))));
            let out = limiter.process(&stereo(left, right));
            let out = out.interleaved(Channels::Stereo);
            let loudest = out.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
            assert!((0.9..=CEILING * 1.0001).contains(&loudest), "{loudest}");
            let balance = out.chunks_exact(2).map(|pair| pair[0] / pair[1]);
            assert!(balance.into_iter().all(|b| (b - left / right).abs() < 1e-3));
        }
    }

    #[test]
    fn a_side_is_as_late_as_its_middle_and_ends_with_it() {
        let mut limiter = Limiter::default();
        let mono = || Wide::mono(Box::new([0.25; FRAME]));
        assert_eq!(limiter.process(&mono()).side, None);
        let begins = limiter.process(&stereo(0.5, 0.0)).side.unwrap();
        assert_eq!((begins[BLOCK - 1], begins[BLOCK]), (0.0, 0.25));
        let ends = limiter.process(&mono()).side.unwrap();
        assert_eq!((ends[BLOCK - 1], ends[BLOCK]), (0.25, 0.0));
        assert_eq!(limiter.process(&mono()).side, None);
    }

    proptest! {
        #[test]
        fn nothing_exceeds_the_ceiling(seed in proptest::collection::vec(-40.0_f32..40.0, FRAME), times in 1..4) {
            let mut limiter = Limiter::default();
            let frame: Frame = seed.try_into().expect("a frame's length");
            for _ in 0..times {
                prop_assert!(process(&mut limiter, frame).iter().all(|s| s.abs() <= CEILING * 1.0001));
            }
        }
    }
}
