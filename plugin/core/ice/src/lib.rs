//! ICE-lite (RFC 8445) for many data streams behind one port: tells for whom a datagram is, answers connectivity
//! checks, keeps a book of the addresses they come from, follows a peer who moves, and notices one who has gone.
//!
//! Pure: an [`Endpoint`] is told what arrived and what time it is, and says what to send and what happened. It knows
//! no socket and no clock, nothing of DTLS, SRTP or GStreamer. Checks are verified and answered by the crate `is`;
//! which of the verified addresses is used is decided here.

mod address;
mod candidates;
mod endpoint;
mod framing;
mod limiter;
mod replay;
mod stream;
mod stun;

pub use address::{Remote, Transport};
pub use candidates::{Candidate, candidates};
pub use endpoint::{
    Credentials, DropReason, Endpoint, Event, EventKind, Output, StreamId, UfragTaken, Verdict,
};
pub use framing::{Deframer, FRAME_HEADER, FrameTooLong, frame_header};
