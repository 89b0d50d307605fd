//! Who sends what to whom, counted: a picture that a relay watches and hands on is sent to him once.

use std::collections::BTreeMap;

use crate::{Number, Picture, Source};

/// From whom, what, to whom.
pub(crate) type Send = (Number, Picture, Number);

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sends {
    /// How many views need each of them.
    needs: BTreeMap<Send, u32>,
    /// How many each one has.
    loads: BTreeMap<Number, u32>,
    /// Those that views have come to need or ceased to since they were last asked for, and whether any did before.
    changed: BTreeMap<Send, bool>,
}

impl Sends {
    pub(crate) fn need(&mut self, send: Send) {
        let needs = self.needs.entry(send).or_default();
        *needs += 1;
        if *needs == 1 {
            self.changed.entry(send).or_insert(false);
            *self.loads.entry(send.0).or_default() += 1;
        }
    }

    pub(crate) fn let_go(&mut self, send: Send) {
        let Some(needs) = self.needs.get_mut(&send) else {
            return;
        };
        *needs -= 1;
        if *needs == 0 {
            self.needs.remove(&send);
            self.changed.entry(send).or_insert(true);
            match self.load(send.0) {
                0 | 1 => self.loads.remove(&send.0),
                load => self.loads.insert(send.0, load - 1),
            };
        }
    }

    /// How many pictures somebody sends.
    pub(crate) fn load(&self, sender: Number) -> u32 {
        self.loads.get(&sender).copied().unwrap_or_default()
    }

    /// All that somebody sends.
    pub(crate) fn of(&self, sender: Number) -> impl DoubleEndedIterator<Item = Send> {
        let first = picture(0, Source::Camera);
        let last = picture(u32::MAX, Source::Screen);
        self.between((sender, first, Number(0)), (sender, last, Number(u32::MAX)))
    }

    /// To whom somebody sends a picture.
    pub(crate) fn of_picture(&self, sender: Number, what: Picture) -> impl Iterator<Item = Number> {
        let (first, last) = (Number(0), Number(u32::MAX));
        self.between((sender, what, first), (sender, what, last))
            .map(|(_, _, to)| to)
    }

    /// What began (`true`) and what ended since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<(Send, bool)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed
            .map(|(send, was)| (send, was, self.needs.contains_key(&send)))
            .filter(|(_, was, is)| was != is)
            .map(|(send, _, is)| (send, is))
            .collect()
    }

    fn between(&self, first: Send, last: Send) -> impl DoubleEndedIterator<Item = Send> {
        self.needs.range(first..=last).map(|(send, _)| *send)
    }
}

fn picture(publisher: u32, source: Source) -> Picture {
    Picture {
        publisher: Number(publisher),
        source,
    }
}
