//! Links what webrtcbin brings to the elements of the conference.
//!
//! webrtcbin's pads are not named by m-line; their transceivers know it.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use gst::prelude::*;
use gst_webrtc::WebRTCRTPTransceiver;

use super::{LegError, LegStats, bridge::Bridge, build::Parts, lines::Lines, tap::Tap};

/// What a pad's packets are counted as, given their size.
pub(super) type Tally = fn(&LegStats, usize);

/// Nanoseconds between RTCP packets at least: sender reports early and often enough for lip-sync. The default is 5 s.
const RTCP_INTERVAL: u64 = 500_000_000;

impl Parts {
    /// Sound is taken out early where the transport delivers it on the one I/O thread, for which every other thread that
    /// has to be woken is dear.
    pub(super) fn tap_sound(&self, stats: &Arc<LegStats>) -> Result<Option<Tap>, LegError> {
        if self.agent.is_none() {
            return Ok(None);
        }
        let sink = inner_pad(&self.audio, "sink")?;
        Tap::into(self, &sink, stats)
    }

    /// Links the mix and the slots to the m-lines that carry them; the pads are there once the answer is set.
    pub(super) fn link_outgoing(&self, stats: &Arc<LegStats>) -> Result<(), LegError> {
        self.hasten_reports();
        for pad in self.webrtcbin.sink_pads() {
            let Some(mline) = mline_of(&pad).filter(|_| !pad.is_linked()) else {
                continue;
            };
            if mline == Lines::MIX {
                self.link_through(&self.audio, "src", &self.mix_caps(), &pad)?;
                count(&pad, stats, |stats, _| {
                    stats.audio_packets_sent.fetch_add(1, Relaxed);
                });
            } else if let Some(slot) = self.lines.slot_of(mline) {
                let name = format!("src_{slot}");
                self.link_through(&self.video, &name, &self.slot_caps(slot), &pad)?;
            }
        }
        Ok(())
    }

    /// Leads what comes from the browser over a bridge, which has to be kept; what we do not know is let go.
    pub(super) fn link_incoming(
        &self,
        pad: &gst::Pad,
        stats: &Arc<LegStats>,
    ) -> Result<Option<Bridge>, LegError> {
        let mline = mline_of(pad);
        let (sink, tally) = if mline == Some(Lines::MIX) {
            (self.audio.static_pad("sink"), Some(sound as Tally))
        } else if mline == Some(self.lines.camera()) {
            (
                self.video.request_pad_simple("sink_0"),
                Some(picture as Tally),
            )
        } else if mline == Some(self.lines.screen()) {
            (
                self.video.request_pad_simple("sink_1"),
                Some(picture as Tally),
            )
        } else {
            (None, None)
        };
        if let Some(tally) = tally {
            count(pad, stats, tally);
        }
        match sink.filter(|sink| !sink.is_linked()) {
            Some(sink) => Bridge::between(pad, &sink).map(Some),
            None => self.let_go(pad).map(|()| None),
        }
    }

    /// Another stream on an m-line that has one, or one we never asked for.
    fn let_go(&self, pad: &gst::Pad) -> Result<(), LegError> {
        tracing::debug!("{} leads nowhere", pad.name());
        let sink = gst::ElementFactory::make("fakesink")
            .property("async", false)
            .property("sync", false)
            .build()
            .map_err(cannot)?;
        self.pipeline.add(&sink).map_err(cannot)?;
        sink.sync_state_with_parent().map_err(cannot)?;
        link(pad, &inner_pad(&sink, "sink")?)
    }

    fn link_through(
        &self,
        element: &gst::Element,
        src: &str,
        caps: &gst::Caps,
        sink: &gst::Pad,
    ) -> Result<(), LegError> {
        let filter = gst::ElementFactory::make("capsfilter")
            .property("caps", caps)
            .build()
            .map_err(cannot)?;
        self.pipeline.add(&filter).map_err(cannot)?;
        link(&inner_pad(&filter, "src")?, sink)?;
        filter.sync_state_with_parent().map_err(cannot)?;
        let linked = element.link_pads(Some(src), &filter, Some("sink"));
        linked.map_err(|error| LegError::Build(format!("{src}: {error}")))
    }

    fn hasten_reports(&self) {
        let session = self
            .rtpbin
            .emit_by_name::<Option<glib::Object>>("get-internal-session", &[&0_u32]);
        if let Some(session) = session {
            session.set_property("rtcp-min-interval", RTCP_INTERVAL);
        }
    }
}

pub(super) fn sound(stats: &LegStats, _: usize) {
    stats.audio_packets_received.fetch_add(1, Relaxed);
}

fn picture(stats: &LegStats, size: usize) {
    stats.video_bytes_received.fetch_add(size as u64, Relaxed);
}

fn mline_of(pad: &gst::Pad) -> Option<usize> {
    let transceiver = pad.property::<Option<WebRTCRTPTransceiver>>("transceiver")?;
    usize::try_from(transceiver.property::<u32>("mlineindex")).ok()
}

fn inner_pad(element: &gst::Element, name: &str) -> Result<gst::Pad, LegError> {
    let pad = element.static_pad(name);
    pad.ok_or_else(|| LegError::Build(format!("{} has no pad {name}", element.name())))
}

pub(super) fn link(src: &gst::Pad, sink: &gst::Pad) -> Result<(), LegError> {
    let linked = src.link(sink);
    linked
        .map(|_| ())
        .map_err(|error| LegError::Build(format!("{} to {}: {error}", src.name(), sink.name())))
}

pub(super) fn cannot(error: impl std::fmt::Display) -> LegError {
    LegError::Build(error.to_string())
}

/// Counts what passes a pad.
pub(super) fn count(pad: &gst::Pad, stats: &Arc<LegStats>, tally: Tally) {
    let stats = Arc::clone(stats);
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    pad.add_probe(kinds, move |_, info| {
        match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => tally(&stats, buffer.size()),
            Some(gst::PadProbeData::BufferList(list)) => {
                list.iter().for_each(|buffer| tally(&stats, buffer.size()));
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}
