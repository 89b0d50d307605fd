//! Writing RTP headers (RFC 3550 section 5.1).

use crate::extension;

/// What a packet to be written has in its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    /// The marker bit.
    pub marker: bool,
    /// The payload type; its lower seven bits are written.
    pub payload_type: u8,
    /// The sequence number.
    pub sequence: u16,
    /// The media timestamp.
    pub timestamp: u32,
    /// The synchronisation source.
    pub ssrc: u32,
    /// The contributing sources; the first 15 are written.
    pub csrcs: &'a [u32],
    /// Header extensions as (id, body): ids 1 to 255, bodies of at most 255 octets (RFC 8285).
    pub extensions: &'a [(u8, &'a [u8])],
}

impl Header<'_> {
    /// Appends the packet to `out`.
    pub fn write(&self, payload: &[u8], out: &mut Vec<u8>) {
        let csrcs = &self.csrcs[..self.csrcs.len().min(15)];
        out.reserve(12 + 4 * csrcs.len() + payload.len());
        let extended = u8::from(!self.extensions.is_empty()) << 4;
        out.push(0x80 | extended | csrcs.len() as u8);
        out.push(u8::from(self.marker) << 7 | self.payload_type & 0x7f);
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        for csrc in csrcs {
            out.extend_from_slice(&csrc.to_be_bytes());
        }
        if !self.extensions.is_empty() {
            extension::write(self.extensions, out);
        }
        out.extend_from_slice(payload);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Packet;
    use proptest::prelude::*;

    #[test]
    fn writes_the_one_byte_form_when_it_can() {
        let mut out = Vec::new();
        let header = Header {
            extensions: &[(1, &[0x85]), (3, &[1, 2])],
            ..Header::default()
        };
        header.write(b"p", &mut out);
        assert_eq!(
            out[12..],
            [0xbe, 0xde, 0, 2, 0x10, 0x85, 0x31, 1, 2, 0, 0, 0, b'p']
        );
    }

    #[test]
    fn sixteen_contributors_become_fifteen() {
        let mut out = Vec::new();
        Header {
            csrcs: &[7; 16],
            ..Header::default()
        }
        .write(b"", &mut out);
        assert_eq!(Packet::parse(&out).unwrap().csrcs().count(), 15);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            marker: bool, payload_type in 0..128_u8, sequence: u16, timestamp: u32, ssrc: u32,
            csrcs in prop::collection::vec(any::<u32>(), 0..=15),
            extensions in prop::collection::vec((1..=255_u8, prop::collection::vec(any::<u8>(), 0..30)), 0..5),
            payload in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let borrowed: Vec<(u8, &[u8])> = extensions.iter().map(|(id, body)| (*id, &body[..])).collect();
            let header = Header { marker, payload_type, sequence, timestamp, ssrc, csrcs: &csrcs, extensions: &borrowed };
            let mut out = Vec::new();
            header.write(&payload, &mut out);
            let packet = Packet::parse(&out).unwrap();
            prop_assert_eq!((packet.marker(), packet.payload_type()), (marker, payload_type));
            prop_assert_eq!((packet.sequence(), packet.timestamp(), packet.ssrc()), (sequence, timestamp, ssrc));
            prop_assert_eq!(packet.csrcs().collect::<Vec<_>>(), csrcs);
            prop_assert_eq!(packet.extensions().collect::<Vec<_>>(), borrowed);
            prop_assert_eq!(packet.payload(), &payload[..]);
        }
    }
}
