//! Where what a listener hears lies in the talkers' own streams: with it and the talkers' sender reports he knows when it
//! was captured (RFC 3550 section 6.4.1), and whatever else of theirs he sees can be shown with it.

use std::collections::BTreeMap;

use super::{Number, Output, Room, passing::ToSlot};
use crate::{FRAME, LOOKAHEAD, limiter::Limiter, mix::Part};

/// What has moved by less than this is not told: 2 ms.
const LEAST: u32 = 96;

/// Frames in which a move may be told once more, 240 ms, and how many moves may be told in a row after a rest: a queue that
/// follows much jitter changes many times a second, and what is told of it would have more octets than the sound.
const PAUSE: u64 = 12;
const IN_A_ROW: u64 = 4;

/// Frames after which it is told all the same: 2 s.
const EVERY: u64 = 100;

/// From where on in what somebody gets lies what of a talker's stream. It holds from there until the next of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Who hears him.
    pub to: Number,
    /// Who is heard.
    pub talker: Number,
    /// The listener's slot for him; `None`: in the mix.
    pub slot: Option<usize>,
    /// A timestamp in what the listener gets, as [`Delivery::media_time`](super::Delivery::media_time) counts it.
    pub media_time: u64,
    /// The talker's stream.
    pub ssrc: u32,
    /// What is heard when the listener's decoder, which delays nothing, comes there: the sample that went into the talker's
    /// encoder at this timestamp of his stream. The delays of both encoders and of the limiter are in it.
    pub rtp_time: u32,
}

/// What a listener was told last, by talker.
#[derive(Default)]
pub(super) struct Told(BTreeMap<Number, Last>);

struct Last {
    slot: Option<usize>,
    ssrc: u32,
    /// Talker's time minus listener's.
    offset: u32,
    frame: u64,
    /// Frames of rest that are left to be spent on moves.
    rest: u64,
}

impl Last {
    fn rest_at(&self, frame: u64) -> u64 {
        (self.rest + frame - self.frame).min(PAUSE * IN_A_ROW)
    }
}

impl Told {
    /// Whether it has to be told in this frame.
    fn is_due(&self, mapping: &Mapping, frame: u64) -> bool {
        self.0.get(&mapping.talker).is_none_or(|last| {
            let moved = mapping.offset().wrapping_sub(last.offset) as i32;
            (last.slot, last.ssrc) != (mapping.slot, mapping.ssrc)
                || (moved.unsigned_abs() >= LEAST && last.rest_at(frame) >= PAUSE)
                || frame >= last.frame + EVERY
        })
    }

    /// A talker has left.
    pub(super) fn forget(&mut self, talker: Number) {
        self.0.remove(&talker);
    }

    fn note(&mut self, mapping: &Mapping, frame: u64) {
        let &Mapping { slot, ssrc, .. } = mapping;
        let offset = mapping.offset();
        let before = self.0.get(&mapping.talker);
        let rest = before.map_or(PAUSE * IN_A_ROW, |last| last.rest_at(frame));
        let last = Last {
            slot,
            ssrc,
            offset,
            frame,
            rest: rest.saturating_sub(PAUSE),
        };
        self.0.insert(mapping.talker, last);
    }
}

impl Mapping {
    fn offset(&self) -> u32 {
        self.rtp_time.wrapping_sub(self.media_time as u32)
    }
}

impl Room {
    /// What has to be told of where listeners are in the talkers' streams, once.
    pub fn take_mappings(&mut self) -> Vec<Mapping> {
        std::mem::take(&mut self.mappings)
    }

    /// The talkers of this frame for all who hear a mix with them in it. When one is due, the others are told with him.
    pub(super) fn map_mixes(&mut self, parts: &BTreeMap<Number, Part>) {
        let place = |number: &Number| Some((*number, self.members[number].source.played()?));
        let places: Vec<_> = parts.keys().filter_map(place).collect();
        let begins = self.frames * FRAME as u64;
        for (number, member) in &mut self.members {
            let talks = |talker: &Number| parts.contains_key(talker);
            member
                .told
                .0
                .retain(|talker, last| last.slot.is_some() || talks(talker));
            let Some(output) = member.mix_output().filter(|_| member.hears_a_mix()) else {
                continue;
            };
            let heard = places
                .iter()
                .filter(|(talker, _)| talker != number && member.hears(*talker));
            let heard: Vec<_> = heard
                .map(|&(talker, (ssrc, timestamp))| Mapping {
                    to: *number,
                    talker,
                    slot: None,
                    media_time: begins + delay(output),
                    ssrc,
                    rtp_time: said(timestamp),
                })
                .collect();
            if heard
                .iter()
                .any(|mapping| member.told.is_due(mapping, self.frames))
            {
                heard
                    .iter()
                    .for_each(|mapping| member.told.note(mapping, self.frames));
                self.mappings.extend(heard);
            }
        }
    }

    /// A talker's packet with this timestamp has gone into a slot.
    pub(super) fn map_slot(&mut self, to: ToSlot, ssrc: u32, timestamp: u32) {
        let mapping = Mapping {
            to: to.listener,
            talker: to.talker,
            slot: Some(to.slot),
            media_time: u64::from(to.timestamp),
            ssrc,
            rtp_time: said(timestamp),
        };
        if let Some(member) = self.members.get_mut(&to.listener)
            && member.told.is_due(&mapping, self.frames)
        {
            member.told.note(&mapping, self.frames);
            self.mappings.push(mapping);
        }
    }
}

/// What a mix is late by when it is heard.
fn delay(output: Output) -> u64 {
    let encoder = match output {
        Output::Raw(_) => 0,
        Output::Opus(_) => LOOKAHEAD,
    };
    Limiter::DELAY as u64 + u64::from(encoder)
}

/// What a decoder says at this timestamp went into the talker's encoder so much earlier: browsers have libopus's, too.
fn said(timestamp: u32) -> u32 {
    timestamp.wrapping_sub(LOOKAHEAD.into())
}
