//! How loud a frame is, in the unit that RTP headers carry.

use crate::WideFrame;

/// Loudness as RFC 6464 counts it: the dBov below overload, 0 (a full-scale square wave) to 127 (silence). Smaller is louder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loudness(u8);

impl Loudness {
    /// Nothing to hear.
    pub const SILENCE: Self = Self(127);

    /// From the header's seven bits; more counts as silence.
    #[must_use]
    pub fn from_header(below_overload: u8) -> Self {
        Self(below_overload.min(127))
    }

    /// The root mean square of `samples` against a full scale of 1.
    #[must_use]
    pub fn of(samples: &[f32]) -> Self {
        Self::of_power(power(samples))
    }

    /// The root mean square of both channels.
    #[must_use]
    pub fn of_wide(frame: &WideFrame) -> Self {
        // (left² + right²) / 2 is middle² + side².
        Self::of_power(frame.both().map(|channel| power(&channel[..])).sum())
    }

    fn of_power(power: f32) -> Self {
        if power <= 0.0 || !power.is_finite() {
            return Self::SILENCE;
        }
        Self((-10.0 * power.log10()).clamp(0.0, 127.0).round() as u8)
    }

    /// The value for the header, 0 to 127.
    #[must_use]
    pub fn below_overload(self) -> u8 {
        self.0
    }

    /// In dBov: 0 to −127.
    #[must_use]
    pub fn dbov(self) -> i32 {
        -i32::from(self.0)
    }

    /// Whether this is at least as loud as `below_overload` dB below overload.
    #[must_use]
    pub fn reaches(self, below_overload: u8) -> bool {
        self.0 <= below_overload
    }
}

fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channels, FRAME, Wide};

    #[test]
    fn both_channels_count() {
        let table = [([1.0, 1.0], 0), ([1.0, 0.0], -3), ([0.1, -0.1], -20)];
        for (pair, dbov) in table {
            let frame = Wide::of(pair.repeat(FRAME), Channels::Stereo).take_frame();
            assert_eq!(Loudness::of_wide(&frame).dbov(), dbov, "{pair:?}");
        }
    }

    #[test]
    fn known_loudness() {
        let table: [(&[f32], i32); 5] = [
            (&[1.0, -1.0, 1.0, -1.0], 0),
            (&[0.1, -0.1], -20),
            (&[0.001, 0.001], -60),
            (&[0.0, 0.0], -127),
            (&[], -127),
        ];
        for (samples, dbov) in table {
            assert_eq!(Loudness::of(samples).dbov(), dbov, "{samples:?}");
        }
    }

    #[test]
    fn nonsense_is_silence() {
        assert_eq!(Loudness::of(&[f32::NAN]), Loudness::SILENCE);
        assert_eq!(Loudness::from_header(255), Loudness::SILENCE);
    }
}
