//! The rules of a conference, as a machine: it is told what happened and says what to do.
//!
//! `handle` an [`Event`], then `poll` [`Effect`]s until there is none; `handle` an [`Event::Tick`] at `deadline`. It
//! knows neither sockets nor pipelines nor the words on the wire; of the other rooms it knows the planner only.

mod action;
mod conference;
mod effect;
mod event;
mod member;
mod permission;

pub use action::Action;
pub use conference::{
    Ban, ChatMessage, Conference, FileCopy, FileOffer, MAX_TEXT, OfferedFile, Saved, Settings,
};
pub use effect::{
    Deed, Effect, EndReason, Kept, LeaveReason, Notice, Participant, PathOf, Refusal, Waiting,
    WaitsFor,
};
pub use event::{
    Event, Gain, Network, Newcomer, ParticipantId, PictureOf, Publishing, Role, SoundMode, Wishes,
};
pub use permission::{Permission, Permissions, Rules};
