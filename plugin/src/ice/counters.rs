//! How every packet ended.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use convene_ice::DropReason;

/// What became of a packet once it was known whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It arrived and was taken by the pipeline.
    Delivered,
    /// It arrived, and the pipeline would not have it: not ready, or ending.
    NotTaken,
    /// It arrived, and is of no source that could be told.
    Malformed,
    /// It arrived, and its stream has had too many sources.
    Sources,
    /// It arrived, and was silence that nobody needs.
    Silence,
    /// It arrived, and too much of its stream was waiting for a step of DTLS.
    HandshakeQueue,
    /// It arrived, and is longer than any packet.
    Oversized,
    /// It was sent.
    Sent,
    /// It was to be sent, and no pair was selected.
    NoPair,
    /// It was to be sent, and the system's buffer was full.
    SendBuffer,
    /// It was to be sent, and the system refused.
    SendRefused,
    /// It was to be sent on a connection that takes too little.
    SlowConnection,
}

impl Ending {
    const ALL: [(Self, &'static str); 12] = [
        (Self::Delivered, "delivered"),
        (Self::NotTaken, "not-taken"),
        (Self::Malformed, "malformed-media"),
        (Self::Sources, "too-many-sources"),
        (Self::Silence, "silence"),
        (Self::HandshakeQueue, "handshake-queue"),
        (Self::Oversized, "oversized"),
        (Self::Sent, "sent"),
        (Self::NoPair, "no-pair"),
        (Self::SendBuffer, "send-buffer"),
        (Self::SendRefused, "send-refused"),
        (Self::SlowConnection, "slow-connection"),
    ];
}

/// The counters of a socket.
#[derive(Debug, Default)]
pub(super) struct Counters {
    endings: [AtomicU64; Ending::ALL.len()],
    dropped: [AtomicU64; DropReason::ALL.len()],
    longest: AtomicU64,
    panics: AtomicU64,
    pub(super) streams: AtomicU64,
    pub(super) connections: AtomicU64,
}

impl Counters {
    pub(super) fn add(&self, ending: Ending, packets: usize) {
        self.endings[ending as usize].fetch_add(packets as u64, Relaxed);
    }

    /// Takes over what the endpoint has counted.
    pub(super) fn take_over(&self, dropped: &[u64]) {
        for (ours, theirs) in self.dropped.iter().zip(dropped) {
            ours.store(*theirs, Relaxed);
        }
    }

    /// How long the I/O thread was busy with one datagram.
    pub(super) fn took(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.longest.fetch_max(nanoseconds, Relaxed);
    }

    /// The longest of these times since it was last asked.
    pub(super) fn longest(&self) -> Duration {
        Duration::from_nanos(self.longest.swap(0, Relaxed))
    }

    /// A piece of work ended in a panic.
    pub(super) fn panicked(&self) {
        self.panics.fetch_add(1, Relaxed);
    }

    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }

    /// Names and counts of how packets ended.
    pub(super) fn packets(&self) -> Vec<(&'static str, u64)> {
        let ours = Ending::ALL.iter().zip(&self.endings);
        let theirs = DropReason::ALL.iter().zip(&self.dropped);
        ours.map(|((_, name), count)| (*name, count.load(Relaxed)))
            .chain(theirs.map(|(reason, count)| (reason.name(), count.load(Relaxed))))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ending_has_its_own_counter() {
        let counters = Counters::default();
        for (index, (ending, _)) in Ending::ALL.iter().enumerate() {
            assert_eq!(*ending as usize, index);
            counters.add(*ending, index + 1);
        }
        for (index, (_, count)) in counters.packets().iter().enumerate() {
            let expected = (index < Ending::ALL.len()).then_some(index as u64 + 1);
            assert_eq!(*count, expected.unwrap_or(0));
        }
    }

    #[test]
    fn the_longest_time_is_told_once() {
        let counters = Counters::default();
        counters.took(Duration::from_micros(7));
        counters.took(Duration::from_micros(3));
        assert_eq!(counters.longest(), Duration::from_micros(7));
        assert_eq!(counters.longest(), Duration::ZERO);
    }
}
