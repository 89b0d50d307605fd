//! When what people hear and see was captured, and how far apart their pages show the two.

use std::collections::HashSet;

use convene_conference::ParticipantId;
use convene_protocol::{Capture, ServerMessage, Skew};

use super::Room;

impl Room {
    /// Tells a page when what it gets was captured. Whose browser has not said when it captures anything is left out.
    pub(super) fn mention_captures(
        &self,
        to: &ParticipantId,
        captures: Vec<convene_pipelines::Capture>,
    ) {
        let captures = captures.into_iter();
        let captures: Vec<_> = captures.filter_map(|capture| self.dated(capture)).collect();
        if !captures.is_empty() {
            self.mention(to, ServerMessage::Captures { captures });
        }
    }

    fn dated(&self, capture: convene_pipelines::Capture) -> Option<Capture> {
        let convene_pipelines::Capture {
            participant,
            mid,
            rtp_time,
            source_ssrc,
            source_rtp_time,
        } = capture;
        let whose = ParticipantId(participant);
        let leg = self.seats.get(&whose)?.leg.as_ref()?;
        Some(Capture {
            captured_ms: leg.captured_at(source_ssrc, source_rtp_time)?,
            participant: whose.0,
            mid,
            rtp_time,
        })
    }

    /// Counts what a page has measured of those who are there, each once.
    pub(super) fn count_skews(&self, from: &ParticipantId, skews: Vec<Skew>) {
        let mut counted = HashSet::new();
        for skew in skews {
            let whose = ParticipantId(skew.participant);
            let there = self.seats.get(&whose).is_some_and(|seat| seat.welcomed);
            if there && whose != *from && counted.insert(whose) {
                self.shared
                    .meters
                    .skews
                    .count(skew.path, skew.skew_ms.get());
            }
        }
    }
}
