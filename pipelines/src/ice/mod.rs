//! The transport under a leg, behind one small trait: the process's own ICE agent, or webrtcbin's.

mod own;
mod stock;

use std::net::IpAddr;

use gstconvene::ice::{IceAgent, Remote};
use thiserror::Error;

pub use own::OwnIce;
pub use stock::StockIce;

/// Why the transport of a leg cannot be set up.
#[derive(Debug, Error)]
pub enum IceError {
    /// webrtcbin's agent is not the one we know.
    #[error(
        "webrtcbin has no ICE agent with a property `{0}`: gstreamer1.0-nice is missing or too new"
    )]
    UnknownAgent(&'static str),
    /// There is no webrtcbin.
    #[error("there is no webrtcbin: {0}")]
    NoWebrtcbin(#[from] glib::BoolError),
    /// The port of the process's own agent cannot be had.
    #[error("UDP or TCP port {port} cannot be had: {cause}")]
    Bind {
        /// Which.
        port: u16,
        /// The system's words.
        cause: std::io::Error,
    },
}

/// What a transport has to tell a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IceNews {
    /// The first valid check from this address, which came to that one of ours.
    Checked(Remote, IpAddr),
    /// Packets go to and come from this address now, and that one of ours.
    Selected(Remote, IpAddr),
    /// The same, and webrtcbin's statistics know which.
    PairChanged,
    /// No valid check for 15 s: the browser has gone, or its network.
    Silent,
    /// A valid check after [`Silent`](Self::Silent).
    Heard,
}

/// Takes what a transport tells. That never blocks.
pub type Tell = Box<dyn Fn(IceNews) + Send + Sync>;

/// A webrtcbin with its transport.
pub struct Carried {
    /// Not yet negotiated.
    pub webrtcbin: gst::Element,
    /// Its agent, when it is the process's own.
    pub agent: Option<IceAgent>,
}

/// What carries a leg's packets.
pub trait IceTransport: Send + Sync {
    /// A webrtcbin for a new leg, which is told through `tell` what happens to its packets' way.
    ///
    /// # Errors
    /// [`IceError`] when there is none, or its agent is not one that this transport knows.
    fn webrtcbin(&self, tell: Tell) -> Result<Carried, IceError>;

    /// A description of ours as the browser has to see it.
    fn describe(&self, description: &str) -> String;

    /// What to tell the browser of one of our candidates; `None` when it must not know it.
    fn announce(&self, candidate: &str) -> Option<String>;
}
