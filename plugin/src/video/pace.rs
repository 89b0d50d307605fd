//! The way to one subscriber, over all his slots: what it does not carry at once waits here, in its order.
//!
//! One thread at a time lets packets out, and holds no lock meanwhile; whoever brings some while another does leaves them
//! to it. When nobody brings any, the clock rings for those that wait, and a thread of GStreamer's pool lets them out.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use convene_bandwidth::Pacer;
use gst::prelude::*;

use super::outlet::{Item, Outlet};
use crate::{lock::lock, now::now};

pub(super) struct Pace {
    element: glib::WeakRef<gst::Element>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pacer: Pacer<(Arc<Outlet>, Item)>,
    /// Whether a thread is letting packets out.
    busy: bool,
    /// For when the clock is set.
    alarm: Option<Duration>,
}

impl Pace {
    /// The way to this element's participant.
    pub(super) fn of(element: &gst::Element) -> Arc<Self> {
        Arc::new(Self {
            element: element.downgrade(),
            state: Mutex::default(),
        })
    }

    /// How many bits per second the way carries; `None`: that is not known, and nothing waits.
    pub(super) fn set_estimate(&self, estimate: Option<u64>) {
        lock(&self.state).pacer.set_estimate(estimate);
    }

    /// Gives a slot its next item when its time has come.
    pub(super) fn send(self: &Arc<Self>, outlet: Arc<Outlet>, item: Item) {
        let octets = item.octets();
        lock(&self.state).pacer.push(now(), octets, (outlet, item));
        self.let_out();
    }

    fn let_out(self: &Arc<Self>) {
        if std::mem::replace(&mut lock(&self.state).busy, true) {
            return;
        }
        while let Some((outlet, item)) = self.next() {
            outlet.take(item);
        }
    }

    /// The next item, if its time has come; if not, whoever comes next begins anew, the clock among them.
    fn next(self: &Arc<Self>) -> Option<(Arc<Outlet>, Item)> {
        let now = now();
        let (next, alarm) = {
            let mut state = lock(&self.state);
            let next = state.pacer.poll(now);
            state.busy = next.is_some();
            let alarm = if state.busy {
                None
            } else {
                state.next_alarm(now)
            };
            (next, alarm)
        };
        if let Some(alarm) = alarm {
            self.set_clock(alarm, alarm.saturating_sub(now));
        }
        next
    }

    /// Rings on the clock's thread, which is everyone's: packets are let out elsewhere.
    fn set_clock(self: &Arc<Self>, alarm: Duration, wait: Duration) {
        let clock = gst::SystemClock::obtain();
        let wait = gst::ClockTime::try_from(wait).unwrap_or(gst::ClockTime::ZERO);
        let pace = Arc::downgrade(self);
        let ring = move || {
            let Some(pace) = pace.upgrade() else { return };
            lock(&pace.state).alarm.take_if(|set| *set == alarm);
            if let Some(element) = pace.element.upgrade() {
                element.call_async(move |_| {
                    let _ = catch_unwind(AssertUnwindSafe(|| pace.let_out()));
                });
            }
        };
        let ring = move |_: &gst::Clock, _: Option<gst::ClockTime>, _: &gst::ClockId| {
            let _ = catch_unwind(AssertUnwindSafe(ring));
        };
        // If the clock refuses, the next packet makes up for it.
        let _ = clock
            .new_single_shot_id(clock.time() + wait)
            .wait_async(ring);
    }
}

impl State {
    /// The time to set the clock for, unless it is set early enough. One that should have rung is set no longer.
    fn next_alarm(&mut self, now: Duration) -> Option<Duration> {
        let deadline = self.pacer.deadline()?;
        let set = self.alarm;
        if set.is_some_and(|alarm| (now..=deadline).contains(&alarm)) {
            return None;
        }
        self.alarm = Some(deadline);
        self.alarm
    }
}
