//! The slots' way into webrtcbin, which does not know their m-lines (`sdp/lines.rs`).
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

impl Parts {
    /// Leads a picture slot into the session, over a bridge that has to be kept. `None`: there is no such slot, or nothing
    /// can be sent yet.
    pub(super) fn open_slot(
        &self,
        number: usize,
        stats: &Arc<LegStats>,
    ) -> Result<Option<Bridge>, LegError> {
        let (Some(caps), Some(funnel)) = (self.slot_caps(number), self.funnel()) else {
            return Ok(None);
        };
        self.again.tell(&self.rtpbin);
        let pad = |element: &gst::Element, name: &str| {
            let pad = element.request_pad_simple(name);
            pad.ok_or_else(|| LegError::Build(format!("{} has no pad {name}", element.name())))
        };
        let source = pad(&self.video, &format!("src_{number}"))?;
        let load = Load {
            caps,
            tally: |_, _| {},
            stats: Arc::clone(stats),
        };
        Bridge::between(&source, &pad(&funnel, "sink_%u")?, load).map(Some)
    }

    /// There is one once the answer is set.
    fn funnel(&self) -> Option<gst::Element> {
        let sink = self.rtpbin.static_pad("send_rtp_sink_0")?;
        sink.peer()?.parent_element()
    }
}
