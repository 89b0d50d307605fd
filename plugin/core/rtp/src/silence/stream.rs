//! The gate of one SSRC, and what it has dropped before which packet.

use std::time::Duration;

use super::{SilenceRule, Verdict};
use crate::slot::{LONGEST_GAP, WINDOW};

/// After so many dropped packets one passes, whatever the time: an eighth of what SRTP's rollover counter bears.
const MOST_SKIPPED: u64 = 1 << 12;

/// The last gaps that are told apart. Reports are made of what passed a few packets ago; gaps end about once a second.
const GAPS: usize = 8;

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) ssrc: u32,
    /// The highest sequence number so far, made to run on.
    highest: u64,
    /// Bit n: the packet n behind the highest was dropped.
    window: u128,
    gate: Gate,
    /// The highest that passed.
    passed: Passed,
    heard: Duration,
    dropped: u64,
    /// The last ones first.
    gaps: [Gap; GAPS],
}

#[derive(Clone, Copy, Debug)]
enum Gate {
    /// Since when no packet has been loud.
    Open(Duration),
    Closed,
}

#[derive(Clone, Copy, Debug)]
struct Passed {
    sequence: u64,
    at: Duration,
}

/// A packet that passed after others were dropped.
#[derive(Clone, Copy, Debug)]
struct Gap {
    end: u64,
    /// Dropped in all before it.
    dropped: u64,
}

impl Stream {
    /// Open, as nothing is known yet. Packet `sequence` is still to be judged.
    pub(super) fn new(ssrc: u32, now: Duration, sequence: u16) -> Self {
        // A cycle is below the first packet, so that one that precedes it has a number.
        let highest = (1 << 16) + u64::from(sequence);
        Self {
            ssrc,
            highest,
            window: 0,
            gate: Gate::Open(now),
            passed: Passed {
                sequence: highest,
                at: now,
            },
            heard: now,
            dropped: 0,
            gaps: [Gap { end: 0, dropped: 0 }; GAPS],
        }
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// When its last packet came.
    pub(super) fn heard(&self) -> Duration {
        self.heard
    }

    /// What was dropped before `sequence`, which is within half a cycle of the highest.
    pub(super) fn dropped_before(&self, sequence: u16) -> u64 {
        let sequence = self.highest.saturating_add_signed(self.ahead(sequence));
        let ended = self.gaps.iter().find(|gap| gap.end <= sequence);
        ended.unwrap_or(&self.gaps[GAPS - 1]).dropped
    }

    /// Judges a packet; `measured` is its level and the rule for it, where there are both.
    pub(super) fn judge(
        &mut self,
        now: Duration,
        sequence: u16,
        measured: Option<(SilenceRule, u8)>,
    ) -> Verdict {
        self.heard = now;
        let ahead = self.ahead(sequence);
        if ahead > LONGEST_GAP as i64 || ahead <= -(WINDOW as i64) {
            return self.begin_anew(now, sequence);
        }
        let opens = self.swing(now, measured);
        if ahead > 0 {
            self.advance(ahead.unsigned_abs());
            let keepalive = measured.map_or(Duration::ZERO, |(rule, _)| rule.keepalive);
            self.judge_newest(now, keepalive)
        } else {
            self.judge_late(now, ahead.unsigned_abs(), opens)
        }
    }

    /// How far ahead of the highest; negative is behind.
    fn ahead(&self, sequence: u16) -> i64 {
        i64::from(sequence.wrapping_sub(self.highest as u16) as i16)
    }

    fn begin_anew(&mut self, now: Duration, sequence: u16) -> Verdict {
        self.advance(u64::from(sequence.wrapping_sub(self.highest as u16)));
        self.window = 0;
        self.gate = Gate::Open(now);
        self.pass(now, 0)
    }

    fn advance(&mut self, by: u64) {
        let by_bits = u32::try_from(by).unwrap_or(u32::MAX);
        self.window = self.window.checked_shl(by_bits).unwrap_or(0);
        self.highest += by;
    }

    /// Opens or closes the gate. A packet that cannot be measured is loud. Says whether this one opens it.
    fn swing(&mut self, now: Duration, measured: Option<(SilenceRule, u8)>) -> bool {
        let Some((rule, level)) = measured else {
            self.gate = Gate::Open(now);
            return true;
        };
        let opens = level <= rule.open;
        self.gate = match self.gate {
            _ if opens => Gate::Open(now),
            Gate::Open(_) if level <= rule.close => Gate::Open(now),
            Gate::Open(loud) if now.saturating_sub(loud) < rule.hold => Gate::Open(loud),
            Gate::Open(_) | Gate::Closed => Gate::Closed,
        };
        opens
    }

    fn judge_newest(&mut self, now: Duration, keepalive: Duration) -> Verdict {
        let due = now.saturating_sub(self.passed.at) >= keepalive
            || self.highest - self.passed.sequence > MOST_SKIPPED;
        if due || matches!(self.gate, Gate::Open(_)) {
            return self.pass(now, 0);
        }
        self.window |= 1;
        self.dropped += 1;
        Verdict::Drop
    }

    fn judge_late(&mut self, now: Duration, behind: u64, opens: bool) -> Verdict {
        let copy_of_dropped = self.window >> behind & 1 == 1;
        if copy_of_dropped && !opens {
            return Verdict::Drop;
        }
        self.pass(now, behind)
    }

    /// The packet so far behind the highest passes. If it is the highest that has passed, it ends a gap.
    fn pass(&mut self, now: Duration, behind: u64) -> Verdict {
        let sequence = self.highest.saturating_sub(behind);
        if sequence > self.passed.sequence {
            self.end_gap(sequence, self.dropped - self.dropped_of_last(behind));
            self.passed = Passed { sequence, at: now };
        }
        Verdict::Pass
    }

    /// How many of the last so many packets were dropped; they are fewer than the window has bits.
    fn dropped_of_last(&self, packets: u64) -> u64 {
        u64::from((self.window & ((1 << packets) - 1)).count_ones())
    }

    fn end_gap(&mut self, end: u64, dropped: u64) {
        if self.gaps[0].dropped < dropped {
            self.gaps.rotate_right(1);
            self.gaps[0] = Gap { end, dropped };
        }
    }
}
