//! Whether a peer really is where his checks come from.
//!
//! The source of a datagram is easily forged: a check proves who has sent it, not from where. So before a stream's
//! media goes to another IP address, a check of our own goes there; a full agent answers it (RFC 8445 section 7.3), and
//! only who is there learns its transaction id.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use is::stun::{StunMessage, TransId};

/// Between two requests to one address (RFC 8445 section 14.3).
const PAUSE: Duration = Duration::from_millis(500);

/// Requests that are repeated without the peer's having asked for the path again.
const REPEATS: u8 = 3;

/// What is known of a peer's being at an address.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Presence {
    /// He was not asked there.
    #[default]
    Unasked,
    /// He was, and has not answered.
    Asked(Question),
    /// He has answered from there.
    Proven,
}

/// All requests to one address have the same transaction id: whichever is answered, he is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    id: TransId,
    last: Instant,
    repeats: u8,
}

impl Presence {
    pub(crate) fn is_proven(&self) -> bool {
        matches!(self, Self::Proven)
    }

    /// He wants to be reached there: what to ask him with, unless he was just asked.
    pub(crate) fn ask(&mut self, now: Instant, ids: &mut Ids) -> Option<TransId> {
        let id = match self {
            Self::Proven => return None,
            Self::Asked(question) if now.saturating_duration_since(question.last) < PAUSE => {
                return None;
            }
            Self::Asked(question) => question.id,
            Self::Unasked => ids.make()?,
        };
        *self = Self::Asked(Question {
            id,
            last: now,
            repeats: REPEATS,
        });
        Some(id)
    }

    /// Time has passed: what to ask him with once more.
    pub(crate) fn repeat(&mut self, now: Instant) -> Option<TransId> {
        let Self::Asked(question) = self else {
            return None;
        };
        if now.saturating_duration_since(question.last) < PAUSE {
            return None;
        }
        question.repeats = question.repeats.checked_sub(1)?;
        question.last = now;
        Some(question.id)
    }

    /// Whether this is the answer that was waited for.
    pub(crate) fn answered(&mut self, answer: TransId) -> bool {
        let awaited = matches!(self, Self::Asked(question) if question.id == answer);
        if awaited {
            *self = Self::Proven;
        }
        awaited
    }
}

/// Transaction ids that nobody foresees who has seen others: those that `is` makes can be.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    hasher: RandomState,
    made: u64,
}

impl Ids {
    fn make(&mut self) -> Option<TransId> {
        self.made += 1;
        let parts = [0_u8, 1].map(|part| self.hasher.hash_one((self.made, part)).to_be_bytes());
        // `is` makes an id of given octets only by reading it from a message; an indication needs no attributes.
        let mut header = [0, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42].to_vec();
        header.extend(parts.concat().iter().take(12));
        let message = StunMessage::parse(&header).ok()?;
        Some(message.trans_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_id_is_another() {
        let (mut ids, mut others) = (Ids::default(), Ids::default());
        let all: HashSet<_> = (0..1_000)
            .flat_map(|_| [ids.make().unwrap(), others.make().unwrap()])
            .collect();
        assert_eq!(all.len(), 2_000);
    }

    #[test]
    fn he_is_asked_with_one_id_and_not_too_often() {
        let (mut presence, mut ids) = (Presence::default(), Ids::default());
        let start = Instant::now();
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        let id = presence.ask(start, &mut ids);
        assert!(id.is_some());
        assert_eq!(presence.ask(after(499), &mut ids), None);
        assert_eq!(presence.ask(after(500), &mut ids), id);
        let repeated = (1..=9).map(|n| presence.repeat(after(500 + n * 500)));
        let repeated: Vec<_> = repeated.flatten().collect();
        assert_eq!(repeated, [id.unwrap(); REPEATS as usize]);
        assert_eq!(presence.ask(after(9_000), &mut ids), id);
        assert!(presence.repeat(after(9_500)).is_some());
    }

    #[test]
    fn only_the_answer_to_what_was_asked_is_a_proof() {
        let (mut presence, mut ids) = (Presence::default(), Ids::default());
        assert!(!presence.answered(TransId::new()));
        let id = presence.ask(Instant::now(), &mut ids).unwrap();
        assert!(!presence.answered(TransId::new()) && !presence.is_proven());
        assert!(presence.answered(id) && presence.is_proven());
        assert_eq!(presence.ask(Instant::now(), &mut ids), None);
    }
}
