//! How what comes to an element and what goes from it ends outside the room, counted for each element and for all.

use std::{
    marker::PhantomData,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Ends with their names; a new one is counted and told of without more ado.
macro_rules! endings {
    ($(#[$doc:meta])* $name:ident { $($(#[$why:meta])* $ending:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($(#[$why])* $ending,)* }

        impl Ending for $name {
            const NAMES: &'static [&'static str] = &[$($word,)*];

            fn index(self) -> usize {
                self as usize
            }

            fn everywhere() -> &'static Tally<Self> {
                static ALL: LazyLock<Tally<$name>> = LazyLock::new(Tally::default);
                &ALL
            }
        }
    };
}

/// One of a kind of ends.
pub(super) trait Ending: Copy + 'static {
    /// Of all, in their order.
    const NAMES: &'static [&'static str];

    fn index(self) -> usize;

    /// The counters of the whole process.
    fn everywhere() -> &'static Tally<Self>;
}

endings! {
    /// Why what came to an element did not get to the room.
    Refusal {
        /// No RTP, or a header that is cut.
        Unreadable = "unreadable",
        /// The buffer's memory could not be mapped.
        Unmapped = "unmapped",
        /// It came before caps.
        NotNegotiated = "not-negotiated",
        /// The element flushes or stops.
        Flushing = "flushing",
        /// The element has no place in a conference: it is not started, or has ended.
        NotJoined = "not-joined",
        /// It came after the end of the stream.
        Ended = "ended",
        /// More waits for the workers than they can take.
        InboxFull = "inbox-full",
    }
}

endings! {
    /// What became of what a participant was to hear.
    Outcome {
        /// Pushed, and taken.
        Pushed = "pushed",
        /// Dropped as the oldest of what waited for a pad that is blocked.
        Blocked = "blocked",
        /// The pad was not active, or was closed while it waited.
        Closed = "closed",
        /// Nothing is linked.
        NotLinked = "not-linked",
        /// Downstream flushes.
        Flushing = "flushing",
        /// Downstream has had enough.
        Eos = "eos",
        /// The stream has ended.
        Ended = "ended",
        /// Downstream failed.
        Refused = "refused",
        /// It has not been agreed on a form, or on another one than the room made.
        OtherForm = "other-form",
        /// No pad was requested for this talker.
        NoPad = "no-pad",
        /// Of the time before the pipeline began.
        BeforeStart = "before-start",
        /// The participant left in the meantime.
        Left = "left",
    }
}

/// Counters, one for each end.
pub(super) struct Tally<E> {
    counts: Box<[AtomicU64]>,
    endings: PhantomData<E>,
}

impl<E: Ending> Default for Tally<E> {
    fn default() -> Self {
        Self {
            counts: E::NAMES.iter().map(|_| AtomicU64::new(0)).collect(),
            endings: PhantomData,
        }
    }
}

impl<E: Ending> Tally<E> {
    /// Counts here, and for the whole process.
    pub(super) fn add(&self, ending: E) {
        self.count(ending);
        E::everywhere().count(ending);
    }

    pub(super) fn count(&self, ending: E) {
        self.counts[ending.index()].fetch_add(1, Relaxed);
    }

    /// Names and counts.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.counts.iter().map(|count| count.load(Relaxed));
        E::NAMES.iter().copied().zip(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_is_counted_under_its_name_here_and_for_all() {
        let (one, other) = (Tally::<Refusal>::default(), Tally::<Refusal>::default());
        one.add(Refusal::InboxFull);
        other.add(Refusal::InboxFull);
        other.add(Refusal::Unreadable);
        let count = |tally: &Tally<Refusal>, wanted| {
            let found = tally.named().find(|(name, _)| *name == wanted);
            found.map(|(_, count)| count)
        };
        assert_eq!(count(&one, "inbox-full"), Some(1));
        assert_eq!(count(&one, "unreadable"), Some(0));
        assert_eq!(count(Refusal::everywhere(), "inbox-full"), Some(2));
        assert_eq!(count(Refusal::everywhere(), "unreadable"), Some(1));
    }
}
