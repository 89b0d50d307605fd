//! When what is heard and seen was captured, and how far apart a page shows the two.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ParticipantId, Path};

/// From where on in a stream that comes by the server somebody's captures have which times. It holds from `rtp_time` until
/// the next of the same participant and m-line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Capture {
    /// Who captured it.
    pub participant: ParticipantId,
    /// The mid of the leg's m-line on which it comes: the mix's, or a slot's.
    pub mid: String,
    /// A timestamp in the packets of that m-line: at 48 kHz for sound, 90 kHz for a picture.
    pub rtp_time: u32,
    /// When he captured what has it: milliseconds since 1970 by his own clock, the one of his sender reports. Only two times
    /// of the same participant can be compared.
    pub captured_ms: f64,
}

/// How far apart a page shows somebody's picture and plays his voice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Skew {
    /// Whose.
    pub participant: ParticipantId,
    /// By which path his camera's picture comes.
    pub path: Path,
    /// When the sound that is heard was captured, less when the picture that is seen was, in milliseconds: positive when
    /// the sound is ahead (the sign of ITU-R BT.1359).
    #[ts(type = "number")]
    pub skew_ms: SkewMs,
}

/// Milliseconds between sound and picture: at most ten seconds either way, beyond which nothing was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct SkewMs(i16);

const MOST: i16 = 10_000;

impl SkewMs {
    /// As a plain number.
    #[must_use]
    pub fn get(self) -> i16 {
        self.0
    }
}

impl TryFrom<i32> for SkewMs {
    type Error = SkewError;

    fn try_from(skew: i32) -> Result<Self, SkewError> {
        let fits = i16::try_from(skew).ok();
        let fits = fits.filter(|skew| (-MOST..=MOST).contains(skew));
        fits.map(Self).ok_or(SkewError(skew))
    }
}

impl From<SkewMs> for i32 {
    fn from(skew: SkewMs) -> Self {
        Self::from(skew.0)
    }
}

/// A number that is no skew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a skew is between -{MOST} and {MOST} ms; this one is {0}")]
pub struct SkewError(i32);
