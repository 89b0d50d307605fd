//! Who may be in a stream's pipeline: the thread for handshakes, which takes its time there, and the I/O thread, which
//! has none and therefore never waits for it.
//!
//! A pad lets in one thread at a time, and DTLS keeps the pad for as long as a step of the handshake takes. If the I/O
//! thread waited for that, so would all other streams.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
};

use crate::lock::lock;

/// Packets that may be left with the thread that is in the pipeline: 30 ms of a picture.
const MOST: usize = 32;

/// Order of the locks: whoever has `left` only tries `turn`, so the one who has `turn` may wait for `left`.
#[derive(Default)]
pub(super) struct Turns {
    turn: Mutex<()>,
    left: Mutex<VecDeque<Vec<u8>>>,
}

impl Turns {
    /// For who may not wait: does the work with a packet, or leaves the packet with whoever is there; `false` when too
    /// many are.
    pub(super) fn pass(&self, packet: &[u8], work: impl FnOnce(&[u8])) -> bool {
        let mut left = lock(&self.left);
        let Some(_turn) = self.at_once() else {
            let room = left.len() < MOST;
            if room {
                left.push_back(packet.to_vec());
            }
            return room;
        };
        drop(left);
        work(packet);
        true
    }

    /// For who may wait: does the work, and then `after` with the packets that were left meanwhile. Says how many were
    /// left too late for that.
    pub(super) fn take(&self, work: impl FnOnce(), mut after: impl FnMut(&[u8])) -> usize {
        let turn = lock(&self.turn);
        work();
        for _ in 0..MOST {
            let mut left = lock(&self.left);
            let Some(packet) = left.pop_front() else {
                // Before `left`: none can be left when nobody is there to find it.
                drop(turn);
                return 0;
            };
            drop(left);
            after(&packet);
        }
        // Others have handshakes too.
        let mut left = lock(&self.left);
        let late = left.len();
        left.clear();
        drop(turn);
        late
    }

    fn at_once(&self) -> Option<MutexGuard<'_, ()>> {
        match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(poisoned)) => Some(PoisonError::into_inner(poisoned)),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn whoever_may_not_wait_leaves_his_packets_in_order() {
        let (turns, done) = (Turns::default(), RefCell::new(Vec::new()));
        let note = |packet: &[u8]| done.borrow_mut().push(packet[0]);
        let late = turns.take(
            || {
                done.borrow_mut().push(0);
                assert!(turns.pass(&[1], |_| panic!("the other one is there")));
                assert!(turns.pass(&[2], |_| panic!("the other one is there")));
            },
            |packet| {
                // They do not overtake those before them.
                assert!(packet[0] > 2 || turns.pass(&[packet[0] + 2], |_| panic!("not yet")));
                note(packet);
            },
        );
        assert!(turns.pass(&[5], note));
        assert_eq!((done.into_inner(), late), (vec![0, 1, 2, 3, 4, 5], 0));
    }

    #[test]
    fn what_is_left_has_an_end() {
        let turns = Turns::default();
        let mut done = 0;
        let late = turns.take(
            || {
                for number in 0..2 * MOST {
                    assert_eq!(turns.pass(&[0], |_| ()), number < MOST);
                }
            },
            |_| {
                done += 1;
                assert!(turns.pass(&[0], |_| panic!("not yet")));
            },
        );
        assert_eq!((done, late), (MOST, MOST));
        assert!(lock(&turns.left).is_empty());
    }

    #[test]
    fn none_is_lost_between_turns() {
        let (turns, done) = (Turns::default(), Mutex::new(Vec::new()));
        let note = |packet: &[u8]| lock(&done).extend(packet.first_chunk().copied());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..100_000 {
                    assert!(turns.take(|| (), note) <= MOST);
                    (0..number % 100).for_each(|_| std::hint::spin_loop());
                }
            });
            for number in 0..200_000_u32 {
                turns.pass(&number.to_be_bytes(), note);
            }
        });
        let done = lock(&done)
            .iter()
            .map(|octets| u32::from_be_bytes(*octets))
            .collect::<Vec<_>>();
        assert!(done.is_sorted());
        assert!(lock(&turns.left).is_empty());
    }

    #[test]
    fn a_panic_ends_a_turn() {
        let turns = Turns::default();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            turns.take(|| panic!("in the work"), |_| ());
        }));
        assert!(panicked.is_err());
        let mut done = false;
        assert!(turns.pass(&[0], |_| done = true));
        assert!(done);
    }
}
