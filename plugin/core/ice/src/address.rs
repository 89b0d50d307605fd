//! Where something comes from.

use std::{fmt, net::SocketAddr};

/// What a transport address is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A connection that the peer has opened (RFC 6544: ours is the passive side), framed as in RFC 4571.
    Tcp,
}

/// A peer's transport address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Remote {
    /// Of what.
    pub transport: Transport,
    /// Its address and port.
    pub address: SocketAddr,
}

impl Remote {
    /// An address that datagrams come from.
    #[must_use]
    pub fn udp(address: SocketAddr) -> Self {
        Self {
            transport: Transport::Udp,
            address,
        }
    }

    /// The other end of a connection.
    #[must_use]
    pub fn tcp(address: SocketAddr) -> Self {
        Self {
            transport: Transport::Tcp,
            address,
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        write!(f, "{transport} {}", self.address)
    }
}
