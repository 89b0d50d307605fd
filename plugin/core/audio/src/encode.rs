//! Encoders: one per distinct mix and setting, whoever hears it.

use std::sync::Arc;

use crate::{CodecError, FRAME, Frame, encoder::Encoder};

/// The longest packet RFC 6716 allows for 60 ms: three frames of 1 275 bytes and their lengths.
const LONGEST: usize = 3 * 1_275 + 8;

/// A packet of at most two bytes says "nothing to send" (RFC 6716 section 2.1.9, `OPUS_SET_DTX`).
const DTX_BYTES: usize = 2;

/// Packets in a hundred for which FEC is made. At 5 libopus makes none with less than 40 kbit/s.
const EXPECTED_LOSS: i32 = 10;

/// How a listener wants his Opus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Codec {
    /// Bits per second, 6 000 to 510 000.
    pub bitrate: u32,
    /// Effort, 0 to 10.
    pub complexity: u8,
    /// Whether packets carry the one before at low quality (RFC 6716 section 2.1.7). Encoding costs twice as much then.
    pub fec: bool,
    /// Whether silence is not sent.
    pub dtx: bool,
    /// Frames of 20 ms in a packet, 1 to 3.
    pub frames: u8,
}

impl Default for Codec {
    fn default() -> Self {
        Self {
            bitrate: 32_000,
            complexity: 5,
            fec: true,
            dtx: true,
            frames: 1,
        }
    }
}

/// What became of a frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Encoded {
    /// The packet is not full yet.
    Gathering,
    /// A packet to send; it began `frames - 1` frames before this one.
    Packet(Arc<[u8]>),
    /// Silence: nothing to send.
    Nothing,
}

/// One Opus encoder with the frames that wait for a full packet. A copy goes on exactly as the original does.
#[derive(Clone)]
pub(crate) struct Stream {
    encoder: Encoder,
    codec: Codec,
    gathered: Vec<f32>,
    /// The last packet said "nothing to send", so silence needs no work until sound returns.
    dormant: bool,
}

impl Stream {
    /// A new encoder that has heard `before`, so that its first packet does not begin from nothing.
    ///
    /// # Errors
    /// libopus's, when it refuses a setting.
    pub(crate) fn new(codec: Codec, before: Option<&Frame>) -> Result<Self, CodecError> {
        let mut stream = Self {
            encoder: encoder(codec)?,
            codec,
            gathered: Vec::new(),
            dormant: false,
        };
        if let Some(frame) = before {
            stream.encoder.encode(frame, &mut [0; LONGEST])?;
            stream.refresh()?;
        }
        Ok(stream)
    }

    /// Whether silence would cost nothing here.
    pub(crate) fn is_dormant(&self) -> bool {
        self.dormant
    }

    /// Whoever has not heard the packets before understands the next one, too.
    ///
    /// # Errors
    /// libopus's.
    pub(crate) fn refresh(&mut self) -> Result<(), CodecError> {
        self.encoder.set_prediction_disabled(true)
    }

    /// The next frame; `silent` when nobody is in it.
    ///
    /// # Errors
    /// libopus's.
    pub(crate) fn push(&mut self, frame: &Frame, silent: bool) -> Result<Encoded, CodecError> {
        if self.dormant && self.gathered.is_empty() {
            if silent {
                return Ok(Encoded::Nothing);
            }
            self.begin_anew()?;
        }
        self.gathered.extend_from_slice(frame);
        if self.gathered.len() < FRAME * usize::from(self.codec.frames) {
            return Ok(Encoded::Gathering);
        }
        // Only when nobody is in it: a tone that lasts, or quiet music, is silence for Opus too.
        self.encoder.set_dtx(self.codec.dtx && silent)?;
        let mut packet = [0; LONGEST];
        let length = self.encoder.encode(&self.gathered, &mut packet)?;
        self.gathered.clear();
        self.encoder.set_prediction_disabled(false)?;
        Ok(self.judge(&packet[..length]))
    }

    /// After silence every stream begins in the same state. Whoever goes from one to another in a silence hears what he
    /// would have heard without that.
    fn begin_anew(&mut self) -> Result<(), CodecError> {
        self.encoder = encoder(self.codec)?;
        self.dormant = false;
        self.refresh()
    }

    /// The first "nothing to send" is sent, so that the receiver knows; what follows is not.
    fn judge(&mut self, packet: &[u8]) -> Encoded {
        let nothing = self.codec.dtx && packet.len() <= DTX_BYTES;
        let known = std::mem::replace(&mut self.dormant, nothing);
        if nothing && known {
            Encoded::Nothing
        } else {
            Encoded::Packet(packet.into())
        }
    }
}

fn encoder(codec: Codec) -> Result<Encoder, CodecError> {
    let mut encoder = Encoder::new()?;
    encoder.set_bitrate(codec.bitrate)?;
    encoder.set_complexity(codec.complexity)?;
    if codec.fec {
        encoder.set_fec(EXPECTED_LOSS)?;
    }
    Ok(encoder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RATE;

    fn tone(frame: usize) -> Frame {
        std::array::from_fn(|i| 0.3 * ((frame * FRAME + i) as f32 * 0.0576).sin())
    }

    #[test]
    fn silence_falls_dormant_and_sound_wakes() {
        let mut stream = Stream::new(Codec::default(), None).unwrap();
        for f in 0..10 {
            assert!(matches!(
                stream.push(&tone(f), false).unwrap(),
                Encoded::Packet(_)
            ));
        }
        let mut sent = 0;
        while !stream.is_dormant() {
            sent += 1;
            assert!(sent < 50, "never dormant");
            stream.push(&[0.0; FRAME], true).unwrap();
        }
        assert_eq!(stream.push(&[0.0; FRAME], true).unwrap(), Encoded::Nothing);
        assert!(
            matches!(stream.push(&tone(11), false).unwrap(), Encoded::Packet(p) if p.len() > 10)
        );
        assert!(!stream.is_dormant());
    }

    #[test]
    fn a_tone_that_lasts_is_no_silence() {
        let mut stream = Stream::new(Codec::default(), None).unwrap();
        for frame in 0..500 {
            let sent = stream.push(&tone(frame), false).unwrap();
            assert!(
                matches!(sent, Encoded::Packet(p) if p.len() > DTX_BYTES),
                "{frame}"
            );
        }
    }

    #[test]
    fn three_frames_make_a_packet_of_60_ms() {
        let mut stream = Stream::new(
            Codec {
                frames: 3,
                ..Codec::default()
            },
            None,
        )
        .unwrap();
        assert_eq!(stream.push(&tone(0), false).unwrap(), Encoded::Gathering);
        assert_eq!(stream.push(&tone(1), false).unwrap(), Encoded::Gathering);
        let Encoded::Packet(packet) = stream.push(&tone(2), false).unwrap() else {
            panic!("no packet")
        };
        assert_eq!(
            opus::packet::get_nb_samples(&packet, RATE).unwrap(),
            3 * FRAME
        );
    }

    #[test]
    fn without_dtx_silence_is_sent() {
        let mut stream = Stream::new(
            Codec {
                dtx: false,
                ..Codec::default()
            },
            None,
        )
        .unwrap();
        for _ in 0..50 {
            assert!(matches!(
                stream.push(&[0.0; FRAME], true).unwrap(),
                Encoded::Packet(_)
            ));
        }
    }
}
