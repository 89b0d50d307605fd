//! When clients that are measured together send: all by one clock, each at his own point of the frame. Pure.
//!
//! How long a packet waits in a server depends on when it comes between two of the server's ticks; so the clients are
//! spread evenly over a frame.

use std::time::{Duration, Instant};

use super::sound::FRAME_TIME;

/// A common beginning, for so many clients.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// When frame 0 of the first client was due.
    pub origin: Instant,
    /// How many clients there are.
    pub clients: usize,
}

impl Grid {
    /// The first frame of a client's that is due after `now`, and when.
    pub fn next(&self, client: usize, now: Instant) -> (Instant, u32) {
        let share = FRAME_TIME.as_nanos() as usize * (client % self.clients) / self.clients;
        let origin = self.origin + Duration::from_nanos(share as u64);
        let passed = now.saturating_duration_since(origin).as_nanos();
        let number = (passed / FRAME_TIME.as_nanos()) as u32 + 1;
        (origin + FRAME_TIME * number, number)
    }
}

/// For how long a jitter of at most `most` holds this packet back, evenly spread and the same in each run: the golden
/// ratio's multiples (Weyl).
pub fn held_back(number: u32, most: Duration) -> Duration {
    most.mul_f64(f64::from(number.wrapping_mul(0x9e37_79b9)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_spread_over_a_frame() {
        let grid = Grid {
            origin: Instant::now(),
            clients: 4,
        };
        let now = grid.origin + Duration::from_millis(47);
        let due = |client| {
            let (at, number) = grid.next(client, now);
            ((at - grid.origin).as_millis(), number)
        };
        let all = [0, 1, 2, 3, 5].map(due);
        assert_eq!(all, [(60, 3), (65, 3), (50, 2), (55, 2), (65, 3)]);
    }

    #[test]
    fn jitter_is_spread_evenly_and_the_same_each_time() {
        let most = Duration::from_millis(20);
        let delays: Vec<_> = (0..1_000).map(|n| held_back(n, most)).collect();
        for quarter in 0..4 {
            let from = most * quarter / 4;
            let within = delays.iter().filter(|&&d| d >= from && d < from + most / 4);
            assert!(within.count().abs_diff(250) < 5);
        }
        assert_eq!(delays[7], held_back(7, most));
        assert_eq!(held_back(7, Duration::ZERO), Duration::ZERO);
    }
}
