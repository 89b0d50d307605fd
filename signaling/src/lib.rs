//! The signalling service: conferences over REST and WebSocket, the page, and one task per conference that owns its
//! legs.
//!
//! [`Service::start`] wires the rooms below and ends them in order. The rules of a conference are not here
//! (`convene-conference`), nor are pipelines (`convene-pipelines`) or the words on the wire (`convene-protocol`).

pub mod cli;
pub mod config;
pub mod doctor;

mod directory;
mod failure;
mod files;
mod ids;
mod leg;
mod limits;
mod listen;
mod metrics;
mod network;
mod origin;
mod outbox;
mod probe;
mod room;
mod routes;
mod service;
mod sockets;
mod standing;
mod store;
mod time;
mod tls;
mod tokens;
mod translate;

pub use network::{Cidr, NotACidr};
pub use origin::{NotAnOrigin, Origin};
pub use service::{Running, Service, StartError};
pub use tokens::Secret;

pub(crate) use service::House;
