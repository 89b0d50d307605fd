//! The sound of one conference, without GStreamer: jitter queues, the floor, the mix of everyone but oneself, and one
//! encoding per distinct mix.
//!
//! Nothing here reads a clock, starts a thread or knows a pad. Sound is at 48 kHz, in one channel or two; a [`Room`] is told
//! what arrived and asked every [`FRAME`] what everyone hears.

mod counters;
mod encode;
mod encoder;
mod floor;
mod level;
mod limiter;
mod mix;
mod playout;
mod recent;
mod relay;
mod ring;
mod room;
mod source;
mod talking;
mod wide;

pub use counters::{Counters, Relayed, Totals};
pub use encode::Codec;
pub use encoder::LOOKAHEAD;
pub use level::Loudness;
pub use recent::{Pace, Recent, Spent};
pub use room::{
    Arrival, Delivery, Hearing, LATENCY, Mapping, Mode, Number, Output, Packing, Room, Settings,
    Sound, TalkerLevel,
};
pub use wide::{Channels, Wide, WideFrame};

/// What nobody hears: packets that the floor has no use for, so that they need not even be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unheard {
    /// Whoever is as loud as this may take the floor; in dB below overload.
    pub enter: u8,
    /// Whoever has it keeps it while he is as loud as this.
    pub stay: u8,
    /// So long after that he has certainly lost it.
    pub after: std::time::Duration,
}

/// People in a conference from which on those who only listen may get more than one frame in a packet.
pub const LARGE: usize = room::LARGE;

/// What the floor does not hear.
pub const UNHEARD: Unheard = Unheard {
    enter: floor::ENTER,
    stay: floor::STAY,
    after: floor::HOLD.saturating_add(playout::LONGEST_WAIT),
};

/// libopus did not do what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("libopus refuses {call}: {reason}")]
pub struct CodecError {
    /// What it was asked for.
    pub call: &'static str,
    /// Its own words.
    pub reason: &'static str,
}

impl From<opus::Error> for CodecError {
    fn from(error: opus::Error) -> Self {
        Self {
            call: error.function(),
            reason: error.description(),
        }
    }
}

/// Bits per second that a talker had better send: what is lost here the conference cannot bring back, and talkers are few.
pub const TALKER_BITRATE: u32 = 32_000;

/// Samples per second.
pub const RATE: u32 = 48_000;

/// Samples of one frame: 20 ms.
pub const FRAME: usize = 960;

/// Length of one frame.
pub const FRAME_TIME: std::time::Duration = std::time::Duration::from_millis(20);

/// One channel of a frame of sound, nominally within ±1.
pub type Frame = [f32; FRAME];

/// The samples at 48 kHz that an Opus packet holds; `None` when it is not one.
#[must_use]
pub fn samples_in(packet: &[u8]) -> Option<usize> {
    opus::packet::get_nb_samples(packet, RATE).ok()
}
