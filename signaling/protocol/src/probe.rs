//! What page and service tell each other to find out where the page's browser stands.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the service wants of the page: throw-away connections that have nothing to do with the leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProbeWish {
    /// Make a connection with a data channel and `stun_urls`, take for its answer one with these credentials and no
    /// candidate, and tell your own.
    Begin {
        /// `a=ice-ufrag` of the service's side.
        ufrag: String,
        /// `a=ice-pwd` of the service's side.
        password: String,
    },
    /// Look whether this address is your own: connect with yourself by it.
    Mirror {
        /// An IP address that others see you at.
        address: String,
    },
    /// From where you were being asked: ask there yourself.
    Candidate {
        /// The candidate attribute's value.
        candidate: String,
    },
    /// Close the connection.
    End {},
}

/// What the page says of its throw-away connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProbeSignal {
    /// The connection is there, and takes checks.
    Offer {
        /// `a=ice-ufrag` of the page's side.
        ufrag: String,
        /// `a=ice-pwd` of the page's side.
        password: String,
    },
    /// A candidate of the connection.
    Candidate {
        /// The candidate attribute's value.
        candidate: String,
    },
    /// Whether an address is the browser's own.
    Mirror {
        /// Which.
        address: String,
        /// A connection with itself by this address left by a host candidate: nothing translates between.
        own: bool,
    },
}
