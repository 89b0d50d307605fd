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
use crate::{
    alarm::{Alarm, ring_at},
    lock::lock,
    now::now,
};

pub(super) struct Pace {
    element: glib::WeakRef<gst::Element>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pacer: Pacer<(Arc<Outlet>, Item)>,
    /// Whether a thread is letting packets out.
    busy: bool,
    alarm: Alarm,
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
            let deadline = state.pacer.deadline().filter(|_| next.is_none());
            (next, state.alarm.next(now, deadline))
        };
        if let Some(alarm) = alarm {
            self.ring_at(alarm, now);
        }
        next
    }

    /// Packets are let out elsewhere than on the clock's thread, which is everyone's.
    fn ring_at(self: &Arc<Self>, at: Duration, now: Duration) {
        let pace = Arc::downgrade(self);
        ring_at(at, now, move || {
            let Some(pace) = pace.upgrade() else { return };
            lock(&pace.state).alarm.rung(at);
            if let Some(element) = pace.element.upgrade() {
                element.call_async(move |_| {
                    let _ = catch_unwind(AssertUnwindSafe(|| pace.let_out()));
                });
            }
        });
    }
}
