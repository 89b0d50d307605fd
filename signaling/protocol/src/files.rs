//! Files that participants send each other.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ParticipantId;

/// A file that somebody offers to all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FileInfo {
    /// Its number; the next one's is higher.
    pub id: u32,
    /// Whose.
    pub from: ParticipantId,
    /// His name.
    pub by: String,
    /// The file's name. Plain text; never to be taken for HTML, nor for a path.
    pub name: String,
    /// In octets.
    #[ts(type = "number")]
    pub size: u64,
    /// What he says that it is (RFC 6838); may be empty, and is not to be relied on.
    pub media_type: String,
    /// SHA-256 (FIPS 180-4) of all of it, as 64 hexadecimal digits. What has another is not this file.
    pub sha256: String,
    /// When it was offered, in milliseconds since 1970 by the service's clock.
    #[ts(type = "number")]
    pub at: u64,
    /// Whether the server has a copy.
    pub copy: FileCopy,
}

/// Whether the server has a copy of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FileCopy {
    /// It has none.
    None,
    /// Whoever offers it was asked for one.
    Coming,
    /// It has one.
    There,
}

/// What two browsers tell each other about the connection on which one sends the other a file: a data channel, made by
/// whoever wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FileSignal {
    /// An offer of whoever wants the file, or the answer.
    Description {
        /// `offer` or `answer`.
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
    /// I do not send it this way now.
    Refuse {},
}
