//! How much of a picture its subscribers can take.
//!
//! A layer is one stream to all who look at it, so the one who can take least decides; what is told to a publisher is the
//! sum over the layers that are looked at. What a subscriber can take he shares out evenly over the pictures that he looks
//! at.

use std::time::Duration;

use super::{Switch, Wish};
use crate::{Number, Picture, SlotId};

/// For so long after an estimate fell it is what the way carries; later it may only say that no more was sent.
const FELL: Duration = Duration::from_secs(2);

impl Switch {
    /// The next picture whose publisher was told something else.
    pub(super) fn poll_bitrates(&mut self, now: Duration) -> Option<Wish> {
        if !self.shares_changed {
            return None;
        }
        let mut changes = self
            .publications
            .iter()
            .filter_map(|(picture, publication)| {
                let allowed = self.allowed(now, *picture);
                (publication.told != allowed).then_some((*picture, allowed))
            });
        let Some((picture, allowed)) = changes.next() else {
            self.shares_changed = false;
            return None;
        };
        self.publications.get_mut(&picture)?.told = allowed;
        Some(Wish::Bitrate(picture, allowed))
    }

    /// Bits per second; `None`: no limit is known. Nobody needs what nobody looks at.
    fn allowed(&self, now: Duration, picture: Picture) -> Option<u64> {
        let viewers = self.viewers.get(&picture).map_or(&[][..], Vec::as_slice);
        if viewers.is_empty() {
            return Some(0);
        }
        let layers = self.layers.get(&picture).map_or(1, |layers| layers.count());
        let mut sum = None;
        for layer in 0..layers {
            let his = |id: &&SlotId| self.targets(**id).unwrap_or(0) == layer;
            let mut viewers = viewers.iter().filter(his).peekable();
            if viewers.peek().is_some() {
                let least = viewers.filter_map(|id| self.share_of(now, *id)).min()?;
                sum = Some(sum.unwrap_or(0) + least);
            }
        }
        sum
    }

    /// What a subscriber can take of what is in a slot. Of a picture with a choice of layers he can take what he is being
    /// sent, too, unless his estimate fell just now: it begins low, and grows slowly.
    pub(super) fn share_of(&self, now: Duration, id: SlotId) -> Option<u64> {
        let share = self.share(id.subscriber)?;
        let slot = self.slots.get(&id)?;
        let layers = slot
            .feed
            .picture()
            .and_then(|picture| self.layers.get(&picture));
        let fell = self.members.get(&id.subscriber)?.fell;
        if !layers.is_some_and(|layers| layers.are_several())
            || fell.is_some_and(|fell| now.saturating_sub(fell) < FELL)
        {
            return Some(share);
        }
        if slot.choice.is_fresh(now, fell) {
            return None;
        }
        Some(slot.rate.bits().map_or(share, |sent| share.max(sent)))
    }

    fn share(&self, subscriber: Number) -> Option<u64> {
        let budget = self.members.get(&subscriber)?.budget?;
        let looked_at = self.slots_of(subscriber).filter(|(_, feed)| {
            let published = |picture| self.publications.contains_key(&picture);
            feed.picture().is_some_and(published)
        });
        Some(budget / (looked_at.count() as u64).max(1))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::super::tests::{ANN, BOB, CAT, camera};
    use super::*;
    use crate::{Codec, Numbers, Policy, SlotId};

    /// Three with two slots each, who all publish.
    fn room() -> Switch {
        let mut switch = Switch::default();
        for subscriber in [ANN, BOB, CAT] {
            switch.join(subscriber, Policy::External);
            for index in 0..2 {
                switch.open(SlotId { subscriber, index }, Numbers::default());
            }
            switch.publish(camera(subscriber), Codec::Vp8);
        }
        told(&mut switch);
        switch
    }

    /// Who is told what.
    fn told(switch: &mut Switch) -> Vec<(Number, Option<u64>)> {
        let wishes = std::iter::from_fn(|| switch.poll(Duration::ZERO));
        let bitrate = |wish| match wish {
            Wish::Bitrate(picture, bits) => Some((picture.publisher, bits)),
            Wish::KeyFrame(..) | Wish::Layers(..) => None,
        };
        wishes.filter_map(bitrate).collect()
    }

    #[test]
    fn the_one_who_can_take_least_decides() {
        let mut switch = room();
        switch.show(camera(ANN), BOB, None).unwrap();
        switch.show(camera(ANN), CAT, None).unwrap();
        assert_eq!(told(&mut switch), [(ANN, None)]);
        switch.set_budget(Duration::ZERO, BOB, Some(400_000));
        assert_eq!(told(&mut switch), [(ANN, Some(400_000))]);
        switch.set_budget(Duration::ZERO, CAT, Some(300_000));
        assert_eq!(told(&mut switch), [(ANN, Some(300_000))]);
        switch.set_budget(Duration::ZERO, BOB, Some(350_000));
        assert_eq!(told(&mut switch), [], "it changes nothing for Ann");
        switch.hide(camera(ANN), CAT).unwrap();
        assert_eq!(told(&mut switch), [(ANN, Some(350_000))]);
    }

    #[test]
    fn what_one_can_take_is_shared_out() {
        let mut switch = room();
        switch.set_budget(Duration::ZERO, CAT, Some(600_000));
        switch.show(camera(ANN), CAT, None).unwrap();
        assert_eq!(told(&mut switch), [(ANN, Some(600_000))]);
        switch.show(camera(BOB), CAT, None).unwrap();
        assert_eq!(
            told(&mut switch),
            [(ANN, Some(300_000)), (BOB, Some(300_000))]
        );
        switch.end(camera(BOB));
        assert_eq!(told(&mut switch), [(ANN, Some(600_000))]);
    }

    #[test]
    fn nobody_needs_what_nobody_looks_at() {
        let mut switch = room();
        switch.show(camera(ANN), BOB, None).unwrap();
        assert_eq!(told(&mut switch), [(ANN, None)]);
        switch.leave(BOB);
        assert_eq!(told(&mut switch), [(ANN, Some(0))]);
    }
}
