//! Which layer every slot shows, and which of a picture's layers are needed.

use std::{collections::BTreeSet, time::Duration};

use super::{Switch, Wish};
use crate::{
    Number, Picture, Rid, Size, SlotId, Source,
    choice::{AWAITED, Known, Outlook, rises},
    layers::{Layer, Layers},
    slot::Slot,
};

/// How often it is looked whether other layers should be shown.
const LOOK: Duration = Duration::from_millis(100);

/// The same while one is awaited, should nothing come that would remind of it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A picture has at most so many layers.
const MOST: usize = 8;

impl Switch {
    /// The layers in which a publisher will send a picture, the smallest first; each is taken for twice as wide as the one
    /// before until it is seen. Without any it is one stream.
    pub fn set_layers(&mut self, picture: Picture, names: &[Rid]) {
        let names = &names[..names.len().min(MOST)];
        let known = self.layers.get(&picture);
        if !self.members.contains_key(&picture.publisher)
            || known.is_some_and(|known| known.are(names))
        {
            return;
        }
        self.layers.insert(picture, Layers::named(names.to_vec()));
        self.wait(picture);
        self.rearrange();
    }

    /// How large a subscriber shows what is in a slot; `None`: he takes what there is.
    pub fn set_size(&mut self, id: SlotId, wanted: Option<Size>) -> bool {
        let Some(slot) = self.slots.get_mut(&id) else {
            return false;
        };
        self.rearranged |= slot.wanted != wanted;
        slot.wanted = wanted;
        true
    }

    /// Looks whether slots should show other layers.
    pub(super) fn choose(&mut self, now: Duration) {
        if now.saturating_sub(self.chosen) < LOOK {
            return;
        }
        self.chosen = now;
        let several = |(_, layers): &(&Picture, &Layers)| layers.are_several();
        let pictures = self.layers.iter().filter(several);
        let pictures: Vec<_> = pictures.map(|(picture, _)| *picture).collect();
        let mut changed = false;
        for picture in pictures {
            self.give_up(now, picture);
            for id in self.viewers.get(&picture).cloned().unwrap_or_default() {
                let outlook = self.outlook(now, picture, id);
                let slot = self.slots.get_mut(&id);
                if let (Some(outlook), Some(slot)) = (outlook, slot) {
                    changed |= slot.choice.choose(&outlook);
                }
            }
            (self.shares_changed, self.layers_changed) = (true, true);
        }
        if changed {
            self.settle();
        }
    }

    /// When to look again for a layer that is awaited.
    pub(super) fn awaited(&self) -> Option<Duration> {
        let awaits = |id: &SlotId| {
            let slot = self.slots.get(id);
            slot.is_some_and(|slot| slot.awaits(slot.choice.target()))
        };
        let several = |(picture, layers): &(&Picture, &Layers)| {
            layers.are_several() && self.publications.contains_key(picture)
        };
        let pictures = self.layers.iter().filter(several);
        let mut viewers = pictures.filter_map(|(picture, _)| self.viewers.get(picture));
        let any = viewers.any(|viewers| viewers.iter().any(awaits));
        any.then_some(self.chosen + LOOK_AGAIN)
    }

    /// Does without a layer that does not come. A line may carry only one of several: then it is the largest that is
    /// looked at, if all can take that; else the ones that come.
    fn give_up(&mut self, now: Duration, picture: Picture) {
        let viewers = self.viewers.get(&picture).into_iter().flatten();
        let outlooks: Vec<_> = viewers
            .filter_map(|id| Some((self.slots.get(id)?, self.outlook(now, picture, *id)?)))
            .collect();
        let missed = outlooks
            .iter()
            .filter(|(slot, outlook)| slot.choice.misses(outlook));
        let Some(missed) = missed.map(|(slot, _)| slot.choice.target()).max() else {
            return;
        };
        let comes = |layer: usize, outlook: &Outlook| outlook.layers[layer].is_sent;
        let beside_others = outlooks.iter().any(|(_, outlook)| {
            !comes(missed, outlook) && (0..missed).any(|layer| comes(layer, outlook))
        });
        let all_can = outlooks.iter().all(|(_, outlook)| rises(outlook, missed));
        if let Some(layers) = self.layers.get_mut(&picture) {
            if beside_others && all_can {
                layers.avoid_below(now, missed);
            } else {
                layers.avoid(now, missed);
            }
        }
    }

    fn outlook(&self, now: Duration, picture: Picture, id: SlotId) -> Option<Outlook> {
        let (layers, slot) = (self.layers.get(&picture)?, self.slots.get(&id)?);
        let known = |(index, layer): (usize, &Layer)| Known {
            rate: layer.rate(now),
            least: layers.least(index),
            others: self.best_of_others(now, picture, index, id),
            is_sent: layer.is_sent(now),
        };
        Some(Outlook {
            now,
            fitting: layers.fitting(now, slot.wanted),
            shown: slot.shown(),
            share: self.share_of(now, id),
            layers: layers.iter().map(known).collect(),
        })
    }

    fn best_of_others(
        &self,
        now: Duration,
        picture: Picture,
        layer: usize,
        than: SlotId,
    ) -> Option<u64> {
        let others = self.viewers.get(&picture)?.iter();
        let others = others.filter(|id| **id != than && self.targets(**id) == Some(layer));
        others.filter_map(|id| self.share_of(now, *id)).max()
    }

    /// The layer that a slot is to show.
    pub(super) fn targets(&self, id: SlotId) -> Option<usize> {
        Some(self.slots.get(&id)?.choice.target())
    }

    /// The next picture of which other layers are needed than its publisher was told.
    pub(super) fn poll_layers(&mut self, now: Duration) -> Option<Wish> {
        if !std::mem::take(&mut self.layers_changed) {
            return None;
        }
        let (picture, needed) = self.layers.iter().find_map(|(picture, layers)| {
            let needed = self.needed(now, *picture, layers);
            (layers.are_several() && needed != layers.told).then_some((*picture, needed))
        })?;
        self.layers_changed = true;
        self.layers.get_mut(&picture)?.told.clone_from(&needed);
        Some(Wish::Layers(picture, needed))
    }

    /// What slots are to show, and what they show until then.
    fn needed(&self, now: Duration, picture: Picture, layers: &Layers) -> Vec<Rid> {
        let viewers = self.viewers.get(&picture).into_iter().flatten();
        let slots = viewers.filter_map(|id| self.slots.get(id));
        let needed: BTreeSet<_> = slots
            .flat_map(|slot| [Some(slot.choice.target()), bridging(now, slot, layers)])
            .flatten()
            .collect();
        layers.names(|layer| needed.contains(&layer))
    }

    /// The names of a picture's layers, the smallest first.
    #[must_use]
    pub fn layers(&self, publisher: Number, source: Source) -> Vec<Rid> {
        let layers = self.layers.get(&Picture { publisher, source });
        layers
            .map(|layers| layers.names(|_| true))
            .unwrap_or_default()
    }
}

/// The layer that a slot shows until the key frame of another comes. A line that carries either but not both would never
/// bring the other one: after half of the time for which it is awaited the slot does without.
fn bridging(now: Duration, slot: &Slot, layers: &Layers) -> Option<usize> {
    let target = layers.get(slot.choice.target())?;
    let waits = now.saturating_sub(slot.choice.changed) < AWAITED / 2;
    slot.shown().filter(|_| waits || target.is_sent(now))
}
