//! The layers of the browser's camera (simulcast, RFC 8853): how they are offered, by which of them a packet comes, and
//! which of them are needed.
//!
//! webrtcbin takes streams that no description announces for the first m-line's. So the m-line of a stream is read from
//! its packets (MID, RFC 8843), and `convenevideo` reads its layer there (RID, RFC 8852).

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use convene_rtp::Packet;
use gst::prelude::*;

use super::{LegError, LegEvent, build::Parts, lines::Lines, slots::Picture, task::Task};

/// The layers' names, the smallest first.
const LAYERS: [&str; 2] = ["l", "h"];

/// The ids of the header extensions that name a packet's m-line and layer, and the layer that it repairs.
const MID: u8 = 5;
const NAMES: [(u8, &str); 3] = [
    (MID, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    (6, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
    (7, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"),
];

/// Streams of which it is known where they belong. A browser has two or three, and some more after restarts.
const MOST_STREAMS: usize = 32;

/// Sink pads of `convenevideo` for one source.
const MOST_SINKS: usize = 8;

/// The m-lines of the browser's streams.
#[derive(Default)]
pub(super) struct Streams(Mutex<VecDeque<(u32, usize)>>);

impl Streams {
    /// Reads a packet of the browser's pictures.
    pub(super) fn read(&self, packet: &Packet<'_>) {
        let mid = packet
            .extension(MID)
            .and_then(|mid| str::from_utf8(mid).ok());
        let Some(line) = mid.and_then(Lines::named) else {
            return;
        };
        let (mut streams, stream) = (self.lock(), (packet.ssrc(), line));
        if streams.contains(&stream) {
            return;
        }
        streams.retain(|(ssrc, _)| *ssrc != stream.0);
        streams.truncate(MOST_STREAMS - 1);
        streams.push_front(stream);
    }

    /// The m-line of a stream, if its packets have named one.
    fn line(&self, ssrc: u32) -> Option<usize> {
        let streams = self.lock();
        let known = streams.iter().find(|(known, _)| *known == ssrc);
        known.map(|(_, line)| *line)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(u32, usize)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the camera is offered as, beside what every picture is.
pub(super) fn offered(caps: gst::Caps) -> gst::Caps {
    let mut caps = caps;
    for structure in caps.make_mut().iter_mut() {
        for name in LAYERS {
            structure.set(format!("rid-{name}"), "recv");
        }
        structure.set("a-simulcast", format!("recv {}", LAYERS.join(";")));
        for (id, uri) in NAMES {
            structure.set(format!("extmap-{id}"), uri);
        }
    }
    caps
}

impl Parts {
    /// The m-line of what comes out of a source pad of webrtcbin's.
    pub(super) fn line_of(&self, pad: &gst::Pad) -> Option<usize> {
        let told = || super::pads::mline_of(pad);
        let Some((ssrc, payload_type)) = stream_of(pad) else {
            return told();
        };
        let line = self.streams.line(ssrc).or_else(told)?;
        let is_sound = payload_type == super::build::OPUS;
        ((line == Lines::MIX) == is_sound).then_some(line)
    }

    /// A sink pad for a stream of the picture that has this place among the sources: with layers there are several.
    pub(super) fn picture_sink(&self, place: usize) -> Option<gst::Pad> {
        let names = (0..MOST_SINKS).map(|layer| format!("sink_{}", place + 2 * layer));
        let free = |name: String| match self.video.static_pad(&name) {
            Some(pad) => Some(pad).filter(|pad| !pad.is_linked()),
            None => self.video.request_pad_simple(&name),
        };
        names.into_iter().find_map(free)
    }

    /// Tells `convenevideo` whether the camera comes in layers.
    pub(super) fn tell_layers(&self, answer: &str) {
        let names = match crate::sdp::sends_layers(answer, Lines::CAMERA) {
            true => LAYERS.join(","),
            false => String::new(),
        };
        self.video
            .emit_by_name::<bool>("set-layers", &[&"camera", &names]);
    }
}

/// SSRC and payload type of what comes out of the pad: rtpbin names its pads so.
fn stream_of(pad: &gst::Pad) -> Option<(u32, i32)> {
    let target = pad.downcast_ref::<gst::GhostPad>()?.target()?;
    let name = target.name();
    let mut numbers = name.strip_prefix("recv_rtp_src_")?.split('_').skip(1);
    let (ssrc, payload_type) = (numbers.next()?, numbers.next()?);
    Some((ssrc.parse().ok()?, payload_type.parse().ok()?))
}

/// Which layers somebody needs, as `convenevideo` says.
#[derive(Default)]
pub(super) struct Needed {
    /// Messages may overtake each other; the latest has the highest number.
    number: Option<gst::Seqnum>,
}

impl Needed {
    fn read(&mut self, number: gst::Seqnum, message: &gst::StructureRef) -> Option<LegEvent> {
        if self.number.is_some_and(|known| number < known) {
            return None;
        }
        self.number = Some(number);
        let needed = message.get::<gst::Array>("needed").ok()?;
        Some(LegEvent::Layers {
            source: message.get("source").ok()?,
            needed: needed.iter().filter_map(|name| name.get().ok()).collect(),
        })
    }
}

impl Task {
    /// Which layers of a picture of the browser's are needed.
    pub(super) fn need(&mut self, number: gst::Seqnum, message: &gst::StructureRef) {
        if let Some(event) = self.needed.read(number, message) {
            self.tell(event);
        }
    }

    /// The browser shows a picture so large now.
    pub(super) async fn resize(
        &mut self,
        parts: &Parts,
        picture: Picture,
        size: (u32, u32),
    ) -> Result<(), LegError> {
        if let Some(slot) = self.slots.resize(picture, size) {
            self.set_size(parts, slot, size).await;
        }
        Ok(())
    }

    /// Tells how large what is in a slot is shown. Of a slot that is not there yet it is told again when it is filled.
    pub(super) async fn set_size(&self, parts: &Parts, slot: usize, (width, height): (u32, u32)) {
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        let told = parts.off_thread(move |parts| {
            let arguments: [&dyn ToValue; 3] = [&slot, &width, &height];
            Ok(parts.video.emit_by_name::<bool>("set-size", &arguments))
        });
        let _ = told.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convene_rtp::Header;

    fn packet(ssrc: u32, mid: Option<&[u8]>) -> Vec<u8> {
        let extensions: Vec<_> = mid.into_iter().map(|mid| (MID, mid)).collect();
        let header = Header {
            ssrc,
            extensions: &extensions,
            ..Header::default()
        };
        let mut bytes = Vec::new();
        header.write(&[1], &mut bytes);
        bytes
    }

    #[test]
    fn a_stream_s_line_is_read_once_and_then_known() {
        let streams = Streams::default();
        let read = |bytes: Vec<u8>| streams.read(&Packet::parse(&bytes).unwrap());
        read(packet(7, None));
        assert_eq!(streams.line(7), None);
        read(packet(7, Some(b"video1")));
        read(packet(7, None));
        read(packet(8, Some(b"video9")));
        assert_eq!((streams.line(7), streams.line(8)), (Some(1), None));
        for ssrc in 100..100 + MOST_STREAMS as u32 {
            read(packet(ssrc, Some(b"video2")));
        }
        assert_eq!((streams.line(7), streams.line(100)), (None, Some(2)));
    }

    #[test]
    fn what_was_overtaken_is_old() {
        gst::init().unwrap();
        let message = |name: &str| {
            gst::Structure::builder("convene-layers")
                .field("source", "camera")
                .field("needed", gst::Array::new([name]))
                .build()
        };
        let [first, second] = [gst::Seqnum::next(), gst::Seqnum::next()];
        let mut needed = Needed::default();
        let told = needed.read(second, &message("h"));
        let Some(LegEvent::Layers {
            source,
            needed: names,
        }) = told
        else {
            panic!("nothing is told")
        };
        assert_eq!((source.as_str(), names), ("camera", vec!["h".to_owned()]));
        assert!(needed.read(first, &message("l")).is_none());
    }
}
