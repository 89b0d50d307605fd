//! Takes what was dropped as silence out of the losses that receiver reports tell.
//!
//! Outgoing RTCP passes here before it is encrypted; in the sink it would be too late.

use std::sync::{Arc, Mutex};

use convene_rtp::ReportCorrector;
use gst::prelude::*;

use super::{IceAgent, lane::Lane};
use crate::lock::lock;

const PAD: &str = "send_rtcp_src_";

/// Corrects all reports of a webrtcbin.
pub(super) fn attach(webrtcbin: &gst::Element, agent: &IceAgent) {
    let bin = webrtcbin.downcast_ref::<gst::Bin>();
    let Some(rtpbin) = bin.and_then(|bin| bin.by_name("rtpbin")) else {
        return;
    };
    let agent = agent.downgrade();
    rtpbin.connect_pad_added(move |_, pad| {
        let session = pad.name().strip_prefix(PAD).and_then(|n| n.parse().ok());
        let agent = agent.upgrade();
        if let Some(lane) = session.zip(agent).and_then(|(n, agent)| agent.lane(n)) {
            watch(pad, lane);
        }
    });
}

fn watch(pad: &gst::Pad, lane: Arc<Lane>) {
    let corrector = Mutex::new(ReportCorrector::new());
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    pad.add_probe(kinds, move |_, info| {
        let mut corrector = lock(&corrector);
        match &mut info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => {
                correct(&mut corrector, &lane, buffer.make_mut());
            }
            Some(gst::PadProbeData::BufferList(list)) => {
                list.make_mut().foreach_mut(|mut buffer, _| {
                    correct(&mut corrector, &lane, buffer.make_mut());
                    std::ops::ControlFlow::Continue(Some(buffer))
                });
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

fn correct(corrector: &mut ReportCorrector, lane: &Lane, buffer: &mut gst::BufferRef) {
    if let Ok(mut map) = buffer.map_writable() {
        corrector.correct(&mut map, |ssrc, highest| {
            lane.silenced_before(ssrc, highest)
        });
    }
}
