//! The one clock of all conferences.

use std::time::Duration;

use gst::prelude::*;

/// The process's monotonic time, which is also that of GStreamer's default clock.
pub(crate) fn now() -> Duration {
    gst::SystemClock::obtain().time().into()
}
