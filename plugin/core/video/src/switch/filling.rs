//! Slots that the switch fills by itself ([`Policy::Server`](super::Policy)).

use super::Switch;
use crate::{Number, Picture, SlotId, Source, slot::Feed};

impl Switch {
    /// Shows everyone else's camera as far as there are slots, and nothing that is over.
    pub(super) fn fill(&mut self, subscriber: Number) {
        for (id, slot) in &mut self.slots {
            let over = slot
                .feed
                .picture()
                .is_some_and(|picture| !self.publications.contains_key(&picture));
            if id.subscriber == subscriber && over {
                slot.feed = Feed::Idle;
            }
        }
        for picture in self.cameras_of_others(subscriber) {
            if self.slot_showing(picture, subscriber).is_some() {
                continue;
            }
            let Some(index) = self.free_slot(subscriber) else {
                return;
            };
            if let Some(slot) = self.slots.get_mut(&SlotId { subscriber, index }) {
                slot.wait_for(picture);
            }
        }
    }

    fn cameras_of_others(&self, subscriber: Number) -> Vec<Picture> {
        let others = |picture: &&Picture| {
            picture.source == Source::Camera && picture.publisher != subscriber
        };
        let mut pictures: Vec<Picture> = self.publications.keys().filter(others).copied().collect();
        pictures.sort_by_key(|picture| self.publications[picture].order);
        pictures
    }
}
