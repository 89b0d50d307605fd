//! What a listener gets, on its way out of one of his pads.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use convene_audio::Delivery;
use gst::prelude::*;

use super::{
    endings::{Outcome, Tally},
    format::{Format, Writer},
    imp::CAT,
};
use crate::lock::lock;

/// Deliveries that wait for a blocked pad: half a second. The oldest are dropped first, since sound that is late is worth nothing.
const WAITING: usize = 25;

/// What waits to be pushed.
enum Item {
    Sound(Delivery, gst::ClockTime),
    Eos,
}

struct Queue {
    items: VecDeque<Item>,
    open: bool,
}

/// What the pad has said of itself so far.
struct Out {
    caps: Option<gst::Caps>,
    writer: Option<Writer>,
    /// Stream-start, caps and segment have gone out.
    begun: bool,
    ended: bool,
}

/// One source pad with its queue.
pub(super) struct Outlet {
    pad: gst::Pad,
    queue: Mutex<Queue>,
    changed: Condvar,
    out: Mutex<Out>,
    outcomes: Arc<Tally<Outcome>>,
}

impl Outlet {
    /// One that counts what becomes of deliveries in `outcomes`.
    pub(super) fn new(pad: gst::Pad, outcomes: &Arc<Tally<Outcome>>) -> Arc<Self> {
        Arc::new(Self {
            pad,
            queue: Mutex::new(Queue {
                items: VecDeque::new(),
                open: false,
            }),
            changed: Condvar::new(),
            out: Mutex::new(Out {
                caps: None,
                writer: None,
                begun: false,
                ended: false,
            }),
            outcomes: Arc::clone(outcomes),
        })
    }

    pub(super) fn pad(&self) -> &gst::Pad {
        &self.pad
    }

    /// Asks downstream what it takes. `None` while nothing is linked, or it takes nothing of ours.
    pub(super) fn negotiate(&self) -> Option<Format> {
        let template = self.pad.pad_template_caps();
        let allowed = self.pad.peer_query_caps(Some(&template));
        if !self.pad.is_linked() || allowed.is_empty() {
            return None;
        }
        let mut out = lock(&self.out);
        let caps = match &out.caps {
            Some(caps) if caps.is_subset(&allowed) => caps.clone(),
            _ => Format::fixate(allowed),
        };
        let format = Format::from_caps(&caps)?;
        if out.caps.as_ref() != Some(&caps) {
            *out = Out {
                writer: Some(Writer::new(format.clone())),
                caps: Some(caps),
                begun: false,
                ended: false,
            };
        }
        Some(format)
    }

    /// Starts to take deliveries; `queued` starts the pad's task.
    pub(super) fn open(self: &Arc<Self>, queued: bool) -> Result<(), glib::BoolError> {
        lock(&self.queue).open = true;
        let mut out = lock(&self.out);
        (out.begun, out.ended) = (false, false);
        drop(out);
        if !queued {
            return Ok(());
        }
        let outlet = Arc::downgrade(self);
        self.pad.start_task(move || {
            if let Some(outlet) = outlet.upgrade() {
                outlet.push_next();
            }
        })
    }

    /// Forgets what waits, and lets the pad's task end.
    pub(super) fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.open = false;
        for item in queue.items.drain(..) {
            if let Item::Sound(..) = item {
                self.outcomes.add(Outcome::Closed);
            }
        }
        drop(queue);
        self.changed.notify_all();
    }

    /// Takes a delivery for the pad's task; the oldest that waits is dropped when there are too many.
    pub(super) fn enqueue(&self, delivery: Delivery, pts: gst::ClockTime) {
        self.put(Item::Sound(delivery, pts));
    }

    /// Ends the stream behind what waits.
    pub(super) fn enqueue_eos(&self) {
        self.put(Item::Eos);
    }

    /// Pushes a delivery from here. Times that lie before the pad began are dropped.
    pub(super) fn push(
        &self,
        delivery: &Delivery,
        pts: gst::ClockTime,
    ) -> Result<(), gst::FlowError> {
        let (events, mut buffer) = match self.prepare(delivery) {
            Ok(prepared) => prepared,
            Err(outcome) => {
                self.outcomes.add(outcome);
                return Ok(());
            }
        };
        for event in events {
            self.pad.push_event(event);
        }
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(pts);
        }
        let pushed = self.pad.push(buffer);
        let outcome = outcome_of(pushed);
        self.outcomes.add(outcome);
        match pushed {
            Err(error) if outcome == Outcome::Refused => Err(error),
            _ => Ok(()),
        }
    }

    /// Ends the stream from here.
    pub(super) fn push_eos(&self) {
        let mut out = lock(&self.out);
        let events = if std::mem::replace(&mut out.begun, true) {
            Vec::new()
        } else {
            self.first_events(&out)
        };
        let ended = std::mem::replace(&mut out.ended, true);
        drop(out);
        if !ended {
            events.into_iter().for_each(|event| {
                self.pad.push_event(event);
            });
            self.pad.push_event(gst::event::Eos::new());
        }
    }

    fn put(&self, item: Item) {
        let mut queue = lock(&self.queue);
        if !queue.open {
            if let Item::Sound(..) = item {
                self.outcomes.add(Outcome::Closed);
            }
            return;
        }
        if queue.items.len() >= WAITING {
            queue.items.pop_front();
            self.outcomes.add(Outcome::Blocked);
        }
        queue.items.push_back(item);
        drop(queue);
        self.changed.notify_one();
    }

    /// One turn of the pad's task.
    fn push_next(&self) {
        match self.wait_next() {
            Some(Item::Sound(delivery, pts)) => {
                if let Err(error) = self.push(&delivery, pts) {
                    gst::warning!(CAT, obj = self.pad, "downstream failed: {error}");
                    self.fail(error);
                }
            }
            Some(Item::Eos) => {
                self.push_eos();
                let _ = self.pad.pause_task();
            }
            None => {
                let _ = self.pad.pause_task();
            }
        }
    }

    fn fail(&self, error: gst::FlowError) {
        if let Some(element) = self.pad.parent_element() {
            gst::element_error!(
                element,
                gst::StreamError::Failed,
                (
                    "What is linked to pad {} does not take sound: {error}",
                    self.pad.name()
                )
            );
        }
        let _ = self.pad.pause_task();
    }

    fn wait_next(&self) -> Option<Item> {
        let mut queue = lock(&self.queue);
        loop {
            if !queue.open {
                return None;
            }
            if let Some(item) = queue.items.pop_front() {
                return Some(item);
            }
            queue = self.changed.wait(queue).unwrap_or_else(|e| e.into_inner());
        }
    }

    /// The buffer, and the events that have to go before it; else what becomes of the delivery instead.
    fn prepare(&self, delivery: &Delivery) -> Result<(Vec<gst::Event>, gst::Buffer), Outcome> {
        let mut out = lock(&self.out);
        if out.ended {
            return Err(Outcome::Ended);
        }
        let writer = out.writer.as_mut();
        let buffer = writer.and_then(|writer| writer.write(delivery));
        let buffer = buffer.ok_or(Outcome::OtherForm)?;
        let events = if std::mem::replace(&mut out.begun, true) {
            Vec::new()
        } else {
            self.first_events(&out)
        };
        Ok((events, buffer))
    }

    fn first_events(&self, out: &Out) -> Vec<gst::Event> {
        let element = self.pad.parent_element();
        let stream_id = self.pad.create_stream_id(
            element.as_ref().unwrap_or(&gst::Bin::new().upcast()),
            Some(&self.pad.name()),
        );
        let start = gst::event::StreamStart::builder(stream_id.as_str())
            .group_id(gst::GroupId::next())
            .build();
        let caps = out.caps.as_ref().map(gst::event::Caps::new);
        let segment = gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new());
        [Some(start), caps, Some(segment)]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn outcome_of(pushed: Result<gst::FlowSuccess, gst::FlowError>) -> Outcome {
    match pushed {
        Ok(_) => Outcome::Pushed,
        Err(gst::FlowError::NotLinked) => Outcome::NotLinked,
        Err(gst::FlowError::Flushing) => Outcome::Flushing,
        Err(gst::FlowError::Eos) => Outcome::Eos,
        Err(_) => Outcome::Refused,
    }
}

/// The time a delivery's first sample belongs to, when it begins so many samples before the frame that was due.
pub(super) fn begins(due: Duration, age: usize) -> Duration {
    due.saturating_sub(Duration::from_micros(age as u64 * 1_000 / 48))
}
