//! One clock for all processes of a measurement: the machine's monotonic one, which [`Instant`] reads too but does not
//! tell.

use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::error::LoadError;

/// An instant, and what the machine's clock showed then.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant, Duration);

impl Clock {
    /// Reads both.
    ///
    /// # Errors
    /// When GStreamer, which tells the machine's time, cannot be used.
    pub fn new() -> Result<Self, LoadError> {
        gst::init().map_err(|error| LoadError::Clients(error.to_string()))?;
        Ok(Self(Instant::now(), now()))
    }

    /// What the machine's clock showed at an instant.
    pub fn time_of(&self, at: Instant) -> Duration {
        let Self(instant, time) = *self;
        (time + at.saturating_duration_since(instant))
            .saturating_sub(instant.saturating_duration_since(at))
    }
}

/// What the machine's clock shows.
pub fn now() -> Duration {
    gst::SystemClock::obtain().time().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn instants_have_a_time_before_and_after() {
        let clock = Clock::new().unwrap();
        let (earlier, step) = (clock.0, Duration::from_millis(500));
        let time = clock.time_of(earlier);
        assert_eq!(clock.time_of(earlier + step), time + step);
        assert_eq!(clock.time_of(earlier - step), time - step);
        assert!(now() >= time);
    }
}
