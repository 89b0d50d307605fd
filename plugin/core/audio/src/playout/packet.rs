//! A packet that waits to be played, and what it says before it is decoded.

use crate::Loudness;

pub(super) struct Packet {
    pub(super) sequence: u16,
    pub(super) payload: Vec<u8>,
    pub(super) samples: u64,
    pub(super) loudness: Option<Loudness>,
}

/// What is known of the frame that is due, before it is decoded.
pub(crate) enum Due {
    /// Nothing is being sent.
    Nothing,
    /// Its loudness stands in the header, or it is silence.
    Known(Loudness),
    /// One has to decode it to know.
    Unknown,
}

impl Packet {
    /// RFC 6716: a frame of at most one byte of content was not sent.
    pub(super) fn is_dtx(&self) -> bool {
        self.payload.len() <= 2
    }

    /// RFC 6716 section 3.1.
    pub(super) fn is_stereo(&self) -> bool {
        self.payload.first().is_some_and(|toc| toc & 4 != 0)
    }

    pub(super) fn due(&self) -> Due {
        match self.loudness {
            _ if self.is_dtx() => Due::Known(Loudness::SILENCE),
            Some(loudness) => Due::Known(loudness),
            None => Due::Unknown,
        }
    }
}
