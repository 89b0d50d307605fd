//! Encoders: one per distinct mix and setting, whoever hears it.

use std::{borrow::Cow, sync::Arc};

use crate::{Channels, CodecError, WideFrame, encoder::Encoder};

/// The longest packet of one frame (RFC 6716 section 3.4).
const LONGEST: usize = 1_275 + 1;

/// A packet of at most two bytes says "nothing to send" (RFC 6716 section 2.1.9, `OPUS_SET_DTX`).
const DTX_BYTES: usize = 2;

/// Frames of mono after which a stereo stream is coded as mono: 400 ms, more than the pauses between words.
const NARROW: u32 = 20;

/// Packets in a hundred for which FEC is made. At 5 libopus makes none with less than 40 kbit/s.
const EXPECTED_LOSS: i32 = 10;

/// A voice that browsers have coded already is coded a second time. With so many bits a second that costs less than 0.1 of
/// ViSQOL's five points, whether they sent 32 or 64 kbit/s; with 64 000 it costs up to 0.13, with 32 000 0.17.
const BITRATE: u32 = 80_000;

/// How a listener wants his Opus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Codec {
    /// Bits per second of each channel, 6 000 to 255 000; one channel may have up to 510 000.
    pub bitrate: u32,
    /// Effort, 0 to 10.
    pub complexity: u8,
    /// Whether frames carry the one before at low quality (RFC 6716 section 2.1.7). Encoding costs four times as much then,
    /// and sounds worse: this is for those whose way loses packets.
    pub fec: bool,
    /// Whether silence is not sent.
    pub dtx: bool,
    /// How many channels he takes.
    pub channels: Channels,
}

impl Default for Codec {
    fn default() -> Self {
        Self {
            bitrate: BITRATE,
            complexity: 5,
            fec: true,
            dtx: true,
            channels: Channels::Mono,
        }
    }
}

/// What became of a frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Encoded {
    /// A packet of this frame alone, to send.
    Packet(Arc<[u8]>),
    /// Silence: nothing to send.
    Nothing,
}

/// One Opus encoder. A copy goes on exactly as the original does.
#[derive(Clone)]
pub(crate) struct Stream {
    encoder: Encoder,
    codec: Codec,
    /// Frames for which what came has been mono.
    narrow: u32,
    /// The last packet said "nothing to send", so silence needs no work until sound returns.
    dormant: bool,
}

impl Stream {
    /// A new encoder that has heard `before`, so that its first packet does not begin from nothing.
    ///
    /// # Errors
    /// libopus's, when it refuses a setting.
    pub(crate) fn new(codec: Codec, before: Option<&WideFrame>) -> Result<Self, CodecError> {
        let mut stream = Self {
            encoder: encoder(codec)?,
            codec,
            narrow: NARROW,
            dormant: false,
        };
        if let Some(frame) = before {
            let samples = stream.interleaved(frame)?;
            stream.encoder.encode(&samples, &mut [0; LONGEST])?;
            stream.refresh()?;
        }
        Ok(stream)
    }

    /// A copy that goes on with other settings. A decoder cannot tell it from an encoder whose settings are changed.
    ///
    /// # Errors
    /// libopus's, when it refuses one.
    pub(crate) fn turned(&self, codec: Codec) -> Result<Self, CodecError> {
        let mut stream = self.clone();
        set(&mut stream.encoder, codec)?;
        stream.codec = codec;
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
    pub(crate) fn push(&mut self, frame: &WideFrame, silent: bool) -> Result<Encoded, CodecError> {
        if self.dormant {
            if silent {
                return Ok(Encoded::Nothing);
            }
            self.begin_anew()?;
        }
        let samples = self.interleaved(frame)?;
        // Only when nobody is in it: a tone that lasts, or quiet music, is silence for Opus too.
        self.encoder.set_dtx(self.codec.dtx && silent)?;
        let mut packet = [0; LONGEST];
        let length = self.encoder.encode(&samples, &mut packet)?;
        self.encoder.set_prediction_disabled(false)?;
        Ok(self.judge(&packet[..length]))
    }

    /// What stays mono is coded so, with all of the bits for the one channel and half of the work.
    fn interleaved<'f>(&mut self, frame: &'f WideFrame) -> Result<Cow<'f, [f32]>, CodecError> {
        let samples = frame.interleaved(self.codec.channels);
        if self.codec.channels == Channels::Mono {
            return Ok(samples);
        }
        self.narrow = match frame.side {
            Some(_) => 0,
            None => self.narrow.saturating_add(1),
        };
        let narrow = self.narrow > NARROW;
        self.encoder.set_narrow(narrow)?;
        self.encoder
            .set_bitrate(self.codec.bitrate * if narrow { 1 } else { 2 })?;
        Ok(samples)
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
    let mut encoder = Encoder::new(codec.channels)?;
    set(&mut encoder, codec)?;
    Ok(encoder)
}

fn set(encoder: &mut Encoder, codec: Codec) -> Result<(), CodecError> {
    encoder.set_bitrate(codec.bitrate)?;
    encoder.set_complexity(codec.complexity)?;
    encoder.set_fec(codec.fec.then_some(EXPECTED_LOSS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FRAME, Wide};

    fn tone(frame: usize) -> WideFrame {
        Wide::mono(Box::new(std::array::from_fn(|i| {
            0.3 * ((frame * FRAME + i) as f32 * 0.0576).sin()
        })))
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
            stream.push(&WideFrame::silence(), true).unwrap();
        }
        assert_eq!(
            stream.push(&WideFrame::silence(), true).unwrap(),
            Encoded::Nothing
        );
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
    fn a_stream_that_turns_is_an_encoder_whose_settings_are_changed() {
        let plain = Codec {
            fec: false,
            ..Codec::default()
        };
        let mut encoder = encoder(plain).unwrap();
        let mut stream = Stream::new(plain, None).unwrap();
        for frame in 0..60 {
            let protected = Codec {
                fec: (20..40).contains(&frame),
                ..plain
            };
            if frame == 20 || frame == 40 {
                set(&mut encoder, protected).unwrap();
                stream = stream.turned(protected).unwrap();
            }
            let mut packet = [0; LONGEST];
            let length = encoder.encode(&tone(frame).mid[..], &mut packet).unwrap();
            let sent = stream.push(&tone(frame), false).unwrap();
            assert_eq!(sent, Encoded::Packet(packet[..length].into()), "{frame}");
        }
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
                stream.push(&WideFrame::silence(), true).unwrap(),
                Encoded::Packet(_)
            ));
        }
    }
}
