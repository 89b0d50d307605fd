//! Which mix each listener gets, so that he never hears that it changes.
//!
//! Who begins to talk leaves a shared mix for one of his own that begins as a copy of it, encoder and all: his decoder
//! cannot tell. Who stops keeps his own until the shared one is his own's equal, in a silence of both; or until the wait
//! costs too much, and then he crosses with a packet that needs no packets before it, where it is quiet if it is ever quiet.
//!
//! Whose codec is set anew (his line begins to lose packets, say) goes on in a copy of his encoder with the new settings.
//! That copy is for all who want it; if there is one already, he comes to it as one does who has talked.

use std::collections::BTreeMap;

use super::{Member, Mode, Number, Output, Room, serving::Listeners};
use crate::{
    Codec, CodecError, Loudness,
    mix::{Mix, MixKey, Part},
};

/// Frames after which one crosses in a quiet frame: 1 s.
const LINGER: u32 = 50;

/// Frames after which one crosses anyway: 4 s.
const LONGEST_LINGER: u32 = 200;

/// Nobody who is louder than this, in dB below overload, is in a quiet frame.
const QUIET: u8 = 50;

/// Which mix somebody hears, and in which form.
pub(super) type Heard = (MixKey, Output);

/// One who hears another mix than in the last frame, or in another form.
struct Change {
    before: Option<Heard>,
    now: Heard,
}

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
        parts: &BTreeMap<Number, Part>,
    ) -> Result<BTreeMap<MixKey, Listeners>, CodecError> {
        let mut listeners = BTreeMap::new();
        let (mut changes, mut lingering) = (Vec::<Change>::new(), Vec::new());
        let widest = self.widest;
        for (number, member) in &mut self.members {
            let Some(output) = member.mix_output().map(|output| output.within(widest)) else {
                member.hears = None;
                continue;
            };
            let talks = parts.contains_key(number);
            if talks {
                member.talked = self.frames;
            }
            let leaves = talks || member.must_leave(output, &self.mixes, &changes);
            let next = member.next_mix(*number, leaves);
            member.lingers = next.map_or(member.lingers + 1, |_| 0);
            match next {
                Some(key) => listen(&mut listeners, key, output, *number),
                None => lingering.push(Lingering {
                    number: *number,
                    output,
                    frames: member.lingers,
                }),
            }
            let now = (next.unwrap_or(MixKey::Apart(*number)), output);
            let before = member.hears.replace(now);
            if before != Some(now) {
                changes.push(Change { before, now });
            }
        }
        for change in changes {
            self.enter(&change)?;
        }
        self.let_cross(parts, lingering, &mut listeners)?;
        Ok(listeners)
    }

    /// Begins the mixes and forms that are new, and makes the others ready for who has not heard them.
    fn enter(&mut self, change: &Change) -> Result<(), CodecError> {
        let (key, output) = change.now;
        let heard = change.before.and_then(|before| self.go_on(key, before));
        let (Some(mix), Some(codec)) = (self.mixes.get_mut(&key), output.codec()) else {
            return Ok(());
        };
        match heard {
            Some(heard) => mix.turn(heard, codec),
            None => mix.refresh(codec),
        }
    }

    /// How the mix is coded that somebody goes on with who has heard this `before`; one that nobody has heard yet begins as a
    /// copy of it.
    fn go_on(&mut self, key: MixKey, (known, form): Heard) -> Option<Codec> {
        if known != key {
            if self.mixes.contains_key(&key) {
                return None;
            }
            let copy = self.mixes.get(&known)?.copy_in(form.codec());
            self.mixes.insert(key, copy);
        }
        form.codec()
    }

    /// Decides about the lingering, about those first who have lingered longest.
    fn let_cross(
        &mut self,
        parts: &BTreeMap<Number, Part>,
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
            } else if self.takes_encoding_along(&one, own, group) {
                group
            } else if too_many > 0 || self.may_cross(&one, own, group, quiet) {
                too_many = too_many.saturating_sub(1);
                self.enter(&Change {
                    before: None,
                    now: (group, one.output),
                })?;
                group
            } else {
                own
            };
            if let Some(member) = self.members.get_mut(&one.number) {
                member.hears = Some((key, one.output));
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

    /// Nobody hears the shared mix in this form, and the two sound the same: it goes on in his encoder.
    fn takes_encoding_along(&mut self, one: &Lingering, own: MixKey, group: MixKey) -> bool {
        let Some(codec) = one.output.codec() else {
            return false;
        };
        let Some(mix) = self.mixes.remove(&own) else {
            return false;
        };
        let shared = self.mixes.get_mut(&group);
        let taken = shared.is_some_and(|shared| shared.take_over(codec, &mix));
        self.mixes.insert(own, mix);
        taken
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
        last.is_none_or(|frame| !Loudness::of_wide(frame).reaches(QUIET))
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
    /// Whether he cannot go over to this form where he is: others hear it there already, and it is not what his decoder would
    /// go on with.
    fn must_leave(
        &self,
        output: Output,
        mixes: &BTreeMap<MixKey, Mix>,
        changes: &[Change],
    ) -> bool {
        let Some((group, before)) = self
            .hears
            .filter(|(key, form)| *key == self.group && *form != output && form.codec().is_some())
        else {
            return false;
        };
        let is_there = |codec: Codec| mixes.get(&group).is_some_and(|mix| mix.has_awake(codec));
        let comes_from_another = |change: &Change| {
            change.now == (group, output) && change.before.is_none_or(|(_, form)| form != before)
        };
        output.codec().is_some_and(is_there) || changes.iter().any(comes_from_another)
    }

    /// `None` where that has to be decided.
    fn next_mix(&self, own: Number, leaves: bool) -> Option<MixKey> {
        let apart = MixKey::Apart(own);
        match self.group {
            _ if self.mode == Mode::Relay => Some(MixKey::Silence),
            MixKey::Silence => Some(MixKey::Silence),
            _ if leaves => Some(apart),
            _ if self.hears.is_some_and(|(key, _)| key == apart) => None,
            group => Some(group),
        }
    }
}
