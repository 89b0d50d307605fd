//! What a room has counted, of one participant and of all.

use super::{Member, Number, Room};
use crate::{Counters, Totals};

impl Room {
    /// What became of the packets of `number`.
    #[must_use]
    pub fn counters(&self, number: Number) -> Counters {
        self.members
            .get(&number)
            .map(|member| member.counters())
            .unwrap_or_default()
    }

    /// What this room has done since it began.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = self.totals;
        for member in self.members.values() {
            totals.packets = totals.packets + member.counters();
            totals.playing += u64::from(member.source.is_playing());
        }
        totals
    }
}

impl Member {
    fn counters(&self) -> Counters {
        self.source.counters() + self.past
    }

    /// What stays of him who leaves: what waits of his is dropped.
    pub(super) fn farewell(&self) -> Counters {
        let counters = self.counters();
        Counters {
            left: counters.left + counters.waiting,
            ..counters.past()
        }
    }
}
