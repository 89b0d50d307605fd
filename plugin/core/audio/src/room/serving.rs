//! From the talkers' parts to what each listener gets: each distinct mix is summed, limited and encoded once.

use std::{collections::BTreeMap, sync::Arc};

use super::{Delivery, Number, Output, Room, Sound, TalkerLevel, packing::Piece};
use crate::{
    Channels, CodecError, FRAME, Loudness, WideFrame,
    encode::Encoded,
    mix::{self, Gains, Mix, MixKey, Part},
};

/// Who takes a mix in which form.
pub(super) type Listeners = BTreeMap<Output, Vec<Number>>;

/// The talkers' parts of a frame, and their sum.
struct Talk<'a> {
    parts: &'a BTreeMap<Number, Part>,
    total: Part,
    levels: Vec<TalkerLevel>,
}

/// One frame of one mix.
struct Mixed {
    frame: Arc<WideFrame>,
    contributors: Arc<[TalkerLevel]>,
}

impl Room {
    /// # Errors
    /// libopus's.
    pub(super) fn serve(
        &mut self,
        parts: &BTreeMap<Number, Part>,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), CodecError> {
        let level = |number: &Number| TalkerLevel {
            number: *number,
            loudness: self.members[number].loudness,
        };
        let talk = Talk {
            parts,
            total: mix::total(parts),
            levels: parts.keys().map(level).collect(),
        };
        let mut frames = BTreeMap::new();
        for (key, listeners) in self.assign(parts)? {
            let mut mix = self.mixes.remove(&key).unwrap_or_default();
            let channels = listeners.keys().map(|output| output.channels()).max();
            let channels = channels.unwrap_or_default();
            let mixed = self.mix(key, &talk, &mut mix, channels);
            let served = self.serve_mix(&mut mix, &mixed, listeners, deliveries);
            frames.insert(key, mixed.frame);
            self.mixes.insert(key, mix);
            served?;
        }
        self.mixes.retain(|key, mix| mix.end_tick(frames.get(key)));
        Ok(())
    }

    /// One frame of `key`'s mix, with a side only if somebody takes it.
    fn mix(&self, key: MixKey, talk: &Talk, mix: &mut Mix, channels: Channels) -> Mixed {
        let (own, gains) = self.wanted(key);
        let heard = |level: &&TalkerLevel| {
            key != MixKey::Silence
                && Some(level.number) != own
                && gains.get(&level.number).is_none_or(|gain| *gain != 0.0)
        };
        let contributors: Arc<[_]> = talk.levels.iter().filter(heard).copied().collect();
        let frame = if contributors.is_empty() {
            WideFrame::silence()
        } else {
            mix::sum(own, &talk.total, talk.parts, gains, channels)
        };
        Mixed {
            frame: Arc::new(mix.limit(&frame, contributors.is_empty())),
            contributors,
        }
    }

    /// Whose part is not in a mix, and the gains of the others.
    fn wanted(&self, key: MixKey) -> (Option<Number>, &Gains) {
        match key {
            MixKey::Apart(own) => {
                let group = self.members.get(&own).map_or(MixKey::All, |m| m.group);
                (Some(own), self.wishes.gains(group))
            }
            group => (None, self.wishes.gains(group)),
        }
    }

    /// Encodes one mix once per codec, and delivers it to all who hear it.
    fn serve_mix(
        &mut self,
        mix: &mut Mix,
        mixed: &Mixed,
        listeners: Listeners,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), CodecError> {
        let media_time = self.frames * FRAME as u64;
        let loudness = Loudness::of_wide(&mixed.frame);
        for (output, numbers) in listeners {
            match output {
                Output::Raw(_) => deliveries.extend(numbers.into_iter().map(|to| Delivery {
                    to,
                    media_time,
                    age: 0,
                    contributors: Arc::clone(&mixed.contributors),
                    loudness,
                    sound: mixed.raw(mix.is_silent()),
                })),
                Output::Opus(codec) => {
                    let Encoded::Packet(packet) = mix.encode(codec, &mixed.frame)? else {
                        continue;
                    };
                    self.totals.encodes += 1;
                    self.totals.sent += numbers.len() as u64;
                    let piece = Piece {
                        media_time,
                        contributors: Arc::clone(&mixed.contributors),
                        loudness,
                        packet,
                    };
                    for to in numbers {
                        self.give(to, codec, piece.clone(), deliveries)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Mixed {
    fn raw(&self, silent: bool) -> Sound {
        if silent {
            Sound::Silence
        } else {
            Sound::Raw(Arc::clone(&self.frame))
        }
    }
}
