//! What a client makes of the mix it hears. Pure.

use std::{
    iter::Sum,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

/// Two packets further apart than this can be heard as a gap: one is missing, or a frame late.
const GAP: Duration = Duration::from_millis(40);

/// What was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Packets that came.
    pub packets: u64,
    /// Packets whose numbers are missing.
    pub lost: u64,
    /// Times over 40 ms without a packet.
    pub gaps: u64,
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            packets: sum.packets + one.packets,
            lost: sum.lost + one.lost,
            gaps: sum.gaps + one.gaps,
        })
    }
}

/// Listens to one stream.
#[derive(Debug, Default)]
pub struct Ear {
    tally: Tally,
    last: Option<(u64, Instant)>,
}

impl Ear {
    /// A packet came, with its extended sequence number. One that comes late is not lost after all.
    pub fn hear(&mut self, at: Instant, sequence: u64) {
        self.tally.packets += 1;
        let Some((last, when)) = self.last else {
            self.last = Some((sequence, at));
            return;
        };
        if at - when > GAP {
            self.tally.gaps += 1;
        }
        match sequence.checked_sub(last) {
            Some(0) => {}
            Some(ahead) => self.tally.lost += ahead - 1,
            None => self.tally.lost = self.tally.lost.saturating_sub(1),
        }
        self.last = Some((sequence.max(last), at));
    }

    /// Begins to count; what the first packet is compared with stays.
    pub fn count(&mut self) {
        self.tally = Tally::default();
    }

    /// What was counted.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds and sequence numbers.
    type Packets = [(u64, u64)];

    fn hear(packets: &Packets) -> Tally {
        let (mut ear, start) = (Ear::default(), Instant::now());
        for &(at, sequence) in packets {
            ear.hear(start + Duration::from_millis(at), sequence);
        }
        ear.tally()
    }

    #[test]
    fn what_is_missing_and_what_is_late_is_counted() {
        let table: [(&Packets, (u64, u64, u64)); 5] = [
            (&[(0, 7), (20, 8), (40, 9)], (3, 0, 0)),
            (&[(0, 7), (40, 9), (80, 11)], (3, 2, 0)),
            (&[(0, 7), (61, 8), (101, 9)], (3, 0, 1)),
            (&[(0, 7), (20, 9), (21, 8), (40, 10)], (4, 0, 0)),
            (&[(0, 65_535), (20, 65_536)], (2, 0, 0)),
        ];
        for (packets, (count, lost, gaps)) in table {
            let expected = Tally {
                packets: count,
                lost,
                gaps,
            };
            assert_eq!(hear(packets), expected, "{packets:?}");
        }
    }

    #[test]
    fn a_loss_at_the_beginning_of_a_window_counts() {
        let (mut ear, start) = (Ear::default(), Instant::now());
        ear.hear(start, 1);
        ear.count();
        ear.hear(start + Duration::from_millis(60), 4);
        let expected = Tally {
            packets: 1,
            lost: 2,
            gaps: 1,
        };
        assert_eq!(ear.tally(), expected);
        assert_eq!([expected, expected].into_iter().sum::<Tally>().lost, 4);
    }
}
