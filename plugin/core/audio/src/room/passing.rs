//! Relay mode: a talker's packets to everyone who takes them as they are.

use std::{sync::Arc, time::Duration};

use super::{Arrival, Delivery, Mode, Number, Room, Sound, TalkerLevel};
use crate::{playout::samples_of, relay::Passing};

impl Room {
    pub(super) fn pass_on_waiting(&mut self, now: Duration, talker: Number) {
        let waiting = self.members[&talker].source.waiting();
        for packet in waiting {
            self.pass_on(now, talker, &packet);
        }
    }

    /// Passes a talker's packet on to everyone in relay mode.
    pub(super) fn pass_on(&mut self, now: Duration, talker: Number, arrival: &Arrival) {
        let passing = Passing {
            talker,
            sequence: arrival.sequence,
            timestamp: arrival.timestamp,
            now: samples_of(now),
        };
        let level = TalkerLevel {
            number: talker,
            loudness: self.loudness(talker),
        };
        let contributors: Arc<[_]> = Arc::new([level]);
        let payload: Arc<[u8]> = arrival.payload.as_slice().into();
        for (to, member) in &mut self.members {
            if *to == talker || member.settings.mode != Mode::Relay || member.settings.hearing.deaf
            {
                continue;
            }
            let placed = member
                .relay
                .pass(&passing, self.max_talkers, |n| self.floor.holds(n));
            let placed = match placed {
                Ok(placed) => placed,
                Err(reason) => {
                    self.totals.relayed.drop(reason);
                    continue;
                }
            };
            self.totals.relayed.passed += 1;
            self.relayed.push(Delivery {
                to: *to,
                media_time: u64::from(placed.timestamp),
                contributors: Arc::clone(&contributors),
                loudness: level.loudness,
                sound: Sound::Relayed {
                    slot: placed.slot,
                    sequence: placed.sequence,
                    payload: Arc::clone(&payload),
                },
            });
        }
    }
}
