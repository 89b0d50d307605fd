//! Carries packets from one element of a pipeline into another without a link between the two.
//!
//! What comes out of webrtcbin goes into elements whose output goes back into webrtcbin. As links that is a loop, in
//! which a pipeline cannot tell which element to stop first. Two pads that belong to no element break it; on the way
//! they count the packets, and say which caps are wanted where webrtcbin itself would take any.

use std::sync::{Arc, OnceLock};

use gst::prelude::*;

use super::{
    LegError, LegStats,
    pads::{Tally, cannot, link},
};

/// The pads; they live as long as this.
pub(super) struct Bridge {
    entry: gst::Pad,
    exit: gst::Pad,
}

/// What passes a bridge.
pub(super) struct Load {
    /// What who asks is told that it looks like.
    pub(super) caps: gst::Caps,
    /// What a packet is counted as.
    pub(super) tally: Tally,
    /// Where.
    pub(super) stats: Arc<LegStats>,
}

/// The entry, as its exit knows it: each knows the other, so one must not own the other.
type Entry = Arc<OnceLock<glib::WeakRef<gst::Pad>>>;

impl Bridge {
    /// From a source pad to a sink pad.
    pub(super) fn between(
        source: &gst::Pad,
        sink: &gst::Pad,
        load: Load,
    ) -> Result<Self, LegError> {
        let known = Entry::default();
        let exit = exit(&known);
        let entry = entry(&exit, load);
        known.get_or_init(|| entry.downgrade());
        for pad in [&exit, &entry] {
            pad.set_active(true).map_err(cannot)?;
        }
        link(&exit, sink)?;
        link(source, &entry)?;
        Ok(Self { entry, exit })
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        for pad in [&self.entry, &self.exit] {
            if let Err(error) = pad.set_active(false) {
                tracing::warn!("a bridge's pad does not stop: {error}");
            }
        }
    }
}

/// Downstream: packets, events and questions go on out of `exit`.
fn entry(exit: &gst::Pad, load: Load) -> gst::Pad {
    let Load { caps, tally, stats } = load;
    let (packets, events, questions) = (exit.clone(), exit.clone(), exit.clone());
    gst::Pad::builder(gst::PadDirection::Sink)
        .chain_function(move |_, _, buffer| {
            tally(&stats, buffer.size());
            packets.push(buffer)
        })
        .event_function(move |_, _, event| events.push_event(event))
        .query_function(move |_, _, query| answers(&caps, query) || questions.peer_query(query))
        .build()
}

/// Answers a question for caps.
pub(super) fn answers(caps: &gst::Caps, query: &mut gst::QueryRef) -> bool {
    match query.view_mut() {
        gst::QueryViewMut::Caps(question) => {
            let fitting = match question.filter_owned() {
                Some(filter) => filter.intersect_with_mode(caps, gst::CapsIntersectMode::First),
                None => caps.clone(),
            };
            question.set_result(&fitting);
            true
        }
        gst::QueryViewMut::AcceptCaps(question) => {
            let fits = question.caps_owned().can_intersect(caps);
            question.set_result(fits);
            true
        }
        _ => false,
    }
}

/// Upstream: key-frame wishes and questions go back out of the entry.
fn exit(entry: &Entry) -> gst::Pad {
    let up = |entry: &Entry| entry.get().and_then(|entry| entry.upgrade());
    let (events, questions) = (Arc::clone(entry), Arc::clone(entry));
    gst::Pad::builder(gst::PadDirection::Src)
        .event_function(move |_, _, event| up(&events).is_some_and(|entry| entry.push_event(event)))
        .query_function(move |_, _, query| {
            up(&questions).is_some_and(|entry| entry.peer_query(query))
        })
        .build()
}
