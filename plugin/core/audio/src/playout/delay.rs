//! How long packets have to be held, from how unevenly they come.

use std::{collections::VecDeque, time::Duration};

use super::samples_of;
use crate::RATE;

/// The past that counts: fifteen spans of 200 ms. What comes later than anything in it is concealed; what is remembered
/// for longer is held for longer, when five seconds after jitter it should be over.
const SPAN: Duration = Duration::from_millis(200);
const SPANS: usize = 15;

/// More than this is never held.
pub(crate) const MOST: Duration = Duration::from_millis(400);

struct Span {
    begins: Duration,
    fastest: i64,
    slowest: i64,
}

/// The delay of packets against the fastest one of the last three seconds, all in samples.
///
/// A *transit* is the time of arrival less the packet's timestamp; its zero means nothing, its differences are the
/// jitter (RFC 3550 appendix A.8). The slowest of three seconds, not an average, is what playing without gaps needs.
pub(crate) struct Delay {
    floor: Duration,
    spans: VecDeque<Span>,
}

impl Delay {
    pub(crate) fn new(floor: Duration) -> Self {
        Self {
            floor,
            spans: VecDeque::new(),
        }
    }

    pub(crate) fn set_floor(&mut self, floor: Duration) {
        self.floor = floor;
    }

    pub(crate) fn restart(&mut self) {
        self.spans.clear();
    }

    pub(crate) fn observe(&mut self, now: Duration, transit: i64) {
        match self.spans.back_mut() {
            Some(span) if now < span.begins + SPAN => {
                span.fastest = span.fastest.min(transit);
                span.slowest = span.slowest.max(transit);
            }
            _ => self.spans.push_back(Span {
                begins: now,
                fastest: transit,
                slowest: transit,
            }),
        }
        if self.spans.len() > SPANS {
            self.spans.pop_front();
        }
    }

    /// How long the fastest packet has to be held so that the slowest is in time.
    pub(crate) fn target(&self) -> Duration {
        let Some(base) = self.base() else {
            return self.floor;
        };
        let slowest = self
            .spans
            .iter()
            .map(|span| span.slowest)
            .max()
            .unwrap_or(base);
        let spread = time_of((slowest - base).max(0));
        (self.floor + spread).min(MOST.max(self.floor))
    }

    /// How much later than the fastest packet's the packet with timestamp `next` is played when it is played at `now`.
    pub(crate) fn lag(&self, now: Duration, next: u64) -> Duration {
        let Some(base) = self.base() else {
            return Duration::ZERO;
        };
        time_of((samples_of(now) as i64 - next as i64 - base).max(0))
    }

    fn base(&self) -> Option<i64> {
        self.spans.iter().map(|span| span.fastest).min()
    }
}

fn time_of(samples: i64) -> Duration {
    Duration::from_nanos(samples.unsigned_abs() * 1_000_000_000 / u64::from(RATE))
}
