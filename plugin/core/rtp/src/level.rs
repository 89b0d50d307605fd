//! The sound level that a packet's header carries (RFC 6464).

/// The body of the ssrc-audio-level extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Whether the sender takes it for speech.
    pub voice: bool,
    /// dB below overload, 0 to 127.
    pub below_overload: u8,
}

impl Level {
    /// The extension's URI in SDP and caps.
    pub const URI: &'static str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

    /// Reads the extension's body; `None` when it is empty.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let byte = *body.first()?;
        Some(Self { voice: byte & 0x80 != 0, below_overload: byte & 0x7f })
    }

    /// The extension's body.
    #[must_use]
    pub fn write(self) -> [u8; 1] {
        [(u8::from(self.voice) << 7) | self.below_overload.min(127)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for byte in 0..=255_u8 {
            assert_eq!(Level::read(&[byte]).unwrap().write(), [byte]);
        }
        assert_eq!(Level::read(&[]), None);
    }
}
