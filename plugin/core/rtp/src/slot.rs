//! Changing sources in one outgoing stream: one SSRC for life, sequence numbers that only rise.
//!
//! Only numbers are decided here. Which source a slot shows and when it may start is the caller's decision.

use crate::Extender;

/// How far behind the newest packet a late one may be and still be placed. libsrtp's replay window on the sending side
/// has as many packets (RFC 3711 section 3.3.2 asks for at least 64); anything older would be refused there.
pub const WINDOW: u64 = 128;

/// A forward jump of more packets than this is a restarted source and not a loss (MAX_DROPOUT in RFC 3550 A.1).
pub(crate) const LONGEST_GAP: u64 = 3_000;

/// A packet further behind than this belongs to a restarted source. RFC 3550 A.1 has 100 (MAX_MISORDER); retransmissions
/// of a fast stream come later than that.
const FARTHEST_BEHIND: u64 = 1_000;

/// The least step of the timestamp at a change of source: 20 ms of sound at 48 kHz, 11 ms of a picture at 90 kHz.
const LEAST_STEP: u64 = 960;

/// What to do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewritten {
    /// Send it with these numbers.
    Forward {
        /// The slot's sequence number.
        sequence: u16,
        /// The slot's timestamp.
        timestamp: u32,
    },
    /// Send nothing.
    Drop(DropReason),
}

/// Why a slot does not take a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DropReason {
    /// It was sent already.
    Duplicate,
    /// It is more than [`WINDOW`] behind the newest.
    TooOld,
    /// It is of the time before this source was mapped; its number belongs to the source before.
    BeforeStart,
    /// It is so far from the last packet that it may be a stray; a second one in sequence is believed.
    Jump,
}

/// Puts one source after another into one stream. Gaps of a source stay gaps, so that a receiver asks for what is
/// missing; a change of source leaves none.
#[derive(Clone, Debug, Default)]
pub struct SlotRewriter {
    now: u64,
    source: Option<Mapping>,
    sent: Option<Sent>,
}

/// The source that is mapped, and the distance from its numbers to the slot's.
#[derive(Clone, Copy, Debug)]
struct Mapping {
    source: u32,
    sequences: Extender<u16>,
    /// Slot's extended sequence number minus the source's, modulo 2⁶⁴.
    sequence_offset: u64,
    timestamp_offset: u32,
    /// The slot's first number of this mapping.
    first: u64,
    /// The sequence number that would confirm a jump (`bad_seq` in RFC 3550 A.1).
    expected_after_jump: Option<u16>,
}

/// What the slot has sent.
#[derive(Clone, Copy, Debug)]
struct Sent {
    highest: u64,
    /// Bit n: the packet n behind the highest was sent.
    window: u128,
    timestamp: u32,
    at: u64,
}

impl SlotRewriter {
    /// A slot that has sent nothing. Its first source keeps its own numbers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells the time in ticks of the media's clock, from any origin. A change of source moves the slot's timestamp on by
    /// the ticks since the last packet was sent; a caller who never tells the time gets the least step, 960.
    pub fn set_now(&mut self, ticks: u64) {
        self.now = self.now.max(ticks);
    }

    /// The next packet is to be taken for a new source's even if the name of its source is the old one.
    pub fn unmap(&mut self) {
        self.source = None;
    }

    /// Decides about a packet. A `source` other than the last one's is mapped from this packet on.
    pub fn rewrite(&mut self, source: u32, sequence: u16, timestamp: u32) -> Rewritten {
        let Some(mapping) = self.source.filter(|mapping| mapping.source == source) else {
            return self.map(source, sequence, timestamp);
        };
        let newest = mapping.sequences.last().unwrap_or_default();
        let extended = mapping.sequences.peek(sequence);
        if extended > newest + LONGEST_GAP || extended + FARTHEST_BEHIND < newest {
            return self.jump(mapping, sequence, timestamp);
        }
        self.place(mapping, sequence, timestamp)
    }

    fn map(&mut self, source: u32, sequence: u16, timestamp: u32) -> Rewritten {
        let mut mapping = Mapping {
            source,
            sequences: Extender::new(),
            sequence_offset: 0,
            timestamp_offset: 0,
            first: 0,
            expected_after_jump: None,
        };
        let extended = mapping.sequences.extend(sequence);
        mapping.first = extended;
        if let Some(sent) = self.sent {
            let step = self.now.saturating_sub(sent.at).max(LEAST_STEP) as u32;
            mapping.first = sent.highest + 1;
            mapping.sequence_offset = mapping.first.wrapping_sub(extended);
            mapping.timestamp_offset = sent.timestamp.wrapping_add(step).wrapping_sub(timestamp);
        }
        self.place(mapping, sequence, timestamp)
    }

    fn jump(&mut self, mut mapping: Mapping, sequence: u16, timestamp: u32) -> Rewritten {
        if mapping.expected_after_jump == Some(sequence) {
            return self.map(mapping.source, sequence, timestamp);
        }
        mapping.expected_after_jump = Some(sequence.wrapping_add(1));
        self.source = Some(mapping);
        Rewritten::Drop(DropReason::Jump)
    }

    fn place(&mut self, mut mapping: Mapping, sequence: u16, timestamp: u32) -> Rewritten {
        let extended = mapping.sequences.extend(sequence);
        mapping.expected_after_jump = None;
        self.source = Some(mapping);
        let placed = extended.wrapping_add(mapping.sequence_offset);
        // Before the first comes nothing: the difference is negative when a packet precedes the mapping.
        if (placed.wrapping_sub(mapping.first) as i64) < 0 {
            return Rewritten::Drop(DropReason::BeforeStart);
        }
        let timestamp = timestamp.wrapping_add(mapping.timestamp_offset);
        match self.mark(placed, timestamp) {
            Ok(()) => Rewritten::Forward {
                sequence: placed as u16,
                timestamp,
            },
            Err(reason) => Rewritten::Drop(reason),
        }
    }

    /// Marks a number as sent, once.
    fn mark(&mut self, placed: u64, timestamp: u32) -> Result<(), DropReason> {
        let Some(sent) = &mut self.sent else {
            self.sent = Some(Sent {
                highest: placed,
                window: 1,
                timestamp,
                at: self.now,
            });
            return Ok(());
        };
        if placed > sent.highest {
            let moved = u32::try_from(placed - sent.highest).unwrap_or(u32::MAX);
            sent.window = sent.window.checked_shl(moved).unwrap_or(0) | 1;
            sent.highest = placed;
        } else {
            let behind = sent.highest - placed;
            if behind >= WINDOW {
                return Err(DropReason::TooOld);
            }
            if sent.window >> behind & 1 == 1 {
                return Err(DropReason::Duplicate);
            }
            sent.window |= 1 << behind;
        }
        if (timestamp.wrapping_sub(sent.timestamp) as i32) >= 0 {
            (sent.timestamp, sent.at) = (timestamp, self.now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
