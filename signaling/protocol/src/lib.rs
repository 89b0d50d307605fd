//! The words on the wire: what the page says to the service over its WebSocket, what the service answers, and the bodies of the REST API.
//!
//! Only words are here. No rule of the conference is (`convene-conference` has them), no socket and no pipeline.
//! The page's TypeScript declarations, `web/protocol.d.ts`, are made from these types; a test fails when they are stale.

mod captures;
mod client;
mod common;
mod declarations;
mod files;
mod moderation;
mod probe;
mod rest;
mod server;
mod standing;

pub use captures::{Capture, Skew, SkewError, SkewMs};
pub use client::{ClientMessage, MAX_MESSAGE_BYTES, MessageError, PairState, parse_client};
pub use common::{
    Class, ConferenceId, ConferenceInfo, Gain, GainError, Loudness, PairSignal, ParticipantId,
    ParticipantInfo, Path, Picture, Publishing, Role, Shown, SoundMode, Source, Topology, Why,
    Wishes,
};
pub use declarations::declarations;
pub use files::{FileCopy, FileInfo, FileSignal};
pub use moderation::{
    Action, AuditEntry, Ban, ChatMessage, Permission, Permissions, Person, Rules, Waiting, WaitsFor,
};
pub use probe::{ProbeSignal, ProbeWish};
pub use rest::{
    AddressOrigin, AddressProtocol, AddressRecord, ApiError, ConferenceCreated, ConferenceSummary,
    CreateConference, Embedding, ParticipantRecord, PathRecord, TokenIssued, TokenRequest,
};
pub use server::{EndReason, ErrorCode, LeaveReason, ServerMessage, Talker};
pub use standing::{Evidence, Filtering, Mapping, Nat, Realm, StandingRecord};
