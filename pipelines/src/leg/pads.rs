//! Links what webrtcbin brings to the elements of the conference.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use convene_rtp::Packet;
use gst::prelude::*;

use super::{
    LegError, LegStats,
    bridge::{Bridge, Load},
    build::Parts,
    lines::Lines,
    tap::{Tap, is_sound},
};
use crate::feedback::Source;

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

    /// A pad of the RTP session's, of which bundling leaves one. `None`: nothing is sent or received there.
    pub(super) fn session_pad(&self, name: &str) -> Option<gst::Pad> {
        self.rtpbin
            .emit_by_name::<Option<gst::Element>>("get-session", &[&0_u32])?
            .static_pad(name)
    }

    /// Leads what comes from the browser over a bridge, which has to be kept; what we do not know is let go.
    pub(super) fn link_incoming(
        &self,
        pad: &gst::Pad,
        stats: &Arc<LegStats>,
    ) -> Result<Option<Bridge>, LegError> {
        match self
            .sink_of(self.line_of(pad))
            .filter(|(sink, _)| !sink.is_linked())
        {
            Some((sink, tally)) => {
                let load = Load {
                    // webrtcbin takes whatever came first for the mix's m-line. It asks what that leads to before it answers a
                    // restart, and would refuse the line if that were pictures only.
                    caps: gst::Caps::new_any(),
                    tally,
                    stats: Arc::clone(stats),
                };
                self.heed_wishes(pad);
                Bridge::between(pad, &sink, load).map(Some)
            }
            None => self.let_go(pad).map(|()| None),
        }
    }

    /// What an m-line of the browser's leads to.
    fn sink_of(&self, mline: Option<usize>) -> Option<(gst::Pad, Tally)> {
        let mline = mline?;
        if mline == Lines::MIX {
            return Some((self.audio.static_pad("sink")?, sound));
        }
        let place = [Lines::CAMERA, Lines::SCREEN]
            .into_iter()
            .position(|place| place == mline)?;
        Some((self.picture_sink(place)?, picture))
    }

    /// Every packet is seen where the RTP session has taken it, before a jitterbuffer could hold it.
    pub(super) fn watch_packets(&self) {
        if let Some(out) = self.rtpbin.static_pad("send_rtcp_src_0") {
            self.feedback.speak(&out);
        }
        let Some(media) = self.session_pad("recv_rtp_src") else {
            return;
        };
        let (feedback, streams) = (Arc::clone(&self.feedback), Arc::clone(&self.streams));
        let clocks = Arc::clone(&self.clocks);
        media.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(buffer) = info.buffer()
                && let Ok(bytes) = buffer.map_readable()
                && let Ok(packet) = Packet::parse(&bytes)
            {
                let is_sound = is_sound(buffer);
                clocks.packet(&packet, is_sound);
                if is_sound {
                    feedback.sound();
                } else {
                    streams.read(&packet);
                    feedback.packet(&packet, bytes.len());
                }
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// What `convenevideo` wishes of the browser leaves the pipeline here.
    fn heed_wishes(&self, pad: &gst::Pad) {
        let source = match self.line_of(pad) {
            Some(Lines::CAMERA) => Source::Camera,
            Some(Lines::SCREEN) => Source::Screen,
            _ => return,
        };
        let feedback = Arc::clone(&self.feedback);
        pad.add_probe(
            gst::PadProbeType::EVENT_UPSTREAM,
            move |_, info| match info.event() {
                Some(event) if feedback.takes(source, event) => gst::PadProbeReturn::Handled,
                _ => gst::PadProbeReturn::Ok,
            },
        );
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

    pub(super) fn hasten_reports(&self) {
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

pub(super) fn mixed(stats: &LegStats, _: usize) {
    stats.audio_packets_sent.fetch_add(1, Relaxed);
}

pub(super) fn relayed(stats: &LegStats, _: usize) {
    stats.audio_packets_relayed.fetch_add(1, Relaxed);
}

fn picture(stats: &LegStats, size: usize) {
    stats.video_bytes_received.fetch_add(size as u64, Relaxed);
}

pub(super) fn inner_pad(element: &gst::Element, name: &str) -> Result<gst::Pad, LegError> {
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
