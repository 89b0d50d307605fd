//! Which mix each listener gets, so that he never hears that it changes.
//!
//! Who begins to talk leaves a shared mix for one of his own that begins as a copy of it, encoder and all: his decoder
//! cannot tell. Who stops keeps his own until the shared one is his own's equal, in a silence of both; or until the wait
//! costs too much, and then he crosses with a packet that needs no packets before it, where it is quiet if it is ever quiet.

use std::collections::BTreeMap;

use super::{Member, Mode, Number, Output, Room, serving::Listeners};
use crate::{
    CodecError, Loudness,
    mix::{Mix, MixKey, Part},
};

/// Frames after which one crosses in a quiet frame: 1 s.
const LINGER: u32 = 50;

/// Frames after which one crosses anyway: 4 s.
const LONGEST_LINGER: u32 = 200;

/// Nobody who is louder than this, in dB below overload, is in a quiet frame.
const QUIET: u8 = 50;

/// One who has a mix of his own and does not talk.
struct Lingering {
    number: Number,
    output: Output,
    frames: u32,
}

impl Room {
    /// Who hears which mix in which form in this frame. Mixes that nobody has heard before begin here, as copies of what
    /// their listener heard before.
    ///
    /// # Errors
    /// libopus's.
    pub(super) fn assign(
        &mut self,
        parts: &BTreeMap<Number, Box<Part>>,
    ) -> Result<BTreeMap<MixKey, Listeners>, CodecError> {
        let mut listeners = BTreeMap::new();
        let (mut changes, mut lingering) = (Vec::new(), Vec::new());
        for (number, member) in &mut self.members {
            let Some(output) = member.mix_output() else {
                member.hears = None;
                continue;
            };
            let Some(key) = member.next_mix(*number, parts.contains_key(number)) else {
                member.lingers += 1;
                lingering.push(Lingering {
                    number: *number,
                    output,
                    frames: member.lingers,
                });
                continue;
            };
            member.lingers = 0;
            let before = member.hears.replace(key);
            if before != Some(key) {
                changes.push((before, key));
            }
            listen(&mut listeners, key, output, *number);
        }
        self.enter(&changes)?;
        self.let_cross(parts, lingering, &mut listeners)?;
        Ok(listeners)
    }

    /// Begins the mixes that are new, and makes the others ready for who has not heard them.
    fn enter(&mut self, changes: &[(Option<MixKey>, MixKey)]) -> Result<(), CodecError> {
        for (before, key) in changes {
            if let Some(mix) = self.mixes.get_mut(key) {
                mix.refresh()?;
            } else if let Some(mix) = before.and_then(|before| self.mixes.get(&before)) {
                self.mixes.insert(*key, mix.clone());
            }
        }
        Ok(())
    }

    /// Decides about the lingering, about those first who have lingered longest.
    fn let_cross(
        &mut self,
        parts: &BTreeMap<Number, Box<Part>>,
        mut lingering: Vec<Lingering>,
        listeners: &mut BTreeMap<MixKey, Listeners>,
    ) -> Result<(), CodecError> {
        let is_quiet = |number| !self.members[number].loudness.reaches(QUIET);
        let quiet = !lingering.is_empty() && parts.keys().all(is_quiet);
        lingering.sort_by_key(|one| std::cmp::Reverse(one.frames));
        let mut too_many = lingering.len().saturating_sub(self.max_talkers);
        for one in lingering {
            let (own, group) = (MixKey::Apart(one.number), self.members[&one.number].group);
            let key = if !listeners.contains_key(&group) {
                self.take_along(own, group)
            } else if too_many > 0 || self.may_cross(&one, own, group, quiet) {
                too_many = too_many.saturating_sub(1);
                self.enter(&[(None, group)])?;
                group
            } else {
                own
            };
            if let Some(member) = self.members.get_mut(&one.number) {
                member.hears = Some(key);
            }
            listen(listeners, key, one.output, one.number);
        }
        Ok(())
    }

    /// Nobody hears the shared mix: it goes on as this one.
    fn take_along(&mut self, own: MixKey, group: MixKey) -> MixKey {
        if let Some(mix) = self.mixes.remove(&own) {
            self.mixes.insert(group, mix);
        }
        group
    }

    fn may_cross(&self, one: &Lingering, own: MixKey, group: MixKey, quiet: bool) -> bool {
        let dormant = |key| self.mixes.get(&key).is_none_or(Mix::is_dormant);
        (dormant(group) && dormant(own))
            || (quiet && one.frames >= LINGER && self.was_quiet(group))
            || one.frames >= LONGEST_LINGER
    }

    /// Codecs are late: what was before sounds into the next frame.
    fn was_quiet(&self, group: MixKey) -> bool {
        let last = self.mixes.get(&group).and_then(Mix::last);
        last.is_none_or(|frame| !Loudness::of(frame).reaches(QUIET))
    }
}

fn listen(
    listeners: &mut BTreeMap<MixKey, Listeners>,
    key: MixKey,
    output: Output,
    number: Number,
) {
    let outputs = listeners.entry(key).or_default();
    outputs.entry(output).or_default().push(number);
}

impl Member {
    /// `None` where that has to be decided.
    fn next_mix(&self, own: Number, talks: bool) -> Option<MixKey> {
        let apart = MixKey::Apart(own);
        match self.group {
            _ if self.mode == Mode::Relay => Some(MixKey::Silence),
            MixKey::Silence => Some(MixKey::Silence),
            _ if talks => Some(apart),
            _ if self.hears == Some(apart) => None,
            group => Some(group),
        }
    }
}
