//! Takes sound out of webrtcbin behind its RTP session, which counts and reports it as ever.
//!
//! What would follow in there is a jitterbuffer with two threads for each source. `conveneaudio` has a queue of its own
//! against jitter, so all that these threads would do is wake up for every packet: half the cost of receiving sound.

use std::sync::{Arc, Mutex, PoisonError};

use gst::prelude::*;

use super::{
    LegError, LegStats,
    build::Parts,
    pads::{cannot, link, sound},
};
use crate::sdp::OPUS;

/// Whether sound may pass. Held for as long as a packet is on its way into `conveneaudio`, which never pushes on that way.
type Open = Arc<Mutex<bool>>;

/// A way out for sound, as long as this lives.
pub(super) struct Tap {
    exit: gst::Pad,
    open: Open,
}

impl Tap {
    /// Leads sound to `sink`. `None`: webrtcbin receives nothing.
    pub(super) fn into(
        parts: &Parts,
        sink: &gst::Pad,
        stats: &Arc<LegStats>,
    ) -> Result<Option<Self>, LegError> {
        let pads = ["recv_rtp_src", "sync_src"].map(|name| parts.session_pad(name));
        let [Some(media), Some(reports)] = pads else {
            return Ok(None);
        };
        let exit = exit();
        exit.set_active(true).map_err(cannot)?;
        link(&exit, sink)?;
        begin(&exit, &parts.sound_caps());
        let open = Arc::new(Mutex::new(true));
        lead(&media, &exit, &open, stats);
        // A sender report would make a jitterbuffer for its source; nobody asks these for synchronisation.
        reports.add_probe(gst::PadProbeType::BUFFER, |_, _| gst::PadProbeReturn::Drop);
        Ok(Some(Self { exit, open }))
    }

    /// From now on sound is dropped: its sink is about to stop, and would hold whoever brings some. Waits for a packet that
    /// is on its way; its sink still plays, so that is soon.
    pub(super) fn close(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.close();
        if let Err(error) = self.exit.set_active(false) {
            tracing::warn!("a tap's pad does not stop: {error}");
        }
    }
}

fn lead(media: &gst::Pad, exit: &gst::Pad, open: &Open, stats: &Arc<LegStats>) {
    let (exit, open, stats) = (exit.clone(), Arc::clone(open), Arc::clone(stats));
    media.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        match info.data.take() {
            Some(gst::PadProbeData::Buffer(buffer)) if is_sound(&buffer) => {
                sound(&stats, buffer.size());
                let open = open.lock().unwrap_or_else(PoisonError::into_inner);
                if *open {
                    // Its result is the conference's business, and no reason to stop pictures.
                    let _ = exit.push(buffer);
                }
                gst::PadProbeReturn::Handled
            }
            other => {
                info.data = other;
                gst::PadProbeReturn::Ok
            }
        }
    });
}

pub(super) fn is_sound(packet: &gst::BufferRef) -> bool {
    let mut head = [0; 2];
    packet.copy_to_slice(0, &mut head).is_ok() && i32::from(head[1] & 0x7f) == OPUS
}

/// A live source that adds no latency.
fn exit() -> gst::Pad {
    gst::Pad::builder(gst::PadDirection::Src)
        .query_function(|pad, parent, query| match query.view_mut() {
            gst::QueryViewMut::Latency(latency) => {
                latency.set(true, gst::ClockTime::ZERO, gst::ClockTime::NONE);
                true
            }
            _ => gst::Pad::query_default(pad, parent, query),
        })
        .build()
}

fn begin(exit: &gst::Pad, caps: &gst::Caps) {
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    exit.push_event(gst::event::StreamStart::new("convene-sound"));
    exit.push_event(gst::event::Caps::new(caps));
    exit.push_event(gst::event::Segment::new(&segment));
}
