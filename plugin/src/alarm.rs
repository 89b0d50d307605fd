//! Being woken when a machine has something to do by itself: GStreamer's system clock rings, on its own thread, which is
//! everyone's.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use gst::prelude::*;

/// For when the clock is set.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Option<Duration>);

impl Alarm {
    /// The time to [`ring_at`], unless the clock is set early enough. One that should have rung is set no longer.
    pub(crate) fn next(&mut self, now: Duration, deadline: Option<Duration>) -> Option<Duration> {
        let deadline = deadline?;
        if self.0.is_some_and(|set| (now..=deadline).contains(&set)) {
            return None;
        }
        self.0 = Some(deadline);
        self.0
    }

    /// The clock has rung for this time.
    pub(crate) fn rung(&mut self, at: Duration) {
        self.0.take_if(|set| *set == at);
    }
}

/// Has the clock ring once, which must not take long; a panic goes no further. If the clock refuses, whatever happens next
/// makes up for it.
pub(crate) fn ring_at(at: Duration, now: Duration, ring: impl FnOnce() + Send + 'static) {
    let clock = gst::SystemClock::obtain();
    let wait = gst::ClockTime::try_from(at.saturating_sub(now)).unwrap_or(gst::ClockTime::ZERO);
    let ring = move |_: &gst::Clock, _: Option<gst::ClockTime>, _: &gst::ClockId| {
        let _ = catch_unwind(AssertUnwindSafe(ring));
    };
    let _ = clock
        .new_single_shot_id(clock.time() + wait)
        .wait_async(ring);
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn the_clock_is_set_when_it_would_ring_too_late_or_should_have_rung() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.next(S, None), None);
        assert_eq!(alarm.next(S, Some(5 * S)), Some(5 * S));
        assert_eq!(alarm.next(2 * S, Some(6 * S)), None, "it rings before");
        assert_eq!(alarm.next(2 * S, Some(4 * S)), Some(4 * S));
        assert_eq!(
            alarm.next(5 * S, Some(6 * S)),
            Some(6 * S),
            "it has not rung"
        );
        alarm.rung(4 * S);
        assert_eq!(alarm.next(5 * S, Some(6 * S)), None);
        alarm.rung(6 * S);
        assert_eq!(alarm.next(5 * S, Some(6 * S)), Some(6 * S));
    }
}
