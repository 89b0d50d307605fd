//! Carries what comes out of webrtcbin into another element of the same pipeline without a link between the two.
//!
//! Sound goes out of webrtcbin into `conveneaudio` and back into webrtcbin. As links that is a loop, in which a
//! pipeline cannot tell which element to stop first. Two pads that belong to no element break it.

use std::sync::{Arc, OnceLock};

use gst::prelude::*;

use super::{LegError, pads::link};

/// The pads; they live as long as this.
pub(super) struct Bridge {
    entry: gst::Pad,
    exit: gst::Pad,
}

/// The entry, as its exit knows it: each knows the other, so one must not own the other.
type Entry = Arc<OnceLock<glib::WeakRef<gst::Pad>>>;

impl Bridge {
    /// From a source pad to a sink pad.
    pub(super) fn between(source: &gst::Pad, sink: &gst::Pad) -> Result<Self, LegError> {
        let known = Entry::default();
        let exit = exit(&known);
        let entry = entry(&exit);
        known.get_or_init(|| entry.downgrade());
        for pad in [&exit, &entry] {
            let active = pad.set_active(true);
            active.map_err(|error| LegError::Build(error.to_string()))?;
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
fn entry(exit: &gst::Pad) -> gst::Pad {
    let (packets, events, questions) = (exit.clone(), exit.clone(), exit.clone());
    gst::Pad::builder(gst::PadDirection::Sink)
        .chain_function(move |_, _, buffer| packets.push(buffer))
        .event_function(move |_, _, event| events.push_event(event))
        .query_function(move |_, _, query| questions.peer_query(query))
        .build()
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
