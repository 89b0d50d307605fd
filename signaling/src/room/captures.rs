//! How far apart pages show voices and pictures.

use std::collections::HashSet;

use convene_conference::ParticipantId;
use convene_protocol::Skew;

use super::Room;

impl Room {
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
