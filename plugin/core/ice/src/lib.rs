//! ICE-lite (RFC 8445) for many data streams behind one port: tells for whom a datagram is, answers connectivity
//! checks, keeps a book of the addresses they come from, follows a peer who moves, and notices one who has gone.
//!
//! Pure: an [`Endpoint`] is told what arrived and what time it is, and says what to send and what happened. It knows
//! no socket and no clock, nothing of DTLS, SRTP or GStreamer. Checks are verified and answered by the crate `is`;
//! which of the verified addresses is used is decided here.
//!
//! # Who can be sent what
//! A check proves who has sent it, not from where: the source of a datagram can be forged. So the endpoint does one
//! thing that a lite agent need not do: before a stream goes on at another IP address, it sends a check there itself,
//! and goes on where it was until that is answered. (Chromium and Firefox answer at once, as every full agent does.
//! Another port of the same IP address and a TCP connection need no proof.) What is left to a participant who forges
//! his source:
//!
//! - For each forged check its victim gets an answer and at most four checks of ours, of some 100 octets each; a stream
//!   has to do with 32 new addresses at once, and then with two a second.
//! - The first path of a stream is taken without proof. The victim gets what a DTLS handshake begins with and its
//!   retransmissions, until 30 s after the last forged check; no media, as nobody ends the handshake who is not there.
//! - Media can be led to another port of an IP address where he himself was, such as a neighbour's behind the same NAT,
//!   and it goes on for 30 s after his last check to where he was last. Who forges checks from an address that he has
//!   had and has left prolongs that; checks of consent (RFC 7675) of our own would end it, and are not made.
//!
//! # Logs
//! `is` writes a warning for some attributes that no check has (MAPPED-ADDRESS, ALTERNATE-SERVER and the like), whoever
//! sends them: keep only errors of the target `is`.

mod address;
mod bucket;
mod candidates;
mod changes;
mod endpoint;
mod framing;
mod limiter;
mod paths;
mod presence;
mod probe;
mod replay;
mod session;
mod stream;
mod stun;
mod verdict;

pub use address::{Remote, Transport};
pub use candidates::{Candidate, candidates};
pub use endpoint::{Credentials, Endpoint, Event, EventKind, Output, StreamId, UfragTaken};
pub use framing::{Deframer, FRAME_HEADER, FrameTooLong, frame_header};
pub use limiter::network;
pub use probe::{Findings, ProbeOutput, Prober};
pub use verdict::{DropReason, Verdict};
