//! A picture's sink pad: its segment and caps, and its packets' way into the room.

use std::sync::{Arc, Mutex};

use convene_video::Source;

use super::{outlet::Parcel, room::Seat, time, wire::Origin};
use crate::lock::lock;

pub(super) struct Inlet {
    pub(super) pad: gst::Pad,
    pub(super) source: Source,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    segment: gst::FormattedSegment<gst::ClockTime>,
    origin: Option<Arc<Origin>>,
    published: bool,
}

impl Inlet {
    pub(super) fn new(pad: gst::Pad, source: Source) -> Self {
        Self {
            pad,
            source,
            state: Mutex::default(),
        }
    }

    pub(super) fn chain(
        &self,
        element: &gst::Element,
        seat: &Seat,
        buffer: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let (origin, running_time) = {
            let state = lock(&self.state);
            let origin = state.origin.clone().ok_or(gst::FlowError::NotNegotiated)?;
            (origin, state.segment.to_running_time(buffer.pts()))
        };
        self.publish(seat);
        let captured = time::captured(element, running_time);
        let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
        let forward = seat.packet(self.source, &self.pad, origin.layer_id, &map);
        drop(map);
        for (forward, outlet) in forward {
            outlet.deliver(Parcel {
                forward,
                buffer: buffer.clone(),
                origin: origin.clone(),
                publisher: seat.name().clone(),
                source: self.source,
                captured,
            });
        }
        Ok(gst::FlowSuccess::Ok)
    }

    /// Nothing is passed on: what is downstream belongs to other participants.
    pub(super) fn event(&self, seat: Option<&Seat>, event: &gst::Event) -> bool {
        match event.view() {
            gst::EventView::Caps(caps) => self.set_caps(seat, caps.caps()),
            gst::EventView::Segment(segment) => self.set_segment(segment.segment()),
            gst::EventView::Eos(_) => self.end(seat),
            gst::EventView::FlushStop(_) => self.flushed(seat),
            _ => true,
        }
    }

    /// The picture is over.
    pub(super) fn end(&self, seat: Option<&Seat>) -> bool {
        lock(&self.state).published = false;
        if let Some(seat) = seat {
            seat.end(self.source, &self.pad);
        }
        true
    }

    /// Forgets everything: the pad is deactivated.
    pub(super) fn reset(&self) {
        *lock(&self.state) = State::default();
    }

    fn set_caps(&self, seat: Option<&Seat>, caps: &gst::CapsRef) -> bool {
        let Some(origin) = Origin::from_caps(caps) else {
            return false;
        };
        {
            let mut state = lock(&self.state);
            let same = state
                .origin
                .as_ref()
                .is_some_and(|known| known.codec() == origin.codec());
            state.published &= same;
            state.origin = Some(Arc::new(origin));
        }
        if let Some(seat) = seat {
            self.publish(seat);
        }
        true
    }

    fn set_segment(&self, segment: &gst::Segment) -> bool {
        let Some(segment) = segment.downcast_ref::<gst::ClockTime>() else {
            return false;
        };
        lock(&self.state).segment = segment.clone();
        true
    }

    /// What follows a flush does not follow what was before it: whoever looks on waits for a key frame.
    fn flushed(&self, seat: Option<&Seat>) -> bool {
        {
            let mut state = lock(&self.state);
            state.segment = gst::FormattedSegment::new();
            state.published = false;
        }
        if let Some(seat) = seat {
            self.publish(seat);
        }
        true
    }

    /// Makes the picture known, once caps are.
    fn publish(&self, seat: &Seat) {
        let codec = {
            let mut state = lock(&self.state);
            let Some(codec) = state.origin.as_ref().map(|origin| origin.codec()) else {
                return;
            };
            if std::mem::replace(&mut state.published, true) {
                return;
            }
            codec
        };
        seat.publish(self.source, codec, &self.pad);
    }
}
