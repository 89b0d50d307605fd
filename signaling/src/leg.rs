//! What all legs of the service have in common.

use std::{net::IpAddr, sync::Arc};

use convene_conference::ParticipantId;
use convene_pipelines::{
    IceError, IceSocketConfig, IceStats, IceTransport, LegConfig, OwnIce, SoundMode, StockIce,
};
use convene_protocol::ConferenceInfo;

use crate::config::Ports;

/// M-lines for relayed talkers, at most: as many as `conveneaudio` lets talk at once.
const MOST_AUDIO_SLOTS: usize = 4;

/// M-lines for pictures by the server path, at most.
const MOST_VIDEO_SLOTS: usize = 12;

/// M-lines for relayed talkers in a conference of so many: one for each of the others. They are always there, since sound
/// may be relayed at any time and the server offers once.
#[must_use]
pub fn audio_slots(max_participants: u32) -> usize {
    others(max_participants).min(MOST_AUDIO_SLOTS)
}

/// M-lines for pictures by the server path in a conference of so many: a camera and a screen of everyone else, but not
/// without end, for browsers make something of each.
#[must_use]
pub fn video_slots(max_participants: u32) -> usize {
    let pictures = others(max_participants).saturating_mul(2);
    pictures.min(MOST_VIDEO_SLOTS)
}

fn others(max_participants: u32) -> usize {
    usize::try_from(max_participants.saturating_sub(1)).unwrap_or(usize::MAX)
}

/// Makes configurations of legs.
#[derive(Clone)]
pub struct LegKind {
    ice: Arc<dyn IceTransport>,
    /// The same, when it is the process's own.
    own: Option<OwnIce>,
    /// Milliseconds in a packet of the mix while one only listens in a large conference.
    listener_packet: u32,
}

impl LegKind {
    /// Legs with this agent, on these ports; who only listens in a large conference gets so many milliseconds at once.
    ///
    /// # Errors
    /// [`IceError::Bind`] when the one port of the own agent cannot be had.
    pub fn new(
        ports: &Ports,
        external_address: Option<IpAddr>,
        listener_packet: u32,
    ) -> Result<Self, IceError> {
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
                    listener_packet,
                }
            }
            Ports::Nice(ports) => Self {
                ice: Arc::new(StockIce {
                    ports: ports.clone(),
                    external_address,
                }),
                own: None,
                listener_packet,
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
        conference: &ConferenceInfo,
        participant: &ParticipantId,
        number: u32,
        heard: bool,
        sound: SoundMode,
    ) -> LegConfig {
        LegConfig {
            conference: conference.id.clone(),
            participant: participant.0.clone(),
            number,
            may_send: heard,
            audio_slots: audio_slots(conference.max_participants),
            sound,
            video_slots: video_slots(conference.max_participants),
            listener_packet: self.listener_packet,
            ice: Arc::clone(&self.ice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_conferences_have_few_slots() {
        let table = [
            (0, 0, 0),
            (2, 1, 2),
            (3, 2, 4),
            (7, 4, 12),
            (8, 4, 12),
            (u32::MAX, 4, 12),
        ];
        for (people, talkers, pictures) in table {
            let slots = (audio_slots(people), video_slots(people));
            assert_eq!(slots, (talkers, pictures), "{people} people");
        }
    }
}
