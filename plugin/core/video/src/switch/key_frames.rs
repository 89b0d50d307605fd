//! The key frames that are asked of publishers: by decoders, and for slots that cannot go on without.

use std::time::Duration;

use super::{Switch, Wish};
use crate::{
    Picture, SlotId,
    layers::{Layer, Layers},
};

impl Switch {
    /// A subscriber's decoder asks for a key frame.
    pub fn want_key_frame(&mut self, id: SlotId) {
        let Some(slot) = self.slots.get(&id) else {
            return;
        };
        let layer = slot.shown().unwrap_or(slot.choice.target());
        let published = |picture: &Picture| self.publications.contains_key(picture);
        let picture = slot.feed.picture().filter(published);
        let layers = picture.and_then(|picture| self.layers.get_mut(&picture));
        if let Some(layer) = layers.and_then(|layers| layers.get_mut(layer)) {
            layer.want_key_frame();
        }
        self.settle();
    }

    pub(super) fn poll_key_frames(&mut self, now: Duration) -> Option<Wish> {
        self.alarm.filter(|alarm| *alarm <= now)?;
        let (_, picture, layer) = self.dues().find(|(due, ..)| *due <= now)?;
        let layer = self.layers.get_mut(&picture)?.get_mut(layer)?;
        layer.ask(now);
        let ssrc = layer.ssrc;
        self.settle();
        Some(Wish::KeyFrame(picture, ssrc))
    }

    /// Key frames that are wanted or waited for: when, of which picture, of which layer.
    pub(super) fn dues(&self) -> impl Iterator<Item = (Duration, Picture, usize)> + '_ {
        let published =
            |(picture, _): &(&Picture, &Layers)| self.publications.contains_key(picture);
        let layers = self.layers.iter().filter(published);
        layers.flat_map(|(picture, layers)| {
            // One of several that has not come yet begins with a key frame by itself.
            let can = |layer: &Layer| layer.ssrc.is_some() || !layers.are_several();
            let layers = layers.iter().filter(move |(_, layer)| can(layer));
            layers.filter_map(|(index, layer)| {
                let due = layer.due(self.is_awaited(*picture, index))?;
                Some((due, *picture, index))
            })
        })
    }

    fn is_awaited(&self, picture: Picture, layer: usize) -> bool {
        let waits = |id: &SlotId| self.slots.get(id).is_some_and(|slot| slot.awaits(layer));
        self.viewers
            .get(&picture)
            .is_some_and(|viewers| viewers.iter().any(waits))
    }
}
