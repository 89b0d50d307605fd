//! What all legs of the service have in common.

use std::{net::IpAddr, ops::RangeInclusive, sync::Arc};

use convene_conference::ParticipantId;
use convene_pipelines::{IceTransport, LegConfig, StockIce};

/// M-lines for relayed talkers, as many as `conveneaudio` relays.
pub const AUDIO_SLOTS: usize = 4;

/// M-lines for pictures by the server path.
pub const VIDEO_SLOTS: usize = 12;

/// Makes configurations of legs.
#[derive(Clone)]
pub struct LegKind {
    ice: Arc<dyn IceTransport>,
}

impl LegKind {
    /// Legs with webrtcbin's own agent.
    #[must_use]
    pub fn stock(ports: RangeInclusive<u16>, external_address: Option<IpAddr>) -> Self {
        let ice = Arc::new(StockIce {
            ports,
            external_address,
        });
        Self { ice }
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
