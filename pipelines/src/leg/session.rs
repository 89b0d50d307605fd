//! Sound's way to the browser: into webrtcbin's RTP session. webrtcbin knows the mix's m-line only as one that receives and
//! those of relayed talkers not at all: to send on them would put a clocksync and a funnel before the session, to which a
//! packet of sound can be handed as it is.

use std::sync::Arc;

use gst::prelude::*;

use super::{
    LegError, LegStats,
    bridge::answers,
    build::Parts,
    extensions::CSRC_LEVELS,
    lines::Lines,
    pads::{Tally, cannot, inner_pad, link, mixed, relayed},
};
use crate::sdp::{self, Sections};

/// What a browser has answered that it takes of a mix.
#[derive(Clone, Copy)]
pub(super) struct MixForm {
    pub(super) stereo: bool,
    /// With the levels of the talkers in it.
    pub(super) csrc_levels: bool,
}

impl MixForm {
    pub(super) fn answered(answer: &Sections<'_>) -> Self {
        Self {
            stereo: sdp::takes_stereo(answer, Lines::MIX),
            csrc_levels: sdp::takes_extension(answer, Lines::MIX, CSRC_LEVELS.1),
        }
    }
}

/// The pad into which `conveneaudio` puts what is sent; it lives as long as this.
pub(super) struct SoundWay(gst::Pad);

impl SoundWay {
    fn between(
        source: &gst::Pad,
        session: gst::Pad,
        caps: gst::Caps,
        (tally, stats): (Tally, Arc<LegStats>),
    ) -> Result<Self, LegError> {
        let events = session.clone();
        let entry = gst::Pad::builder(gst::PadDirection::Sink)
            .chain_function(move |_, _, buffer| {
                tally(&stats, buffer.size());
                session.chain(buffer)
            })
            .event_function(move |_, _, event| !opens(&event) || events.send_event(event))
            .query_function(move |_, _, query| answers(&caps, query))
            .build();
        entry.set_active(true).map_err(cannot)?;
        link(source, &entry)?;
        Ok(Self(entry))
    }
}

/// Whether an event says how a stream begins. Its end is not the session's, in which others may be sent.
fn opens(event: &gst::EventRef) -> bool {
    use gst::EventType::{Caps, Segment, StreamStart};
    [StreamStart, Caps, Segment].contains(&event.type_())
}

impl Drop for SoundWay {
    fn drop(&mut self) {
        if let Err(error) = self.0.set_active(false) {
            tracing::warn!("a sound's pad does not stop: {error}");
        }
    }
}

impl Parts {
    /// Leads the mix into the session, in the form that was answered, over a way that has to be kept. `None`: nothing is
    /// sent there.
    pub(super) fn lead_mix(
        &self,
        form: MixForm,
        stats: &Arc<LegStats>,
    ) -> Result<Option<SoundWay>, LegError> {
        let Some(session) = self.session_pad("send_rtp_sink") else {
            return Ok(None);
        };
        let source = inner_pad(&self.audio, "src")?;
        let counted: (Tally, _) = (mixed, Arc::clone(stats));
        SoundWay::between(&source, session, self.mix_caps(form), counted).map(Some)
    }

    /// Leads all audio slots into the session, over ways that have to be kept. `None`: nothing can be sent yet.
    pub(super) fn open_audio_slots(
        &self,
        stats: &Arc<LegStats>,
    ) -> Result<Option<Vec<SoundWay>>, LegError> {
        let Some(session) = self.session_pad("send_rtp_sink") else {
            return Ok(None);
        };
        let slots =
            (0..self.lines.audio_slots).filter_map(|slot| Some((slot, self.relayed_caps(slot)?)));
        let open = |(slot, caps)| {
            let source = self.audio.request_pad_simple(&format!("src_{slot}"));
            let source =
                source.ok_or_else(|| LegError::Build("no pad for an audio slot".into()))?;
            let counted: (Tally, _) = (relayed, Arc::clone(stats));
            SoundWay::between(&source, session.clone(), caps, counted)
        };
        slots.map(open).collect::<Result<_, _>>().map(Some)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Mutex, PoisonError};

    use super::*;

    type Seen = Arc<Mutex<Vec<String>>>;

    /// A pad that notes what comes to it.
    fn session(seen: &Seen) -> gst::Pad {
        let note = |seen: &Seen, what: String| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(what)
        };
        let (packets, events) = (Arc::clone(seen), Arc::clone(seen));
        let pad = gst::Pad::builder(gst::PadDirection::Sink)
            .chain_function(move |_, _, buffer| {
                note(&packets, buffer.size().to_string());
                Ok(gst::FlowSuccess::Ok)
            })
            .event_function(move |_, _, event| {
                note(&events, event.type_().name().to_string());
                true
            })
            .build();
        pad.set_active(true).unwrap();
        pad
    }

    #[test]
    fn the_session_is_told_how_the_mix_begins_and_not_that_it_ends() {
        gst::init().unwrap();
        let seen = Seen::default();
        let source = gst::Pad::new(gst::PadDirection::Src);
        let caps = gst::Caps::new_empty_simple("application/x-rtp");
        let counted: (Tally, _) = (|_, _| {}, Arc::default());
        let way = SoundWay::between(&source, session(&seen), caps.clone(), counted).unwrap();
        source.set_active(true).unwrap();
        assert_eq!(source.peer_query_caps(None), caps);
        source.push_event(gst::event::StreamStart::new("mix"));
        source.push_event(gst::event::Caps::new(&caps));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        source.push_event(gst::event::Segment::new(&segment));
        for size in 1..=2 {
            source.push(gst::Buffer::with_size(size).unwrap()).unwrap();
        }
        source.push_event(gst::event::Eos::new());
        drop(way);
        assert!(source.push(gst::Buffer::with_size(3).unwrap()).is_err());
        let seen = seen.lock().unwrap();
        assert_eq!(*seen, ["stream-start", "caps", "segment", "1", "2"]);
    }
}
