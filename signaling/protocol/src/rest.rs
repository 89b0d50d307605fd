//! Bodies of the REST API.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ConferenceId, ErrorCode, ParticipantId, Path, Role, SoundMode, Source, StandingRecord,
    Topology, Why,
};

/// `POST /api/v1/conferences`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CreateConference {
    /// At most 120 characters; may be empty.
    #[serde(default)]
    pub title: String,
    /// How many may be in it at once, 2 to 500; the service's default when absent.
    #[serde(default)]
    pub max_participants: Option<u32>,
    /// Whether the public list shows it.
    #[serde(default)]
    pub listed: bool,
    /// Who connects to whom; the service's default when absent.
    #[serde(default)]
    pub topology: Option<Topology>,
    /// How everyone gets the others' sound to begin with; a moderator may change it. A mix when absent.
    #[serde(default)]
    pub sound: SoundMode,
    /// Whether whoever is no moderator waits to be let in.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub lobby: bool,
    /// When it begins, in seconds since 1970, at most a year ahead; at once when absent.
    #[serde(default)]
    #[ts(optional, type = "number")]
    pub starts_at: Option<u64>,
}

/// The answer to [`CreateConference`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConferenceCreated {
    /// The new conference's id.
    pub id: ConferenceId,
    /// Where people join.
    pub url: String,
    /// Makes its bearer a moderator. Pages carry it in the URL's fragment.
    pub moderator_token: String,
}

/// A row of `GET /api/v1/conferences`, and the answer to `GET /api/v1/conferences/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConferenceSummary {
    /// Its id.
    pub id: ConferenceId,
    /// Its title.
    pub title: String,
    /// How many may be in it at once.
    pub max_participants: u32,
    /// How many are in it.
    pub participants: u32,
    /// Whether the public list shows it.
    pub listed: bool,
    /// When it was created, in seconds since 1970.
    #[ts(type = "number")]
    pub created_at: u64,
    /// When it begins, in seconds since 1970; absent: at its creation.
    #[ts(type = "number | null")]
    pub starts_at: Option<u64>,
}

/// Where an address was learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AddressOrigin {
    /// The WebSocket came from it.
    Socket,
    /// The client declared it in a candidate of type host.
    Host,
    /// The client declared it in a candidate of type srflx.
    Srflx,
    /// The client declared it in a candidate of another type.
    Other,
    /// A valid connectivity check came from it.
    Checked,
    /// Sound and pictures come from it.
    Observed,
}

/// Of what an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AddressProtocol {
    /// Datagrams.
    Udp,
    /// A connection.
    Tcp,
}

/// One address of a participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AddressRecord {
    /// Counts all addresses in the order in which they were learnt.
    #[ts(type = "number")]
    pub sequence: u64,
    /// Where it was learnt.
    pub origin: AddressOrigin,
    /// Of what it is.
    pub protocol: AddressProtocol,
    /// The IP address, or the `.local` name that hides it.
    pub address: String,
    /// The port.
    pub port: u16,
    /// When it was learnt, in seconds since 1970.
    #[ts(type = "number")]
    pub at: u64,
}

/// A row of `GET /api/v1/conferences/{id}/participants`, for moderators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ParticipantRecord {
    /// His id.
    pub id: ParticipantId,
    /// His name.
    pub name: String,
    /// What he may do.
    pub role: Role,
    /// Where he stands.
    #[serde(flatten)]
    pub standing: StandingRecord,
    /// Whether nobody but the service may learn his address.
    pub hides_address: bool,
    /// When he came, in seconds since 1970.
    #[ts(type = "number")]
    pub joined_at: u64,
    /// When he left, in seconds since 1970; absent while he is in.
    #[ts(type = "number | null")]
    pub left_at: Option<u64>,
    /// Every address known of him, in the order in which they were learnt.
    pub addresses: Vec<AddressRecord>,
}

/// A row of `GET /api/v1/conferences/{id}/paths`, for moderators: how somebody gets a picture now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PathRecord {
    /// Who sees it.
    pub subscriber: ParticipantId,
    /// Whose picture.
    pub publisher: ParticipantId,
    /// Which of his.
    pub source: Source,
    /// By which path.
    pub path: Path,
    /// Who passes it on, when the path is `peer`.
    pub relay: Option<ParticipantId>,
    /// Why this path.
    pub why: Option<Why>,
}

/// `GET /api/v1/embedding`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Embedding {
    /// The sites that may show the page in a frame and speak with it.
    pub origins: Vec<String>,
}

/// `POST /api/v1/conferences/{id}/tokens`, for moderators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// The role its bearer will have.
    pub role: Role,
    /// How long it holds, in seconds: at most 30 days.
    #[ts(type = "number")]
    pub valid_seconds: u64,
}

/// The answer to [`TokenRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TokenIssued {
    /// The token.
    pub token: String,
    /// When it expires, in seconds since 1970.
    #[ts(type = "number")]
    pub expires_at: u64,
}

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ApiError {
    /// What kind.
    pub code: ErrorCode,
    /// A sentence with the cause.
    pub message: String,
}
