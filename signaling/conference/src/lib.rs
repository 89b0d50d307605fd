//! The rules of a conference, as a machine: it is told what happened and says what to do.
//!
//! `handle` an [`Event`], then `poll` [`Effect`]s until there is none; `handle` an [`Event::Tick`] at `deadline`. It
//! knows neither sockets nor pipelines nor the words on the wire; of the other rooms it knows the planner only.

mod conference;
mod effect;
mod event;
mod member;

pub use conference::{Conference, Settings};
pub use effect::{Effect, EndReason, LeaveReason, Notice, Participant, PathOf, Refusal};
pub use event::{Event, Network, ParticipantId, PictureOf, Publishing, Role, SoundMode, Wishes};
