//! What goes out on the source pads, and what the bus is told.

use std::{sync::Arc, time::Duration};

use convene_audio::{Number, Sound};
use gst::{prelude::*, subclass::prelude::*};

use super::{CAT, ConveneAudio};
use crate::{
    audio::{
        conference::{Ear, Mapped, Talker},
        endings::Outcome,
        outlet::{Outlet, begins},
    },
    delivery::Delivery,
    lock::lock,
    now::now,
};

impl ConveneAudio {
    pub(super) fn source_pad(template: &gst::PadTemplate, name: Option<&str>) -> gst::Pad {
        let builder = gst::Pad::builder_from_template(template)
            .activatemode_function(|pad, parent, _, active| {
                // A pad that is asked for while the element runs is active before it belongs to it.
                if parent.is_none() {
                    return Ok(());
                }
                let panicked = || Err(gst::loggable_error!(CAT, "panicked on activation"));
                Self::catch_panic_pad_function(parent, panicked, |imp| imp.activate(pad, active))
            })
            .query_function(|pad, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.src_query(pad, query))
            })
            .event_function(|pad, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.src_event(pad, event))
            });
        match name {
            Some(name) => builder.name(name).build(),
            None => builder.build(),
        }
    }

    pub(super) fn outlet(&self, pad: &gst::Pad) -> Option<Arc<Outlet>> {
        if self.main.pad() == pad {
            return Some(Arc::clone(&self.main));
        }
        lock(&self.relays)
            .iter()
            .find(|(_, outlet)| outlet.pad() == pad)
            .map(|(_, outlet)| Arc::clone(outlet))
    }

    pub(super) fn activate(&self, pad: &gst::Pad, active: bool) -> Result<(), gst::LoggableError> {
        let Some(outlet) = self.outlet(pad) else {
            return Ok(());
        };
        if active {
            let queued = lock(&self.settings).delivery == Delivery::Queue;
            return outlet
                .open(queued)
                .map_err(|error| gst::loggable_error!(CAT, "no task for the pad: {error}"));
        }
        outlet.close();
        pad.stop_task()
            .map_err(|error| gst::loggable_error!(CAT, "the pad's task does not stop: {error}"))
    }

    pub(super) fn src_query(&self, pad: &gst::Pad, query: &mut gst::QueryRef) -> bool {
        if let gst::QueryViewMut::Latency(latency) = query.view_mut() {
            let least = gst::ClockTime::from_mseconds(lock(&self.settings).least_delay());
            latency.set(true, least, None);
            return true;
        }
        gst::Pad::query_default(pad, Some(&*self.obj()), query)
    }

    pub(super) fn src_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Reconfigure(_) => {
                self.negotiate();
                true
            }
            gst::EventView::Latency(_) | gst::EventView::Qos(_) => true,
            _ => gst::Pad::event_default(pad, Some(&*self.obj()), event),
        }
    }

    /// A monotonic time as this pipeline's running time; `None` before the pipeline began.
    pub(super) fn running_time(&self, at: Duration) -> Option<gst::ClockTime> {
        let obj = self.obj();
        let (clock, base) = (obj.clock()?, obj.base_time()?);
        let mut place = lock(&self.place);
        place.bridge.observe(clock.time().into(), now());
        let foreign = place.bridge.to_foreign(at)?;
        gst::ClockTime::from_nseconds(foreign.as_nanos() as u64).checked_sub(base)
    }

    pub(super) fn deliver(&self, due: Duration, delivery: convene_audio::Delivery) {
        let Some(outlet) = self.way_of(&delivery.sound) else {
            return self.outcomes.add(Outcome::NoPad);
        };
        let at = begins(due, delivery.age);
        let Some(pts) = self.running_time(at) else {
            return self.outcomes.add(Outcome::BeforeStart);
        };
        if lock(&self.settings).delivery == Delivery::Queue {
            outlet.enqueue(delivery, pts);
        } else if let Err(error) = outlet.push(&delivery, pts) {
            gst::warning!(CAT, imp = self, "downstream failed: {error}");
        }
    }

    /// `None` where a slot has no pad.
    fn way_of(&self, sound: &Sound) -> Option<Arc<Outlet>> {
        let Sound::Relayed { slot, .. } = sound else {
            return Some(Arc::clone(&self.main));
        };
        let relays = lock(&self.relays);
        let way = relays.iter().find(|(n, _)| *n as usize == *slot);
        way.map(|(_, outlet)| Arc::clone(outlet))
    }

    pub(super) fn tell_talkers(&self, talkers: &[Talker], media_time: u64) {
        let own = lock(&self.place).seat.as_ref().map(|seat| seat.number);
        let talking = talkers.iter().any(|talker| Some(talker.number) == own);
        let changed = std::mem::replace(&mut lock(&self.place).talking, talking) != talking;
        let message = gst::Structure::builder("convene-talkers")
            .field("talkers", gst::Array::new(talkers.iter().map(structure)))
            .field("rtp-time", media_time as u32)
            .build();
        self.announce(message);
        if changed {
            self.obj().notify("talking");
        }
    }

    fn tell_mapped(&self, mapped: &[Mapped]) {
        let message = gst::Structure::builder("convene-captures")
            .field("captures", gst::Array::new(mapped.iter().map(capture)))
            .build();
        self.announce(message);
    }

    /// Whoever has no bus any more is told nothing.
    fn announce(&self, message: gst::Structure) {
        let obj = self.obj();
        let _ = obj.post_message(gst::message::Element::builder(message).src(&*obj).build());
    }

    /// All was played: EOS on every pad, and the participant is gone.
    pub(super) fn end(&self) {
        let queued = lock(&self.settings).delivery == Delivery::Queue;
        let mut outlets = vec![Arc::clone(&self.main)];
        outlets.extend(self.slots());
        let seat = lock(&self.place).seat.take();
        drop(seat);
        for outlet in outlets {
            if queued {
                outlet.enqueue_eos()
            } else {
                outlet.push_eos()
            }
        }
    }
}

fn structure(talker: &Talker) -> glib::SendValue {
    let Talker {
        participant,
        number: Number(number),
        loudness,
    } = talker;
    gst::Structure::builder("talker")
        .field("participant", participant)
        .field("number", *number)
        .field("level", loudness.dbov())
        .build()
        .to_send_value()
}

fn capture(mapped: &Mapped) -> glib::SendValue {
    let Mapped {
        participant,
        mapping,
    } = mapped;
    let slot = mapping.slot.and_then(|slot| i32::try_from(slot).ok());
    gst::Structure::builder("capture")
        .field("participant", participant)
        .field("slot", slot.unwrap_or(-1))
        .field("rtp-time", mapping.media_time as u32)
        .field("source-ssrc", mapping.ssrc)
        .field("source-rtp-time", mapping.rtp_time)
        .build()
        .to_send_value()
}

/// How the conference reaches an element that may be gone.
pub(super) struct ElementEar(pub(super) glib::WeakRef<crate::audio::ConveneAudio>);

impl Ear for ElementEar {
    fn deliver(&self, due: Duration, delivery: convene_audio::Delivery) {
        if let Some(element) = self.0.upgrade() {
            element.imp().deliver(due, delivery);
        }
    }

    fn talkers(&self, talkers: &[Talker], media_time: u64) {
        if let Some(element) = self.0.upgrade() {
            element.imp().tell_talkers(talkers, media_time);
        }
    }

    fn mapped(&self, mapped: &[Mapped]) {
        if let Some(element) = self.0.upgrade() {
            element.imp().tell_mapped(mapped);
        }
    }

    fn drained(&self) {
        if let Some(element) = self.0.upgrade() {
            element.imp().end();
        }
    }

    fn alone(&self) {
        if let Some(element) = self.0.upgrade() {
            element.imp().end_input();
        }
    }

    fn joined(&self) {
        if let Some(element) = self.0.upgrade() {
            element.imp().name_gains();
        }
    }

    fn broken(&self, cause: &str) {
        if let Some(element) = self.0.upgrade() {
            gst::element_error!(
                element,
                gst::CoreError::Failed,
                ("The conference's sound has stopped"),
                ["{cause}"]
            );
        }
    }
}
