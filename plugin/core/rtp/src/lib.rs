//! RTP packets as bytes and numbers: headers, extended counters, and the rewriting of a stream into a slot.
//!
//! Nothing here sends, receives or keeps a packet.

mod extend;
mod level;
mod packet;
mod slot;

pub use extend::{Counter, Extender};
pub use level::Level;
pub use packet::{Header, Packet, RtpError};
pub use slot::{DropReason, Rewritten, SlotRewriter};
