//! Which m-line a stream of the browser's belongs to: webrtcbin, which knows none for pictures, takes all for the mix's.
//!
//! The answer may name streams by their SSRC (RFC 5576). Streams in layers it does not; they say themselves in their
//! packets where they belong (MID, RFC 8843).

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use convene_rtp::Packet;
use gst::prelude::*;

use super::{build::Parts, extensions::MID, lines::Lines};
use crate::sdp::{self, OPUS, Sections};

/// Streams of which it is known where they belong. A browser has two or three, and some more after restarts.
const MOST_STREAMS: usize = 32;

/// The m-lines of the browser's pictures.
#[derive(Default)]
pub(super) struct Streams(Mutex<VecDeque<(u32, usize)>>);

impl Streams {
    /// Reads what the answer says of them.
    pub(super) fn announced(&self, answer: &Sections<'_>) {
        for (mid, ssrc) in sdp::sources(answer) {
            if let Some(line) = Lines::named(mid) {
                self.note(ssrc, line);
            }
        }
    }

    /// Reads a packet of the browser's pictures.
    pub(super) fn read(&self, packet: &Packet<'_>) {
        let mid = packet
            .extension(MID.0)
            .and_then(|mid| str::from_utf8(mid).ok());
        if let Some(line) = mid.and_then(Lines::named) {
            self.note(packet.ssrc(), line);
        }
    }

    /// The m-line of a picture's stream, if that is known.
    pub(super) fn line(&self, ssrc: u32) -> Option<usize> {
        let streams = self.lock();
        let known = streams.iter().find(|(known, _)| *known == ssrc);
        known.map(|(_, line)| *line)
    }

    fn note(&self, ssrc: u32, line: usize) {
        let mut streams = self.lock();
        if streams.contains(&(ssrc, line)) {
            return;
        }
        streams.retain(|(known, _)| *known != ssrc);
        streams.truncate(MOST_STREAMS - 1);
        streams.push_front((ssrc, line));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(u32, usize)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    /// The m-line of what comes out of a source pad of webrtcbin's.
    pub(super) fn line_of(&self, pad: &gst::Pad) -> Option<usize> {
        let (ssrc, payload_type) = stream_of(pad)?;
        match payload_type {
            OPUS => Some(Lines::MIX),
            _ => self.streams.line(ssrc),
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use convene_rtp::Header;

    fn packet(ssrc: u32, mid: Option<&[u8]>) -> Vec<u8> {
        let extensions: Vec<_> = mid.into_iter().map(|mid| (MID.0, mid)).collect();
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
    fn the_answer_names_streams_and_their_packets_know_better() {
        let streams = Streams::default();
        streams.announced(&Sections::of(
            "v=0\r\nm=audio\r\na=mid:audio0\r\na=ssrc:6 cname:x\r\nm=video\r\na=mid:video1\r\n\
            a=ssrc:7 cname:x\r\na=ssrc:8 msid:s t\r\nm=video\r\na=mid:video2\r\na=ssrc:9 cname:x\r\n",
        ));
        let lines = || [6, 7, 8, 9].map(|ssrc| streams.line(ssrc));
        assert_eq!(lines(), [None, Some(1), Some(1), Some(2)]);
        streams.read(&Packet::parse(&packet(7, Some(b"video2"))).unwrap());
        assert_eq!(lines(), [None, Some(2), Some(1), Some(2)]);
    }
}
