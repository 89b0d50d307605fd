//! One RTP packet (RFC 3550 section 5.1) with its header extensions (RFC 8285).

use thiserror::Error;

const FIXED: usize = 12;
const ONE_BYTE: u16 = 0xbede;

/// Why bytes are not an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RtpError {
    /// It ends inside its header.
    #[error("{0} bytes are too few for its RTP header")]
    Short(usize),
    /// Another version than 2.
    #[error("RTP version {0} instead of 2")]
    Version(u8),
    /// More padding than there is payload.
    #[error("{0} bytes of padding do not fit")]
    Padding(u8),
}

/// A packet, read in place.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    bytes: &'a [u8],
    /// Profile and data of the extension block; empty without one.
    extension: (u16, &'a [u8]),
    payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet.
    ///
    /// # Errors
    /// [`RtpError`] when the bytes cannot be one.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtpError> {
        let short = RtpError::Short(bytes.len());
        if bytes.len() < FIXED {
            return Err(short);
        }
        if bytes[0] >> 6 != 2 {
            return Err(RtpError::Version(bytes[0] >> 6));
        }
        let csrcs = usize::from(bytes[0] & 0x0f) * 4;
        let rest = bytes.get(FIXED + csrcs..).ok_or(short)?;
        let (extension, rest) = if bytes[0] & 0x10 != 0 { split_extension(rest).ok_or(short)? } else { ((0, &[][..]), rest) };
        let payload = if bytes[0] & 0x20 != 0 { without_padding(rest)? } else { rest };
        Ok(Self { bytes, extension, payload })
    }

    /// The marker bit.
    #[must_use]
    pub fn marker(&self) -> bool {
        self.bytes[1] & 0x80 != 0
    }

    /// The payload type.
    #[must_use]
    pub fn payload_type(&self) -> u8 {
        self.bytes[1] & 0x7f
    }

    /// The sequence number.
    #[must_use]
    pub fn sequence(&self) -> u16 {
        u16::from_be_bytes([self.bytes[2], self.bytes[3]])
    }

    /// The timestamp, in units of the payload's clock rate.
    #[must_use]
    pub fn timestamp(&self) -> u32 {
        word(&self.bytes[4..])
    }

    /// The synchronisation source.
    #[must_use]
    pub fn ssrc(&self) -> u32 {
        word(&self.bytes[8..])
    }

    /// The contributing sources.
    pub fn csrcs(&self) -> impl Iterator<Item = u32> + 'a {
        let count = usize::from(self.bytes[0] & 0x0f);
        self.bytes[FIXED..FIXED + count * 4].chunks_exact(4).map(word)
    }

    /// The body of the header extension with this id, in either form of RFC 8285.
    #[must_use]
    pub fn extension(&self, id: u8) -> Option<&'a [u8]> {
        match self.extension {
            (ONE_BYTE, data) => find(data, id, one_byte),
            (profile, data) if profile & 0xfff0 == 0x1000 => find(data, id, two_bytes),
            _ => None,
        }
    }

    /// The payload, without padding.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Bytes before the payload.
    #[must_use]
    pub fn header_len(&self) -> usize {
        self.payload.as_ptr() as usize - self.bytes.as_ptr() as usize
    }
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn split_extension(rest: &[u8]) -> Option<((u16, &[u8]), &[u8])> {
    let (head, rest) = rest.split_at_checked(4)?;
    let profile = u16::from_be_bytes([head[0], head[1]]);
    let words = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let (data, rest) = rest.split_at_checked(words * 4)?;
    Some(((profile, data), rest))
}

fn without_padding(rest: &[u8]) -> Result<&[u8], RtpError> {
    let padding = rest.last().copied().unwrap_or(0);
    match rest.len().checked_sub(usize::from(padding)) {
        Some(length) if padding > 0 => Ok(&rest[..length]),
        _ => Err(RtpError::Padding(padding)),
    }
}

/// An element's id, its length and the bytes of its own header; `None` where the list ends.
type Element = fn(&[u8]) -> Option<(u8, usize, usize)>;

fn one_byte(data: &[u8]) -> Option<(u8, usize, usize)> {
    match data.first()? >> 4 {
        15 => None,
        id => Some((id, usize::from(data[0] & 0x0f) + 1, 1)),
    }
}

fn two_bytes(data: &[u8]) -> Option<(u8, usize, usize)> {
    Some((*data.first()?, usize::from(*data.get(1)?), 2))
}

fn find(mut data: &[u8], id: u8, element: Element) -> Option<&[u8]> {
    while let Some(&first) = data.first() {
        if first == 0 {
            data = &data[1..];
            continue;
        }
        let (found, length, header) = element(data)?;
        let body = data.get(header..header + length)?;
        if found == id {
            return Some(body);
        }
        data = &data[header + length..];
    }
    None
}

/// The header of a packet to be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Header<'a> {
    /// The marker bit.
    pub marker: bool,
    /// The payload type, below 128.
    pub payload_type: u8,
    /// The sequence number.
    pub sequence: u16,
    /// The timestamp.
    pub timestamp: u32,
    /// The synchronisation source.
    pub ssrc: u32,
    /// The contributing sources; the first 15 are written.
    pub csrcs: &'a [u32],
    /// Header extensions with ids 1 to 14 and bodies of 1 to 16 bytes, in the one-byte form of RFC 8285.
    pub extensions: &'a [(u8, &'a [u8])],
}

impl Header<'_> {
    /// The whole packet.
    #[must_use]
    pub fn write(&self, payload: &[u8]) -> Vec<u8> {
        let csrcs = &self.csrcs[..self.csrcs.len().min(15)];
        let mut out = Vec::with_capacity(FIXED + csrcs.len() * 4 + 24 + payload.len());
        let extended = u8::from(!self.extensions.is_empty());
        out.push(0x80 | (extended << 4) | csrcs.len() as u8);
        out.push((u8::from(self.marker) << 7) | (self.payload_type & 0x7f));
        out.extend(self.sequence.to_be_bytes());
        out.extend(self.timestamp.to_be_bytes());
        out.extend(self.ssrc.to_be_bytes());
        csrcs.iter().for_each(|csrc| out.extend(csrc.to_be_bytes()));
        if extended == 1 {
            self.write_extensions(&mut out);
        }
        out.extend_from_slice(payload);
        out
    }

    fn write_extensions(&self, out: &mut Vec<u8>) {
        let mut data = Vec::new();
        for (id, body) in self.extensions {
            let fits = (1..=14).contains(id) && (1..=16).contains(&body.len());
            debug_assert!(fits, "extension {id} of {} bytes", body.len());
            if fits {
                data.push((id << 4) | (body.len() - 1) as u8);
                data.extend_from_slice(body);
            }
        }
        data.resize(data.len().next_multiple_of(4), 0);
        out.extend(ONE_BYTE.to_be_bytes());
        out.extend(((data.len() / 4) as u16).to_be_bytes());
        out.extend(data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_what_is_wrong() {
        let mut bytes = Header::default().write(&[1, 2, 3]);
        assert_eq!(Packet::parse(&bytes[..5]).unwrap_err(), RtpError::Short(5));
        bytes[0] |= 0x20;
        bytes[14] = 9;
        assert_eq!(Packet::parse(&bytes).unwrap_err(), RtpError::Padding(9));
        bytes[0] = 0x40;
        assert_eq!(Packet::parse(&bytes).unwrap_err(), RtpError::Version(1));
    }

    #[test]
    fn padding_is_not_payload() {
        let mut bytes = Header::default().write(&[7, 7, 0, 2]);
        bytes[0] |= 0x20;
        assert_eq!(Packet::parse(&bytes).unwrap().payload(), [7, 7]);
    }

    #[test]
    fn reads_two_byte_extensions() {
        let mut bytes = Header::default().write(&[]);
        bytes[0] |= 0x10;
        bytes.extend([0x10, 0x00, 0, 2, 5, 3, 1, 2, 3, 0, 9, 0]);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.extension(5), Some(&[1, 2, 3][..]));
        assert_eq!(packet.extension(9), Some(&[][..]));
        assert_eq!(packet.extension(1), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), id in any::<u8>()) {
            if let Ok(packet) = Packet::parse(&bytes) {
                let _ = (packet.extension(id), packet.csrcs().count(), packet.marker(), packet.ssrc());
                prop_assert!(packet.header_len() + packet.payload().len() <= bytes.len());
            }
        }

        #[test]
        fn what_is_written_is_read(
            marker: bool, payload_type in 0_u8..128, sequence: u16, timestamp: u32, ssrc: u32,
            csrcs in proptest::collection::vec(any::<u32>(), 0..16),
            one in proptest::collection::vec(any::<u8>(), 1..17), two in proptest::collection::vec(any::<u8>(), 1..17),
            payload in proptest::collection::vec(any::<u8>(), 0..50),
        ) {
            let extensions = [(1, &one[..]), (14, &two[..])];
            let header = Header { marker, payload_type, sequence, timestamp, ssrc, csrcs: &csrcs, extensions: &extensions };
            let bytes = header.write(&payload);
            let read = Packet::parse(&bytes).unwrap();
            prop_assert_eq!((read.marker(), read.payload_type(), read.sequence()), (marker, payload_type, sequence));
            prop_assert_eq!((read.timestamp(), read.ssrc(), read.payload()), (timestamp, ssrc, &payload[..]));
            prop_assert_eq!(read.csrcs().collect::<Vec<_>>(), &csrcs[..csrcs.len().min(15)]);
            prop_assert_eq!((read.extension(1), read.extension(14)), (Some(&one[..]), Some(&two[..])));
        }
    }
}
