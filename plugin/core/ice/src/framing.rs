//! Packets on a TCP connection: each behind its length in two octets (RFC 4571 section 2).

use thiserror::Error;

/// Octets of the length before each packet.
pub const FRAME_HEADER: usize = 2;

/// What stands before a packet of this many octets; `None`: no frame holds so many.
#[must_use]
pub fn frame_header(length: usize) -> Option<[u8; FRAME_HEADER]> {
    u16::try_from(length).ok().map(u16::to_be_bytes)
}

/// A frame that is longer than any packet of ours may be; the connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a frame of {length} octets, where {most} are the most")]
pub struct FrameTooLong {
    /// Its length.
    pub length: usize,
    /// What is allowed.
    pub most: usize,
}

/// Cuts what arrives into packets.
#[derive(Debug)]
pub struct Deframer {
    most: usize,
    /// What is not yet a whole frame; never more than one frame.
    rest: Vec<u8>,
}

impl Deframer {
    /// For packets of at most `most` octets.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            rest: Vec::new(),
        }
    }

    /// Takes in octets as they arrive, and hands over each packet that is complete.
    ///
    /// # Errors
    /// [`FrameTooLong`], after the packets before it.
    pub fn push(
        &mut self,
        mut octets: &[u8],
        mut packet: impl FnMut(&[u8]),
    ) -> Result<(), FrameTooLong> {
        while !octets.is_empty() {
            let missing = self.missing()?;
            let (part, behind) = octets.split_at(missing.min(octets.len()));
            self.rest.extend_from_slice(part);
            octets = behind;
            if self.rest.len() >= FRAME_HEADER && self.missing()? == 0 {
                packet(&self.rest[FRAME_HEADER..]);
                self.rest.clear();
            }
        }
        Ok(())
    }

    /// Octets to the end of the length, and then to that of the frame.
    fn missing(&self) -> Result<usize, FrameTooLong> {
        let [high, low, ..] = *self.rest else {
            return Ok(FRAME_HEADER - self.rest.len());
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > self.most {
            let most = self.most;
            return Err(FrameTooLong { length, most });
        }
        Ok(FRAME_HEADER + length - self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_that_is_too_long_ends_the_connection() {
        let mut deframer = Deframer::new(4);
        let mut packets = Vec::new();
        let result = deframer.push(&[0, 1, 7, 0, 5, 1], |packet| packets.push(packet.to_vec()));
        assert_eq!(packets, [[7]]);
        assert_eq!(result, Err(FrameTooLong { length: 5, most: 4 }));
    }

    #[test]
    fn no_frame_holds_more_than_a_length_can_say() {
        assert_eq!(frame_header(65_535), Some([255, 255]));
        assert_eq!(frame_header(65_536), None);
    }

    proptest! {
        #[test]
        fn packets_survive_any_cut(
            packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
            cut in 1..50_usize,
        ) {
            let mut sent = Vec::new();
            for packet in &packets {
                sent.extend(frame_header(packet.len()).unwrap());
                sent.extend(packet);
            }
            let mut deframer = Deframer::new(40);
            let mut received = Vec::new();
            for part in sent.chunks(cut) {
                deframer.push(part, |packet| received.push(packet.to_vec())).unwrap();
            }
            prop_assert_eq!(received, packets);
        }

        #[test]
        fn it_never_keeps_more_than_a_frame(octets in prop::collection::vec(any::<u8>(), 0..500), cut in 1..50_usize) {
            let mut deframer = Deframer::new(100);
            for part in octets.chunks(cut) {
                if deframer.push(part, |packet| assert!(packet.len() <= 100)).is_err() {
                    break;
                }
                prop_assert!(deframer.rest.len() <= 102);
            }
        }
    }
}
