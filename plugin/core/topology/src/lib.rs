//! The planner: one path for every wanted picture, whoever can reach whom.
//!
//! Pure: it is told who is there, who wants what and what happened, and says what to do. It opens no connection and
//! reads no clock. Paths through a peer are part of its words; no policy chooses them yet.

mod backoff;
mod plan;
mod planner;

pub use plan::{Class, Number, PairReport, Path, Picture, Policy, Source, Step};
pub use planner::{Planner, Settings};
