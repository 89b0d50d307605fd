//! Links what webrtcbin brings to the elements of the conference.
//!
//! webrtcbin's pads are not named by m-line; their transceivers know it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use gst::prelude::*;
use gst_webrtc::WebRTCRTPTransceiver;

use super::{LegError, LegStats, Lines, build::Parts};

impl Parts {
    /// Links the mix and the slots to the m-lines that carry them; the pads are there once the answer is set.
    pub(super) fn link_outgoing(&self, stats: &Arc<LegStats>) -> Result<(), LegError> {
        for pad in self.webrtcbin.sink_pads().iter().filter(|pad| !pad.is_linked()) {
            let Some(mline) = mline_of(pad) else { continue };
            if mline == Lines::MIX {
                self.link_through(&self.audio, "src", &self.mix_caps(), pad)?;
                count(pad, stats, |stats, _| &stats.audio_packets_sent, |_| 1);
            } else if let Some(slot) = self.lines.slot_of(mline) {
                self.link_through(&self.video, &format!("src_{slot}"), &self.slot_caps(slot), pad)?;
            }
        }
        Ok(())
    }

    /// Links what comes from the browser; what we do not know is let go.
    pub(super) fn link_incoming(&self, pad: &gst::Pad, stats: &Arc<LegStats>) -> Result<(), LegError> {
        if pad.direction() != gst::PadDirection::Src {
            return Ok(());
        }
        let mline = mline_of(pad);
        let sink = if mline == Some(Lines::MIX) {
            count(pad, stats, |stats, _| &stats.audio_packets_received, |_| 1);
            self.audio.static_pad("sink").filter(|sink| !sink.is_linked())
        } else if mline == Some(self.lines.camera()) || mline == Some(self.lines.screen()) {
            count(pad, stats, |stats, _| &stats.video_bytes_received, |size| size as u64);
            let name = if mline == Some(self.lines.camera()) { "sink_0" } else { "sink_1" };
            self.video.request_pad_simple(name)
        } else {
            None
        };
        match sink {
            Some(sink) => pad.link(&sink).map(|_| ()).map_err(|error| LegError::Build(format!("m-line {mline:?}: {error}"))),
            None => self.let_go(pad),
        }
    }

    /// Another stream on an m-line that has one, or one we never asked for.
    fn let_go(&self, pad: &gst::Pad) -> Result<(), LegError> {
        let build = |error: glib::BoolError| LegError::Build(error.to_string());
        let sink = gst::ElementFactory::make("fakesink").property("async", false).property("sync", false).build().map_err(build)?;
        self.pipeline.add(&sink).map_err(build)?;
        sink.sync_state_with_parent().map_err(build)?;
        let Some(target) = sink.static_pad("sink") else { return Ok(()) };
        pad.link(&target).map(|_| ()).map_err(|error| LegError::Build(error.to_string()))
    }

    fn link_through(&self, element: &gst::Element, src: &str, caps: &gst::Caps, sink: &gst::Pad) -> Result<(), LegError> {
        let build = |error: &dyn std::fmt::Display| LegError::Build(format!("{src}: {error}"));
        let filter = gst::ElementFactory::make("capsfilter").property("caps", caps).build().map_err(|e| build(&e))?;
        self.pipeline.add(&filter).map_err(|e| build(&e))?;
        let filter_src = filter.static_pad("src").ok_or_else(|| build(&"capsfilter without a source pad"))?;
        filter_src.link(sink).map_err(|e| build(&e))?;
        filter.sync_state_with_parent().map_err(|e| build(&e))?;
        element.link_pads(Some(src), &filter, Some("sink")).map_err(|e| build(&e))
    }
}

fn mline_of(pad: &gst::Pad) -> Option<usize> {
    let transceiver = pad.property::<Option<WebRTCRTPTransceiver>>("transceiver")?;
    usize::try_from(transceiver.property::<u32>("mlineindex")).ok()
}

/// Counts what passes a pad.
fn count(
    pad: &gst::Pad,
    stats: &Arc<LegStats>,
    which: impl Fn(&LegStats, usize) -> &AtomicU64 + Send + Sync + 'static,
    amount: impl Fn(usize) -> u64 + Send + Sync + 'static,
) {
    let stats = Arc::clone(stats);
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    pad.add_probe(kinds, move |_, info| {
        let sizes: Vec<usize> = match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => vec![buffer.size()],
            Some(gst::PadProbeData::BufferList(list)) => list.iter().map(|buffer| buffer.size()).collect(),
            _ => Vec::new(),
        };
        for size in sizes {
            which(&stats, size).fetch_add(amount(size), Ordering::Relaxed);
        }
        gst::PadProbeReturn::Ok
    });
}
