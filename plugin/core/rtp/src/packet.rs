//! A borrowed view of one RTP packet (RFC 3550 section 5.1).

use crate::Extensions;

/// Octets of the fixed header.
const FIXED: usize = 12;

/// Why bytes are not an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtpError {
    /// The header says that it is longer than all there is.
    #[error("the header needs {needed} bytes, the packet has {bytes}")]
    Truncated {
        /// What the header needs.
        needed: usize,
        /// What there is.
        bytes: usize,
    },
    /// Not version 2.
    #[error("RTP version {0} is not 2")]
    Version(u8),
    /// The padding count is zero, or greater than what follows the header.
    #[error("a padding of {padding} bytes does not fit into {available}")]
    Padding {
        /// The last octet of the packet.
        padding: usize,
        /// Bytes after the header.
        available: usize,
    },
}

/// One RTP packet, checked once; all that it answers is inside the bytes it borrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    bytes: &'a [u8],
    header_len: usize,
    padding: usize,
}

impl<'a> Packet<'a> {
    /// Reads a packet.
    ///
    /// # Errors
    /// [`RtpError`] when the version, the header's length or the padding's length contradict the bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtpError> {
        let packet = Self::parse_protected(bytes)?;
        Ok(Self {
            padding: padding(bytes, packet.header_len)?,
            ..packet
        })
    }

    /// Reads the header of a packet that is protected by SRTP. Its padding count is encrypted (RFC 3711 section 3.1), so
    /// what follows the header stays unread.
    ///
    /// # Errors
    /// [`RtpError`] when the version or the header's length contradict the bytes.
    pub fn parse_protected(bytes: &'a [u8]) -> Result<Self, RtpError> {
        need(bytes, FIXED)?;
        if bytes[0] >> 6 != 2 {
            return Err(RtpError::Version(bytes[0] >> 6));
        }
        Ok(Self {
            bytes,
            header_len: header_len(bytes)?,
            padding: 0,
        })
    }

    /// The marker bit: for video the last packet of a frame, for audio the first after silence.
    #[must_use]
    pub fn marker(&self) -> bool {
        self.bytes[1] & 0x80 != 0
    }

    /// The payload type, 0 to 127.
    #[must_use]
    pub fn payload_type(&self) -> u8 {
        self.bytes[1] & 0x7f
    }

    /// The sequence number.
    #[must_use]
    pub fn sequence(&self) -> u16 {
        u16::from_be_bytes([self.bytes[2], self.bytes[3]])
    }

    /// The media timestamp, in the payload's clock rate.
    #[must_use]
    pub fn timestamp(&self) -> u32 {
        word(self.bytes, 4)
    }

    /// The synchronisation source.
    #[must_use]
    pub fn ssrc(&self) -> u32 {
        word(self.bytes, 8)
    }

    /// The contributing sources, at most 15.
    pub fn csrcs(&self) -> impl Iterator<Item = u32> + 'a {
        let bytes = self.bytes;
        (0..csrc_count(bytes)).map(move |at| word(bytes, FIXED + 4 * at))
    }

    /// All header extensions in the packet's order.
    #[must_use]
    pub fn extensions(&self) -> Extensions<'a> {
        if self.bytes[0] & 0x10 == 0 {
            return Extensions::none();
        }
        let start = FIXED + 4 * csrc_count(self.bytes);
        let profile = u16::from_be_bytes([self.bytes[start], self.bytes[start + 1]]);
        Extensions::new(profile, &self.bytes[start + 4..self.header_len])
    }

    /// The body of the first header extension of that id (RFC 8285).
    #[must_use]
    pub fn extension(&self, id: u8) -> Option<&'a [u8]> {
        self.extensions()
            .find(|(found, _)| *found == id)
            .map(|(_, body)| body)
    }

    /// The payload without padding. Empty in packets that are padding only, which browsers send to probe bandwidth.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        &self.bytes[self.header_len..self.bytes.len() - self.padding]
    }

    /// Bytes before the payload: fixed header, CSRCs and extensions.
    #[must_use]
    pub fn header_len(&self) -> usize {
        self.header_len
    }
}

fn need(bytes: &[u8], needed: usize) -> Result<(), RtpError> {
    if bytes.len() < needed {
        return Err(RtpError::Truncated {
            needed,
            bytes: bytes.len(),
        });
    }
    Ok(())
}

fn csrc_count(bytes: &[u8]) -> usize {
    usize::from(bytes[0] & 0x0f)
}

fn header_len(bytes: &[u8]) -> Result<usize, RtpError> {
    let mut len = FIXED + 4 * csrc_count(bytes);
    if bytes[0] & 0x10 != 0 {
        need(bytes, len + 4)?;
        len += 4 + 4 * usize::from(u16::from_be_bytes([bytes[len + 2], bytes[len + 3]]));
    }
    need(bytes, len)?;
    Ok(len)
}

fn padding(bytes: &[u8], header_len: usize) -> Result<usize, RtpError> {
    if bytes[0] & 0x20 == 0 {
        return Ok(0);
    }
    let available = bytes.len() - header_len;
    let padding = usize::from(bytes[bytes.len() - 1]);
    if padding == 0 || padding > available {
        return Err(RtpError::Padding { padding, available });
    }
    Ok(padding)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// Version 2, marker, payload type 96, sequence 0x0102, timestamp 0x03040506, SSRC 0x0708090a.
    const PLAIN: [u8; 12] = [0x80, 0xe0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    fn with(first: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = PLAIN.to_vec();
        bytes[0] = first;
        bytes.extend_from_slice(rest);
        bytes
    }

    #[test]
    fn reads_the_fixed_header() {
        let bytes = with(0x80, b"pay");
        let packet = Packet::parse(&bytes).unwrap();
        assert!(packet.marker());
        assert_eq!((packet.payload_type(), packet.sequence()), (96, 0x0102));
        assert_eq!(
            (packet.timestamp(), packet.ssrc()),
            (0x0304_0506, 0x0708_090a)
        );
        assert_eq!((packet.payload(), packet.header_len()), (&b"pay"[..], 12));
        assert_eq!(packet.csrcs().count(), 0);
    }

    #[test]
    fn reads_contributors_extensions_and_padding() {
        let rest = [
            0, 0, 0, 1, 0, 0, 0, 2, // two CSRCs
            0xbe, 0xde, 0, 2, 0x10, 0x85, 0, 0x31, 7, 8, 0, 0, // ids 1 and 3
            b'x', 0, 0, 3, // payload "x", padding 3
        ];
        let bytes = with(0xb2, &rest);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.csrcs().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(packet.extension(1), Some(&[0x85][..]));
        assert_eq!(packet.extension(3), Some(&[7, 8][..]));
        assert_eq!(packet.extension(2), None);
        assert_eq!(packet.payload(), b"x");
    }

    #[test]
    fn names_what_contradicts() {
        let cases: [(Vec<u8>, RtpError); 7] = [
            (
                vec![],
                RtpError::Truncated {
                    needed: 12,
                    bytes: 0,
                },
            ),
            (
                PLAIN[..11].to_vec(),
                RtpError::Truncated {
                    needed: 12,
                    bytes: 11,
                },
            ),
            (with(0x40, b""), RtpError::Version(1)),
            (
                with(0x81, b""),
                RtpError::Truncated {
                    needed: 16,
                    bytes: 12,
                },
            ),
            (
                with(0x90, &[0xbe, 0xde, 0, 1]),
                RtpError::Truncated {
                    needed: 20,
                    bytes: 16,
                },
            ),
            (
                with(0xa0, &[0]),
                RtpError::Padding {
                    padding: 0,
                    available: 1,
                },
            ),
            (
                with(0xa0, &[2]),
                RtpError::Padding {
                    padding: 2,
                    available: 1,
                },
            ),
        ];
        for (bytes, error) in cases {
            assert_eq!(Packet::parse(&bytes), Err(error), "{bytes:?}");
        }
    }

    #[test]
    fn padding_does_not_reach_into_the_header() {
        assert!(matches!(
            Packet::parse(&with(0xa0, &[])),
            Err(RtpError::Padding { available: 0, .. })
        ));
    }

    fn exercise(bytes: &[u8]) {
        if let Ok(packet) = Packet::parse(bytes) {
            let _ = (packet.marker(), packet.payload_type(), packet.sequence());
            let _ = (packet.timestamp(), packet.ssrc(), packet.csrcs().count());
            let _ = (packet.extensions().count(), packet.extension(1));
            assert!(packet.header_len() + packet.payload().len() <= bytes.len());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            exercise(&bytes);
        }

        #[test]
        fn no_bytes_of_version_two_are_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 1..200), one_byte: bool) {
            bytes[0] = 0x80 | (bytes[0] & 0x3f);
            let at = 12 + 4 * usize::from(bytes[0] & 0x0f);
            if bytes.len() > at + 4 {
                bytes[at..at + 3].copy_from_slice(if one_byte { &[0xbe, 0xde, 0] } else { &[0x10, 0, 0] });
            }
            exercise(&bytes);
        }
    }
}
