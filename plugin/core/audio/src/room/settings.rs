//! What goes into a room and what comes out of it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{Channels, Codec, Loudness, WideFrame};

/// A participant's number in his conference; the CSRC of his sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u32);

/// How a participant is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// One stream with everyone but himself.
    #[default]
    Mix,
    /// The talkers' own packets, each in a slot. Of gains only 0 counts: whoever has it is not passed on.
    Relay,
}

/// The form in which a participant takes his mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Output {
    /// Samples, without a gap: silence is delivered too.
    Raw(Channels),
    /// Opus packets.
    Opus(Codec),
}

impl Output {
    /// How it is encoded, if it is.
    pub(super) fn codec(self) -> Option<Codec> {
        match self {
            Self::Raw(_) => None,
            Self::Opus(codec) => Some(codec),
        }
    }

    /// In no more channels than there are.
    pub(super) fn within(self, most: Channels) -> Self {
        match self {
            Self::Raw(channels) => Self::Raw(channels.min(most)),
            Self::Opus(codec) => Self::Opus(Codec {
                channels: codec.channels.min(most),
                ..codec
            }),
        }
    }

    /// In how many channels.
    #[must_use]
    pub fn channels(self) -> Channels {
        match self {
            Self::Raw(channels) => channels,
            Self::Opus(codec) => codec.channels,
        }
    }
}

/// How many frames of Opus go into one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// At least so many, 1 to 3.
    pub frames: u8,
    /// So many while he only listens in a large conference, and his packets need no protection against losses, 1 to 3.
    pub listening: u8,
}

impl Default for Packing {
    fn default() -> Self {
        Self {
            frames: 1,
            listening: 1,
        }
    }
}

/// What a participant wants to hear.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hearing {
    /// Nothing at all.
    pub deaf: bool,
    /// Gains of other participants' sound; 1 where absent. Listeners with equal gains share an encoder.
    pub gains: BTreeMap<Number, f32>,
}

/// So much longer than the jitter demands packets are held by default: for a worker or a thread of the network that is
/// not quite on time. A packet waits for the next frame besides, 10 ms on the average.
pub const LATENCY: Duration = Duration::from_millis(5);

/// A participant's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Nobody hears him.
    pub mute: bool,
    /// The gain of his sound.
    pub volume: f32,
    /// How he is served.
    pub mode: Mode,
    /// How many slots he has for talkers' packets.
    pub slots: usize,
    /// What he hears.
    pub hearing: Hearing,
    /// In which form; `None` while he takes nothing.
    pub output: Option<Output>,
    /// How much of it comes at once, if that is Opus.
    pub packing: Packing,
    /// So much longer than their jitter demands his packets are held before they are played.
    pub latency: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mute: false,
            volume: 1.0,
            mode: Mode::Mix,
            slots: usize::MAX,
            hearing: Hearing::default(),
            output: None,
            packing: Packing::default(),
            latency: LATENCY,
        }
    }
}

/// A packet of Opus as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// The stream it belongs to (RFC 3550 section 5.1).
    pub ssrc: u32,
    /// Its sequence number.
    pub sequence: u16,
    /// Its timestamp, in samples at 48 kHz (RFC 7587 section 4.1).
    pub timestamp: u32,
    /// Its level, where the header carries one (RFC 6464).
    pub loudness: Option<Loudness>,
    /// The Opus packet (RFC 6716).
    pub payload: Vec<u8>,
}

/// One talker in a mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TalkerLevel {
    /// Who.
    pub number: Number,
    /// How loud.
    pub loudness: Loudness,
}

/// What one listener gets in one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Who gets it.
    pub to: Number,
    /// Where it begins, in samples since the conference's sound began; for relayed packets the slot's RTP timestamp.
    pub media_time: u64,
    /// By how many samples it begins before the frame of its tick.
    pub age: usize,
    /// Whose sound is in it.
    pub contributors: Arc<[TalkerLevel]>,
    /// How loud it is.
    pub loudness: Loudness,
    /// The sound.
    pub sound: Sound,
}

/// Sound in one of its forms. Listeners who hear the same share it.
#[derive(Clone, Debug, PartialEq)]
pub enum Sound {
    /// A frame of samples. It may have a side that who takes mono leaves away.
    Raw(Arc<WideFrame>),
    /// A frame of silence.
    Silence,
    /// An Opus packet.
    Opus(Arc<[u8]>),
    /// A talker's Opus packet for the listener's slot of that index.
    Relayed {
        /// The slot.
        slot: usize,
        /// The sequence number there.
        sequence: u16,
        /// The packet.
        payload: Arc<[u8]>,
    },
}
