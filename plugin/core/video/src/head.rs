//! The bytes that differ from slot to slot: RTP header and payload descriptor.
//!
//! They are written anew for each slot, so that the packet itself is shared by all of them and never changed.

use std::{ops::Range, sync::Arc};

use convene_rtp::{CaptureTime, Header, Packet};

use crate::Forward;

/// Transport-wide congestion control: the sender's RTP session numbers the packets, here is only room for the number.
const TRANSPORT_WIDE: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Names of the publisher's own connection (RFC 8843, RFC 8852): on the subscriber's they would name the wrong stream.
const OF_THE_CONNECTION: [&str; 3] = [
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
];

/// A header extension as one side agreed on it (RFC 8285).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its id on that side.
    pub id: u8,
    /// What it is.
    pub uri: Arc<str>,
}

/// What a slot's packets look like on the wire, for the slot's whole life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// Its one SSRC.
    pub ssrc: u32,
    /// Its payload type; the publisher's own when the subscriber did not ask for another.
    pub payload_type: Option<u8>,
    /// The extensions its subscriber takes.
    pub extensions: Vec<Extension>,
}

/// Appends the packet's header and descriptor as the slot sends them; answers which bytes of the packet follow.
///
/// `extensions` are the publisher's. Those that the slot knows too are carried over under the slot's id, except the
/// ones that describe the publisher's connection.
pub fn write_head(
    packet: &Packet<'_>,
    forward: &Forward,
    wire: &Wire,
    extensions: &[Extension],
    out: &mut Vec<u8>,
) -> Range<usize> {
    let carried = carry(packet, wire, extensions);
    Header {
        marker: packet.marker(),
        payload_type: wire.payload_type.unwrap_or(packet.payload_type()),
        sequence: forward.sequence,
        timestamp: forward.timestamp,
        ssrc: wire.ssrc,
        csrcs: &[],
        extensions: &carried,
    }
    .write(&[], out);
    let payload = packet.payload();
    let descriptor = &payload[..forward.descriptor_len.min(payload.len())];
    forward.ids.write(descriptor, out);
    packet.header_len() + descriptor.len()..packet.header_len() + payload.len()
}

fn carry<'a>(packet: &Packet<'a>, wire: &Wire, extensions: &[Extension]) -> Vec<(u8, &'a [u8])> {
    let body = |wanted: &Extension| -> Option<&'a [u8]> {
        if &*wanted.uri == TRANSPORT_WIDE {
            return Some(&[0, 0]);
        }
        if OF_THE_CONNECTION.contains(&&*wanted.uri) {
            return None;
        }
        let from = extensions.iter().find(|known| known.uri == wanted.uri)?;
        let body = packet.extension(from.id)?;
        if &*wanted.uri == CaptureTime::URI {
            // How far that clock is from the one in the publisher's reports says nothing about those in ours.
            return body.get(..CaptureTime::LEN);
        }
        Some(body)
    };
    wire.extensions
        .iter()
        .filter_map(|wanted| Some((wanted.id, body(wanted)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Number, PictureIds, Places, SlotId};

    fn extension(id: u8, uri: &str) -> Extension {
        Extension {
            id,
            uri: uri.into(),
        }
    }

    fn forward() -> Forward {
        Forward {
            slot: SlotId {
                subscriber: Number(1),
                index: 0,
            },
            sequence: 77,
            timestamp: 88,
            descriptor_len: 4,
            ids: PictureIds {
                picture: Some((5, true)),
                places: Places { picture: 2, tl0: 0 },
                ..PictureIds::default()
            },
            news: false,
        }
    }

    #[test]
    fn only_what_differs_is_written() {
        let mut bytes = Vec::new();
        let extensions: [(u8, &[u8]); 2] = [(1, b"3"), (2, &[9; 16])];
        let header = Header {
            marker: true,
            payload_type: 96,
            sequence: 1,
            ssrc: 2,
            extensions: &extensions,
            ..Header::default()
        };
        header.write(&[0x90, 0x80, 0x81, 0x02, 0xaa, 0xbb], &mut bytes);
        let packet = Packet::parse(&bytes).unwrap();
        let theirs = [
            extension(1, OF_THE_CONNECTION[0]),
            extension(2, CaptureTime::URI),
        ];
        let ours = vec![
            extension(4, CaptureTime::URI),
            extension(5, TRANSPORT_WIDE),
            extension(6, OF_THE_CONNECTION[0]),
        ];
        let wire = Wire {
            ssrc: 0xabcd,
            payload_type: Some(100),
            extensions: ours,
        };

        let mut out = Vec::new();
        let rest = write_head(&packet, &forward(), &wire, &theirs, &mut out);
        out.extend_from_slice(&bytes[rest]);

        let sent = Packet::parse(&out).unwrap();
        assert!(sent.marker());
        assert_eq!(
            (
                sent.payload_type(),
                sent.sequence(),
                sent.timestamp(),
                sent.ssrc()
            ),
            (100, 77, 88, 0xabcd)
        );
        let sent_extensions: Vec<_> = sent.extensions().collect();
        assert_eq!(sent_extensions, [(4, &[9_u8; 8][..]), (5, &[0, 0][..])]);
        assert_eq!(sent.payload(), [0x90, 0x80, 0x80, 0x05, 0xaa, 0xbb]);
    }

    #[test]
    fn padding_is_left_behind() {
        let bytes = [0xa0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 4];
        let packet = Packet::parse(&bytes).unwrap();
        let wire = Wire {
            ssrc: 1,
            payload_type: None,
            extensions: vec![],
        };
        let mut out = Vec::new();
        assert!(write_head(&packet, &forward(), &wire, &[], &mut out).is_empty());
        assert_eq!(Packet::parse(&out).unwrap().payload_type(), 96);
    }
}
