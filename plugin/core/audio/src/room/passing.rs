//! Relay mode: a talker's packets to everyone who takes them as they are.

use std::{sync::Arc, time::Duration};

use super::{Arrival, Delivery, Mode, Number, Room, Settings, Sound, TalkerLevel};
use crate::{FRAME, playout::samples_of, relay::Passing};

/// Frames of silence with which a mix ends before packets take its place, so that its decoder has nothing to go on with:
/// libopus says that nothing follows after 200 ms of it.
const TRAIL: u32 = 12;

/// Who gets a packet, if he takes any.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    Everyone,
    One(Number),
}

/// Where a talker's packet went.
pub(super) struct ToSlot {
    pub(super) listener: Number,
    pub(super) talker: Number,
    pub(super) slot: usize,
    /// What it has there.
    pub(super) timestamp: u32,
}

impl Room {
    /// Modes change with a frame, so that nothing is lost between the last frame of a mix and the first packet: what
    /// waits to be mixed is passed on. The other way there is more than enough, since packets go out before they are
    /// mixed: the mix begins with the last 20 to 60 ms again.
    pub(super) fn change_modes(&mut self, now: Duration) {
        let mut relayed = Vec::new();
        for (number, member) in &mut self.members {
            member.trail = member.trail.saturating_sub(1);
            if std::mem::replace(&mut member.mode, member.settings.mode) == member.mode {
                continue;
            }
            member.trail = 0;
            if member.mode == Mode::Relay {
                member.trail = TRAIL;
                relayed.push(*number);
            }
        }
        if relayed.is_empty() {
            return;
        }
        let talkers: Vec<_> = self.talkers().iter().map(|talker| talker.number).collect();
        for to in relayed {
            for talker in &talkers {
                self.pass_on_waiting(now, *talker, To::One(to));
            }
        }
    }

    pub(super) fn pass_on_waiting(&mut self, now: Duration, talker: Number, to: To) {
        let waiting = self.members[&talker].source.waiting();
        for packet in waiting {
            self.pass_on(now, talker, &packet, to);
        }
    }

    /// Passes a talker's packet on to those in relay mode.
    pub(super) fn pass_on(&mut self, now: Duration, talker: Number, arrival: &Arrival, to: To) {
        if self.members.values().all(|m| m.mode == Mode::Mix) {
            return;
        }
        let passing = Passing {
            talker,
            sequence: arrival.sequence,
            timestamp: arrival.timestamp,
            now: samples_of(now),
        };
        let level = TalkerLevel {
            number: talker,
            loudness: arrival.loudness.unwrap_or_else(|| self.loudness(talker)),
        };
        let contributors: Arc<[_]> = Arc::new([level]);
        let payload: Arc<[u8]> = arrival.payload.as_slice().into();
        let age = crate::samples_in(&payload).map_or(0, |span| span.saturating_sub(FRAME));
        let mut placed_in = Vec::new();
        for (number, member) in &mut self.members {
            let is_meant = to == To::Everyone || to == To::One(*number);
            if !is_meant || *number == talker || !member.takes_packets_of(talker) {
                continue;
            }
            let most = self.max_talkers.min(member.settings.slots);
            let talks = |number| self.floor.holds(number);
            let placed = match member.relay.pass(&passing, most, talks) {
                Ok(placed) => placed,
                Err(reason) => {
                    self.totals.relayed.drop(reason);
                    continue;
                }
            };
            self.totals.relayed.passed += 1;
            placed_in.push(ToSlot {
                listener: *number,
                talker,
                slot: placed.slot,
                timestamp: placed.timestamp,
            });
            self.relayed.push(Delivery {
                to: *number,
                media_time: u64::from(placed.timestamp),
                age,
                contributors: Arc::clone(&contributors),
                loudness: level.loudness,
                sound: Sound::Relayed {
                    slot: placed.slot,
                    sequence: placed.sequence,
                    payload: Arc::clone(&payload),
                },
            });
        }
        for to in placed_in {
            self.map_slot(to, arrival.ssrc, arrival.timestamp);
        }
    }
}

impl super::Member {
    fn takes_packets_of(&self, talker: Number) -> bool {
        self.mode == Mode::Relay && self.hears(talker)
    }

    /// Whether he wants to hear that talker.
    pub(super) fn hears(&self, talker: Number) -> bool {
        let Settings { hearing, .. } = &self.settings;
        !hearing.deaf && hearing.gains.get(&talker) != Some(&0.0)
    }
}
