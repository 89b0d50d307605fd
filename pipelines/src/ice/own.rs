//! The process's own agent: all legs on one port.

use gstconvene::ice::{IceEventKind, IceSocket, IceSocketConfig, IceStats};

use super::{Carried, IceError, IceNews, IceTransport, Tell};

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
    pub fn bind(config: &IceSocketConfig) -> Result<Self, IceError> {
        let port = config.port;
        let socket = IceSocket::bind(config).map_err(|cause| IceError::Bind { port, cause })?;
        Ok(Self { socket })
    }

    /// The UDP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.socket.port()
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
        self.socket.describe(description)
    }

    /// All stand in the description.
    fn announce(&self, _: &str) -> Option<String> {
        None
    }
}

/// That consent has expired follows 15 s after the silence, of which a leg's owner has been told.
fn news(kind: IceEventKind) -> Option<IceNews> {
    match kind {
        IceEventKind::Checked { remote, local } => Some(IceNews::Checked(remote, local.ip())),
        IceEventKind::Selected { remote, local } => Some(IceNews::Selected(remote, local.ip())),
        IceEventKind::Silent => Some(IceNews::Silent),
        IceEventKind::Heard => Some(IceNews::Heard),
        IceEventKind::Lost => None,
    }
}
