//! How many bits per second a path carries, as far as packets tell that have taken it: a delay that grows says that a
//! queue fills up, a loss that it is full (draft-ietf-rmcat-gcc-02).
//!
//! [`Slots`] judges the way to a subscriber by his transport-wide feedback, [`Uplink`] the way from a publisher by the
//! packets that arrive; [`Pacer`] says when packets leave for somebody whose way is known. None of them sends anything,
//! asks a clock or knows what the packets carry; nothing here probes: an estimate grows only as far as traffic has shown
//! that it may.

mod groups;
mod loss;
mod pacer;
mod path;
mod rate;
#[cfg(test)]
mod simulation;
mod slots;
mod standing;
#[cfg(test)]
mod tests;
mod throughput;
mod trend;
mod uplink;

pub use pacer::Pacer;
pub use slots::{Report, Slots};
pub use uplink::{Arrival, SendTime, Uplink};
