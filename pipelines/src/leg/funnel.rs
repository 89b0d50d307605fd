//! The slots' way into webrtcbin, which does not know their m-lines (`sdp/slots.rs`).
//!
//! All that webrtcbin sends in a bundle meets in an `rtpfunnel` before the RTP session, and goes through one store for
//! retransmission (RFC 4588). A slot gets a pad of that funnel when it first shows something; the store is told which
//! SSRC belongs to which. Key-frame requests come back through the funnel, which tells them by the SSRC in the caps.

use std::sync::Arc;

use gst::prelude::*;

use super::{
    LegError, LegStats,
    bridge::{Bridge, Load},
    build::Parts,
};
use crate::sdp::Slot;

impl Parts {
    /// Leads a picture slot into the session, over a bridge that has to be kept. `None`: there is no such slot, or nothing
    /// can be sent yet.
    pub(super) fn open_slot(
        &self,
        number: usize,
        stats: &Arc<LegStats>,
    ) -> Result<Option<Bridge>, LegError> {
        let (Some(slot), Some(funnel)) = (self.picture_slot(number), self.funnel()) else {
            return Ok(None);
        };
        self.name_retransmissions();
        let pad = |element: &gst::Element, name: &str| {
            let pad = element.request_pad_simple(name);
            pad.ok_or_else(|| LegError::Build(format!("{} has no pad {name}", element.name())))
        };
        let source = pad(&self.video, &format!("src_{number}"))?;
        let load = Load {
            caps: Some(self.slot_caps(slot)),
            tally: |_, _| {},
            stats: Arc::clone(stats),
            shortcut: None,
        };
        Bridge::between(&source, &pad(&funnel, "sink_%u")?, load).map(Some)
    }

    fn picture_slot(&self, number: usize) -> Option<&Slot> {
        self.slots.get(self.lines.audio_slots..)?.get(number)
    }

    /// There is one once the answer is set.
    fn funnel(&self) -> Option<gst::Element> {
        let sink = self.rtpbin.static_pad("send_rtp_sink_0")?;
        sink.peer()?.parent_element()
    }

    /// What is sent again has the SSRC that the description names for it; the store would take any.
    fn name_retransmissions(&self) {
        let mut map = gst::Structure::builder("application/x-rtp-ssrc-map");
        for (ssrc, rtx) in self
            .slots
            .iter()
            .filter_map(|slot| Some((slot.ssrc, slot.rtx?)))
        {
            map = map.field(ssrc.to_string(), rtx);
        }
        let map = map.build();
        let bin = self.rtpbin.downcast_ref::<gst::Bin>();
        let stores = bin.map(|bin| bin.iterate_all_by_element_factory_name("rtprtxsend"));
        for store in stores.into_iter().flatten().flatten() {
            store.set_property("ssrc-map", &map);
        }
    }
}
