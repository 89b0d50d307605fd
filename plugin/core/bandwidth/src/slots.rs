//! The way to a subscriber, over all his slots, from his transport-wide feedback
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::time::Duration;

use convene_rtp::Extender;

use crate::path::Path;

/// How long publishers take to obey, beside the round trip to the subscriber: the word goes on to them.
const OBEDIENCE: Duration = Duration::from_millis(250);

/// A longer round trip is one through the queues that are to be avoided.
const LONGEST_ROUND_TRIP: Duration = Duration::from_millis(500);

/// What became of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its transport-wide sequence number.
    pub sequence: u16,
    /// When it was sent, by the clock of [`Slots::handle`]'s `now`.
    pub sent: Duration,
    /// When it arrived, by the receiver's clock; `None`: it did not.
    pub arrived: Option<Duration>,
    /// Its octets.
    pub bytes: usize,
}

/// What can be sent to one subscriber.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    sequences: Extender<u16>,
    path: Path,
}

impl Slots {
    /// Takes the packets of one feedback, in their order. What was reported before is passed over.
    pub fn handle(&mut self, now: Duration, feedback: &[Report]) {
        let mut round_trip = None;
        for report in feedback {
            let last = self.sequences.last();
            if last.is_some_and(|last| self.sequences.peek(report.sequence) <= last) {
                continue;
            }
            self.sequences.extend(report.sequence);
            match report.arrived {
                Some(arrived) => {
                    self.path.packet(Some(report.sent), arrived, report.bytes);
                    round_trip = Some(now.saturating_sub(report.sent));
                }
                None => self.path.losses.lost(1),
            }
        }
        if let Some(round_trip) = round_trip {
            let response = round_trip.min(LONGEST_ROUND_TRIP) + OBEDIENCE;
            self.path.settle(now, response);
        }
    }

    /// Bits per second that can be sent to him; `None` while nothing is known.
    #[must_use]
    pub fn estimate(&self) -> Option<u64> {
        self.path.estimate()
    }
}
