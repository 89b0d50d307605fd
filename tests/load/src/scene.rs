//! What is sent during a window of a measurement.

use serde::{Deserialize, Serialize};

/// As many people as a conference finds.
pub const EVERYBODY: usize = usize::MAX;

/// What clients that do not talk send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Silence {
    /// Room noise: a packet every 20 ms, with a level that no floor takes for speech.
    Noise,
    /// Room noise as an encoder sends it that may leave silence out: a packet every 400 ms.
    Dtx,
    /// Nothing at all.
    Nothing,
}

/// Who sends what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    /// How many clients are in each conference.
    pub people: usize,
    /// How many of these talk.
    pub talkers: usize,
    /// What the others send.
    pub silence: Silence,
    /// Whether somebody in the server's process talks, so that there is a mix though no client sends.
    pub loudspeaker: bool,
    /// Whether the server drops silent packets before it decrypts them.
    pub drop_silence: bool,
}

/// How many people talk at once in a conference.
const TALKERS: usize = 3;

impl Scene {
    /// Everybody sends 50 packets a second and hears the mix.
    pub const BOTH_WAYS: Self = Self {
        people: EVERYBODY,
        talkers: TALKERS,
        silence: Silence::Noise,
        loudspeaker: false,
        drop_silence: false,
    };
    /// The same packets arrive, but those of the silent ones go no further than the transport.
    pub const SILENCE_DROPPED: Self = Self {
        drop_silence: true,
        ..Self::BOTH_WAYS
    };
    /// The server sends the mix, the clients send nothing.
    pub const SEND_ONLY: Self = Self {
        people: EVERYBODY,
        talkers: 0,
        silence: Silence::Nothing,
        loudspeaker: true,
        drop_silence: false,
    };
    /// All are connected, nobody sends: a conference in which nobody talks makes no mix.
    pub const IDLE: Self = Self {
        loudspeaker: false,
        ..Self::SEND_ONLY
    };

    /// In conferences of so many each, all hear those who talk; packets of silence go as far as the server lets them.
    pub fn of_conferences(people: usize, silence: Silence) -> Self {
        Self {
            people,
            silence,
            ..Self::SILENCE_DROPPED
        }
    }

    /// Whether there is a mix to hear.
    pub fn is_heard(&self) -> bool {
        self.talkers > 0 || self.loudspeaker
    }
}
