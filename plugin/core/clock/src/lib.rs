//! Mappings between the clocks of a conference: foreign pipeline clocks, media time and the process's monotonic clock.
//!
//! Nothing here reads a clock; times come in as parameters.

mod bridge;

pub use bridge::Bridge;
