//! The process's own agent: all legs on one port.

use std::net::IpAddr;

use gstconvene::ice::{IceEventKind, IceSocket, IceSocketConfig, IceStats, ice_lite};

use super::{Carried, IceError, IceNews, IceTransport, Tell};

/// How the port is to be bound.
#[derive(Clone, Debug, Default)]
pub struct OwnIceConfig {
    /// The UDP port; 0: one that is free.
    pub port: u16,
    /// The TCP port, for networks that block UDP; `Some(0)`: the same number as the UDP port.
    pub tcp_port: Option<u16>,
    /// The address that stands before this host's own where a NAT maps it one to one.
    pub external_address: Option<IpAddr>,
}

/// One port for all legs. Clones share it.
#[derive(Clone)]
pub struct OwnIce {
    socket: IceSocket,
}

impl OwnIce {
    /// Binds the port.
    ///
    /// # Errors
    /// [`IceError::Bind`] when it cannot be had.
    pub fn bind(config: OwnIceConfig) -> Result<Self, IceError> {
        let port = config.port;
        let config = IceSocketConfig {
            port,
            tcp_port: config.tcp_port,
            external_address: config.external_address,
        };
        let socket = IceSocket::bind(&config).map_err(|cause| IceError::Bind { port, cause })?;
        Ok(Self { socket })
    }

    /// The UDP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.socket.port()
    }

    /// The TCP port, if there is one.
    #[must_use]
    pub fn tcp_port(&self) -> Option<u16> {
        self.socket.tcp_port()
    }

    /// What was counted.
    #[must_use]
    pub fn stats(&self) -> IceStats {
        self.socket.stats()
    }
}

impl IceTransport for OwnIce {
    fn webrtcbin(&self, tell: Tell) -> Result<Carried, IceError> {
        let (webrtcbin, agent) = self.socket.webrtcbin(move |event| {
            if let Some(news) = news(event.kind) {
                tell(news);
            }
        })?;
        Ok(Carried {
            webrtcbin,
            agent: Some(agent),
        })
    }

    fn describe(&self, description: &str) -> String {
        ice_lite(description)
    }

    /// Our candidates are what the socket tells already.
    fn announce(&self, candidate: &str) -> Option<String> {
        Some(candidate.to_owned())
    }
}

/// That consent has expired follows 15 s after the silence, of which a leg's owner has been told.
fn news(kind: IceEventKind) -> Option<IceNews> {
    match kind {
        IceEventKind::Checked { remote, .. } => Some(IceNews::Checked(remote)),
        IceEventKind::Selected { remote, .. } => Some(IceNews::Selected(remote)),
        IceEventKind::Silent => Some(IceNews::Silent),
        IceEventKind::Heard => Some(IceNews::Heard),
        IceEventKind::Lost => None,
    }
}
