//! The pads of `convenevideo`: how they come and go, and what comes in by them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
};

use convene_video::Source;
use gst::{prelude::*, subclass::prelude::*};

use super::{imp::ConveneVideo, inlet::Inlet, outlet::Outlet, planning, wishes};
use crate::lock::lock;

/// Sink pads: eight layers of the camera, and as many of the screen.
const MOST_SINKS: u32 = 16;

impl ConveneVideo {
    pub(super) fn add_inlet(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
    ) -> Option<gst::Pad> {
        let index = index_of(name, "sink_", &lock(&self.inlets))?;
        let source = match index {
            MOST_SINKS.. => return None,
            camera if camera % 2 == 0 => Source::Camera,
            _ => Source::Screen,
        };
        let pad = gst::Pad::builder_from_template(template)
            .name(format!("sink_{index}"))
            .chain_function(move |_, parent, buffer| {
                let fail = || Err(gst::FlowError::Error);
                Self::catch_panic_pad_function(parent, fail, |imp| imp.chain(index, buffer))
            })
            .event_function(move |_, parent, event| {
                Self::catch_panic_pad_function(
                    parent,
                    || false,
                    |imp| imp.sink_event(index, &event),
                )
            })
            .iterate_internal_links_function(|_, _| gst::Iterator::from_vec(Vec::new()))
            .build();
        lock(&self.inlets).insert(index, Arc::new(Inlet::new(pad.clone(), source)));
        let added = self.add(&pad)?;
        self.tell_sources();
        Some(added)
    }

    pub(super) fn add_outlet(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
    ) -> Option<gst::Pad> {
        let index = index_of(name, "src_", &lock(&self.outlets))?;
        let delivery = lock(&self.settings).delivery;
        let outlet = Outlet::new(
            template,
            index,
            delivery,
            self.playing.load(Ordering::SeqCst),
            self.pace(),
        );
        lock(&self.outlets).insert(index, outlet.clone());
        let pad = self.add(&outlet.pad)?;
        if let Some(seat) = self.seat() {
            seat.open(index, &outlet);
            seat.set_slots(self.slots());
        }
        Some(pad)
    }

    /// The plan does without a slot before it is closed.
    pub(super) fn remove(&self, pad: &gst::Pad) {
        let _ = pad.set_active(false);
        let inlet = lock(&self.inlets)
            .extract_if(.., |_, inlet| inlet.pad == *pad)
            .next();
        if let Some((index, inlet)) = inlet {
            lock(&self.ended).remove(&index);
            self.tell_sources();
            inlet.end(self.seat().as_ref());
        }
        let outlet = lock(&self.outlets)
            .extract_if(.., |_, outlet| outlet.pad == *pad)
            .next();
        if let (Some((index, _)), Some(seat)) = (outlet, self.seat()) {
            seat.set_slots(self.slots());
            seat.close(index);
        }
        let _ = self.obj().remove_pad(pad);
    }

    /// The pictures that he publishes: those of his sink pads that are not at their end.
    pub(super) fn sources(&self) -> BTreeSet<convene_topology::Source> {
        let ended = lock(&self.ended).clone();
        let inlets = lock(&self.inlets);
        let live = inlets.iter().filter(|(index, _)| !ended.contains(index));
        live.map(|(_, inlet)| planning::planned(inlet.source))
            .collect()
    }

    /// The numbers of his slots.
    pub(super) fn slots(&self) -> Vec<u32> {
        lock(&self.outlets).keys().copied().collect()
    }

    fn tell_sources(&self) {
        if let Some(seat) = self.seat() {
            seat.set_sources(self.sources());
        }
    }

    fn add(&self, pad: &gst::Pad) -> Option<gst::Pad> {
        let element = self.obj();
        if element.current_state() > gst::State::Ready {
            pad.set_active(true).ok()?;
        }
        element.add_pad(pad).ok()?;
        Some(pad.clone())
    }

    fn chain(&self, index: u32, buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        let inlet = lock(&self.inlets)
            .get(&index)
            .cloned()
            .ok_or(gst::FlowError::Flushing)?;
        let seat = self.seat().ok_or(gst::FlowError::Flushing)?;
        inlet.chain(self.obj().upcast_ref(), &seat, buffer)
    }

    fn sink_event(&self, index: u32, event: &gst::Event) -> bool {
        let inlet = lock(&self.inlets).get(&index).cloned();
        let taken = inlet.is_some_and(|inlet| inlet.event(self.seat().as_ref(), event));
        let turned = match event.type_() {
            gst::EventType::Eos => lock(&self.ended).insert(index),
            gst::EventType::StreamStart | gst::EventType::FlushStop => {
                lock(&self.ended).remove(&index)
            }
            _ => false,
        };
        if turned {
            self.tell_sources();
        }
        taken
    }

    /// An event that came up into a slot.
    pub(super) fn slot_event(&self, index: u32, event: &gst::Event) -> bool {
        match event.view() {
            gst::EventView::CustomUpstream(_) if event.has_name("GstForceKeyUnit") => {
                if let Some(seat) = self.seat() {
                    seat.want_key_frame(index);
                }
                true
            }
            gst::EventView::CustomUpstream(_) if event.has_name("RTPTWCCPackets") => {
                self.feedback(event);
                true
            }
            gst::EventView::Reconfigure(_) => {
                if let Some(outlet) = self.outlets().get(&index) {
                    outlet.reconfigure();
                }
                true
            }
            gst::EventView::Latency(_) | gst::EventView::Qos(_) => true,
            _ => false,
        }
    }

    /// The session tells every slot the same.
    fn feedback(&self, event: &gst::Event) {
        let known = lock(&self.feedback).replace(event.seqnum()) == Some(event.seqnum());
        if let Some(seat) = self.seat().filter(|_| !known) {
            let estimate = seat.feedback(&wishes::reports(event));
            self.pace().set_estimate(estimate);
        }
    }
}

/// The number that a pad of this name will have, or the lowest free one; `None` when it is taken or no number.
fn index_of<T>(name: Option<&str>, prefix: &str, taken: &BTreeMap<u32, T>) -> Option<u32> {
    let asked = name
        .and_then(|name| name.strip_prefix(prefix))
        .filter(|number| *number != "%u");
    match asked {
        Some(number) => number
            .parse()
            .ok()
            .filter(|index| !taken.contains_key(index)),
        None => (0..).find(|index| !taken.contains_key(index)),
    }
}
