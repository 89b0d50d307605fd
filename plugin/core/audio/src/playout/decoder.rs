//! A decoder of one channel or two that goes over from one to the other unheard.
//!
//! One of libopus's has its channels for life, and a new one knows nothing of the packets before. So for a while both
//! decode, and then the one fades into the other.

use super::decoding::LONGEST;
use crate::{Channels, CodecError, RATE, Wide};

/// Packets that a decoder hears before it is heard. Of what it does not know of the energy before, in decibels, half
/// counts after each packet of 20 ms (RFC 6716 section 4.3.2.1).
pub(super) const LEARNS: u32 = 12;

pub(super) struct Decoder {
    heard: One,
    /// One that learns, and the packets that it has heard.
    learning: Option<(One, u32)>,
    /// No packet has been decoded, so there is nothing to go on with.
    fresh: bool,
}

struct One {
    opus: opus::Decoder,
    channels: Channels,
}

impl Decoder {
    /// # Errors
    /// libopus's, when there is no memory.
    pub(super) fn new(channels: Channels) -> Result<Self, CodecError> {
        Ok(Self {
            heard: One::new(channels)?,
            learning: None,
            fresh: true,
        })
    }

    /// Begins anew with the next packet.
    ///
    /// # Errors
    /// libopus's.
    pub(super) fn reset(&mut self) -> Result<(), CodecError> {
        self.learning = None;
        self.fresh = true;
        Ok(self.heard.opus.reset_state()?)
    }

    /// From now on, or soon, it decodes into so many channels.
    ///
    /// # Errors
    /// libopus's, when there is no memory; it goes on with the channels that it has.
    pub(super) fn turn_to(&mut self, channels: Channels) -> Result<(), CodecError> {
        if channels == self.heard.channels {
            self.learning = None;
        } else if self.fresh {
            self.heard = One::new(channels)?;
        } else if self.learning.is_none() {
            self.learning = Some((One::new(channels)?, 0));
        }
        Ok(())
    }

    /// Takes in a packet that nobody hears.
    pub(super) fn hear(&mut self, packet: &[u8]) {
        // What is no packet teaches nothing.
        let _ = self.decode(packet, LONGEST, false);
    }

    /// Decodes a packet that has so many samples in each channel, or what it carries of the one before; an empty one is
    /// made up.
    ///
    /// # Errors
    /// libopus's, when the packet is none.
    pub(super) fn decode(
        &mut self,
        packet: &[u8],
        samples: usize,
        fec: bool,
    ) -> Result<Wide<Vec<f32>>, CodecError> {
        self.fresh = false;
        let sound = self.heard.decode(packet, samples, fec)?;
        let Some((mut one, packets)) = self.learning.take() else {
            return Ok(sound);
        };
        let coming = one.decode(packet, samples, fec)?;
        if packets < LEARNS {
            self.learning = Some((one, packets + 1));
            return Ok(sound);
        }
        self.heard = one;
        Ok(faded(&sound, &coming))
    }
}

impl One {
    fn new(channels: Channels) -> Result<Self, CodecError> {
        let opus = match channels {
            Channels::Mono => opus::Channels::Mono,
            Channels::Stereo => opus::Channels::Stereo,
        };
        Ok(Self {
            opus: opus::Decoder::new(RATE, opus)?,
            channels,
        })
    }

    fn decode(
        &mut self,
        packet: &[u8],
        samples: usize,
        fec: bool,
    ) -> Result<Wide<Vec<f32>>, CodecError> {
        let mut sound = vec![0.0; samples * self.channels.count()];
        let samples = self.opus.decode_float(packet, &mut sound, fec)?;
        sound.truncate(samples * self.channels.count());
        Ok(Wide::of(sound, self.channels))
    }
}

/// From the one sound to the other; what has no side fades from or to none.
fn faded(from: &Wide<Vec<f32>>, to: &Wide<Vec<f32>>) -> Wide<Vec<f32>> {
    let none = vec![0.0; from.len()];
    let side = |sound: &Wide<Vec<f32>>| sound.side.clone().unwrap_or_else(|| none.clone());
    let has_side = from.side.is_some() || to.side.is_some();
    Wide {
        mid: fade(&from.mid, &to.mid),
        side: has_side.then(|| fade(&side(from), &side(to))),
    }
}

fn fade(from: &[f32], to: &[f32]) -> Vec<f32> {
    let step = 1.0 / from.len().max(1) as f32;
    let pairs = from.iter().zip(to).enumerate();
    pairs
        .map(|(i, (from, to))| from + (to - from) * step * i as f32)
        .collect()
}
