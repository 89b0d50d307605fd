//! Mappings between the clocks of a conference: foreign pipeline clocks, senders' RTP and NTP time, and the process's
//! monotonic clock.
//!
//! Nothing here reads a clock; times come in as parameters.

mod bridge;
mod ntp;
mod sender;

pub use bridge::Bridge;
pub use ntp::NtpTime;
pub use sender::SenderClock;
