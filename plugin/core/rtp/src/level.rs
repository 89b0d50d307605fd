//! The client-to-mixer audio level (RFC 6464).

/// How loud the sound in a packet is, as its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Whether the sender takes it for speech. Only meaningful when `vad=on` was agreed.
    pub voice: bool,
    /// Loudness below overload in decibels: 0 is the loudest, 127 silence.
    pub dbov: u8,
}

impl Level {
    /// Reads an extension's body; the one-byte form has one octet, the two-byte form may pad it.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let octet = *body.first()?;
        Some(Self {
            voice: octet & 0x80 != 0,
            dbov: octet & 0x7f,
        })
    }

    /// The extension's body: one octet. Levels over 127 are written as 127.
    #[must_use]
    pub fn emit(self) -> u8 {
        u8::from(self.voice) << 7 | self.dbov.min(127)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_there_and_back() {
        for octet in 0..=255 {
            assert_eq!(Level::parse(&[octet]).map(Level::emit), Some(octet));
        }
        assert_eq!(
            Level::parse(&[0x85]),
            Some(Level {
                voice: true,
                dbov: 5
            })
        );
        assert_eq!(Level::parse(&[]), None);
        assert_eq!(
            Level {
                voice: false,
                dbov: 200
            }
            .emit(),
            127
        );
    }
}
