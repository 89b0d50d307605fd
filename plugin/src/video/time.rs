//! Between a pipeline's running time and the process's monotonic time.
//!
//! A packet's age carries its capture time from one pipeline's clock to another's: both clocks are read when it passes,
//! and it is too young for their drift to matter.

use std::time::Duration;

use gst::prelude::*;

use crate::now::now;

/// When a buffer with this running time was captured; without one, or without a clock, it was now. Never in the future.
pub(super) fn captured(element: &gst::Element, running_time: Option<gst::ClockTime>) -> Duration {
    let age =
        running_time.and_then(|then| Some(element.current_running_time()?.saturating_sub(then)));
    now().saturating_sub(age.map_or(Duration::ZERO, Duration::from))
}

/// The running time of an element at a past moment; `None` when it has no clock. A moment before its start is zero.
pub(super) fn running_time(element: &gst::Element, then: Duration) -> Option<gst::ClockTime> {
    let age = gst::ClockTime::try_from(now().saturating_sub(then)).ok()?;
    Some(element.current_running_time()?.saturating_sub(age))
}
