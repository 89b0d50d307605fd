//! A slot: one SSRC for life, into which one source after another is mapped.
//!
//! SRTP takes a repeated sequence number for a replay (RFC 3711 section 3.3.2), and a receiver's statistics and
//! retransmissions hang on the SSRC; so within a slot the numbers go on where the source before stopped, and a gap is
//! left only where the source itself has one.

use crate::Extender;

/// Packets that come this much too late have no place any more.
const WINDOW: u64 = 64;

/// Timestamps between the last packet of one source and the first of the next: one frame of 30 per second at 90 kHz, 60 ms at 48 kHz.
const STEP: u64 = 3_000;

/// Why a packet does not go into a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// Its place was before the source was mapped here, or is too long ago.
    TooLate,
    /// It was sent already.
    Duplicate,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewritten {
    /// It goes out with these numbers.
    Forward {
        /// The slot's sequence number.
        sequence: u16,
        /// The slot's timestamp.
        timestamp: u32,
    },
    /// It does not go out.
    Drop(DropReason),
}

/// Rewrites the packets of the source that is mapped into a slot.
#[derive(Clone, Debug, Default)]
pub struct SlotRewriter {
    source: Option<Source>,
    /// The highest numbers that went out.
    highest: Option<(u64, u64)>,
}

#[derive(Clone, Debug)]
struct Source {
    id: u32,
    sequences: Extender<u16>,
    timestamps: Extender<u32>,
    /// Slot's numbers less the source's.
    sequence_offset: i64,
    timestamp_offset: i64,
    /// The source's first and highest sequence numbers here.
    first: u64,
    highest: u64,
    /// Bit `n`: the packet `n` before the highest went out.
    sent: u64,
}

impl SlotRewriter {
    /// An empty slot.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next packet of `source`; another source than before takes the slot over.
    pub fn rewrite(&mut self, source: u32, sequence: u16, timestamp: u32) -> Rewritten {
        if self.source.as_ref().is_none_or(|mapped| mapped.id != source) {
            self.source = Some(Source::begin(source, sequence, timestamp, self.highest));
        }
        let Some(mapped) = &mut self.source else { return Rewritten::Drop(DropReason::TooLate) };
        let sequence = mapped.sequences.extend(sequence);
        let timestamp = mapped.timestamps.extend(timestamp);
        if let Err(reason) = mapped.take(sequence) {
            return Rewritten::Drop(reason);
        }
        let sequence = sequence.wrapping_add_signed(mapped.sequence_offset);
        let timestamp = timestamp.wrapping_add_signed(mapped.timestamp_offset);
        let (s, t) = self.highest.unwrap_or_default();
        self.highest = Some((s.max(sequence), t.max(timestamp)));
        Rewritten::Forward { sequence: sequence as u16, timestamp: timestamp as u32 }
    }

    /// Forgets the source: its next packet begins anew, after what went out.
    pub fn unmap(&mut self) {
        self.source = None;
    }
}

impl Source {
    fn begin(id: u32, sequence: u16, timestamp: u32, after: Option<(u64, u64)>) -> Self {
        let first = Extender::<u16>::new().extend(sequence);
        let begins = Extender::<u32>::new().extend(timestamp);
        let (to_sequence, to_timestamp) = after.map_or((first, begins), |(s, t)| (s + 1, t + STEP));
        Self {
            id,
            sequences: Extender::new(),
            timestamps: Extender::new(),
            sequence_offset: to_sequence as i64 - first as i64,
            timestamp_offset: to_timestamp as i64 - begins as i64,
            first,
            highest: first,
            sent: 0,
        }
    }

    /// Notes that the packet goes out, or says why not.
    fn take(&mut self, sequence: u64) -> Result<(), DropReason> {
        if sequence > self.highest {
            let ahead = sequence - self.highest;
            self.sent = if ahead < WINDOW { self.sent << ahead } else { 0 };
            self.highest = sequence;
        }
        let behind = self.highest - sequence;
        if sequence < self.first || behind >= WINDOW {
            return Err(DropReason::TooLate);
        }
        if self.sent >> behind & 1 == 1 {
            return Err(DropReason::Duplicate);
        }
        self.sent |= 1 << behind;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use proptest::prelude::*;

    fn forward(sequence: u16, timestamp: u32) -> Rewritten {
        Rewritten::Forward { sequence, timestamp }
    }

    #[test]
    fn a_source_keeps_its_gaps_and_a_change_of_source_leaves_none() {
        let mut slot = SlotRewriter::new();
        let late = Rewritten::Drop(DropReason::TooLate);
        let duplicate = Rewritten::Drop(DropReason::Duplicate);
        let steps = [
            ("the first is taken as it is", (1, 100, 5_000), forward(100, 5_000)),
            ("its gap stays", (1, 103, 8_000), forward(103, 8_000)),
            ("what was missing comes late into its place", (1, 101, 6_000), forward(101, 6_000)),
            ("but only once", (1, 101, 6_000), duplicate),
            ("before the first there is no place", (1, 99, 4_000), late),
            ("another source goes on without a gap", (2, 9, 70), forward(104, 11_000)),
            ("and at its own pace", (2, 10, 100), forward(105, 11_030)),
            ("the first comes back", (1, 110, 90_000), forward(106, 14_030)),
        ];
        for (what, (source, sequence, timestamp), expected) in steps {
            assert_eq!(slot.rewrite(source, sequence, timestamp), expected, "{what}");
        }
    }

    #[test]
    fn wrapping_numbers_go_on() {
        let mut slot = SlotRewriter::new();
        assert_eq!(slot.rewrite(1, 65_535, u32::MAX), forward(65_535, u32::MAX));
        assert_eq!(slot.rewrite(1, 0, 2_999), forward(0, 2_999));
        assert_eq!(slot.rewrite(2, 500, 0), forward(1, 5_999));
    }

    proptest! {
        #[test]
        fn no_number_goes_out_twice(packets in proptest::collection::vec((0_u32..3, 0_u16..40, any::<u16>()), 1..400)) {
            let mut slot = SlotRewriter::new();
            let mut extended = Extender::<u16>::new();
            let mut sent = HashSet::new();
            let mut bases = [0_u16, 30_000, 65_500];
            for (source, step, timestamp) in packets {
                let base = &mut bases[source as usize];
                *base = base.wrapping_add(step).wrapping_sub(10);
                if let Rewritten::Forward { sequence, .. } = slot.rewrite(source, *base, u32::from(timestamp)) {
                    prop_assert!(sent.insert(extended.extend(sequence)));
                }
            }
        }
    }
}
