//! What becomes of a datagram.

use crate::StreamId;

/// What a datagram turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A DTLS record for this stream.
    Dtls(StreamId),
    /// SRTP or SRTCP for this stream.
    Media(StreamId),
    /// STUN, and dealt with here.
    Stun,
    /// Nobody's.
    Dropped(DropReason),
}

/// Why a datagram was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum DropReason {
    /// Nothing of what shares a port here (RFC 7983).
    UnknownKind,
    /// From an address where no stream's peer was verified.
    UnknownSender,
    /// STUN that is neither a check nor a plain request for an address.
    MalformedStun,
    /// STUN that asks nothing: an answer or an indication.
    NotAsked,
    /// A check for a stream that there is not.
    UnknownUfrag,
    /// A check without the right password.
    Unauthenticated,
    /// A check that came from elsewhere before.
    Replayed,
    /// A check from an address where another stream's peer is.
    AddressTaken,
    /// A check from one more new address than a peer may come from.
    TooManyPaths,
    /// More questions than are answered to one network.
    RateLimited,
}

impl DropReason {
    /// All, in the order of their counters.
    pub const ALL: [Self; 10] = [
        Self::UnknownKind,
        Self::UnknownSender,
        Self::MalformedStun,
        Self::NotAsked,
        Self::UnknownUfrag,
        Self::Unauthenticated,
        Self::Replayed,
        Self::AddressTaken,
        Self::TooManyPaths,
        Self::RateLimited,
    ];

    /// A name for counters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownKind => "unknown-kind",
            Self::UnknownSender => "unknown-sender",
            Self::MalformedStun => "malformed-stun",
            Self::NotAsked => "not-asked",
            Self::UnknownUfrag => "unknown-ufrag",
            Self::Unauthenticated => "unauthenticated",
            Self::Replayed => "replayed",
            Self::AddressTaken => "address-taken",
            Self::TooManyPaths => "too-many-paths",
            Self::RateLimited => "rate-limited",
        }
    }
}
