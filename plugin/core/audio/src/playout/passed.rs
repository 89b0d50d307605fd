//! The last packets that nobody heard, though they are loud enough. A codec's packets lean on those before, so a decoder that
//! is heard again hears these first: else a voice begins with up to five frames that are too loud here and too soft there.

use std::collections::VecDeque;

use super::decoder::LEARNS;

#[derive(Default)]
pub(super) struct Passed {
    packets: VecDeque<Vec<u8>>,
    /// Where the packet after the last one begins.
    end: u64,
}

impl Passed {
    /// A packet from `at` to `end`; what was before a gap is forgotten.
    pub(super) fn push(&mut self, at: u64, end: u64, payload: Vec<u8>) {
        if at != self.end {
            self.packets.clear();
        }
        if self.packets.len() >= LEARNS as usize {
            self.packets.pop_front();
        }
        self.packets.push_back(payload);
        self.end = end;
    }

    /// Those right before `at`, oldest first; none are kept.
    pub(super) fn take_before(&mut self, at: u64) -> VecDeque<Vec<u8>> {
        let packets = std::mem::take(&mut self.packets);
        if at == self.end {
            packets
        } else {
            VecDeque::new()
        }
    }

    pub(super) fn forget(&mut self) {
        self.packets.clear();
    }
}
