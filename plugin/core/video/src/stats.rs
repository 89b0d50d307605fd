//! What came in, what went out, and how every other packet ended.

use std::collections::BTreeMap;

/// Why a packet was not forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DropReason {
    /// It is no RTP packet.
    Malformed,
    /// Nobody's slot shows the picture.
    Unwanted,
    /// The slot waits for the first packet of a key frame.
    AwaitingKeyFrame,
    /// The slot shows another layer of the picture.
    OtherLayer,
    /// Nothing says which layer of the picture it belongs to.
    UnknownLayer,
    /// The slot has sent it already.
    Duplicate,
    /// It comes too late for the slot.
    TooOld,
    /// It precedes the key frame that the slot began with.
    BeforeStart,
    /// Its number is far from the last one's, and no second packet has confirmed it.
    Jump,
}

impl DropReason {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Malformed,
        Self::Unwanted,
        Self::AwaitingKeyFrame,
        Self::OtherLayer,
        Self::UnknownLayer,
        Self::Duplicate,
        Self::TooOld,
        Self::BeforeStart,
        Self::Jump,
    ];

    /// Its name in statistics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unwanted => "unwanted",
            Self::AwaitingKeyFrame => "awaiting-key-frame",
            Self::OtherLayer => "other-layer",
            Self::UnknownLayer => "unknown-layer",
            Self::Duplicate => "duplicate",
            Self::TooOld => "too-old",
            Self::BeforeStart => "before-start",
            Self::Jump => "jump",
        }
    }
}

impl From<convene_rtp::DropReason> for DropReason {
    fn from(reason: convene_rtp::DropReason) -> Self {
        match reason {
            convene_rtp::DropReason::Duplicate => Self::Duplicate,
            convene_rtp::DropReason::TooOld => Self::TooOld,
            convene_rtp::DropReason::BeforeStart => Self::BeforeStart,
            convene_rtp::DropReason::Jump => Self::Jump,
        }
    }
}

/// Packets of one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Packets that came in, or that were forwarded.
    pub packets: u64,
    /// Their bytes, RTP headers included.
    pub bytes: u64,
    /// Packets that ended otherwise.
    pub drops: BTreeMap<DropReason, u64>,
}

impl Tally {
    pub(crate) fn count(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes as u64;
    }

    pub(crate) fn drop(&mut self, reason: DropReason) {
        *self.drops.entry(reason).or_default() += 1;
    }
}

/// What a participant sent into the switch, and what it sent into his slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Published by him.
    pub received: Tally,
    /// Forwarded to him.
    pub sent: Tally,
}
