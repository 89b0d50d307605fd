//! What a line does to the packets of one direction, as its author writes it.

use std::time::Duration;

use serde::Deserialize;

use crate::error::SceneError;

/// Nothing at all by default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Impairment {
    /// How long each packet is on its way, ms.
    pub delay_ms: u32,
    /// How much longer or shorter than that it may be, evenly spread, ms.
    pub jitter_ms: u32,
    /// Whether jitter lets packets overtake each other.
    pub reorder: bool,
    /// Which are lost.
    pub loss: Loss,
    /// How many kbit of Ethernet frames (without preamble and check sum) fit through in a second; any if absent.
    pub rate_kbps: Option<u32>,
    /// How long a packet may wait for its turn where there is a rate, ms; 200 if absent. What would have to wait longer
    /// is dropped.
    pub queue_ms: Option<u32>,
    /// Where the random numbers of jitter and loss begin: the same seed, the same numbers.
    pub seed: u64,
}

/// Which packets are lost.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Loss {
    /// Each with this probability, independently.
    Random(f64),
    /// Exactly these: `.` passes, `x` is lost, then from the beginning.
    Pattern(String),
}

impl Default for Loss {
    fn default() -> Self {
        Self::Random(0.0)
    }
}

impl Impairment {
    const QUEUE_MS: u32 = 200;

    /// Whether it is possible.
    ///
    /// # Errors
    /// [`SceneError::Pattern`], [`SceneError::Probability`], [`SceneError::NoRate`].
    pub fn check(&self) -> Result<(), SceneError> {
        match &self.loss {
            Loss::Random(share) if !(0.0..=1.0).contains(share) => {
                return Err(SceneError::Probability(share.to_string()));
            }
            Loss::Pattern(pattern) if !is_pattern(pattern) => {
                return Err(SceneError::Pattern(pattern.clone()));
            }
            _ => {}
        }
        if self.rate_kbps == Some(0) {
            return Err(SceneError::NoRate);
        }
        Ok(())
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.into())
    }

    pub(crate) fn jitter(&self) -> Duration {
        Duration::from_millis(self.jitter_ms.into())
    }

    pub(crate) fn queue(&self) -> Duration {
        Duration::from_millis(self.queue_ms.unwrap_or(Self::QUEUE_MS).into())
    }

    /// How long `octets` occupy the line.
    pub(crate) fn duration_of(&self, octets: usize) -> Duration {
        let kbps = self.rate_kbps.map(u64::from);
        let micros = |kbps| (octets as u64 * 8 * 1000).div_ceil(kbps);
        kbps.map_or(Duration::ZERO, |kbps| Duration::from_micros(micros(kbps)))
    }
}

fn is_pattern(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|b| matches!(b, b'.' | b'x'))
}
