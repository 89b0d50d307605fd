//! What all legs of the service have in common.

use std::{net::IpAddr, sync::Arc};

use convene_conference::ParticipantId;
use convene_pipelines::{
    IceError, IceSocketConfig, IceStats, IceTransport, LegConfig, OwnIce, StockIce,
};

use crate::config::Ports;

/// M-lines for relayed talkers: none, for the service mixes, and each costs a join as much as a picture's.
pub const AUDIO_SLOTS: usize = 0;

/// M-lines for pictures by the server path.
pub const VIDEO_SLOTS: usize = 12;

/// Makes configurations of legs.
#[derive(Clone)]
pub struct LegKind {
    ice: Arc<dyn IceTransport>,
    /// The same, when it is the process's own.
    own: Option<OwnIce>,
}

impl LegKind {
    /// Legs with this agent, on these ports.
    ///
    /// # Errors
    /// [`IceError::Bind`] when the one port of the own agent cannot be had.
    pub fn new(ports: &Ports, external_address: Option<IpAddr>) -> Result<Self, IceError> {
        Ok(match ports {
            Ports::Own { udp, tcp } => {
                let own = OwnIce::bind(&IceSocketConfig {
                    port: *udp,
                    tcp_port: *tcp,
                    external_address,
                })?;
                Self {
                    ice: Arc::new(own.clone()),
                    own: Some(own),
                }
            }
            Ports::Nice(ports) => Self {
                ice: Arc::new(StockIce {
                    ports: ports.clone(),
                    external_address,
                }),
                own: None,
            },
        })
    }

    /// Where a browser can ask for its address (RFC 8489), when it reaches the service at `host`.
    #[must_use]
    pub fn stun_url(&self, host: &str) -> Option<String> {
        let port = self.own.as_ref()?.port();
        Some(format!("stun:{host}:{port}"))
    }

    /// What the own agent has counted.
    #[must_use]
    pub fn ice_stats(&self) -> Option<IceStats> {
        self.own.as_ref().map(OwnIce::stats)
    }

    /// One for this participant of this conference.
    #[must_use]
    pub fn config(
        &self,
        conference: &str,
        participant: &ParticipantId,
        number: u32,
        may_send: bool,
    ) -> LegConfig {
        LegConfig {
            conference: conference.to_owned(),
            participant: participant.0.clone(),
            number,
            may_send,
            audio_slots: AUDIO_SLOTS,
            video_slots: VIDEO_SLOTS,
            ice: Arc::clone(&self.ice),
        }
    }
}
