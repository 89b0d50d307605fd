//! What is counted of a conference's sound. Every packet that comes ends once, and each end has a name.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

use convene_rtp::DropReason;

/// What became of a participant's packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that arrived.
    pub received: u64,
    /// Ended: decoded.
    pub decoded: u64,
    /// Ended: passed over, since nobody was to hear their sender.
    pub unheard: u64,
    /// Dropped: not Opus, or libopus would not have it.
    pub malformed: u64,
    /// Dropped: their time was over.
    pub late: u64,
    /// Dropped: were there already.
    pub duplicate: u64,
    /// Dropped: waited when their sender began another stream.
    pub replaced: u64,
    /// Dropped: waited when the stream was flushed.
    pub flushed: u64,
    /// Dropped: there was no memory for a decoder.
    pub no_decoder: u64,
    /// Dropped: waited when their sender left.
    pub left: u64,
    /// Dropped: came when their sender was not there.
    pub absent: u64,
    /// Never came; recovered from the packet after.
    pub lost: u64,
    /// Frames made up by concealment.
    pub concealed: u64,
    /// Samples left out to shorten the delay.
    pub left_out: u64,
    /// Samples added to lengthen the delay.
    pub drawn_out: u64,
    /// Samples dropped because they came faster than time passes.
    pub overrun: u64,
    /// Packets that wait at the moment.
    pub waiting: u64,
    /// How long the fastest packet has to be held at the moment, for the slowest to be in time.
    pub target: Duration,
    /// How long packets are held at the moment, beyond the fastest one.
    pub lag: Duration,
}

impl Counters {
    /// How packets ended, by name. With those that wait they are as many as were received.
    #[must_use]
    pub fn endings(&self) -> [(&'static str, u64); 10] {
        // All fields: one that is new must be an end here, or be told to be none.
        let Self {
            received: _,
            decoded,
            unheard,
            malformed,
            late,
            duplicate,
            replaced,
            flushed,
            no_decoder,
            left,
            absent,
            lost: _,
            concealed: _,
            left_out: _,
            drawn_out: _,
            overrun: _,
            waiting: _,
            target: _,
            lag: _,
        } = *self;
        [
            ("decoded", decoded),
            ("unheard", unheard),
            ("malformed", malformed),
            ("late", late),
            ("duplicate", duplicate),
            ("replaced", replaced),
            ("flushed", flushed),
            ("no-decoder", no_decoder),
            ("left", left),
            ("absent", absent),
        ]
    }

    /// What the decoder was asked for, by name.
    #[must_use]
    pub fn decodes(&self) -> [(&'static str, u64); 3] {
        [
            ("packet", self.decoded),
            ("recovery", self.lost),
            ("concealment", self.concealed),
        ]
    }

    /// The same without what is of the moment only.
    pub(crate) fn past(self) -> Self {
        Self {
            waiting: 0,
            target: Duration::ZERO,
            lag: Duration::ZERO,
            ..self
        }
    }

    /// Field by field.
    fn with(
        self,
        other: Self,
        count: impl Fn(u64, u64) -> u64,
        time: impl Fn(Duration, Duration) -> Duration,
    ) -> Self {
        Self {
            received: count(self.received, other.received),
            decoded: count(self.decoded, other.decoded),
            unheard: count(self.unheard, other.unheard),
            malformed: count(self.malformed, other.malformed),
            late: count(self.late, other.late),
            duplicate: count(self.duplicate, other.duplicate),
            replaced: count(self.replaced, other.replaced),
            flushed: count(self.flushed, other.flushed),
            no_decoder: count(self.no_decoder, other.no_decoder),
            left: count(self.left, other.left),
            absent: count(self.absent, other.absent),
            lost: count(self.lost, other.lost),
            concealed: count(self.concealed, other.concealed),
            left_out: count(self.left_out, other.left_out),
            drawn_out: count(self.drawn_out, other.drawn_out),
            overrun: count(self.overrun, other.overrun),
            waiting: count(self.waiting, other.waiting),
            target: time(self.target, other.target),
            lag: time(self.lag, other.lag),
        }
    }
}

impl Add for Counters {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b, |a, b| a + b)
    }
}

impl Sub for Counters {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b, |a, b| a - b)
    }
}

/// Why a talker's packet was not passed on to a listener in relay mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unrelayed {
    /// All his slots are other talkers'.
    NoSlot,
    /// The slot would not take it.
    Slot(DropReason),
}

/// What was passed on in relay mode, to all listeners together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relayed {
    /// Passed on.
    pub passed: u64,
    /// Dropped: all slots are other talkers'.
    pub no_slot: u64,
    /// Dropped: was passed on already.
    pub duplicate: u64,
    /// Dropped: too far behind the newest.
    pub too_old: u64,
    /// Dropped: of the time before its sender had the slot.
    pub before_start: u64,
    /// Dropped: so far from the last one that it may be a stray.
    pub jump: u64,
}

impl Relayed {
    /// How packets ended, by name.
    #[must_use]
    pub fn endings(&self) -> [(&'static str, u64); 6] {
        let Self {
            passed,
            no_slot,
            duplicate,
            too_old,
            before_start,
            jump,
        } = *self;
        [
            ("passed", passed),
            ("no-slot", no_slot),
            ("duplicate", duplicate),
            ("too-old", too_old),
            ("before-start", before_start),
            ("jump", jump),
        ]
    }

    fn with(self, other: Self, count: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            passed: count(self.passed, other.passed),
            no_slot: count(self.no_slot, other.no_slot),
            duplicate: count(self.duplicate, other.duplicate),
            too_old: count(self.too_old, other.too_old),
            before_start: count(self.before_start, other.before_start),
            jump: count(self.jump, other.jump),
        }
    }

    pub(crate) fn drop(&mut self, reason: Unrelayed) {
        *match reason {
            Unrelayed::NoSlot => &mut self.no_slot,
            Unrelayed::Slot(DropReason::Duplicate) => &mut self.duplicate,
            Unrelayed::Slot(DropReason::TooOld) => &mut self.too_old,
            Unrelayed::Slot(DropReason::BeforeStart) => &mut self.before_start,
            Unrelayed::Slot(DropReason::Jump) => &mut self.jump,
        } += 1;
    }
}

/// What a room has done since it began, for all who are or were in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What became of their packets; what is of the moment is the sum over those who are there.
    pub packets: Counters,
    /// Those whose packets are being played at the moment.
    pub playing: u64,
    /// Packets of Opus that were encoded.
    pub encodes: u64,
    /// Frames of Opus that went to listeners: how often each encoding was used.
    pub sent: u64,
    /// What was passed on in relay mode.
    pub relayed: Relayed,
    /// Frames that were left out because the worker came too late.
    pub skipped: u64,
}

impl Totals {
    /// What is left when the room is gone.
    #[must_use]
    pub fn past(self) -> Self {
        Self {
            packets: self.packets.past(),
            playing: 0,
            ..self
        }
    }

    fn with(
        self,
        other: Self,
        packets: impl Fn(Counters, Counters) -> Counters,
        count: impl Fn(u64, u64) -> u64,
    ) -> Self {
        Self {
            packets: packets(self.packets, other.packets),
            playing: count(self.playing, other.playing),
            encodes: count(self.encodes, other.encodes),
            sent: count(self.sent, other.sent),
            relayed: self.relayed.with(other.relayed, &count),
            skipped: count(self.skipped, other.skipped),
        }
    }
}

impl Add for Totals {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b, |a, b| a + b)
    }
}

/// Of what the other is a part.
impl Sub for Totals {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b, |a, b| a - b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_a_name_of_its_own() {
        let counters = Counters {
            received: 100,
            decoded: 1,
            unheard: 2,
            malformed: 3,
            late: 4,
            duplicate: 5,
            replaced: 6,
            flushed: 7,
            no_decoder: 8,
            left: 9,
            absent: 10,
            ..Counters::default()
        };
        let mut relayed = Relayed {
            passed: 1,
            ..Relayed::default()
        };
        let reasons = [
            Unrelayed::NoSlot,
            Unrelayed::Slot(DropReason::Duplicate),
            Unrelayed::Slot(DropReason::TooOld),
            Unrelayed::Slot(DropReason::BeforeStart),
            Unrelayed::Slot(DropReason::Jump),
        ];
        for (index, reason) in reasons.into_iter().enumerate() {
            (0..index + 2).for_each(|_| relayed.drop(reason));
        }
        for endings in [&counters.endings()[..], &relayed.endings()[..]] {
            let counts: Vec<_> = endings.iter().map(|(_, count)| *count).collect();
            assert_eq!(counts, (1..=endings.len() as u64).collect::<Vec<_>>());
            let mut names: Vec<_> = endings.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), endings.len());
        }
    }

    #[test]
    fn a_sum_has_both() {
        let one = Counters {
            decoded: 2,
            lost: 3,
            concealed: 5,
            lag: Duration::from_millis(7),
            ..Counters::default()
        };
        let sum = one + one;
        assert_eq!(
            sum.decodes(),
            [("packet", 4), ("recovery", 6), ("concealment", 10)]
        );
        assert_eq!(sum.lag, Duration::from_millis(14));
        assert_eq!(sum.past().lag, Duration::ZERO);
        assert_eq!(sum - one, one);
        let all = Totals {
            packets: one,
            playing: 1,
            sent: 2,
            ..Totals::default()
        };
        assert_eq!(all + all - all, all);
        assert_eq!((all.past().playing, all.past().sent), (0, 2));
    }
}
