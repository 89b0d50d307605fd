//! A laboratory of NATs: who is where is data ([`Scene`]), and what is built from it are real network namespaces, real
//! kernel NATs, and lines with delay, loss and limits ([`Laboratory`]).
//!
//! Not here: what is to be seen in it. Programs are started in its hosts by whoever tests them.

mod address;
mod behaviour;
mod error;
mod forwarder;
mod impairment;
mod laboratory;
mod line;
mod namespace;
mod plan;
mod rights;
mod rules;
mod scene;
mod shaper;
mod tap;
mod tools;
mod wiring;

pub use address::{End, PortRange};
pub use behaviour::{Behaviour, Dependence};
pub use error::{LabError, SceneError};
pub use impairment::{Impairment, Loss};
pub use laboratory::{Laboratory, Traffic};
pub use line::Line;
pub use namespace::Namespace;
pub use plan::{Link, Plan, Router};
pub use rights::{Rights, rights};
pub use scene::{Cut, Directions, Nat, PUBLIC, Protocol, Scene, Segments};
pub use shaper::{Counts, DropReason, Fate, Shaper};
