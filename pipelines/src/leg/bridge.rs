//! Carries packets from one element of a pipeline into another without a link between the two.
//!
//! What comes out of webrtcbin goes into elements whose output goes back into webrtcbin. As links that is a loop, in
//! which a pipeline cannot tell which element to stop first. Two pads that belong to no element break it; on the way
//! they count the packets, say which caps are wanted where webrtcbin itself would take any, and can take a shortcut.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

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
    /// What it has to look like; `None`: as what is behind the bridge says.
    pub(super) caps: Option<gst::Caps>,
    /// What a packet is counted as.
    pub(super) tally: Tally,
    /// Where.
    pub(super) stats: Arc<LegStats>,
    /// A sink pad further on, to which packets are handed as soon as one has got there by the way of the links, and the
    /// caps and the segment with it. Events go that way always.
    pub(super) shortcut: Option<gst::Pad>,
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
    let Load {
        caps,
        tally,
        stats,
        shortcut,
    } = load;
    let (packets, events, questions) = (exit.clone(), exit.clone(), exit.clone());
    let is_open = AtomicBool::new(false);
    gst::Pad::builder(gst::PadDirection::Sink)
        .chain_function(move |_, _, buffer| {
            tally(&stats, buffer.size());
            match &shortcut {
                Some(short) if is_open.load(Relaxed) => short.chain(buffer),
                _ => {
                    let pushed = packets.push(buffer)?;
                    is_open.store(true, Relaxed);
                    Ok(pushed)
                }
            }
        })
        .event_function(move |_, _, event| events.push_event(event))
        .query_function(move |_, _, query| match &caps {
            Some(caps) if answers(caps, query) => true,
            _ => questions.peer_query(query),
        })
        .build()
}

/// Answers a question for caps.
fn answers(caps: &gst::Caps, query: &mut gst::QueryRef) -> bool {
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

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    type Seen = Arc<Mutex<Vec<String>>>;

    /// A pad that notes what comes to it, and refuses the first `refuses` packets.
    fn sink(name: &'static str, seen: &Seen, refuses: usize) -> gst::Pad {
        let (packets, events) = (Arc::clone(seen), Arc::clone(seen));
        let note = |seen: &Seen, what: String| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(what)
        };
        let left = Mutex::new(refuses);
        let pad = gst::Pad::builder(gst::PadDirection::Sink)
            .chain_function(move |_, _, buffer| {
                note(&packets, format!("{name} {}", buffer.size()));
                let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
                match left.checked_sub(1) {
                    Some(fewer) => {
                        *left = fewer;
                        Err(gst::FlowError::NotLinked)
                    }
                    None => Ok(gst::FlowSuccess::Ok),
                }
            })
            .event_function(move |_, _, event| {
                note(&events, format!("{name} {}", event.type_().name()));
                true
            })
            .build();
        pad.set_active(true).unwrap();
        pad
    }

    #[test]
    fn the_shortcut_is_taken_once_a_packet_has_got_there() {
        gst::init().unwrap();
        let seen = Seen::default();
        let (far, short) = (sink("far", &seen, 1), sink("short", &seen, 0));
        // What is behind the links hands everything on to where the shortcut leads.
        for event in [
            gst::event::StreamStart::new("mix"),
            gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()),
        ] {
            assert!(short.send_event(event));
        }
        seen.lock().unwrap().clear();
        let source = gst::Pad::new(gst::PadDirection::Src);
        let load = Load {
            caps: None,
            tally: |_, _| {},
            stats: Arc::default(),
            shortcut: Some(short),
        };
        let bridge = Bridge::between(&source, &far, load).unwrap();
        source.set_active(true).unwrap();
        source.push_event(gst::event::StreamStart::new("mix"));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        source.push_event(gst::event::Segment::new(&segment));
        for size in 1..=4 {
            let _ = source.push(gst::Buffer::with_size(size).unwrap());
        }
        source.push_event(gst::event::Eos::new());
        drop(bridge);
        let seen = seen.lock().unwrap();
        let expected = ["far stream-start", "far segment", "far 1", "far 2"];
        let expected = expected
            .into_iter()
            .chain(["short 3", "short 4", "far eos"]);
        assert_eq!(*seen, expected.collect::<Vec<_>>());
    }
}
