//! RTP packets (RFC 3550): reading and writing headers, header extensions (RFC 8285), audio levels (RFC 6464, RFC 6465), capture times,
//! counters that wrap, the rewriting that puts changing sources into one slot, the gate that spares silent people's
//! packets their decryption, and the correction of the receiver reports that this gate would make untrue.
//!
//! Nothing here knows a socket, a clock or a codec's payload, and no bytes, however malformed, cause a panic.

mod capture_time;
mod csrc_levels;
mod extender;
mod extension;
mod header;
mod level;
mod packet;
mod reports;
mod silence;
mod slot;

pub use capture_time::CaptureTime;
pub use csrc_levels::CsrcLevels;
pub use extender::{Counter, Extender};
pub use extension::Extensions;
pub use header::Header;
pub use level::Level;
pub use packet::{Packet, RtpError};
pub use reports::{ReportCorrector, Reported, SenderReport, reported, sender_reports};
pub use silence::{RuleError, SilenceGate, SilenceRule, Verdict};
pub use slot::{DropReason, Rewritten, SlotRewriter, WINDOW};
