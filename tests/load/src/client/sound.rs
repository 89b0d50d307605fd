//! What clients say: Opus packets of 20 ms, made once and sent again and again.

use std::{sync::Arc, time::Duration};

use opus::{Application, Bitrate, Channels, Encoder};

use super::{
    Voice,
    chirp::{ROOM_LEVEL, Turn},
};
use crate::error::LoadError;

/// Samples in a second.
pub const RATE: u32 = 48_000;

/// Samples in a packet of 20 ms.
pub const FRAME: u32 = RATE / 50;

/// How long it is.
pub const FRAME_TIME: Duration = Duration::from_millis(20);

/// Packets until speech and noise begin anew.
const LENGTH: u64 = 250;

/// As browsers encode a voice of which nobody asks for more.
const BITRATE: i32 = 32_000;

/// What a browser's header says of speech, in −dBov (RFC 6464).
const SPEECH_LEVEL: u8 = 30;

/// What it says of a quiet room on the average, and by how much it errs each way.
const NOISE_LEVEL: u8 = 65;
const NOISE_SPREAD: u8 = 5;

/// Of so many packets of noise, the one that is sent even by an encoder that leaves silence out: libopus never leaves
/// out more than 400 ms.
const DTX_FRAMES: usize = 20;

/// A packet's payload with what its header says of it.
pub struct Frame {
    /// Opus.
    pub payload: Arc<[u8]>,
    /// In −dBov.
    pub level: u8,
    /// Whether it is speech.
    pub speech: bool,
}

/// Packets one after the other.
type Packets = Vec<Arc<[u8]>>;

/// Speech and noise, and the chirps of those who chirp.
pub struct Sound {
    speech: Packets,
    noise: Packets,
    chirps: Vec<Packets>,
}

impl Sound {
    /// Encodes all; so many clients chirp in turn.
    ///
    /// # Errors
    /// When libopus refuses.
    pub fn new(chirpers: usize) -> Result<Self, LoadError> {
        let turns = (0..chirpers).map(|place| Turn {
            place,
            of: chirpers,
        });
        let chirps = |turn: Turn| encoded(turn.frames(), |sample| turn.sample(sample));
        Ok(Self {
            speech: encoded(LENGTH, speech)?,
            noise: encoded(LENGTH, |sample| noise(sample, NOISE_LEVEL.into()))?,
            chirps: turns.map(chirps).collect::<Result<_, _>>()?,
        })
    }

    /// What this voice says in this frame of its life.
    pub fn frame(&self, voice: Voice, number: usize) -> Option<Frame> {
        let (packets, level) = match voice {
            Voice::Talk => (&self.speech, SPEECH_LEVEL),
            Voice::Chirp { turn, .. } => (self.chirps.get(turn.place)?, ROOM_LEVEL),
            Voice::Dtx if !number.is_multiple_of(DTX_FRAMES) => return None,
            Voice::Noise | Voice::Dtx => (&self.noise, noise_level(number)),
            Voice::Nothing => return None,
        };
        Some(Frame {
            payload: Arc::clone(&packets[number % packets.len()]),
            level,
            speech: matches!(voice, Voice::Talk | Voice::Chirp { .. }),
        })
    }
}

/// All levels within the spread, one after the other, in steps that have no divisor with their number in common.
fn noise_level(number: usize) -> u8 {
    let levels = 2 * NOISE_SPREAD + 1;
    let place = number % usize::from(levels);
    NOISE_LEVEL - NOISE_SPREAD + (place as u8 * 4) % levels
}

/// So many packets of a sound.
///
/// # Errors
/// When libopus refuses.
pub fn encoded(frames: u64, sample: impl Fn(u64) -> f32) -> Result<Packets, LoadError> {
    let cannot = |error: opus::Error| LoadError::Clients(error.to_string());
    let mut encoder = Encoder::new(RATE, Channels::Mono, Application::Voip).map_err(cannot)?;
    encoder
        .set_bitrate(Bitrate::Bits(BITRATE))
        .map_err(cannot)?;
    encoder.set_inband_fec(true).map_err(cannot)?;
    let length = u64::from(FRAME);
    let packet = |frame| {
        let samples: Vec<_> = (frame * length..(frame + 1) * length)
            .map(&sample)
            .collect();
        let packet = encoder.encode_vec_float(&samples, 1_200);
        Ok(packet.map_err(cannot)?.into())
    };
    (0..frames).map(packet).collect()
}

/// So many samples, in time.
pub fn time_of(samples: usize) -> Duration {
    Duration::from_nanos(samples as u64 * 1_000_000_000 / u64::from(RATE))
}

/// Like a voice: harmonics of a gliding tone, four syllables a second.
fn speech(sample: u64) -> f32 {
    let time = sample as f32 / RATE as f32;
    let pitch = 140.0 * time + 6.0 * (time * 3.0).sin();
    let harmonics = (1..12).map(|n| (std::f32::consts::TAU * pitch * n as f32).sin() / n as f32);
    let syllable = (std::f32::consts::PI * 4.0 * time).sin().powi(2);
    0.1 * syllable * harmonics.sum::<f32>()
}

/// White noise at so many −dBov, the same each time: a hash of the place (Steele's `splitmix`).
pub fn noise(sample: u64, level: f32) -> f32 {
    let mut word = sample.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let uniform = (word >> 40) as f32 / (1_u32 << 23) as f32 - 1.0;
    uniform * 3_f32.sqrt() * 10_f32.powf(-level / 20.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn level(sample: impl Fn(u64) -> f32) -> f32 {
        let samples = 0..u64::from(RATE);
        let power = samples.map(|n| sample(n).powi(2)).sum::<f32>() / RATE as f32;
        10.0 * power.log10()
    }

    #[test]
    fn noise_is_as_loud_as_its_header_says() {
        for due in [NOISE_LEVEL, ROOM_LEVEL].map(f32::from) {
            assert!((level(|sample| noise(sample, due)) + due).abs() < 0.5);
        }
        assert!(
            level(speech) > -30.0 && level(speech) < -15.0,
            "{}",
            level(speech)
        );
    }

    #[test]
    fn every_frame_has_a_packet_of_twenty_milliseconds() {
        let sound = Sound::new(0).unwrap();
        let decoder = opus::Decoder::new(RATE, Channels::Mono).unwrap();
        for voice in [Voice::Talk, Voice::Noise] {
            let frame = sound.frame(voice, LENGTH as usize + 3).unwrap();
            let samples = decoder.get_nb_samples(&frame.payload).unwrap();
            assert_eq!(samples, FRAME as usize);
            let again = sound.frame(voice, 3).unwrap();
            assert_eq!(frame.payload, again.payload);
        }
        assert!(sound.frame(Voice::Nothing, 0).is_none());
        let sent = (7..107).filter(|&number| sound.frame(Voice::Dtx, number).is_some());
        assert_eq!(sent.collect::<Vec<_>>(), [20, 40, 60, 80, 100]);
    }

    #[test]
    fn a_quiet_room_is_never_taken_for_speech() {
        let levels: std::collections::BTreeSet<_> = (0..11).map(noise_level).collect();
        assert_eq!(levels, (60..=70).collect());
    }
}
