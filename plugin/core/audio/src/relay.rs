//! Talkers' packets passed on untouched, each into one of the listener's slots.

use convene_rtp::{Rewritten, SlotRewriter};

use crate::{Number, counters::Unrelayed};

/// A talker's packet on its way to listeners in relay mode.
pub(crate) struct Passing {
    pub(crate) talker: Number,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    /// The time, in samples: between two talkers as much passes in the slot as passed outside.
    pub(crate) now: u64,
}

/// Where a packet goes in one listener's slots.
pub(crate) struct Placed {
    pub(crate) slot: usize,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
}

/// One listener's slots. A talker keeps his slot until somebody else needs it and he is silent.
#[derive(Default)]
pub(crate) struct Relay {
    slots: Vec<Slot>,
}

struct Slot {
    talker: Number,
    rewriter: SlotRewriter,
}

impl Relay {
    /// The place for this packet.
    ///
    /// # Errors
    /// Why it has none.
    pub(crate) fn pass(
        &mut self,
        packet: &Passing,
        most: usize,
        talks: impl Fn(Number) -> bool,
    ) -> Result<Placed, Unrelayed> {
        let slot = self.slot_of(packet.talker, most, talks);
        let slot = slot.ok_or(Unrelayed::NoSlot)?;
        let rewriter = &mut self.slots[slot].rewriter;
        rewriter.set_now(packet.now);
        match rewriter.rewrite(packet.talker.0, packet.sequence, packet.timestamp) {
            Rewritten::Forward {
                sequence,
                timestamp,
            } => Ok(Placed {
                slot,
                sequence,
                timestamp,
            }),
            Rewritten::Drop(reason) => Err(Unrelayed::Slot(reason)),
        }
    }

    fn slot_of(
        &mut self,
        talker: Number,
        most: usize,
        talks: impl Fn(Number) -> bool,
    ) -> Option<usize> {
        if let Some(at) = self.slots.iter().position(|slot| slot.talker == talker) {
            return Some(at);
        }
        if self.slots.len() < most {
            self.slots.push(Slot {
                talker,
                rewriter: SlotRewriter::new(),
            });
            return Some(self.slots.len() - 1);
        }
        let free = self.slots.iter().position(|slot| !talks(slot.talker))?;
        self.slots[free].talker = talker;
        Some(free)
    }
}
