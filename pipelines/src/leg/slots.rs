//! Which picture each slot is to show, and whether the element has taken it. Pure.
//!
//! The element knows pairs, not slots' contents; and it refuses what it does not know yet: a publisher whose pipeline
//! is not up, a slot before the answer. Such wishes are kept and told again.

use std::collections::BTreeMap;

/// Pictures of which the size is known: three of everyone in a large conference.
const MOST_SIZES: usize = 1_000;

/// A publisher's picture, in the element's words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Picture {
    pub(super) publisher: String,
    pub(super) source: String,
}

struct Shown {
    picture: Picture,
    taken: bool,
}

/// What all slots are to show.
#[derive(Default)]
pub(super) struct Slots {
    shown: BTreeMap<usize, Shown>,
    /// How large pictures are shown.
    sizes: BTreeMap<Picture, (u32, u32)>,
}

impl Slots {
    /// Gives back the picture that has to go first.
    pub(super) fn show(&mut self, slot: usize, picture: Picture) -> Option<Picture> {
        let taken = false;
        let before = self.shown.insert(slot, Shown { picture, taken })?;
        before.taken.then_some(before.picture)
    }

    /// Gives back the picture that has to go.
    pub(super) fn hide(&mut self, slot: usize) -> Option<Picture> {
        let before = self.shown.remove(&slot)?;
        before.taken.then_some(before.picture)
    }

    /// A picture is shown so large now; answers in which slot, if that is news there.
    pub(super) fn resize(&mut self, picture: Picture, size: (u32, u32)) -> Option<usize> {
        if self.sizes.len() >= MOST_SIZES {
            self.sizes.pop_first();
        }
        let before = self.sizes.insert(picture.clone(), size);
        let shown = self
            .shown
            .iter()
            .find(|(_, shown)| shown.picture == picture);
        let (slot, _) = shown.filter(|_| before != Some(size))?;
        Some(*slot)
    }

    /// How large a picture is shown; 0: that is not known.
    pub(super) fn size(&self, picture: &Picture) -> (u32, u32) {
        self.sizes.get(picture).copied().unwrap_or_default()
    }

    /// What the element has not taken yet.
    pub(super) fn untaken(&self) -> Vec<(usize, Picture)> {
        let untaken = self.shown.iter().filter(|(_, shown)| !shown.taken);
        untaken
            .map(|(slot, shown)| (*slot, shown.picture.clone()))
            .collect()
    }

    /// The element has taken what this slot is to show.
    pub(super) fn taken(&mut self, slot: usize) {
        if let Some(shown) = self.shown.get_mut(&slot) {
            shown.taken = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(publisher: &str) -> Picture {
        Picture {
            publisher: publisher.into(),
            source: "camera".into(),
        }
    }

    #[test]
    fn what_is_not_taken_is_told_again() {
        let mut slots = Slots::default();
        assert_eq!(slots.show(3, picture("ann")), None);
        assert_eq!(slots.untaken(), [(3, picture("ann"))]);
        slots.taken(3);
        assert_eq!(slots.untaken(), []);
    }

    #[test]
    fn a_size_is_kept_for_when_the_picture_is_shown() {
        let mut slots = Slots::default();
        assert_eq!(slots.resize(picture("ann"), (320, 180)), None);
        slots.show(2, picture("ann"));
        assert_eq!(slots.size(&picture("ann")), (320, 180));
        assert_eq!(slots.size(&picture("bob")), (0, 0));
        assert_eq!(slots.resize(picture("ann"), (320, 180)), None, "no news");
        assert_eq!(slots.resize(picture("ann"), (640, 360)), Some(2));
    }

    #[test]
    fn a_slot_gives_up_what_it_shows_before_it_shows_another() {
        let mut slots = Slots::default();
        slots.show(0, picture("ann"));
        assert_eq!(slots.show(0, picture("bob")), None, "ann was never taken");
        slots.taken(0);
        assert_eq!(slots.show(0, picture("cid")), Some(picture("bob")));
        slots.taken(0);
        assert_eq!(slots.hide(0), Some(picture("cid")));
        assert_eq!(slots.hide(0), None);
        slots.taken(0);
        assert_eq!(slots.untaken(), []);
    }
}
