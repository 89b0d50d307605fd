//! Remembers checks, so that one that was listened to cannot be said again from elsewhere.
//!
//! A check is good for as long as the credentials are. An agent that sends no checks of its own cannot ask back whether
//! the peer really is where a check comes from; whoever recorded one could lead the stream to himself.

use std::hash::{BuildHasher, RandomState};

use is::stun::TransId;

use crate::Remote;

/// Checks that are remembered. A browser sends about one in two seconds to each of our addresses; so this is the last
/// hour, or a good part of it.
const MEMORY: usize = 2_048;

/// The last checks and where they came from, as hashes with a key of their own.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    ring: Vec<(u64, u64)>,
    oldest: usize,
    hasher: RandomState,
}

impl Replay {
    /// Takes note of a check; `false` when the same came from elsewhere before. A peer may repeat one from where he is.
    pub(crate) fn is_new(&mut self, id: TransId, from: Remote) -> bool {
        let (id, from) = (self.hasher.hash_one(id), self.hasher.hash_one(from));
        if let Some((_, first)) = self.ring.iter().find(|(known, _)| *known == id) {
            return *first == from;
        }
        if self.ring.len() < MEMORY {
            self.ring.push((id, from));
        } else {
            self.ring[self.oldest] = (id, from);
            self.oldest = (self.oldest + 1) % MEMORY;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(port: u16) -> Remote {
        Remote::udp(([192, 0, 2, 1], port).into())
    }

    #[test]
    fn a_check_counts_from_where_it_first_came() {
        let mut replay = Replay::default();
        let id = TransId::new();
        assert!(replay.is_new(id, from(1)));
        assert!(replay.is_new(id, from(1)));
        assert!(!replay.is_new(id, from(2)));
        assert!(replay.is_new(TransId::new(), from(2)));
    }

    #[test]
    fn its_memory_is_bounded_and_keeps_the_newest() {
        let mut replay = Replay::default();
        let ids: Vec<_> = (0..MEMORY + 10).map(|_| TransId::new()).collect();
        for id in &ids {
            assert!(replay.is_new(*id, from(1)));
        }
        assert_eq!(replay.ring.len(), MEMORY);
        assert!(!replay.is_new(ids[10], from(2)));
        assert!(replay.is_new(ids[9], from(2)));
    }
}
