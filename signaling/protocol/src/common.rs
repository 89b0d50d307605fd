//! Nouns that more than one message uses.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{FileSignal, Permissions, Rules};

/// A conference's id as it stands in its URL: at least 80 random bits in lower-case base 32.
pub type ConferenceId = String;

/// A participant's id within his conference: 80 random bits in lower-case base 32.
pub type ParticipantId = String;

/// What a participant may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do all, decides what the others may, and can query everyone's addresses; the creator is the first.
    Moderator,
    /// May send sound and pictures.
    Speaker,
    /// Receives only.
    Listener,
}

/// Where a client stands, by comparing what it declares with where its traffic comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A declared address is the one its traffic comes from.
    Public,
    /// Its traffic comes from an address that it did not declare: there is a NAT between.
    Private,
    /// Not known yet, or the browser hides its host addresses.
    Unknown,
}

/// Which of a publisher's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The camera.
    Camera,
    /// A shared screen.
    Screen,
}

/// How a picture reaches its subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// From browser to browser.
    Direct,
    /// Through exactly one other participant.
    Peer,
    /// Through the server, into a slot of the subscriber's leg.
    Server,
    /// Not at all: nothing is published or nothing is wanted.
    None,
}

/// What a participant sends at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Publishing {
    /// Sound from a microphone that is not muted.
    pub microphone: bool,
    /// A camera picture.
    pub camera: bool,
    /// A screen picture.
    pub screen: bool,
}

/// A picture that a subscriber wants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Whose picture.
    pub publisher: ParticipantId,
    /// Which of his.
    pub source: Source,
}

/// How large a subscriber shows a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Whose picture.
    pub publisher: ParticipantId,
    /// Which of his.
    pub source: Source,
    /// In pixels of the device; 0: as wide as it comes.
    pub width: u32,
    /// The same downward.
    pub height: u32,
}

/// How loudly a listener hears somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Loudness {
    /// Whom.
    pub participant: ParticipantId,
    /// From 0, not at all, over 1, as he is, to 2.
    #[ts(type = "number")]
    pub gain: Gain,
}

/// A gain between 0 and 2, in hundredths: finer wishes would keep people from sharing a mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Gain(u8);

impl Gain {
    /// In hundredths.
    #[must_use]
    pub fn hundredths(self) -> u8 {
        self.0
    }
}

impl TryFrom<f64> for Gain {
    type Error = GainError;

    fn try_from(gain: f64) -> Result<Self, GainError> {
        if (0.0..=2.0).contains(&gain) {
            Ok(Self((gain * 100.0).round() as u8))
        } else {
            Err(GainError(gain))
        }
    }
}

impl From<Gain> for f64 {
    fn from(gain: Gain) -> Self {
        Self::from(gain.0) / 100.0
    }
}

/// A number that is no gain.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a gain is between 0 and 2; this one is {0}")]
pub struct GainError(f64);

/// What a participant wishes of his network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// Whether he passes pictures on to those who cannot reach their publishers.
    pub relays: bool,
    /// Whether nobody but the server may learn his address: then all his pictures go through it, both ways.
    pub hides_address: bool,
    /// How many pictures he can send to others at once, his own and those he passes on; `None`: any number.
    pub uplink: Option<u32>,
}

/// Why a picture goes by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The two are connected.
    Connected,
    /// A connection is being tried.
    Trying,
    /// The policy connects only pairs of which one is public.
    BothPrivate,
    /// The two have tried and could not connect, or their connection broke.
    NotConnected,
    /// There is a way without the server, but whoever would send has no uplink left.
    UplinkSpent,
    /// The one who passed it on left or failed, and there is no other yet.
    RelayLost,
    /// The two cannot connect, and there is nobody whom both can reach and who passes pictures on.
    NoCommonWay,
    /// One of the two hides his address.
    HidesAddress,
}

/// What two browsers tell each other about their pair connection; the service passes it on unread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PairSignal {
    /// I am here and wait for your offer: of the two, the one with the lower number offers.
    Call {},
    /// An offer or an answer.
    Description {
        /// `offer`, `answer`, `pranswer` or `rollback`.
        description_type: String,
        /// The session description (RFC 8866).
        sdp: String,
    },
    /// A trickled candidate (RFC 8838).
    Candidate {
        /// The candidate attribute's value; empty: no more will come.
        candidate: String,
        /// The m-line's mid.
        mid: Option<String>,
        /// The m-line's index.
        mline_index: Option<u32>,
    },
    /// I pass your picture on: send me no more than the way from here can carry.
    Limit {
        /// Which of your pictures.
        source: Source,
        /// In bits a second; absent: as much as you like.
        bits_per_second: Option<u32>,
    },
    /// When what I send on this connection was captured. It holds from `rtp_time` until the next of the same source.
    Captures {
        /// Which picture.
        source: Source,
        /// A timestamp in the picture's packets, at 90 kHz.
        rtp_time: u32,
        /// When its publisher captured what has it: milliseconds since 1970 by his own clock, the one of his sender reports.
        captured_ms: f64,
    },
    /// About the connection on which one of us sends the other a file. It has nothing to do with the pair connection.
    File {
        /// Which.
        file: u32,
        /// The connection's number, counted by whoever wants the file: an answer names its offer's.
        attempt: u32,
        /// What.
        signal: FileSignal,
    },
}

/// Which pairs of browsers connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// All try; those who cannot see each other through somebody whom both reach, else through the server.
    Adaptive,
    /// Those of whom one is public; two private ones see each other through one public participant.
    Claimed,
}

/// How everyone gets the others' sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SoundMode {
    /// As one mix of all but himself.
    #[default]
    Mix,
    /// As the talkers' own packets, each talker's on an m-line of his own.
    Relay,
}

/// What everyone in a conference may know of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConferenceInfo {
    /// The id in its URL.
    pub id: ConferenceId,
    /// The title its creator gave; may be empty.
    pub title: String,
    /// How many may be in it at once.
    pub max_participants: u32,
    /// When it begins, in seconds since 1970; absent: at its creation.
    #[ts(type = "number | null")]
    pub starts_at: Option<u64>,
    /// What holds for all.
    pub rules: Rules,
}

/// What everyone in a conference may know of a participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ParticipantInfo {
    /// His id.
    pub id: ParticipantId,
    /// His number in the mix: the CSRC of his sound (RFC 3550 section 5.1).
    pub number: u32,
    /// The name he chose.
    pub name: String,
    /// What he may do.
    pub role: Role,
    /// Where he stands.
    pub class: Class,
    /// What he sends.
    pub publishing: Publishing,
    /// What he may do, in his role.
    pub permissions: Permissions,
    /// His hand is up: of two, the lower number was first.
    pub hand: Option<u32>,
    /// His socket is gone; he may come back.
    pub away: bool,
}
